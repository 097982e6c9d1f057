"""A text that does not parse, in Python's words.

A PyTorch program is a Python program, so what is wrong with it is what Python says: class, message and place. Python
itself is asked to read the text; nothing of it runs. Where Python would read what tensorsh does not have, and where it
stops at what only tensorsh reads, tensorsh's own words are the message. What is reported in the end is a `ParseError`;
its cause is Python's exception, which a program gets that imports a broken file.
"""

from __future__ import annotations

import warnings

from ...errors import Facts, Help, ParseError, know
from ...source import MISSING, Source, Span

KINDS: dict[str, type[SyntaxError]] = {
    kind.__name__: kind for kind in (SyntaxError, IndentationError, TabError)
}

#: what our messages begin with that say more than Python's
UNTOLD = "invalid syntax: "


def in_python_s_words(error: ParseError) -> ParseError:
    """What is reported of a PyTorch program that does not parse."""
    assert error.span is not None
    found = None if error.limit else asked(error.span.source)
    if found is None or _stops_before(found, error.span):
        return error
    span, help = error.span, error.help
    if isinstance(help, Help):
        help = help.torch
    if found.msg != error.message:
        place = _place(found, span.source) or span
        if not found.msg.startswith("invalid syntax") or not place.start <= span.start <= place.end:
            help = None  # it is about something else
        elif error.message.startswith(UNTOLD):
            more = error.message.removeprefix(UNTOLD)
            help = f"{more}; {help}" if help else more
        span = place
    told = ParseError(found.msg, help=help, span=span, error_class=type(found).__name__)
    told.incomplete, told.suggestion = error.incomplete, error.suggestion
    told.__cause__ = found
    return told


def asked(source: Source) -> SyntaxError | None:
    """What Python says of a whole text, which it is asked once; None if it can read it."""
    if source.read_by_python is MISSING:
        source.read_by_python = _read(source)
    found: SyntaxError | None = source.read_by_python
    return found


def _read(source: Source) -> SyntaxError | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source.text, source.name, "exec", dont_inherit=True)
        except SyntaxError as found:
            return found.with_traceback(None)
        except (ValueError, OverflowError, RecursionError, MemoryError):
            return None
    return None


def as_python(error: ParseError) -> BaseException:
    """Python's exception for a ParseError, as a program catches it."""
    found = error.__cause__ if isinstance(error.__cause__, SyntaxError) else _told(error)
    return know(found, Facts("syntax", help=error.help, span=error.span))


def reported(error: SyntaxError) -> ParseError:
    """The ParseError that one stands for."""
    facts: Facts = error.facts  # type: ignore[attr-defined]
    return ParseError(error.msg, help=facts.help, span=facts.span, error_class=type(error).__name__)


def _stops_before(found: SyntaxError, span: Span) -> bool:
    """Whether Python does not get as far as we do, since it stops at something that we read."""
    line, source = found.lineno or 0, span.source
    if not 0 < line < span.position[0]:
        return False
    from .parse import parse

    try:
        parse(Source(source.text[: source.line_starts[line]], source.name), pythonic=True)
    except ParseError:
        return False
    return True


def _place(found: SyntaxError, source: Source) -> Span | None:
    """The piece of the text that Python points at; at the end of a line, its last character.

    None where it points into the expression of an f-string, which Python 3.11 reads as a text of its own.
    """
    line, column = found.lineno or 0, found.offset or 0
    if not 0 < line <= len(source.line_starts) or column < 1:
        return None
    text, first = source.line(line), source.line_starts[line - 1]
    read, written = (found.text or "").strip(), text.strip()
    if not (read.startswith(written) or written.startswith(read)):
        return None
    start = min(column - 1, max(len(text) - 1, 0))
    end = len(text) if found.end_lineno != line else max((found.end_offset or 0) - 1, start + 1)
    return Span(source, first + start, first + max(min(end, len(text)), start))


def _told(error: ParseError) -> SyntaxError:
    assert error.span is not None
    source = error.span.source
    line, column = error.span.position
    return KINDS[error.error_class](error.message, (source.name, line, column, source.line(line) + "\n"))
