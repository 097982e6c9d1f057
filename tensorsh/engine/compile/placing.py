"""Where the arrays of a program are: memory of its own that is used again, arrays from outside, fresh ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np

from .program import Program
from .steps import External, Step, arrays_of
from .values import Number, TraceStopped, Value

Array = np.ndarray[Any, Any]


def numbered(name: str) -> Iterator[str]:
    """A name, and names like it to take where that is taken."""
    yield name
    yield from (f"{name}_{number}" for number in count(2))


class Memory:
    """Names and places.

    places   id of a Value → the name its array has
    fixed    id of a Value → its array, where that never changes
    last     id of a Value → the last step that needs its memory
    escape   ids of Values whose memory somebody may hold when the program is over
    """

    def __init__(self) -> None:
        self.program = Program()
        self.scope = self.program.scope
        self.lines: list[str] = []
        self.places: dict[int, str] = {}
        self.fixed: dict[int, Array] = {}
        self.last: dict[int, int] = {}
        self.escape: set[int] = set()
        self.names: dict[int, tuple[str, Any]] = {}  # id of an object → its name in the scope
        self.fresh = 0
        self.free: dict[Any, list[Array]] = {}
        self.keep: list[Any] = []
        self.taken: set[int] = set()  # ids of Values whose memory a later one has got
        self.now = 0  # the step that is being written
        self.numbers: dict[Any, Array] = {}
        self.labels: dict[str, str] = {}  # the variable behind each name that `fetch` binds

    def number(self, n: Number) -> str:
        """The text of a number that changes."""
        return n.text

    def named(self, thing: Any, prefix: str) -> str:
        """The name of an object in the function's scope."""
        found = self.names.get(id(thing))
        if found is None:
            found = self.names[id(thing)] = (f"{prefix}{len(self.names)}", thing)
            self.scope[found[0]] = thing
        return found[0]

    def new(self) -> str:
        self.fresh += 1
        return f"t{self.fresh}"

    def place(self, v: Value) -> str:
        """The name of a Value's array."""
        found = self.places.get(id(v))
        if found is not None:
            return found
        source = v.source
        if isinstance(source, External):
            if source.fixed:
                self.fixed[id(v)] = source.array
                name = self.named(source.array, "w")
            else:
                name = self.new()
                self.lines.append(f"{name} = {source.path}.array")
            self._input(name, source.path, v)
        elif isinstance(source, np.ndarray):
            self.fixed[id(v)] = source
            name = self.named(source, "c")
        elif type(source) is str:
            name = self.new()
            self.lines.append(f"{name} = {source}")
            self._input(name, source, v)
        else:
            raise TraceStopped("an array from nowhere")
        self.places[id(v)] = name
        self.keep.append(v)
        return name

    def _input(self, name: str, path: str, v: Value) -> None:
        self.program.inputs[name] = (self.label(path), v.shape, str(v.dtype))

    def label(self, path: str) -> str:
        """What a reader calls an input: after the variable that leads to it."""
        root = path.partition(".")[0].partition("[")[0]
        rest = path[len(root) :].removesuffix(".array").replace("_slot", "").replace("node.frame.", "")
        return self.labels.get(root, root) + re.sub(r"\W+", "_", rest).rstrip("_")

    def argument(self, a: Any) -> str:
        if type(a) is Value:
            return self.place(a)
        if type(a) is Number:
            return self.number(a)
        if type(a) is tuple and any(type(x) is Value for x in a):
            return "(" + "".join(f"{self.argument(x)}, " for x in a) + ")"
        if a is None or type(a) in (bool, int):
            return repr(a)
        if isinstance(a, np.generic):
            key = (a.dtype, a.tobytes())  # NumPy takes an array without looking what it is
            a = self.numbers.setdefault(key, np.asarray(a))
        return self.named(a, "k")

    def _memory(self, out: Value, reused: Value | None) -> str | None:
        """Where a call puts its result: memory of the program's own, or None for fresh memory.

        `reused`: an argument whose memory may become the result's.
        """
        if id(out) in self.places:
            return self.places[id(out)]
        if isinstance(out.source, External):
            return self.place(out)
        if id(out) in self.escape:
            return None
        if reused is not None:
            memory = self.fixed[id(reused)]
            self.taken.add(id(reused))
        else:
            memory = self.spare(out.layout)
        self.fixed[id(out)] = memory
        name = self.places[id(out)] = self.named(memory, "b")
        self.keep.append(out)
        return name

    def spare(self, like: Array) -> Array:
        """Memory of this layout that nobody needs."""
        ready = self.free.get((like.shape, like.dtype, like.strides))
        if ready:
            return ready.pop()
        self.program.memory += like.nbytes
        return np.empty_like(like)

    def spared(self, memory: Array) -> None:
        """Nobody needs this memory any longer."""
        self.free.setdefault((memory.shape, memory.dtype, memory.strides), []).append(memory)

    def _result(self, out: Value) -> str:
        """A fresh local name for a result."""
        name = self.places[id(out)] = self.new()
        self.keep.append(out)
        return name

    def _reusable(self, step: Step) -> Value | None:
        """An argument whose memory is needed no longer, for a result of the same layout."""
        if (step.kind == "call" and not step.options[0]) or step.function is np.matmul:
            return None
        like = step.outs[0].layout
        if (
            like.dtype.kind == "c"
        ):  # NumPy multiplies complex numbers otherwise where the result lies on a factor
            return None
        values = arrays_of(step.args)
        for v in values if step.kind == "ufunc" else values[:1]:
            mine = self.fixed.get(id(v))
            if (
                self.last.get(id(v)) == self.now
                and v.source is None
                and id(v) not in self.escape
                and mine is not None
                and mine.base is None
                and self.places[id(v)].startswith("b")
                and (v.shape, v.dtype, v.strides) == (like.shape, like.dtype, like.strides)
                and not any(w is not v and w.source is None and self._shares(w, mine) for w in values)
                and self._owner_done(mine, v)
            ):
                return v
        return None

    def _shares(self, w: Value, memory: Array) -> bool:
        other = self.fixed.get(id(w))
        return other is None or np.may_share_memory(other, memory)

    def _owner_done(self, memory: Array, v: Value) -> bool:
        """Whether no view of the memory is needed later."""
        return all(
            self.last.get(key, -1) <= self.now
            for key, other in self.fixed.items()
            if other.base is memory or other is memory
        )

    def _release(self, step: Step) -> None:
        """Give memory back after the last step that needs it."""
        for v in {id(v): v for v in (*arrays_of(step.args), *step.outs)}.values():
            if id(v) in self.taken:
                continue
            if self.last.get(id(v)) == self.now and v.source is None and id(v) not in self.escape:
                memory = self.fixed.get(id(v))
                if memory is not None and memory.base is None and self.places[id(v)].startswith("b"):
                    self.spared(memory)
