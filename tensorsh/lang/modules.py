"""`import torch` and its like: accepted, since everything of PyTorch's is there already.

A usual name (`F`, `nn`, …) needs nothing; another name is given to the module or function it is for, and so
is a name that could mean something else (`grad` of `torch.func`, `norm` of `torch.linalg`).
Python's own modules are not there, and the error says what to use instead.
"""

from __future__ import annotations

from typing import NoReturn

from ..errors import ParseError
from ..source import Span
from . import ast

USUAL = {"torch.nn.functional": "F", "torch": "torch"}
INSTEAD = {
    "math": "`pi`, `inf`, `nan`, `sqrt`, `exp`, `sin`, … are there without an import",
    "numpy": "tensors have what arrays have; `load` and `save` read and write .npy files",
    "time": "`clock()` is seconds on a monotonic clock",
    "random": "`rand`, `randn`, `randint`, `randperm` and `manual_seed` are there without an import",
    "sys": "the script's arguments are the list `argv`",
}
#: names that are both Python's and an operation, and the keywords that are Python's
DUAL: dict[str, frozenset[str]] = {
    "sum": frozenset({"start"}),
    "min": frozenset({"key", "default"}),
    "max": frozenset({"key", "default"}),
    "abs": frozenset(),
    "round": frozenset({"ndigits"}),
    "any": frozenset(),
    "all": frozenset(),
    "pow": frozenset({"exp", "mod", "base"}),
    "range": frozenset(),
}
IGNORED = frozenset(["__future__", "typing"])  # they only serve type hints, which are ignored too


def import_module(span: Span, path: ast.Expr, alias: str | None) -> ast.Stmt:
    """`import path [as alias]`."""
    written = dotted(path)
    if _root(written) in IGNORED:
        return ast.Pass(span)
    _check(written, path)
    if alias is None or alias == written.rpartition(".")[2] or alias == USUAL.get(written):
        return ast.Pass(span)
    return ast.Assign(span, (ast.Name(span, alias),), path)


def import_names(span: Span, path: ast.Expr, names: list[tuple[Span, str, str]]) -> list[ast.Stmt]:
    """`from path import name as alias, …`; no names at all stand for `*`."""
    written = dotted(path)
    if _root(written) in IGNORED:
        return [ast.Pass(span)]
    _check(written, path)
    made: list[ast.Stmt] = []
    for place, name, alias in names:
        if not _is_there(written, name, alias):
            value = ast.Attribute(path.span.to(place), path, name, place)
            made.append(ast.Assign(span, (ast.Name(span, alias),), value))
    return made or [ast.Pass(span)]


def _is_there(written: str, name: str, alias: str) -> bool:
    """Whether the bare alias means that already: names of `torch` do, unless Python has the name too."""
    if USUAL.get(f"{written}.{name}") == alias:
        return True
    return written == "torch" and name == alias and name not in DUAL


def dotted(path: ast.Expr) -> str:
    names = []
    while isinstance(path, ast.Attribute):
        names.append(path.name)
        path = path.value
    assert isinstance(path, ast.Name)
    return ".".join([path.id, *reversed(names)])


def _root(written: str) -> str:
    return written.partition(".")[0]


def _check(written: str, path: ast.Expr) -> None:
    root = _root(written)
    if root != "torch":
        _refuse(root, path.span)


def _refuse(root: str, span: Span) -> NoReturn:
    raise ParseError(
        f"tensorsh has no access to Python modules: '{root}'",
        span=span,
        help=INSTEAD.get(root, 'leave the import out; `import "file.tsh"` runs another file'),
    )
