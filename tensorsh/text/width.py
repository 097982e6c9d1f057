"""How wide text is on a screen: signs of East Asian scripts take two columns, marks on letters none."""

from __future__ import annotations

import unicodedata


def columns(text: str) -> int:
    """How many columns of the screen `text` takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def left(text: str, width: int) -> str:
    """`text` with blanks after it up to `width` columns."""
    return text + " " * (width - columns(text))


def cut(text: str, width: int, more: str = "…") -> str:
    """`text`, or as much of it as `width` columns have, with `more` at its end."""
    if columns(text) <= width:
        return text
    room = width - columns(more)
    while columns(text) > room:
        text = text[:-1]
    return text + more


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
