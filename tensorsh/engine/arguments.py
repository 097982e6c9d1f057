"""Converting arguments: what a signature's types accept, and PyTorch's words for what they do not.

Each converter is `convert(value, operation, parameter, position)`; `rebind` has a second look at
calls that do not fit (NumPy's `axis=` and `keepdims=` are accepted, as in PyTorch).
"""

from __future__ import annotations

import re
from typing import Any

from ..errors import ArgumentError, DeviceError
from . import context, device
from . import dtype as dt
from .device import Device
from .dtype import DType
from .op import Op, converters
from .results import Size
from .tensor import NUMBERS, Tensor, converters_tensor, type_name, wrap
from .tensor import np as numpy

#: keyword spellings PyTorch takes over from NumPy
ALIASES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "self": "input", "a": "input", "x2": "other"}


def _wrong(op: str, name: str, position: int, expected: str, value: Any) -> ArgumentError:
    return ArgumentError(
        f"{op}(): argument '{name}' (position {position}) must be {expected}, not {type_name(value)}",
        code="argument-type",
    )


def tensor_or_number(value: Any, op: str, name: str, position: int) -> Any:
    if type(value) in NUMBERS:
        return value
    if isinstance(value, numpy.generic):
        return value.item()
    return converters_tensor(value, op, name, position)


def tensors(value: Any, op: str, name: str, position: int) -> tuple[Tensor, ...]:
    if isinstance(value, Tensor):
        if not value.spec.shape:
            raise _wrong(op, name, position, "tuple of Tensors", value)
        return tuple(value)
    if not isinstance(value, list | tuple) or type(value) is Size:
        raise _wrong(op, name, position, "tuple of Tensors", value)
    found = []
    for i, item in enumerate(value):
        if not isinstance(item, Tensor):
            if not isinstance(item, list | tuple):
                raise ArgumentError(
                    f"expected Tensor as element {i} in argument {position - 1}, but got {type_name(item)}",
                    code="argument-type",
                )
            item = converters_tensor(item, op, name, position)
        found.append(item)
    return tuple(found)


def number(value: Any, op: str, name: str, position: int) -> Any:
    if type(value) in NUMBERS:
        return value
    if isinstance(value, Tensor) and not value.spec.shape:
        return value.item()
    if isinstance(value, numpy.generic):
        return value.item()
    raise _wrong(op, name, position, "Number", value)


def integer(value: Any, op: str, name: str, position: int) -> int:
    if type(value) is int or type(value) is bool:
        return int(value)
    if isinstance(value, Tensor) and value.spec.numel == 1 and value.dtype.category <= dt.INT:
        return int(value.item())
    if isinstance(value, numpy.integer):
        return int(value)
    raise _wrong(op, name, position, "int", value)


def integers(value: Any, op: str, name: str, position: int) -> tuple[int, ...]:
    """A tuple of ints from one int, a tuple, a list, a Size or an integer tensor's elements."""
    if type(value) is int:
        return (value,)
    if isinstance(value, tuple | list | range):
        found = []
        for i, item in enumerate(value):
            if type(item) is int:
                found.append(item)
            elif isinstance(item, Tensor | numpy.integer | bool):
                found.append(integer(item, op, name, position))
            else:
                raise ArgumentError(
                    f"{op}(): argument '{name}' (position {position}) must be tuple of ints, "
                    f"but found element of type {type_name(item)} at pos {i}",
                    code="argument-type",
                )
        return tuple(found)
    if isinstance(value, Tensor) and value.spec.numel == 1 and value.dtype.category <= dt.INT:
        return (int(value.item()),)
    if isinstance(value, numpy.integer | bool):
        return (int(value),)
    raise _wrong(op, name, position, "tuple of ints", value)


def sizes(values: tuple[Any, ...], op: str, name: str, position: int) -> tuple[int, ...]:
    """`f(2, 3)` and `f((2, 3))` alike."""
    if not values:
        short = op.rpartition(".")[2]
        raise ArgumentError(f'{short}() missing 1 required positional arguments: "{name}"', code="signature")
    if len(values) == 1 and isinstance(values[0], tuple | list):
        return integers(values[0], op, name, position)
    return integers(values, op, name, position)


def tensor_arguments(values: tuple[Any, ...], op: str, name: str, position: int) -> tuple[Tensor, ...]:
    """`f(a, b)` and `f((a, b))` alike; a single list is a list of tensors."""
    if len(values) == 1 and isinstance(values[0], tuple | list):
        return tensors(values[0], op, name, position)
    return tensors(values, op, name, position)


def real(value: Any, op: str, name: str, position: int) -> float:
    if type(value) is float or type(value) is int or type(value) is bool:
        return float(value)
    if isinstance(value, Tensor) and not value.spec.shape:
        return float(value)
    if isinstance(value, numpy.floating | numpy.integer):
        return float(value)
    raise _wrong(op, name, position, "float", value)


def boolean(value: Any, op: str, name: str, position: int) -> bool:
    if type(value) is bool or type(value) is int:
        return bool(value)
    if isinstance(value, Tensor) and value.spec.numel == 1 and value.dtype is dt.bool_:
        return bool(value)
    if isinstance(value, numpy.bool_):
        return bool(value)
    raise _wrong(op, name, position, "bool", value)


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


def device_of(value: Any, op: str, name: str, position: int) -> Device:
    if isinstance(value, Device | str):
        return device.resolve(value, context.current.device)
    if type(value) is int:
        raise DeviceError(
            "Cannot access accelerator device when none is available.",
            help="a number names an accelerator; the devices here are cpu and meta",
        )
    raise _wrong(op, name, position, "torch.device", value)


converters.update(
    {
        "Tensor|Number": tensor_or_number,
        "Tensor[]": tensors,
        "Number": number,
        "int": integer,
        "int[]": integers,
        "int...": sizes,
        "Tensor...": tensor_arguments,
        "float": real,
        "bool": boolean,
        "str": text,
        "dtype": dtype,
        "device": device_of,
    }
)


# ------------------------------------------------------------------ calls that do not fit


def rebind(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], error: TypeError) -> Any:
    """Try NumPy's spellings; otherwise say in one sentence what is wrong with the call."""
    names = {p.name for p in op.schema.parameters}
    renamed = {ALIASES.get(k, k) if k not in names else k: v for k, v in kwargs.items()}
    if renamed.keys() != kwargs.keys() and renamed.keys() <= names:
        return op.bound(*args, **renamed)
    short = op.schema.title
    message = re.sub(r"^\w+\(\)", f"{short}()", str(error))
    missing = re.search(r"missing (\d+) required positional arguments?: (.*)$", message)
    if missing:
        wanted = re.findall(r"'(\w+)'", missing[2])
        message = f"{short}() missing {missing[1]} required positional arguments: " + ", ".join(
            f'"{w}"' for w in wanted
        )
    raise ArgumentError(
        message, code="signature", help=f"the signature is {op.schema}", operands=args
    ) from None


def as_tensor(value: Any) -> Tensor:
    """Whatever an embedding program hands over, as a tensor."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, numpy.ndarray | numpy.generic):
        return wrap(value)
    return converters_tensor(value if isinstance(value, list | tuple) else [value], "tensor", "data", 1)
