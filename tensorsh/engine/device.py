"""Devices: every name PyTorch knows parses; `cpu` and `meta` are here.

A `meta` tensor has shape and dtype and takes part in the graph, but holds no values.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..errors import DeviceError

NAMES = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla",
    "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip

#: names that PyTorch used to know; they parse, and its message does not list them
FORMER_NAMES = ("msnpu", "mlc")


class Device:
    """A place for tensors: `.type` and `.index` (None where none was given)."""

    __slots__ = ("index", "type")

    def __init__(self, type: str, index: int | None = None):
        self.type = type
        self.index = index

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


Device.__name__ = "torch.device"  # as Python's own messages call it
cpu = Device("cpu")
meta = Device("meta")
available = (cpu, meta)


@lru_cache(maxsize=256)
def parse(text: str) -> Device:
    """`"cuda:1"` → Device. Any name PyTorch knows, here or not."""
    match = re.fullmatch(r"([a-z]+)(?::(\d+))?", text)
    if match is None:
        raise DeviceError(f"Invalid device string: '{text}'", help=_listing())
    name, index = match.groups()
    if name not in NAMES and name not in FORMER_NAMES:
        raise DeviceError(
            f"Expected one of {', '.join(NAMES)} device type at start of device string: {name}",
            help=_listing(),
        )
    if name in ("cpu", "meta") and index in (None, "0"):
        return (cpu if name == "cpu" else meta) if index is None else Device(name, 0)
    return Device(name, None if index is None else int(index))


def resolve(value: Device | str | None, default: Device = cpu) -> Device:
    """The device that new tensors go to, or a DeviceError that lists those that are here."""
    if value is None:
        return default
    device = parse(value) if isinstance(value, str) else value
    if device.type == "cpu":
        return cpu
    if device.type == "meta":
        return meta
    if device.type in ("cuda", "xpu"):
        raise DeviceError(f"Torch not compiled with {device.type.upper()} enabled", help=_listing())
    raise DeviceError(f"Device '{device}' is not available", help=_listing())


def _listing() -> str:
    return "available devices: " + ", ".join(map(str, available))
