"""`.json`: nested lists of numbers, and the lines that `-f json` prints.

Numbers follow the rules of literals: integers are int64, one float among them makes all float,
booleans are bool. `"nan"`, `"inf"` and `"-inf"` are floats. Lists of equal lengths make an array,
anything else stays a list; an object of such values is a dict.

A line of `-f json` is an object with a "type"; it reads back as the value it shows, with its dtype.
`save` writes such an object where nested lists would lose the dtype.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import DataError
from .npy import dtype_named

Array = np.ndarray[Any, Any]

_DISPLAYED = {"tensor", "bool", "int", "float", "complex", "str", "list", "tuple", "Size", "dict", "NoneType"}
_READ_AS_THEMSELVES = {"bool", "int64", "float32"}
_DIMENSIONS = 64
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def read(text: bytes, name: str, float_dtype: np.dtype[Any]) -> Any:
    """The value in a JSON text, or of several lines of JSON a list."""
    try:
        content = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: not UTF-8 text (byte {error.start})") from None
    values = _values(content, name)
    try:
        converted = [_Converter(name, float_dtype).value(value) for value in values]
    except RecursionError:
        raise DataError(f"{name}: nested too deeply") from None
    return converted[0] if len(converted) == 1 else converted


def _values(content: str, name: str) -> list[Any]:
    """The one value of the text, or that of each line."""
    try:
        return [json.loads(content)]
    except ValueError as error:
        whole = error
    except RecursionError:
        raise DataError(f"{name}: nested too deeply") from None
    values = []
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values.append(json.loads(line))
        except ValueError as error:
            if not values:
                break
            raise _bad_json(name, error, number) from None
    if len(values) < 2:
        raise _bad_json(name, whole, None)
    return values


def _bad_json(name: str, error: Any, line: int | None) -> Exception:
    if isinstance(error, json.JSONDecodeError):
        return DataError(
            f"{name}, line {line or error.lineno}, column {error.colno}: {error.msg}",
            help="JSON has numbers, lists in brackets, strings in double quotes, true, false and null",
        )
    return DataError(f"{name}: {error}")  # a number of too many digits


class _Converter:
    def __init__(self, name: str, float_dtype: np.dtype[Any]):
        self.name = name
        self.float_dtype = float_dtype

    def value(self, value: Any) -> Any:
        if isinstance(value, list):
            return self._list(value)
        if isinstance(value, dict):
            kind = value.get("type")
            if isinstance(kind, str) and kind in _DISPLAYED and ("data" in value or "value" in value):
                return self._displayed(value)
            return {key: self.value(item) for key, item in value.items()}
        return _NOT_FINITE.get(value, value) if isinstance(value, str) else value

    def _list(self, value: list[Any]) -> Any:
        leaf: Any = value
        while isinstance(leaf, list) and leaf:
            leaf = leaf[0]
        if isinstance(leaf, (bool, int, float)) or (isinstance(leaf, str) and leaf in _NOT_FINITE):
            array = _rectangular(value)
            if array is not None:
                return self._numbers(array)
        return [self.value(item) for item in value]

    def _numbers(self, array: Array) -> Array:
        if array.dtype.kind == "f":
            return array.astype(self.float_dtype)
        if array.dtype.kind in "uO":
            largest = max((abs(v) for v in array.ravel().tolist()), default=0)
            raise DataError(
                f"{self.name}: {largest} does not fit int64", help="write it as a float, with a point"
            )
        return array

    def _displayed(self, shown: Mapping[str, Any]) -> Any:
        """A value as `-f json` shows it."""
        kind = shown["type"]
        if kind == "tensor":
            return self._tensor(shown)
        value = shown.get("value")
        if kind == "complex" and isinstance(value, list) and len(value) == 2:
            parts = [_NOT_FINITE.get(part, part) if isinstance(part, str) else part for part in value]
            if all(type(part) in (int, float) for part in parts):
                return complex(*parts)
        if kind in ("list", "tuple", "Size") and isinstance(value, list):
            return [self.value(item) for item in value]
        return self.value(value)

    def _tensor(self, shown: Mapping[str, Any]) -> Array:
        try:
            dtype, shape = dtype_named(shown["dtype"]), tuple(shown["shape"])
            fits = len(shape) <= _DIMENSIONS and all(type(size) is int and size >= 0 for size in shape)
        except (KeyError, TypeError):
            fits = False
        if not fits:
            raise DataError(
                f"{self.name}: a tensor without dtype or shape",
                help='as `-f json` prints it: {"type": "tensor", "dtype": "float32", "shape": [2], "data": […]}',
            )
        if shown.get("data") is None:
            raise DataError(
                f"{self.name}: a tensor on the device meta, which has no data",
                help="print it from a device with data, such as cpu",
            )
        data = shown["data"] if shape and isinstance(shown["data"], list) else [shown["data"]]
        wide = {"b": np.bool_, "i": np.int64, "u": np.int64}.get(dtype.kind, np.float64)
        array = _rectangular(data)
        expected = (*(shape or (1,)), *((2,) if dtype.kind == "c" else ()))
        if array is not None and 0 in expected and array.size == 0:
            array = np.empty(expected)
        if array is None or array.shape != expected:
            raise DataError(f"{self.name}: data of a tensor that is not of shape {list(shape)}")
        array = array.astype(wide)
        if dtype.kind == "c":
            array = array.view(np.complex128)
        return array.astype(dtype).reshape(shape)


def _rectangular(value: list[Any]) -> Array | None:
    """Nested lists of numbers as bool, int64 or float64; None where they are ragged or no numbers."""
    try:
        array = np.array(value)
    except (ValueError, OverflowError):
        return None
    if array.dtype.kind in "bifu":
        # NumPy takes [true, 2] for integers, which is right, but [1, 2**63] for floats.
        return np.array(value, object) if array.dtype.kind == "f" and _huge(value, array) else array
    if array.dtype.kind == "U":
        try:
            return np.array(_numbered(value), np.float64)
        except (ValueError, TypeError):
            return None
    return array if array.dtype.kind == "O" and _all_int(array) else None


def _huge(value: Any, array: Array) -> bool:
    """Whether all are integers after all, some beyond int64."""
    return bool(array.size) and bool((np.abs(array) >= 2.0**63).any()) and _all_int(np.array(value, object))


def _all_int(array: Array) -> bool:
    return all(type(item) is int for item in array.ravel().tolist())


def _numbered(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbered(item) for item in value]
    if isinstance(value, str):
        return _NOT_FINITE[value] if value in _NOT_FINITE else float("no number")
    return value


# -- writing ---------------------------------------------------------------------------------------


def array_data(array: Array) -> Any:
    """An array as nested lists for JSON: floats in the fewest digits that are read back as the same number of their
    dtype, `"nan" "inf" "-inf"`, complex as [re, im]."""
    if array.dtype.kind == "c":
        parts = np.stack((array.real, array.imag), axis=-1)
        return array_data(parts)
    if array.dtype.name in _DIGITS:
        array = shortest(array)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        plain = array.astype(object)
        for text, there in (
            ("nan", np.isnan(array)),
            ("inf", array == np.inf),
            ("-inf", array == -np.inf),
        ):
            plain[there] = text
        plain = np.asarray(plain, object)
        return _builtin(plain.tolist())
    return array.tolist()


#: fewest and most digits that tell the numbers of a dtype apart
_DIGITS = {"float32": (6, 9), "float16": (1, 5), "bfloat16": (1, 4)}
_EXACT = 22  # the powers of ten up to here are exact as float64


def shortest(array: Array) -> Array:
    """As float64 the numbers of the fewest decimal digits that become those of `array` in its dtype."""
    few, many = _DIGITS[array.dtype.name]
    exact = array.ravel()
    with np.errstate(all="ignore"):
        found = exact.astype(np.float64)
        every = np.nonzero(np.isfinite(found) & (found != 0))[0]
        lead = np.floor(np.log10(np.abs(found[every]))).astype(np.int64)
        usual = (lead >= many - 1 - _EXACT) & (lead <= few - 1 + _EXACT)
        unusual, rest, lead = every[~usual], every[usual], lead[usual]
        for digits in range(few, many + 1):
            # An integer times or over an exact power of ten is the float64 that the decimal reads as.
            power = digits - 1 - lead
            up, down = 10.0 ** np.maximum(power, 0), 10.0 ** np.maximum(-power, 0)
            rounded = np.rint(found[rest] * up / down) / up * down
            fits = rounded.astype(array.dtype) == exact[rest]
            found[rest[fits]] = rounded[fits]
            rest, lead = rest[~fits], lead[~fits]
    for place in (*unusual.tolist(), *rest.tolist()):
        x = exact[place]
        texts = (f"{float(x):.{digits}g}" for digits in range(1, many + 1))
        found[place] = next(float(text) for text in texts if array.dtype.type(float(text)) == x)
    return found.reshape(array.shape)


def _builtin(value: Any) -> Any:
    """Nested lists with NumPy's scalars made Python's."""
    if isinstance(value, list):
        return [_builtin(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def dumps(value: Any) -> str:
    """Arrays, numbers, strings and None, in lists and dicts, as a JSON text that reads back the same.

    An array is nested lists where those are read as its dtype, else an object as `-f json` prints it.
    """
    try:
        return json.dumps(_plain(value), allow_nan=False)
    except RecursionError:
        raise DataError("nested too deeply for JSON") from None


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        value = np.asarray(value)
        data = array_data(value)
        if value.size and value.ndim and value.dtype.name in _READ_AS_THEMSELVES:
            return data
        return {"type": "tensor", "dtype": value.dtype.name, "shape": list(value.shape), "data": data}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, complex):
        return {"type": "complex", "value": [_plain(value.real), _plain(value.imag)]}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise DataError(f"JSON has nothing for a {type(value).__name__}")
