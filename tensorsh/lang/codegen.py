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

from ..errors import ParseError
from . import ast
from .expressions import BINARY, DELETE, LOAD, STORE, Expressions, Table
from .runs import runs, target_names, worthwhile, written_items

if TYPE_CHECKING:
    import ast as py
else:
    from . import python_ast as py

#: calls that are made for their effect: as statements they show nothing
COMMANDS = frozenset({"manual_seed", "append", "pop"})


def bound_names(statement: ast.Stmt | ast.Block) -> set[str]:
    """The session variables that running a top-level statement can bind or delete."""
    names: set[str] = set()
    work: list[Any] = [statement]
    while work:
        match work.pop():
            case ast.Assign(targets=targets):
                work.extend(targets)
            case ast.AugAssign(target=target):
                work.append(target)
            case ast.Delete(targets=targets):
                work.extend(targets)
            case ast.Declare(name=name) | ast.Define(name=name) | ast.Name(id=name):
                names.add(name)
            case ast.TupleExpr(items=items) | ast.ListExpr(items=items):
                work.extend(items)
            case ast.Starred(value=value):
                work.append(value)
            case ast.If(then=then, otherwise=otherwise):
                work += then, otherwise
            case ast.For(target=target, body=body, otherwise=otherwise):
                work += target, body, otherwise
            case ast.While(body=body, otherwise=otherwise):
                work += body, otherwise
            case ast.With(items=items, body=body):
                work.extend(item.target for item in items)
                work.append(body)
            case ast.Block(body=statements):
                work.extend(statements)
    return names


#: makes a segment of (compiler, statements, names each binds, names the loops bind, inside a function)
Register = Callable[["Compiler", list[ast.Stmt], list[frozenset[str]], frozenset[str], bool], str]

#: what is called before an operator may change a list, dictionary or set in place, so that it can change back
IN_PLACE = {"+": ".growing", **dict.fromkeys("*|&^-", ".changing")}
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
        self.loops: list[frozenset[str]] = []  # the names and items that each loop we are inside of sets
        self.inner = 0  # how many runs we are inside of

    def compile(self, statement: ast.Stmt) -> Any:
        """The code object of a top-level statement; ParseError for what Python's compiler refuses."""
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, DEPTH))
        try:
            module = py.Module(body=list(self.statement(statement)), type_ignores=[])
            return compile(module, self.table.filename, "exec", dont_inherit=True)
        except SyntaxError as error:
            guilty = self.table.node(error.lineno or 0) or statement
            raise ParseError(error.msg, span=guilty.span) from None
        except (RecursionError, MemoryError):
            raise ParseError(
                "nested too deeply", span=statement.span, help="give parts of it names of their own"
            ) from None
        finally:
            sys.setrecursionlimit(limit)

    def statement(self, node: ast.Stmt) -> Iterable[py.stmt]:
        made = STATEMENTS[type(node)](self, node)
        return made if isinstance(made, list) else [made]

    def block(self, node: ast.Block | None) -> list[py.stmt]:
        if node is None:
            return []
        if not self.loops or self.register is None:
            return [made for statement in node.body for made in self.statement(statement)]
        made: list[py.stmt] = []
        for run in runs(node.body, inside=bool(self.functions)):
            tried = worthwhile(run)
            self.inner += tried
            plain = [list(self.statement(statement)) for statement in run]
            self.inner -= tried
            made += self.segment(run, plain) if tried else chain.from_iterable(plain)
        return made

    def repeated(self, node: ast.Block, *targets: ast.Stmt | ast.Expr) -> list[py.stmt]:
        """The body of a loop: what it does again and again may be replayed (`segments.Segment`)."""
        bound = frozenset().union(bound_names(node), *map(target_names, targets))
        self.loops.append(bound | written_items(node))
        body = self.block(node)
        self.loops.pop()
        return body

    def segment(self, run: list[ast.Stmt], plain: list[list[py.stmt]]) -> list[py.stmt]:
        """Statements that the segment is asked to do first: `.p = go(0)`, `if .p < 1: …`, and so on."""
        assert self.register is not None
        inside = bool(self.functions)
        bound = [frozenset(bound_names(statement)) for statement in run]
        name = self.register(self, run, bound, frozenset().union(*self.loops), inside)
        at: dict[str, Any] = {"lineno": NOWHERE}

        def load(id: str) -> py.expr:
            return py.Name(id=id, ctx=LOAD, **at)

        def go(i: int) -> list[py.stmt]:
            arguments: list[py.expr] = [py.Constant(value=i, **at)]
            made: list[py.stmt] = []
            if inside:
                names = py.Call(func=load(".locals"), args=[], keywords=[], **at)
                made.append(py.Assign(targets=[py.Name(id=".names", ctx=STORE, **at)], value=names, **at))
                arguments.append(load(".names"))
            call = py.Call(func=load(name), args=arguments, keywords=[], **at)
            return [*made, py.Assign(targets=[py.Name(id=".p", ctx=STORE, **at)], value=call, **at)]

        def fetched(name: str) -> py.stmt:
            value = py.Subscript(value=load(".names"), slice=py.Constant(value=name, **at), ctx=LOAD, **at)
            return py.Assign(targets=[py.Name(id=name, ctx=STORE, **at)], value=value, **at)

        made = go(0)
        for i, statements in enumerate(plain):
            test = py.Compare(left=load(".p"), ops=[py.LtE()], comparators=[py.Constant(value=i, **at)], **at)
            more = go(i + 1) if i + 1 < len(plain) else []
            done = [fetched(name) for name in sorted(bound[i])] if inside else []
            made.append(py.If(test=test, body=[*statements, *more], orelse=done, **at))
        return made

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
        value = self.annotated(node.value, node.annotation, node, param=node.param)
        target = py.Name(id=self.bindable(node.name, node), ctx=STORE, **self.at(node))
        return py.Assign(targets=[target], value=value, **self.at(node))

    def augassign(self, node: ast.AugAssign) -> py.stmt | list[py.stmt]:
        value, op = self.operand(node.value), node.op
        target: Any = self.target(node.target)
        at = self.at(node)
        constant = type(node.value.value) if isinstance(node.value, ast.Constant) else None
        changing = IN_PLACE.get(op)
        if op == "-" and isinstance(node.value, ast.Binary) and node.value.op in ARITHMETIC:
            changing = None  # `w -= lr * g`
        if changing and isinstance(node.target, ast.Name) and constant in (None, BESIDE.get(op)):
            kept = self.helper(changing, [py.Name(id=node.target.id, ctx=LOAD, **at)], at)
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

    def define(self, node: ast.Define) -> py.stmt:
        arguments = self.parameters(node.parameters)
        loops, self.loops = self.loops, []
        around = self.functions
        named = (parameter.arg for parameter in py.walk(arguments) if isinstance(parameter, py.arg))
        self.functions = *around, frozenset().union(named, bound_names(node.body))
        body = self.block(node.body)
        self.functions = around
        self.loops = loops
        at = self.at(node)
        if any(isinstance(made, py.Name) and made.id == ".sizes" for each in body for made in py.walk(each)):
            # named sizes hold for one call
            scope = py.Name(id=".sizes", ctx=STORE, **at)
            body.insert(0, py.Assign(targets=[scope], value=self.helper(".scope", [], at), **at))
        name = self.bindable(node.name, node)
        return py.FunctionDef(name=name, args=arguments, body=body, decorator_list=[], **at)

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
        return self.effect(".graph", [self.expression(node.value)], node)

    def explain(self, node: ast.Explain) -> py.stmt:
        value, at = self.expression(node.value), self.at(node)
        wrt = py.Tuple(elts=self.expressions(node.wrt), ctx=LOAD, **at)
        texts = self.constant((node.value.span.text, *(each.span.text for each in node.wrt)), at)
        return self.effect(".explain", [value, wrt, texts], node)


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


STATEMENTS: dict[type, Callable[[Compiler, Any], py.stmt | list[py.stmt]]] = {
    ast.Display: Compiler.display,
    ast.Assign: Compiler.assign,
    ast.Declare: Compiler.declare,
    ast.AugAssign: Compiler.augassign,
    ast.Delete: Compiler.delete,
    ast.If: Compiler.if_,
    ast.For: Compiler.for_,
    ast.While: Compiler.while_,
    ast.Break: lambda self, node: py.Break(**self.at(node)),
    ast.Continue: lambda self, node: py.Continue(**self.at(node)),
    ast.Pass: lambda self, node: py.Pass(**self.at(node)),
    ast.Define: Compiler.define,
    ast.Return: Compiler.return_,
    ast.Assert: Compiler.assert_,
    ast.With: Compiler.with_,
    ast.Import: Compiler.import_,
    ast.Backward: Compiler.backward,
    ast.Graph: Compiler.graph,
    ast.Explain: Compiler.explain,
    ast.Block: Compiler.block,
}
