"""torch.save: a value as a zip archive of its pickle and of the memory that its tensors look into."""

from __future__ import annotations

import os
import struct
import sys
from contextlib import ExitStack
from typing import Any

from ...io.files import open_binary
from .archive import ALIGNMENT, Writer
from .memory import Block
from .pickler import Blocks, pickled

__all__ = ["save"]

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001


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
        with ExitStack() as stack:
            stream = stack.enter_context(open_binary(os.fspath(f), "wb")) if is_path else f
            for part in parts:
                stream.write(part)
            stream.flush()
        return

    def named(block: Block) -> tuple[Any, ...]:
        return blocks.key(block), block.location, block.numel

    pickle = pickled(obj, pickle_protocol, named)
    with ExitStack() as stack:
        stream = stack.enter_context(_created(os.fspath(f))) if is_path else f
        archive = Writer(stream.write, _stem(os.fspath(f)) if is_path else "archive")
        archive.add("data.pkl", pickle)
        archive.add(".format_version", b"1")
        archive.add(".storage_alignment", str(ALIGNMENT).encode())
        if not _disable_byteorder_record:
            archive.add("byteorder", sys.byteorder.encode())
        for number, block in enumerate(blocks.found):
            archive.add(f"data/{number}", b"" if block.memory is None else block.memory)
        archive.close()
        if hasattr(stream, "flush"):
            stream.flush()


def _created(path: Any) -> Any:
    """The file, new; RuntimeError, as PyTorch's writer has it, where it cannot be."""
    name = os.fsdecode(path)
    folder = os.path.dirname(name)
    if folder and not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist.")
    if not _stem(name):
        raise RuntimeError(f"[enforce fail at inline_container.cc:720] . invalid file name: {name}")
    try:
        return open_binary(name, "wb")
    except OSError as error:
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
