"""The text of string literals: escapes as in Python."""

from __future__ import annotations

import re
from codecs import escape_decode
from typing import Any

from ...errors import ParseError
from ...source import Span

ESCAPE = (
    r"\\(?:\r\n|\r|\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^{}\"'\n]+\}|(?s:.))"
)
SIMPLE = {
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
NEWLINE = r"\r\n|\r"


def decode(span: Span) -> Any:
    """The value of a string or bytes literal, quotes and prefix included in `span`."""
    text = span.text
    quote = 1
    while text[quote - 1] not in "\"'":
        quote += 1
    width = 3 if text[quote - 1 : quote + 2] in ('"""', "'''") and len(text) >= quote + 5 else 1
    start, end = quote - 1 + width, len(text) - width
    body = text[start:end]
    if "b" in text[:quote].lower():
        return _bytes(span, re.sub(NEWLINE, "\n", body), "r" in text[:quote].lower())
    if "\\" not in body and "\r" not in body:
        return body
    return _unescaped(
        body, Span(span.source, span.start + start, span.start + end), "r" in text[:quote].lower()
    )


def _bytes(span: Span, body: str, raw: bool) -> bytes:
    if not body.isascii():
        raise ParseError("bytes can only contain ASCII literal characters", span=span)
    if raw:
        return body.encode()
    try:
        return escape_decode(body.encode())[0]
    except ValueError as error:
        raise ParseError(f"(value error) {error}", span=span) from None


def decode_fstring_text(span: Span, raw: bool, braces: bool) -> str:
    """A piece of text of an f-string; outside of formats, `{{` is a brace."""
    text = span.text
    if "\\" in text or "\r" in text:
        text = _unescaped(text, span, raw, braces)
    elif braces:
        text = text.replace("{{", "{").replace("}}", "}")
    return text


def _unescaped(body: str, span: Span, raw: bool, braces: bool = False) -> str:
    body_without_returns = re.sub(NEWLINE, "\n", body)
    if raw or "\\" not in body:
        text = body_without_returns
        return text.replace("{{", "{").replace("}}", "}") if braces else text
    pieces, at = [], 0
    for escape in re.compile(ESCAPE).finditer(body):
        plain = re.sub(NEWLINE, "\n", body[at : escape.start()])
        pieces.append(plain.replace("{{", "{").replace("}}", "}") if braces else plain)
        pieces.append(_character(escape.group(), span, escape.start()))
        at = escape.end()
    plain = re.sub(NEWLINE, "\n", body[at:])
    pieces.append(plain.replace("{{", "{").replace("}}", "}") if braces else plain)
    return "".join(pieces)


def _character(escape: str, span: Span, at: int) -> str:
    """What one escape stands for; one that Python does not know stands for itself."""
    kind = escape[1]
    if kind in SIMPLE:
        return SIMPLE[kind]
    if kind in "\r\n":
        return ""
    if kind in "01234567":
        return chr(int(escape[1:], 8))
    message = None
    if kind in "xuU":
        if len(escape) == 2:
            width = {"x": "\\xXX", "u": "\\uXXXX", "U": "\\UXXXXXXXX"}[kind]
            message = f"(unicode error) truncated {width} escape"
        elif int(escape[2:], 16) > 0x10FFFF:
            message = "(unicode error) illegal Unicode character"
        else:
            return chr(int(escape[2:], 16))
    elif kind == "N":
        if len(escape) == 2:
            message = "(unicode error) malformed \\N character escape"
        else:
            from unicodedata import lookup  # a large table

            try:
                return lookup(escape[3:-1])
            except KeyError:
                message = "(unicode error) unknown Unicode character name"
    if message:
        start = span.start + at
        raise ParseError(
            message,
            span=Span(span.source, start, start + len(escape)),
            help='double the backslash, or start the string with r"',
        )
    return escape
