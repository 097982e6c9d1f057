"""Operations that infer and compute nothing: what `:type` runs an expression in.

Tensors take part as tensors without values, on a `meta` device of their own, which stands for the cpu: tensors that the
program itself has put on `meta` stay told apart from them, and mixing the two is the error that it is. What depends on
values is an error, in-place operations and optimisers write nothing.
"""

from __future__ import annotations

from typing import Any

from ..core.device import cpu, hollow
from ..core.mode import Mode
from ..core.spec import spec
from ..records.op import Op, registry
from ..values.tensor import TENSORS, Tensor, make_tensor


class Inferring(Mode):
    """Every tensor on the cpu is replaced by one of its shape and dtype, with its place in the graph."""

    def __init__(self) -> None:
        self.made: dict[int, tuple[Tensor, Tensor]] = {}  # id of a tensor → it, and what stands for it

    def apply(self, op: Op, args: tuple[Any, ...]) -> Any:
        return self.below.apply(op, tuple([self.emptied(a) for a in args]))

    def apply_inplace(self, op: Op, args: tuple[Any, ...]) -> Tensor:
        return self.below.apply_inplace(op, tuple([self.emptied(a) for a in args]))

    def accumulate(self, t: Tensor, g: Tensor, create: bool, alone: bool) -> None:
        """Nothing is added to gradients."""

    def step(self, optimizer: Any) -> bool:
        return True

    def update(self, optimizer: Any, rule: Any) -> bool:
        return True

    def emptied(self, value: Any) -> Any:
        """What stands for an argument."""
        if type(value) is tuple:
            return tuple([self.emptied(each) for each in value])
        if type(value) not in TENSORS:
            return hollow if value is cpu else value
        if value.spec.is_meta:
            return value
        if id(value) not in self.made:
            of = spec(value.spec.shape, value.spec.dtype, hollow)
            made = make_tensor(of.placeholder, of, value.requires_grad)
            if value.requires_grad:  # gradients go where they would
                through = value if not value.is_leaf else self.below.apply(registry["alias"], (value,))
                made.node, made.output_index = through.node, through.output_index
            self.made[id(value)] = (value, made)
        return self.made[id(value)][1]
