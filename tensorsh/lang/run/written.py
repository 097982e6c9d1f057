"""Where in its text a function or class of a program is written, for `inspect.getsource`.

A function's code says which node of the program it is. A class says only its name, so the texts are looked through for
it, the newest first, as Python looks through a module's.
"""

from __future__ import annotations

import ast as py
import types
from typing import TYPE_CHECKING, Any

from ...source import Source

if TYPE_CHECKING:
    from .evaluate import Evaluator


def written(evaluator: Evaluator, value: Any) -> tuple[list[str], int] | None:
    """The lines of the text from where it begins, and the number of the first; None for what is not a program's."""
    if isinstance(value, type):
        return _class(evaluator, value)
    function = value.__func__ if type(value) is types.MethodType else value
    code = function.__code__
    node = evaluator.runtime.node(code.co_filename, code.co_firstlineno)
    if node is None:
        return None
    first = min([node, *getattr(node, "decorators", ())], key=lambda each: each.span.start)
    line = first.span.position[0]
    return _from(node.span.source, line), line


def _class(evaluator: Evaluator, kind: type) -> tuple[list[str], int] | None:
    for filename, source in reversed(evaluator.sources.items()):
        if evaluator.spaces[filename].get("__name__", "__main__") != kind.__module__:
            continue
        try:
            tree = py.parse(source.text)
        except (SyntaxError, ValueError, RecursionError):
            continue
        line = _line(tree, kind.__qualname__.split("."))
        if line is not None:
            return _from(source, line), line
    return None


def _line(tree: py.AST, names: list[str]) -> int | None:
    """Where the class is written that these names lead to from here; a function's own are `<locals>`."""
    for node in py.iter_child_nodes(tree):
        if isinstance(node, py.ClassDef | py.FunctionDef | py.AsyncFunctionDef):
            if node.name != names[0]:
                continue
            rest = names[1:]
            if isinstance(node, py.ClassDef) and not rest:  # its decorators come first
                return min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if not isinstance(node, py.ClassDef):
                rest = rest[1:]
            found = _line(node, rest) if rest else None
        else:
            found = _line(node, names)
        if found is not None:
            return found
    return None


def _from(source: Source, line: int) -> list[str]:
    text = source.text[source.line_starts[line - 1] :]
    return [each + "\n" for each in text.removesuffix("\n").split("\n")]
