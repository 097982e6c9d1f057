"""Finished machine code in the user's cache: kept by what it was made of and for.

A key is a digest of a description and of all that the code depends on besides: the processor, the versions of NumPy
and LLVM, and the files of the engine, as Python tells its bytecode's sources, by time and size. Code is an `image`,
which is only mapped and run; neither LLVM nor what writes its text is loaded for it.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import kept
from ...source import PACKAGE
from ..core import context
from .machine.image import ALIGNMENT, supported

try:
    from _blake2 import blake2b  # without OpenSSL, which `hashlib` loads
except ImportError:
    from hashlib import blake2b

if TYPE_CHECKING:
    from .plan import Outline

FORMAT = 1  # of what is kept; raise it with every change
PREFIX = "code-"
#: what is kept at most: files, and bytes of all together
FILES, SIZE = 1_000, 16 << 20
#: what tells processors apart in /proc/cpuinfo
PROCESSOR = ("vendor_id", "cpu family", "model", "model name", "stepping", "flags")
#: the longest description of one processor there
LONGEST = 1 << 14


def usable() -> bool:
    """Whether this session looks for machine code, and keeps it."""
    return context.current().keeping and supported() and bool(environment())


@cache
def environment() -> bytes:
    """What machine code depends on besides its text; empty if it cannot be told."""
    try:
        parts = FORMAT, sys.implementation.cache_tag, object.__basicsize__, np.__version__
        return marshal.dumps((*parts, llvm(), processor(), list(sources())), 2)
    except (OSError, ValueError):
        return b""


def llvm() -> str:
    """The version of llvmlite, which comes with its LLVM, without loading it."""
    spec = find_spec("llvmlite")
    if spec is None or spec.origin is None:
        raise ValueError("no llvmlite")
    with open(os.path.join(os.path.dirname(spec.origin), "_version.py"), encoding="utf-8") as file:
        return file.read()


def processor() -> list[str]:
    """What the system says of the first processor."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        first, _, _ = file.read(LONGEST).partition("\n\n")
    return [line for line in first.splitlines() if line.partition(":")[0].strip() in PROCESSOR]


def sources() -> Iterator[tuple[str, int, int]]:
    """Name, size and time of each file of the engine."""
    folders = [os.path.join(PACKAGE, "engine")]
    for folder in folders:
        for entry in sorted(os.scandir(folder), key=lambda each: each.name):
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield entry.name, status.st_size, status.st_mtime_ns
            elif entry.is_dir() and entry.name != "__pycache__":
                folders.append(entry.path)


def key(kind: str, description: Any) -> str:
    """The name of the file for a description of plain data."""
    data = marshal.dumps((kind, description), 2)  # 2: the same bytes whoever else holds a part of it
    return PREFIX + blake2b(environment() + data, digest_size=32).hexdigest()


def digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=32).digest()


def find(name: str) -> Any:
    """What was kept under a key; None where there is nothing."""
    data = kept.read(name, digest)
    if data is None:
        return None
    stored, found = marshal.loads(data)
    if stored != name:
        return None
    kept.touch(name)
    return found


def keep(name: str, what: Any) -> None:
    """Keep plain data under a key."""
    kept.write(name, marshal.dumps((name, what)), digest)
    kept.forget(PREFIX, FILES, SIZE)


def keep_calls(name: str, outline: Outline, images: Sequence[bytes | None]) -> None:
    """Keep what a program's calls become: one image of all functions, the pieces, place and loops of each function."""
    data = bytearray()
    codes = []
    for image, loops in zip(images, outline.loops, strict=True):
        if image is None:
            return
        data += b"\0" * (-len(data) % ALIGNMENT)
        codes.append((len(data), loops))
        data += image
    keep(name, (bytes(data), [tuple(piece) for piece in outline.pieces], codes))
