"""Functions of one element: exponentials, logarithms, roots, trigonometric and hyperbolic functions.

A table: name, NumPy's function, documentation, derivative. A derivative says by its parameter names
whether it is written in the input or the output, and thereby which of them is saved.
"""

from __future__ import annotations

import math

import numpy as np

from ..engine import dtype as dt
from ..engine.op import op, registry
from ..engine.tensor import Tensor
from ..errors import DTypeError
from .elementwise import conj, not_implemented, unary, where
from .rules import same

LN2 = math.log(2.0)
LN10 = math.log(10.0)

# ------------------------------------------------------------------ exponentials and logarithms

exp = unary(
    "exp",
    np.exp,
    """e to the power of each element.

    >>> exp([0., 1.])
    tensor([1.0000, 2.7183])
    """,
    lambda grad, output: grad * conj(output),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "exp2",
    np.exp2,
    """2 to the power of each element.

    >>> exp2([0., 3.])
    tensor([1., 8.])
    """,
    lambda grad, output: grad * conj(output) * LN2,
    aliases=("special.exp2",),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "expm1",
    np.expm1,
    """exp(input) - 1, accurate near 0.

    >>> expm1([0., 1.])
    tensor([0.0000, 1.7183])
    """,
    lambda grad, output: grad * (conj(output) + 1),
    aliases=("special.expm1",),
    sample=([-1.0, 0.0, 2.0],),
)
log = unary(
    "log",
    np.log,
    """Natural logarithm of each element.

    >>> log([1., 2.])
    tensor([0.0000, 0.6931])
    """,
    lambda grad, input: grad / conj(input),
    sample=([0.5, 1.0, 3.0],),
)
unary(
    "log2",
    np.log2,
    """Logarithm to base 2 of each element.

    >>> log2([1., 8.])
    tensor([0., 3.])
    """,
    lambda grad, input: grad / (conj(input) * LN2),
    sample=([0.5, 1.0, 3.0],),
)
unary(
    "log10",
    np.log10,
    """Logarithm to base 10 of each element.

    >>> log10([1., 1000.])
    tensor([0., 3.])
    """,
    lambda grad, input: grad / (conj(input) * LN10),
    sample=([0.5, 1.0, 3.0],),
)


def log1p_kernel(x):
    """NumPy's complex log1p is log(hypot(1 + re, im)): exact enough near 0, and finite where it should be."""
    return np.log1p(x)


unary(
    "log1p",
    log1p_kernel,
    """log(1 + input), accurate near 0.

    >>> log1p([0., 1.])
    tensor([0.0000, 0.6931])
    """,
    lambda grad, input: grad / conj(input + 1),
    aliases=("special.log1p",),
    grad_fn="Log1PBackward0",
    sample=([-0.5, 0.0, 3.0],),
)

# ------------------------------------------------------------------ roots and reciprocals

sqrt = unary(
    "sqrt",
    np.sqrt,
    """Square root of each element.

    >>> sqrt([4., 2.])
    tensor([2.0000, 1.4142])
    """,
    lambda grad, output: grad / (conj(output) * 2),
    sample=([0.5, 1.0, 4.0],),
)
unary(
    "rsqrt",
    lambda x: np.divide(1, np.sqrt(x)),
    """One over the square root of each element.

    >>> rsqrt([4., 1.])
    tensor([0.5000, 1.0000])
    """,
    lambda grad, output: grad * -0.5 * conj(output * output * output),
    sample=([0.5, 1.0, 4.0],),
)
unary(
    "reciprocal",
    lambda x: np.divide(1, x),
    """One over each element.

    >>> reciprocal([4., -2.])
    tensor([ 0.2500, -0.5000])
    """,
    lambda grad, output: -grad * conj(output * output),
    sample=([0.5, -1.0, 4.0],),
)

# ------------------------------------------------------------------ trigonometric functions

unary(
    "sin",
    np.sin,
    """Sine of each element, in radians.

    >>> sin([0., 1.])
    tensor([0.0000, 0.8415])
    """,
    lambda grad, input: grad * conj(input.cos()),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "cos",
    np.cos,
    """Cosine of each element, in radians.

    >>> cos([0., 1.])
    tensor([1.0000, 0.5403])
    """,
    lambda grad, input: grad * -conj(input.sin()),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "tan",
    np.tan,
    """Tangent of each element, in radians.

    >>> tan([0., 1.])
    tensor([0.0000, 1.5574])
    """,
    lambda grad, output: grad * conj(output * output + 1),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "asin",
    np.arcsin,
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
    np.arccos,
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
    np.arctan,
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
    np.sinh,
    """Hyperbolic sine of each element.

    >>> sinh([0., 1.])
    tensor([0.0000, 1.1752])
    """,
    lambda grad, input: grad * conj(input.cosh()),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "cosh",
    np.cosh,
    """Hyperbolic cosine of each element.

    >>> cosh([0., 1.])
    tensor([1.0000, 1.5431])
    """,
    lambda grad, input: grad * conj(input.sinh()),
    sample=([-1.0, 0.0, 2.0],),
)
tanh = unary(
    "tanh",
    np.tanh,
    """Hyperbolic tangent of each element.

    >>> tanh([0., 1.])
    tensor([0.0000, 0.7616])
    """,
    lambda grad, output: grad * conj(1 - output * output),
    aliases=("nn.functional.tanh",),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "asinh",
    np.arcsinh,
    """Inverse hyperbolic sine of each element.

    >>> asinh([0., 1.])
    tensor([0.0000, 0.8814])
    """,
    lambda grad, input: grad * conj((input * input + 1).rsqrt()),
    aliases=("arcsinh",),
    sample=([-1.0, 0.0, 2.0],),
)


def acosh_derivative(grad, input):
    """1 / sqrt(x² - 1); in the complex plane the two roots are taken apart to stay on the branch."""
    if input.dtype.is_complex:
        return grad * conj((input + 1).rsqrt() * (input - 1).rsqrt())
    return grad * (input * input - 1).rsqrt()


unary(
    "acosh",
    np.arccosh,
    """Inverse hyperbolic cosine of each element.

    >>> acosh([1., 2.])
    tensor([0.0000, 1.3170])
    """,
    acosh_derivative,
    aliases=("arccosh",),
    sample=([1.5, 2.0, 4.0],),
)
unary(
    "atanh",
    np.arctanh,
    """Inverse hyperbolic tangent of each element.

    >>> atanh([0., 0.5])
    tensor([0.0000, 0.5493])
    """,
    lambda grad, input: grad * conj((1 - input * input).reciprocal()),
    aliases=("arctanh",),
    sample=([-0.5, 0.0, 0.9],),
)

# ------------------------------------------------------------------ sinc, degrees, sigmoid, relu


def sinc_derivative(grad, input):
    """(cos(πx)·πx - sin(πx)) / (πx²), and 0 at 0."""
    turned = input * math.pi
    divisor = turned * input
    slope = conj((turned * turned.cos() - turned.sin()) / divisor)
    return where(divisor == 0, 0.0, grad * slope)


def sinc_kernel(x):
    """sin(πx) / (πx), and 1 at 0."""
    turned = x * np.asarray(np.pi, np.asarray(x).real.dtype)
    return np.where(x == 0, np.ones((), turned.dtype), np.sin(turned) / turned)


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
            raise DTypeError(f"{name} is not supported for complex tensors.", help="take the real part: x.real")
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

sigmoid = unary(
    "sigmoid",
    lambda x: 1 / (1 + np.exp(-x)),
    """1 / (1 + exp(-input)), the logistic function.

    >>> sigmoid([0., 2.])
    tensor([0.5000, 0.8808])
    """,
    lambda grad, output: grad * conj((1 - output) * output),
    aliases=("special.expit", "nn.functional.sigmoid"),
    formula="sigmoid({0})",
    sample=([-1.0, 0.0, 2.0],),
)


def relu_spec(input):
    if input.dtype is dt.bool_:
        raise DTypeError("Boolean inputs not supported for relu", help="convert first: x.float()")
    if input.dtype.is_complex:
        raise DTypeError("clamp is not supported for complex types", help="relu is for real numbers")
    return input


@op("relu(Tensor input)", infer=relu_spec, inplace=True, half="native", sample=([-1.0, 0.5, 2.0],))
def relu(x):
    """max(input, 0), element by element.

    >>> relu([-1., 2.])
    tensor([0., 2.])
    """
    return np.maximum(x, 0)


@relu.derivative("input")
def _(grad, output):
    return registry["threshold_backward"](grad, output, 0)


@op("threshold_backward(Tensor grad_output, Tensor input, Number threshold)", infer=same, names=("threshold_backward",))
def threshold_backward(grad, x, threshold):
    """The gradient where `input` is above the threshold, 0 elsewhere (also where the gradient is not finite)."""
    return np.where(np.less_equal(x, threshold), 0, grad)


@threshold_backward.derivative("grad_output")
def _(grad, input, threshold):
    return registry["threshold_backward"](grad, input, threshold)


@threshold_backward.derivative("input")
def _(grad):
    return registry["zeros_like"](grad)
