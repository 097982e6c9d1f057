"""Zip archives as PyTorch writes them: nothing is compressed, and each record begins at a multiple of 64 bytes.

So records can be mapped into memory where they lie. Sizes follow the data (a "data descriptor"), and the file
ends with the directory for large archives, whether it is one or not.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

ALIGNMENT = 64
LARGE = 0xFFFFFFFF

_LOCAL = struct.Struct("<4s2xHHHHIIIHH")
_CENTRAL = struct.Struct("<4s2x2xHHHHIIIHHHHHII")
_END_LARGE = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4sHHHHIIH")
_UTF8, _SIZE_FOLLOWS = 0x0800, 0x0008


class _Entry(NamedTuple):
    name: bytes
    flags: int
    crc: int
    size: int
    start: int


class Writer:
    """Writes records to `write`, one after the other; `close` ends the archive."""

    def __init__(self, write: Callable[[Any], Any], folder: str):
        self._write = write
        self._folder = folder
        self._position = 0
        self._entries: list[_Entry] = []

    def add(self, name: str, data: Any) -> None:
        """A record: bytes, or an array of them."""
        content = memoryview(data).cast("B") if len(data) else memoryview(b"")
        full, size, start = f"{self._folder}/{name}".encode(), len(content), self._position
        flags = _UTF8 | (_SIZE_FOLLOWS if size else 0)
        large = _large_fields(size, start)
        before = start + _LOCAL.size + len(full) + len(large) + 4
        padding = b"Z" * (-before % ALIGNMENT)
        extra = large + b"FB" + struct.pack("<H", len(padding)) + padding
        shown = LARGE if size >= LARGE else 0
        self._put(_LOCAL.pack(b"PK\3\4", flags, 0, 0, 0, 0, shown, shown, len(full), len(extra)))
        self._put(full + extra)
        crc = zlib.crc32(content)
        if size:
            self._put(content)
            sizes = struct.pack("<QQ" if large else "<II", size, size)
            self._put(b"PK\7\b" + struct.pack("<I", crc) + sizes)
        self._entries.append(_Entry(full, flags, crc, size, start))

    def close(self) -> None:
        """Add the archive's version, its fingerprint and its directory."""
        self.add("version", b"3\n")
        names = zlib.crc32(b"\0".join(sorted(entry.name for entry in self._entries)))
        contents = zlib.crc32(b"".join(struct.pack("<I", entry.crc) for entry in self._entries))
        self.add(".data/serialization_id", f"{names:020d}{contents:020d}".encode())
        start = self._position
        for name, flags, crc, size, place in self._entries:
            extra = _large_fields(size, place)
            shown, at = min(size, LARGE), min(place, LARGE)
            self._put(
                _CENTRAL.pack(
                    b"PK\1\2", flags, 0, 0, 0, crc, shown, shown, len(name), len(extra), 0, 0, 0, 0, at
                )
            )
            self._put(name + extra)
        end, n = self._position, len(self._entries)
        size = end - start
        self._put(_END_LARGE.pack(b"PK\6\6", 44, 0x031E, 45, 0, 0, n, n, size, start))
        self._put(_LOCATOR.pack(b"PK\6\7", 0, end, 1))
        few = min(n, 0xFFFF)
        self._put(_END.pack(b"PK\5\6", 0, 0, few, few, min(size, LARGE), min(start, LARGE), 0))

    def _put(self, data: Any) -> None:
        self._write(data)
        self._position += len(data)


def _large_fields(size: int, start: int) -> bytes:
    """What a header says about numbers that do not fit 32 bits."""
    numbers = [size, size] if size >= LARGE else []
    numbers += [start] if start >= LARGE else []
    return struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""


class Reader:
    """The records of an archive by their names without the folder; RuntimeError for what is no whole archive."""

    def __init__(self, stream: BinaryIO):
        import zipfile

        self._stream = stream
        try:
            self._zip = zipfile.ZipFile(stream if hasattr(stream, "seekable") else Seekable(stream))
        except zipfile.BadZipFile as error:
            raise _broken(stream) from error
        found = self._zip.infolist()
        self._folder = found[0].filename.partition("/")[0] if found else ""
        self.records = {info.filename.removeprefix(f"{self._folder}/"): info for info in found}

    def read(self, name: str) -> bytes:
        """The bytes of a record."""
        return self._zip.read(self._info(name))

    def place(self, name: str) -> int | None:
        """Where the bytes of a record begin in the stream; None if they are compressed."""
        info = self._info(name)
        if info.compress_type:
            return None
        self._stream.seek(info.header_offset)
        header = self._stream.read(_LOCAL.size)
        *_, name_size, extra_size = _LOCAL.unpack(header)
        return info.header_offset + _LOCAL.size + name_size + extra_size

    def _info(self, name: str) -> Any:
        if name not in self.records:
            raise RuntimeError(f"PytorchStreamReader failed locating file {name}: file not found")
        return self.records[name]


class Seekable:
    """A stream of a program's own class, which has what PyTorch asks for: `read`, `seek` and `tell`."""

    def __init__(self, stream: Any):
        self.read, self.seek, self.tell = stream.read, stream.seek, stream.tell

    def seekable(self) -> bool:
        """It was looked at before."""
        return True


def _broken(stream: BinaryIO) -> RuntimeError:
    stream.seek(0, 2)
    what = "failed finding central directory" if stream.tell() >= _END.size else "not a ZIP archive"
    return RuntimeError(
        f"PytorchStreamReader failed reading zip archive: {what}. This is an internal miniz error. If you are "
        "seeing this error, there is a high likelihood that your checkpoint file is corrupted. This can happen if "
        "the checkpoint was not saved properly, was transferred incorrectly, or the file was modified after saving."
    )
