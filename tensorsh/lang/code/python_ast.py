"""Python's own `ast` nodes, made four times as fast.

Python's `__init__` of a node takes its fields one by one through dictionaries. These subclasses have an
`__init__` that sets just the fields and the line; `compile` reads attributes, so the columns, which no code
of ours looks at, stand once in the class. A class is made when it is first used. Contexts and operators,
which have nothing, are Python's.
"""

from __future__ import annotations

import ast
from typing import Any


def __getattr__(name: str) -> Any:
    kind = getattr(ast, name)
    if not (isinstance(kind, type) and issubclass(kind, ast.AST)):
        return kind
    if kind._fields or kind._attributes:
        kind = _quick(kind)
    globals()[name] = kind
    return kind


def _quick(kind: type[ast.AST]) -> type[ast.AST]:
    names = [name for name in kind._fields if name != "type_params"]  # which not every Python has
    shared: dict[str, Any] = {"type_params": []}
    if "lineno" in kind._attributes:
        names.append("lineno")
        shared |= {"col_offset": 0, "end_col_offset": 0, "end_lineno": None}
    parameters = ", ".join(f"{name}=None" for name in names)
    body = "; ".join(f"self.{name} = {name}" for name in names)
    if issubclass(kind, ast.pattern):  # whose end Python insists on
        body += "; self.end_lineno = lineno"
    scope: dict[str, Any] = {}
    exec(f"def __init__(self, {parameters}): {body}", scope)
    return type(kind.__name__, (kind,), {"__init__": scope["__init__"], **shared})
