"""`.npy`: an array in NumPy's format, or several one after the other, as `-f npy` writes several values.

What becomes of dtypes that tensors do not have is said here, too.
"""

from __future__ import annotations

import io
from typing import IO, Any, BinaryIO, cast

import numpy as np

from ..errors import DataError

Array = np.ndarray[Any, Any]

#: the values of these fit a dtype that tensors have
_WIDER = {"uint16": np.int32, "uint32": np.int64, "longdouble": np.float64, "clongdouble": np.complex128}
#: the dtypes of tensors
OWN = {"bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"}
OWN |= {"complex64", "complex128", "bfloat16"}


def read_all(stream: BinaryIO, name: str) -> list[Array]:
    """The arrays in a stream, at least one: `numpy.load` of an open file reads them one by one, too."""
    from .files import Rejoined

    arrays = [read(stream, name)]
    while first := stream.read(1):
        stream = cast(BinaryIO, Rejoined(first, stream))
        arrays.append(read(stream, f"{name}, array {len(arrays) + 1}"))
    return arrays


def read(stream: IO[bytes], name: str) -> Array:
    """The array in a stream, C-contiguous, in native byte order and a dtype of tensors."""
    try:
        array = np.lib.format.read_array(stream, allow_pickle=False)
    except (ValueError, TypeError, EOFError, SyntaxError, OverflowError, MemoryError) as error:
        if "allow_pickle" in str(error):
            raise refuse_objects(name) from None
        reason = str(error).splitlines()[0] if str(error) else "too large"
        raise DataError(f"{name}: not a whole .npy file ({reason})") from None
    return tensor_array(array, name)


def write(array: Array, stream: IO[bytes]) -> None:
    """`array` in version 1.0 of the format. bfloat16, which it has not, is written as float32."""
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    np.lib.format.write_array(stream, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)


def to_bytes(array: Array) -> bytes:
    stream = io.BytesIO()
    write(array, stream)
    return stream.getvalue()


def tensor_array(array: Array, name: str) -> Array:
    """The same values in a dtype that tensors have. DataError where there is none."""
    dtype = array.dtype
    if dtype.hasobject:
        raise refuse_objects(name)
    if dtype.names is not None or (dtype.kind not in "biufc" and dtype.name not in OWN):
        raise DataError(
            f"{name}: {dtype} is no dtype of tensors",
            help="a tensor holds numbers or booleans: save the columns or fields as arrays of their own",
        )
    if dtype.name == "uint64" and array.size and array.max() > np.iinfo(np.int64).max:
        raise DataError(
            f"{name}: {array.max()} does not fit int64", help="tensors have no uint64; save it as float64"
        )
    if dtype.name == "uint64":
        wanted: Any = np.int64
    else:
        wanted = _WIDER.get(dtype.name if dtype.itemsize <= 8 else _long_name(dtype), dtype.newbyteorder("="))
    shape = array.shape  # ascontiguousarray makes 0-d arrays 1-d
    return np.ascontiguousarray(array).astype(wanted, copy=False).reshape(shape)


def _long_name(dtype: np.dtype[Any]) -> str:
    if dtype.kind == "f" and dtype.itemsize > 8:
        return "longdouble"
    return "clongdouble" if dtype.kind == "c" and dtype.itemsize > 16 else dtype.name


def dtype_named(name: str) -> np.dtype[Any]:
    """NumPy's dtype for one that tensors have; KeyError for any other name."""
    if name not in OWN:
        raise KeyError(name)
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


def refuse_objects(name: str) -> Exception:
    return DataError(
        f"{name}: holds Python objects (a pickle), which could run any code when loaded",
        help="save numbers instead: numpy.save of an array with a numeric dtype",
    )
