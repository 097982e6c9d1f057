"""Files that the program itself writes: what was saved is what is loaded again, though nothing is written."""

from __future__ import annotations

import io
import os
from typing import Any

import numpy as np

from ..engine.values.tensor import Tensor
from ..torch.serialization.loading import load
from ..torch.serialization.saving import save
from .unknown import UNKNOWN, holds_unknown, not_known
from .unknown import vague as vagueness

OPENERS, WRITTEN = ("builtins", "io", "_io"), ("w", "a", "x")
PLAIN = (int, float, str, bool, complex, bytes, type(None), np.ndarray)


class Files:
    """What one program saves, by path."""

    def __init__(self) -> None:
        self.saved: dict[str, Any] = {}

    def asked(self, function: Any, args: Any, kwargs: Any, uncertain: bool) -> tuple[Any] | None:
        """What a call that saves or loads gives, in a tuple; None for other calls."""
        if getattr(function, "__name__", "") == "open" and getattr(function, "__module__", "") in OPENERS:
            return self.opened(*args, **kwargs)
        kind = "torch" if function in (save, load) else numpy_function(function)
        if kind is None or not args:
            return None
        saves = function.__name__ == "save"
        if saves and len(args) != 2:
            return None
        value, path = (args if kind == "torch" else args[::-1]) if saves else (None, args[0])
        try:
            name = os.path.abspath(os.fspath(path))
        except TypeError:
            return None
        if not saves:
            return (copied(self.saved[name]),) if name in self.saved else None
        if kind != "torch" and not name.endswith(".npy"):
            name += ".npy"
        vagueness.files = True
        known = not uncertain and name not in self.saved and not holds_unknown(value)
        self.saved[name] = copied(value) if known else UNKNOWN
        return (None,)

    def opened(self, path: Any, mode: Any = "r", *rest: Any, **named: Any) -> tuple[Any] | None:
        """What is opened to be written, in a tuple: it is kept in memory, and forgotten."""
        if not isinstance(path, str | os.PathLike) or not isinstance(mode, str) or mode[:1] not in WRITTEN:
            return None
        vagueness.files = True
        return (Binary(path, mode) if "b" in mode else Text(path, mode),)


class Stream:
    """A file that is written, in memory."""

    def __init__(self, path: Any, mode: str):
        super().__init__()
        self.name, self.mode = path, mode

    def fileno(self) -> Any:
        return UNKNOWN

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return UNKNOWN


class Text(Stream, io.StringIO):
    pass


class Binary(Stream, io.BytesIO):
    pass


def numpy_function(function: Any) -> str | None:
    named = getattr(function, "__name__", ""), (getattr(function, "__module__", None) or "").partition(".")[0]
    return "numpy" if named in (("save", "numpy"), ("load", "numpy")) else None


def copied(value: Any) -> Any:
    """What is read of a value that was written; what needs its class to be found is unknown."""
    if isinstance(value, Tensor):
        made = value.detach().clone()
        return made.requires_grad_(value.requires_grad) if value.requires_grad else made
    if isinstance(value, PLAIN):
        return value.copy() if isinstance(value, np.ndarray) else value
    if isinstance(value, dict):
        parts = {key: copied(each) for key, each in value.items()}
        return UNKNOWN if any(map(not_known, parts.values())) else type(value)(parts)
    if type(value) in (list, tuple):
        listed = list(map(copied, value))
        return UNKNOWN if any(map(not_known, listed)) else type(value)(listed)
    return UNKNOWN
