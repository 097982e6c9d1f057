"""The one gate through which a program reaches files: whoever opens, lists, makes or removes asks here.

Everything is let through, but in a sandbox (`tensorsh.sandbox`): a session that refuses paths overrides `Host.admit`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

READ, WRITE = "read", "write"
#: files that programs have opened to write, as long as somebody holds them
written: WeakSet[Any] = WeakSet()


def open_file(host: Any, file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
    """`open` as a program has it; files that are numbers are those the session was given."""
    if options.get("opener") is not None:
        raise ValueError("open() takes no opener here")
    admit(host, file, how(mode))
    return noted(open(file, mode, *rest, **options), mode)


def open_within(host: Any, file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
    """`io.open` as the copies of Python's modules have it: numbers and openers are their own."""
    if not isinstance(file, int):
        admit(host, file, how(mode))
    return noted(open(file, mode, *rest, **options), mode)


def how(mode: Any) -> str:
    return READ if set(str(mode)) <= set("rbtU") else WRITE


def noted(file: Any, mode: Any) -> Any:
    if how(mode) == WRITE:
        written.add(file)
    return file


def admit(host: Any, path: Any, how: str) -> None:
    """Ask the session whether the program may read or write this path."""
    if isinstance(path, int):
        standard: tuple[int, ...] = (0, 1, 2)
        if (
            host.confined
        ):  # what is written is counted, and what is read may be a file that is not the program's
            standard = (0,) if how == READ else ()
        if path not in standard and path not in host.descriptors:
            raise OSError(9, "Bad file descriptor")
        return
    host.admit(os.fspath(path), how)


def looking(host: Any, function: Callable[..., Any]) -> Callable[..., bool]:
    """A function of a path that says false of what is not there: so it does of what the program may not read."""

    def asked(path: Any) -> bool:
        place = path if isinstance(path, int) else os.fspath(path)
        return (isinstance(place, int) or host.admits(place, READ)) and bool(function(path))

    return named_as(asked, function)


def named_as(made: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that says it is another one."""
    made.__name__, made.__doc__ = function.__name__, function.__doc__
    made.__qualname__ = getattr(function, "__qualname__", function.__name__)
    made.__module__ = getattr(function, "__module__", None) or "builtins"
    return made


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
            admit(host, "." if path is None else path, how)
        for name in names:
            if options.get(name) is not None and len(args) < paths:
                admit(host, options[name], how)
        if not args and not options:
            admit(host, ".", how)  # `os.listdir()`; others say what they miss
        return function(*args, **options)

    return named_as(asked, function)


def linking(host: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """`os.symlink`: a link is written, and so may be what it leads to, seen from where it stands."""

    def symlink(src: Any, dst: Any, target_is_directory: bool = False, *, dir_fd: int | None = None) -> Any:
        from ..sandbox import led_to

        admit(host, dst, WRITE)
        admit(host, led_to(src, dst), WRITE)
        return function(src, dst, target_is_directory, dir_fd=dir_fd)

    return named_as(symlink, function)
