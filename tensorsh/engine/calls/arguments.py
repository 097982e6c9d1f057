"""Converting arguments: what a signature's types accept, and PyTorch's words for what they do not.

Each converter is `convert(value, operation, parameter, position)`, the position counted from 1.
"""

from __future__ import annotations

import operator
from functools import partial
from typing import Any

from ...errors import ArgumentError, DeviceError
from ..core import context, device
from ..core import dtype as dt
from ..core.device import Device
from ..core.dtype import DType
from ..core.memory_format import MemoryFormat
from ..core.results import Size
from ..records.op import converters, lenient
from ..values.arrays import number as as_number
from ..values.arrays import shared
from ..values.as_argument import converters_tensor, strict_tensor, type_name
from ..values.tensor import NUMBERS, PLAIN, Tensor
from ..values.tensor import np as numpy
from ..values.wrapping import wrap
from .accepts import is_index, is_scalar


def _wrong(
    op: str, name: str, position: int, expected: str, value: Any, help: str | None = None
) -> Exception:
    return ArgumentError(
        f"{op}(): argument '{name}' (position {position}) must be {expected}, not {type_name(value)}",
        code="argument-type",
        help=help,
        argument=name,
        position=position,
    )


def tensor_or_number(value: Any, op: str, name: str, position: int, convert: Any = strict_tensor) -> Any:
    if type(value) in NUMBERS:
        return value
    found = as_number(value)
    if found is None:
        return value if context.current().mode.is_number(value) else convert(value, op, name, position)
    return found


def tensors(
    value: Any, op: str, name: str, position: int, convert: Any = strict_tensor
) -> tuple[Tensor, ...]:
    if not isinstance(value, list | tuple) or type(value) is Size:
        raise _wrong(op, name, position, "tuple of Tensors", value)
    found = []
    for i, item in enumerate(value):
        if type(item) not in PLAIN:
            listed = context.current().lists and isinstance(item, list | tuple)
            if not listed and not isinstance(item, Tensor) and not hasattr(type(item), "__torch_function__"):
                raise ArgumentError(
                    f"expected Tensor as element {i} in argument {position - 1}, but got {type_name(item)}",
                    code="argument-type",
                )
            item = convert(item, op, name, position)
        found.append(item)
    return tuple(found)


def number(value: Any, op: str, name: str, position: int) -> Any:
    if type(value) in NUMBERS:
        return value
    if isinstance(value, Tensor) and is_scalar(value):
        return value.item()
    found = as_number(value)
    if found is not None:
        return found
    if context.current().mode.is_number(value):
        return value
    raise _wrong(op, name, position, "Number", value)


def integer(value: Any, op: str, name: str, position: int) -> int:
    if type(value) is int:
        return value
    if isinstance(value, Tensor) and not value.spec.shape and value.dtype.category == dt.INT:
        return int(value.item())
    if isinstance(value, numpy.integer | int) and type(value) is not bool:
        return int(value)
    raise _wrong(op, name, position, "int", value)


def integers(value: Any, op: str, name: str, position: int) -> tuple[int, ...]:
    """A tuple of ints from one int, a tuple, a list, a Size or an integer tensor's elements."""
    if type(value) is int:
        return (value,)
    if isinstance(value, tuple | list):
        found = []
        for i, item in enumerate(value):
            if type(item) is int:
                found.append(item)
            elif (type(item) is bool and i) or (
                isinstance(item, numpy.integer | int) and type(item) is not bool
            ):
                found.append(int(item))
            elif isinstance(item, Tensor) and item.spec.numel == 1 and item.dtype.category == dt.INT:
                found.append(int(item.item()))
            elif not isinstance(item, Tensor) and is_index(item):
                found.append(operator.index(item))
            else:
                raise bad_element(op, name, position, item, i)
        return tuple(found)
    if isinstance(value, Tensor) and value.spec.numel == 1 and value.dtype.category <= dt.INT:
        return (int(value.item()),)
    if not isinstance(value, Tensor) and is_index(value):
        return (operator.index(value),)
    raise _wrong(op, name, position, "tuple of ints", value)


def bad_element(op: str, name: str, position: int, item: Any, at: int) -> Exception:
    """PyTorch looks at the first element to see whether a tuple is one of ints, at the others later."""
    kind = type_name(item)
    if at == 0:
        message = (
            f"{op}(): argument '{name}' (position {position}) must be tuple of ints, "
            f"but found element of type {kind} at pos 0"
        )
    else:
        message = (
            f"{op}(): argument '{name}' failed to unpack the object at pos {at + 1} "
            f'with error "type must be tuple of ints,but got {kind}"'
        )
    return ArgumentError(message, code="argument-type")


def several(value: Any, op: str, name: str, position: int) -> tuple[int, ...]:
    """A tuple of ints where a single int is not taken for one."""
    own = isinstance(value, Tensor) and context.current().lists  # brackets of numbers
    if not isinstance(value, tuple | list) and not own:
        raise _wrong(op, name, position, "tuple of ints", value)
    return integers(value, op, name, position)


def sizes(values: tuple[Any, ...], op: str, name: str, position: int) -> tuple[int, ...]:
    """`f(2, 3)` and `f((2, 3))` alike."""
    if values and all(type(n) is int for n in values):
        return values
    if not values:
        short = op.rpartition(".")[2]
        raise ArgumentError(f'{short}() missing 1 required positional arguments: "{name}"', code="signature")
    first = values[0]
    if len(values) > 1 and not isinstance(first, int | Tensor | numpy.integer):
        raise ArgumentError(
            f"{op}() takes 1 positional argument but {len(values)} were given", code="signature"
        )
    if len(values) == 1 and (isinstance(first, tuple | list) or type(first) is not int):
        if type(first) is bool:
            raise _wrong(op, name, position, "tuple of ints", first)
        return integers(first, op, name, position)
    return integers(values, op, name, position)


def in_one(values: tuple[Any, ...], op: str, name: str, position: int) -> tuple[int, ...]:
    """Sizes as functions take them that are no methods: one tuple."""
    if len(values) != 1:
        raise ArgumentError(f"{op}() takes its sizes as one tuple", code="signature")
    return several(values[0], op, name, position)


def tensor_arguments(
    values: tuple[Any, ...], op: str, name: str, position: int, convert: Any = strict_tensor
) -> tuple[Tensor, ...]:
    """`f(a, b)`; in tensorsh's own programs a single list is a list of tensors."""
    if context.current().lists:
        return one_list(values, op, name, position, convert)
    return tensors(values, op, name, position, convert)


def one_list(
    values: tuple[Any, ...], op: str, name: str, position: int, convert: Any = strict_tensor
) -> tuple[Tensor, ...]:
    """`f(a, b)` and `f((a, b))` alike; a single list is a list of tensors."""
    if len(values) == 1 and isinstance(values[0], tuple | list):
        return tensors(values[0], op, name, position, convert)
    return tensors(values, op, name, position, convert)


def real(value: Any, op: str, name: str, position: int) -> float:
    if issubclass(type(value), float | int):
        return float(value)
    if isinstance(value, Tensor) and is_scalar(value):
        return float(value)
    if isinstance(value, numpy.floating | numpy.integer | numpy.bool_):
        return float(value)
    if context.current().mode.is_number(value):
        found: float = value * 1.0
        return found
    raise _wrong(op, name, position, "float", value)


def boolean(value: Any, op: str, name: str, position: int) -> bool:
    if type(value) is bool:
        return value
    if isinstance(value, numpy.bool_):
        return bool(value)
    if name == "inplace" and isinstance(
        value, int | Tensor
    ):  # of which PyTorch's functions in Python ask the truth
        return bool(value)
    raise _wrong(op, name, position, "bool", value)


def switch(value: Any, op: str, name: str, position: int) -> bool:
    """A bool, or an integer, that a function in Python hands on to the engine."""
    try:
        return bool(operator.index(value))
    except TypeError:
        kind = type_name(value)
        raise ArgumentError(
            f"'{kind}' object cannot be interpreted as an integer", code="argument-type"
        ) from None


def text(value: Any, op: str, name: str, position: int) -> str:
    if isinstance(value, str):
        return value
    raise _wrong(op, name, position, "str", value)


def dtype(value: Any, op: str, name: str = "dtype", position: int = 0) -> DType:
    if isinstance(value, DType):
        return value
    if isinstance(value, str) and value.removeprefix("torch.") in dt.dtypes:
        return dt.dtypes[value.removeprefix("torch.")]
    own = getattr(value, "dtype_alias", None)  # the host's `float`, `int`, `bool` name dtypes too
    if isinstance(own, DType):
        return own
    python = {float: dt.float64, int: dt.int64, bool: dt.bool_, complex: dt.complex128}
    if isinstance(value, type) and value in python:
        return python[value]
    raise _wrong(op, name, position, "torch.dtype", value)


def dtype_argument(value: Any, op: str, name: str, position: int) -> DType:
    """The dtype of a call; a string is PyTorch's error there."""
    if isinstance(value, str):
        raise _wrong(op, name, position, "torch.dtype", value, help="without quotes: float32, int64, bool, …")
    return dtype(value, op, name, position)


def device_of(value: Any, op: str, name: str, position: int) -> Device:
    if isinstance(value, Device | str):
        return device.resolve(value, context.current().device)
    if type(value) is int:
        raise DeviceError(
            "Cannot access accelerator device when none is available.",
            help="a number names an accelerator; the devices here are cpu and meta",
        )
    raise _wrong(op, name, position, "torch.device", value)


def memory_format(value: Any, op: str, name: str, position: int) -> MemoryFormat:
    if isinstance(value, MemoryFormat):
        return value
    raise _wrong(op, name, position, "torch.memory_format", value)


converters.update(
    {
        "Tensor|Number": tensor_or_number,
        "Tensor[]": tensors,
        "Number": number,
        "int": integer,
        "int[]": integers,
        "ints": several,
        "int...": sizes,
        "in one": in_one,
        "Tensor...": tensor_arguments,
        "Tensors...": one_list,
        "float": real,
        "bool": boolean,
        "switch": switch,
        "str": text,
        "dtype": dtype_argument,
        "device": device_of,
        "format": memory_format,
    }
)
lenient.update(
    {
        "Tensor|Number": partial(tensor_or_number, convert=converters_tensor),
        "Tensor[]": partial(tensors, convert=converters_tensor),
        "Tensor...": partial(tensor_arguments, convert=converters_tensor),
        "Tensors...": partial(one_list, convert=converters_tensor),
    }
)


def as_tensor(value: Any) -> Tensor:
    """Whatever an embedding program hands over, as a tensor."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, numpy.ndarray):
        return shared(value)
    if isinstance(value, numpy.generic):
        return wrap(value)
    return converters_tensor(value if isinstance(value, list | tuple) else [value], "tensor", "data", 1)
