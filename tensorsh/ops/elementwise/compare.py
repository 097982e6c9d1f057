"""Comparisons: element by element with a bool result, within a tolerance, of whole tensors."""

from __future__ import annotations

import numpy as np

from ...engine.records.op import composite, op, registry
from ...engine.run.operators import install_operator
from ...errors import BadValue, DTypeError
from ..rules.families import not_implemented, zeros_like
from ..rules.infer import broadcast_bool

# ------------------------------------------------------------------ the six comparisons


def comparison(name, alias, symbol, kernel, doc):
    """`name(input, other)`, its alias, in-place forms and operator."""

    def infer(input, other):
        if input.dtype.is_complex and name not in ("eq", "ne"):
            raise not_implemented(f"{name}_cpu", input)
        return broadcast_bool(input, other)

    record = op(
        f"{name}(Tensor input, Tensor|Number other)",
        infer=infer,
        promote="types",
        inplace=True,
        grad_fn=lambda specs: f"{name.title()}Backward{int(not isinstance(specs[1], type))}",
        names=tuple(f"{where}.{n}" for n in (name, alias) if n for where in ("torch", "Tensor")),
        formula=f"{{0}} {symbol} {{1}}",
        doc=doc,
        elementwise=True,
    )(kernel)

    @record.derivative("input", "other")
    def _(grad):
        return zeros_like(grad), zeros_like(grad)

    install_operator(
        name, record, arrays=name == "eq"
    )  # of NumPy's arrays PyTorch takes those, and no others


comparison(
    "eq",
    None,
    "==",
    np.equal,
    """True where `input == other`.

    >>> eq([1, 2, 3], 2)
    tensor([False,  True, False])
    """,
)
comparison(
    "ne",
    "not_equal",
    "!=",
    np.not_equal,
    """True where `input != other`.

    >>> ne([1, 2, 3], 2)
    tensor([ True, False,  True])
    """,
)
comparison(
    "lt",
    "less",
    "<",
    np.less,
    """True where `input < other`.

    >>> lt([1, 2, 3], 2)
    tensor([ True, False, False])
    """,
)
comparison(
    "le",
    "less_equal",
    "<=",
    np.less_equal,
    """True where `input <= other`.

    >>> le([1, 2, 3], 2)
    tensor([ True,  True, False])
    """,
)
comparison(
    "gt",
    "greater",
    ">",
    np.greater,
    """True where `input > other`.

    >>> gt([1, 2, 3], 2)
    tensor([False, False,  True])
    """,
)
comparison(
    "ge",
    "greater_equal",
    ">=",
    np.greater_equal,
    """True where `input >= other`.

    >>> ge([1, 2, 3], 2)
    tensor([False,  True,  True])
    """,
)

# ------------------------------------------------------------------ within a tolerance


def check_isclose(input, other, rtol, atol, equal_nan):
    if input.dtype is not other.dtype:
        raise DTypeError(
            f"{input.dtype.title} did not match {other.dtype.title}",
            help=f"convert one of them: x.to({other.dtype.name})",
        )
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value < 0:
            raise BadValue(f"{name} must be greater than or equal to zero, but got {value:g}")


@op(
    "isclose(Tensor input, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False)",
    infer=lambda input, other, *_: broadcast_bool(input, other),
    check=check_isclose,
    nondifferentiable=True,
    half="native",
    elementwise=True,
)
def isclose(x, y, rtol, atol, equal_nan):
    """True where |input - other| <= atol + rtol * |other|, or where they are equal.

    >>> isclose([1., 2.], [1.000001, 2.1])
    tensor([ True, False])
    """
    same = np.equal(x, y)
    if equal_nan and x.dtype.kind not in "iub":
        same |= np.isnan(x) & np.isnan(y)
    if x.dtype.kind == "b" or (rtol == 0 and atol == 0):
        return same
    if x.dtype.kind in "iu":
        x, y = x.astype(np.float64), y.astype(np.float64)
    allowed = atol + np.abs(rtol * y)
    off = np.abs(x - y)
    return same | (np.isfinite(off) & (off <= allowed))


@composite("allclose(Tensor input, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False)")
def allclose(input, other, rtol, atol, equal_nan):
    """Whether all elements are close (see `isclose`), as a Python bool.

    >>> allclose([1., 2.], [1.000001, 2.])
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).values_or_error("Tensor.item()").all())


@composite("equal(Tensor input, Tensor other)")
def equal(input, other):
    """Whether both have the same shape and the same elements, as a Python bool.

    >>> equal([1, 2], [1, 2])
    True
    """
    if input.spec.shape != other.spec.shape:
        return False
    return bool(registry["eq"](input, other).values_or_error("equal").all())
