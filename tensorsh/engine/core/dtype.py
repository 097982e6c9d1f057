"""Element types: PyTorch's names, categories and promotion over NumPy's storage types.

A `DType` is one of a dozen constants (`float32`, `int64`, …). Promotion follows PyTorch's
`result_type`: a value of a higher category (bool < int < float < complex) decides, and within a
category a tensor with dimensions outranks a 0-d tensor, which outranks a Python number.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .titles import Titled, titled

BOOL, INT, FLOAT, COMPLEX = range(4)


class DType(metaclass=Titled):
    """An element type. `str()` is PyTorch's `torch.float32`; `.name` is `float32`."""

    __slots__ = ("_np", "bits", "category", "is_complex", "is_floating_point", "is_signed", "name", "title")

    def __new__(cls, *facts: Any) -> DType:
        if len(facts) != 5:  # a program's call: all there are stand below
            raise TypeError("cannot create 'torch.dtype' instances")
        return super().__new__(cls)

    def __init__(self, name: str, category: int, bits: int, title: str, np_dtype: Any):
        self.name = name
        self.category = category
        self.bits = bits
        self.title = title  # PyTorch's C++ name, used in its messages: Float, Long, …
        self._np = np_dtype
        self.is_floating_point = category == FLOAT
        self.is_complex = category == COMPLEX
        self.is_signed = name not in ("uint8", "bool")

    @property
    def np(self) -> np.dtype[Any]:
        """The NumPy dtype that stores it (bfloat16 is ml_dtypes', imported at first use)."""
        if self._np is None:
            import ml_dtypes

            self._np = np.dtype(ml_dtypes.bfloat16)
            from_np[self._np] = self
        return self._np

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return max(self.bits // 8, 1)

    @property
    def tensor_title(self) -> str:
        """What C++ calls a tensor of it in messages: "torch.FloatTensor", "CPUBoolType"."""
        return f"torch.{self.title}Tensor" if self.name in _LEGACY else f"CPU{self.title}Type"

    @property
    def is_half(self) -> bool:
        """Stored in 16 bits, computed in float32 (PyTorch's `opmath`)."""
        return self.is_floating_point and self.bits == 16

    def to_real(self) -> DType:
        """The dtype of the real part."""
        return {complex64: float32, complex128: float64}.get(self, self)

    def to_complex(self) -> DType:
        """The complex dtype whose parts have this dtype."""
        return complex128 if self in (float64, complex128) else complex64

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> Any:
        from ..values import rebuild

        return rebuild.dtype, (self.name,)

    def __copy__(self) -> DType:
        return self

    def __deepcopy__(self, memo: Any) -> DType:
        return self


bool_ = DType("bool", BOOL, 8, "Bool", np.dtype(np.bool_))
uint8 = DType("uint8", INT, 8, "Byte", np.dtype(np.uint8))
int8 = DType("int8", INT, 8, "Char", np.dtype(np.int8))
int16 = DType("int16", INT, 16, "Short", np.dtype(np.int16))
int32 = DType("int32", INT, 32, "Int", np.dtype(np.int32))
int64 = DType("int64", INT, 64, "Long", np.dtype(np.int64))
float16 = DType("float16", FLOAT, 16, "Half", np.dtype(np.float16))
bfloat16 = DType("bfloat16", FLOAT, 16, "BFloat16", None)
float32 = DType("float32", FLOAT, 32, "Float", np.dtype(np.float32))
float64 = DType("float64", FLOAT, 64, "Double", np.dtype(np.float64))
complex64 = DType("complex64", COMPLEX, 64, "ComplexFloat", np.dtype(np.complex64))
complex128 = DType("complex128", COMPLEX, 128, "ComplexDouble", np.dtype(np.complex128))

#: those whose tensors have had a class of their own since Torch
_LEGACY = ("uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")

titled(DType, "torch.dtype")
ALL = (bool_, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128)

#: every name a user may write for a dtype
dtypes: dict[str, DType] = {d.name: d for d in ALL} | {
    "half": float16,
    "float": float32,
    "double": float64,
    "short": int16,
    "int": int32,
    "long": int64,
    "cfloat": complex64,
    "cdouble": complex128,
}

#: PyTorch's C++ names for messages such as "expected m1 and m2 to have the same dtype"
c_names = {
    bool_: "bool",
    uint8: "unsigned char",
    int8: "signed char",
    int16: "short int",
    int32: "int",
    int64: "long int",
    float16: "c10::Half",
    bfloat16: "c10::BFloat16",
    float32: "float",
    float64: "double",
    complex64: "c10::complex<float>",
    complex128: "c10::complex<double>",
}

from_np: dict[Any, DType] = {d._np: d for d in ALL if d._np is not None}


def of(array: np.ndarray[Any, Any] | np.generic) -> DType:
    """The dtype of a NumPy array or scalar; KeyError for what PyTorch has no tensor of."""
    found = from_np.get(array.dtype)
    if found is None:
        bfloat16.np  # noqa: B018  registers ml_dtypes' type in from_np
        found = from_np[array.dtype]
    return found


def _promote(a: DType, b: DType) -> DType:
    if a.category < b.category:
        a, b = b, a
    if a.category == b.category:
        if a.bits < b.bits:
            a, b = b, a
        if a.bits > b.bits:
            return a
        return {frozenset((uint8, int8)): int16, frozenset((float16, bfloat16)): float32}.get(
            frozenset((a, b)), a
        )
    if a.category == COMPLEX and b is float64:
        return complex128
    return a


_promoted = {(a, b): _promote(a, b) for a in ALL for b in ALL}


def promote_types(a: DType, b: DType) -> DType:
    """The smallest dtype that both fit, as `torch.promote_types`."""
    return _promoted[a, b]


def of_number(kind: type, default: DType) -> DType:
    """The dtype a Python number of this type has on its own; `default` is the default float."""
    if kind is bool:
        return bool_
    if kind is int:
        return int64
    return default if kind is float else default.to_complex()


def result_type(operands: Iterable[tuple[DType, bool] | type], default: DType) -> DType:
    """PyTorch's `result_type`.

    Each operand is (dtype, has_dimensions) for a tensor, or the Python type of a number.
    """
    full = scalar = number = None
    for item in operands:
        if isinstance(item, tuple):
            dtype, has_dims = item
            if has_dims:
                full = dtype if full is None else _promoted[full, dtype]
            else:
                scalar = dtype if scalar is None else _promoted[scalar, dtype]
        else:
            dtype = of_number(item, default)
            number = dtype if number is None else _promoted[number, dtype]
    result = _combine(_combine(full, scalar), number)
    assert result is not None
    return result


def _combine(higher: DType | None, lower: DType | None) -> DType | None:
    """Let an operand of lower priority in: only a higher category changes the result."""
    if higher is None or lower is None:
        return higher or lower
    if higher.category == COMPLEX:
        return higher
    if higher.category == FLOAT:
        return higher.to_complex() if lower.category == COMPLEX else higher
    if higher is bool_ or lower.category >= FLOAT:
        return _promoted[higher, lower]
    return higher


#: float32 arrays up to this many elements go through float64 where NumPy's own loops miss the last digit
EXACT = 1 << 15
#: up to this many elements functions that are machine code outside loops, too, follow PyTorch's vectors
FOLLOWED = 1 << 18
#: elements of the largest arrays whose steps become machine code of a program together with others
JOINED = 1 << 15
