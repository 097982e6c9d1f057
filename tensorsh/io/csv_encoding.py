"""How a table's text is written as bytes: UTF-8, or what a byte order mark or `encoding=` says.

Any other is read as UTF-8, on the way. Bytes that are no UTF-8 are an error, which says what they may be: read as
Latin-1 all bytes mean something, mostly something else.
"""

from __future__ import annotations

import codecs
import io
import re
from typing import Any, BinaryIO, cast

from ..errors import DataError
from .files import Rejoined

#: byte order marks, the longer first, and what they mean
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: what text that is no UTF-8 is likely to be, told by what it then consists of; the last takes any bytes
LIKELY = ("gb18030", "shift_jis", "latin-1")
KANA = re.compile(r"[\u3040-\u30ff]")
_BLOCK = 1 << 16


def as_utf8(stream: BinaryIO, encoding: str | None, name: str) -> BinaryIO:
    """The stream's text in UTF-8."""
    head = stream.read(4)
    while len(head) < 4 and (more := stream.read(4 - len(head))):
        head += more
    rejoined = cast(BinaryIO, Rejoined(head, stream))
    if encoding is None:
        encoding = next((meant for mark, meant in MARKS if head.startswith(mark)), "utf-8")
    try:
        info = codecs.lookup(encoding)
        "".encode(encoding)
    except (LookupError, ValueError):
        raise DataError(
            f"{name}: no encoding is called {encoding!r}",
            help='such as encoding="gbk", "utf-16" or "latin-1"',
        ) from None
    if info.name in ("utf-8", "utf-8-sig", "ascii"):
        return rejoined
    return cast(BinaryIO, Recoded(rejoined, info, name))


class Recoded(io.RawIOBase):
    """A stream of text in one encoding, read in UTF-8."""

    def __init__(self, stream: BinaryIO, info: codecs.CodecInfo, name: str):
        self.stream, self.name, self.encoding = stream, name, info.name
        self.decoder = codecs.getincrementaldecoder(info.name)()
        self.at = 0  # bytes read
        self.ready = b""

    def read(self, size: int | None = -1) -> bytes:
        whole = size is None or size < 0
        parts, have = [self.ready], len(self.ready)
        while whole or have < cast(int, size):
            block = self.stream.read(_BLOCK)
            parts.append(self._decoded(block).encode())
            have += len(parts[-1])
            if not block:
                break
        text = b"".join(parts)
        cut = len(text) if whole else cast(int, size)
        self.ready = text[cut:]
        return text[:cut]

    def _decoded(self, block: bytes) -> str:
        try:
            text = self.decoder.decode(block, not block)
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.name}, near byte {self.at + error.start}: no {self.encoding} text ({error.reason})",
                help=guess(block) or "leave encoding= out where the file is UTF-8",
            ) from None
        if not self.at:
            text = text.removeprefix("\ufeff")
        self.at += len(block)
        return text

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def decoded(raw: bytes, name: str, line: int) -> str:
    """A line of text; DataError where it is no UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(f"{name}, line {line}: the text is not UTF-8", help=guess(raw)) from None


def guess(raw: bytes) -> str | None:
    """The help for bytes that are no text in the expected encoding."""
    for encoding in LIKELY:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        wide = [char for char in text if not char.isascii()]
        if encoding == "gb18030":  # the 3,755 commonest characters of Chinese come first in it
            codes = (int.from_bytes(char.encode(encoding)[:2], "big") for char in wide)
            common = sum(0xB0A1 <= code <= 0xD7F9 for code in codes)
        else:
            common = len(wide) if encoding == "latin-1" else sum(map(bool, map(KANA.match, wide)))
        if 2 * common <= len(wide):
            continue
        shown = " ".join(re.findall(r"[^\x00-\x7f]+", text))[:12]
        called = "gbk" if encoding == "gb18030" else encoding
        return f'load(path, encoding="{called}") reads {shown}'
    return None
