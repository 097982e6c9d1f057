"""Division: true, floored and truncated quotients, and what they leave."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.modes.overrides import operator
from ...engine.records.op import op, registry
from ...engine.run.operators import install_inplace, install_operator, put
from ...engine.values.tensor import NUMBERS, Tensor
from ...errors import BadValue, GradientError
from ..rules.families import conj, not_implemented, one_tensor, select, zeros_like
from ..rules.infer import broadcast
from ..rules.overload import overloaded


@op(
    "div(Tensor|Number input, Tensor|Number other)",
    infer=broadcast,
    promote="float",
    inplace=True,
    unrounded=("other",),
    names=("torch.true_divide", "Tensor.true_divide"),
    formula="{0} / {1}",
    sample=([1.0, -2.0], [0.5, 3.0]),
    elementwise=True,
)
def true_divide(x, y, out=None):
    """`input / other`, element by element; integers divide as floats.

    >>> true_divide([1, 2], 4)
    tensor([0.2500, 0.5000])
    """
    return np.divide(x, y, out)


@true_divide.derivative("input")
def _(grad, other):
    return grad / conj(other)


@true_divide.derivative("other")
def _(grad, input, other):
    return -grad * conj((input / other) / other)


def quotient_spec(kernel):
    """The rule of a division that rounds, which complex numbers and bool have not."""

    def infer(input, other):
        if input.dtype.is_complex or input.dtype is dt.bool_:
            raise not_implemented(kernel, input)
        return broadcast(input, other)

    return infer


def check_zero(x, y):
    """PyTorch's error for a whole number divided by zero."""
    if np.asarray(y).dtype.kind in "iub" and np.size(x) and not np.all(y):
        raise BadValue(
            "ZeroDivisionError", code="division-by-zero", help="floats divide by zero: convert them first"
        )


def floor_quotient(x, y):
    """floor(x / y), exact for integers; floats go by the remainder, so that x - q*y stays in range."""
    check_zero(x, y)
    return np.floor_divide(x, y)


def truncated_quotient(x, y):
    """trunc(x / y); of integers without a way through floats."""
    check_zero(x, y)
    if np.asarray(x).dtype.kind == "f":
        return np.trunc(np.divide(x, y))
    q = np.floor_divide(x, y)
    return q + ((np.multiply(q, y) != x) & ((np.less(x, 0)) != np.less(y, 0)))


@op(
    "div(Tensor|Number input, Tensor|Number other, *, str rounding_mode)",
    infer=lambda input, other, mode: quotient_spec(f"div_{mode}_cpu")(input, other),
    promote="types",
    names=(),
    grad_fn="DivBackward2",
    elementwise=True,
)
def divide_rounded(x, y, rounding_mode):
    """`input / other`, rounded towards zero ("trunc") or down ("floor")."""
    return floor_quotient(x, y) if rounding_mode == "floor" else truncated_quotient(x, y)


@divide_rounded.derivative("input", "other")
def _(grad, input_spec, other_spec):
    return zeros_like(grad), zeros_like(grad)


@overloaded(
    "div(Tensor|Number input, Tensor|Number other, *, str? rounding_mode=None)",
    names=("torch.div", "Tensor.div", "torch.divide", "Tensor.divide"),
)
def div(input, other, rounding_mode):
    """`input / other`, element by element; the quotient rounded towards zero by "trunc", down by "floor".

    >>> div([7, -7], 2)
    tensor([ 3.5000, -3.5000])
    >>> div([7, -7], 2, rounding_mode="floor")
    tensor([ 3, -4])
    """
    if rounding_mode is None:
        return true_divide, (input, other)
    if rounding_mode not in ("trunc", "floor"):
        raise BadValue(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    return divide_rounded, (input, other, rounding_mode)


@op(
    "floor_divide(Tensor|Number input, Tensor|Number other)",
    infer=quotient_spec("div_floor_cpu"),
    promote="types",
    inplace=True,
    grad_fn="torch::autograd::NotImplemented",
    formula="{0} // {1}",
    elementwise=True,
)
def floor_divide(x, y):
    """`input // other`: the quotient rounded down.

    >>> floor_divide([7., -7.], 2)
    tensor([ 3., -4.])
    """
    return floor_quotient(x, y)


@op(
    "remainder(Tensor|Number input, Tensor|Number other)",
    infer=quotient_spec("remainder_cpu"),
    check=one_tensor("remainder"),
    promote="types",
    inplace=True,
    grad_fn=lambda specs: (
        "torch::autograd::NotImplemented"
        if isinstance(specs[0], type)
        else f"RemainderBackward{int(not isinstance(specs[1], type))}"
    ),
    formula="{0} % {1}",
    sample=([5.0, -5.5], [3.0, 2.0]),
    elementwise=True,
)
def remainder(x, y):
    """What `input // other` leaves: `input - (input // other) * other`, with the sign of `other`.

    >>> remainder([7., -7.], 4)
    tensor([3., 1.])
    """
    check_zero(x, y)
    if np.asarray(x).dtype.kind != "f":
        return np.remainder(x, y)
    rest = np.fmod(x, y)
    return select((rest != 0) & (np.less(y, 0) != np.less(rest, 0)), rest + y, rest)


@remainder.derivative("input")
def _(grad):
    return grad


@remainder.derivative("other")
def _(grad, input, other):
    if not isinstance(input, Tensor):
        raise GradientError(
            "derivative for aten::remainder is not implemented", code="derivative-not-implemented"
        )
    return -grad * registry["div"](input, other, rounding_mode="floor")


@op(
    "fmod(Tensor input, Tensor|Number other)",
    infer=quotient_spec("fmod_cpu"),
    promote="types",
    inplace=True,
    grad_fn=lambda specs: f"FmodBackward{int(not isinstance(specs[1], type))}",
    sample=([5.0, -5.5], [3.0, 2.0]),
    elementwise=True,
)
def fmod(x, y):
    """What division rounded towards zero leaves, with the sign of `input`.

    >>> fmod([7., -7.], 4)
    tensor([ 3., -3.])
    """
    check_zero(x, y)
    return np.fmod(x, y)


@fmod.derivative("input")
def _(grad):
    return grad


@fmod.derivative("other")
def _(grad, input, other):
    return -grad * registry["div"](input, other, rounding_mode="trunc")


# ------------------------------------------------------------------ operators

install_operator("truediv", true_divide)
install_operator("floordiv", floor_divide, "rfloordiv")
install_operator("mod", remainder, "rmod")


def reflected_division(self: Tensor, other: Any) -> Any:
    """`number / tensor`: PyTorch multiplies the reciprocal."""
    if type(other) not in NUMBERS:
        asked = operator("__rtruediv__", self, other)
        if asked is not NotImplemented:
            return asked
    try:
        return registry["reciprocal"](self) * other
    except TypeError:
        return NotImplemented


put("rtruediv", reflected_division)
install_inplace("truediv", true_divide)
install_inplace("floordiv", floor_divide)
install_inplace("mod", remainder)
