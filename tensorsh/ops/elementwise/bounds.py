"""One of several values, element by element: `where`, larger and smaller, clamping."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...engine.calls.accepts import is_scalar
from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply, promoted
from ...engine.values.tensor import NUMBERS, Tensor
from ...errors import ArgumentError, BadValue, DTypeError
from ..rules.families import not_implemented, select, where
from ..rules.infer import broadcast
from ..rules.numbers import check_number
from ..rules.overload import overloaded

# ------------------------------------------------------------------ where


def check_condition(condition, input, other):
    if condition.dtype not in (dt.bool_, dt.uint8):
        raise DTypeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            + condition.dtype.title,
            help="compare it with something: where(x > 0, …)",
        )


def where_spec(condition, input, other):
    shape = broadcast(condition, input, other).shape
    return input.with_shape(shape)


@op(
    "where(Tensor condition, Tensor|Number input, Tensor|Number other)",
    infer=where_spec,
    check=check_condition,
    promote="types",
    unpromoted=("condition",),
    names=(),
    half="native",
    elementwise=True,
)
def choose(condition, x, y):
    """`x` where the condition holds, else `y`."""
    return select(condition, x, y)


@choose.derivative("input")
def _(grad, condition):
    return where(condition, grad, 0.0)


@choose.derivative("other")
def _(grad, condition):
    return where(condition, 0.0, grad)


def chosen(condition: Any, input: Any, other: Any) -> Any:
    """`where`, with a word about conditions that are bytes."""
    if condition.dtype is dt.uint8:
        warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a "
            "future version of PyTorch. Use a boolean condition instead.",
            once=True,
            internal="aten/src/ATen/native/TensorCompare.cpp:621",
            help="condition.bool()",
        )
    numbers = [value for value in (input, other) if not isinstance(value, Tensor)]
    if numbers and len(numbers) < 2:
        given = [value.spec if isinstance(value, Tensor) else value for value in (input, other)]
        wanted = promoted(given, context.current().dtype)
        if wanted.itemsize != 2 or wanted.category < dt.FLOAT:  # floats of 16 bits become infinite
            check_number(numbers[0], wanted)
    return apply(choose, (condition, input, other))


@composite(
    "where(Tensor condition, Tensor|Number? input=None, Tensor|Number? other=None)", names=("torch.where",)
)
def where_function(condition, input, other):
    """`input` where the condition holds, else `other`; of the condition alone, the indices where it holds.

    >>> where([true, false], [1., 2.], 0.)
    tensor([1., 0.])
    >>> where([0, 3, 4])
    (tensor([1, 2]),)
    """
    if input is None and other is None:
        return registry["nonzero"](condition, as_tuple=True)
    if input is None or other is None:
        raise ArgumentError(
            "where() received an invalid combination of arguments - got (Tensor, Tensor), "
            "but expected one of:",
            help="where(condition, input, other)",
        )
    return chosen(condition, input, other)


@composite("where(Tensor input, Tensor condition, Tensor|Number other)", names=("Tensor.where",))
def where_method(input, condition, other):
    """The elements of the tensor where the condition holds, else those of `other`.

    >>> x = [1., 2.]
    >>> x.where(x > 1, 0.)
    tensor([0., 2.])
    """
    return chosen(condition, input, other)


# ------------------------------------------------------------------ the larger, the smaller
#
# NumPy gives the second of two equal operands, PyTorch the first: of 0 and -0 it shows.


def real_pair(name):
    """The rule of an order, which complex numbers have not."""

    def infer(input, other):
        if input.dtype.is_complex:
            raise DTypeError(f"{name} not implemented for complex tensors.", help="compare x.abs() or x.real")
        return broadcast(input, other)

    return infer


def extreme(name, kernel, before, doc):
    """The one of two elements that is first by `before`; NaN wins, and ties share the gradient."""
    record = op(
        f"{name}(Tensor input, Tensor other)",
        infer=real_pair(name),
        promote="types",
        half="native",
        sample=([1.0, -2.0, 3.0], [0.5, 4.0, 1.0]),
        doc=doc,
        elementwise=True,
    )(kernel)

    @record.derivative("input")
    def _(grad, input, other):
        return where(before(other, input), 0.0, where(input == other, grad / 2, grad))

    @record.derivative("other")
    def _(grad, input, other):
        return where(before(input, other), 0.0, where(input == other, grad / 2, grad))


extreme(
    "maximum",
    lambda x, y, out=None: np.maximum(y, x, out=out),
    lambda a, b: a > b,
    """The larger of two elements, NaN if either is.

    >>> maximum([1., 5.], [3., 2.])
    tensor([3., 5.])
    """,
)
extreme(
    "minimum",
    lambda x, y, out=None: np.minimum(y, x, out=out),
    lambda a, b: a < b,
    """The smaller of two elements, NaN if either is.

    >>> minimum([1., 5.], [3., 2.])
    tensor([1., 2.])
    """,
)


def number_extreme(name, wins, doc):
    """The same, but a number wins over NaN, and the first operand takes the gradient of a tie."""

    @op(
        f"{name}(Tensor input, Tensor other)",
        infer=real_pair(name),
        promote="types",
        sample=([1.0, -2.0, 3.0], [0.5, 4.0, 1.0]),
        doc=doc,
        elementwise=True,
    )
    def record(x, y):
        return np.where(wins(x, y) | (y != y), x, y)  # of -0. and 0. the first, as C's

    @record.derivative("input")
    def _(grad, input, other):
        return where(wins(input, other) | other.isnan(), grad, 0.0)

    @record.derivative("other")
    def _(grad, input, other):
        return where(wins(input, other) | other.isnan(), 0.0, grad)


number_extreme(
    "fmax",
    operator.ge,
    """The larger of two elements; a number rather than NaN.

    >>> fmax([1., nan], [3., 2.])
    tensor([3., 2.])
    """,
)
number_extreme(
    "fmin",
    operator.le,
    """The smaller of two elements; a number rather than NaN.

    >>> fmin([1., nan], [3., 2.])
    tensor([1., 2.])
    """,
)

# ------------------------------------------------------------------ clamp


def check_bounds(input, min=None, max=None, kernel=None):
    """Complex numbers have no order; of bool, only one bound that is a bool tensor, too, works."""
    given = [b for b in (min, max) if b is not None]
    if input.dtype.is_complex and kernel is not None and type(given[0]) is Spec:
        raise not_implemented(kernel, input)
    if input.dtype.is_complex:
        raise DTypeError(
            "clamp is not supported for complex types",
            raises=NotImplementedError,
            help="clamp x.abs(), or x.real",
        )
    tensors = [type(b) is Spec for b in given]
    if input.dtype is not dt.bool_ or (all(tensors) and len(given) == 1):
        return
    if all(b.dtype is dt.bool_ if t else type(b) is bool for b, t in zip(given, tensors, strict=True)):
        side = "" if len(given) == 2 else "_max" if min is None else "_min"
        raise not_implemented(f"clamp{side}{'' if all(tensors) else '_scalar'}_cpu", input)


def clamp_spec(input, min=None, max=None):
    return broadcast(input, *[b for b in (min, max) if b is not None])


@op(
    "clamp(Tensor input, Tensor|Number? min=None, Tensor|Number? max=None)",
    infer=clamp_spec,
    c_titles=True,
    check=check_bounds,
    promote="types",
    names=(),
    grad_fn=lambda specs: f"ClampBackward{int(not any(type(s) is Spec for s in specs[1:]))}",
    elementwise=True,
)
def clamped(x, low, high):
    """`x` moved into [low, high]; the upper bound wins where they cross."""
    if low is not None:
        x = np.maximum(low, x)
    return x if high is None else np.minimum(high, x)


def within(x, low, high):
    """Where the input is its own clamp: the gradient passes at the bounds, too."""
    if low is None:
        return x <= high
    return x >= low if high is None else (x >= low) & (x <= high)


@clamped.derivative("input")
def _(grad, input, min, max):
    return where(within(input, min, max), grad, 0.0)


@clamped.derivative("min")
def _(grad, input, min, max):
    below = input < min
    return where(below if max is None else (min < max) & below, grad, 0.0)


@clamped.derivative("max")
def _(grad, input, min, max):
    above = input > max
    return where(above if min is None else (max < min) | above, grad, 0.0)


def checked_bound(x, bound):
    """A number that is a bound of integers must be one of their values."""
    if type(bound) is int and x.dtype.category == dt.INT and not (bound < 0 and x.dtype is dt.uint8):
        check_number(bound, x.dtype)
    return bound


@overloaded(
    "clamp(Tensor input, Tensor|Number? min=None, Tensor|Number? max=None)",
    names=("torch.clamp", "Tensor.clamp", "torch.clip", "Tensor.clip"),
    sample=([-1.0, 0.5, 3.0], 0.0, 1.0),
    inplace="function",
)
def clamp(input, min, max):
    """Each element moved into [min, max]; a bound may be a tensor, and may be missing.

    >>> clamp([-1., 0.5, 3.], 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise BadValue("torch.clamp: At least one of 'min' or 'max' must not be None")
    if (
        type(min) in NUMBERS or type(max) in NUMBERS
    ):  # a tensor that is one number counts as one beside a number
        min, max = (b.item() if isinstance(b, Tensor) and is_scalar(b) else b for b in (min, max))
    kinds = [type(b) in NUMBERS for b in (min, max) if b is not None]
    if any(kinds) and not all(kinds):
        shown = ", ".join("Tensor" if type(b) not in NUMBERS else type(b).__name__ for b in (min, max))
        raise ArgumentError(
            f"clamp() received an invalid combination of arguments - got (Tensor, {shown}), "
            "but expected one of:",
            help="both bounds are numbers, or both are tensors: tensor(0)",
        )
    return clamped, (input, checked_bound(input, min), checked_bound(input, max))


@op(
    "clamp_min(Tensor input, Tensor|Number min)",
    infer=clamp_spec,
    c_titles=True,
    check=lambda input, min: check_bounds(input, min=min, kernel="maximum_cpu"),
    promote="types",
    inplace="function",
    grad_fn=lambda specs: f"ClampMinBackward{int(type(specs[1]) is Spec)}",
    sample=([-1.0, 0.5, 3.0], 0.0),
    elementwise=True,
)
def clamp_min(x, low, out=None):
    """Each element, or `min` where it is smaller.

    >>> clamp_min([-1., 2.], 0)
    tensor([0., 2.])
    """
    return np.maximum(low, x, out=out)


@clamp_min.derivative("input")
def _(grad, input, min):
    return where(input >= min, grad, 0.0)


@clamp_min.derivative("min")
def _(grad, input, min):
    return where(input < min, grad, 0.0)


@op(
    "clamp_max(Tensor input, Tensor|Number max)",
    infer=clamp_spec,
    c_titles=True,
    check=lambda input, max: check_bounds(input, max=max, kernel="minimum_cpu"),
    promote="types",
    inplace="function",
    grad_fn=lambda specs: f"ClampMaxBackward{int(type(specs[1]) is Spec)}",
    sample=([-1.0, 0.5, 3.0], 1.0),
    elementwise=True,
)
def clamp_max(x, high, out=None):
    """Each element, or `max` where it is larger.

    >>> clamp_max([-1., 2.], 0)
    tensor([-1.,  0.])
    """
    return np.minimum(high, x, out=out)


@clamp_max.derivative("input")
def _(grad, input, max):
    return where(input <= max, grad, 0.0)


@clamp_max.derivative("max")
def _(grad, input, max):
    return where(input > max, grad, 0.0)
