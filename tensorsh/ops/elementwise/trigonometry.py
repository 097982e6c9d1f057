"""Trigonometric and hyperbolic functions and their inverses; sinc, degrees.

A table: name, NumPy's function, documentation, derivative (see `unary`).
"""

from __future__ import annotations

import math

import numpy as np

from ...engine.core import dtype as dt
from ...engine.numerics import mkl_functions
from ...engine.numerics.mkl_tanh import mkl_tanh
from ...engine.run.fused import fused
from ...errors import DTypeError, GradientError
from ..rules.families import SMALL, conj, exact, unary, where
from ..rules.infer import same

SIN = exact(np.sin)

# ------------------------------------------------------------------ trigonometric functions

unary(
    "sin",
    mkl_functions.mkl_sin,
    """Sine of each element, in radians.

    >>> sin([0., 1.])
    tensor([0.0000, 0.8415])
    """,
    lambda grad, input: grad * conj(input.cos()),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "cos",
    mkl_functions.mkl_cos,
    """Cosine of each element, in radians.

    >>> cos([0., 1.])
    tensor([1.0000, 0.5403])
    """,
    lambda grad, input: grad * -conj(input.sin()),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "tan",
    exact(np.tan),
    """Tangent of each element, in radians.

    >>> tan([0., 1.])
    tensor([0.0000, 1.5574])
    """,
    lambda grad, output: grad * conj(output * output + 1),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "asin",
    exact(np.arcsin),
    """Arc sine of each element, in radians.

    >>> asin([0., 1.])
    tensor([0.0000, 1.5708])
    """,
    lambda grad, input: grad * conj((1 - input * input).rsqrt()),
    aliases=("arcsin",),
    sample=([-0.5, 0.0, 0.9],),
)
unary(
    "acos",
    exact(np.arccos),
    """Arc cosine of each element, in radians.

    >>> acos([0., 1.])
    tensor([1.5708, 0.0000])
    """,
    lambda grad, input: grad * -conj((1 - input * input).rsqrt()),
    aliases=("arccos",),
    sample=([-0.5, 0.0, 0.9],),
)
unary(
    "atan",
    exact(np.arctan),
    """Arc tangent of each element, in radians.

    >>> atan([0., 1.])
    tensor([0.0000, 0.7854])
    """,
    lambda grad, input: grad / conj(input * input + 1),
    aliases=("arctan",),
    sample=([-1.0, 0.0, 2.0],),
)

# ------------------------------------------------------------------ hyperbolic functions

unary(
    "sinh",
    exact(np.sinh),
    """Hyperbolic sine of each element.

    >>> sinh([0., 1.])
    tensor([0.0000, 1.1752])
    """,
    lambda grad, input: grad * conj(input.cosh()),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "cosh",
    exact(np.cosh),
    """Hyperbolic cosine of each element.

    >>> cosh([0., 1.])
    tensor([1.0000, 1.5431])
    """,
    lambda grad, input: grad * conj(input.sinh()),
    sample=([-1.0, 0.0, 2.0],),
)


def _tanh_gradient(grad, output):
    return grad * conj(1 - output * output)


def _rounds_once(grad, output):
    return output.spec.dtype is grad.spec.dtype is dt.float32 and 0 < output.spec.numel <= SMALL


@fused(
    "tanh_backward(Tensor grad_output, Tensor result)",
    _tanh_gradient,
    infer=same,
    elementwise=True,
    batching="together",
    exact=_rounds_once,
)
def tanh_backward(grad, y, out=None):
    if y.dtype == np.float32 and y.size <= SMALL:  # as PyTorch's vectors do: 1 - y · y in one rounding
        slope = y.astype(np.float64)
        slope *= slope
        return np.multiply(grad, np.subtract(1, slope, slope).astype(np.float32), out)
    out = np.multiply(y, y, out)
    out = np.subtract(1, out, out if y.ndim else None)  # a NumPy scalar where there are no dimensions
    out *= grad
    return out


@tanh_backward.derivative("grad_output")
def _(grad, result):
    return tanh_backward(grad, result)


@tanh_backward.derivative("result")
def _(grad, grad_output, result):
    return grad * (-2 * result * grad_output)


unary(
    "tanh",
    mkl_tanh,
    """Hyperbolic tangent of each element.

    >>> tanh([0., 1.])
    tensor([0.0000, 0.7616])
    """,
    lambda grad, output: tanh_backward(grad, output),
    aliases=("nn.functional.tanh",),
    wide_gradient=True,
    sample=([-1.0, 0.0, 2.0],),
    one="",
)
asinh = unary(
    "asinh",
    np.arcsinh,
    """Inverse hyperbolic sine of each element.

    >>> asinh([0., 1.])
    tensor([0.0000, 0.8814])
    """,
    lambda grad, input: grad * conj((input * input + 1).rsqrt()),
    aliases=("arcsinh",),
    inplace_grad_fn="AsinhBackward1",
    sample=([-1.0, 0.0, 2.0],),
)


def acosh_derivative(grad, input):
    """1 / sqrt(x² - 1); in the complex plane the two roots are taken apart to stay on the branch."""
    if input.dtype.is_complex:
        return grad * conj((input + 1).rsqrt() * (input - 1).rsqrt())
    return grad * (input * input - 1).rsqrt()


acosh = unary(
    "acosh",
    np.arccosh,
    """Inverse hyperbolic cosine of each element.

    >>> acosh([1., 2.])
    tensor([0.0000, 1.3170])
    """,
    acosh_derivative,
    aliases=("arccosh",),
    inplace_grad_fn="AcoshBackward1",
    sample=([1.5, 2.0, 4.0],),
)
atanh = unary(
    "atanh",
    exact(np.arctanh),
    """Inverse hyperbolic tangent of each element.

    >>> atanh([0., 0.5])
    tensor([0.0000, 0.5493])
    """,
    lambda grad, input: grad / conj(1 - input * input),
    aliases=("arctanh",),
    inplace_grad_fn="AtanhBackward1",
    sample=([-0.5, 0.0, 0.9],),
)


def without_derivative(record):
    """PyTorch has no derivative of the in-place form, but a node that says so."""

    @record.inplace_derivative("input")
    def refuse(grad):
        raise GradientError(
            f"the derivative for 'inplace version of {record.name}' is not implemented.",
            code="derivative-not-implemented",
            help=f"x = x.{record.name}() has one",
        )


for record in (asinh, acosh, atanh):
    without_derivative(record)

# ------------------------------------------------------------------ sinc, degrees


def sinc_derivative(grad, input):
    """(cos(πx)·πx - sin(πx)) / (πx²), and 0 at 0."""
    turned = input * math.pi
    divisor = input * input * math.pi
    slope = conj((turned * turned.cos() - turned.sin()) / divisor)
    return where(divisor == 0, 0.0, grad * slope)


def sinc_kernel(x):
    """sin(πx) / (πx), and 1 at 0."""
    turned = x * np.asarray(np.pi, np.asarray(x).real.dtype)
    return np.where(x == 0, np.ones((), turned.dtype), SIN(turned) / turned)


unary(
    "sinc",
    sinc_kernel,
    """sin(πx) / (πx) of each element x, and 1 at 0.

    >>> sinc([0., 0.5])
    tensor([1.0000, 0.6366])
    """,
    sinc_derivative,
    aliases=("special.sinc",),
    sample=([-0.3, 0.6, 1.7],),
)


def real_only(name):
    """The rule of angles: complex numbers have none."""

    def infer(input):
        if input.dtype.is_complex:
            raise DTypeError(f"{name} is not supported for complex tensors.", help="take x.real")
        return input

    return infer


unary(
    "deg2rad",
    lambda x: x * np.asarray(math.pi / 180, x.dtype),
    """Degrees to radians.

    >>> deg2rad([180., 90.])
    tensor([3.1416, 1.5708])
    """,
    lambda grad: grad * (math.pi / 180),
    infer=real_only("deg2rad"),
    grad_fn="Deg2RadBackward0",
    sample=([-90.0, 45.0],),
)
unary(
    "rad2deg",
    lambda x: x * np.asarray(180 / math.pi, x.dtype),
    """Radians to degrees.

    >>> rad2deg([1., 2.])
    tensor([ 57.2958, 114.5916])
    """,
    lambda grad: grad * (180 / math.pi),
    infer=real_only("rad2deg"),
    grad_fn="Rad2DegBackward0",
    sample=([-1.0, 0.5],),
)
