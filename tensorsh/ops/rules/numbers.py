"""Python numbers as elements: what a dtype can hold, and the values as a C cast on x86 has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.dtype import DType
from ...errors import BadValue

#: the names of C++ types in "value cannot be converted to type …"
SCALAR_NAMES = {
    dt.bool_: "bool",
    dt.uint8: "uint8_t",
    dt.int8: "int8_t",
    dt.int16: "int16_t",
    dt.int32: "int",
    dt.int64: "int64_t",
    dt.float16: "c10::Half",
    dt.bfloat16: "c10::BFloat16",
    dt.float32: "float",
    dt.float64: "double",
    dt.complex64: "c10::complex<float>",
    dt.complex128: "c10::complex<double>",
}

#: the largest finite number of each floating-point dtype
LARGEST = {
    dt.float16: 65504.0,
    dt.bfloat16: 3.3895313892515355e38,
    dt.float32: 3.4028234663852886e38,
    dt.float64: 1.7976931348623157e308,
}


def int_range(dtype: DType) -> tuple[int, int]:
    """The smallest and the largest integer of an integer dtype."""
    bits = dtype.bits
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if dtype.is_signed else (0, 2**bits - 1)


def holds(value: Any, dtype: DType) -> bool:
    """Whether a number converts to a dtype: integers in range (negative ones wrap in unsigned dtypes)."""
    if dtype is dt.bool_:
        return True
    if isinstance(value, complex):
        if dtype.is_complex:
            return holds(value.real, dtype) and holds(value.imag, dtype)
        if value.imag:
            return False
        value = value.real
    if dtype.category >= dt.FLOAT:
        return not LARGEST[dtype.to_real()] < abs(value) < float("inf")
    if value != value or abs(value) == float("inf"):
        return False
    low, high = int_range(dtype)
    if dtype is dt.uint8 and isinstance(value, int):
        low = -high
    return low <= value <= high


def check_bits(value: int) -> None:
    """PyTorch's error where an index, or an integer that is assigned, does not fit into 64 bits."""
    if not -(2**63) <= value < 2**63:
        help = "integers have 64 bits"
        raise BadValue("Overflow when unpacking long long", raises=ValueError, code="number-range", help=help)


def check_number(value: Any, dtype: DType, name: str | None = None) -> None:
    """PyTorch's error where a number does not convert to a dtype."""
    if isinstance(value, bool):
        return
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise BadValue(
            "can't convert negative int to unsigned" if value < 0 else "int too big to convert",
            raises=OverflowError,
            code="number-range",
            help="integers have 64 bits",
        )
    if not holds(value, dtype):
        whole = isinstance(value, complex) and not dtype.is_complex
        raise overflow(
            name or SCALAR_NAMES[dtype],
            "take .real, or make the tensor complex"
            if whole
            else f"it is out of range for {dtype.name}; choose a wider dtype",
        )


def overflow(name: str, help: str | None = None) -> Exception:
    """What PyTorch says of a number that a type of C++ does not hold."""
    return BadValue(
        f"value cannot be converted to type {name} without overflow", code="number-range", help=help
    )


def check_factor(value: Any, dtype: DType) -> None:
    """The same for a number in the arithmetic of an operation, which computes 16-bit floats in float32."""
    check_number(value, dt.float32 if dtype.is_half else dtype)


def number_array(value: Any, dtype: DType) -> np.ndarray[Any, Any]:
    """A number as a 0-d array of a dtype that holds it."""
    if isinstance(value, complex) and not dtype.is_complex:
        value = value.real if dtype is not dt.bool_ else bool(value)
    if isinstance(value, int) and not isinstance(value, bool) and dtype is dt.uint8:
        value %= 256
    if dtype.category == dt.INT:
        value = int(value)
    return cast_array(np.asarray(value), dtype)


def cast_array(x: np.ndarray[Any, Any], to: DType) -> np.ndarray[Any, Any]:
    """The values in another dtype, as a C cast on x86 has them.

    Complex loses its imaginary part, nan is true, a float64 is rounded to float32 on its way to 16
    bits, and floats go to small integers by way of larger ones, wrapping around.
    """
    wanted = to.np
    have = x.dtype
    if have == wanted:
        return x
    if have.kind == "c" and to.category < dt.COMPLEX:
        if to is dt.bool_:
            return x != 0
        x = x.real
    if to.is_half and x.dtype == np.float64:
        x = x.astype(np.float32)
    elif to.category == dt.INT and to.bits < 32 and dt.of(x).category == dt.FLOAT:
        x = x.astype(np.int64 if to is dt.uint8 else np.int32)
    return x.astype(wanted)
