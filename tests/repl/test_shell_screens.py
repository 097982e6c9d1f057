"""Whole screens of the shell, at 80×24 and 120×40, with and without colour, and on terminals that can do less."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from screens import at_prompt, below, enter, press, send, shows, started, typed, wait, waits_at
from terminal import Terminal

SIZES = [(80, 24), (120, 40)]
LOOKS = [{}, {"NO_COLOR": "1"}]


def opened(home: Path, **more: object) -> Terminal:
    """A shell whose files are in this folder."""
    places = {"HOME": str(home), "XDG_STATE_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    return Terminal(**(places | more)).feed(at_prompt, 30)  # type: ignore[arg-type]


def body(terminal: Terminal) -> list[str]:
    """What is seen, without the banner, the prompt that waits and the line at the bottom."""
    rows = terminal.lines
    first = next(i for i, row in enumerate(rows) if row.startswith(">>>"))
    last = max(i for i, row in enumerate(rows) if row.startswith(">>>"))
    return rows[first:last]


def looks(test: Callable[..., None]) -> Callable[..., None]:
    """At both sizes, with and without colour."""
    test = pytest.mark.parametrize("look", LOOKS, ids=["colour", "plain"])(test)
    return pytest.mark.parametrize(("columns", "rows"), SIZES, ids=["80x24", "120x40"])(test)


def colours(terminal: Terminal) -> set[bytes]:
    return set(re.findall(rb"\x1b\[([1-9][0-9;]*)m", terminal.written))


# ------------------------------------------------------------------ typing and editing


WRITTEN = """\
>>> def scale(a, by=2):
...     b = a * by
...     return b + 1
>>> scale([1., 2.])
float32[2]  cpu
[ 3.  5. ]
>>> def scale(a, by=2):
...     b = a * by
...     return b + 10
>>> scale([1., 2.])
float32[2]  cpu
[ 12.  14. ]
>>> x.sums()
error[name]: NameError: name 'x' is not defined
  --> <shell 5>:1:1
   |
 1 | x.sums()
   | ^
"""


@looks
def test_a_block_is_typed_recalled_and_edited(tmp_path: Path, columns: int, rows: int, look: dict) -> None:
    with opened(tmp_path, columns=columns, rows=rows, **look) as shell:
        enter(shell, "def scale(a, by=2):")
        enter(shell, "b = a * by", "...")
        enter(shell, "return b + 1", "...")
        enter(shell, "", "...")
        enter(shell, "scale([1., 2.])")
        wait(shell, typed(""))
        press(shell, "\x1b[A", typed("scale([1., 2.])"))
        shell.type("\x1b[A")  # the whole block, the cursor on its last line
        wait(shell, waits_for("...     return b + 1"))
        shell.type("\x05" + "0")
        wait(shell, waits_for("...     return b + 10"))
        shell.type("\x1b\r")  # as it is
        enter(shell, "scale([1., 2.])")
        wait(shell, shows("[ 12.  14. ]"))
        enter(shell, "x.sums()")
        wait(shell, lambda t: shows("   | ^")(t) and typed("")(t))
        seen = [row for row in body(shell) if row.strip(". ")]
        assert "\n".join(seen) + "\n" == WRITTEN
        assert bool(colours(shell)) is (not look)


def waits_for(line: str) -> Callable[[Terminal], bool]:
    return lambda terminal: terminal.screen.display[terminal.screen.cursor.y].rstrip() == line


@pytest.mark.parametrize(("columns", "rows"), SIZES, ids=["80x24", "120x40"])
def test_the_window_changes_while_a_menu_is_open(tmp_path: Path, columns: int, rows: int) -> None:
    with started(tmp_path, columns=columns, rows=rows) as shell:
        enter(shell, "velocity_one = [1., 2.]")
        enter(shell, "velocity_two = 2")
        wait(shell, typed(""))
        press(shell, "velo", typed("velo"))
        both = ["velocity_one  float32[2]", "velocity_two  int 2"]
        press(shell, "\t", lambda t: below(t) == both)
        press(shell, "\t", typed("velocity_one"))
        for width in (columns - 25, columns + 10):
            shell.resize(width, rows)
            wait(shell, lambda t: typed("velocity_one")(t) and below(t) == both)
        press(shell, "\t", lambda t: typed("velocity_two")(t) and below(t) == both)
        press(shell, "\r", lambda t: typed("velocity_two")(t) and not below(t))
        press(shell, " + 1\r", shows("3"))


def test_two_thousand_lines_come_as_one_paste(tmp_path: Path) -> None:
    lines = "".join(f"x{i} = {i} + 1\n" for i in range(1998)) + "print('all', 'done', x1997)\n"
    with started(tmp_path) as shell:
        wait(shell, typed(""))
        send(shell, "\x1b[200~" + lines + "\x1b[201~")
        shell.feed(lambda t: "all" in t.screen.display[t.screen.cursor.y - 1], 30)
        shell.type("\r")
        wait(shell, shows("all done 1998"))
        assert not shows("error")(shell)


# ------------------------------------------------------------------ from one session to the next


def test_two_shells_keep_the_inputs_of_both(tmp_path: Path) -> None:
    with started(tmp_path) as first, started(tmp_path) as second:
        for shell, text in ((first, "a = 1"), (second, "b = 2"), (first, "c = 3"), (second, "d = '四'")):
            enter(shell, text)
            wait(shell, typed(""))
        for shell in (first, second):
            shell.type("\x04")
            shell.feed(lambda t: t.process.poll() is not None, 20)
    with started(tmp_path) as third:
        wait(third, typed(""))
        for text in ("d = '四'", "c = 3", "b = 2", "a = 1"):
            third.type("\x1b[A")
            wait(third, waits_for(f">>> {text}"))


def test_it_is_stopped_and_goes_on(tmp_path: Path) -> None:
    """Ctrl-Z at the prompt and while something runs; `fg` brings the screen and what was typed back."""
    bash = ("bash", "--norc", "--noprofile", "-i")
    prompt = waits_at("$ ")

    def over(t: Terminal) -> bool:
        return any("interrupted" in row for row in t.lines) and typed("")(t)

    with Terminal(program=bash, PS1="$ ", HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path)) as shell:
        wait(shell, prompt)
        shell.type(f"{sys.executable} -m tensorsh -q\r")
        wait(shell, at_prompt)
        enter(shell, "x = 41")
        wait(shell, typed(""))
        press(shell, "half = (x + ", typed("half = (x + "))
        press(shell, "\x1a", lambda t: prompt(t) and any("Stopped" in row for row in t.lines))
        press(shell, "fg\r", typed("half = (x + "))
        press(shell, "1)\r", typed(""))
        enter(shell, "half")
        wait(shell, shows("42"))
        wait(shell, typed(""))
        shell.type("print('run', 'ning')\rwhile True: x += 1\r\r")
        wait(shell, shows("run ning"))
        press(shell, "\x1a", lambda t: prompt(t) and sum("Stopped" in row for row in t.lines) == 2)
        press(shell, "fg\r", lambda t: not prompt(t))
        for _ in range(30):  # what comes before bash has handed over the terminal is bash's
            shell.type("\x03")
            if over(shell.feed(over, seconds=1)):
                break
        wait(shell, over)
        enter(shell, "x > 41")
        wait(shell, shows("True"))


# ------------------------------------------------------------------ what runs


def told_of_interrupts(times: int) -> Callable[[Terminal], bool]:
    """Whether so many statements were interrupted, and the prompt waits for the next."""
    return lambda t: sum(row.startswith("interrupted") for row in t.lines) >= times and typed("")(t)


@looks
def test_ctrl_c_in_a_large_product(tmp_path: Path, columns: int, rows: int, look: dict) -> None:
    with opened(tmp_path, columns=columns, rows=rows, **look) as shell:
        enter(shell, "a = ones(2500, 2500); n = 0")
        enter(shell, "print('now', 'on'); b = [a @ a for k in range(1000)]")
        wait(shell, shows("now on"))
        press(shell, "\x03", told_of_interrupts(1))
        enter(shell, "for n in range(1000): b = a @ a")
        enter(shell, "", "...") if waits_at("...")(shell.feed(seconds=0.5)) else None
        shell.feed(seconds=1)
        press(shell, "\x03", told_of_interrupts(2))  # after how many products is the machine's
        enter(shell, "a.shape")
        wait(shell, shows("torch.Size([2500, 2500])"))
        told = " ".join(shell.lines)
        assert "rror" not in told
        assert all(len(row) < columns for row in shell.lines if "interrupted" in row)


def test_what_is_kept_is_told_in_lines_that_fit(tmp_path: Path) -> None:
    with started(tmp_path) as shell:
        enter(shell, "while_it_runs = 0")
        enter(shell, "for a_rather_long_name_of_a_number in range(10**9): while_it_runs += 1")
        enter(shell, "", "...") if waits_at("...")(shell.feed(seconds=0.5)) else None
        shell.feed(seconds=0.5)
        press(shell, "\x03", lambda t: any("interrupted" in row for row in t.lines) and typed("")(t))
        at = next(i for i, row in enumerate(shell.lines) if row.startswith("interrupted after the round"))
        told = " ".join(shell.lines[at : at + 2])
        assert re.fullmatch(
            r"interrupted after the round with a_rather_long_name_of_a_number = \d+: what the loop has done is kept,"
            r" `:undo` takes it back",
            told.strip(),
        )
        assert shell.lines[at + 1].startswith(("what", "loop", "the", "done", "has", "is", "kept"))


@looks
def test_a_bar_with_prints(tmp_path: Path, columns: int, rows: int, look: dict) -> None:
    program = "for i in track(range(40), 'work', at=lambda: i):\n    if i % 10 == 0: print('printed', i)\n"
    with opened(tmp_path, columns=columns, rows=rows, **look) as shell:
        wait(shell, typed(""))
        shell.type(f"\x1b[200~{program}\x1b[201~")
        wait(shell, lambda t: any("printed" in row for row in t.screen.display))
        shell.type("\r")
        wait(shell, lambda t: shows("printed 30")(t) and typed("")(t))
        seen = [row for row in body(shell)[2:] if row.strip() and not row.startswith("...")]
        assert seen == [f"printed {i}" for i in range(0, 40, 10)]
        assert b"work" in shell.written


PLOT = """\
plot([1., 3., 2.], title="three")"""


@looks
def test_a_plot_fits_and_has_no_colour_where_there_is_none(
    tmp_path: Path, columns: int, rows: int, look: dict
) -> None:
    with opened(tmp_path, columns=columns, rows=rows, **look) as shell:
        enter(shell, PLOT)
        wait(shell, lambda t: any("three" in row for row in body(t)[1:]) and typed("")(t))
        seen = body(shell)[1:]
        assert any("three" in row for row in seen) and 8 <= len(seen) < rows
        assert all(len(row) <= columns for row in seen)
        assert bool(colours(shell)) is (not look)


# ------------------------------------------------------------------ terminals that can do less

EVERYTHING = [
    "x = arange(1200.).reshape(30, 40)",
    "x",
    "param w = [1., 2.]",
    "explain (w * w).sum()",
    "graph (w * w).sum()",
    "plot([1., 3., 2.])",
    "x @ x",
    ":help leaf",
]


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C"}, {"LC_ALL": "", "LC_CTYPE": "", "LANG": "C"}, {"LC_ALL": "POSIX"}]
)
def test_in_the_c_locale_there_is_nothing_but_ascii(tmp_path: Path, locale: dict[str, str]) -> None:
    with opened(tmp_path, PAGER="cat", **locale) as shell:
        for text in EVERYTHING:
            enter(shell, text)
            wait(shell, typed(""))
        for text in (":time 1", "print('名')"):  # a microsecond has a sign of its own, here and at the bottom
            enter(shell, text)
            wait(shell, typed(""))
        press(shell, "ctc_loss(1, 2, 3, 4, 5, 6, 7", lambda t: any("(..., " in row for row in t.lines))
        written = shell.written.decode()
        assert {char for char in written if not char.isascii()} <= {"名"}
        assert "..." in written and "Traceback" not in written


def test_a_dumb_terminal_gets_lines(tmp_path: Path) -> None:
    with opened(tmp_path, TERM="dumb") as shell:
        for text, shown in (
            ("x = [1., 2.]", ""),
            ("x", "[ 1.  2. ]"),
            ("x.fo", "error[attribute]"),
            ("7 * 6", "42"),
        ):
            wait(shell, lambda t: t.lines[-1] == ">>>")
            shell.type(text + "\r")
            wait(shell, lambda t, text=text: any(row.endswith(text) for row in t.lines))
            wait(shell, lambda t, shown=shown: any(shown in row for row in t.lines))
        assert b"\x1b" not in shell.written
