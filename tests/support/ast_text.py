"""A syntax tree as short text: `(Binary + x 1)`; tuples are `[a b]`, names stand for themselves."""

from __future__ import annotations

from typing import Any

from tensorsh.lang.syntax import ast
from tensorsh.source import Span


def tree(node: Any) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Constant(value=value):
            return repr(value)
        case ast.TensorLiteral(values=values, words=words, ragged=ragged):
            used = f" uses {' '.join(words)}" if words else ""
            row = f" ragged {ragged.span.text} dim {ragged.dim}" if ragged else ""
            lengths = f" expected {ragged.expected} got {ragged.got}" if ragged else ""
            return f"#{values}{used}{row}{lengths}"
        case ast.Node():
            fields = [getattr(node, name) for name in node.__match_args__ if name != "span"]
            shown = [tree(each) for each in fields if not is_place(each)]
            return f"({' '.join([type(node).__name__, *shown])})"
        case tuple():
            return f"[{' '.join(map(tree, node))}]"
        case None:
            return "-"
    return str(node)


def is_place(value: Any) -> bool:
    return isinstance(value, Span) or (isinstance(value, tuple) and any(map(is_place, value)))
