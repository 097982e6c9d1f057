"""`Function` under `vmap`: by its own `vmap` method, or by running all of it on all slices at once."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, NamedTuple

from ...engine.core.tree import flatten, spread, unflatten
from ...engine.modes.levels import Mapping
from ...engine.records.op import registry
from ...engine.values.batched import Batched, batched_in
from ...engine.values.tensor import Tensor
from .. import namespace

EXTENDING = "For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"


class VmapInfo(NamedTuple):
    """What a `vmap` method is told: how many slices there are, and what is done about random numbers."""

    batch_size: int
    randomness: str


def batched(args: tuple[Any, ...]) -> bool:
    """Whether a vmap maps over one of the arguments."""
    return any(type(a) is Batched for a in args)


def over_slices(cls: Any, args: tuple[Any, ...]) -> Any:
    """The function for all slices of the innermost vmap."""
    own = cls.vmap is not namespace.torch.autograd.Function.vmap
    name = cls.__name__
    if cls.generate_vmap_rule and own:
        raise RuntimeError(
            f"You tried to vmap over {name}, but it has both generate_vmap_rule=True and an overriden vmap "
            "staticmethod. Please set generate_vmap_rule=False or delete the overriden vmap staticmethod to avoid "
            f"ambiguity. {EXTENDING}"
        )
    if not (cls.generate_vmap_rule or own):
        raise RuntimeError(
            f"You tried to vmap over {name}, but it does not have vmap support. Please override and implement the "
            f"vmap staticmethod or set generate_vmap_rule=True. {EXTENDING}"
        )
    from ...engine.core import context
    from ...engine.modes.levels import Batching

    found = batched_in(args)
    level = max(t.level for t in found)
    size = next(t.slices for t in found if t.level == level)
    mine = [type(a) is Batched and a.level == level for a in args]
    values = tuple([a.value if m else a for a, m in zip(args, mine, strict=True)])
    dims = tuple([0 if m else None for m in mine])
    batches = context.current().mode.batches
    with Batching(tuple([b for b in batches if b.level != level])):
        if own:
            randomness = next((b.randomness for b in batches if b.level == level), "error")
            output, out_dims = cls.vmap(VmapInfo(size, randomness), dims, *values)
        else:
            output, out_dims = generated(cls, dims, size).apply(*values), 0
    leaves, structure = flatten(output)
    places = spread(out_dims, structure)
    if places is None:
        raise ValueError(f"The vmap staticmethod of {name} returned out_dims that do not fit its output")
    return unflatten(
        [
            Batched(registry["movedim"](t, d, 0), level) if isinstance(t, Tensor) and d is not None else t
            for t, d in zip(leaves, places, strict=True)
        ],
        structure,
    )


@cache
def generated(cls: Any, dims: tuple[int | None, ...], size: int) -> Any:
    """The function on tensors that hold all slices: its `forward` and `backward` run inside a vmap."""
    Function: Any = namespace.torch.autograd.Function

    class Generated(Function):
        generate_vmap_rule = True
        seen: ClassVar[list[Any]] = []

        @staticmethod
        def forward(*args: Any) -> Any:
            with Mapping(size, "error") as batch:
                inside = tuple([dressed(a, d, batch.level) for a, d in zip(args, dims, strict=True)])
                output = cls.forward(*inside)
                Generated.seen.append((inside, output))
                leaves, structure = flatten(output)
                return unflatten([stripped(t, batch.level, size) for t in leaves], structure)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
            inside, out = Generated.seen.pop()
            inner = Inner(cls)
            cls.setup_context(inner, inside, out)
            ctx.inner = inner
            kept = inner.to_save or ()
            ctx.batched_saved = [type(t) is Batched for t in kept]
            originals = [
                *zip(inside, inputs, strict=True),
                *zip(flatten(out)[0], flatten(output)[0], strict=True),
            ]
            ctx.save_for_backward(
                *[
                    next(
                        (plain for mapped, plain in originals if mapped is t),
                        t.value if type(t) is Batched else t,
                    )
                    for t in kept
                ]
            )
            inner.to_save = None

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:
            with Mapping(size, "error") as batch:
                inner = ctx.inner
                inner.needs_input_grad = ctx.needs_input_grad
                inner.saved_tensors = tuple(
                    [
                        Batched(t, batch.level) if mapped else t
                        for t, mapped in zip(ctx.saved_tensors, ctx.batched_saved, strict=True)
                    ]
                )
                weights = [Batched(g, batch.level) if isinstance(g, Tensor) else g for g in grads]
                found = cls.backward(inner, *weights)
                found = found if isinstance(found, tuple) else (found,)
                return tuple([passed(g, d, batch) for g, d in zip(found, dims, strict=True)])

    Generated.__name__ = f"Vmapped{cls.__name__}"
    return Generated


def passed(g: Any, d: int | None, batch: Any) -> Any:
    """A gradient as it leaves a vmap; of an input that the vmap does not map over, the sum over all slices."""
    if not isinstance(g, Tensor):
        return g
    whole = stripped(g, batch.level, batch.size)
    return whole.sum(0) if d is None else whole


class Inner:
    """The context that the function's own methods see."""

    def __init__(self, function: Any):
        self._forward_cls = function
        self.to_save: Any = None

    def save_for_backward(self, *tensors: Any) -> None:
        self.to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        pass

    def mark_dirty(self, *args: Any) -> None:
        pass

    def mark_non_differentiable(self, *args: Any) -> None:
        pass

    def set_materialize_grads(self, value: bool) -> None:
        pass


def dressed(a: Any, d: int | None, level: int) -> Any:
    return a if d is None else Batched(a, level)


def stripped(t: Any, level: int, size: int) -> Any:
    """All slices of a result, in front."""
    if not isinstance(t, Tensor):
        return t
    if type(t) is Batched and t.level == level:
        return t.value
    return registry["Tensor.expand"](t, size, *t.spec.shape)
