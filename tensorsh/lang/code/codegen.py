"""A program becomes Python code: each statement of the AST turns into a tree of Python's own `ast`.

Python then runs it: its loops, scalars, closures, unpacking and messages are the ones that users of
PyTorch know, at CPython's speed. Three things are different from Python's own compiler:

- Every Python node carries, as its line number, the number of our node in `Table.nodes`. When anything
  raises, the traceback's line number is thereby the failing piece of the program.
- What Python must not decide goes through an entry of the prelude whose name begins with a dot
  (`.attr`, `.literal`, …; `runtime.Runtime` has them all), which no program can spell.
- Numbers in brackets are a tensor where a value is wanted (`.literal`), a list where a call, an index
  or an unpacking takes them apart (`.list`), and undecided beside an operator that both have (`.numbers`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from ...errors import ParseError
from ..syntax import ast
from ..syntax.binding import bound_names
from .expressions import BINARY, DELETE, LOAD, STORE, Expressions, too_deep
from .patterns import Patterns
from .runs import (
    containers_made,
    follows,
    runs,
    target_names,
    walk,
    with_data,
    with_result,
    with_values,
    worthwhile,
    written_items,
)
from .table import Table

if TYPE_CHECKING:
    import ast as py
else:
    from . import python_ast as py

#: calls that are made for their effect: as statements they show nothing
COMMANDS = frozenset({"manual_seed", "append", "pop"})


#: makes a segment of (compiler, statements, names each binds, names the loops bind, inside a function)
Register = Callable[["Compiler", list[ast.Stmt], list[frozenset[str]], frozenset[str], bool], str]

#: operators that may change a list, dictionary or set in place
IN_PLACE = frozenset("+*|&^-")
#: the constants to the right of an operator beside which a container may stand
BESIDE = {"+": str, "*": int}
#: operators whose results are no sets
ARITHMETIC = frozenset({"*", "/", "//", "%", "**", "@"})

#: how deep the code of a statement may be nested, as calls of Python's compiler (some 200 bytes of C stack each)
DEPTH = 6_000

#: the line of code that is no piece of the program
NOWHERE = 1_000_000_000


class Compiler(Expressions):
    """Turns the statements of one program into Python code objects."""

    def __init__(self, table: Table, register: Register | None = None):
        super().__init__(table)
        self.register = register
        self.forms |= {kind: getattr(self, method) for kind, method in STATEMENTS.items()}
        self.loops: list[frozenset[str]] = []  # the names and items that each loop we are inside of sets
        self.in_method = False  # whether we are inside a function of a class
        self.inner = 0  # how many runs we are inside of
        self.called = False  # whether what we are inside of is done again only by calls of its function
        self.rewrite: Callable[[py.Module], py.Module] | None = (
            None  # what is made of the tree of a statement
        )
        self.tells = False  # whether the mode in force hears of each round of a loop

    def compile(self, statement: ast.Stmt) -> Any:
        """The code object of a top-level statement; ParseError for what Python's compiler refuses."""
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, DEPTH))
        try:
            module = py.Module(body=list(self.statement(statement)), type_ignores=[])
            if self.rewrite is not None:
                module = self.rewrite(module)
            return compile(module, self.table.filename, "exec", self.table.flags, dont_inherit=True)
        except SyntaxError as error:
            guilty = self.table.node(error.lineno or 0) or statement
            raise ParseError(error.msg, span=guilty.span) from None
        except ValueError as error:  # of a tree that no text makes: `case 1 as _`
            raise ParseError(str(error), span=statement.span) from None
        except (RecursionError, MemoryError):
            raise too_deep(statement) from None
        finally:
            sys.setrecursionlimit(limit)

    def statement(self, node: ast.Stmt) -> Iterable[py.stmt]:
        made = self.forms[type(node)](node)
        return made if isinstance(made, list) else [made]

    def block(self, node: ast.Block | None) -> list[py.stmt]:
        if node is None:
            return []
        if not self.loops or self.register is None:
            return [made for statement in node.body for made in self.statement(statement)]
        made: list[py.stmt] = []
        inside = bool(self.functions)
        own = containers_made(node.body)
        for run in runs(with_values(with_data(node.body), inside), inside, own):
            tried = worthwhile(run, own)
            inner = tried and not self.called  # a function may be called only once
            self.inner += inner
            plain = [list(self.statement(statement)) for statement in run]
            self.inner -= inner
            made += self.segment(run, plain) if tried else chain.from_iterable(plain)
        return made

    def repeated(self, node: ast.Block, *targets: ast.Stmt | ast.Expr) -> list[py.stmt]:
        """The body of a loop: what it does again and again may be replayed (`segments.Segment`)."""
        bound = frozenset().union(bound_names(node), *map(target_names, targets))
        self.loops.append(bound | written_items(node))
        called, self.called = self.called, False
        body = self.block(node)
        self.called = called
        self.loops.pop()
        if self.tells:
            at = self.at(node)
            place = self.constant((self.table.filename, node.span.start), at)
            body.insert(0, py.Expr(value=self.helper(".round", [place], at), **at))
        return body

    def segment(self, run: list[ast.Stmt], plain: list[list[py.stmt]]) -> list[py.stmt]:
        """Statements that the segment is asked to do first: `if go: .p = go(0)`, `if .p < 1: …`, and so on.

        Where nothing can be replayed `go` becomes 0, and a loop is as fast as Python's: `else` has the statements
        again, or, where there are loops in them, `.p` stays 0.
        """
        assert self.register is not None
        inside = bool(self.functions)
        bound = [frozenset(bound_names(statement)) for statement in run]
        name = self.register(self, run, bound, frozenset().union(*self.loops), inside)
        at: dict[str, Any] = {"lineno": NOWHERE}

        def load(id: str) -> py.expr:
            return py.Name(id=id, ctx=LOAD, **at)

        def go(i: int) -> list[py.stmt]:
            arguments: list[py.expr] = [py.Constant(value=i, **at)]
            if inside:
                names = py.Call(func=load(".locals"), args=[], keywords=[], **at)
                target = py.Name(id=".names", ctx=STORE, **at)
                arguments.append(py.NamedExpr(target=target, value=names, **at))
            call: py.expr = py.Call(func=load(name), args=arguments, keywords=[], **at)
            if nested or i:  # a call of this function by a statement before may have given it up
                call = py.BoolOp(op=py.And(), values=[load(name), call], **at)
            return [py.Assign(targets=[py.Name(id=".p", ctx=STORE, **at)], value=call, **at)]

        def fetched(name: str, certain: bool) -> py.stmt:
            key, names = py.Constant(value=name, **at), load(".names")
            value = py.Subscript(value=names, slice=key, ctx=LOAD, **at)
            bind = py.Assign(targets=[py.Name(id=name, ctx=STORE, **at)], value=value, **at)
            there = py.Compare(left=key, ops=[py.In()], comparators=[names], **at)
            return bind if certain else py.If(test=there, body=[bind], orelse=[], **at)

        loops = [any(isinstance(node, ast.For) for node in walk(statement)) for statement in run]
        nested = any(loops)
        made = go(0)
        for i, statements in enumerate(plain):
            test = py.Compare(left=load(".p"), ops=[py.LtE()], comparators=[py.Constant(value=i, **at)], **at)
            more = go(i + 1) if i + 1 < len(plain) else []
            done = [fetched(name, not loops[i]) for name in sorted(bound[i])] if inside else []
            made.append(py.If(test=test, body=[*statements, *more], orelse=done, **at))
        if nested:
            return made
        return [py.If(test=load(name), body=made, orelse=[*chain.from_iterable(plain)], **at)]

    def effect(self, name: str, arguments: Sequence[py.expr], node: ast.Node) -> py.stmt:
        at = self.at(node)
        return py.Expr(value=self.helper(name, arguments, at), **at)

    def display(self, node: ast.Display) -> py.stmt:
        value = self.expression(node.value)
        if self.functions or node.quiet or self.table.silent or is_command(node.value):
            return py.Expr(value=value, **self.at(node))
        name = node.value.id if isinstance(node.value, ast.Name) else None
        return self.effect(".display", [value, self.constant(name, self.at(node))], node)

    def assign(self, node: ast.Assign) -> py.stmt:
        tuples = any(isinstance(target, ast.TupleExpr | ast.ListExpr) for target in node.targets)
        value = self.unpacked(node.value, node.targets[0]) if tuples else self.expression(node.value)
        return py.Assign(
            targets=[self.target(target) for target in node.targets], value=value, **self.at(node)
        )

    def declare(self, node: ast.Declare) -> py.stmt:
        hint = node.annotation
        if self.in_class and not node.param and hint is not None and hint.value and hint.device is None:
            return self.annotation(node, hint.value)
        if node.value is None:
            span = node.span
            raise ParseError(
                "invalid syntax: expected `=` and a value", span=span, help=f"type `{span.text} = …`"
            )
        if not isinstance(node.target, ast.Name):
            help = "assign without one, or convert: `value as dtype`"
            raise ParseError("only a name can have an annotation", span=node.target.span, help=help)
        value = self.annotated(node.value, node.annotation, node, param=node.param)
        return py.Assign(targets=[self.target(node.target)], value=value, **self.at(node))

    def annotation(self, node: ast.Declare, hint: ast.Expr) -> py.stmt:
        """`target: hint = value` as Python has it: classes keep it, and nothing is converted."""
        annotation = self.expression(hint)
        value = None if node.value is None else self.expression(node.value)
        target: Any = self.target(node.target)
        return py.AnnAssign(
            target=target,
            annotation=annotation,
            value=value,
            simple=int(isinstance(node.target, ast.Name)),
            **self.at(node),
        )

    def augassign(self, node: ast.AugAssign) -> py.stmt | list[py.stmt]:
        value, op = self.operand(node.value), node.op
        target: Any = self.target(node.target)
        at = self.at(node)
        constant = type(node.value.value) if isinstance(node.value, ast.Constant) else None
        changing = op in IN_PLACE
        if op == "-" and isinstance(node.value, ast.Binary) and node.value.op in ARITHMETIC:
            changing = False  # `w -= lr * g`
        if changing and isinstance(node.target, ast.Name) and constant in (None, BESIDE.get(op)):
            kept = self.helper(".changing", [py.Name(id=node.target.id, ctx=LOAD, **at)], at)
            return [
                py.Expr(value=kept, **at),
                py.AugAssign(target=target, op=BINARY[op](), value=value, **at),
            ]
        return py.AugAssign(target=target, op=BINARY[op](), value=value, **at)

    def delete(self, node: ast.Delete) -> py.stmt:
        return py.Delete(targets=[self.target(target, DELETE) for target in node.targets], **self.at(node))

    def if_(self, node: ast.If) -> py.stmt:
        """An `elif` is an `if` inside an `else`: built from the last one, long chains are not deep here."""
        links = [node]
        while isinstance(link := _only(links[-1].otherwise), ast.If):
            links.append(link)
        otherwise = self.block(links[-1].otherwise)
        for link in reversed(links):
            condition, then = self.expression(link.condition), self.block(link.then)
            otherwise = [made := py.If(test=condition, body=then, orelse=otherwise, **self.at(link))]
        return made

    def for_(self, node: ast.For) -> py.stmt:
        iterable = self.unpacked(node.iterable, node.target)
        target, body = self.target(node.target), self.repeated(node.body, node.target)
        return py.For(
            target=target, iter=iterable, body=body, orelse=self.block(node.otherwise), **self.at(node)
        )

    def while_(self, node: ast.While) -> py.stmt:
        condition = self.expression(node.condition)
        body, otherwise = self.repeated(node.body), self.block(node.otherwise)
        return py.While(test=condition, body=body, orelse=otherwise, **self.at(node))

    def break_(self, node: ast.Break) -> py.stmt:
        return py.Break(**self.at(node))

    def continue_(self, node: ast.Continue) -> py.stmt:
        return py.Continue(**self.at(node))

    def pass_(self, node: ast.Pass) -> py.stmt:
        return py.Pass(**self.at(node))

    def define(self, node: ast.Define) -> py.stmt:
        decorators = self.expressions(node.decorators)
        arguments = self.parameters(node.parameters)
        returns = None if node.returns is None else self.hint(node.returns)
        loops, self.loops = self.loops, []
        around = self.functions
        named = (parameter.arg for parameter in py.walk(arguments) if isinstance(parameter, py.arg))
        self.functions = *around, frozenset().union(named, bound_names(node.body))
        outside, self.in_class = self.in_class, False
        around_method, self.in_method = self.in_method, outside
        instances = self.instances
        if outside and node.parameters:
            self.instances = instances | {node.parameters[0].name}
        called, self.called = self.called, False
        waits = any(isinstance(inside, ast.Yield | ast.YieldFrom) for inside in walk(node.body))
        if self.register is not None and not waits:
            self.loops.append(self.functions[-1] | written_items(node.body))
            self.called = True
        text, rest = documented(node.body)
        body = [made for statement in text for made in self.statement(statement)]
        around_free, self.freed = self.freed, self.to_free(node) if outside else None
        opening = self.opening(node)
        body += [*opening, *self.block(with_result(rest) if self.called else rest)]
        self.freed = around_free
        self.functions, self.in_class = around, outside
        self.loops, self.called, self.in_method = loops, called, around_method
        at = self.at(node)
        if any(isinstance(made, py.Name) and made.id == ".sizes" for each in body for made in py.walk(each)):
            # named sizes hold for one call
            scope = py.Name(id=".sizes", ctx=STORE, **at)
            body.insert(len(text), py.Assign(targets=[scope], value=self.helper(".scope", [], at), **at))
        if follows(node.body, self.followed, self.instances):
            self.table.plain.add(decorators[0].lineno if decorators else at["lineno"])
        self.instances = instances
        name = self.bindable(node.name, node)
        return py.FunctionDef(
            name=name, args=arguments, body=body, decorator_list=decorators, returns=returns, **at
        )

    def to_free(self, node: ast.Define) -> str | None:
        """The parameter of a method of which it is found out once whether it is an object of ours."""
        return None

    def opening(self, node: ast.Define) -> list[py.stmt]:
        """What a function does first."""
        return []

    def class_(self, node: ast.Class) -> py.stmt:
        decorators = self.expressions(node.decorators)
        bases, keywords = self.arguments(node.arguments, self.expression)
        loops, self.loops = self.loops, []
        around, self.functions = self.functions, (*self.functions, frozenset(bound_names(node.body)))
        outside, self.in_class = self.in_class, True
        body = self.block(node.body)
        self.functions, self.loops, self.in_class = around, loops, outside
        name = self.bindable(node.name, node)
        return py.ClassDef(
            name=name, bases=bases, keywords=keywords, body=body, decorator_list=decorators, **self.at(node)
        )

    def global_(self, node: ast.Global) -> py.stmt:
        kind = py.Nonlocal if node.nonlocal_ else py.Global
        return kind(names=[self.bindable(name, node) for name in node.names], **self.at(node))

    def raise_(self, node: ast.Raise) -> py.stmt:
        error = None if node.error is None else self.expression(node.error)
        cause = None if node.cause is None else self.expression(node.cause)
        return py.Raise(exc=error, cause=cause, **self.at(node))

    def try_(self, node: ast.Try) -> py.stmt:
        body = self.block(node.body)
        handlers = []
        for handler in node.handlers:
            kind = None if handler.kind is None else self.expression(handler.kind)
            name = None if handler.name is None else self.bindable(handler.name, handler)
            block = self.block(handler.body)
            handlers.append(py.ExceptHandler(type=kind, name=name, body=block, **self.at(handler)))
        kind_of_try = py.TryStar if any(handler.group for handler in node.handlers) else py.Try
        return kind_of_try(
            body=body,
            handlers=handlers,
            orelse=self.block(node.otherwise),
            finalbody=self.block(node.last),
            **self.at(node),
        )

    def match(self, node: ast.Match) -> py.stmt:
        cases = []
        for case in node.cases:
            patterns = Patterns(self)
            pattern = patterns.pattern(case.pattern)
            if patterns.checks:
                cases.append(patterns.before(case))
            guard = None if case.guard is None else self.expression(case.guard)
            cases.append(py.match_case(pattern=pattern, guard=guard, body=self.block(case.body)))
        subject = self.expression(node.subject)
        return py.Match(subject=subject, cases=cases, **self.at(node))

    def return_(self, node: ast.Return) -> py.stmt:
        value = None if node.value is None else self.expression(node.value)
        return py.Return(value=value, **self.at(node))

    def assert_(self, node: ast.Assert) -> py.stmt:
        condition = self.expression(node.condition)
        at = self.at(node.condition)
        message = self.constant(None, at) if node.message is None else self.expression(node.message)
        failed = py.Expr(value=self.helper(".failed", [message], at), **at)
        return py.If(test=py.UnaryOp(op=py.Not(), operand=condition, **at), body=[failed], orelse=[], **at)

    def with_(self, node: ast.With) -> py.stmt:
        items = [
            py.withitem(
                context_expr=self.expression(item.context),
                optional_vars=None if item.target is None else self.target(item.target),
            )
            for item in node.items
        ]
        return py.With(items=items, body=self.block(node.body), **self.at(node))

    def import_module(self, node: ast.ImportModule) -> py.stmt:
        """`import a.b` binds `a`, `import a.b as c` binds what is at the end."""
        at = self.at(ast.Name(node.path_span, node.path), node)
        path = "".join(node.path.split())
        arguments = [
            self.constant(value, at) for value in (path, node.alias is not None, self.table.filename)
        ]
        value = self.helper(".import_module", arguments, at)
        name = node.alias or path.partition(".")[0]
        target = py.Name(id=self.bindable(name, node), ctx=STORE, **at)
        return py.Assign(targets=[target], value=value, **self.at(node))

    def import_names(self, node: ast.ImportNames) -> list[py.stmt]:
        at = self.at(ast.Name(node.path_span, node.path), node)
        path = "".join(node.path.split())
        asked = [self.constant(value, at) for value in (path, node.level, self.table.filename)]
        if not node.names:
            if self.functions:
                raise ParseError("import * only allowed at module level", span=node.span)
            asked.append(self.constant(tuple(sorted(self.table.mentioned)), at))
            return [self.effect(".import_all", asked, node)]
        module = py.Name(id=".module", ctx=STORE, **at)
        made: list[py.stmt] = [
            py.Assign(targets=[module], value=self.helper(".import_from", asked, at), **at)
        ]
        for each in node.names:
            place = self.at(each, node)
            source = py.Name(id=".module", ctx=LOAD, **place)
            value = self.helper(".imported", [source, self.constant(each.name, place)], place)
            target = py.Name(id=self.bindable(each.alias, each), ctx=STORE, **place)
            made.append(py.Assign(targets=[target], value=value, **place))
        return made

    def import_(self, node: ast.Import) -> py.stmt:
        at = self.at(node)
        parts = (node.path, self.table.filename)
        return self.effect(".import", [self.constant(part, at) for part in parts], node)

    def backward(self, node: ast.Backward) -> py.stmt:
        at = self.at(node)
        lists = [
            py.Tuple(elts=self.expressions(nodes), ctx=LOAD, **at) for nodes in (node.roots, node.gradients)
        ]
        flags = [self.constant(flag, at) for flag in (node.retain, node.create)]
        return self.effect(".backward", [*lists, *flags], node)

    def graph(self, node: ast.Graph) -> py.stmt:
        at = self.at(node)
        to = self.constant(None, at) if node.to is None else self.expression(node.to)
        return self.effect(
            ".graph", [self.expression(node.value), to, self.constant(node.gradients, at)], node
        )

    def explain(self, node: ast.Explain) -> py.stmt:
        value, at = self.expression(node.value), self.at(node)
        wrt = py.Tuple(elts=self.expressions(node.wrt), ctx=LOAD, **at)
        texts = self.constant((node.value.span.text, *(each.span.text for each in node.wrt)), at)
        return self.effect(".explain", [value, wrt, texts], node)


def documented(body: ast.Block) -> tuple[tuple[ast.Stmt, ...], ast.Block]:
    """The text at the beginning of a function, where Python looks for it, and what the function does."""
    match body.body:
        case (ast.Display(value=ast.Constant(value=str())) as text, *rest):
            return (text,), ast.Block(body.span, tuple(rest))
    return (), body


def _only(block: ast.Block | None) -> ast.Stmt | None:
    """The one statement of a block."""
    return block.body[0] if block is not None and len(block.body) == 1 else None


def is_command(value: ast.Expr) -> bool:
    """A call made for its effect: an in-place method, `manual_seed`, `xs.pop()`, or one with `out=`."""
    if not isinstance(value, ast.Call):
        return False
    match value.function:
        case ast.Attribute(name=name) | ast.Name(id=name):
            if name in COMMANDS or (name.endswith("_") and not name.startswith("_")):
                return True
    return any(argument.name == "out" for argument in value.arguments)


#: the method that compiles each kind of statement
STATEMENTS: dict[type, str] = {
    ast.Display: "display",
    ast.Assign: "assign",
    ast.Declare: "declare",
    ast.AugAssign: "augassign",
    ast.Delete: "delete",
    ast.If: "if_",
    ast.For: "for_",
    ast.While: "while_",
    ast.Break: "break_",
    ast.Continue: "continue_",
    ast.Pass: "pass_",
    ast.Define: "define",
    ast.Class: "class_",
    ast.Return: "return_",
    ast.Global: "global_",
    ast.Raise: "raise_",
    ast.Try: "try_",
    ast.Match: "match",
    ast.Assert: "assert_",
    ast.With: "with_",
    ast.Import: "import_",
    ast.ImportModule: "import_module",
    ast.ImportNames: "import_names",
    ast.Backward: "backward",
    ast.Graph: "graph",
    ast.Explain: "explain",
    ast.Block: "block",
}
