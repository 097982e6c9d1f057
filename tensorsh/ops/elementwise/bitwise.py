"""Whole numbers bit by bit: and, or, xor, not, shifts; common divisors and multiples."""

from __future__ import annotations

import numpy as np

from ...engine.core import dtype as dt
from ...engine.records.op import op
from ...engine.run.operators import install_inplace, install_operator
from ...engine.values.tensor import install
from ...errors import ArgumentError
from ..rules.families import not_implemented, one_tensor
from ..rules.infer import broadcast


def whole(kernel, bool_too=True):
    """The rule of operations on whole numbers (and bool)."""

    def infer(*inputs):
        out = broadcast(*inputs)
        if out.dtype.category > dt.INT or (out.dtype is dt.bool_ and not bool_too):
            raise not_implemented(kernel, out)
        return out

    return infer


def binary(name, kernel, cpu, doc, operator, symbol, bool_too=True):
    """`name(input, other)` with its operator, reflected and in place."""
    record = op(
        f"{name}(Tensor|Number input, Tensor|Number other)",
        infer=whole(cpu, bool_too),
        check=one_tensor(name),
        promote="types",
        inplace=True,
        nondifferentiable=True,
        formula=f"{{0}} {symbol} {{1}}",
        doc=doc,
        elementwise=True,
    )(kernel)
    install_operator(operator, record, f"r{operator}")
    install_inplace(operator, record)
    return record


binary(
    "bitwise_and",
    np.bitwise_and,
    "bitwise_and_cpu",
    """The bits that both have; of bool, "and".

    >>> [6, 5] & 3
    tensor([2, 1])
    """,
    "and",
    "&",
)
binary(
    "bitwise_or",
    np.bitwise_or,
    "bitwise_or_cpu",
    """The bits that either has; of bool, "or".

    >>> [6, 5] | 3
    tensor([7, 7])
    """,
    "or",
    "|",
)
binary(
    "bitwise_xor",
    np.bitwise_xor,
    "bitwise_xor_cpu",
    """The bits that one of them has; of bool, "either but not both".

    >>> [6, 5] ^ 3
    tensor([5, 6])
    """,
    "xor",
    "^",
)


def left_shift(x, n):
    """x · 2ⁿ, wrapped around; 0 once all bits are gone (and for n < 0)."""
    bits = 8 * np.asarray(x).dtype.itemsize
    gone = np.less(n, 0) | np.greater_equal(n, bits)
    return np.where(gone, 0, np.left_shift(x, np.where(gone, 0, n)))


def right_shift(x, n):
    """x / 2ⁿ rounded down; only the sign is left once all bits are gone (and for n < 0)."""
    x = np.asarray(x)
    most = 8 * x.dtype.itemsize - 1
    if x.dtype.kind == "u":
        most += 1
        return np.where(np.greater_equal(n, most), 0, np.right_shift(x, np.minimum(n, most - 1)))
    return np.right_shift(x, np.where(np.less(n, 0) | np.greater(n, most), most, n))


binary(
    "bitwise_left_shift",
    left_shift,
    "lshift_cpu",
    """Bits shifted to the left: input * 2 ** other.

    >>> [1, 3] << 2
    tensor([ 4, 12])
    """,
    "lshift",
    "<<",
    bool_too=False,
)
binary(
    "bitwise_right_shift",
    right_shift,
    "rshift_cpu",
    """Bits shifted to the right: input / 2 ** other, rounded down.

    >>> [4, -3] >> 1
    tensor([ 2, -2])
    """,
    "rshift",
    ">>",
    bool_too=False,
)


@op(
    "bitwise_not(Tensor input)",
    infer=whole("bitwise_not_cpu"),
    inplace="method",
    nondifferentiable=True,
    formula="~{0}",
    elementwise=True,
)
def bitwise_not(x):
    """Every bit the other way round; of bool, "not".

    >>> ~[0, 5]
    tensor([-1, -6])
    """
    return np.invert(x)


def invert(self):
    """`~x`."""
    if self.dtype.category > dt.INT:
        raise ArgumentError(
            "~ (operator.invert) is only implemented on integer and Boolean-type tensors",
            help="-x changes the sign; x == 0 is true where x is zero",
        )
    return bitwise_not(self)


install("__invert__", invert)

for name, kernel, doc in (
    (
        "gcd",
        np.gcd,
        """The greatest common divisor, never negative.

        >>> gcd([12, 18], [8, 27])
        tensor([4, 9])
        """,
    ),
    (
        "lcm",
        np.lcm,
        """The least common multiple, never negative.

        >>> lcm([4, 6], [6, 8])
        tensor([12, 24])
        """,
    ),
):
    op(
        f"{name}(Tensor input, Tensor other)",
        infer=whole(f"{name}_cpu", bool_too=False),
        promote="types",
        inplace="function",
        nondifferentiable=True,
        doc=doc,
        elementwise=True,
    )(kernel)
