"""Functions of one element: exponentials, logarithms, roots, sigmoid, relu.

A table: name, NumPy's function, documentation, derivative. A derivative says by its parameter names
whether it is written in the input or the output, and thereby which of them is saved.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.readers import reader_of
from ...engine.numerics import mkl_functions, vector_expm1, vector_log, vector_sqrt
from ...engine.numerics.choice import passed
from ...engine.records.op import composite, op
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...engine.run.inplace import apply_inplace
from ...errors import DTypeError
from ..rules.families import EXP, EXPM1, LOG1P, conj, exact, in_runs, unary, zeros_like
from ..rules.infer import same
from . import vector_functions as vector_exp

LN2 = math.log(2.0)
LN10 = math.log(10.0)

# ------------------------------------------------------------------ exponentials and logarithms


def _in_vectors(vectors: Callable[..., Any], plain: Callable[..., Any], usual: Callable[..., Any]) -> Any:
    """A function that PyTorch computes in vectors to the last element; what is not `usual` goes to the plain one."""

    def kernel(x: Any, out: Any = None) -> Any:
        if not vector_exp.is_small(x):
            return plain(x, out=out)
        known = usual(x)
        with np.errstate(all="ignore"):
            found = vectors(x)
        if reader_of(x) is not None or not known.all():
            found = np.where(known, found, plain(x))
        if out is None:
            return found
        out[...] = found
        return out

    return kernel


EXPM1_IN_VECTORS = _in_vectors(vector_expm1.expm1, EXPM1, lambda x: x == x)
LOG1P_IN_VECTORS = _in_vectors(
    vector_log.log1p, LOG1P, lambda x: (x > -1) & (x <= vector_log.GREATEST) & (x != 0)
)

unary(
    "exp",
    mkl_functions.mkl_exp,
    """e to the power of each element.

    >>> exp([0., 1.])
    tensor([1.0000, 2.7183])
    """,
    lambda grad, output: grad * conj(output),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "exp2",
    exact(np.exp2),
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
    EXPM1_IN_VECTORS,
    """exp(input) - 1, accurate near 0.

    >>> expm1([0., 1.])
    tensor([0.0000, 1.7183])
    """,
    lambda grad, output: grad * (conj(output) + 1),
    aliases=("special.expm1",),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "log",
    mkl_functions.mkl_log,
    """Natural logarithm of each element.

    >>> log([1., 2.])
    tensor([0.0000, 0.6931])
    """,
    lambda grad, input: grad / conj(input),
    sample=([0.5, 1.0, 3.0],),
)
unary(
    "log2",
    exact(np.log2),
    """Logarithm to base 2 of each element.

    >>> log2([1., 8.])
    tensor([0., 3.])
    """,
    lambda grad, input: grad / (conj(input) * LN2),
    sample=([0.5, 1.0, 3.0],),
)
unary(
    "log10",
    exact(np.log10),
    """Logarithm to base 10 of each element.

    >>> log10([1., 100.])
    tensor([0., 2.])
    """,
    lambda grad, input: grad / (conj(input) * LN10),
    sample=([0.5, 1.0, 3.0],),
)


unary(
    "log1p",
    LOG1P_IN_VECTORS,
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

unary(
    "sqrt",
    vector_sqrt.sqrt,
    """Square root of each element.

    >>> sqrt([4., 2.])
    tensor([2.0000, 1.4142])
    """,
    lambda grad, output: grad / (conj(output) * 2),
    half="native",  # of 16-bit floats PyTorch takes exact roots
    sample=([0.5, 1.0, 4.0],),
)
unary(
    "rsqrt",
    in_runs(lambda x: np.divide(x.dtype.type(1), np.sqrt(x))),
    """One over the square root of each element.

    >>> rsqrt([4., 1.])
    tensor([0.5000, 1.0000])
    """,
    lambda grad, output: grad * -0.5 * conj(output**3),
    half="native",
    sample=([0.5, 1.0, 4.0],),
)
unary(
    "reciprocal",
    lambda x, out=None: np.divide(1, x, out),
    """One over each element.

    >>> reciprocal([4., -2.])
    tensor([ 0.2500, -0.5000])
    """,
    lambda grad, output: -grad * conj(output * output),
    sample=([0.5, -1.0, 4.0],),
)

# ------------------------------------------------------------------ sigmoid, relu


def SIGMOID(x, out=None):
    """1 / (1 + exp(-x))."""
    if vector_exp.is_small(x):
        below = vector_exp.exp_each(-x, x)
    else:
        below = EXP(np.negative(x, out), out=out)
    return np.divide(1, np.add(below, 1, out), out)


def _sigmoid_gradient(grad, output):
    return grad * conj(1 - output) * conj(output)


@fused(
    "sigmoid_backward(Tensor grad_output, Tensor result)",
    _sigmoid_gradient,
    infer=same,
    elementwise=True,
    batching="together",
)
def sigmoid_backward(grad, y, out=None):
    out = np.subtract(1, y, out)
    out *= grad
    out *= y
    return out


@sigmoid_backward.derivative("grad_output")
def _(grad, result):
    return sigmoid_backward(grad, result)


@sigmoid_backward.derivative("result")
def _(grad, grad_output, result):
    return grad * grad_output * (-2 * result + 1)


unary(
    "sigmoid",
    SIGMOID,
    """1 / (1 + exp(-input)), the logistic function.

    >>> sigmoid([0., 2.])
    tensor([0.5000, 0.8808])
    """,
    lambda grad, output: sigmoid_backward(grad, output),
    aliases=("special.expit", "nn.functional.sigmoid"),
    wide_gradient="bfloat16",
    formula="sigmoid({0})",
    sample=([-1.0, 0.0, 2.0],),
    one="",
)


def relu_spec(input):
    if input.dtype is dt.bool_:
        raise DTypeError("Boolean inputs not supported for relu", help="convert first: x.float()")
    if input.dtype.is_complex:
        raise DTypeError(
            "clamp is not supported for complex types",
            raises=NotImplementedError,
            help="relu is for real numbers",
        )
    return input


@op(
    "relu(Tensor input)",
    infer=relu_spec,
    inplace=True,
    half="native",
    sample=([-1.0, 0.5, 2.0],),
    elementwise=True,
)
def relu(x, out=None):
    """max(input, 0), element by element.

    >>> relu([-1., 2.])
    tensor([0., 2.])
    """
    return np.maximum(0, x, out=out)


@relu.derivative("input")
def _(grad, output):
    return apply(threshold_backward, (grad, output))


@op(
    "threshold_backward(Tensor grad_output, Tensor input)",
    infer=same,
    names=(),
    half="native",
    elementwise=True,
    batching="together",
)
def threshold_backward(grad, x):
    """The gradient where x is above 0, and 0 elsewhere, whatever the gradient is there."""
    return passed(grad, x)


@threshold_backward.in_public
def _(grad, input):
    return grad * (input > 0)


@threshold_backward.derivative("grad_output")
def _(grad, input):
    return apply(threshold_backward, (grad, input))


@threshold_backward.derivative("input")
def _(grad):
    return zeros_like(grad)


@composite("nn.functional.relu(Tensor input, any inplace=False)", sample=([-1.0, 0.5, 2.0],))
def relu_function(input, inplace):
    """max(input, 0), element by element; `inplace` changes the tensor itself.

    >>> nn.functional.relu([-1., 2.])
    tensor([0., 2.])
    """
    return apply_inplace(relu, (input,)) if inplace else apply(relu, (input,))


@composite("nn.functional.relu_(Tensor input)")
def relu_in_place(input):
    """`relu` in place.

    >>> x = [-1., 2.]
    >>> nn.functional.relu_(x);
    >>> x
    tensor([0., 2.])
    """
    return apply_inplace(relu, (input,))
