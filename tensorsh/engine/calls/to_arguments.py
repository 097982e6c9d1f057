"""What a call of `to` asks for: modules and packed sequences read their arguments as tensors do.

PyTorch has three signatures; the one whose first parameter takes the first argument is meant, and a call that
none of them takes is refused with all three.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...errors import ArgumentError
from ..core.device import Device
from ..core.dtype import DType
from ..core.memory_format import MemoryFormat
from ..values.tensor import Tensor
from . import arguments
from .combinations import invalid_combination

SHOWN = [
    "(torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, bool copy = False, *, "
    "torch.memory_format memory_format = None)",
    "(torch.dtype dtype, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)",
    "(Tensor tensor, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)",
]
FLAGS = ("non_blocking", "copy")
#: the names of each signature's parameters that may be given by place
PLACES = (("device", "dtype", *FLAGS), ("dtype", *FLAGS), ("tensor", *FLAGS))
#: Python's types that stand for a dtype
NUMBERS = (float, int, bool, complex)
KINDS: dict[str, Any] = {
    "device": lambda v: v is None or isinstance(v, Device | str) or type(v) is int,
    "dtype": lambda v: v is None or isinstance(v, DType) or any(v is each for each in NUMBERS),
    "tensor": lambda v: isinstance(v, Tensor),
    "non_blocking": lambda v: isinstance(v, bool),
    "copy": lambda v: isinstance(v, bool),
    "memory_format": lambda v: v is None or isinstance(v, MemoryFormat),
}


class Asked(NamedTuple):
    """Where to, as what; None where nothing is to change."""

    device: Device | None
    dtype: DType | None
    copy: bool
    memory_format: MemoryFormat | None


def to_arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Asked:
    """The arguments of a call of `to`, or the TypeError that it is."""
    if len(args) == len(PLACES[0]) + 1:  # with more, no signature is meant at all
        raise ArgumentError(
            f"to() takes from 0 to {len(PLACES[0])} positional arguments but {len(args)} were given"
        )
    for places in PLACES if len(args) <= len(PLACES[0]) else ():
        named = dict(zip(places, args, strict=False))
        given = {**named, **kwargs}
        known = given.keys() <= {*places, "memory_format"} and not named.keys() & kwargs.keys()
        if known and all(_takes(places, name, value) for name, value in given.items()):
            if places[0] == "device" or places[0] in given:
                return _asked(given)
    raise refused(args, kwargs)


def refused(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Exception:
    """The error of a call that no signature takes."""
    return ArgumentError(
        invalid_combination("to", SHOWN, args, kwargs), code="signature", help="x.to(dtype), x.to(device)"
    )


def _takes(places: tuple[str, ...], name: str, value: Any) -> bool:
    """Whether a signature's parameter takes the value; where a dtype comes first it is not left out."""
    if name == "dtype" and places[0] == "dtype" and value is None:
        return False
    return bool(KINDS[name](value))


def _asked(given: dict[str, Any]) -> Asked:
    like, device, dtype = given.get("tensor"), given.get("device"), given.get("dtype")
    if like is not None:
        device, dtype = like.spec.device, like.spec.dtype
    return Asked(
        device if device is None or isinstance(device, Device) else _named(device),
        None if dtype is None else arguments.dtype(dtype, "to"),
        given.get("copy", False),
        given.get("memory_format"),
    )


def _named(device: str | int) -> Device:
    """The device of a name, which need not be here, or of a number, which is an accelerator's."""
    if isinstance(device, str):
        return Device(device)
    return arguments.device_of(device, "to", "device", 1)
