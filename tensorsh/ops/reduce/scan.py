"""Running totals along a dimension: cumsum, cumprod, cummax, cummin, logcumsumexp, diff, trapezoid.

Sums and products of float32 run in float64 and are rounded at each place, as PyTorch's are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.dtype import DType
from ...engine.core.results import named_result
from ...engine.core.spec import Spec
from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from ...engine.records.op import Op, composite, op, registry
from ...engine.records.schema import ABSENT
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadIndex, BadValue, DTypeError, ShapeError
from ..rules.infer import default_float, wrap_dim
from ..rules.memory_order import row_by_row
from ..rules.positions import zeros_of
from .totals import cast, sum_dtype

Array = np.ndarray[Any, Any]

WIDE = {"f": np.float64, "c": np.complex128}
#: as machine code; how often NumPy goes over the elements, in the time that a pass takes
RUNNING_SUMS, PASSES = KernelCode(written("scan_routines", "running_sums"), "aaii"), 8


def scan_rule(input: Spec, dim: int, dtype: DType | None = None) -> Spec:
    """As the input; integers and booleans give int64 unless `dtype` says otherwise."""
    wrap_dim(dim, input.ndim)
    return input.with_dtype(sum_dtype(input, dtype))


def accumulate(ufunc: np.ufunc, x: Array, dim: int) -> Array:
    """Running totals of `ufunc` in double precision, rounded to the dtype of `x`."""
    if not x.ndim:
        return x.copy()
    if (
        ufunc is np.add
        and dim % x.ndim == x.ndim - 1
        and simple(x)
        and RUNNING_SUMS.ready(x.size * PASSES + CALL)
    ):
        found = np.empty_like(x)
        RUNNING_SUMS(x, found, x.size // max(x.shape[-1], 1), x.shape[-1])
        return found
    found = ufunc.accumulate(x, axis=dim, dtype=WIDE.get(x.dtype.kind, x.dtype))
    if ufunc is np.add and x.dtype.kind in WIDE:
        found += 0  # PyTorch's sums begin with zero: there is no -0. among them
    return row_by_row(found.astype(x.dtype, copy=False))


def from_the_end(total: Op, t: Tensor, dim: int) -> Tensor:
    """The same running total, from the last element to the first."""
    return total(t.flip(dim), dim).flip(dim) if t.spec.shape else total(t, dim)


@op(
    "cumsum(Tensor input, int dim, *, dtype? dtype=None)",
    batching="along",
    infer=scan_rule,
    inplace=True,
    sample=([[1.0, 2.0], [3.0, 4.0]], 1),
)
def cumsum(x, dim, dtype):
    """Running sums along `dim`.

    >>> cumsum([1., 2., 3.], 0)
    tensor([1., 3., 6.])
    """
    return accumulate(np.add, cast(x, dtype), dim)


@cumsum.derivative("input")
def _(grad, dim):
    return from_the_end(cumsum, grad, dim)


# ------------------------------------------------------------------ products


@op(
    "cumprod(Tensor input, int dim, *, dtype? dtype=None)",
    batching="along",
    infer=scan_rule,
    inplace=True,
    sample=([[1.0, 2.0], [0.0, 4.0]], 1),
)
def cumprod(x, dim, dtype):
    """Running products along `dim`.

    >>> cumprod([1., 2., 3.], 0)
    tensor([1., 2., 6.])
    """
    return accumulate(np.multiply, cast(x, dtype), dim)


@cumprod.derivative("input")
def _(grad, input, dim, output):
    """Without zeros d y_i / d x_k = y_i / x_k for i >= k. With zeros, the product before k times
    R_k = g_k + x_(k+1) R_(k+1), a recurrence that divides by nothing."""
    n = input.spec.numel
    if n == 0 or not input.spec.shape:
        return grad
    x = input if input.dtype is grad.dtype else input.to(grad.dtype)
    if not x.spec.is_meta and not (x.array == 0).any():
        return from_the_end(cumsum, grad * output.conj(), dim) / x.conj()
    size = x.shape[dim]
    one = registry["ones_like"](x.narrow(dim, 0, 1))
    before = registry["cat"]([one, cumprod(x.narrow(dim, 0, size - 1), dim)], dim)
    after = registry["cat"]([x.narrow(dim, 1, size - 1), one], dim)
    tail = apply(recurrence, (grad.flip(dim), after.conj().flip(dim), dim)).flip(dim)
    found = tail * before.conj()
    if not context.current().grad_enabled and not x.spec.is_meta:
        found = _up_to_zeros(found, grad * output.conj(), x, dim)
    if found.node is not None:
        found.node.title = "torch::autograd::CopySlices"  # PyTorch writes it element by element
    return found


def _up_to_zeros(found: Tensor, slopes: Tensor, x: Tensor, dim: int) -> Tensor:
    """`found` at the first zeros, quotients before them, and nothing behind: with the signs of PyTorch's zeros."""
    zeros = x == 0
    count = cumsum(zeros.long(), dim)
    before = count == 0
    quotients = from_the_end(cumsum, slopes.masked_fill(~before, 0), dim) / x.conj()
    where = registry["where"]
    return where(before, quotients, where(zeros & (count == 1), found, 0.0))


@op(
    "recurrence(Tensor input, Tensor factor, int dim)",
    batching="along",
    infer=lambda input, factor, dim: input,
    names=(),
)
def recurrence(a, b, dim):
    """h_k = a_k + b_k h_(k-1), with nothing before the first: what running products differentiate to."""
    a, b = np.moveaxis(a, dim, 0), np.moveaxis(b, dim, 0)
    out = np.empty_like(a)
    total = np.zeros_like(a[0]) if len(a) else None
    for k in range(len(a)):
        out[k] = total = a[k] + b[k] * total
    return np.moveaxis(out, 0, dim)


def _adjoint(grad: Tensor, factor: Tensor, dim: int) -> Tensor:
    """lambda_k = g_k + b_(k+1) lambda_(k+1)."""
    size = factor.shape[dim]
    last = registry["zeros_like"](factor.narrow(dim, 0, 1))
    following = registry["cat"]([factor.narrow(dim, 1, size - 1), last], dim)
    return apply(recurrence, (grad.flip(dim), following.conj().flip(dim), dim)).flip(dim)


@recurrence.derivative("input")
def _(grad, factor, dim):
    return _adjoint(grad, factor, dim)


@recurrence.derivative("factor")
def _(grad, factor, dim, output):
    first = registry["zeros_like"](output.narrow(dim, 0, 1))
    shifted = registry["cat"]([first, output.narrow(dim, 0, output.shape[dim] - 1)], dim)
    return _adjoint(grad, factor, dim) * shifted.conj()


# ------------------------------------------------------------------ running extremes


def running(name: str, ufunc: np.ufunc, example: str) -> Op:
    """`cummax` or `cummin`: among equal elements the last one counts."""

    def rule(input: Spec, dim: int) -> tuple[Spec, Spec]:
        if not input.ndim and dim not in (0, -1):
            raise BadIndex(
                f"{name}(): Expected reduction dim -1 or 0 for scalar but got {dim}", code="dim-range"
            )
        if input.numel:  # of no elements PyTorch looks at no dimension
            wrap_dim(dim, input.ndim)
        if input.dtype.is_complex:
            raise DTypeError(
                f"\"{name}_cpu\" not implemented for '{input.dtype.title}'", raises=NotImplementedError
            )
        return input, input.with_dtype(dt.int64)

    @op(f"{name}(Tensor input, int dim)", batching="along", infer=rule, names=())
    def pair(x, dim):
        if not x.ndim or not x.size:
            return x.copy(), np.zeros(x.shape, np.int64)
        values = ufunc.accumulate(x, axis=dim)
        here = x == values
        if x.dtype.kind == "f":
            here |= np.isnan(x)
        shape = [1] * x.ndim
        shape[dim] = -1
        places = np.where(here, np.arange(x.shape[dim]).reshape(shape), 0)
        return row_by_row(values), row_by_row(np.maximum.accumulate(places, axis=dim))

    @pair.derivative("input")
    def _(grad, input_spec, dim, outputs):
        return zeros_of(input_spec, grad).scatter_add(dim, outputs[1], grad)

    word = "largest" if name == "cummax" else "smallest"
    return composite(
        f"{name}(Tensor input, int dim)",
        sample=([[1.0, 3.0, 2.0], [0.5, -1.0, 4.0]], 1),
        doc=f"""The {word} element so far along `dim`, and where it is.

        {example}
        """,
    )(lambda input, dim: named_result(name, ("values", "indices"))(apply(pair, (input, dim))))


cummax = running(
    "cummax",
    np.maximum,
    """>>> cummax([1., 3., 2.], 0)
        torch.return_types.cummax(
        values=tensor([1., 3., 3.]),
        indices=tensor([0, 1, 1]))""",
)
cummin = running(
    "cummin",
    np.minimum,
    """>>> cummin([2., 1., 3.], 0)
        torch.return_types.cummin(
        values=tensor([2., 1., 1.]),
        indices=tensor([0, 1, 1]))""",
)


# ------------------------------------------------------------------ logcumsumexp


def _logcumsumexp_rule(input: Spec, dim: int) -> Spec:
    wrap_dim(dim, input.ndim)
    if input.dtype.category < dt.FLOAT:
        raise DTypeError(
            f"\"logcumsumexp_out_cpu\" not implemented for '{input.dtype.title}'",
            raises=NotImplementedError,
            help="convert it: x.float()",
        )
    return input


@op(
    "logcumsumexp(Tensor input, int dim)",
    batching="along",
    infer=_logcumsumexp_rule,
    sample=([[1.0, 2.0], [3.0, 4.0]], 1),
)
def logcumsumexp(x, dim):
    """The logarithm of running sums of exponentials, without overflow.

    >>> logcumsumexp([1., 2., 3.], 0)
    tensor([1.0000, 2.3133, 3.4076])
    """
    if x.dtype.kind == "c":
        return _complex_logcumsumexp(x, dim)
    return accumulate(np.logaddexp, x, dim)


def _complex_logcumsumexp(x: Array, dim: int) -> Array:
    if not x.ndim or not x.size:
        return x.copy()
    rows = np.moveaxis(x.astype(np.complex128), dim, 0)
    out = np.empty_like(rows)
    total = out[0] = rows[0]
    for k in range(1, len(rows)):
        high = np.where(total.real >= rows[k].real, total, rows[k])
        low = np.where(total.real >= rows[k].real, rows[k], total)
        total = out[k] = high + np.log1p(np.exp(low - high))
    return np.moveaxis(out, 0, dim)


@logcumsumexp.derivative("input")
def _(grad, input, dim, output):
    """sum over i >= k of g_i exp(x_k - y_i), with positive and negative g apart, in logarithms."""
    if not input.spec.numel:
        return grad
    if input.dtype.is_complex:
        total = from_the_end(logcumsumexp, grad.conj().log() - output, dim)
        return (total + input).exp().conj()
    parts = []
    nothing = -1e4  # its exponential is 0 in every dtype; unlike -inf it can be subtracted
    for sign in (1, -1):
        size = registry["where"](grad * sign > 0, (grad * sign).abs().log(), nothing)
        parts.append((from_the_end(logcumsumexp, size - output, dim) + input).exp())
    return parts[0] - parts[1]


# ------------------------------------------------------------------ differences and integrals


@composite(
    "diff(Tensor input, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None)",
    sample=([1.0, 4.0, 9.0],),
)
def diff(input, n, dim, prepend, append):
    """Differences of neighbours along `dim`, `n` times over; `prepend` and `append` are joined on first.

    >>> diff([1, 4, 9])
    tensor([3, 5])
    """
    for name, extra in (("prepend", prepend), ("append", append)):
        if extra is not None:
            _check_joint(input, extra, dim, name)
    if not input.spec.shape:
        raise ShapeError("diff expects input to be at least one-dimensional", code="diff")
    if n < 0:
        raise BadValue(f"order must be non-negative but got {n}", code="diff")
    at = wrap_dim(dim, input.ndim)
    if n == 0:
        return registry["Tensor.copy_"](registry["zeros_like"](input), input)
    parts = [p for p in (prepend, input, append) if p is not None]
    out = registry["cat"](parts, at) if len(parts) > 1 else input
    n = min(n, out.shape[at])
    for _ in range(n):
        size = out.shape[at]
        left, right = out.narrow(at, 0, max(size - 1, 0)), out.narrow(at, min(1, size), max(size - 1, 0))
        out = registry["logical_xor"](right, left) if out.dtype is dt.bool_ else right - left
    return out


def _check_joint(input: Tensor, extra: Tensor, dim: int, name: str) -> None:
    if extra.ndim != input.ndim:
        raise ShapeError("diff expects prepend or append to be the same dimension as input", code="diff")
    at = wrap_dim(dim, input.ndim)
    for d, n in enumerate(extra.shape):
        if d != at and n != input.shape[d]:
            raise ShapeError(
                "diff expects the shape of tensor to prepend or append to match that of input except along "
                f"the differencing dimension; input.size({d}) = {input.shape[d]}, "
                f"but got tensor.size({d}) = {n}",
                code="diff",
            )


def _steps(name: str, y: Tensor, x: Tensor, dim: int) -> Tensor:
    """The distances of the sample points `x` along `dim`."""
    if dt.bool_ in (y.dtype, x.dtype):
        raise DTypeError(f"{name}: received a bool input for `x` or `y`, but bool is not supported")
    if x.ndim == 1:
        if x.shape[0] != y.shape[dim]:
            raise ShapeError(f"{name}: There must be one `x` value for each sample point", code="trapezoid")
        x = x.reshape([-1 if d == dim else 1 for d in range(y.ndim)])
    elif x.ndim < y.ndim:
        x = x.reshape([1] * (y.ndim - x.ndim) + list(x.shape))
    size = x.shape[dim]
    return x.narrow(dim, 1, size - 1) - x.narrow(dim, 0, size - 1)


def points_along(y: Tensor, dim: int) -> int:
    """The dimension of the sample points, which a single number does not have."""
    if not y.ndim:
        raise BadIndex(f"Dimension specified as {dim} but tensor has no dimensions", code="dim-range")
    return wrap_dim(dim, y.ndim)


def _ends(y: Tensor, dim: int) -> Tensor:
    """Left plus right value of each interval."""
    size = y.shape[dim]
    return y.narrow(dim, 0, size - 1) + y.narrow(dim, 1, size - 1)


def scaled_rule(input: Spec, _: float) -> Spec:
    """As the input; integers become the default float."""
    return input if input.dtype.category >= dt.FLOAT else input.with_dtype(default_float())


def _check_dx(name: str, y: Tensor, dx: Any) -> float:
    if y.dtype is dt.bool_:
        raise DTypeError(f"{name}: received a bool input for `y`, but bool is not supported")
    if isinstance(dx, complex | bool):
        raise DTypeError(f"{name}: Currently, we only support dx as a real number.")
    return 1.0 if dx is None else float(dx)


scaled = op(
    "mul(Tensor input, float other)", batching="aligned", infer=scaled_rule, grad_fn="MulBackward1", names=()
)(lambda x, factor: x * factor)
divided = op(
    "div(Tensor input, float other)", batching="aligned", infer=scaled_rule, grad_fn="DivBackward1", names=()
)(lambda x, divisor: x / divisor)


@scaled.derivative("input")
def _(grad, other):
    return grad * other


@divided.derivative("input")
def _(grad, other):
    return grad / other


@composite(
    "trapezoid(Tensor y, Tensor x=..., *, Number? dx=None, int dim=-1)",
    names=("torch.trapezoid", "torch.trapz"),
    sample=([1.0, 4.0, 9.0],),
)
def trapezoid(y, x, dx, dim):
    """The integral along `dim` by the trapezoid rule, at points `x` or with distance `dx`.

    >>> trapezoid([1., 4., 9.])
    tensor(9.)
    """
    dim = points_along(y, dim)
    if y.shape[dim] == 0:
        shape = [n for d, n in enumerate(y.shape) if d != dim]
        return registry["zeros"](shape, dtype=y.dtype, device=y.device)
    if x is not ABSENT:
        return apply(divided, ((_ends(y, dim) * _steps("trapezoid", y, x, dim)).sum(dim), 2.0))
    step = _check_dx("trapezoid", y, dx)
    return apply(scaled, (y.sum(dim) - (y.select(dim, 0) + y.select(dim, -1)) * 0.5, step))


@composite(
    "cumulative_trapezoid(Tensor y, Tensor x=..., *, Number? dx=None, int dim=-1)",
    names=("torch.cumulative_trapezoid",),
    sample=([1.0, 4.0, 9.0],),
)
def cumulative_trapezoid(y, x, dx, dim):
    """Running integrals along `dim` by the trapezoid rule.

    >>> cumulative_trapezoid([1., 4., 9.])
    tensor([2.5000, 9.0000])
    """
    if not y.ndim:
        raise BadIndex("slice() cannot be applied to a 0-dim tensor.", code="dim-range")
    dim = wrap_dim(dim, y.ndim)
    if x is not ABSENT:
        areas = _ends(y, dim) * _steps("cumulative_trapezoid", y, x, dim)
        return apply(divided, (cumsum(areas, dim), 2.0))
    return cumsum(_check_dx("cumulative_trapezoid", y, dx) / 2.0 * _ends(y, dim), dim)
