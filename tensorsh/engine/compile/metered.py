"""Marks in a program that is made while somebody measures: which calls are work of which line of the user's text.

A mark is a line between two calls that are from different lines; it tells the clock. What calls of several lines have
become together (a group over large arrays, a stretch of machine code) is shared out by how much each has to compute.
The calls are the same as without marks, and so is the machine code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..core.line_clock import LineClock, Origin
from .machine.phases import cost
from .steps import Step, arrays_of

#: how a mark begins
MARK = "clock_turn("
#: what beginning a step costs in machine code, in additions
BEGIN = 100


class Meter:
    """Writes the marks of one program.

    origins  of each step: where it is from → how much it has to compute
    """

    def __init__(self, clock: LineClock, steps: list[Step]):
        self.clock = clock
        self.origins = [dict(origins(step)) for step in steps]
        self.number = clock.program()
        self.last: str | None = None

    def scope(self) -> dict[str, Any]:
        """What the marks call."""
        return {"clock_turn": self.clock.turn, "clock_replays": self.clock.replays}

    def mark(self, work: dict[Origin, float]) -> str:
        place = self.clock.share(work) if len(work) > 1 else self._place(next(iter(work)))
        return f"{MARK}{place})"

    def _place(self, origin: Origin) -> int:
        return self.clock.share({origin: 1.0}) if origin.callers else origin.place

    def before(self, i: int) -> list[str]:
        """The mark before the calls of a step, if the ones before are from elsewhere."""
        found = self.mark(self.origins[i])
        if found == self.last:
            return []
        self.last = found
        return [found]

    def together(self, start: int, stop: int) -> str:
        """The mark before what does steps `start` to `stop` in one."""
        work: dict[Origin, float] = {}
        for each in self.origins[start:stop]:
            for origin, amount in each.items():
                work[origin] = work.get(origin, 0.0) + amount
        return self.mark(work)

    def again(self, i: int) -> list[str]:
        """The mark before step i, where there is one, and after what did others in one."""
        return [self.mark(self.origins[i])] if i < len(self.origins) else []

    @staticmethod
    def unmarked(lines: Iterable[str]) -> list[str]:
        return [line for line in lines if not line.startswith(MARK)]

    @staticmethod
    def once(lines: Iterable[str]) -> Iterator[str]:
        """The lines without marks that tell the clock what it knows."""
        last = ""
        for line in lines:
            if not line.startswith(MARK):
                yield line
            elif line != last:
                last = line
                yield line

    def head(self) -> list[str]:
        """What fetches and guards is work of the first line that the program does."""
        return [f"{MARK}{outermost(self.origins[0])})"] if self.origins else []

    def tail(self) -> list[str]:
        """What binds is work of the last one."""
        return [f"{MARK}{outermost(self.origins[-1])})"] if self.origins else []

    def over(self) -> str:
        return f"clock_replays[{self.number}] += 1"


def outermost(work: dict[Origin, float]) -> int:
    """The line of the run itself."""
    place, callers = next(iter(work))
    return callers[-1] if callers else place


def origins(step: Step) -> Iterable[tuple[Origin, float]]:
    """Where a step is from, each with how much it has to compute."""
    if step.kind != "group":
        yield step.origin, BEGIN + amount(step)
        return
    group = step.options[0]
    found: dict[Origin, float] = {}
    for inner in (*group.inner, *group.folds):
        found[inner.origin] = found.get(inner.origin, 0.0) + amount(inner)
    yield from found.items()


def amount(step: Step) -> float:
    """How much there is to compute, in additions of one number."""
    if step.function is np.matmul:
        return step.outs[0].size * step.args[0].shape[-1]
    return cost(step) * max((v.size for v in (*step.outs, *arrays_of(step.args))), default=1)
