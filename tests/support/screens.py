"""Shells in a terminal: what is typed, and what the screen should show before the next key."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from terminal import Terminal


def started(home: Path, *arguments: str, columns: int = 80, rows: int = 24) -> Terminal:
    places = {"HOME": str(home), "XDG_STATE_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    return Terminal(*arguments, columns=columns, rows=rows, **places).feed(at_prompt, 30)


def at_prompt(terminal: Terminal) -> bool:
    row = terminal.screen.cursor.y
    return terminal.screen.display[row].startswith((">>>", "In [")) and terminal.screen.cursor.x > 3


def waits_at(prompt: str):
    """Whether the cursor stands on a line with this prompt, behind it, and nothing is typed yet."""

    def holds(terminal: Terminal) -> bool:
        line = terminal.screen.display[terminal.screen.cursor.y]
        return line.startswith(prompt) and not line[len(prompt) :].strip()

    return holds


def enter(terminal: Terminal, text: str, prompt: str = ">>>") -> None:
    """Type a line once the prompt is there."""
    terminal.feed(waits_at(prompt), 20)
    assert waits_at(prompt)(terminal), terminal.lines
    terminal.type(text)
    terminal.feed(lambda t: text in t.screen.display[t.screen.cursor.y], 10)
    terminal.type("\r")
    terminal.feed(lambda t: not t.screen.display[t.screen.cursor.y].endswith(text), 0.1)


def shows(text: str):
    """Whether a line of what is seen begins with `text`."""
    return lambda terminal: any(line.startswith(text) for line in terminal.lines[-200:])


def wait(terminal: Terminal, until: Callable[[Terminal], bool]) -> None:
    terminal.feed(until, 60)
    assert until(terminal), "\n".join(terminal.lines)


def press(terminal: Terminal, keys: str, until: Callable[[Terminal], bool]) -> None:
    """Send keys, and wait for what they bring about."""
    terminal.type(keys)
    wait(terminal, until)


def typed(text: str) -> Callable[[Terminal], bool]:
    """Whether the line of the cursor is a prompt with this text, up to the cursor."""

    def holds(terminal: Terminal) -> bool:
        cursor = terminal.screen.cursor
        return terminal.screen.display[cursor.y][: cursor.x] == f">>> {text}"

    return holds


def below(terminal: Terminal) -> list[str]:
    """What stands under the cursor's line, without the line at the bottom."""
    rows = terminal.screen.display[terminal.screen.cursor.y + 1 : -1]
    return [row.strip() for row in rows if row.strip()]


def send(terminal: Terminal, text: str) -> None:
    """As much at a time as the terminal takes."""

    def write() -> None:
        data = text.encode()
        while data:
            data = data[os.write(terminal.master, data[:512]) :]

    threading.Thread(target=write, daemon=True).start()
