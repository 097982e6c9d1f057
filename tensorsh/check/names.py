"""Names without a value, and values without a reader: one look at the scopes that Python's own compiler made.

A text is compiled as it is run (`lang.code.codegen`), so scopes are what they are when it runs; line numbers of its
code are nodes, and lead back to the text.
"""

from __future__ import annotations

import dis
import re
from collections.abc import Callable, Container, Iterable, Iterator
from types import CodeType
from typing import Any

from ..errors import TensorshError, Warned
from ..lang.code.runs import walk
from ..lang.code.scopes import READS, bound, codes, looked_up, mentioned
from ..lang.names.namespace import did_you_mean
from ..lang.run.evaluate import Statement
from ..lang.syntax import ast
from ..source import Span

#: what reaches variables without writing their names
FINDERS = frozenset(("globals", "locals", "vars", "eval", "exec", "__dict__", "setattr"))
#: what stands before a name that is only one of several
PARTS = ("UNPACK_SEQUENCE", "UNPACK_EX", "FOR_ITER")

#: statements behind which a block does not go on
LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)

Find = Callable[[str, int], ast.Node | None]


def problems(statements: list[Statement], known: Container[str], find: Find) -> Iterator[TensorshError]:
    """Names that nothing binds (errors); what nothing reads, and what the program never comes to (warnings)."""
    yield from unreachable(statements)
    every = [code for statement in statements for code in codes(statement.code)]
    names = {name for statement in statements for name in mentioned(statement.code)}
    if not FINDERS.isdisjoint(names):
        return
    steps = {code: list(dis.get_instructions(code)) for code in every}
    made = {name for statement in statements for name in (*bound(statement.code), *statement.names)}
    stars = any(isinstance(s.node, ast.ImportNames) and not s.node.names for s in statements)
    caught = "NameError" in names  # it may be meant
    if not stars and not caught and not any(isinstance(s.node, ast.Import) for s in statements):
        yield from undefined(every, steps, made, known, find)
    yield from unread(every, steps, find)
    read = {name for statement in statements for name in looked_up(statement.code)}
    read |= {name for code in every for name in code.co_freevars}
    yield from unused_imports(statements, read | texts(statements))


def undefined(
    every: list[CodeType], steps: Any, bound: set[str], known: Container[str], find: Find
) -> Iterator[TensorshError]:
    seen: set[Any] = set()
    tried = any("Exception" in code.co_names for code in every)
    for code in every:
        if tried and code.co_name == "<lambda>":
            continue  # it may be handed to what catches all that goes wrong
        caught = [(entry.start, entry.end) for entry in getattr(dis.Bytecode(code), "exception_entries", ())]
        for step in steps[code]:
            name = step.argval
            if (
                step.opname not in READS
                or name in bound
                or name in known
                or name[0] == "."
                or name[:2] == "__"
            ):
                continue
            if any(start <= step.offset < end for start, end in caught):
                continue  # it may be looked for
            node = find(code.co_filename, step.positions.lineno or 0) if step.positions else None
            if node is None or node.span in seen:
                continue
            seen.add(node.span)
            error = TensorshError(f"name '{name}' is not defined", kind="name", error_class="NameError")
            near = {*bound, *code.co_varnames, *code.co_cellvars, *code.co_freevars}
            error.span, error.help = node.span, did_you_mean(name, near)
            yield error


def unread(every: list[CodeType], steps: Any, find: Find) -> Iterator[TensorshError]:
    """Variables of functions that are assigned by themselves, and not read."""
    for code in every:
        arguments = code.co_argcount + code.co_kwonlyargcount + 2
        read = {s.argval for s in steps[code] if s.opname.startswith(("LOAD_", "DELETE_"))}
        before = ""
        for step in steps[code]:
            if step.opname == "STORE_FAST" and not before.startswith((*PARTS, "STORE_FAST")):
                name = step.argval
                node = find(code.co_filename, step.positions.lineno or 0) if step.positions else None
                plain = (
                    name not in read and name[0] not in "._" and name not in code.co_varnames[: arguments - 2]
                )
                if plain and isinstance(node, ast.Name | ast.ImportedName):
                    yield warning(f"'{name}' is assigned and not read", node.span)
            before = step.opname


def unused_imports(statements: Iterable[Statement], read: set[str]) -> Iterator[TensorshError]:
    for statement in statements:
        match statement.node:
            case ast.ImportModule(path=path, alias=alias, span=span):
                if (alias or path.partition(".")[0]) not in read:
                    yield warning(f"'{alias or path}' is imported and not used", span)
            case ast.ImportNames(path=path, names=names) if path != "__future__":
                for each in names:
                    if each.alias not in read:
                        yield warning(f"'{each.alias}' is imported and not used", each.span)


def unreachable(statements: Iterable[Statement]) -> Iterator[TensorshError]:
    """The first statement behind one that leaves its block. A `yield` there only makes the function a generator."""
    blocks = (
        node for statement in statements for node in walk(statement.node) if isinstance(node, ast.Block)
    )
    for block in blocks:
        left = next((i for i, each in enumerate(block.body) if isinstance(each, LEAVES)), len(block.body))
        rest = block.body[left + 1 :]
        if rest and not any(
            isinstance(node, ast.Yield | ast.YieldFrom) for each in rest for node in walk(each)
        ):
            yield warning("the program never comes here", rest[0].span, "unreachable")


def texts(statements: Iterable[Statement]) -> set[str]:
    """What stands in texts: `__all__`, and annotations that are texts, name what is used."""
    found = (n.value for s in statements for n in walk(s.node) if isinstance(n, ast.Constant))
    return {word for text in found if isinstance(text, str) for word in re.findall(r"\w+", text)}


def warning(message: str, span: Span, code: str = "unused") -> Warned:
    made = Warned(message, UserWarning)
    made.facts.code, made.facts.span = code, span
    return made
