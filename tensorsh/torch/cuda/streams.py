"""Streams, events and the choice of a device, of CUDA: they cannot be made without it."""

from __future__ import annotations

from typing import Any, Literal

__all__ = ["Event", "OutOfMemoryError", "Stream", "StreamContext", "device", "device_of", "stream"]


class OutOfMemoryError(RuntimeError):
    """A device has no more memory."""


OutOfMemoryError.__module__ = "torch"


class Stream:
    """A queue of work of a CUDA device."""

    def __new__(cls, device: Any = None, priority: int = 0, **options: Any) -> Stream:
        raise RuntimeError("torch.cuda.Stream requires CUDA support")


class Event:
    """A moment in a stream of a CUDA device."""

    def __new__(cls, *args: Any, **options: Any) -> Event:
        raise RuntimeError("Tried to instantiate dummy base class Event")


class device:
    """`with device(0):` computes on that CUDA device."""

    def __init__(self, device: Any):
        if not isinstance(device, int):
            raise AssertionError("Torch not compiled with CUDA enabled")
        self.idx = device
        self.prev_idx = -1

    def __enter__(self) -> None:
        if self.idx >= 0:
            raise RuntimeError("PyTorch was compiled without CUDA support")

    def __exit__(self, *_: object) -> Literal[False]:
        return False


class device_of(device):
    """`with device_of(tensor):` computes where the tensor is."""

    def __init__(self, obj: Any):
        super().__init__(-1)


class StreamContext:
    """`with stream(s):` gives work to that stream; nothing where it is None."""

    def __init__(self, stream: Any):
        self.stream = stream

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def stream(stream: Any) -> StreamContext:
    """The context in which a stream is used."""
    return StreamContext(stream)


for _class in (Stream, Event, StreamContext):
    _class.__module__ = "torch.cuda.streams"
for _context in (device, device_of):
    _context.__module__ = "torch.cuda"
