"""A program: a function that does what a run of statements does, and how to take back what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..core.journal import Journal, copied, put_back
from ..values.tensor import Tensor
from .passage import Passage

Array = np.ndarray[Any, Any]


class Program:
    """A function that does what the traced statements did, or returns False and has done nothing.

    text      the function as it is written
    opaque    the operations whose kernels it calls as they are → why they could not be read
    scope     what its names stand for
    steps     the lines of the calls; inputs, numbers (text → name, value) and results say for a reader
              what is in them
    replay    the function, of the namespace that holds the variables
    """

    def __init__(self) -> None:
        self.text = ""
        self.scope: dict[str, Any] = {}
        self.replay: Callable[[Any], bool] = lambda names: False
        self.passage: Passage | None = None
        self.epoch = -1
        self.steps: list[str] = []
        self.opaque: dict[str, str] = {}
        self.calls = 0
        self.inputs: dict[str, tuple[str, tuple[int, ...], str]] = {}
        self.numbers: dict[str, tuple[str, float]] = {}
        self.results: list[tuple[str, str]] = []
        self.memory = 0
        self.runs = self.last_run = (
            0  # how often it has done a round, and which round that was, of all of its run's
        )
        self.over = False  # its loop has ended
        self.trains = False  # whether there is a backward pass in it
        self.backup: Any = ()  # (memory or state, what was there) where a replay may fail after changes
        self.streams: Any = ()  # (random stream, where it stood)

    def drop(self) -> None:
        """Let go of all memory, without waiting for a search for garbage."""
        self.replay = lambda names: False
        self.passage = None
        self.scope.clear()

    def save(self, arrays: Iterable[Array], states: Iterable[dict[str, Any]], streams: Iterable[Any]) -> None:
        """Before a replay that may fail after it has changed these."""
        self.streams = [(stream, stream.get_state()) for stream in streams]
        self.backup = [(a, a.copy()) for a in arrays]
        self.backup += [(state, copied(state)) for state in states]

    def give_up(self) -> None:
        """A replay has failed: put everything back as it was."""
        for changed, before in self.backup:
            if isinstance(changed, dict):
                put_back(changed, before)
            else:
                np.copyto(changed, before)
        for stream, before in self.streams:
            stream.set_state(before)
        self.backup = self.streams = ()

    def protect(
        self,
        journal: Journal,
        written: Iterable[Any],
        graded: Iterable[Tensor],
        states: Any,
        moved: Iterable[Tensor],
    ) -> None:
        """Before the first run within a statement: what it changes can be undone."""
        self.epoch = journal.start
        for t in written:
            journal.save_array(t.array)
            journal.save_count(t.shared_counter())
        for t in graded:
            journal.save_attributes(t, "grad_slot")
        for t in moved:
            journal.save_attributes(t, "array")
        for state in states:
            journal.save_memory(state)


def as_function(lines: list[str]) -> str:
    """A function that gets the names it reads from `v`, and returns True."""
    return "\n".join(["def replay(v):", *(f"    {line}" for line in lines), "    return True"])
