"""A file that takes the place of another when it is whole, and that a killed process does not leave behind.

It is written without a name where the system can (`O_TMPFILE`): nothing is left of it if we end meanwhile. Elsewhere,
and for the moment between its getting a name and another's, the name begins with a point and has our process's number,
so that whoever writes this file next can tell what is left over.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable
from typing import Any, BinaryIO

#: where a file without a name has one for as long as it is open
OPEN = "/proc/self/fd"


def put(target: str, permissions: int, write: Callable[[BinaryIO], Any], sync: bool = True) -> None:
    """Let `write` fill a file beside `target` that then takes its place; if it fails nothing has changed.

    `sync`: it is on the disk before it is there; not for what can be made again, and says itself whether it is whole.
    """
    folder, name = os.path.split(target)
    clean(folder, name)
    made = _nameless(folder)
    if made is None:
        made, temporary = _named(folder, name)
    else:
        temporary = ""
    try:
        with os.fdopen(made, "w+b") as stream:
            write(stream)
            stream.flush()
            if sync:
                os.fsync(made)
            if hasattr(os, "fchmod"):
                os.fchmod(made, permissions)
            if not temporary:
                temporary = _give_name(stream, folder, name)
        if not hasattr(os, "fchmod"):
            os.chmod(temporary, permissions)
        os.replace(temporary, target)
    except BaseException:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise


def _nameless(folder: str) -> int | None:
    """A new file in a folder that has no name; None where there are none."""
    if not hasattr(os, "O_TMPFILE") or not os.path.isdir(OPEN):
        return None
    with contextlib.suppress(OSError):
        return os.open(folder or ".", os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    return None


def _named(folder: str, name: str) -> tuple[int, str]:
    import tempfile

    return tempfile.mkstemp(prefix=_begin(name), suffix=".tmp", dir=folder)


def _begin(name: str) -> str:
    return f".{name}.{os.getpid()}."


def _give_name(stream: BinaryIO, folder: str, name: str) -> str:
    """The path that a file without a name has got beside the one that it is to replace."""
    path = os.path.join(folder, f"{_begin(name)}{os.urandom(6).hex()}.tmp")
    with contextlib.suppress(OSError):
        place = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:  # a folder is given so that Python asks the system to follow the link, which is the file
            os.link(
                f"{OPEN}/{stream.fileno()}", os.path.basename(path), dst_dir_fd=place, follow_symlinks=True
            )
        finally:
            os.close(place)
        return path
    handle, path = _named(folder, name)
    with os.fdopen(handle, "wb") as copy:
        stream.seek(0)
        shutil.copyfileobj(stream, copy)
        os.fsync(handle)
        os.fchmod(handle, os.fstat(stream.fileno()).st_mode & 0o7777)
    return path


def clean(folder: str, name: str) -> None:
    """Remove what processes that were killed while they wrote this file have left beside it."""
    left = re.compile(re.escape(f".{name}.") + r"(\d+)\.\w+\.tmp")
    with contextlib.suppress(OSError):
        for each in os.listdir(folder or "."):
            found = left.fullmatch(each)
            if found is not None and not _runs(int(found[1])):
                os.unlink(os.path.join(folder, each))


def _runs(process: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
