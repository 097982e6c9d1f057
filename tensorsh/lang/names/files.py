"""`load(path)` and `save(x, path)`: the files of `io`, as tensors.

A relative path starts at the working directory; what is not there is looked for beside the script, so
that a script and its data can be run from anywhere. The data of the examples, `samples/data/…`, is found from
everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ...engine.calls.arguments import as_tensor
from ...engine.calls.arguments import dtype as as_dtype
from ...engine.core import context
from ...engine.core.device import resolve
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError
from ...source import PACKAGE

#: the data of the examples comes with the package, and is found under this name from everywhere
SAMPLES = os.path.join("samples", "data", "")


def shipped(path: str) -> tuple[str, str]:
    """Where a file of `SAMPLES` is in an installed package, and in a checkout."""
    return os.path.join(PACKAGE, path), os.path.join(os.path.dirname(PACKAGE), path)


class Load:
    """The function `load`; `folder()` is where the running script is."""

    __name__ = "load"
    factory = True  # an annotation's dtype and device reach into the call

    def __init__(self, folder: Callable[[], str]):
        self.folder = folder

    def __call__(
        self,
        path: str = "-",
        *,
        format: str | None = None,
        dtype: Any = None,
        device: Any = None,
        delimiter: str | None = None,
        header: bool | None = None,
        columns: Any = None,
        decimal: str | None = None,
        thousands: str | None = None,
        skip: int | None = None,
        nrows: int | None = None,
        encoding: str | None = None,
    ) -> Any:
        """What a file holds (`-` is standard input): a tensor, or for npz and safetensors a dict of them.

        The format is told by the suffix, by the contents, or by format="csv"; gzip and Zstandard are undone. Tables
        take delimiter=, header=, columns=, decimal=, thousands=, skip= (lines at the top), nrows= and encoding="gbk".
        A table keeps the names of its columns: `t["width"]`; a column of texts becomes codes, which
        `categories(t, "species")` has.
        """
        if not isinstance(path, str):
            raise ArgumentError(
                f"load() wants a path in quotes, not {type(path).__name__}", code="argument-type"
            )
        texts = {"format": format, "delimiter": delimiter, "decimal": decimal, "thousands": thousands}
        texts["encoding"] = encoding
        for option, given in texts.items():
            check_option(option, given, str, "a text")
        check_option("header", header, bool, "true or false")
        for option, count in (("skip", skip), ("nrows", nrows)):
            check_option(option, count, int, "a number of lines")
            if count is not None and count < 0:
                raise ArgumentError(f"{option}= wants a number of lines, not {count}", code="argument-type")
        columns = column_list(columns)
        state = context.current()
        from ... import io

        loaded = io.read(
            self.found(path),
            format=format,
            dtype=None if dtype is None else as_dtype(dtype, "load").np,
            delimiter=delimiter,
            header=header,
            columns=columns,
            decimal=decimal,
            thousands=thousands,
            skip=skip,
            nrows=nrows,
            encoding=encoding,
            float_dtype=state.dtype.np,
        )
        value = tensors(loaded.value, state.device if device is None else resolve(device))
        if loaded.names is not None or loaded.categories:
            from ...engine.values.columns import Columns, name_columns

            names = loaded.names or tuple(map(str, range(value.spec.shape[-1])))
            categories = {names[i]: found for i, found in loaded.categories.items()}
            name_columns(value, Columns(names, categories))
        return value

    def found(self, path: str) -> str:
        """The path itself if something is there, else the same beside the script."""
        if path == "-" or os.path.isabs(path) or os.path.exists(path):
            return path
        beside = os.path.join(self.folder(), path)
        if not os.path.exists(beside) and os.path.normpath(path).startswith(SAMPLES):
            return next((found for found in shipped(os.path.normpath(path)) if os.path.exists(found)), path)
        return beside if os.path.exists(beside) else path

    def __repr__(self) -> str:
        return "<function load>"


def check_option(option: str, given: Any, kind: type, wanted: str) -> None:
    """ArgumentError unless an option of `load` or `save` has its type or is left out."""
    if given is not None and type(given) is not kind:
        raise ArgumentError(f"{option}= wants {wanted}, not {type(given).__name__}", code="argument-type")


def column_list(columns: Any) -> list[int | str] | None:
    """The columns asked for, each a number or a name; ArgumentError for anything else."""
    if columns is None:
        return None
    if isinstance(columns, Tensor):
        columns = columns.tolist()
    listed = list(columns) if isinstance(columns, list | tuple | range) else [columns]
    for column in listed:
        if type(column) not in (int, str):
            raise ArgumentError(
                f"columns= wants numbers of columns or names, not {type(column).__name__}",
                code="argument-type",
                help='columns=[0, 2], or columns=["length", "width"] where the table has a header',
            )
    return listed


def tensors(value: Any, on: Any) -> Any:
    """Arrays, also inside lists and dicts, as tensors."""
    if isinstance(value, dict):
        return {name: tensors(item, on) for name, item in value.items()}
    if isinstance(value, list):
        return [tensors(item, on) for item in value]
    if hasattr(value, "__array__"):
        made: Any = as_tensor(value)
        return made if made.device == on else made.to(on)
    return value


def save(x: Any, path: str, *, format: str | None = None) -> None:
    """Write a tensor, or lists and dicts of them, to a file; all or nothing."""
    if not isinstance(path, str):
        raise ArgumentError(
            f"save() wants a path in quotes, not {type(path).__name__}",
            code="argument-type",
            help='save(x, "x.npy")',
        )
    check_option("format", format, str, "a text")
    from ... import io

    io.save(arrays(x), path, format=format)


def arrays(value: Any) -> Any:
    """Tensors, also inside lists and dicts, as arrays."""
    if isinstance(value, Tensor):
        return value.alias().numpy()
    if isinstance(value, dict):
        return {name: arrays(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [arrays(item) for item in value]
    return value
