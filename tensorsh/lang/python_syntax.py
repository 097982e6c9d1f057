"""A text that does not parse, as the SyntaxError that a program can catch.

A program that imports a broken file gets what Python says of that file: `except SyntaxError` holds, with Python's
class, message and place. So Python itself is asked to read the text; nothing of it runs. Where it would read what
tensorsh does not have, tensorsh's own words are the message. What is reported in the end is the `ParseError`.
"""

from __future__ import annotations

import warnings

from ..errors import Facts, ParseError, know

KINDS: dict[str, type[SyntaxError]] = {
    kind.__name__: kind for kind in (SyntaxError, IndentationError, TabError)
}


def as_python(error: ParseError, python: bool) -> BaseException:
    """Python's exception for a ParseError; `python` says that the text means what it means in Python."""
    found = (_asked(error) if python else None) or _told(error)
    return know(found, Facts("syntax", help=error.help, span=error.span))


def reported(error: SyntaxError) -> ParseError:
    """The ParseError that one stands for."""
    facts: Facts = error.facts  # type: ignore[attr-defined]
    return ParseError(error.msg, help=facts.help, span=facts.span, error_class=type(error).__name__)


def _asked(error: ParseError) -> SyntaxError | None:
    """What Python says of the whole text; None if it can read it."""
    assert error.span is not None
    source = error.span.source
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source.text, source.name, "exec", dont_inherit=True)
        except SyntaxError as found:
            return found.with_traceback(None)
        except (ValueError, OverflowError, RecursionError, MemoryError):
            return None
    return None


def _told(error: ParseError) -> SyntaxError:
    assert error.span is not None
    source = error.span.source
    line, column = error.span.position
    return KINDS[error.error_class](error.message, (source.name, line, column, source.line(line) + "\n"))
