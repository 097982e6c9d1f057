"""What PyTorch's argument parser takes for each type of a signature, and its words for what it does not take."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ..core import context
from ..core.device import Device
from ..core.dtype import INT, DType
from ..records.schema import Parameter
from ..values.as_argument import type_name
from ..values.tensor import NUMBERS, Tensor
from ..values.tensor import np as numpy

#: functions, and their in-place forms, that take a Python number where they say Tensor
LIKE_TENSORS = frozenset(
    ("add", "copy", "div", "divide", "floor_divide", "mul", "multiply", "sub", "subtract", "true_divide")
)

#: how messages call the types of a `Schema`
TITLES = {
    "Tensor|Number": "Tensor", "Tensor[]": "tuple of Tensors", "Tensor...": "tuple of Tensors",
    "Tensors...": "tuple of Tensors",
    "int[]": "tuple of ints", "ints": "tuple of ints", "int...": "tuple of ints",
    "floats": "tuple of floats", "Numbers": "tuple of Scalars", "dtype": "torch.dtype",
    "device": "torch.device", "layout": "torch.layout", "format": "torch.memory_format",
    "generator": "torch.Generator", "Storage": "torch.Storage",
}  # fmt: skip

#: the types of a first parameter that several arguments may stand for
SPREAD = ("int[]", "ints", "int...")


class Refused(Exception):
    """Why a call does not fit, as PyTorch says it; `final` is said before another signature is tried.

    `argument` and `position` say which argument it is about, `code` whether its type is wrong or the form
    of the call.
    """

    def __init__(
        self,
        message: str,
        final: bool = False,
        code: str = "argument-type",
        argument: str | None = None,
        position: int | None = None,
    ):
        super().__init__(message)
        self.final = final
        self.code = code
        self.argument = argument
        self.position = position


def complaint(p: Parameter, value: Any, title: str, position: int) -> str | None:
    """Why the parameter at a position of the function `title` does not take a value; None if it does."""
    match p.type:
        case "Tensor[]" | "Tensor..." | "Tensors...":
            return tensor_list(p, value, position)
        case "int[]" | "ints" | "int..." | "floats" | "Numbers":
            return sequence(p, value)
        case "Tensor" | "Tensor|Number" if title.rstrip("_") in LIKE_TENSORS and type(value) in NUMBERS:
            return None
    takes = TAKES.get(p.type)
    return None if takes is None or takes(value) else wanted(p, value)


def wanted(p: Parameter, value: Any) -> str:
    return f"must be {TITLES.get(p.type, p.type)}, not {type_name(value)}"


def tensor_list(p: Parameter, value: Any, position: int) -> str | None:
    if not isinstance(value, list | tuple):
        return wanted(p, value)
    for i, item in enumerate(value):
        if not is_tensor(item):
            raise Refused(
                f"expected Tensor as element {i} in argument {position}, but got {type_name(item)}", True
            )
    return None


def sequence(p: Parameter, value: Any) -> str | None:
    """A tuple of numbers, judged by the first of them; `int[]` takes a single int as well."""
    if not isinstance(value, list | tuple):
        return None if p.type == "int[]" and is_int(value) else wanted(p, value)
    fits = {"floats": is_float, "Numbers": is_number}.get(p.type, is_index)
    if not value or fits(value[0]):
        return None
    return f"must be {TITLES[p.type]}, but found element of type {type_name(value[0])} at pos 0"


def is_tensor(value: Any) -> bool:
    """A tensor, or what the language takes for one."""
    return isinstance(value, Tensor) or (isinstance(value, list) and context.current().lists)


def is_int(value: Any) -> bool:
    if isinstance(value, Tensor):
        return is_scalar(value) and value.dtype.category == INT
    return isinstance(value, int | numpy.integer) and type(value) is not bool


def is_index(value: Any = None) -> bool:
    if type(value) is bool:
        return False
    try:
        operator.index(value)
    except Exception:
        return False
    return True


def is_float(value: Any) -> bool:
    return (
        is_scalar(value)
        if isinstance(value, Tensor)
        else isinstance(value, int | float | numpy.number | numpy.bool_)
    )


def is_number(value: Any) -> bool:
    return type(value) is complex or is_float(value)


def is_bool(value: Any) -> bool:
    return isinstance(value, bool | numpy.bool_)


def is_scalar(value: Tensor) -> bool:
    """Whether a tensor stands for a number: one that learns does not."""
    return not value.spec.shape and not value.requires_grad


def is_dtype(value: Any) -> bool:
    return isinstance(value, DType) or isinstance(getattr(value, "dtype_alias", None), DType)


TAKES: dict[str, Callable[[Any], bool]] = {
    "Tensor": is_tensor,
    "Tensor|Number": is_tensor,
    "Number": is_number,
    "int": is_int,
    "float": is_float,
    "bool": is_bool,
    "str": lambda value: isinstance(value, str),
    "dtype": is_dtype,
    "device": lambda value: isinstance(value, str | Device) or is_int(value),
    "layout": lambda value: type_name(value) == "torch.layout",
    "format": lambda value: type_name(value) == "torch.memory_format",
    "generator": lambda value: type_name(value) == "torch._C.Generator",
    "Storage": lambda value: type_name(value) in ("torch.storage.UntypedStorage", "TypedStorage"),
}
