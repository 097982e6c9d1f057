"""Displayed values for other programs: a line of JSON, delimited text, the bytes of an `.npy` file.

A tensor is known by what it offers: `.array .dtype.name .shape .device .requires_grad .is_leaf .grad_fn`.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from .. import errors
from ..engine.values.columns import columns_of
from ..kinds import kind_of
from ..text.host_repr import host_str, is_tensor


def json_line(name: str | None, value: Any) -> str:
    """One JSON object without a newline: `{"name", "type": "tensor", …}` or `{"type", "value"}`.

    The object of what is no tensor has a name only if the value has.
    """
    shown = _shown(value)
    if shown["type"] == "tensor" or name is not None:
        shown = {"name": name, **shown}
    try:
        return json.dumps(shown, allow_nan=False, default=_numbers)
    except RecursionError:
        raise errors.BadValue("nested too deeply for JSON", raises=RecursionError) from None


def _shown(value: Any) -> dict[str, Any]:
    """A value as an object that says its type."""
    kind = kind_of(type(value)).json
    if kind is None:
        name = type(value).__name__.lower().removeprefix("torch.")
        return {"type": name, "value": host_str(value).removeprefix("torch.")}
    try:
        shown = value if kind.value is None else kind.value(value, _item)
    except RecursionError:
        raise errors.BadValue("nested too deeply for JSON", raises=RecursionError) from None
    return shown if kind.whole else {"type": kind.title or type(value).__name__, "value": shown}


def _item(value: Any) -> Any:
    """A value inside a container: itself where JSON has it, else an object."""
    json = kind_of(type(value)).json
    if json is not None:
        made, _, bare, _ = json
        if bare:
            return value if made is None else made(value, _item)
    return _shown(value)


def _numbers(array: Any) -> Any:
    from ..io.json import array_data

    return array_data(array)


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
        columns = columns_of(value) if array.ndim == 2 else None
        header = [] if columns is None else [_csv_row(list(columns.names))]
        return header + b"".join(table_text(array)).decode().splitlines()
    kind = kind_of(type(value))
    if kind.entries is None:
        return [_csv_row([_cell(value)])]
    if kind.keyed:
        return [row for entry in kind.entries(value) for row in _csv_rows(entry)]
    items = [item for _, item in kind.entries(value)]
    if any(map(_is_many, items)):
        return [row for item in items for row in _csv_rows(item)]
    return [_csv_row([_cell(item) for item in items])]


def _is_many(item: Any) -> bool:
    if is_tensor(item):
        return len(item.shape) > 0
    return kind_of(type(item)).entries is not None


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
    kind = kind_of(type(value))
    return value if kind.entries is None or kind.keyed else [_arrays(item) for _, item in kind.entries(value)]


def _data(tensor: Any) -> Any:
    if tensor.device.type == "meta":
        raise errors.DeviceError(
            "Cannot copy out of meta tensor; no data!",
            help="a tensor on meta has a shape and a dtype only: compute it on cpu",
        )
    return tensor.array
