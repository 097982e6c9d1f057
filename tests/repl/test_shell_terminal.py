"""The shell on a real pseudo-terminal, at 80×24 and 120×40: pastes, menus, resizes, searches, Ctrl-C.

What is awaited is what the screen should show, so that a busy machine only takes longer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from screens import at_prompt, below, enter, press, send, shows, started, typed, wait
from terminal import ROOT, Terminal

SIZES = [(80, 24), (120, 40)]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    columns, rows = request.param
    with started(tmp_path, columns=columns, rows=rows) as shell:
        yield shell


# ------------------------------------------------------------------ pastes


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


# ------------------------------------------------------------------ completion


def test_a_menu_is_gone_through_taken_from_and_left(terminal: Terminal) -> None:
    enter(terminal, "velocity_one = [1., 2.]")
    enter(terminal, "velocity_two = 2")
    wait(terminal, typed(""))
    press(terminal, "velo", typed("velo"))
    both = ["velocity_one  float32[2]", "velocity_two  int 2"]
    press(terminal, "\t", lambda t: typed("velocity_")(t) and below(t) == both)
    press(terminal, "\t", lambda t: typed("velocity_one")(t) and below(t) == both)
    press(terminal, "\t", lambda t: typed("velocity_two")(t) and below(t) == both)
    press(terminal, "\x1b[Z", lambda t: typed("velocity_one")(t) and below(t) == both)
    press(terminal, "\r", lambda t: typed("velocity_one")(t) and not below(t))
    press(terminal, ".su", typed("velocity_one.su"))
    press(terminal, "\t", lambda t: any(row.startswith("sum") for row in below(t)))
    press(terminal, "m()\r", shows("3"))
    wait(terminal, typed(""))
    press(terminal, "velo", typed("velo"))
    press(terminal, "\t", lambda t: below(t) == both)
    press(terminal, "\x03", lambda t: typed("")(t) and not below(t))


# ------------------------------------------------------------------ the size of the window


def test_the_window_changes_while_a_long_input_is_typed(terminal: Terminal) -> None:
    wide, rows = terminal.screen.columns, terminal.screen.lines
    text = "first_of_many = " + " + ".join(f"{n}00" for n in range(1, 10)) + " + len('the end')"
    wait(terminal, typed(""))
    terminal.type(text)
    for columns in (wide - 30, 44, wide + 17):
        terminal.resize(columns, rows)
        wanted = laid_out(text, columns)
        wait(terminal, lambda t, wanted=wanted: above_cursor(t, len(wanted)) == wanted)
    press(terminal, "\r", typed(""))
    enter(terminal, "first_of_many")
    wait(terminal, shows("4507"))
    assert not any("rror" in line for line in terminal.lines)


def laid_out(text: str, columns: int) -> list[str]:
    """An input as it stands at the prompt of a window of that width."""
    room = columns - 4
    parts = [text[i : i + room] for i in range(0, len(text) + 1, room)]
    return [
        f"{prompt}{part}".rstrip()
        for prompt, part in zip([">>> ", *["    "] * len(parts)], parts, strict=False)
    ]


def above_cursor(terminal: Terminal, count: int) -> list[str]:
    """The lines that end with the cursor's."""
    y = terminal.screen.cursor.y
    return [row.rstrip() for row in terminal.screen.display[max(y - count + 1, 0) : y + 1]]


# ------------------------------------------------------------------ earlier inputs


def searching(text: str, found: str) -> Callable[[Terminal], bool]:
    """Whether a line asks for a text, and the input above it is this."""

    def holds(terminal: Terminal) -> bool:
        rows = [row.rstrip() for row in terminal.screen.display]
        asked = f"I-search backward: {text}".rstrip()
        return asked in rows and list(filter(None, rows[: rows.index(asked)]))[-1] == f">>> {found}".rstrip()

    return holds


def test_earlier_inputs_are_searched(terminal: Terminal) -> None:
    enter(terminal, "alpha = 12")
    enter(terminal, "alpha * 2")
    wait(terminal, shows("24"))
    enter(terminal, "beta = 3")
    wait(terminal, typed(""))
    press(terminal, "\x12", searching("", ""))
    press(terminal, "alp", searching("alp", "alpha * 2"))
    press(terminal, "\x12", searching("alp", "alpha = 12"))
    press(terminal, "\x07", typed(""))
    press(terminal, "be\x12", searching("", "be"))
    press(terminal, "alpha", searching("alpha", "alpha * 2"))
    press(terminal, "\x12", searching("alpha", "alpha = 12"))
    press(terminal, "\x07", typed("be"))
    press(terminal, "\x03", typed(""))
    press(terminal, "\x12", lambda t: any(row.startswith("I-search") for row in t.screen.display))
    press(terminal, "a *", searching("a *", "alpha * 2"))
    press(terminal, "\r", lambda t: not any("I-search" in row for row in t.screen.display))
    press(terminal, "\r", lambda t: [row for row in t.lines if row.startswith("24")] == ["24", "24"])


# ------------------------------------------------------------------ Ctrl-C


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


def hold(terminal: Terminal, seconds: float) -> None:
    """Ctrl-C as a keyboard repeats it: some thirty a second."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.type("\x03")
        terminal.feed(seconds=0.03)


def test_after_ctrl_c_was_held_down_the_shell_answers(terminal: Terminal) -> None:
    wait(terminal, typed(""))
    press(terminal, "half = (1 +", typed("half = (1 +"))
    hold(terminal, 2)
    enter(terminal, "sum([20, 21])")
    wait(terminal, shows("41"))
    enter(terminal, "def spin():")
    for line in ("print('spinning')", "while True: pass"):
        enter(terminal, line, "...")
    enter(terminal, "", "...")
    enter(terminal, "spin()")
    wait(terminal, shows("spinning"))
    hold(terminal, 2)
    enter(terminal, "sum([20, 22])")
    wait(terminal, shows("42"))
    assert shows("interrupted")(terminal)
    assert not any("xception" in line or "Traceback" in line for line in terminal.lines)


# ------------------------------------------------------------------ the page


PAGE = (ROOT / "docs" / "shell.md").read_text(encoding="utf-8")
BLOCKS = [text for kind, text in re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.S | re.M) if not kind]
#: what is typed and shown; the model of one is defined nowhere
SESSIONS = [text[text.index(">>> ") :] for text in BLOCKS if ">>> model" not in text]


def test_the_page_has_sessions() -> None:
    assert len(SESSIONS) == 2


@pytest.mark.parametrize("session", SESSIONS)
def test_a_session_of_the_page_looks_like_that(session: str, tmp_path: Path) -> None:
    wanted = session.splitlines()
    with started(tmp_path, columns=100, rows=40) as shell:
        for line in wanted:
            if line.startswith(">>> "):
                enter(shell, line.removeprefix(">>> "))
                wait(shell, lambda t: at_prompt(t) and typed("")(t))
        begin = shell.lines.index(wanted[0])
        assert shell.lines[begin : begin + len(wanted)] == wanted


def test_keys_that_are_no_keys_are_passed_over(tmp_path: Path) -> None:
    """Half a report of a mouse: the prompt's library stumbles over it."""
    with started(tmp_path) as terminal:
        terminal.type("\x1b[<3M")
        terminal.feed(lambda t: b"\a" in t.written)
        terminal.type("1 + 41\r")
        terminal.feed(lambda t: "42" in t.lines)
        assert "42" in terminal.lines
        assert not any("nhandled" in line or "Press ENTER" in line for line in terminal.lines)
