"""True and false: logical operations, and what kind of number an element is."""

from __future__ import annotations

import numpy as np

from ...engine.records.op import composite, op
from ...errors import DTypeError
from ..rules.infer import broadcast_bool, same_bool

for name, kernel, doc in (
    (
        "logical_and",
        np.logical_and,
        """True where both are not 0.

        >>> logical_and([0, 1, 2], [1, 0, 3])
        tensor([False, False,  True])
        """,
    ),
    (
        "logical_or",
        np.logical_or,
        """True where at least one is not 0.

        >>> logical_or([0, 1, 0], [1, 0, 0])
        tensor([ True,  True, False])
        """,
    ),
    (
        "logical_xor",
        np.logical_xor,
        """True where one of them is not 0.

        >>> logical_xor([0, 1, 2], [1, 0, 3])
        tensor([ True,  True, False])
        """,
    ),
):
    op(
        f"{name}(Tensor input, Tensor other)",
        infer=broadcast_bool,
        inplace=True,
        unwatched=True,
        nondifferentiable=True,
        half="native",
        doc=doc,
        elementwise=True,
    )(kernel)


@op(
    "logical_not(Tensor input)",
    infer=same_bool,
    inplace="method",
    unwatched=True,
    nondifferentiable=True,
    half="native",
    elementwise=True,
)
def logical_not(x):
    """True where the element is 0.

    >>> logical_not([0, 1, 2])
    tensor([ True, False, False])
    """
    return np.logical_not(x)


def of_floats(test):
    """A test that whole numbers fail (or, for `isfinite`, pass)."""
    return lambda x: test(x) if x.dtype.kind in "fc" else np.full(x.shape, test is np.isfinite)


def real_only(name):
    def infer(input):
        if input.dtype.is_complex:
            raise DTypeError(f"{name} does not support complex inputs.", help="look at x.real and x.imag")
        return same_bool(input)

    return infer


for name, test, infer, doc in (
    (
        "isnan",
        np.isnan,
        same_bool,
        """True where the element is NaN (not a number).

        >>> isnan([1., nan])
        tensor([False,  True])
        """,
    ),
    (
        "isinf",
        np.isinf,
        same_bool,
        """True where the element is infinite.

        >>> isinf([1., -inf, nan])
        tensor([False,  True, False])
        """,
    ),
    (
        "isfinite",
        np.isfinite,
        same_bool,
        """True where the element is neither infinite nor NaN.

        >>> isfinite([1., -inf, nan])
        tensor([ True, False, False])
        """,
    ),
    (
        "isposinf",
        np.isposinf,
        real_only("isposinf"),
        """True where the element is positive infinity.

        >>> isposinf([1., inf, -inf])
        tensor([False,  True, False])
        """,
    ),
    (
        "isneginf",
        np.isneginf,
        real_only("isneginf"),
        """True where the element is negative infinity.

        >>> isneginf([1., inf, -inf])
        tensor([False, False,  True])
        """,
    ),
):
    op(f"{name}(Tensor input)", infer=infer, nondifferentiable=True, doc=doc, elementwise=True)(
        of_floats(test)
    )


@op("isreal(Tensor input)", infer=same_bool, nondifferentiable=True, half="native", elementwise=True)
def isreal(x):
    """True where the imaginary part is 0.

    >>> isreal([1+0j, 1j])
    tensor([ True, False])
    """
    return x.imag == 0 if x.dtype.kind == "c" else np.ones_like(x, np.bool_)


@composite("is_nonzero(Tensor input)")
def is_nonzero(input):
    """Whether a tensor of one element is not 0, as a Python bool.

    >>> is_nonzero([0.5])
    True
    """
    return bool(input)
