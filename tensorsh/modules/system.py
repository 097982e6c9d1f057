"""`sys` and `os.environ` of one session.

`sys.stdout` and its like are the process's streams, read and assigned through; everything that leads to
frames, hooks or the real module table is not there.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from .module import Module
from .uncaught import printing

if TYPE_CHECKING:
    from . import Modules

#: the streams of the process that a program can replace
STREAMS = ("stdin", "stdout", "stderr")
DEEPEST = 100_000  # frames of Python code that a program may ask for


class System(Module):
    """The `sys` of a program: its streams are those of the process, its modules those of the session."""

    def __getattribute__(self, name: str) -> Any:
        if name in STREAMS:
            return getattr(sys, name)
        return super().__getattribute__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in STREAMS:
            setattr(sys, name, value)
        else:
            super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in STREAMS:
            delattr(sys, name)
        else:
            super().__delattr__(name)


System.__name__ = System.__qualname__ = "module"
System.__module__ = "builtins"


class WholeSystem(types.ModuleType):
    """`sys` as the copies of Python's modules see it: the process's, with the session's arguments and modules."""

    def __init__(self, modules: Modules):
        super().__init__("sys")
        self.__dict__.update(modules=Loaded(modules))
        self.__dict__["program's"] = modules

    def __getattr__(self, name: str) -> Any:
        if name == "argv":
            modules = self.__dict__["program's"]
            return getattr(modules.loaded.get("sys"), "argv", modules.host.argv)
        return getattr(sys, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in STREAMS:
            setattr(sys, name, value)
        else:
            super().__setattr__(name, value)


class Loaded(Mapping[str, Any]):
    """`sys.modules` as the copies see it: the session's modules, and the program's own."""

    def __init__(self, modules: Modules):
        self.modules = modules

    def __getitem__(self, name: str) -> Any:
        if name == "typing":
            return self.modules.copies.typing
        found = self.modules.loaded.get(name) or self.modules.main(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(["__main__", *self.modules.loaded])

    def __len__(self) -> int:
        return 1 + len(self.modules.loaded)

    def copy(self) -> dict[str, Any]:
        return dict(self)


class Environ(MutableMapping[str, str]):
    """`os.environ`: the session's own copy of the environment; nothing a program sets leaves it."""

    def __init__(self) -> None:
        self._data = dict(os.environ)

    def __getitem__(self, key: str) -> str:
        return self._data[_text(key)]

    def __setitem__(self, key: str, value: str) -> None:
        self._data[_text(key)] = _text(value)

    def __delitem__(self, key: str) -> None:
        del self._data[_text(key)]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._data))

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return "environ({" + ", ".join(f"{key!r}: {value!r}" for key, value in self._data.items()) + "})"

    def copy(self) -> dict[str, str]:
        return dict(self._data)

    def __or__(self, other: Any) -> Any:
        return {**self._data, **other} if isinstance(other, Mapping) else NotImplemented

    def __ror__(self, other: Any) -> Any:
        return {**other, **self._data} if isinstance(other, Mapping) else NotImplemented


Environ.__name__ = Environ.__qualname__ = "_Environ"
Environ.__module__ = "os"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"str expected, not {type(value).__name__}")
    return str.__str__(value)


def system_names(modules: Modules) -> dict[str, Any]:
    """The names of `sys` that are the session's."""

    def exit(status: Any = None, /) -> Any:
        """Leave the program with this status."""
        raise SystemExit(status)

    def getrecursionlimit() -> int:
        """The deepest that calls may go."""
        return modules.recursion_limit

    def setrecursionlimit(limit: int, /) -> None:
        """Set the deepest that calls may go, for this session."""
        if type(limit) is not int:
            raise TypeError(f"{type(limit).__name__!r} object cannot be interpreted as an integer")
        if limit < 1:
            raise ValueError("recursion limit must be greater or equal than 1")
        modules.recursion_limit = min(limit, DEEPEST)
        modules.host.recursion_changed(modules.recursion_limit)

    def _getframe(depth: int = 0, /) -> Any:
        """The call that is so many above the running one."""
        from .call_frames import frame_at

        return frame_at(modules.host, depth)

    hook = printing(modules)
    return {
        "exit": exit,
        "_getframe": _getframe,
        "excepthook": hook,
        "__excepthook__": hook,
        "getrecursionlimit": getrecursionlimit,
        "setrecursionlimit": setrecursionlimit,
        "argv": modules.host.argv,
        "modules": modules.loaded,
        "path": [os.path.abspath(modules.host.folder()), *sys.path[1:]],
        "__stdin__": sys.__stdin__,
        "__stdout__": sys.__stdout__,
        "__stderr__": sys.__stderr__,
        "dont_write_bytecode": False,
        "warnoptions": [],
        "orig_argv": list(modules.host.argv),
        "executable": sys.executable,
        "implementation": types.SimpleNamespace(**vars(sys.implementation)),
        "is_finalizing": sys.is_finalizing,
    }
