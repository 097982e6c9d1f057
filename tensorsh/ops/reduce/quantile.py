"""Quantiles: positions between sorted elements, and what lies there."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, ShapeError
from ..rules.infer import wrap_dim

Array = np.ndarray[Any, Any]

# ------------------------------------------------------------------ quantiles

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(
    name: str, input: Tensor, q: Any, dim: int | None, keepdim: bool, how: str, skip_nan: bool
) -> Tensor:
    if not isinstance(q, Tensor):
        if not 0 <= q <= 1:
            raise BadValue(f"{name}() q must be in the range [0, 1] but got {q:g}", code="quantile-range")
        q = registry["tensor"](q, dtype=input.dtype, device=input.device)
    if not input.spec.numel:
        raise BadValue(f"{name}() input tensor must be non-empty", code="empty-reduction")
    if q.ndim > 1:
        raise ShapeError(f"{name}() q must be a scalar or 1D tensor", code="quantile-q")
    if input.dtype not in (dt.float32, dt.float64):
        raise DTypeError(
            f"{name}() input tensor must be either float or double dtype", help="convert it: x.float()"
        )
    if q.dtype is not input.dtype:
        raise DTypeError(
            f"{name}() q tensor must be same dtype as the input tensor",
            help=f"convert it: q.to({input.dtype.name})",
        )
    if how not in INTERPOLATIONS:
        raise BadValue(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {how}"
        )
    if not q.spec.is_meta and not bool(((q.detach() >= 0) & (q.detach() <= 1)).all()):
        raise BadValue(f"{name}() q values must be in the range [0, 1]", code="quantile-range")

    shape = list(input.shape)
    at = wrap_dim(dim or 0, input.ndim)
    if keepdim:
        shape = [1 if dim is None or d == at else n for d, n in enumerate(shape)]
    else:
        shape = [] if dim is None else shape[:at] + shape[at + 1 :]
    rows = input.flatten() if dim is None or not input.ndim else input.movedim(at, -1)
    rows = rows.sort(-1)[0].reshape([*shape, -1])
    found = _interpolated(rows, q.reshape(-1), how, skip_nan)
    if q.ndim:
        found = found.unsqueeze(0).transpose(0, -1)
    return apply(squeeze_last, (found,))


@op(
    "squeeze(Tensor input)",
    infer=lambda input: input.with_shape(input.shape[:-1] if input.shape[-1] == 1 else input.shape),
    view=True,
    grad_fn="SqueezeBackward4",
    names=(),
)
def squeeze_last(x):
    """PyTorch squeezes in place here, which shows in the name of the node."""
    return x[..., 0] if x.shape[-1] == 1 else x[...]


@squeeze_last.derivative("input")
def _(grad, input_spec):
    return grad.reshape(input_spec.shape)


@squeeze_last.batched
def _(slices, x):
    return slices.run(x.value)


def _interpolated(rows: Tensor, q: Tensor, how: str, skip_nan: bool) -> Tensor:
    """The quantiles `q` of sorted rows, along a last dimension of their own."""
    n = rows.shape[-1]
    missing = rows.detach().isnan()
    if skip_nan:
        last = (n - missing.sum(-1, True) - 1).to(q.dtype)
        rank = (q * last).clamp(min=0)
    else:
        rank = (q * (n - 1)).expand([*rows.shape[:-1], q.shape[0]]).masked_fill(missing.any(-1, True), n - 1)
    if how in ("lower", "higher", "nearest"):
        rank = rank.floor() if how == "lower" else rank.ceil() if how == "higher" else rank.round()
    below = rank.to(dt.int64)
    low = rows.gather(-1, below)
    if how not in ("linear", "midpoint"):
        return low
    weight = rank - below if how == "linear" else registry["full_like"](rank, 0.5)
    return low.lerp(rows.gather(-1, rank.ceil().to(dt.int64)), weight)


@composite(
    "quantile(Tensor input, any q, int? dim=None, bool keepdim=False, *, str interpolation='linear')",
    sample=([1.0, 2.0, 4.0, 3.0], 0.3),
)
def quantile(input, q, dim, keepdim, interpolation):
    """The `q`-th quantiles (0 to 1) of all elements or along `dim`; a vector of them comes first.

    >>> quantile([1., 2., 4.], 0.25)
    tensor(1.5000)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@composite(
    "nanquantile(Tensor input, any q, int? dim=None, bool keepdim=False, *, str interpolation='linear')",
    sample=([1.0, 2.0, 4.0, 3.0], 0.3),
)
def nanquantile(input, q, dim, keepdim, interpolation):
    """The `q`-th quantiles of the elements that are not NaN.

    >>> nanquantile([1., nan, 2.], 0.5)
    tensor(1.5000)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, True)
