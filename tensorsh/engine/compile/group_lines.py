"""The block function of a group, as lines of Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..numerics.class_places import PLACED
from .fuse import Group, arrays
from .steps import Step
from .values import Value


class GroupWriter:
    """Writes the block function of one group.

    `place` names the array of a value outside the group, `named` an object of the scope.
    """

    def __init__(self, group: Group, name: str, argument: Callable[[Any], str], named: Callable[..., str]):
        self.group = group
        self.name = name
        self.argument = argument
        self.named = named
        self.registers: list[tuple[Any, tuple[int, ...]]] = []  # dtype and shape of a row
        self.free: dict[Any, list[int]] = {}
        self.local: dict[int, str] = {}
        self.lines: list[str] = []

    def write(self, outs: dict[int, str]) -> list[str]:
        """The lines of the function, and of the call; `outs` names the whole arrays it fills."""
        group, name = self.group, self.name
        last: dict[int, int] = {}
        for i, step in enumerate((*group.inner, *group.folds)):
            for v in arrays(step):
                last[id(v)] = i
        for step in reversed(group.inner):
            if step.kind == "view":  # which keeps the register of what it looks at
                x, out = step.args[0], step.outs[0]
                last[id(x)] = max(last.get(id(x), 0), last.get(id(out), 0))
        for key, whole in outs.items():
            self.local[key] = f"o{len(self.local)}"
            self.lines.append(f"{self.local[key]} = {whole}[lo:hi]")
        held: dict[int, int] = {}  # value → register
        for i, step in enumerate(group.inner):
            if step.kind == "view":
                self._view(step)
                continue
            arguments = [self._argument(a) for a in step.args]
            if step.kind == "call" and step.function in PLACED:
                matrix = step.outs[0] if step.outs[0].ndim == 2 else step.args[0]
                arguments[-1] += f" - lo * {matrix.shape[1]}"
            done = [
                v for v in {id(v): v for v in arrays(step)}.values() if last.get(id(v)) == i and id(v) in held
            ]
            out = step.outs[0]
            if id(out) in self.local and id(out) not in held:
                place = self.local[id(out)]
            else:
                alike = [
                    v
                    for v in done
                    if v.shape == out.shape
                    and v.dtype == out.dtype
                    and self._mine(v, step)
                    and (step.kind == "ufunc" or (step.options[:1] == (True,) and v is step.args[0]))
                ]
                reuse = alike[0] if alike else None
                if reuse is not None:
                    register = held.pop(id(reuse))
                    done = [v for v in done if v is not reuse]
                else:
                    register = self._register(out)
                held[id(out)] = register
                place = self.local[id(out)] = f"r{register}"
            function = self.named(step.function, f"{step.label.removeprefix('np.').partition('.')[0]}_")
            if step.kind == "product":
                into = f"{place}[..., 0]" if step.options[0] else place
                self.lines.append(f"{function}({', '.join(arguments)}, {into})")
            elif step.kind == "reduce":
                axes, keepdims = step.options
                axis = repr(axes[0] if len(axes) == 1 else axes)
                self.lines.append(f"{function}.reduce({arguments[0]}, {axis}, None, {place}, {keepdims!r})")
            else:
                if step.function in (np.maximum, np.minimum):  # which take no third argument for `out`
                    place = f"out={place}"
                self.lines.append(f"{function}({', '.join([*arguments, place])})")
            for v in done:
                if not self._viewed(v, i):
                    register = held.pop(id(v))
                    self.free.setdefault(self.registers[register], []).append(register)
        for k, step in enumerate(group.folds):
            axes, keepdims = step.options
            function = self.named(step.function, f"{step.label.removeprefix('np.').partition('.')[0]}_")
            axis = repr(axes[0] if len(axes) == 1 else axes)
            part = f"{function}.reduce({self._argument(step.args[0])}, {axis}, None, None, {keepdims!r})"
            self.lines.append(f"{name}_fold{k}[lo] = {part}")
        scratch = [f"r{k} = s[{k}][:hi - lo]" for k in range(len(self.registers))]
        head = [f"def {name}(lo, hi):"]
        if self.registers:
            head += [f"    s = {name}_pool.pop() if {name}_pool else {name}_scratch()"]
        body = [f"    {line}" for line in [*scratch, *self.lines]]
        tail = [f"    {name}_pool.append(s)"] if self.registers else []
        parts = [f"{name}_fold{k} = {{}}" for k in range(len(group.folds))]
        return [*parts, *head, *body, *tail, f"spread({name}, {group.rows}, {group.block})"]

    def scratch(self) -> Callable[[], tuple[np.ndarray[Any, Any], ...]]:
        """Makes the memory that one thread needs for a block."""
        rows = self.group.most
        registers = list(self.registers)
        return lambda: tuple([np.empty((rows, *shape), dtype) for dtype, shape in registers])

    def _register(self, out: Value) -> int:
        key = (out.dtype, out.shape[1:])
        ready = self.free.get(key)
        if ready:
            return ready.pop()
        self.registers.append(key)
        return len(self.registers) - 1

    def _argument(self, a: Any) -> str:
        if type(a) is not Value:
            return self.argument(a)
        known = self.local.get(id(a))
        if known is None:
            whole = self.argument(a)
            if not self.group.sliced(a):
                known = whole
            else:
                known = f"i{len(self.local)}"
                self.lines.append(f"{known} = {whole}[lo:hi]")
            self.local[id(a)] = known
        return known

    def _view(self, step: Step) -> None:
        x, out = step.args[0], step.outs[0]
        strided = self.named(np.lib.stride_tricks.as_strided, "as_strided_")
        shape = ", ".join(map(str, out.shape[1:]))
        name = self.local[id(out)] = f"v{len(self.local)}"
        self.lines.append(f"{name} = {strided}({self._argument(x)}, (hi - lo, {shape}), {out.strides!r})")

    def _viewed(self, v: Value, i: int) -> bool:
        """Whether a view of the value is used after step i."""
        inner = self.group.inner
        for step in inner:
            if step.kind == "view" and step.args[0] is v:
                out = step.outs[0]
                if any(any(w is out for w in arrays(s)) for s in (*inner[i + 1 :], *self.group.folds)):
                    return True
        return False

    def _mine(self, v: Value, step: Step) -> bool:
        """Whether no view of the value exists, and no other argument overlaps it."""
        return not any(s.kind == "view" and s.args[0] is v for s in self.group.inner)
