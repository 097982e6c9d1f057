"""Displayed values for other programs: a line of JSON, delimited text, the bytes of an `.npy` file.

A tensor is known by what it offers: `.array .dtype.name .shape .device .requires_grad .is_leaf .grad_fn`.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from typing import Any

from .. import errors
from ..text.host_repr import host_str, is_tensor

_PLAIN = (bool, int, str, type(None))


def json_line(name: str | None, value: Any) -> str:
    """One JSON object without a newline: `{"name", "type": "tensor", …}` or `{"type", "value"}`.

    The object of what is no tensor has a name only if the value has.
    """
    shown = _shown(value)
    if shown["type"] == "tensor" or name is not None:
        shown = {"name": name, **shown}
    try:
        return json.dumps(shown, allow_nan=False)
    except RecursionError:
        raise errors.BadValue("nested too deeply for JSON", raises=RecursionError) from None


def _shown(value: Any) -> dict[str, Any]:
    """A value as an object that says its type."""
    try:
        if is_tensor(value):
            return _tensor(value)
        if isinstance(value, Mapping):
            return {"type": "dict", "value": {str(key): _item(item) for key, item in value.items()}}
        if isinstance(value, range):
            return {"type": "range", "value": [value.start, value.stop, value.step]}
        if isinstance(value, (list, tuple, set)):
            return {"type": type(value).__name__, "value": [_item(item) for item in value]}
        if isinstance(value, complex):
            return {"type": "complex", "value": [_number(value.real), _number(value.imag)]}
        if isinstance(value, float):
            return {"type": "float", "value": _number(value)}
        if isinstance(value, _PLAIN):
            return {"type": type(value).__name__, "value": value}
    except RecursionError:
        raise errors.BadValue("nested too deeply for JSON", raises=RecursionError) from None
    return {
        "type": type(value).__name__.lower().removeprefix("torch."),
        "value": host_str(value).removeprefix("torch."),
    }


def _item(value: Any) -> Any:
    """A value inside a container: itself where JSON has it, else an object."""
    if isinstance(value, _PLAIN):
        return value
    if type(value) is float:
        return _number(value)
    if type(value) is list:
        return [_item(item) for item in value]
    return _shown(value)


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _tensor(tensor: Any) -> dict[str, Any]:
    from ..io.json import array_data

    meta = tensor.device.type == "meta"
    grad_fn = tensor.grad_fn
    return {
        "type": "tensor",
        "dtype": tensor.dtype.name,
        "shape": list(tensor.shape),
        "device": str(tensor.device),
        "requires_grad": tensor.requires_grad,
        "is_leaf": tensor.is_leaf,
        "grad_fn": None if grad_fn is None else grad_fn.name(),
        "data": None if meta else array_data(tensor.array),
    }


# -- tables and arrays -----------------------------------------------------------------------------


def csv_text(value: Any) -> str:
    """Rows of comma-separated cells, without a newline at the end.

    A matrix is its rows, a vector or a list of numbers one row, a number or a text one cell; a list of
    tensors is their rows, one tensor after the other. ShapeError for more than two dimensions.
    """
    return "\n".join(_csv_rows(value))


def _csv_rows(value: Any) -> list[str]:
    if is_tensor(value):
        from ..io.csv_text import table_text

        array = _data(value)
        if array.ndim > 2:
            raise errors.ShapeError(
                f"a table has rows and columns, not {array.ndim} dimensions",
                help=f"reshape({array.shape[0]}, -1) makes each x[i] a row",
            )
        return b"".join(table_text(array)).decode().splitlines()
    if isinstance(value, Mapping):
        return [row for item in value.items() for row in _csv_rows(list(item))]
    if isinstance(value, (list, tuple, range)):
        if any(_is_many(item) for item in value):
            return [row for item in value for row in _csv_rows(item)]
        return [_csv_row([_cell(item) for item in value])]
    return [_csv_row([_cell(value)])]


def _is_many(item: Any) -> bool:
    return isinstance(item, (list, tuple, Mapping)) or (is_tensor(item) and len(item.shape) > 0)


def _cell(item: Any) -> str:
    if is_tensor(item):
        return _csv_rows(item)[0]
    return str(item).strip("()") if isinstance(item, complex) else host_str(item)


def _csv_row(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def npy_bytes(value: Any) -> bytes:
    """The value as the bytes of an `.npy` file: a tensor, a number, or a list of such of one shape."""
    from ..io import formats, npy

    return npy.to_bytes(formats.one_array(_arrays(value), "npy"))


def _arrays(value: Any) -> Any:
    if is_tensor(value):
        return _data(value)
    return [_arrays(item) for item in value] if isinstance(value, (list, tuple, range)) else value


def _data(tensor: Any) -> Any:
    if tensor.device.type == "meta":
        raise errors.DeviceError(
            "Cannot copy out of meta tensor; no data!",
            help="a tensor on meta has a shape and a dtype only: compute it on cpu",
        )
    return tensor.array
