"""Devices: every name PyTorch knows parses; `cpu` and `meta` are here.

A `meta` tensor has shape and dtype and takes part in the graph, but holds no values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from ...errors import ArgumentError, DeviceError
from .titles import Titled, titled

NAMES = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla",
    "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip


class Device(metaclass=Titled):
    """A place for tensors: `.type` and `.index` (None where none was given)."""

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __new__(cls, *args: Any, **kwargs: Any) -> Device:
        """`device("cuda", 1)`, `device("cuda:1")`."""
        return constructed(args, kwargs)

    def __enter__(self) -> Device:
        """Tensors that state no device are made here."""
        state = _context()
        state.mode.change("the default device is changed")
        state.devices, state.device = (*state.devices, state.device), self
        return self

    def __exit__(self, *_: object) -> None:
        state = _context()
        state.devices, state.device = state.devices[:-1], state.devices[-1]

    def __reduce__(self) -> Any:
        from ..values import rebuild

        return rebuild.device, (str(self),)

    @property
    def is_meta(self) -> bool:
        return self.type == "meta"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))


def _context() -> Any:
    from .context import current

    return current()


def make_device(type: str, index: int | None = None) -> Device:
    """The device of that type and index; nothing is looked up."""
    made: Device = object.__new__(Device)
    made.type = type
    made.index = index
    return made


titled(Device, "torch.device")
#: accelerators that PyTorch would have to be compiled with, and what it adds to saying so
COMPILED = {
    "cuda": "",
    "xpu": "",
    "mtia": (
        ". Ensure you have `import mtia.host_runtime.torch_mtia.dynamic_library` in your python src file and "
        "include `//mtia/host_runtime/torch_mtia:torch_mtia` as your target dependency!"
    ),
}

cpu = make_device("cpu")
meta = make_device("meta")
available = (cpu, meta)
#: where tensors of the cpu are while only shapes are inferred
hollow = make_device("meta", 1)


class Here:
    """Where tensors of the cpu are: there, or without values while a program is only checked."""

    def __init__(self) -> None:
        self.cpu = cpu


here = Here()


@contextmanager
def without_values() -> Iterator[None]:
    """Whatever is put on the cpu while this runs has no values."""
    here.cpu, before = hollow, here.cpu
    try:
        yield
    finally:
        here.cpu = before


@lru_cache(maxsize=256)
def without_cuda(what: str) -> str:
    """What PyTorch's core says where it needs the part that is built for CUDA."""
    return (
        f"Cannot {what} without ATen_cuda library. PyTorch splits its backend into two shared "
        "libraries: a CPU library and a CUDA library; this error has occurred because you are trying to use some "
        "CUDA functionality, but the CUDA library has not been loaded by the dynamic linker for some reason.  The "
        "CUDA library MUST be loaded, EVEN IF you don't directly use any symbols from the CUDA library! One common "
        "culprit is a lack of -Wl,--no-as-needed in your link arguments; many dynamic linkers will delete dynamic "
        "library dependencies if you don't depend on any of their symbols.  You can check if this has occurred by "
        "using ldd on your binary to see if there is a dependency on *_cuda.so library."
    )


def parse(text: str) -> Device:
    """`"cuda:1"` → Device. Any name PyTorch knows, here or not."""
    if not isinstance(text, str):
        raise ArgumentError(f"argument 'device_type' must be str, not {type(text).__name__}")
    if not text:
        raise DeviceError("Device string must not be empty", help=_listing())
    match = re.fullmatch(r"([A-Za-z_]+)(?::(0|[1-9][0-9]*))?", text)
    if match is None:
        raise DeviceError(f"Invalid device string: '{text}'", help=_listing())
    name, index = match.groups()
    if index is not None and int(index) >= 1 << 31:
        raise DeviceError(f"Could not parse device index '{index}' in device string '{text}'")
    if name not in NAMES:
        raise DeviceError(
            f"Expected one of {', '.join(NAMES)} device type at start of device string: {name}",
            help=_listing(),
        )
    if name in ("cpu", "meta") and index in (None, "0"):
        return (cpu if name == "cpu" else meta) if index is None else make_device(name, 0)
    return make_device(name, None if index is None else kept_index(int(index)))


def kept_index(index: int) -> int | None:
    """An index as PyTorch keeps it, in one signed byte, whose -1 says that none was given."""
    kept = (index + 128) % 256 - 128
    return None if kept == -1 else kept


def resolve(value: Device | str | None, default: Device = cpu) -> Device:
    """The device that new tensors go to, or a DeviceError that lists those that are here."""
    if value is None:
        value = default
    device = parse(value) if isinstance(value, str) else value
    if device.type == "cpu":
        return here.cpu
    if device.type == "meta":
        return hollow if device is hollow else meta
    if device.type in COMPILED:
        raise DeviceError(
            f"Torch not compiled with {device.type.upper()} enabled{COMPILED[device.type]}",
            raises=AssertionError,
            help=_listing(),
        )
    raise DeviceError(f"Device '{device}' is not available", raises=NotImplementedError, help=_listing())


def destination(value: Device | str, default: Device = cpu) -> Device:
    """The device to copy a tensor to. That a kind is not here has another message for copies than for new
    tensors, and that is a RuntimeError."""
    device = parse(value) if isinstance(value, str) else value
    if device.index is None and device.type not in COMPILED and device.type not in ("cpu", "meta"):
        raise DeviceError(f"PyTorch is not linked with support for {device.type} devices", help=_listing())
    return resolve(device, default)


def constructed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Device:
    """What `device(…)` makes of a string, a type and an index, an index, or a device."""
    from ..calls.arguments import device_of
    from ..calls.combinations import invalid_combination
    from ..values.as_argument import type_name

    unknown = kwargs.keys() - {"device", "type", "index"}
    given = dict(zip(("type", "index"), args, strict=False)) | kwargs
    type_, index = given.get("device", given.get("type")), given.get("index")
    alone = len(args) + len(kwargs) == 1
    if type(type_) is int and args and alone:
        if type_ < 0:
            raise DeviceError("Device index must not be negative", help="the first is 0")
        return device_of(type_, "device", "device", 1)
    if isinstance(type_, Device) and alone and "type" not in kwargs:
        return type_
    if len(args) > 2 or not given.keys() & {"device", "type"} or (alone and not isinstance(type_, str)):
        raise ArgumentError(
            invalid_combination(
                "device", ["(torch.device device)", "(str type, int index = -1)"], args, kwargs
            ),
            help='the type, and perhaps an index: device("cuda", 1)',
        )
    if unknown:
        raise ArgumentError(f"device() got an unexpected keyword argument '{min(unknown)}'", code="signature")
    for value, name, position, python in ((type_, "type", 1, str), (index, "index", 2, int)):
        fits = isinstance(value, python) and type(value) is not bool
        if not fits and not (value is None and name == "index"):
            raise ArgumentError(
                f"device(): argument '{name}' (position {position}) must be {python.__name__}, "
                f"not {type_name(value)}"
            )
    found = parse(str.__str__(type_))
    if index is None:
        return found
    if found.index is not None:
        raise DeviceError(
            f"type (string) must not include an index because index was passed explicitly: {type_}",
            help=f'device("{found.type}", {index})',
        )
    if index < 0:
        raise DeviceError("Device index must not be negative", help="the first is 0")
    return make_device(found.type, kept_index(index))


def _listing() -> str:
    return "available devices: " + ", ".join(map(str, available))
