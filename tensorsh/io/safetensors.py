"""`.safetensors`: named arrays behind a JSON header.

The format: eight bytes, the header's length N, little-endian; N bytes of JSON,
`{name: {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}}` and possibly `"__metadata__"`;
then the arrays' bytes, little-endian and row-major, at those offsets.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from ..errors import DataError
from .npy import dtype_named, tensor_array

Array = np.ndarray[Any, Any]

_NAMES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64",
    "U16": "uint16", "U32": "uint32", "U64": "uint64", "F16": "float16", "BF16": "bfloat16",
    "F32": "float32", "F64": "float64", "C64": "complex64",
}  # fmt: skip
_UNSIGNED = {"uint16", "uint32", "uint64"}  # read, as wider signed integers
_CODES = {name: code for code, name in _NAMES.items()}
_DIMENSIONS = 64
_WHOLE = "in a .safetensors file the arrays follow each other without gaps; this one is damaged"
_LONGEST_HEADER = 100_000_000


def read(stream: BinaryIO, name: str) -> dict[str, Array]:
    """The arrays by name, in the order of the file."""
    prefix = stream.read(8)
    length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
    if not 2 <= length <= _LONGEST_HEADER:
        raise DataError(f"{name}: not a .safetensors file (no header)")
    try:
        header = json.loads(stream.read(length))
        header.pop("__metadata__", None)
        layout = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        raise DataError(f"{name}: not a .safetensors file (its header is no JSON of arrays)") from None
    data = stream.read()
    arrays, covered = {}, 0
    for key, entry in layout:
        arrays[key] = _array(data, entry, f"{name}, {key!r}")
        begin, end = entry["data_offsets"]
        if begin != covered:
            where = "overlaps the one before it" if begin < covered else f"leaves bytes from {covered} unused"
            raise DataError(f"{name}, {key!r}: its place {where}", help=_WHOLE)
        covered = end
    if covered != len(data):
        raise DataError(f"{name}: {len(data) - covered} bytes after the last array", help=_WHOLE)
    return arrays


def _array(data: bytes, entry: Any, name: str) -> Array:
    try:
        code, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        whole = all(type(size) is int and size >= 0 for size in (*shape, begin, end))
    except (KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise DataError(f"{name}: dtype, shape or place is missing")
    if not isinstance(code, str) or code not in _NAMES:
        raise DataError(f"{name}: {code} is no dtype of tensors", help=f"those are {', '.join(_NAMES)}")
    named = _NAMES[code]
    dtype = np.dtype(named) if named in _UNSIGNED else dtype_named(named)
    if end > len(data) or math.prod(shape) * dtype.itemsize != end - begin:
        raise DataError(f"{name}: the file ends early, or its shape does not fit its bytes")
    if len(shape) > _DIMENSIONS:
        raise DataError(f"{name}: {len(shape)} dimensions, where NumPy has at most {_DIMENSIONS}")
    array = np.frombuffer(data, dtype, math.prod(shape), begin).reshape(shape)
    if sys.byteorder == "big":
        array = array.byteswap()
    return tensor_array(array.copy(), name)


def write(arrays: Mapping[str, Array], stream: BinaryIO) -> None:
    """The arrays in order; the header is padded so that the data begin at a multiple of eight bytes."""
    header, begin, contents = {}, 0, []
    for key, array in arrays.items():
        code = _CODES.get(array.dtype.name)
        if code is None:
            raise DataError(f"{key!r}: .safetensors has no {array.dtype.name}", help="save it as .npz")
        little = array.byteswap() if sys.byteorder == "big" else array
        contents.append(np.ascontiguousarray(little).reshape(-1).view(np.uint8).data)
        end = begin + array.nbytes
        header[key] = {"dtype": code, "shape": list(array.shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    stream.write(struct.pack("<Q", len(text)) + text)
    for part in contents:
        stream.write(part)
