"""The last inputs of a shell, which can be taken back and done again.

Every statement that succeeds in an input leaves its `Before` here. `undo` notes everything as it is, and takes the
statements of the last input back, the last first; `redo` returns to what was noted. What is held on to is bounded: by
the number of inputs, and by memory. An input that only shows a value is none of its own: it goes with the one before.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.core.journal import memory_of
from ...engine.graph.node import Node
from ...engine.values.tensor import Tensor
from ...interrupt import unbroken, whole
from ...kinds.ownership import attributes_of
from .before import Before, Whole

if TYPE_CHECKING:
    from ..run.evaluate import Evaluator

INPUTS, BYTES = 20, 256 << 20
#: how many things are looked at for the memory that a lost value holds
FEW = 10_000
#: what a note of a container takes, and what one of its items does
NOTE, ITEM = 200, 8
COUNTED = (list, dict, set, deque, bytearray)


class Input:
    """One input: what it is to the shell, its statements, the files it has written."""

    def __init__(self, title: Any):
        self.title = title
        self.steps: list[Before] = []
        self.files: list[str] = []
        self.memory: dict[Any, int] = {}  # bytes by the id of what has them
        self.instead: list[tuple[Any, Any]] = []  # iterators, and what has taken their place since

    def measure(self, step: Before) -> None:
        """Count what one of its statements holds on to."""
        for entry in step.segment.undo.values():
            hold(self.memory, entry.args)
        if step.snapshot is not None:
            for thing in step.snapshot.seen.values():
                size = ITEM * len(thing) if type(thing) in COUNTED else 0
                size = thing.nbytes if isinstance(thing, np.ndarray) else size
                self.memory[id(step), id(thing)] = NOTE + size
        hold(self.memory, step.lost())


class History:
    """What can be taken back, newest last, and what can be done again."""

    def __init__(self, evaluator: Evaluator, inputs: int = INPUTS, size: int = BYTES):
        self.evaluator = evaluator
        self.most, self.size = inputs, size
        self.done: deque[Input] = deque()
        self.undone: list[Input] = []
        self.running: Input | None = None  # the input that runs
        self.going: Input | None = None  # the input that is taken back or done again
        self.too_large = False  # whether the last input holds more than may be held

    @whole
    @contextmanager
    def input(self, title: Any) -> Iterator[None]:
        """What runs inside is one input."""
        self.running = Input(title)
        try:
            yield
        finally:
            ended, self.running = self.running, None
            if ended is not None and ended.steps:
                self._add(ended)

    def keep(self, step: Before) -> None:
        """A statement has succeeded."""
        if self.running is None:
            step.commit()
            return
        step.keep()
        self.running.steps.append(step)

    def replaced(self, pairs: list[tuple[Any, Any]]) -> None:
        """Something has taken the place of iterators, which earlier statements knew by themselves."""
        where = self.going or self.running or (self.done[-1] if self.done else None)
        if where is not None:
            where.instead += pairs

    def wrote(self, path: str) -> None:
        """A file is about to be written."""
        if self.running is not None and path not in self.running.files:
            self.running.files.append(path)

    def undo(self) -> Input | None:
        """Take the last input back; None if there is none."""
        return self._exchange(self.done, self.undone)

    def redo(self) -> Input | None:
        """Do again what was taken back last."""
        return self._exchange(self.undone, self.done)

    @unbroken
    def _exchange(self, source: Any, target: Any) -> Input | None:
        if not source:
            return None
        each: Input
        self.going = each = source.pop()
        again = Whole(self.evaluator)
        for step in reversed(each.steps):
            step.take_back()
        if not isinstance(step, Whole):  # which has seen all there is
            self._replace([*self.done, *self.undone, each])
        again.keep()
        each.steps = [again]
        target.append(each)
        self.going = None
        return each

    def _replace(self, inputs: list[Input]) -> None:
        """Give variables what has taken the place of what they held then, where their values were not looked at."""
        instead = {id(old): new for each in inputs for old, new in each.instead}
        if instead:
            for space in self.evaluator.spaces_of_variables():
                for name, value in space.items():
                    if id(value) in instead:
                        space[name] = instead[id(value)]

    def _add(self, each: Input) -> None:
        if all(step.only_looked() for step in each.steps):
            if self.done and not self.undone:  # `_` goes with what came before
                self.done[-1].steps += each.steps
            return
        self.undone.clear()
        for step in each.steps:
            each.measure(step)
        self.done.append(each)
        while len(self.done) > self.most or self._held() > self.size:
            self.done.popleft()
        self.too_large = not self.done

    def _held(self) -> int:
        held: dict[int, int] = {}
        for each in self.done:
            held |= each.memory
        return sum(held.values())


def hold(memory: dict[int, int], values: Any) -> None:
    """Add the memory that values hold, each once, as far as it is found soon."""
    work, seen = list(values), 0
    while work and seen < FEW:
        thing = work.pop()
        seen += 1
        if isinstance(thing, np.ndarray):
            own = memory_of(thing)
            memory[id(own)] = own.nbytes
        elif isinstance(thing, Tensor):
            work += [thing.array, thing.node, thing.grad_slot]
        elif isinstance(thing, Node):
            if id(thing) not in memory:
                memory[id(thing)] = NOTE
                work += [thing.args, thing.outputs, thing.edges]
        elif type(thing) in (list, tuple, set, deque):
            work += thing
        elif type(thing) in (dict, OrderedDict):
            work += thing.values()
        elif not isinstance(thing, type):
            names = attributes_of(thing)
            if names and id(thing) not in memory:
                memory[id(thing)] = NOTE
                work += names.values()
