"""torch.types: what annotations of programs are written with."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import IO

from ..engine.core.device import Device as _device
from ..engine.core.dtype import DType as _dtype
from ..engine.core.layouts import Layout as _layout
from ..engine.core.results import Size
from ..engine.values.tensor import Tensor
from .namespace import lazily
from .storage import UntypedStorage as Storage

_bool, _bytes, _complex, _float, _int, _str = bool, bytes, complex, float, int, str

Number = int | float | bool
Device = _device | str | int | None
FileLike = str | PathLike[str] | IO[bytes]
IntLikeType, FloatLikeType, BoolLikeType = int, float, bool

_Number = (int, float, bool)
_size = Size | list[int] | tuple[int, ...]
_TensorOrTensors = Tensor | Sequence[Tensor]
_TensorOrOptionalTensors = Tensor | Sequence[Tensor | None]

__all__ = [
    "BoolLikeType", "Device", "FileLike", "FloatLikeType", "IntLikeType", "Number", "Size", "Storage", "Tensor",
    "_Number", "_TensorOrOptionalTensors", "_TensorOrTensors", "_bool", "_bytes", "_complex", "_device", "_dtype",
    "_float", "_int", "_layout", "_size", "_str",
]  # fmt: skip

#: what `from torch.types import *` leaves out
UNSTARRED = (
    "BoolLikeType FloatLikeType IntLikeType Size Tensor _Number _TensorOrOptionalTensors _TensorOrTensors _bool "
    "_bytes _complex _device _dtype _float _int _layout _size _str",
)

__getattr__, __dir__ = lazily(__name__)
