"""Functions of two or three tensors: hypot, atan2, logaddexp, xlogy, lerp, addcmul, addcdiv."""

from __future__ import annotations

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.numerics import fma
from ...engine.records.op import op, registry
from ...errors import DTypeError
from ..rules.families import LOG, LOG1P, conj, exact, not_implemented, numbered, one_tensor, select, where
from ..rules.infer import broadcast
from ..rules.numbers import check_factor, number_array
from .rounding import floats_only

# ------------------------------------------------------------------ triangles

ARCTAN2 = exact(np.arctan2)


@op(
    "hypot(Tensor input, Tensor other)",
    infer=floats_only("hypot_cpu"),
    promote="types",
    inplace=True,
    sample=([3.0, -1.0], [4.0, 2.0]),
    elementwise=True,
)
def hypot(x, y):
    """sqrt(input² + other²), without overflow on the way.

    >>> hypot([3.], [4.])
    tensor([5.])
    """
    return np.hypot(x, y)


@hypot.derivative("input")
def _(grad, input, output):
    return grad * input / output


@hypot.derivative("other")
def _(grad, other, output):
    return grad * other / output


@op(
    "atan2(Tensor input, Tensor other)",
    infer=floats_only("atan2_cpu"),
    promote="float",
    inplace=True,
    names=("torch.atan2", "Tensor.atan2", "torch.arctan2", "Tensor.arctan2"),
    sample=([3.0, -1.0], [4.0, 2.0]),
    elementwise=True,
)
def atan2(x, y):
    """The angle of the point (other, input) to the positive axis, from -π to π.

    >>> atan2([1., -1.], [1., -1.])
    tensor([ 0.7854, -2.3562])
    """
    return ARCTAN2(x, y)


@atan2.derivative("input", "other")
def _(grad, input, other):
    square = input * input + other * other
    inverse = where(square == 0, 0.0, square.reciprocal())
    return grad * other * inverse, grad * -input * inverse


# ------------------------------------------------------------------ logarithms


def logaddexp_spec(kernel, complex_too):
    def infer(input, other):
        out = broadcast(input, other)
        if out.dtype.category < dt.FLOAT or (out.dtype.is_complex and not complex_too):
            raise not_implemented(kernel, out)
        return out

    return infer


def logaddexp_kernel(x, y):
    """log(exp(x) + exp(y)); of complex numbers, from the one with the larger real part."""
    if np.asarray(x).dtype.kind != "c":
        return np.logaddexp(x, y)
    swap = np.real(x) < np.real(y)
    large, small = select(swap, y, x), select(swap, x, y)
    same = ~np.isfinite(np.real(large)) & (np.real(large) == np.real(small))
    plain = large + np.log1p(np.exp(small - large))
    return select(same, select(np.real(large) < 0, large, np.log(np.exp(large) + np.exp(small))), plain)


@op(
    "logaddexp(Tensor input, Tensor other)",
    infer=logaddexp_spec("logaddexp_cpu", True),
    promote="types",
    sample=([3.0, -1.0], [4.0, 2.0]),
    elementwise=True,
)
def logaddexp(x, y):
    """log(exp(input) + exp(other)), without overflow on the way.

    >>> logaddexp([0.], [0.])
    tensor([0.6931])
    """
    return logaddexp_kernel(x, y)


@logaddexp.derivative("input")
def _(grad, input, other):
    return grad / conj((other - input).exp() + 1)


@logaddexp.derivative("other")
def _(grad, input, other):
    return grad / conj((input - other).exp() + 1)


@op(
    "logaddexp2(Tensor input, Tensor other)",
    infer=logaddexp_spec("logaddexp2_cpu", False),
    promote="types",
    sample=([3.0, -1.0], [4.0, 2.0]),
    elementwise=True,
)
def logaddexp2(x, y):
    """log2(2 ** input + 2 ** other), without overflow on the way.

    >>> logaddexp2([1.], [1.])
    tensor([2.])
    """
    return np.logaddexp2(x, y)


@logaddexp2.derivative("input")
def _(grad, input, other):
    return grad / (2.0 ** (other - input) + 1)


@logaddexp2.derivative("other")
def _(grad, input, other):
    return grad / (2.0 ** (input - other) + 1)


def scaled_log(name, log, shift, grad_fn, doc, **options):
    """`name(input, other)` = input * log(other + shift), which is 0 where input is 0."""

    def kernel(x, y):
        product = x * log(y)
        return select(np.isnan(y), y, select(np.equal(x, 0), product.dtype.type(0), product))

    record = op(
        f"{name}(Tensor|Number input, Tensor|Number other)",
        infer=floats_only(f"{name.removeprefix('special.')}_cpu"),
        check=one_tensor(name),
        promote="float",
        grad_fn=numbered(grad_fn),
        sample=([0.0, 2.0], [1.5, 2.0]),
        doc=doc,
        **options,
        elementwise=True,
    )(kernel)

    @record.derivative("input")
    def _(grad, input, other):
        flat = (input == 0) & (other <= -shift)
        return where(flat, 0.0, registry[name](grad, other))

    @record.derivative("other")
    def _(grad, input, other):
        return grad * input / (other + shift)


scaled_log(
    "xlogy",
    LOG,
    0,
    "Xlogy",
    """`input * log(other)`, and 0 where input is 0.

    >>> xlogy([0., 2.], [0., 3.])
    tensor([0.0000, 2.1972])
    """,
    inplace="function",
    names=("torch.xlogy", "Tensor.xlogy", "special.xlogy"),
    half="native",
)
scaled_log(
    "special.xlog1py",
    LOG1P,
    1,
    "SpecialXlog1Py",
    """`input * log1p(other)`, and 0 where input is 0.

    >>> special.xlog1py([0., 2.], [-1., 3.])
    tensor([0.0000, 2.7726])
    """,
)

# ------------------------------------------------------------------ mixtures


def check_lerp(input, end, weight):
    for name, given in (("end", end), ("weight", weight)):
        if type(given) is Spec and given.dtype is not input.dtype:
            raise DTypeError(
                f"expected dtype {dt.c_names[input.dtype]} for `{name}` "
                f"but got dtype {dt.c_names[given.dtype]}",
                help=f"convert it first: {name}.to({input.dtype.name})",
            )


def lerp_spec(input, end, weight):
    out = broadcast(input, end, *([weight] if type(weight) is Spec else []))
    if out.dtype.category < dt.FLOAT:
        raise not_implemented(f"lerp_kernel_{'tensor' if type(weight) is Spec else 'scalar'}", out)
    return out


@op(
    "lerp(Tensor input, Tensor end, Tensor|Number weight)",
    infer=lerp_spec,
    check=check_lerp,
    inplace=True,
    grad_fn=lambda specs: f"LerpBackward{int(type(specs[2]) is Spec)}",
    sample=([1.0, -2.0], [3.0, 5.0], 0.3),
    elementwise=True,
)
def lerp(x, end, weight):
    """The point between `input` (weight 0) and `end` (weight 1): input + weight * (end - input).

    >>> lerp([1., 2.], [3., 6.], 0.5)
    tensor([2., 4.])
    """
    if type(weight) is not np.ndarray:
        weight = x.dtype.type(weight)
    way = end - x
    near = np.abs(weight) < 0.5
    if fma.takes(x, end):
        return fma.combined(select(near, x, end), way, select(near, weight, weight - 1))
    return select(near, x + weight * way, end - way * (1 - weight))


@lerp.derivative("input")
def _(grad, weight):
    return grad * conj(1 - weight)


@lerp.derivative("end")
def _(grad, weight):
    return grad * conj(weight)


@lerp.derivative("weight")
def _(grad, input, end):
    return grad * conj(end - input)


def scale(value, like):
    """`value` in the dtype of the result."""
    return number_array(value, dt.of(like))


def scaled_spec(input, tensor1, tensor2, value):
    out = broadcast(input, tensor1, tensor2)
    check_factor(value, out.dtype)
    return out


def addcmul_spec(input, tensor1, tensor2, value):
    if input.dtype is dt.bool_:
        raise not_implemented("addcmul_cpu_out", input)
    return scaled_spec(input, tensor1, tensor2, value)


@op(
    "addcmul(Tensor input, Tensor tensor1, Tensor tensor2, *, Number value=1)",
    infer=addcmul_spec,
    factors=("value",),
    promote="types",
    inplace=True,
    sample=([1.0, -2.0], [3.0, 5.0], [0.5, 2.0]),
    elementwise=True,
)
def addcmul(x, a, b, value):
    """`input + value * tensor1 * tensor2`.

    >>> addcmul([1.], [2.], [3.], value=10)
    tensor([61.])
    """
    value = scale(value, x)
    if fma.takes(x, a, b):
        return fma.combined(x, value * a, b)
    return x + value * a * b


@addcmul.derivative("input")
def _(grad):
    return grad


@addcmul.derivative("tensor1")
def _(grad, tensor2, value):
    return grad * conj(tensor2 * value)


@addcmul.derivative("tensor2")
def _(grad, tensor1, value):
    return grad * conj(tensor1 * value)


WHOLE = (
    "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will "
    "perform a true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented "
    "as (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as "
    "(input + value * tensor1 / tensor2) for float inputs. The future addcdiv behavior is just the "
    "latter implementation: (input + value * tensor1 / tensor2), for all dtypes."
)


def check_addcdiv(input, tensor1, tensor2, value):
    if tensor1.dtype.category < dt.FLOAT and tensor2.dtype.category < dt.FLOAT:
        raise DTypeError(WHOLE, help="convert one of them first: tensor1.float()")


@op(
    "addcdiv(Tensor input, Tensor tensor1, Tensor tensor2, *, Number value=1)",
    infer=scaled_spec,
    factors=("value",),
    check=check_addcdiv,
    promote="types",
    inplace=True,
    sample=([1.0, -2.0], [3.0, 5.0], [0.5, 2.0]),
    elementwise=True,
)
def addcdiv(x, a, b, value):
    """`input + value * tensor1 / tensor2`.

    >>> addcdiv([1.], [6.], [3.], value=10)
    tensor([21.])
    """
    return x + scale(value, x) * a / b


@addcdiv.derivative("input")
def _(grad):
    return grad


@addcdiv.derivative("tensor1")
def _(grad, tensor2, value):
    over = registry["scalar_tensor"](value, dtype=tensor2.dtype, device=tensor2.device)
    return grad * conj(over / tensor2)


@addcdiv.derivative("tensor2")
def _(grad, tensor1, tensor2, value):
    return -grad * conj(tensor1 * value / (tensor2 * tensor2))
