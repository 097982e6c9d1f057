"""`gradient`: derivatives of sampled functions by finite differences (Fornberg 1988), as NumPy's."""

from __future__ import annotations

from typing import Any

from ...engine.core import dtype as dt
from ...engine.records.op import composite, registry
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, ShapeError
from ..rules.infer import wrap_dims


@composite(
    "gradient(Tensor input, *, any spacing=None, any dim=None, int edge_order=1)", names=("torch.gradient",)
)
def gradient(input, spacing, dim, edge_order):
    """The derivative along each of `dim`, from central differences inside and one-sided ones at the ends.

    `spacing` is a number, one for each dim, or the coordinates of the samples along each dim.

    >>> gradient([1., 4., 9., 16.])
    (tensor([3., 4., 6., 7.]),)
    """
    if edge_order not in (1, 2):
        raise ArgumentError(
            "torch.gradient only supports edge_order=1 and edge_order=2.", raises=RuntimeError
        )
    dims = wrap_dims(dim if dim is None or isinstance(dim, tuple | list) else (dim,), input.ndim)
    steps = spacings(spacing, len(dims), dim is None, input.ndim)
    for d in dims:
        if input.spec.shape[d] < edge_order + 1:
            raise ShapeError("torch.gradient expected each dimension size to be at least edge_order+1")
    if input.dtype.category < dt.FLOAT:
        input = input.float()
    return tuple(along(input, d, h, edge_order) for d, h in zip(dims, steps, strict=True))


def spacings(spacing: Any, n: int, all_dims: bool, ndim: int) -> list[Any]:
    """One number or coordinate tensor for each dimension."""
    if spacing is None:
        return [1.0] * n
    if not isinstance(spacing, tuple | list):
        return [spacing] * n
    if len(spacing) != n:
        expected = "torch.gradient expected spacing to be unspecified, a scalar"
        if all_dims or any(isinstance(h, Tensor) for h in spacing):
            reason = (
                f"'self.dim() = {ndim}', since dim argument was not given"
                if all_dims
                else f"dim argument ({n})"
            )
            raise ShapeError(
                f"{expected}, or a list of length equal to {reason}, but got a list of length {len(spacing)}"
            )
        raise ShapeError(
            f"{expected} or it's spacing and dim arguments to have the same length, but got a spacing "
            f"argument of length {len(spacing)} and a dim argument of length {n}."
        )
    return list(spacing)


def along(x: Tensor, d: int, h: Any, order: int) -> Tensor:
    """The derivative along dimension `d`."""
    n = x.spec.shape[d]

    def part(start: int, length: int) -> Tensor:
        return registry["narrow"](x, d, start, length)

    before, here, after = part(0, n - 2), part(1, n - 2), part(2, n - 2)
    if isinstance(h, Tensor) and h.ndim:
        shape = [1] * x.ndim
        shape[d] = -1
        gaps = (h[1:] - h[:-1]).view(shape)
        left, right = registry["narrow"](gaps, d, 0, n - 2), registry["narrow"](gaps, d, 1, n - 2)
        inside = (
            before * (-right / (left * (left + right)))
            + here * ((right - left) / (left * right))
            + after * (left / (right * (left + right)))
        )
        first, second = gaps.select(d, 0).unsqueeze(d), gaps.select(d, min(1, n - 2)).unsqueeze(d)
        last, last_but_one = gaps.select(d, -1).unsqueeze(d), gaps.select(d, max(-2, 1 - n)).unsqueeze(d)
    else:
        inside = (after - before) / (2 * h)
        first = second = last = last_but_one = h
    if order == 1:
        start = (part(1, 1) - part(0, 1)) / first
        end = (part(n - 1, 1) - part(n - 2, 1)) / last
    else:
        start = one_sided(part(0, 1), part(1, 1), part(2, 1), first, second)
        end = -one_sided(part(n - 1, 1), part(n - 2, 1), part(n - 3, 1), last, last_but_one)
    return registry["cat"]([start, inside, end], d)


def one_sided(a: Tensor, b: Tensor, c: Tensor, h1: Any, h2: Any) -> Tensor:
    """Second-order derivative at `a` from three samples a, b, c at distances 0, h1, h1 + h2."""
    return (
        a * (-(2 * h1 + h2) / (h1 * (h1 + h2))) + b * ((h1 + h2) / (h1 * h2)) + c * (-h1 / (h2 * (h1 + h2)))
    )
