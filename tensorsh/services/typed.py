"""What a half-typed program binds where the cursor is: arguments and variables of the functions around it, its own
names, the attributes that a class gives to `self`.

The statement under the cursor gives way to an assignment to a name that nobody has, and what is still open is closed.
The text can then be compiled as any other, and the scope at the cursor is the one in which that name is bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from inspect import CO_OPTIMIZED, CO_VARARGS, CO_VARKEYWORDS
from types import CodeType

from ..errors import TensorshError
from ..lang.code.runs import walk
from ..lang.code.scopes import BINDS, codes, steps_of
from ..lang.syntax import ast
from ..session import Session
from ..source import Source
from .scan import Chain, chain, scan

#: what is bound at the cursor
HERE = "__cursor__"
#: longer texts are not read with every key
LONGEST = 50_000

STORES = frozenset(("STORE_ATTR",))


@dataclass(slots=True)
class Bound:
    """names        each name that the text binds, and what it is: `argument`, `variable`, `function`, `class`
    itself       what the first argument of the method around the cursor is called, if there is one
    attributes   what the class around the cursor gives to it
    bases        the names of what that class inherits from
    """

    names: dict[str, str] = field(default_factory=dict)
    itself: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    bases: list[Chain] = field(default_factory=list)


def bound_at(session: Session, text: str, start: int) -> Bound:
    """What `text` binds at its end, where a statement is being typed that begins at `start`."""
    line = text.rfind("\n", 0, start) + 1
    if not line or len(text) > LONGEST:
        return Bound()
    indent = re.match(r"[ \t]*", text[line:])
    assert indent is not None
    try:
        program = session.read(Source(closed(text[:line], indent[0])))
    except TensorshError:
        return Bound()
    found = Bound()
    for node, code in program:
        found.names |= dict.fromkeys(own(code), "variable")
        for each in parts(code):
            if each.co_name in found.names:
                found.names[each.co_name] = "class" if is_class(each) else "function"
        path = next(paths(code), [])
        if path:
            _around(found, path, node)
    found.names.pop(HERE, None)
    return found


def closed(text: str, indent: str) -> str:
    """Whole lines, behind them a statement with this indentation, and an end for each `try` that has none yet."""
    opened: list[
        tuple[str, str]
    ] = []  # indentation and first word of the blocks that are open behind the text
    for found in re.finditer(r"^([ \t]*)(\w+)?[^\n]*$", text, re.MULTILINE):
        if found[2] is not None:
            while opened and len(opened[-1][0]) >= len(found[1]):
                opened.pop()
            opened.append((found[1], found[2]))
    ends = [(space, f"{space}finally: pass\n") for space, word in reversed(opened) if word == "try"]
    before = "".join(end for space, end in ends if len(space) >= len(indent))
    behind = "".join(end for space, end in ends if len(space) < len(indent))
    return f"{text}{before}{indent}{HERE} = 0\n{behind}"


def _around(found: Bound, path: list[CodeType], node: ast.Stmt) -> None:
    """What the functions and classes around the cursor bind; `path` are their scopes from the outermost on."""
    for scope in path[1:]:
        if not is_class(scope):
            count = arguments_of(scope)
            for i, name in enumerate(dict.fromkeys((*scope.co_varnames, *scope.co_cellvars))):
                found.names[name] = "argument" if i < count else "variable"
        elif scope is path[-1]:  # functions of a class do not see its names
            found.names |= dict.fromkeys(own(scope), "variable")
    if len(path) > 2 and is_class(path[-2]) and path[-1].co_argcount:
        found.itself = path[-1].co_varnames[0]
        found.attributes = attributes(path[-2])
        classes = (
            each for each in walk(node) if isinstance(each, ast.Class) and each.name == path[-2].co_name
        )
        bases = (dotted(argument.value) for each in classes for argument in each.arguments)
        found.bases = [base for base in bases if base]


def arguments_of(code: CodeType) -> int:
    """How many of a function's variables are its arguments, `*args` and `**kwargs` among them."""
    stars = bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    return code.co_argcount + code.co_kwonlyargcount + stars


def parts(code: CodeType) -> Iterator[CodeType]:
    """The scopes that are written directly in another."""
    return (each for each in code.co_consts if isinstance(each, CodeType))


def own(code: CodeType) -> list[str]:
    """The names that a scope binds itself, outside of functions."""
    return [step.argval for step in steps_of(code, BINDS)]


def paths(code: CodeType) -> Iterator[list[CodeType]]:
    """The scopes that the cursor is in, after those around them."""
    if HERE in code.co_varnames or HERE in own(code):
        yield [code]
    for part in parts(code):
        for path in paths(part):
            yield [code, *path]


def is_class(code: CodeType) -> bool:
    """Whether a scope is that of a class: its variables are names, not places in a frame."""
    return not code.co_flags & CO_OPTIMIZED


def attributes(code: CodeType) -> dict[str, str]:
    """What a class has: what its body binds, and what its methods write to an attribute."""
    found = dict.fromkeys(own(code), "attribute")
    for part in parts(code):
        found |= {step.argval: "attribute" for each in codes(part) for step in steps_of(each, STORES)}
        found |= {part.co_name: "method"} if part.co_name in found else {}
    return {name: kind for name, kind in found.items() if not name.startswith("__")}


def dotted(expression: ast.Expr) -> Chain:
    """`nn.Module` as its names; () for anything that is no dotted name."""
    text = expression.span.text
    return chain(text, list(scan(text)))
