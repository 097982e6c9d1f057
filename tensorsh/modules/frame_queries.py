"""`query` and `eval` of tables: pandas evaluates texts that only compare and compute with columns.

A text with a call, an attribute or an item in it is refused: pandas would look them up on its own objects. `@name` is
the program's variable, which pandas gets as a value.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from ..errors import Facts, know
from .behind import Wall
from .frame_names import CODE

ALLOWED = (
    ast.Expression, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Name, ast.Constant, ast.List, ast.Tuple,
    ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.expr_context,
)  # fmt: skip
QUOTED = re.compile(r"`[\w ]+`")  # a column whose name is no word
VARIABLE = re.compile(r"@([^\W\d]\w*)")
ASSIGNED = re.compile(r"\s*[^\W\d]\w*\s*=(?!=)")


def methods(modules: Any, wall: Wall) -> dict[str, Callable[..., Any]]:
    """Both, for one session."""

    def method(name: str) -> Callable[..., Any]:
        def evaluate(real: Any, expr: Any, **options: Any) -> Any:
            if not options.keys() <= {"inplace"}:
                raise TypeError(f"{name}() has no argument {min(options.keys() - {'inplace'})!r} here")
            text = str.__str__(expr)
            variables = modules.host.local_names()
            names = {each: wall.take(variables[each]) for each in mentioned(name, text) if each in variables}
            options |= {"local_dict": names, "global_dict": {}, "engine": "python"}
            return wall.give(wall.inside(getattr(real, name), (text,), options))

        return evaluate

    return {"query": method("query"), "eval": method("eval")}


def mentioned(method: str, text: str) -> list[str]:
    """The variables that a text names, which is refused where it does more than compute."""
    for line in text.splitlines() if method == "eval" else [text]:
        if method == "eval" and (assigned := ASSIGNED.match(line)) is not None:
            line = line[assigned.end() :]
        try:
            tree = ast.parse(VARIABLE.sub(r"\1", QUOTED.sub("_", line)).strip() or "0", mode="eval")
        except SyntaxError:
            tree = None
        if tree is None or not all(isinstance(node, ALLOWED) for node in ast.walk(tree)):
            error = ValueError(f"only columns, @variables, numbers and operators can be in {line.strip()!r}")
            raise know(error, Facts("data", "query", help=CODE))
    return VARIABLE.findall(text)
