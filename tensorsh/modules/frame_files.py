"""Tables in files: what reads and writes them, through the gate that `open` passes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import sys
import zipfile
from collections.abc import Callable
from typing import Any

from ..errors import Facts, know
from . import gate
from .behind import Wall
from .frame_names import NETWORK

READERS = "read_csv read_table read_fwf read_json"
#: name → what the argument is called that says where to write
WRITERS = {
    "to_csv": "path_or_buf",
    "to_json": "path_or_buf",
    "to_string": "buf",
    "to_html": "buf",
    "to_markdown": "buf",
}
SOURCES = ("filepath_or_buffer", "path_or_buf")
#: what would lead to other files, or to the network
REFUSED = frozenset({"storage_options", "dialect", "memory_map"})
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
SUFFIXES = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zip": "zip"}


def readers(modules: Any, wall: Wall) -> dict[str, Callable[..., Any]]:
    """`read_csv` and its like, for one session."""
    import pandas as pd

    def reader(name: str) -> Callable[..., Any]:
        function = getattr(pd, name)

        def read(*args: Any, **options: Any) -> Any:
            given = args or [options.pop(each) for each in SOURCES if each in options]
            if not given:
                return wall.call(function, (), options)  # which says so
            source, *rest = given
            _check(name, options)
            if hasattr(source, "read"):
                content = source.read()
                stream = io.StringIO(content) if isinstance(content, str) else io.BytesIO(content)
                return wall.call(_from(function, stream), tuple(rest), options)
            path = _path(source)
            options.setdefault("compression", "infer")
            if options["compression"] == "infer":
                options["compression"] = SUFFIXES.get(os.path.splitext(path)[1].lower())
            with modules.open(path, "rb") as file:
                lazy = options.get("chunksize") or options.get("iterator")
                stream = io.BytesIO(file.read()) if lazy else file
                return wall.call(_from(function, stream), tuple(rest), options)

        read.__name__ = read.__qualname__ = name
        read.__doc__ = function.__doc__
        return read

    return {name: reader(name) for name in READERS.split()}


def writers(modules: Any, wall: Wall) -> dict[str, Callable[..., Any]]:
    """`to_csv` and its like, for one session."""

    def writer(name: str, target: str) -> Callable[..., Any]:
        def write(real: Any, *args: Any, **options: Any) -> Any:
            place, *rest = args if args else [options.pop(target, None)]
            _check(name, options)
            method = getattr(real, name)
            if place is None:
                return wall.call(method, (None, *rest), options)
            mode = options.pop("mode", "w")
            packing = options.pop("compression", "infer")
            encoding, errors = options.get("encoding") or "utf-8", options.get("errors", "strict")
            if not hasattr(place, "write"):
                place = _path(place)
                gate.admit(modules.host, place, gate.WRITE)
                folder = os.path.dirname(place) or "."
                if not os.path.isdir(folder):
                    raise OSError(f"Cannot save file into a non-existent directory: {folder!r}")
            text = wall.call(method, (None, *rest), options)
            if hasattr(place, "write"):
                binary = isinstance(place, io.BufferedIOBase | io.RawIOBase)
                place.write(text.encode(encoding, errors) if binary else text)
                return None
            data = _packed(packing, place, text.encode(encoding, errors))
            with modules.open(place, mode.replace("b", "") + "b") as file:
                file.write(data)
            return None

        return write

    def info(real: Any, *args: Any, **options: Any) -> None:
        """What a table is made of, printed or written to `buf`."""
        given = (
            dict(zip(("verbose", "buf", "max_cols", "memory_usage", "show_counts"), args, strict=False))
            | options
        )
        buffer, text = given.pop("buf", None), io.StringIO()
        wall.call(lambda **named: real.info(buf=text, **named), (), given)
        (sys.stdout if buffer is None else buffer).write(text.getvalue())

    return {name: writer(name, target) for name, target in WRITERS.items()} | {"info": info}


def _from(function: Callable[..., Any], stream: Any) -> Callable[..., Any]:
    """Reading a stream, which stands before what a program gives."""
    return lambda *args, **options: function(stream, *args, **options)


def _check(name: str, options: dict[str, Any]) -> None:
    for each in options:
        if each in REFUSED:
            raise TypeError(f"{name}() has no argument {each!r} here")


def _path(place: Any) -> str:
    """A path as text; what is elsewhere is refused."""
    path = os.fspath(place)
    path = path.decode() if isinstance(path, bytes) else str.__str__(path)
    if ADDRESS.match(path):
        raise know(OSError(f"cannot open {path!r}"), Facts("data", "import", help=NETWORK))
    return os.path.expanduser(path)


def _packed(packing: Any, path: str, data: bytes) -> bytes:
    """The bytes of a file that is compressed as its suffix or an argument says."""
    method = packing.get("method") if isinstance(packing, dict) else packing
    if method == "infer":
        method = SUFFIXES.get(os.path.splitext(path)[1].lower())
    if method is None:
        return data
    if method == "zip":
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(os.path.basename(path).removesuffix(".zip"), data)
        return file.getvalue()
    packers: dict[Any, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "bz2": bz2.compress,
        "xz": lzma.compress,
    }
    if method not in packers:
        raise ValueError(f"Unrecognized compression type: {method}")
    return packers[method](data)
