"""What stands behind a colon as a program of tensorsh's own means it: a dtype, a shape with named sizes, a device."""

from __future__ import annotations

from ...errors import ParseError
from ...source import Span
from ..syntax import ast


def as_annotation(hint: ast.Hint) -> ast.Annotation:
    """A hint as a program of tensorsh's own means it: `float32`, `[2, n, _]`, `float32[n]`, each with a device."""
    if hint.meaning is not None:
        return hint.meaning
    dtype = dtype_span = shape = None
    match hint.value:
        case None:
            pass
        case ast.ListExpr(items=items):
            shape = tuple(map(_size, items))
        case ast.TensorLiteral() as literal:
            shape = _literal_sizes(literal)
        case ast.Subscript(value=value, items=items):
            dtype, dtype_span = _dtype(value), value.span
            shape = tuple(map(_size, items))
        case value:
            dtype, dtype_span = _dtype(value), value.span
    hint.meaning = ast.Annotation(hint.span, dtype, dtype_span, shape, hint.device, hint.device_span)
    return hint.meaning


def _dtype(value: ast.Expr) -> str:
    """`float32`, `torch.float32`."""
    part = value
    while isinstance(part, ast.Attribute):
        part = part.value
    if not isinstance(part, ast.Name):
        raise ParseError(
            "an annotation is a dtype, a shape or both",
            span=value.span,
            help="type it as in float32[2, n, _]",
        )
    return value.span.text.replace(" ", "").removeprefix("torch.")


def _size(value: ast.Expr) -> ast.Size:
    match value:
        case ast.Name(id="_"):
            return ast.Size(value.span, None)
        case ast.Name(id=name):
            return ast.Size(value.span, name)
        case ast.Constant(value=int() as n) if n >= 0 and n is not True and n is not False:
            return ast.Size(value.span, n)
    raise ParseError(
        "a size is a whole number, a name, or `_`", span=value.span, help="type it as in float32[2, n, _]"
    )


def _literal_sizes(literal: ast.TensorLiteral) -> tuple[ast.Size, ...]:
    """`[2, 3]`: the lexer took it for a literal."""
    source, sizes = literal.span.source, []
    at, end = literal.span.start + 1, literal.span.end - 1
    for value in literal.values:
        stop = source.text.find(",", at, end)
        stop = end if stop < 0 else stop
        written = source.text[at:stop]
        start = at + len(written) - len(written.lstrip())
        place = Span(source, start, start + len(written.strip()))
        sizes.append(_size(ast.Constant(place, value)))
        at = stop + 1
    return tuple(sizes)
