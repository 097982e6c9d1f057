"""What a statement can touch: its notes are taken of no more than its names lead to.

`is_harmless` says that a statement only computes: operators, operations and a few functions on numbers, texts, tensors
and arrays, which change nothing. For any other, `roots` are what its names stand for: functions lead on to what their
own bodies name (`Snapshot.narrow`). A statement that can find things in another way (`globals`, an import, a hook that
hangs on a graph) is noted with everything there is.
"""

from __future__ import annotations

from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.records.op import Op
from ...engine.values.tensor import PLAIN
from ...kinds.undo import ATOMS
from ...torch.namespace import Namespace
from ..code.runs import words
from ..code.scopes import codes, mentioned
from ..syntax import ast

#: what finds a program's variables, or what refers to a thing, without their names
FINDERS = words(
    "globals locals vars eval exec modules __main__ __globals__ get_objects get_referrers __subclasses__ load loads "
    ".import import_module importlib inspect unittest doctest pickle Thread Timer signal atexit finalize"
)
#: steps of a body that bring in other texts
IMPORTS = ("IMPORT_NAME", "IMPORT_STAR")
#: functions of Python's that only look at their arguments
LOOKING = words("abs bool complex divmod float int isinstance len pow range repr round str type")
#: methods of tensors that run what hangs on a graph
RUNNING = frozenset(("backward", "apply_", "map_"))
SAFE = ATOMS | PLAIN
#: what has items that nothing is called for
CONTAINERS = frozenset((list, tuple, dict))
#: how many items of a container are looked at
FEW = 1000


def plain(value: Any) -> bool:
    """Whether showing a value calls nothing of the program's."""
    if type(value) in CONTAINERS and len(value) <= FEW:
        items = [*value, *value.values()] if type(value) is dict else value
        return all(type(item) in SAFE for item in items)
    return type(value) in SAFE


#: modules after whose import anything may happen at any time
BEHIND = frozenset(("weakref", "threading", "signal", "atexit", "sched", "concurrent.futures"))


def roots(code: CodeType, variables: dict[str, Any], loaded: Any) -> list[Any] | None:
    """What the names of a statement stand for; None where that does not tell what it can touch."""
    now = context.current()
    if now.journal.listened or now.packing or now.noting or finds(code) or not BEHIND.isdisjoint(loaded):
        return None
    return [variables[name] for name in mentioned(code) if name in variables]


@lru_cache(1000)
def finds(code: CodeType) -> bool:
    """Whether a body can find what it does not name."""
    return not FINDERS.isdisjoint(mentioned(code)) or any(map(imports, codes(code)))


def imports(code: CodeType) -> bool:
    from opcode import opmap

    return any(opmap[name] in code.co_code[::2] for name in IMPORTS if name in opmap)


# ------------------------------------------------------------------ statements that change nothing


def is_harmless(node: ast.Stmt, variables: dict[str, Any], behind: dict[str, Any]) -> bool:
    """Whether a statement computes from what its names stand for, and changes nothing but the names it binds."""
    look = Look(variables, behind)
    match node:
        case ast.Display(value=value):
            return look.safe(value)
        case ast.Assign(targets=targets, value=value) if all(isinstance(each, ast.Name) for each in targets):
            names = [each.id for each in targets if isinstance(each, ast.Name)]
            return all(map(look.replaceable, names)) and look.safe(value)
    return False


class Look:
    """The names as they are now."""

    def __init__(self, variables: dict[str, Any], behind: dict[str, Any]):
        self.variables = variables
        self.behind = behind

    def replaceable(self, name: str) -> bool:
        """Whether nothing happens when the variable's value goes."""
        value = self.variables.get(name)
        return type(value) in SAFE or type(value) in (list, dict, tuple, np.ndarray)

    def safe(self, node: ast.Expr) -> bool:
        """Whether an expression is a number, a text, a tensor or an array, and computing it changes nothing."""
        match node:
            case ast.Constant() | ast.TensorLiteral():
                return True
            case ast.Name(id=name):
                value = self.variables.get(name, self)
                return plain(value) or (type(value) is np.ndarray and not value.dtype.hasobject)
            case ast.Unary(operand=operand):
                return self.safe(operand)
            case ast.Binary(left=left, right=right):
                return self.safe(left) and self.safe(right)
            case ast.Compare(operands=operands):
                return all(map(self.safe, operands))
            case ast.TupleExpr(items=items):
                return all(map(self.safe, items))
            case ast.Attribute(value=ast.Name(id=name), name=attribute):
                return type(self.variables.get(name)) in PLAIN and attribute in (
                    "shape",
                    "dtype",
                    "T",
                    "mT",
                    "grad",
                )
            case ast.Subscript():
                return plain(self.value(node))
            case ast.Call(
                function=ast.Name(id="len" | "type"), arguments=(ast.Argument(name=None, value=value),)
            ):
                return self.harmless(node.function) and type(self.value(value)) in CONTAINERS
            case ast.Call(function=function, arguments=arguments):
                return self.harmless(function) and all(self.safe(each.value) for each in arguments)
        return False

    def value(self, node: ast.Expr) -> Any:
        """What a name, or an item of a container by a number or text, is; the class itself for anything else."""
        match node:
            case ast.Name(id=name):
                return self.variables.get(name, Look)
            case ast.Subscript(value=container, items=(ast.Constant(value=place),), trailing_comma=False):
                items = self.value(container)
                if type(items) in CONTAINERS and type(place) in (int, str):
                    try:
                        return items[place]
                    except (LookupError, TypeError):
                        return Look
        return Look

    def harmless(self, function: ast.Expr) -> bool:
        """Whether a function only computes from its arguments."""
        match function:
            case ast.Name(id=name):
                if name in self.variables:
                    return isinstance(self.variables[name], Op)
                return name in LOOKING or isinstance(self.behind.get(name), Op)
            case ast.Attribute(value=ast.Name(id=name), name=attribute) if name in self.variables:
                value = self.variables[name]
                if type(value) is Namespace:
                    return isinstance(vars(value).get(attribute) or value.find(attribute), Op)
                return type(value) in PLAIN and attribute not in RUNNING and attribute not in value.__dict__
        return False
