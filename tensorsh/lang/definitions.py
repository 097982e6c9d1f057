"""Where a program defines its functions and classes: their source, as it was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from textwrap import dedent
from types import CodeType, FunctionType
from typing import Any

from ..errors import ParseError
from ..source import Source, Span
from . import ast
from .parse import parse

#: (file name of code, its line) → the node that it was compiled from
Place = Callable[[str, int], ast.Node | None]


def source_of(
    value: Any, sources: dict[str, Source], place: Place, pythonic: Callable[[str], bool]
) -> str | None:
    """The text of the definition of a function or class; None if no program defined it.

    `sources` are the texts that have run, by the file name of their code; `pythonic` says which of them are PyTorch
    programs. A class without methods is looked for by its name, in the newest text first.
    """
    name = getattr(value, "__name__", "")
    code = code_of(value)
    if code is not None:
        node = place(code.co_filename, code.co_firstlineno)
        if node is None or code.co_filename not in sources:
            return None
        return definition(sources[code.co_filename], name, pythonic(code.co_filename), node.span)
    if isinstance(value, type) and value.__module__ == "__main__":
        for filename in reversed(sources):
            if name in sources[filename].text:
                found = definition(sources[filename], name, pythonic(filename))
                if found is not None:
                    return found
    return None


def code_of(value: Any) -> CodeType | None:
    """The code of a function, or of the first of a class's methods."""
    while hasattr(value, "__wrapped__"):
        value = value.__wrapped__
    function = getattr(value, "__func__", value)
    if isinstance(function, FunctionType):
        return function.__code__
    if isinstance(value, type):
        for each in vars(value).values():
            if isinstance(each, FunctionType) and each.__qualname__.startswith(f"{value.__qualname__}."):
                return each.__code__
    return None


def definition(source: Source, name: str, pythonic: bool, inside: Span | None = None) -> str | None:
    """The last definition of a name in a text that has a place `inside`, less the indentation that it has there.

    Of a function without a name it is the statement around it.
    """
    try:
        program = parse(source, pythonic)
    except ParseError:
        return None
    found = None
    for node in _statements(program):
        start, end = _extent(node)
        named = isinstance(node, ast.Define | ast.Class) and node.name == name
        if (named or name == "<lambda>") and (inside is None or start <= inside.start < end):
            found = (start, end)
    if found is None:
        return None
    text, (start, end) = source.text, found
    rest = text[end:].split("\n", 1)[0]
    return dedent(text[text.rfind("\n", 0, start) + 1 : end] + rest * rest.lstrip().startswith("#")).rstrip()


def _extent(node: ast.Node) -> tuple[int, int]:
    """Where a statement begins, its decorators with it, and where it ends."""
    decorators = getattr(node, "decorators", ())
    return min(each.span.start for each in (node, *decorators)), node.span.end


def _statements(node: Any) -> Iterator[ast.Node]:
    """A program's statements, and those inside of them."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, ast.Stmt):
            yield here
        parts: Iterable[Any] = here
        if isinstance(here, ast.Node):
            parts = [getattr(here, field) for field in here.__match_args__]
        waiting += [part for part in reversed(list(parts)) if isinstance(part, ast.Node | tuple | list)]
