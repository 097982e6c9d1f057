"""Powers.

`pow` is three operations to PyTorch, told apart by which operand is a number: PowBackward0 (number
exponent), PowBackward1 (two tensors), PowBackward2 (number base).
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.numerics import vector_sqrt
from ...engine.numerics.complex_products import times
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...engine.run.inplace import apply_inplace
from ...engine.run.operators import install_inplace, install_work
from ...engine.values.tensor import NUMBERS
from ...errors import BadValue, DTypeError
from ..rules.families import (
    FLOAT32,
    FLOAT64,
    SMALL,
    conj,
    is_half,
    not_implemented,
    two_numbers,
    where,
    zeros_like,
)
from ..rules.infer import broadcast, same
from ..rules.overload import overloaded

# ------------------------------------------------------------------ the kernels


def integer_power(x, n):
    """xⁿ of whole numbers, wrapped around; a negative power is 0 unless x is 1 or -1."""
    if n.dtype.kind == "u" or not (n < 0).any():
        return np.power(x, n)
    unit = np.where(np.equal(x, -1), np.where(n % 2 == 0, 1, -1), np.equal(x, 1))
    return np.where(n < 0, unit, np.power(x, np.maximum(n, 0))).astype(n.dtype)


def exact_power(x, exponent):
    """xⁿ of floats; see `exact`."""
    if exponent.dtype is FLOAT32 and x.size <= SMALL and exponent.size <= SMALL:
        return np.power(x, exponent, dtype=FLOAT64).astype(FLOAT32)
    return np.power(x, exponent)


def tensor_power(x, exponent):
    """xⁿ where n is a tensor: the power function's own answers also for the square root.

    NumPy takes the root where one exponent serves many elements; of -0. and -inf the power is 0 and inf.
    """
    found = exact_power(x, exponent)
    half = exponent == 0.5
    if x.dtype.kind == "f" and np.any(half):
        root = np.where(np.isinf(x), np.abs(x), found + found.dtype.type(0))
        found = np.where(half, root, found)
    return found


#: exponents that PyTorch does not hand to the power function
SHORTCUTS: dict[float, Callable[..., Any]] = {
    2: lambda x, out=None: times(x, x, out),
    3: lambda x: times(times(x, x), x),
    -1: lambda x: np.divide(1, x),
    -2: lambda x: np.divide(1, times(x, x)),
    0.5: vector_sqrt.sqrt,
    -0.5: lambda x: np.divide(1, np.sqrt(x)),
}


def power_spec(input, exponent):
    if input.dtype is dt.bool_:
        raise not_implemented("pow", input)
    return broadcast(input, exponent)


def check_power(input: Spec, exponent: Any) -> None:
    """Whole numbers have no inverses among them."""
    if input.dtype.category <= dt.INT and isinstance(exponent, int) and exponent < 0:
        raise BadValue(
            "Integers to negative integer powers are not allowed.",
            code="integer-power",
            help="convert to a floating-point dtype first: x.float() ** -1",
        )


@op(
    "pow(Tensor input, Tensor|Number exponent)",
    infer=broadcast,
    promote="types",
    names=(),
    formula="{0} ** {1}",
    half="native",  # bfloat16 rounds the steps of some powers
    grad_fn="PowBackward0",
    elementwise=True,
)
def pow_scalar(x, exponent):
    """A tensor to the power of a number."""
    if exponent == 0:
        return np.ones_like(x)
    if exponent == 1:
        return np.positive(x) if x.dtype.kind != "b" else x.copy()
    if x.dtype.kind in "iu":
        return np.power(x, exponent)
    if x.dtype == np.float16:
        return tensor_power(x.astype(FLOAT32), exponent.astype(FLOAT32)).astype(x.dtype)
    shortcut = SHORTCUTS.get(exponent.item())
    if is_half(x) and not (x.dtype.name == "bfloat16" and exponent in (3, -2, 0.5, -0.5)):
        return pow_scalar.kernel(x.astype(FLOAT32), exponent.astype(FLOAT32)).astype(x.dtype)
    return shortcut(x) if shortcut else exact_power(x, exponent)


def _power_gradient(grad, input, exponent):
    return grad * conj(input ** (exponent - 1) * exponent)


@fused(
    "pow_backward(Tensor grad, Tensor input, Number exponent)",
    _power_gradient,
    infer=same,
    elementwise=True,
    batching="together",
)
def power_backward(grad, x, exponent, out=None):
    power = x if exponent == 2 else exact_power(x, x.dtype.type(exponent - 1))
    out = np.multiply(power, x.dtype.type(exponent), out)
    out *= grad
    return out


@pow_scalar.derivative("input")
def _(grad, input, exponent):
    if exponent == 0:
        return zeros_like(grad)
    return power_backward(grad, input, exponent)


@op(
    "pow(Tensor input, Tensor exponent)",
    infer=power_spec,
    promote="types",
    names=(),
    formula="{0} ** {1}",
    grad_fn="PowBackward1",
    elementwise=True,
)
def pow_tensor(x, exponent):
    """A tensor to the power of a tensor."""
    return integer_power(x, exponent) if x.dtype.kind in "iu" else tensor_power(x, exponent)


@pow_tensor.derivative("input")
def _(grad, input, exponent):
    return where(exponent == 0, 0.0, grad * conj(input ** (exponent - 1) * exponent))


def vanishing(base, exponent):
    """Where 0 is raised to a power that is not negative, which the exponent does not move."""
    real = registry["real"](exponent) if exponent.dtype.is_complex else exponent
    return (base == 0) & (real >= 0)


@pow_tensor.derivative("exponent")
def _(grad, input, exponent, output):
    return grad * where(vanishing(input, exponent), 0.0, conj(output * input.log()))


@op(
    "pow(Tensor|Number input, Tensor exponent)",
    infer=power_spec,
    promote="types",
    names=(),
    formula="{0} ** {1}",
    grad_fn="PowBackward2",
    elementwise=True,
)
def pow_base(x, exponent):
    """A number to the power of a tensor."""
    if exponent.dtype.kind in "iu":
        return integer_power(x, exponent)
    return tensor_power(x, exponent)


def number_log(x):
    """The logarithm of a number, complex only where it is."""
    if isinstance(x, complex):
        return cmath.log(x)
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


@pow_base.derivative("exponent")
def _(grad, input, exponent, output):
    slope = grad * conj(output * number_log(input))
    if input != 0:
        return slope
    real = registry["real"](exponent) if exponent.dtype.is_complex else exponent
    return where(real >= 0, 0.0, slope)


# ------------------------------------------------------------------ what users call


def choose_power(input, exponent):
    """The record for these operands."""
    if type(exponent) in NUMBERS:
        if type(input) in NUMBERS:
            raise two_numbers("pow", input, exponent)
        check_power(input.spec, exponent)
        return pow_scalar, (input, exponent)
    return (pow_base if type(input) in NUMBERS else pow_tensor), (input, exponent)


@overloaded("pow(Tensor|Number input, Tensor|Number exponent)", sample=([1.0, 2.0], [2.0, 3.0]))
def power(input, exponent):
    """`input` to the power of `exponent`, element by element; one of them may be a number.

    >>> pow([1., 2., 3.], 2)
    tensor([1., 4., 9.])
    >>> 2 ** [1., 2.]
    tensor([2., 4.])
    """
    return choose_power(input, exponent)


@overloaded("square(Tensor input)", sample=([1.0, -2.0],))
def square(input):
    """`input ** 2`, element by element.

    >>> square([-3., 2.])
    tensor([9., 4.])
    """
    return pow_scalar, (input, 2)


def widest(*operands):
    """float64, or complex128 if any operand is complex."""
    return (
        dt.complex128
        if any(isinstance(x, complex) or (type(x) not in NUMBERS and x.dtype.is_complex) for x in operands)
        else dt.float64
    )


def widened(dtype, x):
    """A tensor in `dtype`; a number as it is, in the category of `dtype`."""
    if type(x) in NUMBERS:
        return complex(x) if dtype.is_complex else float(x)
    return x if x.dtype is dtype else registry["Tensor.to"](x, dtype)


@composite("float_power(Tensor|Number input, Tensor|Number exponent)", sample=([1.0, 2.0], [2.0, 3.0]))
def float_power(input, exponent):
    """`input ** exponent` computed in float64 (or complex128), whatever the dtypes.

    >>> float_power([1, 2], -1)
    tensor([1.0000, 0.5000], dtype=torch.float64)
    """
    if type(input) in NUMBERS and type(exponent) in NUMBERS:
        raise two_numbers("float_power", input, exponent)
    dtype = widest(input, exponent)
    return apply(*choose_power(widened(dtype, input), widened(dtype, exponent)))


@composite("float_power_(Tensor input, Tensor|Number exponent)", names=("Tensor.float_power_",))
def float_power_(input, exponent):
    """`float_power` in place; the tensor must have the dtype of the result already.

    >>> x = tensor([1., 2.], dtype=float64)
    >>> x.float_power_(3);
    >>> x
    tensor([1., 8.], dtype=torch.float64)
    """
    dtype = widest(input, exponent)
    if input.dtype is not dtype:
        raise DTypeError(
            f"the base given to float_power_ has dtype {input.dtype.title} "
            f"but the operation's result requires dtype {dtype.title}",
            code="inplace-dtype",
            help="write x = x.float_power(…) for a new tensor",
        )
    return apply_inplace(*choose_power(input, widened(dtype, exponent)))


install_work("pow", lambda self, other: apply(*choose_power(self, other)))
install_work("rpow", lambda self, other: apply(*choose_power(other, self)))
install_inplace("pow", power)
