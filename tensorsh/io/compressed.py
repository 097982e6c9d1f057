"""Files that are compressed: by gzip, or by Zstandard where Python or a package can read that."""

from __future__ import annotations

import io
from typing import Any, BinaryIO, cast

from ..errors import DataError
from .files import Rejoined

SUFFIXES = (".gz", ".zst")


def opened(stream: BinaryIO, name: str) -> BinaryIO:
    """The stream itself, or what it holds uncompressed; told by its first bytes."""
    head = stream.read(4) or b""
    rest = cast(BinaryIO, io.BufferedReader(Rejoined(head, stream)))
    if head.startswith(b"\x1f\x8b"):
        import gzip

        return cast(BinaryIO, gzip.GzipFile(fileobj=rest))
    if head == b"\x28\xb5\x2f\xfd":
        return cast(BinaryIO, io.BufferedReader(_zstandard(rest, name)))
    if stream.seekable():
        stream.seek(-len(head), io.SEEK_CUR)
        return stream
    return rest


def _zstandard(stream: BinaryIO, name: str) -> Any:
    try:
        from compression import zstd  # from Python 3.14 on

        return zstd.ZstdFile(stream)
    except ImportError:
        pass
    try:
        import zstandard
    except ImportError:
        raise DataError(
            f"{name} is compressed with Zstandard, and nothing here reads that", help="pip install zstandard"
        ) from None
    return zstandard.ZstdDecompressor().stream_reader(stream)
