"""Putting tensors together: `cat`, `stack` and the functions made of them."""

from __future__ import annotations

import numpy as np

from ..engine.apply import apply
from ..engine.node import zeros
from ..engine.op import composite, op
from ..engine.spec import Spec
from ..errors import ShapeError, ValueError
from .rules import wrap_dim
from .split import narrow, unbind_at

# ------------------------------------------------------------------ cat


def skipped(s: Spec) -> bool:
    """A 1-d tensor without elements goes with any shape: it adds nothing."""
    return s.shape == (0,)


def cat_infer(tensors: tuple[Spec, ...], dim: int) -> Spec:
    """Equal sizes but along `dim`, where they add up."""
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for i, s in enumerate(tensors):
        if not s.shape:
            raise ShapeError(
                f"zero-dimensional tensor (at position {i}) cannot be concatenated",
                code="cat",
                help="stack joins 0-d tensors; reshape(1) makes a vector of one",
            )
    used = [(i, s) for i, s in enumerate(tensors) if not skipped(s)]
    first = used[0][1] if used else tensors[0]
    d = wrap_dim(dim, first.ndim)
    total = 0
    for i, s in used:
        if s.ndim != first.ndim:
            raise ShapeError(
                f"Tensors must have same number of dimensions: got {first.ndim} and {s.ndim}", code="cat"
            )
        for have, want, at in zip(s.shape, first.shape, range(s.ndim), strict=True):
            if at != d and have != want:
                raise ShapeError(
                    f"Sizes of tensors must match except in dimension {d}. Expected size {want} but got "
                    f"size {have} "
                    f"for tensor number {i} in the list.",
                    code="cat",
                )
        total += s.shape[d]
    return first.with_shape((*first.shape[:d], total, *first.shape[d + 1 :])) if used else first


@op("cat(Tensor[] tensors, int dim=0)", infer=cat_infer, promote="types", names=(), half="native")
def cat_at(tensors, dim):
    """The tensors one after another along `dim`."""
    used = [x for x in tensors if x.shape != (0,)]
    return np.concatenate(used, axis=dim) if used else tensors[0].copy()


@cat_at.derivative("tensors")
def _(grad, tensors_spec, dim):
    start, parts = 0, []
    for s in tensors_spec:
        if skipped(s):
            parts.append(zeros(s))
            continue
        n = s.shape[dim % s.ndim]
        parts.append(narrow(grad, dim, start, n))
        start += n
    return tuple(parts)


for spelling in ("cat", "concat", "concatenate"):

    @composite(
        f"{spelling}(Tensor[] tensors, int dim=0)",
        names=(f"torch.{spelling}",),
        sample=([[1.0, 2.0], [3.0]], 0),
        doc=f"""Tensors joined along a dimension; their other sizes must be equal.

        >>> {spelling}([[1, 2], [3]])
        tensor([1, 2, 3])
        """,
    )
    def cat(tensors, dim):
        return apply(cat_at, (tensors, dim))


# ------------------------------------------------------------------ stack


def stack_infer(tensors: tuple[Spec, ...], dim: int) -> Spec:
    """Equal shapes; a new dimension as long as the list."""
    if not tensors:
        raise ShapeError("stack expects a non-empty TensorList", code="stack")
    first = tensors[0]
    d = wrap_dim(dim, first.ndim + 1)
    for i, s in enumerate(tensors):
        if s.shape != first.shape:
            raise ShapeError(
                f"stack expects each tensor to be equal size, but got {list(first.shape)} at entry 0 and "
                f"{list(s.shape)} at entry {i}",
                code="stack",
            )
    return first.with_shape((*first.shape[:d], len(tensors), *first.shape[d:]))


@op(
    "stack(Tensor[] tensors, int dim=0)",
    infer=stack_infer,
    promote="types",
    names=("torch.stack",),
    half="native",
    sample=([[1.0, 2.0], [3.0, 4.0]], 1),
)
def stack(tensors, dim):
    """Tensors of one shape joined along a new dimension.

    >>> stack([[1, 2], [3, 4]], 1)
    tensor([[1, 3],
            [2, 4]])
    """
    return np.stack(tensors, axis=dim)


@stack.derivative("tensors")
def _(grad, dim):
    return apply(unbind_at, (grad, dim))
