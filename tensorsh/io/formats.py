"""One way in and one way out for every format: by the path's suffix, the contents, or `format=`."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np

from ..errors import DataError
from . import compressed, files, pickles

Array = np.ndarray[Any, Any]

FORMATS = ("npy", "npz", "csv", "tsv", "txt", "json", "safetensors")
_ALIASES = {"jsonl": "json", "ndjson": "json", "dat": "txt"}
_TABLES = ("csv", "tsv", "txt")
_PEEK = 1 << 12
_NUMBERS = (bool, int, float, complex)

_FLOAT32: np.dtype[Any] = np.dtype(np.float32)


class Loaded(NamedTuple):
    """What a file held.

    value    an array; a dict of arrays (npz, safetensors); for json also a list, number or string
    format   one of FORMATS
    names       a table's column names
    categories  for a column of texts what its codes stand for
    """

    value: Any
    format: str
    names: tuple[str, ...] | None = None
    categories: Mapping[int, tuple[str, ...]] = MappingProxyType({})


def read(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    dtype: Any = None,
    stdin: BinaryIO | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    columns: Sequence[int | str] | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    skip: int | None = None,
    nrows: int | None = None,
    encoding: str | None = None,
    float_dtype: Any = _FLOAT32,
) -> Loaded:
    """Read `path`, or standard input for `-`.

    dtype       NumPy's dtype of the result; tables are parsed for it, the rest is converted
    float_dtype of floats written as text, where `dtype` is None
    delimiter, header, columns   of tables: the character, whether the first row is names, which
                columns by number or name
    skip, nrows          of tables: lines left out at the top, rows read at most
    encoding             of tables: how the text is written (UTF-8, or what a byte order mark says)
    decimal, thousands   of tables: the character before decimals (a point), and one between thousands
    """
    path = os.fspath(path)
    name = "standard input" if path == "-" else path
    dtype = None if dtype is None else np.dtype(dtype)
    kind = _named(format) if format is not None else _of_suffix(path)
    tables: dict[str, Any] = {
        "delimiter": delimiter,
        "header": header,
        "columns": tuple(columns) if columns is not None else None,
        "decimal": decimal,
        "thousands": thousands,
        "skip": skip,
        "nrows": nrows,
        "encoding": encoding,
    }
    with files.opened(path, stdin) as stream:
        with files.understood(name, kind):
            stream = compressed.opened(stream, name)
            if kind is None or path == "-":
                head = _peeked(stream)
                kind = kind or _of_content(head, name)
                stream = cast(BinaryIO, files.Rejoined(head, stream))
        with files.understood(name, kind):
            return _read(stream, kind, name, dtype, np.dtype(float_dtype), tables)


def _read(
    stream: BinaryIO, kind: str, name: str, dtype: Any, float_dtype: np.dtype[Any], tables: dict[str, Any]
) -> Loaded:
    """What a stream of a known format holds; `tables` are the options that only tables have."""
    if kind in _TABLES:
        from .csv import Options
        from .csv import read as read_table

        given = {option: value for option, value in tables.items() if value is not None}
        options = Options(name=name, kind=kind, dtype=dtype, float_dtype=float_dtype, **given)
        table = read_table(stream, options)
        return Loaded(table.array, kind, table.names, table.categories)
    for option, value in tables.items():
        if value is not None:
            raise DataError(f"{name}: {option}= is for tables of text, not .{kind}")
    value = _read_other(stream, kind, name, float_dtype if dtype is None else dtype)
    return Loaded(_converted(value, dtype), kind)


def _read_other(stream: BinaryIO, kind: str, name: str, float_dtype: np.dtype[Any]) -> Any:
    if kind == "npy":
        from . import npy

        arrays = npy.read_all(stream, name)
        return arrays[0] if len(arrays) == 1 else arrays
    if kind == "npz":
        from . import npz

        return npz.read(stream if stream.seekable() else io.BytesIO(stream.read()), name)
    if kind == "safetensors":
        from . import safetensors

        return safetensors.read(stream, name)
    from . import json

    precise = float_dtype if float_dtype.kind not in "iub" else np.dtype(np.float64)
    return json.read(stream.read(), name, precise)


def _converted(value: Any, dtype: np.dtype[Any] | None) -> Any:
    if dtype is None:
        return value
    if isinstance(value, np.ndarray):
        return (value.real if value.dtype.kind == "c" and dtype.kind != "c" else value).astype(dtype)
    if isinstance(value, dict):
        return {key: _converted(item, dtype) for key, item in value.items()}
    if isinstance(value, list):
        return [_converted(item, dtype) for item in value]
    return value


def write(value: Any, path: str | os.PathLike[str], *, format: str | None = None) -> None:
    """Write arrays, numbers, or lists and dicts of them; the file changes only if all goes well."""
    path = os.fspath(path)
    kind = _named(format) if format is not None else _of_suffix(path)
    if kind is None:
        raise DataError(
            f"{path}: its name says no format", help=f"end it in one of {_listed()}, or say format="
        )
    if kind in _TABLES:
        from .csv_text import table_text

        text = table_text(one_array(value, kind), {"tsv": "\t", "txt": " "}.get(kind, ","))
        files.replace(path, lambda stream: stream.writelines(text))
    elif kind == "json":
        from . import json

        content = json.dumps(value).encode() + b"\n"
        files.replace(path, lambda stream: stream.write(content))
    elif kind == "npy":
        from . import npy

        array = one_array(value, kind)
        files.replace(path, lambda stream: npy.write(array, stream))
    elif kind == "npz":
        from . import npz

        arrays = _named_arrays(value, "arr_{}")
        files.replace(path, lambda stream: npz.write(arrays, stream))
    else:
        from . import safetensors

        arrays = _named_arrays(value, "tensor_{}" if isinstance(value, (list, tuple)) else "tensor")
        files.replace(path, lambda stream: safetensors.write(arrays, stream))


def one_array(value: Any, kind: str) -> Array:
    """A number, an array, or a list of such of one shape (stacked): what a file of one array takes."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    if isinstance(value, _NUMBERS):
        return _number_array(value, type(value))
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, _NUMBERS) for item in value):
        return _number_array(value, max(map(type, value), key=_NUMBERS.index))
    if isinstance(value, (list, tuple)) and value:
        parts = [one_array(item, kind) for item in value]
        if all(part.shape == parts[0].shape for part in parts):
            return np.stack(parts)
    raise DataError(
        f"a .{kind} file holds one tensor, not {_described(value)}",
        help="save each on its own, or all in an .npz, .safetensors or .json file",
    )


def _number_array(value: Any, kind: type) -> Array:
    """Numbers in the dtype a tensor of them has."""
    dtypes = {bool: np.bool_, int: np.int64, float: np.float32, complex: np.complex64}
    try:
        return np.array(value, dtypes[kind])
    except OverflowError:
        raise DataError(f"{value} does not fit int64", help="write it as a float, with a point") from None


def _named_arrays(value: Any, pattern: str) -> dict[str, Array]:
    if isinstance(value, Mapping):
        return {str(key): one_array(item, "npy") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return {pattern.format(i): one_array(item, "npy") for i, item in enumerate(value)}
    return {pattern.format(0): one_array(value, "npy")}


def _described(value: Any) -> str:
    if value is None:
        return "None"
    return f"a {type(value).__name__}"


# -- which format ----------------------------------------------------------------------------------


def _listed() -> str:
    return ", ".join(f".{kind}" for kind in FORMATS)


def _named(format: str) -> str:
    kind = _ALIASES.get(format.lower().lstrip("."), format.lower().lstrip("."))
    if kind not in FORMATS:
        raise DataError(f"{format!r} is no format", help=f"the formats are {', '.join(FORMATS)}")
    return kind


def _of_suffix(path: str) -> str | None:
    stem, suffix = os.path.splitext(path.lower())
    if suffix in compressed.SUFFIXES:
        suffix = os.path.splitext(stem)[1]
    if suffix in pickles.SUFFIXES:
        raise pickles.refusal(path)
    kind = _ALIASES.get(suffix[1:], suffix[1:])
    return kind if kind in FORMATS else None


def _of_content(head: bytes, name: str) -> str:
    """The format of a file that begins with these bytes."""
    if pickles.looks_pickled(head):
        raise pickles.refusal(name)
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    if head.startswith(b"PK\x03\x04"):
        return "npz"
    if head[8:9] == b"{" and head[4:8] == b"\0\0\0\0":
        return "safetensors"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _of_content(head[: len(head) & -2].decode("utf-16", "replace").encode(), name)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return "json"
    if not head.strip():
        raise DataError(f"{name}: empty", help="say what should be there: load(path, format=…)")
    if b"\0" in head:
        raise DataError(
            f"{name}: no format that is known", help=f"say which: load(path, format=…), {', '.join(FORMATS)}"
        )
    first = head.split(b"\n", 1)[0]
    return "csv" if b"," in first or b";" in first else "tsv" if b"\t" in first else "txt"


def _peeked(stream: BinaryIO) -> bytes:
    head = b""
    while len(head) < _PEEK and (more := stream.read(_PEEK - len(head))):
        head += more
    return head
