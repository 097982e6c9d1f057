"""Rounding, signs, and the parts of a floating-point number."""

from __future__ import annotations

import math

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.results import named_result
from ...engine.records.op import composite, op
from ...engine.run.apply import apply
from ...errors import DTypeError
from ..rules.families import conj, not_implemented, unary, where, zeros_like
from ..rules.infer import broadcast, same_bool
from ..rules.overload import overloaded

# ------------------------------------------------------------------ rounding


def rounding_spec(name):
    """The rule of rounding: whole numbers are whole already; bool and complex are not rounded."""

    def infer(input, decimals=None):
        if input.dtype.is_complex and name != "round":
            raise DTypeError(
                f"{name} is not supported for complex inputs",
                raises=NotImplementedError,
                help="round x.real and x.imag",
            )
        if input.dtype.is_complex or input.dtype is dt.bool_:
            raise not_implemented(f"{name}_vml_cpu", input)
        return input

    return infer


def floats_only(kernel):
    """The rule of what has no form for whole numbers."""

    def infer(*inputs):
        out = broadcast(*inputs)
        if not out.dtype.is_floating_point:
            raise not_implemented(kernel, out)
        return out

    return infer


for name, kernel, aliases, doc in (
    (
        "floor",
        np.floor,
        (),
        """The largest whole number that is not above each element.

        >>> floor([1.5, -1.5])
        tensor([ 1., -2.])
        """,
    ),
    (
        "ceil",
        np.ceil,
        (),
        """The smallest whole number that is not below each element.

        >>> ceil([1.5, -1.5])
        tensor([ 2., -1.])
        """,
    ),
    (
        "trunc",
        np.trunc,
        ("fix",),
        """Each element without what stands behind the point.

        >>> trunc([1.5, -1.5])
        tensor([ 1., -1.])
        """,
    ),
):
    unary(
        name,
        kernel,
        doc,
        lambda grad: zeros_like(grad),
        aliases=aliases,
        infer=rounding_spec(name),
        promote=None,
        sample=([1.2, -1.6],),
    )

unary(
    "frac",
    lambda x: x - np.trunc(x),
    """What stands behind the point: `input - trunc(input)`.

    >>> frac([1.5, -1.25])
    tensor([ 0.5000, -0.2500])
    """,
    lambda grad: grad,
    infer=floats_only("frac_cpu"),
    promote=None,
    sample=([1.2, -1.6],),
)


def round_spec(input, decimals):
    if decimals is not None and not input.dtype.is_floating_point:
        raise not_implemented("round_cpu" if decimals else "round_vml_cpu", input)
    return rounding_spec("round")(input)


@op(
    "round(Tensor input, int? decimals=None)",
    infer=round_spec,
    names=(),
    grad_fn=lambda specs: f"RoundBackward{int(specs[1] is not None)}",
    elementwise=True,
)
def rounded(x, decimals):
    """To the nearest whole number, halves to the even one; `decimals` places behind (or before) the point."""
    if not decimals:
        return np.rint(x) if x.dtype.kind == "f" else np.array(x)
    scale = x.dtype.type(10.0 ** abs(decimals))
    return np.rint(x * scale) / scale if decimals > 0 else np.rint(x / scale) * scale


@rounded.derivative("input")
def _(grad):
    return zeros_like(grad)


@overloaded("round(Tensor input, *, int? decimals=None)", sample=([1.2, -1.6],), inplace="function")
def round(input, decimals):
    """To the nearest whole number, halves to the even one; to `decimals` places behind the point.

    >>> round([0.5, 1.5, -2.7])
    tensor([ 0.,  2., -3.])
    >>> round([3.14159], decimals=2)
    tensor([3.1400])
    """
    return rounded, (input, decimals)


@composite("special.round(Tensor input, *, int decimals=0)")
def special_round(input, decimals):
    """`round`, under the name that SciPy has for it.

    >>> special.round([0.5, 1.5])
    tensor([0., 2.])
    """
    return apply(rounded, (input, decimals))


# ------------------------------------------------------------------ signs


def sign_kernel(x):
    """1, 0 or -1; 0 for NaN."""
    if x.dtype.kind == "b":
        return np.array(x)
    return np.subtract(np.greater(x, 0), np.less(x, 0), dtype=np.int8).astype(x.dtype)


def sign_spec(input):
    if input.dtype.is_complex:
        raise DTypeError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. "
            "Please use torch.sgn instead.",
            raises=NotImplementedError,
            help="x.sgn() is x / |x|",
        )
    return input


unary(
    "sign",
    sign_kernel,
    """1 for positive elements, -1 for negative ones, 0 for 0.

    >>> sign([3., -0.5, 0.])
    tensor([ 1., -1.,  0.])
    """,
    lambda grad: zeros_like(grad),
    infer=sign_spec,
    promote=None,
    inplace="method",
    sample=([1.2, -1.6],),
)


def signbit_spec(input):
    if input.dtype.is_complex:
        raise DTypeError(
            "signbit is not implemented for complex tensors.",
            raises=NotImplementedError,
            help="look at x.real or x.imag",
        )
    return same_bool(input)


@op("signbit(Tensor input)", infer=signbit_spec, nondifferentiable=True, elementwise=True)
def signbit(x):
    """True where the sign is minus, also that of -0.

    >>> signbit([1., -0., 0.])
    tensor([False,  True, False])
    """
    if x.dtype.kind == "f":
        return np.signbit(x)
    return np.less(x, 0) if x.dtype.kind == "i" else np.zeros_like(x, np.bool_)


@op(
    "copysign(Tensor input, Tensor|Number other)",
    infer=floats_only("copysign_cpu"),
    promote="float",
    inplace=True,
    grad_fn=lambda specs: f"CopysignBackward{int(isinstance(specs[1], type))}",
    sample=([1.0, -2.0], [-0.5, 3.0]),
    elementwise=True,
)
def copysign(x, y):
    """The size of `input` with the sign of `other`.

    >>> copysign([1., -2.], -0.)
    tensor([-1., -2.])
    """
    return np.copysign(x, y)


@copysign.derivative("input")
def _(grad, input, output):
    return grad * where(input == 0, 0.0, output / input)


@copysign.derivative("other")
def _(grad):
    return zeros_like(grad)


def check_heaviside(input, values):
    if input.dtype.is_complex or values.dtype.is_complex:
        raise DTypeError("heaviside is not yet implemented for complex tensors.")
    if input.dtype is not values.dtype:
        raise DTypeError(
            "heaviside is not yet implemented for tensors with different dtypes.",
            help=f"convert one of them: x.to({input.dtype.name})",
        )


@op(
    "heaviside(Tensor input, Tensor values)",
    infer=broadcast,
    check=check_heaviside,
    promote="types",
    inplace=True,
    grad_fn="torch::autograd::NotImplemented",
    elementwise=True,
)
def heaviside(x, values):
    """0 where `input` is negative, 1 where it is positive, `values` where it is 0.

    >>> heaviside([-1., 0., 2.], tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return np.where(x == 0, values, np.greater(x, 0))


# ------------------------------------------------------------------ the parts of a number


@op(
    "nextafter(Tensor input, Tensor other)",
    infer=floats_only("nextafter_cpu"),
    promote="types",
    inplace=True,
    half="native",
    elementwise=True,
)
def nextafter(x, y):
    """The next number that the dtype has after `input` in the direction of `other`.

    >>> nextafter([1.], [2.]) == 1 + 2 ** -23
    tensor([True])
    """
    return np.nextafter(x, y)


@nextafter.derivative("input")
def _(grad, input, other):
    return where(input == other, 0.0, grad)


@nextafter.derivative("other")
def _(grad):
    return zeros_like(grad)


@op(
    "ldexp(Tensor input, Tensor other)",
    infer=broadcast,
    promote="float",
    inplace="function",
    sample=([1.0, -2.0], [2.0, 3.0]),
    elementwise=True,
    half="native",
)
def ldexp(x, y):
    """`input * 2 ** other`.

    >>> ldexp([1., 3.], [2, -1])
    tensor([4.0000, 1.5000])
    """
    return x * np.exp2(y)


@ldexp.derivative("input")
def _(grad, other):
    return grad * conj(2.0**other)


@ldexp.derivative("other")
def _(grad, output):
    return grad * conj(output) * math.log(2.0)


def frexp_spec(input):
    if not input.dtype.is_floating_point:
        raise DTypeError("torch.frexp() only supports floating-point dtypes", help="convert first: x.float()")
    return input, input.with_dtype(dt.int32)


@op("frexp(Tensor input)", batching="aligned", infer=frexp_spec, names=())
def split_float(x):
    """Mantissa and exponent."""
    return np.frexp(x)


@split_float.derivative("input")
def _(grads, outputs):
    return grads[0] / outputs[1].exp2()


@composite("frexp(Tensor input)", sample=([1.5, -6.0],))
def frexp(input):
    """Mantissa (from 0.5 to 1) and exponent: `input = mantissa * 2 ** exponent`.

    >>> frexp([8., 3.]).exponent
    tensor([4, 2], dtype=torch.int32)
    """
    return named_result("frexp", ("mantissa", "exponent"))(apply(split_float, (input,)))


def limits(x):
    """The largest and the smallest finite number of an array's dtype."""
    if x.dtype.kind == "f":
        found = np.finfo(x.dtype)
        return found.max, found.min
    return 3.3895313892515355e38, -3.3895313892515355e38  # bfloat16


def finite(x, nan, posinf, neginf):
    """A real array with its NaN and infinities replaced."""
    most, least = limits(x)
    out = np.where(np.isnan(x), x.dtype.type(0.0 if nan is None else nan), x)
    out = np.where(np.isposinf(x), x.dtype.type(most if posinf is None else posinf), out)
    return np.where(np.isneginf(x), x.dtype.type(least if neginf is None else neginf), out)


@op(
    "nan_to_num(Tensor input, float? nan=None, float? posinf=None, float? neginf=None)",
    infer=lambda input, *_: input,
    inplace="function",
    half="native",
    sample=([1.0, -2.0],),
    elementwise=True,
)
def nan_to_num(x, nan, posinf, neginf):
    """NaN becomes `nan` (or 0), the infinities `posinf` and `neginf` (or the dtype's largest numbers).

    >>> nan_to_num([nan, inf, 1.], posinf=9.)
    tensor([0., 9., 1.])
    """
    if x.dtype.kind in "iub":
        return np.array(x)
    if x.dtype.kind != "c":
        return finite(x, nan, posinf, neginf)
    out = np.empty_like(x)
    out.real = finite(x.real, nan, posinf, neginf)
    out.imag = finite(x.imag, nan, posinf, neginf)
    return out


@nan_to_num.derivative("input")
def _(grad, input):
    return grad * input.isfinite()
