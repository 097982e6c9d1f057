"""Taking tensors apart along a dimension: the pieces are views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine.apply import apply
from ..engine.node import zeros
from ..engine.op import composite, op, registry
from ..engine.spec import Spec
from ..errors import IndexError, ShapeError
from .getitem import select_at, slice_range
from .rules import wrap_dim

# ------------------------------------------------------------------ one piece


@composite("select(Tensor input, int dim, int index)", sample=([[1.0, 2.0], [3.0, 4.0]], 0, 1))
def select(input, dim, index):
    """The slice at one index of a dimension, which goes away.

    >>> select([[1, 2], [3, 4]], 0, 1)
    tensor([3, 4])
    """
    shape = input.spec.shape
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    d = wrap_dim(dim, len(shape))
    n = shape[d]
    if not -n <= index < n:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {d}",
            code="index-range",
        )
    return apply(select_at, (input, d, index % n))


@composite("narrow(Tensor input, int dim, any start, int length)", sample=([1.0, 2.0, 3.0], 0, 1, 2))
def narrow(input, dim, start, length):
    """`length` elements of a dimension from `start` on.

    >>> narrow([1, 2, 3, 4], 0, 1, 2)
    tensor([2, 3])
    """
    shape = input.spec.shape
    if not shape:
        raise ShapeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise ShapeError("narrow(): length must be non-negative.")
    d = wrap_dim(dim, len(shape))
    n = shape[d]
    start = int(start)
    if not -n <= start <= n:
        raise IndexError(
            f"start out of range (expected to be in range of [{-n}, {n}], but got {start})",
            code="index-range",
        )
    if start < 0:
        start += n
    if start + length > n:
        raise ShapeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).", code="narrow")
    return apply(slice_range, (input, d, start, start + length, 1))


# ------------------------------------------------------------------ all pieces


def unbound(x: Spec, dim: int) -> tuple[Spec, ...]:
    if not x.shape:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    d = wrap_dim(dim, x.ndim)
    return (x.with_shape((*x.shape[:d], *x.shape[d + 1 :])),) * x.shape[d]


@op("unbind(Tensor input, int dim=0)", infer=unbound, view=True, sample=([[1.0, 2.0], [3.0, 4.0]], 1))
def unbind_at(x, dim):
    """The slices along a dimension, as a tuple.

    >>> unbind([[1, 2], [3, 4]], 1)
    (tensor([1, 3]), tensor([2, 4]))
    """
    before = (slice(None),) * (dim % x.ndim)
    return tuple([x[(*before, i, ...)] for i in range(x.shape[dim])])


@unbind_at.derivative("input")
def _(grads, input_spec, dim):
    return registry["stack"](present(grads, unbound(input_spec, dim)), dim)


def present(grads: Sequence[Any], specs: Sequence[Spec]) -> list[Any]:
    """The gradients of all outputs, zeros where there is none."""
    return [zeros(s) if g is None else g for g, s in zip(grads, specs, strict=True)]
