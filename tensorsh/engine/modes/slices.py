"""How an operation runs inside `vmap`: by its rule, on all slices at once.

A rule is part of the record: its own (`@mm.batched`), or that of the kind that it names (`Op.batching`, whose rules
are in `batching_kinds`). It is a function `rule(slices, *args)` that gives results with the batch in front. Of the
arguments those that the vmap maps over are `Mapped`; what it needs to bring their batches together, `slices` does.
Where it gives NotImplemented, and without a rule, the operation runs slice by slice.
"""

from __future__ import annotations

from typing import Any, cast

from ...errors import BadValue, ShapeError
from ..core.dtype import DType
from ..core.spec import Spec
from ..core.tree import map_leaves
from ..records.op import Op, registry
from ..values.batched import Batched, batched_in, expanded, over_slices, refuse_dynamic
from ..values.tensor import Tensor


class Mapped:
    """A batched argument as rules see it: `value` with the batch in front, `spec` of one slice."""

    __slots__ = ("spec", "value")

    def __init__(self, value: Tensor, spec: Spec):
        self.value = value
        self.spec = spec


class Slices:
    """All slices of a vmap, for one operation: how many they are, and how its arguments become one for all."""

    __slots__ = ("op", "size")

    def __init__(self, op: Op, size: int):
        self.op = op
        self.size = size

    def run(self, *args: Any) -> Any:
        """The operation itself, on arguments that have the batch."""
        return self.op.run(*args)

    def any_varies(self, *args: Any) -> bool:
        """Whether one of the arguments, or in a tuple of them, is another one for each slice."""
        return any(type(a) is Mapped or (type(a) is tuple and self.any_varies(*a)) for a in args)

    def rank(self, *args: Any) -> int:
        """The most dimensions that a slice of a tensor among the arguments has."""
        tensors = [t for a in args for t in (a if type(a) is tuple else (a,)) if is_tensor(t)]
        return max([len(t.spec.shape) for t in tensors])

    def front(self, a: Any, rank: int) -> Any:
        """An argument with the batch in front of `rank` dimensions; what does not vary broadcasts anyway."""
        return self.raised(a.value, rank + 1) if type(a) is Mapped else a

    def fronts(self, *args: Any) -> list[Any]:
        """All arguments, with the batch in front of as many dimensions as the largest has."""
        rank = self.rank(*args)
        return [self.front(a, rank) for a in args]

    def raised(self, x: Tensor, rank: int) -> Tensor:
        """Dimensions of size 1 after the batch, up to `rank` with it."""
        shape = x.spec.shape
        if len(shape) == rank:
            return x
        return cast(Tensor, registry["reshape"](x, (shape[0], *[1] * (rank - len(shape)), *shape[1:])))

    def full(self, a: Any) -> Any:
        """An argument with the batch in front, also where it does not vary."""
        if type(a) is Mapped:
            return a.value
        if type(a) is tuple:
            return tuple([self.full(x) for x in a])
        return expanded(a, self.size) if isinstance(a, Tensor) else a

    def converted(self, a: Any, dtype: DType) -> Any:
        """A tensor argument in a dtype."""
        if type(a) is not Mapped:
            return registry["Tensor.to"](a, dtype)
        return Mapped(registry["Tensor.to"](a.value, dtype), a.spec.with_dtype(dtype))

    def rows(self, x: Mapped) -> Tensor:
        """Each slice laid out in a row: (slices, elements)."""
        return cast(Tensor, registry["reshape"](x.value, (self.size, x.spec.numel)))

    def whole(self, x: Mapped) -> tuple[Tensor, tuple[int, ...]]:
        """Slices that have dimensions, and all of these: what is reduced where no dimension is named."""
        value = x.value if x.spec.shape else registry["unsqueeze"](x.value, 1)
        return value, tuple(range(1, value.ndim))


def is_tensor(a: Any) -> bool:
    return isinstance(a, Tensor | Mapped)


# ------------------------------------------------------------------ running an operation


def run_batched(op: Op, args: tuple[Any, ...]) -> Any:
    """An operation with batched arguments: its rule for the innermost vmap, or slice by slice."""
    found = batched_in(args)
    level = max([t.level for t in found])
    size = next(t.slices for t in found if t.level == level)
    refuse_dynamic(op)
    rule = op.batch_rule
    if rule is None and op.batching:
        from .batching_kinds import KINDS

        rule = KINDS[op.batching]
    if rule is not None:
        # what belongs to an outer vmap is a plain tensor for the rule
        result = rule(Slices(op, size), *[_seen(a, level) for a in args])
        if result is not NotImplemented:
            return (
                map_leaves(lambda t: Batched(t, level), result)
                if type(result) is tuple
                else Batched(result, level)
            )
    return over_slices(op.run, args, {})


def _seen(a: Any, level: int) -> Any:
    if type(a) is tuple:
        return tuple([_seen(x, level) for x in a])
    return Mapped(a.value, a.spec) if type(a) is Batched and a.level == level else a


def write_batched(op: Op, args: tuple[Any, ...]) -> Tensor:
    """The in-place form of an operation on batched arguments: its result, copied into the target."""
    target = args[0]
    deepest = max([t.level for t in batched_in(args)])
    if type(target) is not Batched or target.level < deepest:
        raise BadValue(
            "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` "
            "in extra_args that has more elements than `self`. This happened due to `other` being vmapped over "
            "but `self` not being vmapped over in a vmap. Please try to use out-of-place operators instead of "
            "inplace arithmetic. If said operator is being called inside the PyTorch framework, please file a "
            "bug report instead.",
            code="vmap",
            help=f"make a new tensor: x = x.{op.name}(…)",
        )
    if target.requires_grad_slot:
        # what is saved for the derivative must not be what is overwritten
        args = (registry["clone"](target), *args[1:])
    result = run_batched(op, args)
    if result.spec.shape != target.spec.shape:
        raise ShapeError(
            f"output with shape {list(target.spec.shape)} doesn't match the broadcast shape "
            f"{list(result.spec.shape)}",
            code="inplace-shape",
        )
    from ..run.inplace import apply_inplace

    apply_inplace(registry["copy"], (target.value, result.value, False))
    return target
