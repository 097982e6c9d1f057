"""Sums, differences, products and the sign."""

from __future__ import annotations

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.numerics import fma
from ...engine.numerics.complex_products import times
from ...engine.records.op import composite, op
from ...engine.run.operators import install_inplace, install_operator
from ...engine.values.tensor import install
from ...errors import DTypeError
from ..rules.families import conj
from ..rules.infer import broadcast
from ..rules.numbers import check_number

# ------------------------------------------------------------------ sums


def sum_spec(input, other, alpha):
    """The common shape; `alpha` must have a type that fits the result."""
    out = broadcast(input, other)
    if isinstance(alpha, bool) and out.dtype is not dt.bool_:
        raise DTypeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float | complex) and out.dtype.category < dt.FLOAT:
        raise DTypeError("For integral input tensors, argument alpha must not be a floating point number.")
    if isinstance(alpha, complex) and not out.dtype.is_complex:
        raise DTypeError("For non-complex input tensors, argument alpha must not be a complex number.")
    check_number(alpha, out.dtype)
    return out


def scaled(y, alpha):
    """`alpha * y` in y's dtype."""
    return (
        y
        if alpha == 1 and type(alpha) is not bool
        else np.multiply(y, np.array(alpha).astype(np.asarray(y).dtype))
    )


@op(
    "add(Tensor|Number input, Tensor|Number other, *, Number alpha=1)",
    infer=sum_spec,
    promote="types",
    factors=("alpha",),
    inplace=True,
    formula="{0} + {1}",
    sample=([1.0, -2.0], [0.5, 3.0]),
    elementwise=True,
)
def add(x, y, alpha, out=None):
    """`input + alpha * other`, element by element; of bool, "or".

    >>> add([1., 2.], 10)
    tensor([11., 12.])
    """
    if alpha != 1 and fma.takes(x, y):
        return fma.added(x, y, alpha, out)
    return np.add(x, y if alpha == 1 else scaled(y, alpha), out)


@add.derivative("input")
def _(grad):
    return grad


@add.derivative("other")
def _(grad, alpha):
    return grad if alpha == 1 else grad * conj(alpha)


BOTH_BOOL = (
    "Subtraction, the `-` operator, with two bool tensors is not supported. "
    "Use the `^` or `logical_xor()` operator instead."
)
ONE_BOOL = (
    "Subtraction, the `-` operator, with a bool tensor is not supported. "
    "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
)


def is_bool(given):
    return type(given) is bool or (type(given) is Spec and given.dtype is dt.bool_)


def no_bool(input, other, alpha):
    """Bool tensors are not subtracted."""
    first, second = is_bool(input), is_bool(other)
    if first or second:
        raise DTypeError(BOTH_BOOL if first and second else ONE_BOOL, help="a ^ b is true where they differ")


@op(
    "sub(Tensor|Number input, Tensor|Number other, *, Number alpha=1)",
    infer=sum_spec,
    promote="types",
    factors=("alpha",),
    check=no_bool,
    inplace=True,
    names=("torch.sub", "Tensor.sub", "torch.subtract", "Tensor.subtract"),
    formula="{0} - {1}",
    sample=([1.0, -2.0], [0.5, 3.0]),
    elementwise=True,
)
def sub(x, y, alpha, out=None):
    """`input - alpha * other`, element by element.

    >>> sub([1., 2.], 10)
    tensor([-9., -8.])
    """
    if alpha != 1 and fma.takes(x, y):
        return fma.added(x, y, -alpha, out)
    return np.subtract(x, y if alpha == 1 else scaled(y, alpha), out)


@sub.derivative("input")
def _(grad):
    return grad


@sub.derivative("other")
def _(grad, alpha):
    return -grad if alpha == 1 else grad * -conj(alpha)


@op(
    "rsub(Tensor input, Tensor|Number other, *, Number alpha=1)",
    infer=sum_spec,
    promote="types",
    factors=("alpha",),
    check=no_bool,
    names=("torch.rsub",),
    grad_fn=lambda specs: f"RsubBackward{int(isinstance(specs[1], type))}",
    formula="{1} - {0}",
    sample=([1.0, -2.0], [0.5, 3.0]),
    elementwise=True,
)
def rsub(x, y, alpha, out=None):
    """`other - alpha * input`, element by element: `sub` the other way round.

    >>> rsub([1., 2.], 10)
    tensor([9., 8.])
    """
    if alpha != 1 and fma.takes(x, y):
        return fma.added(y, x, -alpha, out)
    return np.subtract(y, x if alpha == 1 else scaled(x, alpha), out)


@rsub.derivative("input")
def _(grad, alpha):
    return -grad if alpha == 1 else grad * -conj(alpha)


@rsub.derivative("other")
def _(grad):
    return grad


def neg_spec(input):
    if input.dtype is dt.bool_:
        raise DTypeError(
            "Negation, the `-` operator, on a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
            help="~x inverts a mask",
        )
    return input


@op(
    "neg(Tensor input)",
    infer=neg_spec,
    names=("torch.neg", "Tensor.neg", "torch.negative", "Tensor.negative"),
    inplace=True,
    half="native",
    formula="-{0}",
    sample=([1.0, -2.0],),
    elementwise=True,
)
def neg(x, out=None):
    """Each element with the other sign.

    >>> neg([1., -2.])
    tensor([-1.,  2.])
    """
    return np.negative(x, out)


@neg.derivative("input")
def _(grad):
    return -grad


@composite("positive(Tensor input)")
def positive(input):
    """The tensor itself, which is what `+x` gives.

    >>> +[1., -2.]
    tensor([ 1., -2.])
    """
    if input.dtype is dt.bool_:
        raise DTypeError("The `+` operator, on a bool tensor is not supported.", help="use it as it is")
    return input


# ------------------------------------------------------------------ products


@op(
    "mul(Tensor|Number input, Tensor|Number other)",
    infer=broadcast,
    promote="types",
    inplace=True,
    unrounded=("input", "other"),
    names=("torch.mul", "Tensor.mul", "torch.multiply", "Tensor.multiply"),
    formula="{0} * {1}",
    sample=([1.0, -2.0], [0.5, 3.0]),
    elementwise=True,
)
def mul(x, y, out=None):
    """`input * other`, element by element.

    >>> mul([1., 2.], 10)
    tensor([10., 20.])
    """
    return times(x, y, out)


@mul.derivative("input")
def _(grad, other):
    return grad * conj(other)


@mul.derivative("other")
def _(grad, input):
    return grad * conj(input)


# ------------------------------------------------------------------ operators

install_operator("add", add, "radd")
install_operator("mul", mul, "rmul")
install_operator("sub", sub)
install_operator("rsub", rsub)
install("__neg__", neg)
install("__pos__", positive)

for name, record in (("add", add), ("sub", sub), ("mul", mul)):
    install_inplace(name, record)
