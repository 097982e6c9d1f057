"""Reading and writing arrays: `.npy .npz .csv .tsv .txt .json .safetensors`, and standard input.

`read` and `write` are the whole of it; `load` and `save` are the short form. Nothing here knows of
tensors: arrays are NumPy's, and the language makes tensors of them.
"""

from __future__ import annotations

import os
from typing import Any

from .formats import FORMATS, Loaded, read, write

__all__ = ["FORMATS", "Loaded", "load", "read", "save", "write"]


def load(path: str | os.PathLike[str], **options: Any) -> Any:
    """What `path` holds: an array, a dict of arrays, or for json a list of either (see `read`)."""
    return read(path, **options).value


def save(value: Any, path: str | os.PathLike[str], **options: Any) -> None:
    """Write an array, or lists and dicts of arrays, to `path` (see `write`)."""
    write(value, path, **options)
