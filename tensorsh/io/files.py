"""Opening and replacing files; what the operating system refuses says so with help."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, cast

from .. import beside
from ..engine.core import context
from ..errors import DataError, Facts, facts_of, know


@contextlib.contextmanager
def opened(path: str, stdin: BinaryIO | None = None) -> Iterator[BinaryIO]:
    """The bytes of a file, or of standard input for `-`."""
    if path == "-":
        yield stdin if stdin is not None else sys.stdin.buffer
        return
    with _explained(path):
        _admit(path, "read")
    with _explained(path), open(path, "rb") as stream:
        if stat.S_ISCHR(os.fstat(stream.fileno()).st_mode) and not stream.isatty():
            raise OSError(errno.EINVAL, "Is a device, which has no end")
        yield stream


def open_binary(path: str) -> BinaryIO:
    """A file that the library reads; Python's own error where it cannot be."""
    _admit(path, "read")
    try:
        return cast(BinaryIO, open(path, "rb"))
    except ValueError as error:  # no path has a null byte
        raise know(error, Facts("value")) from None


def _admit(path: str, how: str) -> None:
    admit = context.current().admit
    if admit is not None:
        admit(path, how)


def replace(path: str, write: Callable[[BinaryIO], Any]) -> None:
    """Let `write` fill a file that takes the place of `path` only when it is whole; `-` is standard output.

    The bytes go to a file beside it, which is renamed at the end: whoever reads `path` sees the old
    contents or the new, and a failure leaves the old. A link keeps pointing to what it points to;
    what is no regular file (a pipe, /dev/null) is written directly, and so is one in a folder that cannot be.
    """
    if path == "-":
        stream = getattr(sys.stdout, "buffer", None)
        if stream is None:
            raise DataError("standard output takes no bytes here", help="give a path, or print the value")
        sys.stdout.flush()
        write(stream)
        stream.flush()
        return
    _admit(path, "write")
    with _explained(path):
        target = os.path.realpath(path)
        mode = _mode(target)
        if mode is not None and not stat.S_ISREG(mode):
            with open(target, "wb") as stream:
                write(stream)
            return
        permissions = stat.S_IMODE(mode) if mode is not None else 0o666 & ~_umask()
        try:
            beside.put(target, permissions, write)
        except PermissionError:
            if mode is None or os.access(os.path.dirname(target), os.W_OK) or not os.access(target, os.W_OK):
                raise
            with open(target, "wb") as stream:  # in a folder where nothing can be made
                write(stream)


def _mode(path: str) -> int | None:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "Is a directory", path)
    return mode


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def understood(name: str, kind: str | None) -> Iterator[None]:
    """The boundary of every reader: whatever it stumbles over in a file is an error of the data.

    Readers report what they foresee; what they do not (a damaged header, a shape beyond NumPy's limits,
    a word where a number belongs) ends here.
    """
    try:
        yield
    except MemoryError:
        raise DataError(f"{name}: says that it holds more than there is memory for") from None
    except Exception as error:
        if facts_of(error) is not None:
            raise
        reason = getattr(error, "strerror", None) or str(error).split("\n", 1)[0] or type(error).__name__
        what = "file" if kind is None else f".{kind} file"
        raise DataError(
            f"{name}: not a {what} that can be read ({reason})",
            help="it is damaged, or of another format: load(path, format=…) says which",
        ) from error


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    if "\0" in path:
        raise DataError(f"embedded null byte: {path!r}", help="no path has one")
    try:
        yield
    except OSError as error:
        if facts_of(error) is not None:
            raise
        # of the file asked for, not of one beside it; NumPy says in words alone what it could not write
        told = type(error)(error.errno or errno.EIO, error.strerror or str(error), path)
        raise know(told, Facts("data", help=_help(path, error))) from None
    except UnicodeEncodeError as error:
        raise DataError(f"{error}: {path!r}") from None


def _help(path: str, error: Exception) -> str | None:
    folder, name = os.path.split(path)
    if isinstance(error, FileNotFoundError):
        if folder and not os.path.isdir(folder):
            return f"there is no folder {folder!r}"
        with contextlib.suppress(OSError):
            import difflib

            close = difflib.get_close_matches(name, os.listdir(folder or "."), n=1)
            if close:
                return f"did you mean {os.path.join(folder, close[0])!r}?"
        return f"paths are relative to {os.getcwd()!r}"
    return None


class Rejoined(io.RawIOBase):
    """A stream whose first bytes were read already, for one that cannot seek."""

    def __init__(self, head: bytes, rest: BinaryIO):
        self.head = head
        self.rest = rest

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            head, self.head = self.head, b""
            return head + self.rest.read()
        head, self.head = self.head[:size], self.head[size:]
        return head + self.rest.read(size - len(head)) if len(head) < size else head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seekable(self) -> bool:
        return False
