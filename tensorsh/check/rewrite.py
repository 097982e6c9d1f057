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

from .expressions import Expressions
from .tree import (
    LOAD,
    STORE,
    assign,
    at,
    attributes_of,
    call,
    constant,
    documented,
    index_of,
    inside,
    load,
    mentioned,
    path_of,
    place,
    shape_of,
    stored,
    when,
)  # fmt: skip

#: methods of which Python insists on what they give
TEXTS = ("__str__", "__repr__", "__format__", "__hash__", "__len__")


def item_of(target: Any) -> Any:
    """The item that `.x[.k]` is, in the place of a target."""
    return at(py.Subscript(value=load(".x"), slice=load(".k"), ctx=STORE), target)


class Rewriter(Expressions):
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
            place(each, line)
        return module

    # ------------------------------------------------------------ statements

    def block(self, body: list[Any]) -> list[Any]:
        made: list[Any] = []
        for statement in body:
            new = self.visit(statement)
            for each in new if isinstance(new, list) else [new]:
                place(each, getattr(statement, "lineno", 1))
                made.append(each)
        return made

    def guard(
        self, line: int, body: list[Any], names: list[str], attributes: Any = (), used: tuple[str, ...] = ()
    ) -> Any:
        """The statements; where they fail with what is reported already, names and attributes become unknown.

        used   the names in an expression that may change what they stand for
        """
        handler = py.ExceptHandler(
            type=load(".Exception"),
            name=".e",
            body=[
                when(call(".refused", constant((self.filename, line)), load(".e")), py.Raise()),
                *[assign(name, load(".unknown")) for name in names],
                *[py.Expr(value=call(".lost", load(of), constant(name))) for of, name in attributes],
                *([py.Expr(value=call(".half", constant(used), call(".space")))] if used else []),
            ],
        )
        return py.Try(body=body, handlers=[handler], orelse=[], finalbody=[])

    def generic_statement(self, node: Any) -> Any:
        names, used = stored([node]), mentioned([node])
        line = node.lineno
        node = self.generic_visit(node)
        return self.guard(line, [node], names, used=used)

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
            line,
            self.into(
                node.target, lambda: py.AugAssign(item_of(node.target), node.op, self.visit(node.value))
            ),
            names,
        )

    def into(self, target: Any, put: Any) -> list[Any]:
        """A statement that changes an item, done only where it is known which."""
        index = call(".index", load(".x"), index_of(self.visit(target.slice)))
        first = [assign(".x", self.visit(target.value)), assign(".k", index)]
        known = py.UnaryOp(op=py.Not(), operand=call(".f:blurs", load(".x"), load(".k")))
        for each in first:
            place(each, getattr(target, "lineno", 1))
        made = at(put(), target)
        return [*first, when(known, made)]

    def visit_Assign(self, node: Any) -> Any:
        names, line = stored([node]), node.lineno
        if len(node.targets) == 1 and isinstance(node.targets[0], py.Subscript):
            value = self.visit(node.value)
            kept = call(".f:item", load(".x"), load(".k"), load(".v"))
            put = self.into(
                node.targets[0], lambda: py.Assign(targets=[item_of(node.targets[0])], value=kept)
            )
            return self.guard(line, [assign(".v", value), *put], names)
        targets = node.targets
        node = self.generic_visit(node)
        shapes = [shape_of(t) for t in targets if isinstance(t, py.Tuple | py.List)]
        if shapes:
            node.value = call(".unpacked", node.value, constant(shapes[0]))
        match targets:
            case [py.Attribute(value=py.Name(id=of), attr=name)]:
                node.value = call(".weakly", load(".f"), load(of), constant(name), node.value)
        return self.guard(line, [node], names, attributes_of(targets))

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
            when(path_of(f"{branch}:then"), self.ended(then, f"{branch}:ended", py.Pass())),
            when(
                both,
                py.Expr(value=call(f"{branch}:between", call(".space"))),
                *[assign(name, call(f"{branch}:before", constant(name))) for name in names],
            ),
            when(path_of(f"{branch}:otherwise"), self.ended(otherwise, f"{branch}:ended", py.Pass())),
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
            [when(py.UnaryOp(op=py.Not(), operand=path_of(f"{loop}:broken")), *otherwise)]
            if otherwise
            else []
        )
        return [
            *head,
            start,
            make(loop, body),
            *rest,
            when(
                path_of(f"{loop}:vague"),
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
        text, rest = documented(node.body)
        self.functions += 1
        body = self.block(rest)
        self.functions -= 1
        self.loops = around
        generator = any(isinstance(n, py.Yield | py.YieldFrom) for n in inside(node))
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
