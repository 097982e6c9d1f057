"""Characters and spellings that make no token: what is wrong with them, and what to type instead."""

from __future__ import annotations

import re
from collections.abc import Container

from ...errors import ParseError
from ...source import Source, Span

LOOKALIKES = {
    **dict.fromkeys("“”„‟″＂«»", '"'),
    **dict.fromkeys("‘’‚‛′＇", "'"),
    **dict.fromkeys("−–—‐‑‒―﹣－", "-"),
    **dict.fromkeys("×∗＊⋅·", "*"),
    **dict(
        zip("，、；：（）［］｛｝【】＝＋／＜＞．。＠％＆｜～÷", ",,;:()[]{}[]=+/<>..@%&|~/", strict=True)
    ),
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "→": "->",
    "…": "...",
}
LOOKALIKES |= {chr(ord("０") + digit): str(digit) for digit in range(10)} | dict.fromkeys(
    "\u3000\u00a0\u2003", " "
)

#: longer texts are not corrected as a whole
MOST_CORRECTED = 10_000

STRING_START = r"[rRuUbBfF]{0,2}(\"\"\"|'''|\"|')"
# `1if x else 2` is Python.
OPERATOR_WORDS = frozenset(["and", "or", "if", "else", "in", "is", "not", "for", "as"])


def fail(
    source: Source,
    message: str,
    start: int,
    end: int,
    help: str | None = None,
    incomplete: bool = False,
    error_class: str = "SyntaxError",
) -> ParseError:
    error = ParseError(message, span=Span(source, start, end), help=help, error_class=error_class)
    error.incomplete = incomplete
    return error


def no_token(source: Source, at: int) -> ParseError:
    """The error for text at `at` that is the start of no token."""
    text = source.text
    if text[at] == "\\":
        return _backslash(source, at)
    string = re.compile(STRING_START).match(text, at)
    if string is None:
        return bad_character(source, at)
    return unterminated(source, "string", at, string.group(1), string.end())


def unterminated(source: Source, what: str, start: int, quote: str, at: int) -> ParseError:
    """A string that starts at `start` and for which no closing quote was found up to `at`."""
    triple = len(quote) == 3
    line, _ = source.position(len(source.text) if triple else at)
    return fail(
        source,
        f"unterminated {'triple-quoted ' if triple else ''}{what} literal (detected at line {line})",
        start,
        source.text.index(quote, start) + len(quote),
        help=f"close it with `{quote}`",
        incomplete=triple,
    )


def _backslash(source: Source, at: int) -> ParseError:
    if not source.text[at + 1 :].strip():
        return fail(source, "unexpected EOF after line continuation character", at, at + 1, incomplete=True)
    return fail(
        source,
        "unexpected character after line continuation character",
        at + 1,
        at + 2,
        help="a `\\` that continues a line must be the last character on it",
    )


def bad_character(source: Source, at: int) -> ParseError:
    character = source.text[at]
    code = f"U+{ord(character):04X}"
    if character == "\0":
        return fail(source, "source code cannot contain null bytes", at, at + 1)
    if character.isascii() and character.isprintable():
        return fail(source, f"invalid syntax: `{character}` has no meaning here", at, at + 1)
    if character.isprintable():
        error = fail(source, f"invalid character '{character}' ({code})", at, at + 1)
        if character in LOOKALIKES:
            error.help = f"type `{LOOKALIKES[character]}`"
    else:
        error = fail(source, f"invalid non-printable character {code}", at, at + 1)
        error.help = "replace it by a space" if character.isspace() else "delete it"
    if character in LOOKALIKES:
        error.suggestion = meant = corrected(source)
        if meant is not None:
            error.help = f"type `{Source(meant).line(source.position(at)[0]).strip()}`"
    return error


def corrected(source: Source) -> str | None:
    """The text with ASCII in the place of what looks like it, if that makes it a program.

    An input method writes full-width signs and digits; strings and comments may have them.
    """
    from .parse import parse

    if len(source.text) > MOST_CORRECTED:
        return None
    parts: list[str] = []
    quote = ""  # that closes the string we are in
    text = source.text
    at = 0
    while at < len(text):
        c = LOOKALIKES.get(text[at], text[at])
        if quote:
            if text.startswith(quote, at) or c == quote:
                parts.append(quote)
                at += len(quote) if text.startswith(quote, at) else 1
                quote = ""
                continue
            parts.append(text[at : at + 2] if text[at] == "\\" else text[at])
        elif c in "\"'":
            triple = text[at : at + 3] in ("'''", '"""')
            quote = c * 3 if triple else c
            parts.append(quote)
            at += len(quote)
            continue
        elif c == "#":
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            parts.append(text[at:end])
            at = end
            continue
        else:
            parts.append(c)
        at += 2 if quote and text[at] == "\\" else 1
    found = "".join(parts)
    if found == text:
        return None
    for whole in (found, found.rstrip() + "\n    pass\n"):  # a block's first line is one, too
        try:
            parse(Source(whole))
        except ParseError:
            continue
        return found
    return None


def marks(text: str, besides: Container[str] = ()) -> str:
    """The characters of a text that names have though no regular expression calls them letters.

    They are accents on their own, the vowel signs of many scripts, and a few signs (`℘`).
    """
    if text.isascii():
        return ""
    return "".join(sorted(each for each in set(text) if _is_mark(each) and each not in besides))


def _is_mark(character: str) -> bool:
    return not character.isascii() and not character.isalnum() and f"a{character}".isidentifier()


def word_pattern(marks: str) -> str:
    """The regular expression of a name in a text that has these marks."""
    first = "".join(each for each in marks if each.isidentifier())
    return rf"(?:[^\W\d]|[{first}])[\w{marks}]*" if first else rf"[^\W\d][\w{marks}]*"


def check_identifier(source: Source, start: int, end: int) -> None:
    """Words with letters of other scripts are names; with other signs (`x²`) they are not."""
    word = source.text[start:end]
    if not word.isidentifier():
        wrong = next(length for length in range(1, len(word) + 1) if not word[:length].isidentifier())
        raise bad_character(source, start + wrong - 1)


def check_number(source: Source, start: int, end: int) -> None:
    """A number that runs into a word: `3x`, `0b12`, `1_`."""
    word = re.compile(r"\w+").match(source.text, end)
    if word is None:
        return
    written = source.text[start : word.end()]
    if word.group() in OPERATOR_WORDS and written != "0or":  # which begins as an octal number does
        return
    base = {"0x": "hexadecimal", "0b": "binary", "0o": "octal"}.get(written[:2].lower(), "decimal")
    help = "a name cannot start with a digit" if base == "decimal" and word.group()[0] != "_" else None
    raise fail(source, f"invalid {base} literal", start, word.end(), help=help)
