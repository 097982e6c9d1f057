"""Where the next line of an input begins."""

from __future__ import annotations

import re

from .scan import place, scan

INDENT = 4


def next_indent(text: str) -> str:
    """The indentation of the line after `text`: one step more after a colon or an opening bracket,
    one less after a statement that leaves its block."""
    line = text.rpartition("\n")[2]
    indent = line[: len(line) - len(line.lstrip())]
    tokens = [token for token in scan(text) if token.kind not in ("comment", "newline")]
    if not tokens or not line.strip():
        return indent
    if tokens[-1].kind == "open":
        return ""
    last = text[tokens[-1].start : tokens[-1].end]
    brackets = place(text).brackets
    if last in ("(", "[", "{") or (last == ":" and not brackets):
        return indent + " " * INDENT
    if not brackets and re.match(r"\s*(return|break|continue|pass|raise)\b", line):
        return indent[:-INDENT]
    return indent


def header_indent(text: str) -> str | None:
    """The indentation of the statement that an `else`, `elif`, `except` or `finally` at the end belongs to."""
    *above, line = text.split("\n")
    inside = len(line) - len(line.lstrip())
    for each in reversed(above):
        indent = len(each) - len(each.lstrip())
        if each.strip() and indent < inside:
            inside = indent
            if re.match(r"\s*(if|elif|for|while|try|except|with)\b", each):
                return each[:indent]
    return None
