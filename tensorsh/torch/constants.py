"""The types and constants of `torch.`: dtypes, memory formats, and the classes of what programs hold."""

from __future__ import annotations

import math

from ..engine.core.device import Device as device
from ..engine.core.dtype import DType as dtype
from ..engine.core.dtype import (
    bfloat16,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)
from ..engine.core.dtype import bool_ as bool
from ..engine.core.layouts import Layout as layout
from ..engine.core.layouts import sparse_coo, strided
from ..engine.core.memory_format import FORMATS
from ..engine.core.memory_format import MemoryFormat as memory_format
from ..engine.core.results import Size
from ..engine.values.tensor import Tensor

half, float, double = float16, float32, float64
short, int, long = int16, int32, int64
cfloat, cdouble = complex64, complex128
newaxis = None
inf, nan, pi, e = math.inf, math.nan, math.pi, math.e
contiguous_format = FORMATS["contiguous_format"]
preserve_format = FORMATS["preserve_format"]
channels_last = FORMATS["channels_last"]
channels_last_3d = FORMATS["channels_last_3d"]

__all__ = [
    "Size",
    "Tensor",
    "bfloat16",
    "bool",
    "cdouble",
    "cfloat",
    "channels_last",
    "channels_last_3d",
    "complex64",
    "complex128",
    "contiguous_format",
    "device",
    "double",
    "dtype",
    "e",
    "float",
    "float16",
    "float32",
    "float64",
    "half",
    "inf",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "layout",
    "long",
    "memory_format",
    "nan",
    "newaxis",
    "pi",
    "preserve_format",
    "short",
    "sparse_coo",
    "strided",
    "uint8",
]  # fmt: skip
