"""The one gate through which a program reaches files: whoever opens, lists, makes or removes asks here.

Everything is let through today. A session that shall refuse paths overrides `Host.admit`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

READ, WRITE = "read", "write"


def open_file(host: Any, file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
    """`open` as a program has it; files that are numbers are those the session was given."""
    if options.get("opener") is not None:
        raise ValueError("open() takes no opener here")
    admit(host, file, READ if set(str(mode)) <= set("rbtU") else WRITE)
    return open(file, mode, *rest, **options)


def open_within(host: Any, file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
    """`io.open` as the copies of Python's modules have it: numbers and openers are their own."""
    if not isinstance(file, int):
        admit(host, file, READ if set(str(mode)) <= set("rbtU") else WRITE)
    return open(file, mode, *rest, **options)


def admit(host: Any, path: Any, how: str) -> None:
    """Ask the session whether the program may read or write this path."""
    if isinstance(path, int):
        if path > 2 and path not in host.descriptors:
            raise OSError(9, "Bad file descriptor")
        return
    host.admit(os.fspath(path), how)


def gated(host: Any, function: Callable[..., Any], how: str, paths: int = 1) -> Callable[..., Any]:
    """A function of paths (its first arguments, by place or by name) that asks before it acts."""
    names = (
        "path",
        "src",
        "dst",
        "name",
        "top",
        "pathname",
        "file",
        "filename",
        "oldname",
        "newname",
        "old",
        "new",
    )

    def asked(*args: Any, **options: Any) -> Any:
        for path in args[:paths]:
            if path is not None:
                admit(host, path, how)
        for name in names:
            if options.get(name) is not None and len(args) < paths:
                admit(host, options[name], how)
        return function(*args, **options)

    asked.__name__ = function.__name__
    asked.__qualname__ = getattr(function, "__qualname__", function.__name__)
    asked.__doc__ = function.__doc__
    asked.__module__ = getattr(function, "__module__", None) or "builtins"
    return asked
