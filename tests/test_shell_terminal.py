"""The shell on a real pseudo-terminal, at 80×24 and 120×40."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from terminal import Terminal

SIZES = [(80, 24), (120, 40)]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    columns, rows = request.param
    with started(tmp_path, columns=columns, rows=rows) as shell:
        yield shell


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


def send(terminal: Terminal, text: str) -> None:
    """As much at a time as the terminal takes."""

    def write() -> None:
        data = text.encode()
        while data:
            data = data[os.write(terminal.master, data[:512]) :]

    threading.Thread(target=write, daemon=True).start()


PROGRAM = (
    "".join(f"x{i} = {i} + 1\n" for i in range(600))
    + "def f(a):\n"
    + "".join(f"    if a > {i}:\n        a = a - {i}\n" for i in range(500))
    + "\n    return a\n\n"
    + "".join(f"y{i} = [1,\n{i}]\n" for i in range(190))
    + "print('all', 'done', f(3), x599)\n"
)


def test_two_thousand_lines_come_without_bracketed_paste(tmp_path: Path) -> None:
    with started(tmp_path) as shell:
        begun = time.monotonic()
        send(shell, PROGRAM.replace("\n", "\r"))
        shell.feed(shows("all done 2 600"), 60)
        assert shows("all done 2 600")(shell)
        assert not shows("error")(shell)
        assert time.monotonic() - begun < 30  # about 4 s on a machine that has nothing else to do


def test_holding_ctrl_c_gives_prompts_and_nothing_else(terminal: Terminal) -> None:
    def hold() -> None:
        for _ in range(40):
            terminal.type("\x03")
            terminal.feed(seconds=0.01)

    hold()
    terminal.feed(at_prompt, 10)
    terminal.type("while True: pass\r\r")
    terminal.feed(seconds=0.5)
    hold()
    terminal.feed(seconds=1)
    terminal.type("40 + 2\r")
    terminal.feed(shows("42"), 10)
    assert shows("42")(terminal)
    assert not any("xception" in line or "Traceback" in line for line in terminal.lines)
    assert any("interrupted" in line for line in terminal.lines)
