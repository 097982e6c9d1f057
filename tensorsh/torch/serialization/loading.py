"""torch.load: what `torch.save` wrote, here or in PyTorch, as a zip archive or in the older form."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import re
import struct
import sys
from contextlib import ExitStack
from typing import Any

import numpy as np

from ...engine.core.warn import warn
from ...io.files import open_binary
from ...ops.tensors.storages import TypedStorage, UntypedStorage, storage_of
from .archive import Reader
from .memory import Restore, restoring
from .names import modern, weights
from .safe import user_allowed
from .saving import MAGIC_NUMBER, PROTOCOL_VERSION
from .unpickler import Unpickler, WeightsUnpickler

__all__ = ["get_unsafe_globals_in_checkpoint", "load"]

UNSAFE = (
    "In PyTorch 2.6, we changed the default value of the `weights_only` argument in `torch.load` from `False` to "
    "`True`. Re-running `torch.load` with `weights_only` set to `False` will likely succeed, but it can result in "
    "arbitrary code execution. Do it only if you got the file from a trusted source."
)
DOCUMENTED = (
    "\n\nCheck the documentation of torch.load to learn more about types accepted by default with weights_only "
    "https://pytorch.org/docs/stable/generated/torch.load.html."
)


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Read what was saved in a file, or in a stream of bytes.

    map_location   where memory goes: a device, {location in the file: location}, or a function of
                   (storage, location); "meta" leaves the values in the file
    weights_only   find tensors and containers alone (the default); False: the program's own classes, too
    mmap           map the file into memory instead of reading it; what is written does not reach it

    UnpicklingError for what is not to be found, RuntimeError for a broken file.
    """
    if weights_only is None:
        weights_only = pickle_module is None
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if weights_only and pickle_load_args:
        warn("pickle_load_args only works if `weights_only=False`.")
    options = {"encoding": "utf-8", **pickle_load_args}
    is_path = isinstance(f, str | os.PathLike)
    if is_path and os.fsdecode(f).endswith(".safetensors"):
        return _safetensors(f)
    with ExitStack() as stack:
        stream = stack.enter_context(open_binary(os.fspath(f))) if is_path else f
        _check_seekable(stream)
        reader = WeightsUnpickler if weights_only else Unpickler
        try:
            if not _is_archive(stream):
                if mmap:
                    raise RuntimeError(_not_mapped(f))
                return _load_legacy(stream, reader, restoring(map_location), options)
            archive = Reader(stream)
            if "constants.pkl" in archive.records:
                raise RuntimeError(
                    f"Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``. {UNSAFE}"
                )
            if mmap and not is_path:
                raise ValueError("f must be a file path in order to use the mmap argument")
            mapped = _mapped(stream) if mmap else None
            memory = _Memory(archive, stream, mapped, map_location)
            return reader(io.BytesIO(archive.read("data.pkl")), memory.load, **options).load()
        except pickle.UnpicklingError as error:
            if not weights_only:
                raise
            raise pickle.UnpicklingError(_explained(str(error))) from None


class _Memory:
    """The blocks of memory of an archive, read when a tensor first looks into them."""

    def __init__(self, archive: Reader, stream: Any, mapped: Any, map_location: Any):
        self._archive = archive
        self._stream = stream
        self._mapped = mapped
        self._restore = restoring(map_location)
        self._meta = map_location == "meta" or getattr(map_location, "type", None) == "meta"
        order = archive.read("byteorder") if "byteorder" in archive.records else b"little"
        if order not in (b"little", b"big"):
            raise ValueError("Unknown endianness type: " + order.decode())
        self._swapped = order.decode() != sys.byteorder
        self._loaded: dict[str, TypedStorage] = {}

    def load(self, saved: Any) -> TypedStorage:
        """The storage for what stands in a pickle for it."""
        if not isinstance(saved, tuple):
            raise AssertionError(f"saved_id must be a tuple, got {type(saved).__name__}")
        kind, storage_type, key, location, numel = saved
        if _text(kind) != "storage":
            raise AssertionError(
                f"Unknown typename for persistent_load, expected 'storage' but got '{_text(kind)}'"
            )
        if key not in self._loaded:
            dtype = StorageTypes.dtype(storage_type)
            size = numel * dtype.itemsize
            if self._meta:
                storage = UntypedStorage(size, device="meta")
            else:
                block = self._read(f"data/{key}", size)
                if self._swapped:
                    block = block.view(dtype.np).byteswap().view(np.uint8)
                storage = self._restore(storage_of(block), _text(location))
            self._loaded[key] = TypedStorage(wrap_storage=storage, dtype=dtype)
        return self._loaded[key]

    def _read(self, name: str, size: int) -> Any:
        start = self._archive.place(name)
        if self._mapped is not None and start is not None:
            return np.frombuffer(self._mapped, np.uint8, size, start)
        if start is None:
            return np.frombuffer(bytearray(self._archive.read(name)), np.uint8)
        return _filled(self._stream, start, size)


def _mapped(stream: Any) -> Any:
    """The file in memory, page by page as it is looked at; what is written there stays there."""
    import mmap

    return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)


class StorageTypes:
    """What the second place of a storage in a pickle says."""

    @staticmethod
    def dtype(storage_type: Any) -> Any:
        from ...engine.core.dtype import uint8

        return uint8 if storage_type is UntypedStorage else storage_type.dtype


def _filled(stream: Any, start: int | None, size: int) -> Any:
    """So many bytes of a stream, as an array of their own."""
    block = np.empty(size, np.uint8)
    if start is not None:
        stream.seek(start)
    content = memoryview(block)  # type: ignore[arg-type]
    read = 0
    while read < size:
        n = (
            stream.readinto(content[read:])
            if hasattr(stream, "readinto")
            else _copied(stream, content[read:])
        )
        if not n:
            raise RuntimeError(
                f"unexpected EOF, expected {size - read} more bytes. The file might be corrupted."
            )
        read += n
    return block


def _copied(stream: Any, into: memoryview) -> int:
    data = stream.read(len(into))
    into[: len(data)] = data
    return len(data)


def _load_legacy(stream: Any, reader: Any, restore: Restore, options: dict[str, Any]) -> Any:
    """The form before PyTorch 1.6: pickles in a row, then the memory."""
    blocks: dict[str, tuple[Any, TypedStorage]] = {}

    def persistent(saved: Any) -> Any:
        kind, *data = saved
        if _text(kind) == "module":
            return data[0]
        if _text(kind) != "storage":
            raise RuntimeError(f"Unknown saved id type: {kind}")
        storage_type, key, location, numel, view = data
        dtype = StorageTypes.dtype(storage_type)
        if key not in blocks:
            block = np.zeros(numel * dtype.itemsize, np.uint8)
            restored = restore(storage_of(block), _text(location))
            blocks[key] = block, TypedStorage(wrap_storage=restored, dtype=dtype)
            blocks[key][1].later = []
        found = blocks[key][1]
        if view is None:
            return found
        _, offset, size = view
        part = found.untyped()[offset * dtype.itemsize : (offset + size) * dtype.itemsize]
        return TypedStorage(wrap_storage=part, dtype=dtype)

    def following() -> Any:
        return reader(stream, persistent, **options).load()

    if following() != MAGIC_NUMBER:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = following()
    if version != PROTOCOL_VERSION:
        raise RuntimeError(f"Invalid protocol version: {version}")
    following()  # what the machine was like
    result = following()
    for key in following():
        (numel,) = struct.unpack("<q", stream.read(8))
        block, storage = blocks[key]
        if numel != storage.size():
            raise RuntimeError(
                f"storage has wrong byte size: expected {storage.nbytes()} got {numel * storage.element_size()}"
            )
        block[:] = _filled(stream, None, block.size)
        for step in storage.later or ():
            step()
    return result


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The names in a saved file that `weights_only=True` would not find."""
    is_path = isinstance(f, str | os.PathLike)
    with ExitStack() as stack:
        stream = stack.enter_context(open_binary(os.fspath(f))) if is_path else f
        if not _is_archive(stream):
            raise ValueError("Expected input to be a checkpoint returned by torch.save")
        content = Reader(stream).read("data.pkl")
    named = {
        ".".join(modern(*argument.split(" ")))
        for code, argument, _ in pickletools.genops(content)
        if code.name == "GLOBAL" and isinstance(argument, str)
    }
    return list(named - weights().keys() - user_allowed().keys())


def _is_archive(stream: Any) -> bool:
    start = stream.tell()
    head = stream.read(4)
    stream.seek(start)
    return head == b"PK\3\4"


def _check_seekable(stream: Any) -> None:
    try:
        stream.seek(stream.tell())
    except (io.UnsupportedOperation, AttributeError) as error:
        if "seek" not in str(error) and "tell" not in str(error):
            raise
        name = "seek" if not hasattr(stream, "seek") else ""
        message = f"'{type(stream).__name__}' object has no attribute 'seek'" if name else str(error)
        raise type(error)(
            f"{message}. You can only torch.load from a file that is seekable. Please pre-load the data into a buffer "
            "like io.BytesIO and try to load from it instead."
        ) from None


def _safetensors(path: Any) -> Any:
    from ...engine.values.wrapping import wrap
    from ...io.formats import read

    return {name: wrap(array) for name, array in read(path, format="safetensors").value.items()}


def _not_mapped(f: Any) -> str:
    name = f"{f}, " if isinstance(f, str) else ""
    return (
        f"mmap can only be used with files saved with `torch.save({name}_use_new_zipfile_serialization=True), please "
        "torch.save your checkpoint with this option in order to use mmap."
    )


def _text(value: Any) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else value


def _explained(message: str) -> str:
    """What PyTorch says around the unpickler's own words."""
    if re.search(r"GLOBAL (\S+) was not an allowed global by default.", message):
        text = (
            "Weights only load failed. This file can still be loaded, to do so you have two options, "
            f"\033[1mdo those steps only if you trust the source of the checkpoint\033[0m. \n\t(1) {UNSAFE}\n\t(2) "
            "Alternatively, to load with `weights_only=True` please check the recommended steps in the following "
            "error message.\n\tWeightsUnpickler error: " + message
        )
        return text + DOCUMENTED
    text = f"Weights only load failed. {UNSAFE}\n"
    if not re.search(r"whose module (\S+) is blocked", message):
        text += (
            "Please file an issue with the following so that we can make `weights_only=True` compatible with your use "
            "case: WeightsUnpickler error: "
        )
    return f"{text}\n\n{message}{DOCUMENTED}"
