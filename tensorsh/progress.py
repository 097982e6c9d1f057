"""The progress bars of `track(…)` and `tqdm(…)`: below everything else on the terminal, gone at the end.

Bars are drawn on standard error and erased before anything else is written: while `install`ed, both
standard streams are `Above`, which takes the bars away, writes, and draws them again once the cursor is
back at the start of a line. A line that is not finished yet (`print(…, end="")`) has the last line to
itself until it is.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Any, TextIO

from .streams import on_terminal
from .text.width import columns

WIDTH = 30
INTERVAL = 0.1  # seconds between two drawings
CURVE = 12  # columns of a live value's curve
LOOKS = 600  # how many values it goes back: a minute of drawings
BLOCKS = "▁▂▃▄▅▆▇█"


def install() -> None:
    """Let `track` draw where standard error is a terminal that can erase what it shows."""
    from .train.data import progress

    if not on_terminal(sys.stderr) or os.environ.get("TERM") == "dumb" or isinstance(sys.stderr, Above):
        return
    screen = Screen(sys.stderr)
    sys.stderr = Above(sys.stderr, screen)
    if on_terminal(sys.stdout):
        sys.stdout = Above(sys.stdout, screen)
    progress["bar"] = lambda items, label, live: _tracked(items, label, screen, live)
    progress["screen"] = screen


def finish() -> None:
    """Take the bars away: what drew them has ended, perhaps with an error that still holds its loop."""
    if isinstance(sys.stderr, Above):
        sys.stderr.screen.clear()


def begin_line() -> None:
    """Say that the cursor is at the start of a line: somebody typed Enter."""
    if isinstance(sys.stderr, Above):
        sys.stderr.screen.at_start = True


def _tracked(
    items: Iterable[Any], label: str | None, screen: Screen, live: Mapping[str, Any] | None = None
) -> Iterator[Any]:
    bar = Bar(label, len(items) if isinstance(items, Sized) else None, live)
    try:
        for item in items:
            screen.show(bar)
            yield item
            bar.done += 1
    finally:
        screen.remove(bar)


class Bar:
    """How far one loop has come."""

    def __init__(self, label: str | None, total: int | None, live: Mapping[str, Any] | None = None):
        self.label = label
        self.total = total
        self.done = 0
        self.live = {name: Live(name, value) for name, value in (live or {}).items()}
        self.started = time.monotonic()

    def line(self, room: int) -> str:
        """The bar as it is now, at most `room` columns wide."""
        base = line(self.label, self.done, self.total, time.monotonic() - self.started, room)
        for each in self.live.values():
            each.look()
        for width in (CURVE, 0):
            extra = "".join(f"  {text}" for each in self.live.values() if (text := each.text(width)))
            free = room - columns(extra)
            if free >= columns(base):
                return base + extra
            shorter = line(self.label, self.done, self.total, time.monotonic() - self.started, free)
            if extra and free > 0 and any(sign in shorter for sign in "━─"):
                return shorter + extra
        return base


class Live:
    """A value beside a bar: a number, or what a function says, and the way it has come."""

    def __init__(self, name: str, value: Any):
        self.name = name
        self.value = value
        self.seen: list[float] = []

    def look(self) -> None:
        """See how it is now; a name that the loop has not bound yet is nothing."""
        try:
            value = self.value() if callable(self.value) else self.value
        except NameError:
            return
        self.seen.append(float(value))
        del self.seen[:-LOOKS]

    def text(self, width: int) -> str:
        """`loss 0.123 ▇▅▃▂`; without the curve where `width` is 0."""
        if not self.seen:
            return ""
        drawn = curve(self.seen, width)
        return f"{self.name} {self.seen[-1]:.4g}" + (f" {drawn}" if drawn else "")


def curve(values: list[float], width: int) -> str:
    """The last values as blocks, from the least to the most of them; nothing for fewer than two numbers."""
    values = [value for value in values if math.isfinite(value)]
    if width < 1 or len(values) < 2:
        return ""
    step = max(1.0, len(values) / width)
    points = [values[min(len(values) - 1, int((i + 1) * step) - 1)] for i in range(min(width, len(values)))]
    least, most = min(points), max(points)
    scale = (len(BLOCKS) - 1) / (most - least) if most > least else 0.0
    return "".join(BLOCKS[round((value - least) * scale)] for value in points)


class Screen:
    """The bars on a terminal, and whether they can be seen."""

    def __init__(self, terminal: TextIO):
        self.terminal = terminal
        self.bars: list[Bar] = []  # the outermost loop first
        self.drawn: list[str] = []
        self.at_start = True  # of a line: only there bars can be drawn
        self.last = 0.0

    @staticmethod
    def bar() -> Bar:
        """A bar to show."""
        return Bar(None, None)

    def show(self, bar: Bar) -> None:
        """Draw a bar, below those that are there, unless that was done a moment ago."""
        now = time.monotonic()
        if bar not in self.bars:
            self.last = self.last if self.bars else now
            self.bars.append(bar)
        if now - self.last >= INTERVAL:
            self.last = now
            self.draw()

    def remove(self, bar: Bar) -> None:
        if bar in self.bars:
            shown = bool(self.drawn)
            self.bars.remove(bar)
            self.erase()
            if shown and self.bars:
                self.draw()

    def clear(self) -> None:
        self.bars.clear()
        self.erase()

    def draw(self) -> None:
        """The bars, below what was written."""
        if self.at_start:
            room = _columns(self.terminal) - 1  # a full last column would move the cursor on some terminals
            sys.stdout.flush()
            lines = [bar.line(room) for bar in self.bars]
            self._write(self._erasing() + "\n".join(lines))
            self.drawn = lines

    def erase(self) -> None:
        """Nothing is left of the bars; the cursor is where they began."""
        if self.drawn:
            self._write(self._erasing())
            self.drawn = []

    def _erasing(self) -> str:
        """Back to the first column of the first bar. A terminal made narrower since has wrapped them."""
        if not self.drawn:
            return ""
        room = _columns(self.terminal)
        rows = sum(max(1, -(-columns(line) // room)) for line in self.drawn)
        return "\r" + (f"\x1b[{rows - 1}A" if rows > 1 else "") + "\x1b[J"

    def _write(self, text: str) -> None:
        self.terminal.write(text)
        self.terminal.flush()


class Above:
    """A stream to a terminal, whose text appears on lines of its own above the bars."""

    def __init__(self, stream: Any, screen: Screen):
        self.stream = stream
        self.screen = screen

    def write(self, text: str) -> int:
        screen = self.screen
        if not text:
            return 0
        if not screen.bars:
            screen.at_start = text.endswith("\n")
            return self.stream.write(text)
        shown = bool(screen.drawn) or not screen.at_start
        screen.erase()
        self.stream.write(text)
        screen.at_start = text.endswith("\n")
        if screen.at_start and shown:
            self.stream.flush()
            screen.draw()
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for text in lines:
            self.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def line(label: str | None, done: int, total: int | None, seconds: float, room: int) -> str:
    """`digits ━━━━━━━━━━──────────  120/400  3.2 s, 7.5 s left`, with what there is room for."""
    start = f"{label} " if label else ""
    if total is None:
        return _fitting([f"{start}{done}  {seconds:.1f} s", f"{start}{done}", f"{done}"], room)
    count = f"{done}/{total}"
    left = f", {seconds / done * (total - done):.1f} s left" if done else ""
    for text in (f"{count}  {seconds:.1f} s{left}", f"{count}  {seconds:.1f} s", count):
        free = room - columns(start) - len(text) - 2
        if free >= min(WIDTH, 10):
            width = min(WIDTH, free)
            filled = width * done // total if total else width
            return f"{start}{'━' * filled}{'─' * (width - filled)}  {text}"
    return _fitting([f"{start}{count}", count], room)


def _fitting(texts: list[str], room: int) -> str:
    """The first that fits, else the beginning of the last."""
    return next((text for text in texts if columns(text) <= room), texts[-1][: max(room, 0)])


def _columns(terminal: TextIO) -> int:
    try:
        return os.get_terminal_size(terminal.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
