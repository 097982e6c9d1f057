"""`pd.options`: how tables print, which is the session's own and in force while it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from .behind import Wall
from .exchanged import Exchanged

#: what may be set: how tables print, and what reading and computing do; other options name modules to import
SETTABLE = ("display.", "mode.", "future.", "compute.")


def keys() -> list[str]:
    """The options that a program may look at and set."""
    from pandas._config import config

    return [key for key in config._registered_options if key.startswith(SETTABLE)]


def exchanged() -> Exchanged:
    """All of them, as they are when pandas is imported first."""
    import pandas as pd
    from pandas._config import config

    names = [
        name for name in keys() if name not in config._deprecated_options
    ]  # which say so when they are read

    def read() -> dict[str, Any]:
        return {name: pd.get_option(name) for name in names}

    def write(values: dict[str, Any]) -> None:
        for name, value in values.items():
            if pd.get_option(name) is not value:
                pd.set_option(name, value)

    return Exchanged(read, write, {name: pd.get_option(name) for name in names})


def functions(wall: Wall) -> dict[str, Any]:
    """`get_option`, `set_option` and their like, for one session."""
    import pandas as pd

    def found(pattern: Any) -> str:
        """The one option that a name or a part of it means."""
        import re

        text = str.__str__(pattern)
        names = keys()
        if text in names:
            return text
        matches = [name for name in names if re.search(text, name, re.I)]
        if len(matches) != 1:
            what = "Pattern matched multiple keys" if matches else f"No such keys(s): {text!r}"
            raise pd.errors.OptionError(what)
        return matches[0]

    def pairs(args: tuple[Any, ...]) -> list[tuple[str, Any]]:
        if len(args) == 1 and isinstance(args[0], dict):
            args = tuple(each for pair in args[0].items() for each in pair)
        if not args or len(args) % 2:
            raise ValueError("Must provide an even number of non-keyword arguments")
        return [(found(name), value) for name, value in zip(args[::2], args[1::2], strict=True)]

    def get_option(pat: str) -> Any:
        """What an option is."""
        return wall.give(wall.inside(pd.get_option, (found(pat),), {}))

    def set_option(*args: Any) -> None:
        """Set options: names and values in turn."""
        for name, value in pairs(args):
            wall.inside(pd.set_option, (name, wall.take(value)), {})

    def reset_option(pat: str) -> None:
        """Set an option, or all that begin so, to what pandas begins with."""
        text = str.__str__(pat)
        for name in keys() if text == "all" else [each for each in keys() if each.startswith(text)]:
            pd.reset_option(name)

    @contextlib.contextmanager
    def option_context(*args: Any) -> Iterator[None]:
        """Options for the statements of a `with`."""
        before = [(name, pd.get_option(name)) for name, _ in pairs(args)]
        try:
            set_option(*args)
            yield
        finally:
            for name, value in before:
                pd.set_option(name, value)

    return {
        "get_option": get_option,
        "set_option": set_option,
        "reset_option": reset_option,
        "option_context": option_context,
        "options": Options("", get_option, set_option),
    }


class Options:
    """`pd.options.display.max_rows`, to be read and set."""

    __slots__ = ("__get", "__path", "__set")

    def __init__(self, path: str, get: Any, put: Any):
        object.__setattr__(self, "_Options__path", path)
        object.__setattr__(self, "_Options__get", get)
        object.__setattr__(self, "_Options__set", put)

    def __getattr__(self, name: str) -> Any:
        path = f"{self.__path}{name}"
        if path in keys():
            return self.__get(path)
        if not any(key.startswith(path + ".") for key in keys()):
            raise AttributeError(f"You can only set the value of existing options; there is no {path!r}")
        return Options(path + ".", self.__get, self.__set)

    def __setattr__(self, name: str, value: Any) -> None:
        path = f"{self.__path}{name}"
        if path not in keys():
            raise AttributeError("You can only set the value of existing options")
        self.__set(path, value)

    def __dir__(self) -> list[str]:
        begin = len(self.__path)
        return sorted({key[begin:].partition(".")[0] for key in keys() if key.startswith(self.__path)})
