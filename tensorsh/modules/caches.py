"""`functools.lru_cache` where a failed statement is undone: what is in it can be seen and put back.

Python's cache in C shows neither its results nor in which order they were asked for. Where somebody can look after a
failed statement, functions get the cache of Python's own `functools.py`, which keeps all of it in lists, dictionaries
and closures; elsewhere the one in C.
"""

from __future__ import annotations

import importlib.util
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import Host


def change(host: Host, made: types.ModuleType) -> None:
    """Let the session's copy of `functools` choose the cache when a function asks for one."""
    in_c = made._lru_cache_wrapper
    in_python: list[Any] = []

    def wrapper(function: Any, maxsize: Any, typed: bool, info: Any) -> Any:
        if not host.undoing:
            return in_c(function, maxsize, typed, info)
        if not in_python:
            in_python.append(_in_python(made))
        return in_python[0](function, maxsize, typed, info)

    made._lru_cache_wrapper = wrapper  # type: ignore[attr-defined]


def _in_python(made: types.ModuleType) -> Any:
    """The cache that `functools.py` has for a Python without the one in C."""
    builtins = made.__dict__["__builtins__"]
    find = builtins["__import__"]

    def without_c(name: str, names: Any = None, local: Any = None, wanted: Any = (), level: int = 0) -> Any:
        if name == "_functools" and wanted == ("_lru_cache_wrapper",):
            raise ImportError(name)
        return find(name, names, local, wanted, level)

    spec = importlib.util.find_spec("functools")
    assert spec is not None and spec.loader is not None
    space = {**made.__dict__, "__builtins__": {**builtins, "__import__": without_c}}
    exec(spec.loader.get_code("functools"), space)  # type: ignore[attr-defined]
    return space["_lru_cache_wrapper"]
