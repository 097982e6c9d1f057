"""The lines of a program, one or two for each step."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.parallel import spread
from .fuse import Group
from .group_lines import GroupWriter
from .machine.assembler import available
from .placing import Memory
from .spelled import StepWriter, Together, writer
from .steps import Step
from .tape import layout_key, learn_layout
from .tracer import part
from .values import Number, OtherLayout

Array = np.ndarray[Any, Any]
#: how the names of groups' machine code begin
MACHINE = "machine"


class Calls(Memory):
    """Writes steps.

    given   the ids of Values that need no copy of what they are a copy of
    loose   those of Values that may lie in memory otherwise than it seemed
    keys    of the texts of groups' machine code
    spelled id of a step that is written out → how many of its lines only find the place for its result
    """

    given: set[int]

    def __init__(self) -> None:
        super().__init__()
        self.loose: set[int] = set()
        self.keys: dict[str, str] = {}
        self.spelled: dict[int, int] = {}
        self.together: dict[int, Together] = {}

    def write_step(self, step: Step) -> None:
        writers = {
            "ufunc": self._call, "call": self._call, "reduce": self._reduce, "accumulate": self._reduce,
            "view": self._view, "kernel": self._kernel, "write": self._write, "effect": self._effect,
            "own": self._own, "group": self._group, "element": self._element, "check": self._check,
        }  # fmt: skip
        writer = writers[step.kind]
        writer(step)
        self._release(step)

    def _call(self, step: Step) -> None:
        """`function(*args, out)`."""
        write = writer(step)
        if write is not None:
            self._spell(step, write)
            return
        arguments = [self.argument(a) for a in step.args]
        out = step.outs[0]
        ufunc = step.kind == "ufunc"
        function = self.named(step.function, f"np_{step.label[3:]}_" if ufunc else f"{step.label}_")
        memory = self._memory(out, self._reusable(step))
        if memory is None and ufunc and out.ndim:
            self.lines.append(f"{self._result(out)} = {function}({', '.join(arguments)})")
            return
        if memory is None:  # a ufunc would make a number of it, another function needs a place
            memory = self._result(out)
            place = f"({memory} := {self._empty(out)})"
        else:
            place = memory
        if step.function in (np.maximum, np.minimum):  # which take no third argument for `out`
            place = f"out={place}"
        self.lines.append(f"{function}({', '.join([*arguments, place])})")

    def _spell(self, step: Step, write: Any) -> None:
        """What the function does, line by line."""
        start, out = len(self.lines), step.outs[0]
        for a in step.args:
            self.argument(a)
        memory = self._memory(out, self._reusable(step))
        if memory is None:
            memory = self._result(out)
            self.lines.append(f"{memory} = {self._empty(out)}")
        self.spelled[id(step)] = len(self.lines) - start
        spelling = StepWriter(self)
        write(spelling, step, memory)
        spelling.over()

    def _empty(self, out: Any) -> str:
        """Fresh memory for a result."""
        if out.flags.c_contiguous:
            self.scope["empty"] = np.empty
            return f"empty({out.shape!r}, {self.named(out.dtype, 'd')})"
        self.scope["empty_like"] = np.empty_like
        return f"empty_like({self.named(out.layout, 'l')})"

    def rounded(self, factor: Any) -> str:
        """The text of a factor as a float32 has it."""
        if type(factor) is Number:
            self.scope["float32"] = np.float32
            return f"float(float32({self.number(factor)}))"
        return self.named(
            self.numbers.setdefault((float, factor), np.asarray(np.float32(factor), float)), "k"
        )

    def _reduce(self, step: Step) -> None:
        """`function.reduce(x, axis, None, out, keepdims)`."""
        x = self.argument(step.args[0])
        out = step.outs[0]
        function = f"{self.named(step.function, f'np_{step.function.__name__}_')}.{step.kind}"
        memory = self._memory(out, None)
        if step.kind == "accumulate":
            (axis,) = step.options
            if memory is None:
                self.lines.append(f"{self._result(out)} = {function}({x}, {axis})")
            else:
                self.lines.append(f"{function}({x}, {axis}, None, {memory})")
            return
        axes, keepdims = step.options
        at = repr(axes[0] if len(axes) == 1 else axes)
        if memory is not None:
            self.lines.append(f"{function}({x}, {at}, None, {memory}, {keepdims!r})")
        else:
            call = f"{function}({x}, {at}, None, None, {keepdims!r})"
            name = self._result(out)
            self.lines.append(f"{name} = {call}" if out.ndim else f"{name} = as_array({call}, None)")

    def _view(self, step: Step) -> None:
        base, out = step.args[0], step.outs[0]
        self.place(base)
        if id(base) in self.loose:
            self.loose.add(id(out))
        memory = self.fixed.get(id(base))
        if memory is not None and not step.moves:
            made = np.asarray(step.function(memory, *step.options))
            if np.may_share_memory(made, memory) or not made.size:
                self.fixed[id(out)] = made
                self.places[id(out)] = self.named(made, "v")
                self.keep.append(out)
                return
        if step.function is part:
            self.lines.append(f"{self._result(out)} = {self.place(base)}[{self._index(step.options[0])}]")
            return
        function = self.named(step.function, "view_")
        arguments = [self.place(base), *(self.argument(a) for a in step.options)]
        self.lines.append(f"{self._result(out)} = {function}({', '.join(arguments)})")

    def _index(self, at: Any) -> str:
        """The text of an index."""
        if type(at) is tuple:
            return "".join(f"{self._index(each)}, " for each in at)
        if type(at) is slice:
            ends = ("" if end is None else self.argument(end) for end in (at.start, at.stop))
            return ":".join((*ends, *(() if at.step in (None, 1) else (self.argument(at.step),))))
        return "..." if at is Ellipsis else self.argument(at)

    def _kernel(self, step: Step) -> None:
        function = self.named(step.function, f"{step.label.rpartition('.')[2]}_")
        call = f"{function}({', '.join([self.argument(a) for a in step.args])})"
        names = [self._result(out) for out in step.outs]
        self.lines.append(f"{', '.join(names)} = {call}" if names else call)
        for i, (name, out) in enumerate(zip(names, step.outs, strict=True)):
            kind = self.named(out.dtype, "d")
            self.lines.append(
                f"if type({name}) is not ndarray or {name}.dtype is not {kind}: {name} = as_array({name}, {kind})"
            )
            if out.ndim == 1:
                self.loose.add(id(out))
            if out.ndim > 1:
                self.scope["laid_out"] = laid_out
                key = self.named(layout_key(step.label, i, step.args), "layout")
                self.lines.append(
                    f"if {name}.strides != {out.strides}: laid_out({name}, {out.strides}, {key})"
                )

    def _write(self, step: Step) -> None:
        self.scope.setdefault("copyto", np.copyto)
        target, value = step.args
        self.lines.append(f"copyto({self.place(target)}, {self.argument(value)}, 'unsafe')")

    def _element(self, step: Step) -> None:
        self.lines.append(f"{step.label} = int({self.place(step.args[0])})")

    def _check(self, step: Step) -> None:
        self.scope["Differs"] = Differs
        self.lines.append(f"if not ({step.label}): raise Differs")

    def _effect(self, step: Step) -> None:
        function = self.named(step.function, f"{step.label}_")
        self.lines.append(f"{function}({', '.join([self.argument(a) for a in step.args])})")

    def _own(self, step: Step) -> None:
        """Memory that is nobody else's, which what a step has just made fresh is already."""
        source, out = step.args[0], step.outs[0]
        if id(out) in self.given:
            place = self.places[id(out)] = self.place(source)
            if id(source) in self.fixed:
                self.fixed[id(out)] = self.fixed[id(source)]
            self.keep.append(out)
            assert place
            return
        self.scope["array"] = np.array
        self.lines.append(f"{self._result(out)} = array({self.argument(source)}, order='C')")

    def _group(self, step: Step) -> None:
        """A block function, and its call."""
        group = step.options[0]
        name = f"group{self.now}"
        folded = {id(fold.outs[0]) for fold in group.folds}
        for v in step.args:
            self.place(v)
        outs: dict[int, str] = {}
        for out in step.outs:
            if id(out) in folded:
                continue
            memory = self._memory(out, None)
            if memory is None:
                self.scope["empty_like"] = np.empty_like
                memory = self._result(out)
                self.lines.append(f"{memory} = empty_like({self.named(out.layout, 'l')})")
            outs[id(out)] = memory
        self.scope["spread"] = spread
        writer = GroupWriter(group, name, self.argument, self.named)
        *lines, call = writer.write(outs)
        self.lines += [*lines, *self._machine(group, name, step, outs), call]
        self.scope[f"{name}_pool"] = []
        self.scope[f"{name}_scratch"] = writer.scratch()
        for k, fold in enumerate(group.folds):
            out = fold.outs[0]
            function = self.named(fold.function, f"{fold.label[3:].partition('.')[0]}_")
            kind = self.named(out.dtype, "d")
            self.scope.update(stack=np.stack, sorted=sorted)
            parts = f"stack([{name}_fold{k}[lo] for lo in sorted({name}_fold{k})])"
            self.lines.append(f"{self._result(out)} = as_array({function}.reduce({parts}, 0), {kind})")

    def _machine(self, group: Group, name: str, step: Step, outs: dict[int, str]) -> list[str]:
        """The line that puts machine code in the place of a block function, when it is worth while."""
        if not available():
            return []
        from .machine.machine import machine_for

        found = machine_for(group, [out for out in step.outs if id(out) in outs], self.keys)
        if found is None:
            return []
        machine, ins = found
        folds = [f"{name}_fold{k}" for k in range(len(group.folds))]
        given = ([self.argument(a) for a in ins], list(outs.values()), folds)
        texts = [f"({''.join(f'{each}, ' for each in part)})" for part in given]
        return [f"{name} = {self.named(machine, MACHINE)}({name}, {', '.join(texts)})"]


class Differs(Exception):
    """What a program has found in a tensor that it made is not as in the trace."""


def laid_out(x: Any, strides: Any, key: Any) -> None:
    """Refuse what a kernel gave when it does not lie in memory as it was thought to; the next trace knows it."""
    if any(have != want and n > 1 for have, want, n in zip(x.strides, strides, x.shape, strict=True)):
        learn_layout(key, x.strides)
        raise OtherLayout("another layout")


def as_array(x: Any, kind: Any) -> Array:
    """What a kernel gave, as an array of the dtype it is known to have."""
    x = np.asarray(x)
    return x if kind is None or x.dtype == kind else x.astype(kind)
