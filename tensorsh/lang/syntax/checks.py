"""What the grammar is too coarse to say: what can be assigned to, the order of parameters and arguments,
where `return` and `break` may stand. Messages are Python's."""

from __future__ import annotations

from itertools import zip_longest
from typing import NoReturn

from ...errors import ParseError
from ...source import Span
from . import ast


def fail(message: str, span: Span, help: str | None = None) -> NoReturn:
    raise ParseError(message, span=span, help=help)


def no_star(value: ast.Expr) -> None:
    if type(value) is ast.Starred:
        fail("can't use starred expression here", value.span, "add a comma to make it a tuple: `*xs,`")


def target(written: ast.Expr) -> ast.Expr:
    """What stands left of `=`, as something to assign to; brackets around targets make a tuple."""
    if type(written) is ast.Name:
        return written
    pending = [written]
    while pending:
        each = pending.pop()
        if isinstance(each, ast.TupleExpr | ast.ListExpr):
            stars = [item for item in each.items if isinstance(item, ast.Starred)]
            if len(stars) > 1:
                fail("multiple starred expressions in assignment", stars[1].span)
            pending.extend(item.value if isinstance(item, ast.Starred) else item for item in each.items)
        elif isinstance(each, ast.Starred):
            fail("starred assignment target must be in a list or tuple", each.span)
        elif isinstance(each, ast.Attribute) and each.name == "__debug__":
            fail("cannot assign to __debug__", each.span)
        elif not isinstance(each, ast.Name | ast.Attribute | ast.Subscript):
            _not_assignable(each)
    return _as_tuple(written)


def deletable(written: ast.Expr) -> None:
    """What `del` can take away: names and places, and tuples and lists of them."""
    pending = [written]
    while pending:
        each = pending.pop()
        if isinstance(each, ast.TupleExpr | ast.ListExpr):
            pending.extend(reversed(each.items))
        elif not isinstance(each, ast.Name | ast.Attribute | ast.Subscript):
            fail(f"cannot delete {kind(each)}", each.span)


def _not_assignable(value: ast.Expr) -> NoReturn:
    comparable = isinstance(value, ast.Binary | ast.Call | ast.Constant | ast.Compare | ast.TensorLiteral)
    named = isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, bool))
    what = value.span.text if named else kind(value)
    if comparable and not named and not isinstance(value, ast.Compare):
        fail(
            f"cannot assign to {what} here. Maybe you meant '==' instead of '='?",
            value.span,
            "`=` gives a name a value, `==` compares",
        )
    fail(f"cannot assign to {what}", value.span)


def future(body: tuple[ast.Stmt, ...]) -> None:
    """`from __future__ import` says how the text is to be read: only a docstring may come before it."""
    early = True
    for at, each in enumerate(body):
        if isinstance(each, ast.ImportNames) and each.path == "__future__":
            if not early:
                _late(each)
        elif at or not (isinstance(each, ast.Display) and _is_text(each.value)):
            early = False


def _is_text(value: ast.Expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _late(node: ast.ImportNames) -> NoReturn:
    help = "move it to the first line of the file"
    fail("from __future__ imports must occur at the beginning of the file", node.span, help)


def late_global(node: ast.Global) -> None:
    """A `global` outside of functions changes nothing, but may not come after a use of its names; Python knows."""
    from .python_syntax import asked

    found = asked(node.span.source)
    if found is not None and found.lineno == node.span.position[0]:
        fail(found.msg, node.span, "outside of functions a name is global already")


def jumps(statement: ast.Stmt) -> None:
    """`return` belongs into a function, `break` and `continue` into a loop."""
    pending: list[tuple[ast.Stmt, bool, bool]] = [(statement, False, False)]
    while pending:
        each, in_function, in_loop = pending.pop()
        match each:
            case ast.Display() | ast.Assign():
                continue
            case ast.ImportNames(path="__future__") if each is not statement:
                _late(each)
            case ast.Global() if not in_function:
                late_global(each)
            case ast.Return() if not in_function:
                fail("'return' outside function", each.span)
            case ast.Break() if not in_loop:
                fail("'break' outside loop", each.span)
            case ast.Continue() if not in_loop:
                fail("'continue' not properly in loop", each.span)
            case ast.If(then=then, otherwise=otherwise):
                pending += [(s, in_function, in_loop) for b in (then, otherwise) if b for s in b.body]
            case ast.With(body=body):
                pending += [(s, in_function, in_loop) for s in body.body]
            case ast.For(body=body, otherwise=otherwise) | ast.While(body=body, otherwise=otherwise):
                pending += [(s, in_function, True) for s in body.body]
                pending += [(s, in_function, in_loop) for s in (otherwise.body if otherwise else ())]
            case ast.Define(body=body):
                pending += [(s, True, False) for s in body.body]
            case ast.Class(body=body):
                pending += [(s, False, False) for s in body.body]
            case ast.Try(body=body, handlers=handlers, otherwise=otherwise, last=last):
                blocks = [body, *(handler.body for handler in handlers), otherwise, last]
                pending += [(s, in_function, in_loop) for b in blocks if b for s in b.body]
            case ast.Match(cases=cases):
                pending += [(s, in_function, in_loop) for case in cases for s in case.body.body]


def parameters(written: list[ast.Parameter]) -> tuple[ast.Parameter, ...]:
    names: set[str] = set()
    star = default = last = False
    for at, each in enumerate(written):
        if last:
            fail("arguments cannot follow var-keyword argument", each.span)
        if each.kind == "slash":
            if star:
                fail("/ must be ahead of *", each.span)
            if any(other.kind == "slash" for other in written[:at]):
                fail("/ may appear only once", each.span)
            if not at:
                fail("at least one argument must precede /", each.span)
            continue
        if each.name in names:
            fail(f"duplicate argument '{each.name}' in function definition", each.span)
        if each.kind in ("args", "bare"):
            if star:
                fail("* argument may appear only once", each.span)
            star = True
        elif each.kind == "kwargs":
            last = True
        elif each.default is not None:
            default = True
        elif default and not star:
            fail(
                "non-default argument follows default argument",
                each.span,
                "move it to the left of the others",
            )
        if each.name:
            names.add(each.name)
    for each, after in zip_longest(written, written[1:]):
        if each.kind == "bare" and (after is None or after.kind == "kwargs"):
            fail("named arguments must follow bare *", each.span)
    return tuple(written)


def arguments(written: list[ast.Argument]) -> None:
    names: set[str] = set()
    unpacked = False
    for argument in written:
        name = argument.name
        if name is None:
            if unpacked and isinstance(argument.value, ast.Starred):
                fail("iterable argument unpacking follows keyword argument unpacking", argument.span)
            if unpacked:
                fail("positional argument follows keyword argument unpacking", argument.span)
            if names and not isinstance(argument.value, ast.Starred):
                fail("positional argument follows keyword argument", argument.span)
            if len(written) > 1 and _bare_generator(argument):
                fail("Generator expression must be parenthesized", argument.span)
        elif name == "**":
            unpacked = True
        elif name in names:
            fail(f"keyword argument repeated: {name}", argument.span)
        else:
            names.add(name)


def lone_generator(written: list[ast.Argument], end: int) -> None:
    """`f(x for x in xs,)`: only a generator that is all there is between the brackets needs none of its own."""
    last = written[-1].span
    if len(written) == 1 and _bare_generator(written[0]) and "," in last.source.text[last.end : end]:
        fail("Generator expression must be parenthesized", last)


def bases(written: list[ast.Argument]) -> None:
    arguments(written)
    for each in written:
        if _bare_generator(each):
            fail("invalid syntax: a generator is no base class", each.span)


def _bare_generator(argument: ast.Argument) -> bool:
    value = argument.value
    return (
        isinstance(value, ast.Comprehension)
        and value.kind == "generator"
        and not value.span.text.startswith("(")
    )


def _as_tuple(target: ast.Expr) -> ast.Expr:
    """`[a, [b, c]] = …` unpacks as `(a, (b, c)) = …`; the nesting is at most that of brackets."""
    if isinstance(target, ast.TupleExpr | ast.ListExpr):
        return ast.TupleExpr(target.span, tuple(map(_as_tuple, target.items)))
    if isinstance(target, ast.Starred):
        return ast.Starred(target.span, _as_tuple(target.value))
    return target


KINDS: dict[type, str] = {
    ast.Constant: "literal",
    ast.TensorLiteral: "literal",
    ast.FString: "f-string expression",
    ast.Comprehension: "comprehension",
    ast.Unary: "expression",
    ast.Binary: "expression",
    ast.Compare: "comparison",
    ast.Logical: "expression",
    ast.Conditional: "conditional expression",
    ast.Lambda: "lambda",
    ast.Call: "function call",
    ast.Convert: "conversion",
    ast.GradOf: "gradient",
    ast.GradWrt: "gradient",
    ast.TupleExpr: "tuple",
    ast.ListExpr: "list",
    ast.DictExpr: "dict literal",
    ast.SetExpr: "set display",
    ast.Walrus: "named expression",
    ast.Yield: "yield expression",
    ast.YieldFrom: "yield expression",
    ast.Starred: "starred",
    ast.Name: "name",
}


def kind(value: ast.Expr) -> str:
    """What an expression is called in a message."""
    if isinstance(value, ast.Comprehension) and value.kind in ("list", "set", "dict"):
        return f"{value.kind} comprehension"
    if isinstance(value, ast.Constant) and value.value is ...:
        return "ellipsis"
    return KINDS.get(type(value), "expression")
