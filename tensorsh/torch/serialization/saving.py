"""torch.save: a value as a zip archive of its pickle and of the memory that its tensors look into."""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Callable
from typing import Any

from ...errors import facts_of
from ...io.files import replace
from .archive import ALIGNMENT, Writer
from .memory import Block
from .pickler import Blocks, pickled

__all__ = ["save"]

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
#: what goes wrong in writing, after the file was opened
FULL = (errno.ENOSPC, errno.EFBIG, errno.EIO)


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Write a value to a path or to a stream of bytes: tensors, containers, numbers, the program's own objects.

    Tensors that share memory share it again when they are loaded. AttributeError for what is neither path nor
    stream, RuntimeError where the folder is missing.
    """
    is_path = isinstance(f, str | os.PathLike)
    if not is_path and not hasattr(f, "write"):
        raise AttributeError(
            "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
        )
    blocks = Blocks()
    if not _use_new_zipfile_serialization:
        parts = _legacy(obj, pickle_protocol, blocks)

        def write(stream: Any) -> None:
            for part in parts:
                stream.write(part)

    else:

        def named(block: Block) -> tuple[Any, ...]:
            return blocks.key(block), block.location, block.numel

        pickle = pickled(obj, pickle_protocol, named)

        def write(stream: Any) -> None:
            archive = Writer(stream.write, _stem(os.fspath(f)) if is_path else "archive")
            archive.add("data.pkl", pickle)
            archive.add(".format_version", b"1")
            archive.add(".storage_alignment", str(ALIGNMENT).encode())
            if not _disable_byteorder_record:
                archive.add("byteorder", sys.byteorder.encode())
            for number, block in enumerate(blocks.found):
                archive.add(f"data/{number}", b"" if block.memory is None else block.memory)
            archive.close()

    if not is_path:
        write(f)
        if not _use_new_zipfile_serialization or hasattr(f, "flush"):
            f.flush()
    elif _use_new_zipfile_serialization:
        _create(os.fsdecode(os.fspath(f)), write)
    else:
        replace(_path(os.fsdecode(os.fspath(f))), write)


def _path(name: str) -> str:
    """The path of a file; `-` is one here."""
    return os.path.join(os.curdir, name) if name == "-" else name


def _create(name: str, write: Callable[[Any], None]) -> None:
    """Write a file; RuntimeError, as PyTorch's writer has it, where it cannot be."""
    folder = os.path.dirname(name)
    if folder and not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist.")
    if not _stem(name):
        raise RuntimeError(f"[enforce fail at inline_container.cc:720] . invalid file name: {name}")
    try:
        replace(_path(name), write)
    except OSError as error:
        facts = facts_of(error)
        if error.errno in FULL or (facts is not None and facts.kind == "limit"):
            raise
        raise RuntimeError(
            f"[enforce fail at inline_container.cc:672] . open file failed with error code: {error.errno}"
        ) from None


def _stem(path: Any) -> str:
    return os.path.basename(os.fsdecode(path)).rpartition(".")[0] or os.path.basename(
        os.fsdecode(path)
    ).strip(".")


def _legacy(obj: Any, protocol: int, blocks: Blocks) -> list[Any]:
    """The parts of a file as PyTorch wrote them before 1.6: pickles in a row, then the memory."""

    def named(block: Block) -> tuple[Any, ...]:
        return blocks.key(block), block.location, block.numel, None

    info = {
        "protocol_version": PROTOCOL_VERSION,
        "little_endian": sys.byteorder == "little",
        "type_sizes": {"short": 2, "int": 4, "long": struct.calcsize("=l")},
    }
    parts: list[Any] = [pickled(head, protocol, named) for head in (MAGIC_NUMBER, PROTOCOL_VERSION, info)]
    parts.append(pickled(obj, protocol, named))
    keys = sorted(str(number) for number in range(len(blocks.found)))
    parts.append(pickled(keys, protocol, named))
    for key in keys:
        block = blocks.found[int(key)]
        parts += [struct.pack("<q", block.numel), b"" if block.memory is None else block.memory.tobytes()]
    return parts
