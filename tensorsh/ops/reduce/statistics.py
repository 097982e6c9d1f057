"""Spread: var, std, var_mean, std_mean, cov, corrcoef; dist and renorm.

Variances of float32 are computed in float64 and rounded once, as PyTorch does.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod
from typing import Any

import numpy as np

from ...engine.calls.arguments import integers
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, broadcast_shapes
from ...engine.core.warn import warn
from ...engine.records.op import Op, composite, op, registry
from ...engine.records.schema import ABSENT
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, ShapeError
from ..elementwise.arithmetic import no_bool
from ..linalg.linalg_norm import vector_norm_primitive
from ..rules.infer import bad_call, reduced, wrap_dim, wrap_dims
from ..rules.memory_order import row_by_row
from .totals import count, kept

Array = np.ndarray[Any, Any]
Dims = Sequence[int] | None


# ------------------------------------------------------------------ var and std


def spread_kernel(x: Array, dim: Dims, correction: float, keepdim: bool, root: bool) -> tuple[Array, Array]:
    """Variance (or its root) and mean over `dim`."""
    axes = wrap_dims(dim, x.ndim)
    wide = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64, copy=False)
    n = prod(x.shape[a] for a in axes)
    mean = np.divide(np.add.reduce(wide, axis=axes, keepdims=True), n)
    off = wide - mean
    squares = off.real * off.real + off.imag * off.imag if x.dtype.kind == "c" else off * off
    total = squares.sum(axis=axes, keepdims=keepdim)
    found = np.divide(total, np.float64(max(n - correction, 0.0)))
    return np.sqrt(found) if root else found, mean if keepdim else mean.squeeze(axes)


def var_gradient(grad: Tensor, x: Tensor, dim: Dims, correction: float, keepdim: bool) -> Tensor:
    """2 / (n - correction) * grad * (x - mean)."""
    free = count(x.spec, dim) - correction
    mean = x.mean(dim, True) if x.spec.shape else x
    return kept(grad, x.spec, dim, keepdim) * (2.0 / free if free else inf) * (x - mean)


def std_gradient(grad: Tensor, x: Tensor, std: Tensor, dim: Dims, correction: float, keepdim: bool) -> Tensor:
    """Through the square root, whose slope at 0 counts as 0."""
    return var_gradient((grad / (std * 2)).masked_fill(std == 0, 0), x, dim, correction, keepdim)


def freedom(input: Spec, output: Spec) -> float:
    """How many values each result is made of; an empty result warns of nothing."""
    return input.numel / output.numel if output.numel else inf


def spread_op(name: str, example: str) -> Op:
    """`var`, `std`, `var_mean` or `std_mean`."""
    root, with_mean = name.startswith("std"), name.endswith("mean")

    def rule(input: Spec, dim: Dims, correction: float, keepdim: bool) -> Any:
        if input.dtype.category < dt.FLOAT:
            who = name if with_mean else "std and var"
            raise DTypeError(
                f"{who} only support floating point and complex dtypes", help="convert it: x.float()"
            )
        out = reduced(input, dim, keepdim, input.dtype.to_real())
        return (out, out.with_dtype(input.dtype)) if with_mean else out

    def kernel(x: Array, dim: Dims, correction: float, keepdim: bool) -> Any:
        found = spread_kernel(x, dim, correction, keepdim, root)
        return (row_by_row(found[0]), row_by_row(found[1])) if with_mean else row_by_row(found[0])

    record = op(
        f"{name}(Tensor input, int[]? dim, float correction, bool keepdim)",
        batching="along all",
        infer=rule,
        names=(),
    )(kernel)

    if with_mean:

        @record.derivative("input")
        def _(grads, input, outputs, dim, correction, keepdim):
            total = None
            if grads[0] is not None:
                rest = (dim, correction, keepdim)
                total = (
                    std_gradient(grads[0], input, outputs[0], *rest)
                    if root
                    else var_gradient(grads[0], input, *rest)
                )
            if grads[1] is not None:
                flat = kept(grads[1], input.spec, dim, keepdim).expand(input.spec.shape)
                part = flat / count(input.spec, dim)
                total = part if total is None else total + part
            return total
    elif root:

        @record.derivative("input")
        def _(grad, input, output, dim, correction, keepdim):
            return std_gradient(grad, input, output, dim, correction, keepdim)
    else:

        @record.derivative("input")
        def _(grad, input, dim, correction, keepdim):
            return var_gradient(grad, input, dim, correction, keepdim)

    def front(input, dim, unbiased, keepdim, correction):
        if isinstance(dim, bool) and unbiased is ABSENT:  # var(x, False)
            dim, unbiased = ABSENT, dim
        if unbiased is not ABSENT and (
            correction is not ABSENT
            or (dim is ABSENT and keepdim is not ABSENT)
            or type(unbiased) is not bool
        ):
            raise bad_call(name, input, dim, unbiased=unbiased, correction=correction)
        if correction is ABSENT or correction is None:
            correction = 1 if unbiased is ABSENT or unbiased else 0
        keepdim = keepdim is not ABSENT and keepdim
        everything = dim is ABSENT or dim is None or (isinstance(dim, tuple | list) and not dim)
        dims = None if everything else integers(dim, name, "dim", 2)
        out = apply(record, (input, dims, correction, keepdim))
        if not input.is_meta and freedom(input.spec, out[0].spec if with_mean else out.spec) <= correction:
            warn(
                f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction "
                "factor (input numel divided by output numel).",
                internal="aten/src/ATen/native/ReduceOps.cpp:1861",
                help="one value has no spread; correction=0 divides by n",
                operands=(input,),
            )
        return out

    what = {"var": "variance", "std": "standard deviation"}[name[:3]]
    return composite(
        f"{name}(Tensor input, any dim=..., any unbiased=..., bool keepdim=..., *, Number? correction=...)",
        sample=([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0]], 1),
        names=(f"torch.{name}",) if with_mean else None,
        doc=f"""The {what}{" and the mean" if with_mean else ""} of all elements, or over `dim`; the
        squares are divided by n - `correction` (1 unless given; 0 if not `unbiased`).

        {example}
        """,
    )(front)


var = spread_op("var", ">>> var([1., 2., 4.])\n        tensor(2.3333)")
std = spread_op("std", ">>> std([1., 2., 4.])\n        tensor(1.5275)")
var_mean = spread_op("var_mean", ">>> var_mean([1., 2., 3.])\n        (tensor(1.), tensor(2.))")
std_mean = spread_op("std_mean", ">>> std_mean([1., 2., 3.])\n        (tensor(1.), tensor(2.))")


# ------------------------------------------------------------------ covariance


def _check_weights(weights: Tensor, name: str, observations: int) -> None:
    if weights.ndim > 1:
        raise ShapeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with "
            f"{weights.ndim} dimensions"
        )
    wanted = "integral" if name == "fweights" else "floating point"
    if weights.dtype.category != (dt.INT if name == "fweights" else dt.FLOAT):
        raise DTypeError(
            f"cov(): expected {name} to have {wanted} dtype but got {name} with {weights.dtype.title} dtype"
        )
    if weights.spec.numel != observations:
        raise ShapeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{weights.spec.numel} != {observations}"
        )
    if not weights.spec.is_meta and weights.spec.numel and bool((weights.detach() < 0).any()):
        raise BadValue(f"cov(): {name} cannot be negative")


@composite(
    "cov(Tensor input, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None)",
    sample=([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0]],),
)
def cov(input, correction, fweights, aweights):
    """The covariances of the rows; columns are observations, counted `fweights` times or weighed by
    `aweights`.

    >>> cov([[1., 2., 4.], [2., 1., 3.]])
    tensor([[2.3333, 1.0000],
            [1.0000, 1.0000]])
    """
    if input.ndim > 2:
        raise ShapeError(
            "cov(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    if input.dtype is dt.bool_:
        raise DTypeError("cov(): bool dtype is not supported for input")
    rows = input if input.ndim == 2 else input.reshape(1, -1)
    observations = rows.shape[1]
    weights = None
    for given, name in ((fweights, "fweights"), (aweights, "aweights")):
        if given is not None:
            _check_weights(given, name, observations)
            weights = given if weights is None else weights * given
    total = observations if weights is None else weights.sum()
    if weights is not None and not total.spec.is_meta and not bool(total):
        raise BadValue("cov(): weights sum to zero, can't be normalized")
    weighted = rows if weights is None else rows * weights
    mean = weighted.sum(1) / total if observations or weights is not None else weighted.sum(1) * float("nan")
    if aweights is not None and correction:
        free = total - correction * (weights * aweights).sum() / total
    else:
        free = total - correction
    if not (isinstance(free, Tensor) and free.is_meta) and bool(free <= 0):
        warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of "
            "observations.",
            internal="aten/src/ATen/native/Correlation.cpp:129",
            operands=(input,),
        )
    if isinstance(free, Tensor):
        free = free.clamp(min=0)
    else:
        free = registry["tensor"](max(free, 0))
    off = rows - mean.unsqueeze(1)
    product = registry["mm"](off, (off if weights is None else off * weights).t().conj())
    return (product / free).squeeze()


@composite("corrcoef(Tensor input)", sample=([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0]],))
def corrcoef(input):
    """Pearson's correlation coefficients of the rows; columns are observations.

    >>> corrcoef([[1., 2., 4.], [2., 1., 3.]])
    tensor([[1.0000, 0.6547],
            [0.6547, 1.0000]])
    """
    if input.ndim > 2:
        raise ShapeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    c = cov(input)
    if not c.spec.shape:
        return c / c
    spread = c.diag()
    spread = (spread.real if c.dtype.is_complex else spread).sqrt()
    c = c / spread.reshape(-1, 1) / spread.reshape(1, -1)
    if c.dtype.is_complex:
        return registry["complex"](c.real.clamp(-1, 1), c.imag.clamp(-1, 1))
    return c.clamp(-1, 1)


# ------------------------------------------------------------------ distances and bounded norms


def norm_kernel(x: Array, p: float, axes: tuple[int, ...], keepdim: bool) -> Array:
    """The p-norm over `axes`."""
    return vector_norm_primitive.kernel(x, p, axes, keepdim, None)


def norm_gradient(grad: Tensor, x: Tensor, norm: Tensor, p: float, dim: Dims) -> Tensor:
    """The gradient of a norm that kept its dimensions."""
    return vector_norm_primitive.derivatives[0].function(grad, x, norm, p, dim, True)


def _dist_rule(input: Spec, other: Spec, p: float) -> Spec:
    broadcast_shapes(input.shape, other.shape)
    if input.dtype.category < dt.FLOAT:
        raise DTypeError(
            "norm(): input dtype should be either floating point or complex. "
            f"Got {input.dtype.title} instead."
        )
    return input.with_shape(()).with_dtype(input.dtype.to_real())


@op(
    "dist(Tensor input, Tensor other, float p=2)",
    infer=_dist_rule,
    check=lambda input, other, p: no_bool(input, other, 1),
    promote="types",
    sample=([1.0, 2.0, 4.0], [0.5, -1.0, 3.0]),
)
def dist(x, y, p):
    """The p-norm of `input - other`.

    >>> dist([0., 0.], [3., 4.])
    tensor(5.)
    """
    off = x - y
    return norm_kernel(off, p, tuple(range(off.ndim)), False)


@dist.derivative("input", "other")
def _(grad, input, other, p, output):
    off = input - other
    found = norm_gradient(grad, off, output, p, None)
    return found, -found


def _renorm_rule(input: Spec, p: float, dim: int, maxnorm: float) -> Spec:
    if not p > 0:
        raise BadValue("renorm: non-positive-norm not supported")
    if not maxnorm >= 0:
        raise BadValue(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if input.ndim < 2:
        raise ShapeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    wrap_dim(dim, input.ndim)
    if input.dtype.category < dt.FLOAT:
        raise DTypeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. "
            f"Got {input.dtype.title}"
        )
    return input


def _other_dims(ndim: int, dim: int) -> tuple[int, ...]:
    return tuple([d for d in range(ndim) if d != dim % ndim])


@op(
    "renorm(Tensor input, float p, int dim, float maxnorm)",
    infer=_renorm_rule,
    inplace=True,
    sample=([[3.0, 4.0], [0.1, 0.1]], 2, 0, 1.0),
)
def renorm(x, p, dim, maxnorm):
    """Each slice along `dim` scaled down to a p-norm of at most `maxnorm`.

    >>> renorm([[3., 4.], [0.1, 0.1]], 2, 0, 1.)
    tensor([[0.6000, 0.8000],
            [0.1000, 0.1000]])
    """
    norm = norm_kernel(x, p, _other_dims(x.ndim, dim), True)
    scale = np.where(norm > maxnorm, maxnorm / (norm + norm.dtype.type(1e-7)), norm.dtype.type(1))
    return x * scale


@renorm.derivative("input")
def _(grad, input, p, dim, maxnorm):
    dims = _other_dims(input.ndim, dim)
    wide = input.to(dt.complex128 if input.dtype.is_complex else dt.float64)
    norm = registry["linalg.vector_norm"](wide, p, dims, True)
    along = input.conj() * grad
    along = (along.real if along.dtype.is_complex else along).sum(dims, True, dtype=dt.float64)
    inverse = (norm + 1e-7).reciprocal()
    scaled = inverse * maxnorm * (grad - inverse * norm_gradient(along, input, norm, p, dims))
    return registry["where"](norm > maxnorm, scaled.to(grad.dtype), grad)
