"""Programs rewritten so that they can be run with values that nobody knows.

The tree that `codegen` makes of a statement is changed before Python compiles it. Every simple statement stands in a
guard, which takes up an error that is already reported, so that the analysis goes on behind it. Branches, loops, calls,
conditions and unpackings ask the analysis (`analysis.Analysis` has what is called here, under names that begin with
a dot), which takes both branches of an `if` that nobody can decide.
"""

from __future__ import annotations

import ast as py
from itertools import count
from typing import Any

#: calls that look at the frame that calls them
DIRECT = frozenset(("super", "locals", "globals", "vars", "dir", "eval", "exec", "breakpoint"))
#: helpers of compiled programs that are no calls of the program
HELPERS = (".import", ".locals", ".scope", ".round", ".display", ".failed")

#: methods of which Python insists on what they give
TEXTS = ("__str__", "__repr__", "__format__", "__hash__")

LOAD, STORE = py.Load(), py.Store()
PLACE = py.Subscript(
    value=py.Name(id=".x", ctx=LOAD, lineno=1, col_offset=0),
    slice=py.Name(id=".k", ctx=LOAD, lineno=1, col_offset=0),
    ctx=STORE,
    lineno=1,
    col_offset=0,
)
COMPARE = {
    py.Eq: "==", py.NotEq: "!=", py.Lt: "<", py.LtE: "<=", py.Gt: ">", py.GtE: ">=", py.In: "in", py.NotIn: "not in",
    py.Is: "is", py.IsNot: "is not",
}  # fmt: skip
BLOCKS = (py.FunctionDef, py.AsyncFunctionDef, py.ClassDef, py.Lambda)


def load(name: str) -> Any:
    return py.Name(id=name, ctx=LOAD)


def call(name: str, *args: Any) -> Any:
    return py.Call(func=_path(name), args=list(args), keywords=[])


def _path(name: str) -> Any:
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


class Rewriter(py.NodeTransformer):
    """Rewrites the statements of one text; `filename` is that of its code."""

    def __init__(self, filename: str):
        self.filename = filename
        self.numbers = count()
        self.functions = 0
        self.loops: list[str] = []

    def module(self, module: Any) -> Any:
        self.functions, self.loops = 0, []
        module.body = [assign(".f", call(".begin")), *self.block(module.body)]
        line = next((n.lineno for n in py.walk(module) if getattr(n, "lineno", None)), 1)  # type: ignore[attr-defined]
        for each in module.body:
            _place(each, line)
        return module

    # ------------------------------------------------------------ statements

    def block(self, body: list[Any]) -> list[Any]:
        made: list[Any] = []
        for statement in body:
            new = self.visit(statement)
            for each in new if isinstance(new, list) else [new]:
                _place(each, getattr(statement, "lineno", 1))
                made.append(each)
        return made

    def guard(self, line: int, body: list[Any], names: list[str]) -> Any:
        """The statements; where they fail with what is reported already, the names become unknown."""
        handler = py.ExceptHandler(
            type=load(".Exception"),
            name=".e",
            body=[
                when(call(".refused", constant((self.filename, line)), load(".e")), py.Raise()),
                *[assign(name, load(".unknown")) for name in names],
            ],
        )
        return py.Try(body=body, handlers=[handler], orelse=[], finalbody=[])

    def generic_statement(self, node: Any) -> Any:
        names = stored([node])
        line = node.lineno
        node = self.generic_visit(node)
        return self.guard(line, [node], names)

    visit_Expr = visit_Delete = generic_statement

    def visit_AnnAssign(self, node: Any) -> Any:
        names, line = stored([node]), node.lineno
        node.target = self.visit(node.target)
        node.value = None if node.value is None else self.visit(node.value)
        return self.guard(line, [node], names)

    def visit_arg(self, node: Any) -> Any:
        """Annotations stay as they are written: some are read as texts."""
        return node

    def visit_AugAssign(self, node: Any) -> Any:
        if not isinstance(node.target, py.Subscript):
            return self.generic_statement(node)
        names, line = stored([node]), node.lineno
        return self.guard(
            line, self.into(node.target, lambda: py.AugAssign(PLACE, node.op, self.visit(node.value))), names
        )

    def into(self, target: Any, put: Any) -> list[Any]:
        """A statement that changes an item, done only where it is known which."""
        first = [assign(".x", self.visit(target.value)), assign(".k", _index(self.visit(target.slice)))]
        known = py.UnaryOp(op=py.Not(), operand=call(".f:blurs", load(".x"), load(".k")))
        for each in first:
            _place(each, getattr(target, "lineno", 1))
        made = _at(put(), target)
        return [*first, when(known, made)]

    def visit_Assign(self, node: Any) -> Any:
        names, line = stored([node]), node.lineno
        if len(node.targets) == 1 and isinstance(node.targets[0], py.Subscript):
            value = self.visit(node.value)
            kept = call(".f:item", load(".x"), load(".k"), load(".v"))
            put = self.into(node.targets[0], lambda: py.Assign(targets=[PLACE], value=kept))
            return self.guard(line, [assign(".v", value), *put], names)
        targets = node.targets
        node = self.generic_visit(node)
        shapes = [shape_of(t) for t in targets if isinstance(t, py.Tuple | py.List)]
        if shapes:
            node.value = call(".unpacked", node.value, constant(shapes[0]))
        match targets:
            case [py.Attribute(value=py.Name(id=of), attr=name)]:
                node.value = call(".weakly", load(".f"), load(of), constant(name), node.value)
        return self.guard(line, [node], names)

    def visit_Assert(self, node: Any) -> Any:
        line = node.lineno
        node = self.generic_visit(node)
        node.test = call(".f:certain", node.test)
        return self.guard(line, [node], [])

    def kept(self, name: str, value: Any, line: int) -> Any:
        """`name = value`, in a guard."""
        return self.guard(line, [assign(name, self.visit(value))], [name])

    def visit_Return(self, node: Any) -> Any:
        result = load(".none") if node.value is None else load(".r")
        made = [] if node.value is None else [self.kept(".r", node.value, node.lineno)]
        return [*made, py.Return(value=call(".f:returned", result))]

    def visit_Raise(self, node: Any) -> Any:
        line = node.lineno
        node = self.generic_visit(node)
        guarded = self.guard(line, [node], [])
        over = (
            [py.Return(value=load(".unknown"))] if self.functions else []
        )  # where the error is reported already
        return [py.Expr(value=call(".f:raises")), guarded, *over]

    def visit_Break(self, node: Any) -> Any:
        return [py.Expr(value=call(f"{self.loops[-1]}:leave", constant("break"))), node]

    def visit_Continue(self, node: Any) -> Any:
        return [py.Expr(value=call(f"{self.loops[-1]}:leave", constant("continue"))), node]

    def ended(self, body: list[Any], by: str, *then: Any) -> Any:
        handler = py.ExceptHandler(type=load(".Ended"), name=".e", body=[when(call(by, load(".e")), *then)])
        return py.Try(body=body or [py.Pass()], handlers=[handler], orelse=[], finalbody=[])

    def visit_If(self, node: Any) -> Any:
        names = stored([*node.body, *node.orelse])
        branch, line = f".b{next(self.numbers)}", node.lineno
        used = constant(mentioned([*node.body, *node.orelse]))
        then, otherwise = self.block(node.body), self.block(node.orelse)
        both = py.Attribute(value=load(branch), attr="both", ctx=LOAD)
        return [
            self.kept(".t", node.test, line),
            assign(branch, call(".f:branch", load(".t"), constant(tuple(names)), used, call(".space"))),
            when(_path(f"{branch}:then"), self.ended(then, f"{branch}:ended", py.Pass())),
            when(
                both,
                py.Expr(value=call(f"{branch}:between", call(".space"))),
                *[assign(name, call(f"{branch}:before", constant(name))) for name in names],
            ),
            when(_path(f"{branch}:otherwise"), self.ended(otherwise, f"{branch}:ended", py.Pass())),
            when(
                both,
                py.Expr(value=call(f"{branch}:close", call(".space"))),
                *[assign(name, call(f"{branch}:joined", constant(name))) for name in names],
                py.Expr(value=call(f"{branch}:widen")),
            ),
        ]

    def loop(self, node: Any, head: list[Any], make: Any) -> Any:
        names = stored([*node.body, *([node.target] if hasattr(node, "target") else [])])
        loop = f".w{next(self.numbers)}"
        self.loops.append(loop)
        body = self.ended(self.block(node.body), f"{loop}:ended", py.Break())
        self.loops.pop()
        otherwise = self.block(node.orelse)
        used = constant(mentioned(node.body))
        site = constant((self.filename, node.lineno))
        start = assign(loop, call(".f:loop", constant(tuple(names)), used, call(".space"), site))
        rest = (
            [when(py.UnaryOp(op=py.Not(), operand=_path(f"{loop}:broken")), *otherwise)] if otherwise else []
        )
        return [
            *head,
            start,
            make(loop, body),
            *rest,
            when(
                _path(f"{loop}:vague"),
                py.Expr(value=call(f"{loop}:close", call(".space"))),
                *[assign(name, call(f"{loop}:joined", constant(name))) for name in names],
                py.Expr(value=call(f"{loop}:widen")),
            ),
        ]

    def visit_For(self, node: Any) -> Any:
        shape = shape_of(node.target)
        name = f".i{next(self.numbers)}"
        head = [self.kept(name, node.iter, node.lineno)]

        def make(loop: str, body: Any) -> Any:
            rounds = call(f"{loop}:rounds", load(name), constant(shape))
            return py.For(target=self.visit(node.target), iter=rounds, body=[body], orelse=[])

        return self.loop(node, head, make)

    def visit_While(self, node: Any) -> Any:
        def make(loop: str, body: Any) -> Any:
            test = self.kept(".t", node.test, node.lineno)
            over = when(py.UnaryOp(op=py.Not(), operand=call(f"{loop}:again", load(".t"))), py.Break())
            return py.While(test=constant(True), body=[test, over, body], orelse=[])

        return self.loop(node, [], make)

    def visit_With(self, node: Any) -> Any:
        made: list[Any] = []
        for item in node.items:
            name = f".c{next(self.numbers)}"
            made.append(self.kept(name, item.context_expr, node.lineno))
            item.context_expr = load(name)
            if item.optional_vars is not None:
                item.optional_vars = self.visit(item.optional_vars)
        node.body = self.block(node.body) or [py.Pass()]
        return [*made, node]

    def visit_Try(self, node: Any) -> Any:
        name = f".y{next(self.numbers)}"
        names = [n for h in node.handlers for n in stored([h])]
        returns = any(isinstance(n, py.Return) for h in node.handlers for n in py.walk(h))
        node.body = self.block(node.body)
        for handler in node.handlers:
            if handler.type is not None:
                handler.type = self.visit(handler.type)
            handler.body = [py.Expr(value=call(f"{name}:caught")), *self.block(handler.body)]
        if node.handlers and not isinstance(node, py.TryStar):
            node.handlers.insert(0, py.ExceptHandler(type=load(".Ended"), name=None, body=[py.Raise()]))
        node.orelse, node.finalbody = self.block(node.orelse), self.block(node.finalbody)
        known = when(
            call(f"{name}:perhaps", constant(returns)),
            *[assign(each, load(".unknown")) for each in names] or [py.Pass()],
        )
        return [assign(name, call(".f:trying")), node, known]

    visit_TryStar = visit_Try

    def visit_Match(self, node: Any) -> Any:
        names = stored(list(node.cases))
        name = f".s{next(self.numbers)}"
        head = self.kept(name, node.subject, node.lineno)
        node.subject = load(name)
        for case in node.cases:
            case.guard = None if case.guard is None else call(".holds", self.visit(case.guard))
            case.body = self.block(case.body)
        unknown = [assign(each, load(".unknown")) for each in names]
        whole = self.guard(node.subject.lineno if hasattr(node.subject, "lineno") else 1, [node], names)
        whole.handlers[0].body.append(py.Expr(value=call(".f:doubt")))
        known = py.If(test=call(".f:matches", load(name)), body=[whole], orelse=unknown or [py.Pass()])
        return [head, known]

    def visit_FunctionDef(self, node: Any) -> Any:
        around, self.loops = self.loops, []
        line = node.lineno
        text, rest = _documented(node.body)
        self.functions += 1
        body = self.block(rest)
        self.functions -= 1
        self.loops = around
        generator = any(isinstance(n, py.Yield | py.YieldFrom) for n in _inside(node))
        number = constant((self.filename, line, next(self.numbers)))
        wanted = constant(node.name if node.name in TEXTS else None)
        node.body = [
            *text,
            assign(
                ".f",
                call(".enter", number, constant(generator), wanted),
            ),
            py.Try(
                body=[*body, py.Return(value=call(".f:returned", load(".none")))],
                handlers=[
                    py.ExceptHandler(
                        type=load(".Ended"), name=".e", body=[py.Return(value=call(".f:ended", load(".e")))]
                    )
                ],
                orelse=[],
                finalbody=[py.Expr(value=call(".f:left"))],
            ),
        ]
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.decorator_list.append(call(".noted", number))
        node.args = self.visit(node.args)
        return self.guard(line, [node], [node.name])

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: Any) -> Any:
        line = node.lineno
        functions, self.functions = self.functions, 0
        node.bases = [self.visit(each) for each in node.bases]
        node.keywords = [self.visit(each) for each in node.keywords]
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        compound = any(isinstance(each, py.If | py.For | py.While | py.Try) for each in node.body)
        node.body = [*([assign(".f", call(".begin"))] if compound else []), *self.block(node.body)]
        self.functions = functions
        return self.guard(line, [node], [node.name])

    # ------------------------------------------------------------ expressions

    def visit_Lambda(self, node: Any) -> Any:
        return self.generic_visit(node)

    def visit_Call(self, node: Any) -> Any:
        name = node.func.id if isinstance(node.func, py.Name) else ""
        node = self.generic_visit(node)
        if name in DIRECT or name.startswith(HELPERS):
            return node
        return _at(py.Call(func=load(".run"), args=[node.func, *node.args], keywords=node.keywords), node)

    def visit_BoolOp(self, node: Any) -> Any:
        both = ".and" if isinstance(node.op, py.And) else ".or"
        goes = ".then" if isinstance(node.op, py.And) else ".otherwise"
        *rest, made = map(self.visit, node.values)
        for value in reversed(rest):
            other = py.IfExp(test=call(goes), body=made, orelse=constant(None))
            made = call(both, call(".decide", value), other)
        return _at(made, node)

    def visit_IfExp(self, node: Any) -> Any:
        test, body, orelse = map(self.visit, (node.test, node.body, node.orelse))
        first = py.IfExp(test=call(".then"), body=body, orelse=constant(None))
        second = py.IfExp(test=call(".otherwise"), body=orelse, orelse=constant(None))
        return _at(call(".choice", call(".decide", test), first, second), node)

    def visit_UnaryOp(self, node: Any) -> Any:
        node = self.generic_visit(node)
        return _at(call(".not", node.operand), node) if isinstance(node.op, py.Not) else node

    def visit_Compare(self, node: Any) -> Any:
        node = self.generic_visit(node)
        words = constant(tuple(COMPARE[type(op)] for op in node.ops))
        return _at(call(".compare", words, node.left, *node.comparators), node)

    def visit_Subscript(self, node: Any) -> Any:
        node = self.generic_visit(node)
        if not isinstance(node.ctx, py.Load):
            return node
        return _at(call(".item", node.value, _index(node.slice)), node)

    def visit_Attribute(self, node: Any) -> Any:
        node = self.generic_visit(node)
        asked = node.attr == "grad" and isinstance(node.ctx, py.Load)
        return _at(call(".gradient", node), node) if asked else node

    def gathered(self, node: Any) -> Any:
        return _at(call(".gathered", call(".mark"), self.generic_visit(node)), node)

    visit_ListComp = visit_SetComp = visit_DictComp = gathered

    def visit_JoinedStr(self, node: Any) -> Any:
        for part in node.values:
            if isinstance(part, py.FormattedValue):
                part.value = self.visit(part.value)
                if part.format_spec is not None:
                    for inner in py.walk(part.format_spec):
                        if isinstance(inner, py.FormattedValue):
                            inner.value = self.visit(inner.value)
        return _at(call(".gathered", call(".mark"), node), node)

    def visit_BinOp(self, node: Any) -> Any:
        node = self.generic_visit(node)
        return _at(call(".gathered", call(".mark"), node), node) if isinstance(node.op, py.Mod) else node

    def visit_comprehension(self, node: Any) -> Any:
        shape = shape_of(node.target)
        node = self.generic_visit(node)
        node.iter = call(".items", node.iter, constant(shape))
        node.ifs = [call(".holds", test) for test in node.ifs]
        return node


def _index(node: Any) -> Any:
    """An index as an expression of its own."""
    if isinstance(node, py.Slice):
        parts = (node.lower, node.upper, node.step)
        return _at(call(".slice", *[constant(None) if p is None else p for p in parts]), node)
    if isinstance(node, py.Tuple):
        node.elts = [_index(each) for each in node.elts]
    return node


def _documented(body: list[Any]) -> tuple[list[Any], list[Any]]:
    match body:
        case [py.Expr(value=py.Constant(value=str())) as text, *rest]:
            return [text], rest
    return [], body


def _inside(function: Any) -> Any:
    work = list(function.body)
    while work:
        node = work.pop()
        yield node
        if not isinstance(node, BLOCKS):
            work += py.iter_child_nodes(node)


def _at(new: Any, old: Any) -> Any:
    """What was made in place of a node is where it was."""
    _place(new, getattr(old, "lineno", None) or 1)
    return new


def _place(node: Any, line: int) -> None:
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
