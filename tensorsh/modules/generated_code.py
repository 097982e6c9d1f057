"""`exec` for Python's `dataclasses`, which writes its methods as text: only such text runs.

The names of fields come from the program and stand in that text. A field named `x=__import__("os")` would
be code; so the text is parsed and everything in it that `dataclasses` does not write is refused.
"""

from __future__ import annotations

import ast
from typing import Any

from .guarded import RUNNING

STATEMENTS = (
    ast.Module,
    ast.FunctionDef,
    ast.Return,
    ast.Assign,
    ast.AnnAssign,
    ast.Expr,
    ast.If,
    ast.Raise,
    ast.Pass,
)
EXPRESSIONS = (
    ast.Name, ast.Attribute, ast.Tuple, ast.Set, ast.Compare, ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.Call,
    ast.IfExp, ast.BoolOp, ast.BinOp, ast.Add, ast.And, ast.Or,
)  # fmt: skip
PARTS = (ast.arguments, ast.arg, ast.expr_context, ast.cmpop)
#: what such methods call by name, and the special attributes they use
CALLED = frozenset({"hash", "super", "type", "tuple", "FrozenInstanceError", "_recursive_repr"})
SPECIAL = frozenset({"__class__", "__qualname__", "__setattr__", "__delattr__", "__post_init__", "__name__"})
#: the builtins such methods have; a dictionary of the program's would be given all of Python's
NAMES = {
    each.__name__: each
    for each in (hash, super, type, tuple, object, TypeError, AttributeError, int, id, NotImplementedError)
} | {"NotImplemented": NotImplemented}
PREFIXES = ("_dflt_", "__dataclass", "_type_", "_HAS_DEFAULT")


def checked_exec(text: str, names: dict[str, Any] | None = None, local: dict[str, Any] | None = None) -> None:
    """`exec(text, names, local)` for the text of a method of a dataclass; TypeError for anything else."""
    if type(text) is not str:
        raise TypeError("exec() takes a text here")
    tree = ast.parse(text)
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if not isinstance(node, STATEMENTS + EXPRESSIONS + PARTS) or not _is_written_so(node, functions):
            raise TypeError("Field names must be valid identifiers")
    module = names.get("__name__") if type(names) is dict else None
    # not as this file is compiled, whose annotations stay texts
    code = compile(tree, "<string>", "exec", dont_inherit=True)
    exec(code, {"__builtins__": NAMES, "__name__": module}, local)


def _is_written_so(node: ast.AST, functions: set[str]) -> bool:
    match node:
        case ast.FunctionDef():
            return all(ast.unparse(each) == "__dataclasses_recursive_repr()" for each in node.decorator_list)
        case ast.Name(id=name):
            return not _special(name) or name.startswith(PREFIXES) or name in functions
        case ast.Attribute(value=ast.Name(), attr=name):
            return name not in RUNNING and (not _special(name) or name in SPECIAL)
        case ast.Attribute(value=ast.Attribute(attr="__class__"), attr="__qualname__" | "__name__"):
            return True
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
            return node.attr in SPECIAL
        case ast.Attribute():
            return False
        case ast.Call(func=ast.Name(id=name)):
            return name in CALLED or name.startswith(PREFIXES)
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in SPECIAL
        case ast.Call():
            return False
    return True


def _special(name: str) -> bool:
    return name[:2] == "__" and name[-2:] == "__"
