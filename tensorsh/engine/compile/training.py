"""What a trace notes of gradients and of optimisers' steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import context
from ..core.mode import Mode
from ..values.tensor import Tensor, make_tensor
from .steps import External, Step
from .tape import Tape
from .values import Number, Value


class Training(Tape, Mode):
    """The part of a trace that leaves and optimisers speak to; what its attributes are says `trace.Trace`."""

    by_tensor: dict[int, External]
    instances: Any
    accumulated: int
    memories: dict[tuple[int, ...], dict[str, Any]]

    def value(self, t: Tensor) -> Any:
        raise NotImplementedError

    def bump(self, target: Tensor) -> None:
        raise NotImplementedError

    def accumulate(self, t: Tensor, g: Tensor, create: bool, alone: bool) -> None:
        """What `walk.accumulate` does, without arrays."""
        self.accumulated += 1
        have = t.grad_slot
        context.current().journal.save_attributes(t, "grad_slot")
        if create and (g.requires_grad_slot or (have is not None and have.requires_grad_slot)):
            self.stop("gradients with a graph of their own")
        if have is None:
            t.grad_slot = make_tensor(self.owned(self.value(g)), g.spec)  # type: ignore[arg-type]
        elif have.requires_grad_slot:
            self.stop("gradients with a graph of their own")
        else:
            place = self.value(have)
            self.write(place, self.ufunc(np.add, place, self.value(g)))
            self.bump(have)

    def owned(self, v: Value) -> Value:
        """A Value whose memory is nobody else's: the gradient that a leaf keeps."""
        out = Value(np.empty(v.shape, v.dtype))
        self.note(Step("own", np.array, (v,), (out,), "np.array"))
        return out

    def step(self, optimizer: Any) -> bool:
        """An optimiser's step: the rule runs on the arrays as it is."""
        for parameter, state in zip(optimizer.parameters, optimizer.state, strict=True):
            gradient = parameter.grad_slot
            if gradient is None or parameter.is_meta:
                continue
            owner = self.by_tensor.get(id(parameter))
            if owner is None:
                self.stop("a parameter that the program cannot find")
            w, g = self.value(parameter), self.value(gradient)
            lowered = getattr(optimizer.rule, "lowered", None)
            if lowered is None or not lowered(self, w, g, state, optimizer.options):
                self.note(
                    Step("effect", optimizer.rule, (w, g, state, optimizer.options), (), optimizer.name)
                )
            self.bump(parameter)
        return True

    def groups(self, optimizer: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.instances.optimizers.groups(optimizer)
        return found

    def update(self, optimizer: Any, rule: Any) -> bool:
        """The step of an optimiser with groups of parameters, whose state is tensors."""
        for group in self.groups(optimizer):
            if group.get("capturable") or group.get("differentiable"):
                self.stop("an optimiser that is differentiable")
            moved = [p for p in group["params"] if p.grad_slot is not None and not p.spec.is_meta]
            for p, state in zip(moved, self.instances.optimizers.states(optimizer, moved), strict=True):
                w, g = self.value(p), self.value(p.grad_slot)
                if 0 in w.strides or not w.flags.writeable:
                    self.stop("a parameter that cannot be written")
                arrays = {key: each.array for key, each in state.items()}
                if arrays:
                    arrays = self.memories.setdefault(tuple(map(id, arrays.values())), arrays)
                lowered = getattr(rule, "lowered", None)
                if lowered is None or not lowered(self, w, g, arrays, group):
                    if not arrays and remembers(rule, w, group):
                        self.stop("an optimiser's first step")
                    self.note(Step("effect", rule, (w, g, arrays, group), (), rule.__name__))
                self.bump(p)
        return True

    def some_modules(self, whole: Any, parts: Any) -> Any:
        return self.instances.some_modules(whole, parts)

    def option(self, options: dict[str, Any], name: str) -> Number:
        """An entry of a dictionary as it will be."""
        return Number(options[name], f"{self.named(options)}[{name!r}]", self.guards)

    def expect(self, options: dict[str, Any], **expected: Any) -> bool:
        """Guard the program by what a dictionary holds."""
        if any(options.get(name) != value for name, value in expected.items()):
            return False
        text = self.named(options)
        self.guards.extend(f"{text}.get({name!r}) == {value!r}" for name, value in expected.items())
        return True


def remembers(rule: Any, w: Value, options: dict[str, Any]) -> bool:
    """Whether a rule makes itself a state at its first step."""
    state: dict[str, Any] = {}
    rule(np.zeros(w.shape, w.dtype), np.zeros(w.shape, w.dtype), state, options)
    return bool(state)
