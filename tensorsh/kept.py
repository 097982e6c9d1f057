"""Files in the user's cache folder: what takes long to make, and can be made again.

Only the user may have written them: the folder is made with mode 0700, files with 0600; owner, mode and digest are
looked at before a byte is used, and links are not followed. A file is written beside and renamed, so that nobody ever
sees half of one. What is absent, damaged, foreign or cannot be written is as if it had never been there.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import stat
import sys
from collections.abc import Callable
from typing import Any
from zlib import crc32

#: of a file's content, to be found before it
Digest = Callable[[bytes], bytes]


_settled: list[str] = []


def settle() -> None:
    """The folder stays where it is, whatever becomes of the environment."""
    _settled[:] = [folder()]


def folder() -> str:
    """`tensorsh` in the user's folder for caches."""
    if _settled:
        return _settled[0]
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "tensorsh")


def read(name: str, digest: Digest, start: int = 0, most: int = -1) -> bytes | None:
    """The content of a file, or a piece of it; None where there is none that can be trusted."""
    path = os.path.join(folder(), name)
    try:
        if not _ours(os.lstat(os.path.dirname(path)), stat.S_ISDIR):
            return None
        flags = (getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_BINARY", "O_NONBLOCK"))
        handle = os.open(path, os.O_RDONLY | sum(flags))
        with open(handle, "rb") as file:
            if not _ours(os.fstat(handle), stat.S_ISREG):
                return None
            file.seek(start)
            data = file.read(most)
    except OSError:
        return None
    size = len(digest(b""))
    content = data[size:]
    return content if len(data) >= size and digest(content) == data[:size] else None


def _ours(status: os.stat_result, kind: Callable[[int], bool]) -> bool:
    """Whether only the user can have written this."""
    user = getattr(os, "getuid", lambda: status.st_uid)()
    return kind(status.st_mode) and status.st_uid in (user, 0) and not status.st_mode & 0o022


def write(name: str, content: bytes, digest: Digest) -> None:
    """Keep a file, where that is possible."""
    from .beside import put

    path = os.path.join(folder(), name)
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        put(path, 0o600, lambda file: file.write(digest(content) + content), sync=False)


#: of what is computed again when it is needed: of other versions, and of checkouts that somebody works on
MOST = 16


def computed(kind: str, name: str, key: Any, compute: Callable[[], Any]) -> Any:
    """The data of a key: as it was kept, else computed and kept from now on.

    Of one `kind` each `name` has a file of its own, and so has each Python, so that versions side by side leave each
    other's alone; the newest `MOST` stay. Key and data are what `marshal` takes.
    """
    version = str(sys.version_info[:2])
    file = f"{kind}-{crc32((version + name).encode()):08x}.table"
    content = read(file, checksum)
    if content is not None:
        with contextlib.suppress(ValueError, EOFError, TypeError):
            whose, data = marshal.loads(content)
            if whose == (version, key):
                return data
    data = compute()
    write(file, marshal.dumps(((version, key), data)), checksum)
    forget(f"{kind}-", MOST)
    return data


def checksum(content: bytes) -> bytes:
    return crc32(content).to_bytes(4, "big")


def touch(name: str) -> None:
    """The file has been used now."""
    with contextlib.suppress(OSError):
        os.utime(os.path.join(folder(), name), follow_symlinks=False)


def forget(prefix: str, files: int, size: int | None = None) -> None:
    """Of the files with this prefix keep the newest, `files` at most, of `size` bytes together."""
    with contextlib.suppress(OSError):
        found = []
        for entry in os.scandir(folder()):
            status = entry.stat(follow_symlinks=False)
            if entry.name.startswith(prefix) and _ours(status, stat.S_ISREG):
                found.append((status.st_mtime, status.st_size, entry.path))
        found.sort(reverse=True)
        total = 0
        for number, (_, length, path) in enumerate(found):
            total += length
            if number >= files or (size is not None and total > size):
                with contextlib.suppress(OSError):
                    os.unlink(path)
