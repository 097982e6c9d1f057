"""Ctrl-C in a loop keeps the rounds that are done: the loop is left when the running round ends.

Nothing is done until somebody interrupts. Then the outermost loop of the program that runs is looked for among the
frames, and its frame is traced until the next round would begin: there KeyboardInterrupt is raised. A round that takes
longer than `PATIENCE`, a second Ctrl-C, and a program that is in no loop are interrupted at once.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ... import interrupt
from ...limits import time
from ...source import Span
from ..code.codegen import NOWHERE
from ..code.runs import walk
from ..code.table import Table
from ..syntax import ast
from .interrupts import BetweenRounds
from .runtime import USER_FILE

#: seconds that a round is given to end
PATIENCE = 1.0

Loop = ast.For | ast.While


class Rounds:
    """The interrupts of one input."""

    def __init__(self, tables: dict[str, Table]):
        self.tables = tables
        self.waiting = False

    @interrupt.whole
    @contextmanager
    def heard(self) -> Iterator[None]:
        """While an input runs."""
        main = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
        before = signal.getsignal(signal.SIGINT)
        if not main or before not in (signal.default_int_handler, interrupt.interrupts):
            yield
            return
        alarm = signal.signal(signal.SIGALRM, self._late)
        signal.signal(signal.SIGINT, self._interrupted)
        try:
            yield
        finally:
            self._stop_waiting()
            signal.signal(signal.SIGINT, before)
            signal.signal(signal.SIGALRM, alarm)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if interrupt.not_now(frame):
            return
        found = None if self.waiting else outermost_loop(frame, self.tables)
        if found is None:
            self._late(number, frame)
            return
        self.waiting = True
        running, loop = found
        running.f_trace = self._tracer(running, loop)
        sys.settrace(lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    def _late(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGALRM and not self.waiting:
            time.passed(number, frame)  # the input's
            return
        self._stop_waiting()
        interrupt.strike(frame)

    def _stop_waiting(self) -> None:
        if self.waiting:
            self.waiting = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            sys.settrace(None)

    def _tracer(self, running: FrameType, loop: Loop) -> Callable[..., Any]:
        table = self.tables[running.f_code.co_filename]

        def trace(frame: FrameType, event: str, argument: Any) -> Any:
            node = table.node(line_of(frame))
            over = event == "line" and node is not None and not within(node.span, loop.body.span)
            if not self.waiting or not over:
                return trace
            frame.f_trace = None
            self._stop_waiting()
            interrupt.strike(frame, BetweenRounds(told(loop, frame)))

        return trace


def outermost_loop(frame: FrameType | None, tables: dict[str, Table]) -> tuple[FrameType, Loop] | None:
    """The outermost loop of the program that runs, and its frame."""
    found = None
    while frame is not None:
        table = (
            tables.get(frame.f_code.co_filename) if frame.f_code.co_filename.startswith(USER_FILE) else None
        )
        node = None if table is None else table.node(line_of(frame))
        if table is not None and node is not None:
            loops = [loop for loop in loops_of(frame, table) if runs(loop, node)]
            if loops:
                found = frame, min(loops, key=lambda loop: loop.span.start)
        frame = frame.f_back
    return found


def line_of(frame: FrameType) -> int:
    """The line that runs; in an instruction that belongs to none (a jump), the one before it in the code.

    While a compiled program is asked for, or runs, it is that of the statements that it does, which stand behind it.
    """
    lines = [(start, line) for start, _, line in frame.f_code.co_lines() if line and line != NOWHERE]
    if frame.f_lineno == NOWHERE:
        return next((line for start, line in lines if start > frame.f_lasti), 0)
    if frame.f_lineno is not None:
        return frame.f_lineno
    return next((line for start, line in reversed(lines) if start <= frame.f_lasti), 0)


def loops_of(frame: FrameType, table: Table) -> list[Loop]:
    """The loops in the code of a frame itself, not in what is around it."""
    nodes = [table.node(line) for _, _, line in frame.f_code.co_lines() if line]
    heads = {id(node) for node in nodes}
    return [
        each
        for each in {id(n): n for n in table.nodes if isinstance(n, ast.For | ast.While)}.values()
        if id(each) in heads
        or (isinstance(each, ast.While) and any(id(n) in heads for n in walk(each.condition)))
    ]


def runs(loop: Loop, node: ast.Node) -> bool:
    """Whether a loop is running where this node is: in its body, or where it begins again.

    Python hears of an interrupt where it jumps back, which has the line of a condition or of the loop itself.
    """
    again = isinstance(loop, ast.While) and within(node.span, loop.condition.span)
    return again or node is loop or within(node.span, loop.body.span)


def within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def told(loop: Loop, frame: FrameType) -> str:
    """`i = 3, x = 2.5`: the round that was done last."""
    if not isinstance(loop, ast.For):
        return ""
    names = [node.id for node in walk(loop.target) if isinstance(node, ast.Name)]
    plain = [name for name in names if type(frame.f_locals.get(name)) in (int, float, str, bool)]
    return ", ".join(f"{name} = {frame.f_locals[name]!r}" for name in plain)
