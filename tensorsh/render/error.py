"""An error as a reader wants it: what, where, with which operands, how it came there, how to fix it.

error[shape]: RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)
  --> train.tsh:3:7
   |
 3 | y = x @ w
   |     - ^ - float32[2, 3]
   |     |
   |     float32[2, 3]
   = in step, called at train.tsh:9:5
   = help: transpose one of them: `x @ w.T`
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from ..errors import TensorshError, Warned
from ..source import Source, Span
from ..text.width import columns
from .excerpt import Mark, displayed, excerpt, marks_of
from .paint import painter

MOST_CALLS = 8  # of the trail; of a longer one the innermost and outermost are shown


def error_text(error: TensorshError, *, color: bool, width: int, wrap: bool = False) -> str:
    """One block of lines, without a newline at its end. ANSI colours if `color`.

    `wrap`: the message is broken between words, too; whoever reads it from a pipe wants it in one piece.
    """
    paint = painter(color)
    title, style = ("warning", "warning") if isinstance(error, Warned) else ("error", "error")
    before = f"{title}[{error.code}]"
    text = error.message if isinstance(error, Warned) else _named(error.error_class, error.message)
    text = text.rstrip("\n")
    shown = _wrapped(text, width, before=len(before) + 2) if wrap else displayed_lines(text)
    lines = [paint(before, style) + paint(f": {shown[0]}", "message")]
    lines += [paint(line, "message") for line in shown[1:]]

    marked = _marked_lines(error)
    gutter = max((len(str(number)) for lines_of in marked.values() for number in lines_of), default=1)
    span = error.span
    for source, marks in marked.items():
        main = span is not None and source is span.source
        position = span.position if span and main else (min(marks), marks[min(marks)][0].start + 1)
        arrow = paint(f" {'':{gutter}}{'-->' if main else ':::'}", "gutter")
        lines.append(f"{arrow} {_place(source, *position)}")
        lines += excerpt(source, marks, gutter, width, paint)

    edge = paint(f" {'':{gutter}} =", "gutter") + " "
    lines += [edge + paint(call, "note") for call in _trail_lines(error.trail)]
    if error.help:
        indent = " " * (gutter + len("  = help: "))
        first, *rest = _wrapped(error.help, max(width - len(indent), 30))
        lines.append(edge + paint("help", "help") + ": " + first)
        lines += [indent + line for line in rest]
    lines += [edge + paint(line, "note") for note in error.notes for line in displayed_lines(f"note: {note}")]
    for name, message in error.causes:
        lines += [edge + paint(line, "note") for line in displayed_lines(f"cause: {_named(name, message)}")]
    return "\n".join(lines)


def error_json(error: TensorshError) -> str:
    """The same as one line of JSON; positions are 1-based, the end exclusive, null without a place."""
    span = error.span
    line, column = span.position if span else (None, None)
    end_line, end_column = span.end_position if span else (None, None)
    fields: dict[str, Any] = {
        "kind": error.kind,
        "class": error.error_class,
        "code": error.code,
        "message": error.message,
        "file": span.source.name if span else None,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "help": error.help,
    }
    return json.dumps({"warning" if isinstance(error, Warned) else "error": fields})


def _named(name: str, message: str) -> str:
    """A class and its message, as a traceback ends."""
    return f"{name}: {message}" if message else name


def displayed_lines(text: str) -> list[str]:
    """The lines of a text, each safe to show; at least one."""
    return [displayed(line) for line in text.split("\n")]


# ------------------------------------------------------------------ where


def _marked_lines(error: TensorshError) -> dict[Source, dict[int, list[Mark]]]:
    """What to underline, by source and line; the error's own source first."""
    marked: dict[Source, dict[int, list[Mark]]] = {}
    if error.span is not None:
        for number, mark in marks_of(error.span, primary=True).items():
            marked.setdefault(error.span.source, {}).setdefault(number, []).append(mark)
    for span, text in error.labels:
        for number, mark in marks_of(span, primary=False, text=displayed(text)).items():
            marked.setdefault(span.source, {}).setdefault(number, []).append(mark)
    return marked


def _place(source: Source, line: int, column: int) -> str:
    return f"{displayed(source.name)}:{line}:{column}"


def _trail_lines(trail: Iterable[Span]) -> list[str]:
    """The calls that led here, innermost first; the repeats of a recursion are counted."""
    calls = []
    for span, repeats in groupby(reversed(tuple(trail))):
        times = sum(1 for _ in repeats)
        name = re.match(r"[^\W\d][\w.]*", span.text)
        called = f"in {name[0]}, called at " if name else "called at "
        called = "imported at " if span.text.startswith("import ") else called
        counted = f" ({times} times)" if times > 1 else ""
        calls.append(called + _place(span.source, *span.position) + counted)
    if len(calls) > MOST_CALLS:
        half = MOST_CALLS // 2
        calls[half:-half] = [f"... {len(calls) - MOST_CALLS} more calls"]
    return calls


# ------------------------------------------------------------------ text


def _wrapped(text: str, width: int, before: int = 0) -> list[str]:
    """Lines broken between words; those the text already has, and their indentation (code), are kept.

    The first begins behind so many columns; a word that is too long for a line has one for itself.
    """
    lines: list[str] = []
    room = width - before
    for line in displayed_lines(text):
        words = re.findall(r"\s*\S+", line)
        made = ""
        for word in words:
            if made.strip() and columns(made) + columns(word) > room:
                lines.append(made)
                made, word, room = "", word.lstrip(), width
            made += word
        lines.append(made)
        room = width
    return lines
