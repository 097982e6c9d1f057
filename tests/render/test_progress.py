"""Progress bars on a terminal: what anything writes stands on lines of its own, above them."""

from __future__ import annotations

import os
import subprocess
import sys

import pyte
import pytest

from tensorsh import progress
from tensorsh.progress import Above, Screen, line
from terminal import ROOT, Terminal

BAR = ("━", "─")


def drawn(columns: int, rows: int = 24):
    """A screen in memory with bars drawn at every step: (pyte screen, our screen, stdout, stderr)."""
    shown = pyte.Screen(columns, rows)
    shown.set_mode(pyte.modes.LNM)
    stream = pyte.Stream(shown)

    class Tty:
        def write(self, text: str) -> int:
            stream.feed(text)
            return len(text)

        def flush(self) -> None: ...

        def fileno(self) -> int:
            raise OSError

    terminal = Tty()
    screen = Screen(terminal)
    return shown, screen, Above(terminal, screen), Above(terminal, screen)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch):
    """Every step draws; the terminal's width is what the test says."""
    monkeypatch.setattr(progress, "INTERVAL", 0.0)

    def at(columns: int) -> None:
        monkeypatch.setattr(progress, "_columns", lambda terminal: columns)

    return at


def lines(shown: pyte.Screen) -> list[str]:
    return [row.rstrip() for row in shown.display if row.strip()]


@pytest.mark.parametrize("columns", [12, 20, 40, 80, 120])
def test_what_is_written_stands_above_the_bar(always, columns: int) -> None:
    always(columns)
    shown, screen, out, err = drawn(columns)
    expected: list[str] = []
    for i in progress._tracked(range(3), "训练", screen):
        assert any(c in lines(shown)[-1] for c in BAR) or str(i) in lines(shown)[-1]
        assert lines(shown)[:-1] == expected
        for stream, text in ((out, f"line {i}"), (err, "warning: x"), (out, "a" * columns)):
            print(text, file=stream)
            expected += [text[k : k + columns] for k in range(0, len(text), columns)]
            assert lines(shown)[:-1] == expected
            assert lines(shown)[-1].startswith("训") or f"{i}/3" in lines(shown)[-1]
    assert lines(shown) == expected


def test_an_unfinished_line_has_the_last_line_to_itself(always) -> None:
    always(60)
    shown, screen, out, _ = drawn(60)
    print("start: ", end="", file=out)
    for _ in progress._tracked(range(3), None, screen):
        print(".", end="", file=out)
    assert lines(shown) == ["start: ..."]
    print(file=out)
    for i in progress._tracked(range(2), None, screen):
        assert lines(shown)[:-1] == ["start: ...", *["done"] * i]
        print("do", end="", file=out)
        assert lines(shown)[-1] == "do"
        print("ne", file=out)
        assert lines(shown)[-2] == "done"
    assert lines(shown) == ["start: ...", "done", "done"]


def test_loops_inside_loops_have_a_bar_each(always) -> None:
    always(60)
    shown, screen, out, _ = drawn(60)
    for i in progress._tracked(range(2), "epoch", screen):
        for j in progress._tracked(range(2), "batch", screen):
            print(i, j, file=out)
            assert [row.split()[0] for row in lines(shown)[-2:]] == ["epoch", "batch"]
        assert lines(shown)[-1].startswith("epoch")
    assert lines(shown) == ["0 0", "0 1", "1 0", "1 1"]


def test_a_bar_that_a_narrower_terminal_wrapped_is_erased_whole(always) -> None:
    always(60)
    shown, screen, out, _ = drawn(30)  # pyte wraps what was drawn for 60 columns
    screen.show(progress.Bar(None, 10))
    assert len(lines(shown)) == 2
    always(30)
    print("above", file=out)
    assert lines(shown)[0] == "above" and len(lines(shown)) == 2
    screen.clear()
    assert lines(shown) == ["above"]


@pytest.mark.parametrize("room", [0, 1, 5, 10, 20, 39, 79, 200])
@pytest.mark.parametrize("label", [None, "digits", "手写数字"])
@pytest.mark.parametrize("total", [None, 0, 5, 100_000])
def test_a_bar_fits_its_room(label: str | None, total: int | None, room: int) -> None:
    for done in (0, 3, 5):
        assert progress.columns(line(label, done, total, 1234.5, room)) <= room


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_first_command_of_the_readme(columns: int) -> None:
    """What a pipe gets, wrapped at the terminal's width, and bars in between, always last."""
    program = "samples/digits.tsh"
    command = [sys.executable, "-m", "tensorsh", program]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    plain = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env).stdout
    wrapped = [text[k : k + columns] for text in plain.splitlines() for k in range(0, len(text), columns)]
    with Terminal(program, columns=columns) as terminal:
        terminal.feed()
        assert terminal.lines == [text.rstrip() for text in wrapped]
        assert any(c in row for frame in terminal.frames for row in frame[-1:] for c in BAR)
        for frame in terminal.frames:
            assert not any(c in row for row in frame[:-1] for c in BAR)


PROGRAM = """
for i in track(range(6), "work"):
    for j in range(150):
        x = (randn(200, 200) @ randn(200, 200)).sum()
    print("printed", i)
    i * 10
    assert i != 4
"""


def test_errors_and_values_in_a_script(tmp_path) -> None:
    script = tmp_path / "s.tsh"
    script.write_text(PROGRAM)
    with Terminal(str(script), "--color=never", columns=60) as terminal:
        terminal.feed()
        rows = terminal.lines
    assert [row for row in rows if row.startswith("printed")] == [f"printed {i}" for i in range(5)]
    assert not any(c in row for row in rows for c in BAR)
    assert rows.index("printed 4") < next(i for i, row in enumerate(rows) if row.startswith("error["))
    assert b"work" in terminal.written


def test_bars_in_the_shell() -> None:
    """Nothing of a bar stays above the next prompt, also after an error that ended its loop."""
    with Terminal("-q", "--no-history", "--color=never", columns=60, rows=40) as terminal:
        terminal.feed(lambda t: t.lines and t.lines[-1].startswith(">>>"))
        terminal.type("\x1b[200~" + PROGRAM.strip() + "\x1b[201~\n\n")
        terminal.feed(lambda t: any("error" in row for row in t.lines) and t.lines[-1] == ">>>", 90)
        rows = terminal.lines
        assert b"work" in terminal.written.split(b"printed 0")[1]
        assert [row for row in rows if row.startswith("printed")] == [f"printed {i}" for i in range(5)]
        assert not any(c in row for row in rows for c in BAR[:1])


def test_live_values_stand_beside_the_bar(always) -> None:
    always(80)
    shown, screen, _, _ = drawn(80)
    loss = iter([0.9, 0.6, 0.3, 0.12345])
    seen = []
    for _ in progress._tracked(range(4), "fit", screen, {"loss": lambda: next(loss), "lr": 0.1}):
        seen += [row for row in lines(shown) if "/4" in row]
    assert seen[-1].startswith("fit ━") and "loss 0.1235" in seen[-1] and "lr 0.1" in seen[-1]
    assert "█▅▃▁" in seen[-1]
    assert lines(shown) == []


def test_a_live_value_that_is_not_there_yet_is_not_shown(always) -> None:
    always(80)
    shown, screen, _, _ = drawn(80)

    def unbound() -> float:
        raise NameError

    found = {"loss": unbound}
    for i in progress._tracked(range(2), None, screen, {"loss": lambda: found["loss"]()}):
        assert ("loss" in lines(shown)[-1]) == (i > 0)
        found["loss"] = lambda: 0.5


@pytest.mark.parametrize("columns", range(5, 80, 7))
def test_live_values_leave_out_what_has_no_room(always, columns: int) -> None:
    always(columns)
    shown, screen, _, _ = drawn(columns)
    for i in progress._tracked(range(3), "label", screen, {"loss": lambda: 12.5, "accuracy": 0.25}):
        assert len(lines(shown)) == 1 and (f"{i}" in lines(shown)[0] or columns < 10)


def test_curves() -> None:
    assert progress.curve([3.0, 2.0, 1.0], 12) == "█▅▁"
    assert progress.curve([1.0, 1.0], 12) == "▁▁"
    assert progress.curve([1.0], 12) == progress.curve([1.0, float("nan")], 12) == ""
    assert len(progress.curve([float(i) for i in range(500)], 12)) == 12
