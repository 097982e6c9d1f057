"""Arithmetic, element by element."""

from __future__ import annotations

import numpy as np

from ..engine.op import op
from ..engine.tensor import install_operator
from .rules import broadcast, same


@op(
    "add(Tensor input, Tensor|Number other, *, Number alpha=1)",
    infer=broadcast,
    promote="types",
    inplace=True,
    formula="{0} + {1}",
    sample=([1.0, -2.0], [0.5, 3.0]),
)
def add(x, y, alpha):
    """`input + alpha * other`, element by element.

    >>> add([1., 2.], 10)
    tensor([11., 12.])
    """
    return np.add(x, y) if alpha == 1 else np.add(x, np.multiply(y, alpha))


@add.derivative("input")
def _(grad):
    return grad


@add.derivative("other")
def _(grad, alpha):
    return grad if alpha == 1 else grad * alpha


@op("mul(Tensor input, Tensor|Number other)", infer=broadcast, promote="types", inplace=True, formula="{0} * {1}")
def mul(x, y):
    """`input * other`, element by element.

    >>> mul([1., 2.], 10)
    tensor([10., 20.])
    """
    return np.multiply(x, y)


@mul.derivative("input")
def _(grad, other):
    return grad * conj(other)


@mul.derivative("other")
def _(grad, input):
    return grad * conj(input)


def conj(x):
    """The conjugate, which is the tensor (or number) itself where it is real."""
    if isinstance(x, int | float):
        return x
    if isinstance(x, complex):
        return x.conjugate()
    return x.conj() if x.dtype.is_complex else x


@op("tanh(Tensor input)", infer=same, promote="float", inplace=True, sample=([-1.0, 0.0, 2.0],))
def tanh(x):
    """Hyperbolic tangent of each element.

    >>> tanh([0., 1.])
    tensor([0.0000, 0.7616])
    """
    return np.tanh(x)


@tanh.derivative("input")
def _(grad, output):
    return grad * conj(output * output * -1 + 1)


install_operator("add", add, "radd")
install_operator("mul", mul, "rmul")
