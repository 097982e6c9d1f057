"""What a cell of a table means: a number as the table writes numbers, nothing, or a word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_MISSING = {"", "na", "n/a", "#n/a", "null", "none"}
_TRUTH = {"true": True, "false": False}
#: numbers that are written as words, and so can be a header as well
_WORDS = {*_TRUTH, "nan", "inf", "infinity"}
#: what can name a column: something with a letter that does not begin as a number does
_NAME = re.compile(r"(?![-+]?\.?\d)(?!(?i:[-+](inf|infinity|nan))$).*[^\W\d_]", re.DOTALL)


@dataclass(frozen=True)
class Numerals:
    """How a table writes numbers: the character before decimals, and the one between thousands, if any."""

    decimal: str = "."
    thousands: str | None = None

    @cached_property
    def plain(self) -> bool:
        """Whether numbers are written as in programs."""
        return self.decimal == "." and self.thousands is None

    @cached_property
    def _grouped(self) -> re.Pattern[str]:
        """A number whose digits are in groups of three."""
        between, point = re.escape(self.thousands or ""), re.escape(self.decimal)
        return re.compile(rf"[-+]?\d{{1,3}}(?:{between}\d{{3}})+(?:{point}\d*)?(?:[eE][-+]?\d+)?")

    def value(self, text: str) -> Any:
        """The number in a cell, None where it is missing; Python's ValueError for any other text."""
        lowered = text.lower()
        if lowered in _MISSING:
            return None
        if lowered in _TRUTH:
            return _TRUTH[lowered]
        if not self.plain:
            text = self._as_in_programs(text)
        if "_" in text or not text.isascii():
            raise ValueError
        for kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                pass
        return complex(text)

    def _as_in_programs(self, text: str) -> str:
        if self.thousands is not None and self.thousands in text:
            if not self._grouped.fullmatch(text):
                raise ValueError
            text = text.replace(self.thousands, "")
        if self.decimal != ".":
            if "." in text:
                raise ValueError
            text = text.replace(self.decimal, ".")
        return text

    def rewritten(self, block: bytes, delimiter: str) -> bytes | None:
        """A block of lines without quotes, numbers as in programs; None where some cell has to be looked at."""
        decimal = self.decimal.encode()
        if self.thousands is not None and self.thousands != delimiter:
            between = re.escape(self.thousands.encode())
            if re.search(rb"\d{4}" + between + rb"|" + re.escape(decimal) + rb"\d*" + between, block):
                return None
            block = re.sub(rb"(?<=\d)" + between + rb"(?=\d{3}(?!\d))", b"", block)
            if self.thousands.encode() in block:
                return None
        if self.decimal not in (".", delimiter):
            if b"." in block:
                return None
            block = block.replace(decimal, b".")
        return block

    def is_number(self, text: str) -> bool:
        try:
            return self.value(text.strip()) is not None
        except ValueError:
            return False


def is_missing(text: str) -> bool:
    return text.strip().lower() in _MISSING


def is_word(text: str) -> bool:
    """Whether a cell can be the name of a column."""
    return text.lower() in _WORDS or _NAME.match(text) is not None


def is_name(text: str) -> bool:
    """Whether a cell can be nothing but the name of a column."""
    return text.lower() not in _WORDS and is_word(text)
