"""The `masked` namespace: reductions and normalisations of the elements where a mask is true.

Masked-out elements become the identity of the operation (0 for sums, -inf for maxima); then the plain
operation runs. `mask=None` takes every element.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.records.op import Op, composite, registry
from ...engine.values.tensor import Tensor
from ...errors import BadIndex, BadValue
from ..rules.infer import wrap_dims

SAMPLE = ([[1.0, 2.0], [3.0, 5.0]],)


def lowest(x: Tensor) -> Any:
    """The smallest value of the dtype."""
    return np.iinfo(x.spec.np).min if x.dtype.category == dt.INT else -inf


def highest(x: Tensor) -> Any:
    """The largest value of the dtype."""
    return np.iinfo(x.spec.np).max if x.dtype.category == dt.INT else inf


def input_mask(input: Tensor, mask: Tensor) -> Tensor:
    """The mask as booleans of the input's shape."""
    if mask.spec.shape != input.spec.shape:
        if mask.ndim > input.ndim:
            raise BadIndex(
                "_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)"
            )
        mask = registry["broadcast_to"](mask, input.spec.shape)
    return mask if mask.dtype is dt.bool_ else mask.to(dt.bool_)


def filled(input: Tensor, mask: Tensor | None, fill: Any) -> Tensor:
    """`input` with `fill` (a number, or a function of the input) where the mask is false."""
    if mask is None:
        return input
    value = fill(input) if callable(fill) else fill
    like = registry["tensor"](value, dtype=input.dtype, device=input.device)
    return registry["where"](input_mask(input, mask), input, like)


def dims_of(dim: Any, ndim: int) -> tuple[int, ...]:
    """The dimensions to reduce; of a 0-d tensor, dimension 0 where it is asked for."""
    return tuple(sorted(wrap_dims(dim, ndim if dim is None or dim == () else max(ndim, 1))))


def _to(t: Tensor, dtype: dt.DType) -> Tensor:
    return t if t.dtype is dtype else t.to(dtype)


# ------------------------------------------------------------------ reductions


def masked_reduction(name: str, fill: Any, compute: Any, meaning: str, shown: str) -> Op:
    """`masked.NAME(input, dim=None, *, keepdim, dtype, mask)`; `compute(filled, dims, keepdim, dtype)`."""

    def body(input: Tensor, dim: Any, keepdim: bool, dtype: Any, mask: Tensor | None) -> Tensor:
        return compute(filled(input, mask, fill), dims_of(dim, input.ndim), keepdim, dtype or input.dtype)

    return composite(
        f"masked.{name}(Tensor input, int[]? dim=None, *, bool keepdim=False, dtype? dtype=None, "
        "Tensor? mask=None)",
        sample=SAMPLE,
        doc=f"""{meaning} of the elements where `mask` is true.

        >>> masked.{name}(tensor([[1., 2.], [3., 5.]]), 1, mask=tensor([[True, False], [True, True]]))
        {shown}
        """,
    )(body)


def _wide(dtype: dt.DType) -> dt.DType:
    return dt.int64 if dtype.category <= dt.INT else dtype


def _sum(x: Tensor, dims: tuple[int, ...], keepdim: bool, dtype: dt.DType) -> Tensor:
    return x.sum(dims, keepdim, dtype=_wide(dtype) if dtype is x.dtype else dtype)


def _prod(x: Tensor, dims: tuple[int, ...], keepdim: bool, dtype: dt.DType) -> Tensor:
    x = _to(x, _wide(dtype) if dtype is x.dtype else dtype)
    for d in reversed(dims):
        x = x.prod(d, keepdim)
    return x


masked_sum = masked_reduction("sum", 0, _sum, "The sum", "tensor([1., 8.])")
masked_prod = masked_reduction("prod", 1, _prod, "The product", "tensor([ 1., 15.])")
amax = masked_reduction(
    "amax",
    lowest,
    lambda x, dims, keepdim, dtype: _to(x.amax(dims, keepdim), dtype),
    "The largest",
    "tensor([1., 5.])",
)
amin = masked_reduction(
    "amin",
    highest,
    lambda x, dims, keepdim, dtype: _to(x.amin(dims, keepdim), dtype),
    "The smallest",
    "tensor([1., 3.])",
)
logsumexp = masked_reduction(
    "logsumexp",
    lowest,
    lambda x, dims, keepdim, dtype: _to(x.logsumexp(dims, keepdim), dtype),
    "The logarithm of the sum of exponentials",
    "tensor([1.0000, 5.1269])",
)


def masked_position(name: str, fill: Any, shown: str) -> Op:
    """`masked.argmax` or `masked.argmin`."""

    def body(input: Tensor, dim: int | None, keepdim: bool, dtype: Any, mask: Tensor | None) -> Tensor:
        return _to(registry[name](filled(input, mask, fill), dim, keepdim), dtype or input.dtype)

    return composite(
        f"masked.{name}(Tensor input, int? dim=None, *, bool keepdim=False, dtype? dtype=None, "
        "Tensor? mask=None)",
        doc=f"""Where the {"largest" if name == "argmax" else "smallest"} element is, of those where
        `mask` is true; in the dtype of the input.

        >>> masked.{name}(tensor([[1., 2.], [3., 5.]]), 1, mask=tensor([[True, False], [True, True]]))
        {shown}
        """,
    )(body)


argmax = masked_position("argmax", lowest, "tensor([0., 1.])")
argmin = masked_position("argmin", highest, "tensor([0., 0.])")


def _count(input: Tensor, mask: Tensor | None, dims: Sequence[int], keepdim: bool) -> tuple[Tensor, Any]:
    """How many elements take part in each result, and the mask in the input's shape."""
    if mask is None:
        ones = registry["ones"](input.spec.shape, dtype=dt.int64, device=input.device)
        return ones.sum(dims, keepdim), None
    mask = input_mask(input, mask)
    return mask.sum(dims, keepdim), mask


@composite(
    "masked.mean(Tensor input, int[]? dim=None, *, bool keepdim=False, dtype? dtype=None, Tensor? mask=None)",
    sample=SAMPLE,
)
def masked_mean(input, dim, keepdim, dtype, mask):
    """The mean of the elements where `mask` is true.

    >>> masked.mean(tensor([[1., 2.], [3., 5.]]), 1, mask=tensor([[True, False], [True, True]]))
    tensor([1., 4.])
    """
    wanted = dtype or input.dtype
    if wanted.category < dt.FLOAT:
        source = "Input" if dtype is None else "Optional"
        raise BadValue(
            f"mean(): Could not infer output dtype. {source} dtype must be either a floating point or "
            f"complex dtype. Got: {wanted!r}"
        )
    dims = dims_of(dim, input.ndim)
    count, mask = _count(input, mask, dims, keepdim)
    return filled(input, mask, 0).sum(dims, keepdim, dtype=wanted) / count


@composite(
    "masked.median(Tensor input, int dim=-1, *, bool keepdim=False, dtype? dtype=None, Tensor? mask=None)",
    sample=SAMPLE,
)
def masked_median(input, dim, keepdim, dtype, mask):
    """The median along `dim` of the elements where `mask` is true.

    >>> masked.median(tensor([[1., 2.], [3., 5.]]), 1, mask=tensor([[True, False], [True, True]]))
    tensor([1., 3.])
    """
    floating = input.dtype.is_floating_point
    x = input if floating else input.to(dt.float32)
    found = filled(x, mask, nan).nanmedian(dims_of(dim, input.ndim)[0] if input.ndim else 0, keepdim)[0]
    if floating:
        return found
    if bool(found.isnan().any()):
        raise BadValue(
            "masked median expects no fully masked out rows if dtype is not floating point", raises=ValueError
        )
    return found.to(dtype or input.dtype)


@composite(
    "masked.norm(Tensor input, float? ord=2.0, int[]? dim=None, *, bool keepdim=False, dtype? dtype=None, "
    "Tensor? mask=None)",
    sample=SAMPLE,
)
def masked_norm(input, ord, dim, keepdim, dtype, mask):
    """The vector norm of the elements where `mask` is true.

    >>> masked.norm(tensor([[1., 2.], [3., 4.]]), 2, 1, mask=tensor([[True, False], [True, True]]))
    tensor([1., 5.])
    """
    x = filled(input, mask, inf if ord == -inf else 0)
    return registry["linalg.vector_norm"](
        x, ord, dims_of(dim, input.ndim), keepdim, dtype=dtype or input.dtype
    )


def masked_spread(name: str, shown: str) -> Op:
    """`masked.var` or `masked.std`."""

    def body(
        input: Tensor,
        dim: Any,
        unbiased: bool | None,
        correction: Any,
        keepdim: bool,
        dtype: Any,
        mask: Tensor | None,
    ) -> Tensor:
        if correction is None:
            correction = 1 if unbiased is None or unbiased else 0
        wanted = dtype or (input.dtype if input.dtype.category >= dt.FLOAT else dt.float32)
        compute = wanted if wanted.category >= dt.FLOAT else dt.float32
        dims = dims_of(dim, input.ndim)
        count, mask = _count(input, mask, dims, True)
        mean = filled(input, mask, 0).sum(dims, True, dtype=wanted) / count
        off = input - mean
        total = filled(off * off.conj(), mask, 0).sum(dims, keepdim, dtype=compute)
        if not keepdim:
            count = count.reshape(total.spec.shape)
        if correction:
            count = (count.to(compute.to_real()) - correction).clamp(min=0)
        found = _to(total / count, wanted)
        return found.sqrt() if name == "std" else found

    return composite(
        f"masked.{name}(Tensor input, int[]? dim=None, bool? unbiased=None, *, Number? correction=None, "
        "bool keepdim=False, dtype? dtype=None, Tensor? mask=None)",
        sample=SAMPLE,
        doc=f"""The {"variance" if name == "var" else "standard deviation"} of the elements where `mask`
        is true.

        >>> masked.{name}(tensor([1., 2., 5.]), mask=tensor([True, False, True]))
        {shown}
        """,
    )(body)


masked_var = masked_spread("var", "tensor(8.)")
masked_std = masked_spread("std", "tensor(2.8284)")


# ------------------------------------------------------------------ along a dimension


def masked_along(name: str, fill: Any, compute: Any, meaning: str, shown: str) -> Op:
    """`masked.NAME(input, dim, *, dtype, mask)`; `compute(filled, dim, dtype)`."""

    def body(input: Tensor, dim: int, dtype: Any, mask: Tensor | None) -> Tensor:
        at = wrap_dims(dim, input.ndim)
        return compute(filled(input, mask, fill), at[0] if at else 0, dtype or input.dtype)

    return composite(
        f"masked.{name}(Tensor input, int dim, *, dtype? dtype=None, Tensor? mask=None)",
        sample=(*SAMPLE, 1),
        doc=f"""{meaning} along `dim`, of the elements where `mask` is true.

        >>> masked.{name}(tensor([1., 2., 3.]), 0, mask=tensor([True, False, True]))
        {shown}
        """,
    )(body)


for _row in (
    ("cumsum", 0, "cumsum", "Running sums", "tensor([1., 1., 4.])"),
    ("cumprod", 1, "cumprod", "Running products", "tensor([1., 1., 3.])"),
):

    def _scan(x: Tensor, dim: int, dtype: dt.DType, scan: str = _row[2]) -> Tensor:
        return _to(registry[scan](x, dim, dtype=dtype), dtype)

    masked_along(_row[0], _row[1], _scan, _row[3], _row[4])

for _name, _least, _says, _shown in (
    ("softmax", lowest, "Exponentials that add up to one", "tensor([0.1192, 0.0000, 0.8808])"),
    ("log_softmax", lowest, "The logarithm of softmax", "tensor([-2.1269,    -inf, -0.1269])"),
    ("softmin", highest, "Softmax of the negative", "tensor([0.8808, 0.0000, 0.1192])"),
):

    def _softened(x: Tensor, dim: int, dtype: dt.DType, name: str = _name) -> Tensor:
        return registry[f"nn.functional.{name}"](x, dim, dtype=dtype)

    masked_along(_name, _least, _softened, _says, _shown)


@composite(
    "masked.normalize(Tensor input, float ord, int dim, *, float eps=1e-12, dtype? dtype=None, "
    "Tensor? mask=None)",
    sample=(*SAMPLE, 2.0, 1),
)
def normalize(input, ord, dim, eps, dtype, mask):
    """`input` divided by its masked norm along `dim`; masked-out elements are 0.

    >>> masked.normalize(tensor([3., 1., 4.]), 2, 0, mask=tensor([True, False, True]))
    tensor([0.6000, 0.0000, 0.8000])
    """
    length = masked_norm(input, ord, dim, keepdim=True, dtype=dtype or input.dtype, mask=mask)
    floor = registry["tensor"](eps, dtype=length.dtype, device=length.device)
    return filled(input, mask, 0) / registry["maximum"](length, floor)


@composite(
    "masked.logaddexp(Tensor input, Tensor other, *, dtype? dtype=None, Tensor? input_mask=None, "
    "Tensor? other_mask=None)",
    sample=([1.0, 2.0], [3.0, 0.5]),
)
def logaddexp(input, other, dtype, input_mask, other_mask):
    """`logaddexp` of the elements where the masks are true.

    >>> masked.logaddexp(tensor([1., 2.]), tensor([1., 2.]), input_mask=tensor([True, False]))
    tensor([1.6931, 2.0000])
    """
    found = registry["logaddexp"](filled(input, input_mask, lowest), filled(other, other_mask, lowest))
    return _to(found, dtype or input.dtype)
