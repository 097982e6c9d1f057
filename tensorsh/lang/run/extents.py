"""What Python's tracebacks mark of a program where something failed."""

from __future__ import annotations

from ...modules.stacks import Extent
from ...source import Span
from ..syntax import ast


def extent(node: ast.Node) -> Extent:
    """The lines and columns that Python says a node to have when it fails."""
    span = _marked(node)
    source, (first, start), (last, end) = span.source, span.position, span.end_position
    attribute = node.function if isinstance(node, ast.Call) else node
    if isinstance(attribute, ast.Attribute):
        name = Span(source, attribute.span.end - len(attribute.name), attribute.span.end)
        if name.position[0] != first:  # on another line than the object: from there
            first, start = name.position
    lines = [source.line(number) for number in range(first, last + 1)]
    return Extent(lines, first, last, _bytes(lines[0], start), _bytes(lines[-1], end))


def _marked(node: ast.Node) -> Span:
    """The span of a node; a tuple's with the brackets around it."""
    span = node.span
    if isinstance(node, ast.TupleExpr):
        text = span.source.text
        before, after = text[: span.start].rstrip(), text[span.end :]
        more = len(after) - len(after.lstrip())
        if before.endswith("(") and after[more : more + 1] == ")":
            return Span(span.source, len(before) - 1, span.end + more + 1)
    return span


def _bytes(line: str, column: int) -> int:
    """How many bytes of a line stand before a 1-based column."""
    return len(line[: column - 1].encode("utf-8", "replace"))
