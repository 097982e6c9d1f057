"""Python's syntax trees as the analysis writes them: short forms for nodes, and questions about them.

Names of the analysis begin with a dot, which no program can write.
"""

from __future__ import annotations

import ast as py
from typing import Any

LOAD, STORE = py.Load(), py.Store()
BLOCKS = (py.FunctionDef, py.AsyncFunctionDef, py.ClassDef, py.Lambda)


def load(name: str) -> Any:
    return py.Name(id=name, ctx=LOAD)


def call(name: str, *args: Any) -> Any:
    return py.Call(func=path_of(name), args=list(args), keywords=[])


def path_of(name: str) -> Any:
    """`.f:branch` is the attribute `branch` of what `.f` is."""
    of, _, attribute = name.partition(":")
    return py.Attribute(value=load(of), attr=attribute, ctx=LOAD) if attribute else load(of)


def assign(name: str, value: Any) -> Any:
    return py.Assign(targets=[py.Name(id=name, ctx=STORE)], value=value)


def when(test: Any, *body: Any) -> Any:
    return py.If(test=test, body=list(body), orelse=[])


def constant(value: Any) -> Any:
    return py.Constant(value=value)


def stored(nodes: Any) -> list[str]:
    """The names that statements bind in their own scope, in order."""
    found: dict[str, None] = {}
    work = list(reversed(nodes))
    while work:
        node = work.pop()
        match node:
            case py.Name(id=name, ctx=py.Store() | py.Del()):
                found[name] = None
            case py.FunctionDef(name=name) | py.AsyncFunctionDef(name=name) | py.ClassDef(name=name):
                found[name] = None
            case py.ExceptHandler(name=str() as name):
                found[name] = None
        if not isinstance(node, BLOCKS):
            work += [n for n in py.iter_child_nodes(node) if not isinstance(n, py.comprehension)]
    return [name for name in found if name[0] != "." or name == ".result"]


def attributes_of(targets: list[Any]) -> list[tuple[str, str]]:
    """The attributes of named objects that an assignment sets, in order."""
    parts = [part for t in targets for part in (t.elts if isinstance(t, py.Tuple | py.List) else [t])]
    return [
        (p.value.id, p.attr) for p in parts if isinstance(p, py.Attribute) and isinstance(p.value, py.Name)
    ]


def mentioned(nodes: Any) -> tuple[str, ...]:
    return tuple(
        {n.id: None for each in nodes for n in py.walk(each) if isinstance(n, py.Name) and n.id[0] != "."}
    )


def shape_of(target: Any) -> Any:
    """How a target takes a value apart: None for as it is, a tuple of such, "*" for what takes the rest."""
    if isinstance(target, py.Starred):
        return "*"
    if isinstance(target, py.Tuple | py.List):
        return tuple(map(shape_of, target.elts))
    return None


def index_of(node: Any) -> Any:
    """An index as an expression of its own."""
    if isinstance(node, py.Slice):
        parts = (node.lower, node.upper, node.step)
        return at(call(".slice", *[constant(None) if p is None else p for p in parts]), node)
    if isinstance(node, py.Tuple):
        node.elts = [index_of(each) for each in node.elts]
    return node


def documented(body: list[Any]) -> tuple[list[Any], list[Any]]:
    match body:
        case [py.Expr(value=py.Constant(value=str())) as text, *rest]:
            return [text], rest
    return [], body


def inside(function: Any) -> Any:
    work = list(function.body)
    while work:
        node = work.pop()
        yield node
        if not isinstance(node, BLOCKS):
            work += py.iter_child_nodes(node)


def at(new: Any, old: Any) -> Any:
    """What was made in place of a node is where it was."""
    place(new, getattr(old, "lineno", None) or 1)
    return new


def place(node: Any, line: int) -> None:
    """Nodes without a line get that of what they are in."""
    work = [(node, line)]
    while work:
        each, line = work.pop()
        if "lineno" in each._attributes:
            found = getattr(each, "lineno", None)
            if found is None:
                each.lineno = each.end_lineno = line
                each.col_offset = each.end_col_offset = 0
            else:
                line = found
        work += [(child, line) for child in py.iter_child_nodes(each)]
