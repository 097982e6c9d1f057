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

import ast as py
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..errors import ParseError
from . import ast

BINARY = {
    "+": py.Add, "-": py.Sub, "*": py.Mult, "/": py.Div, "//": py.FloorDiv, "%": py.Mod, "**": py.Pow,
    "@": py.MatMult, "&": py.BitAnd, "|": py.BitOr, "^": py.BitXor, "<<": py.LShift, ">>": py.RShift,
}  # fmt: skip
COMPARE = {
    "==": py.Eq, "!=": py.NotEq, "<": py.Lt, "<=": py.LtE, ">": py.Gt, ">=": py.GtE,
    "in": py.In, "not-in": py.NotIn, "is": py.Is, "is-not": py.IsNot,
}  # fmt: skip
UNARY = {"-": py.USub, "+": py.UAdd, "~": py.Invert, "not": py.Not}

LOAD, STORE, DELETE = py.Load(), py.Store(), py.Del()

#: a left-deep chain of operators beyond this depth is folded by `.chain`, not nested
CHAIN = 60

#: calls that are made for their effect: as statements they show nothing
COMMANDS = frozenset({"manual_seed", "append", "pop"})


class Table:
    """What the compiled code of one program refers to: its file name, its nodes, its numeric literals."""

    def __init__(self, filename: str, silent: bool = False):
        self.filename = filename
        self.silent = silent  # bare expressions show nothing, as in a Python script
        self.nodes: list[ast.Node] = []
        self.literals: list[list[Any]] = []

    def node(self, line: int) -> ast.Node | None:
        return self.nodes[line - 1] if 0 < line <= len(self.nodes) else None


def bound_names(statement: ast.Stmt) -> set[str]:
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


class Compiler:
    """Turns the statements of one program into Python code objects."""

    def __init__(self, table: Table):
        self.table = table
        self.functions = 0  # how many `def`s we are inside of

    def compile(self, statement: ast.Stmt) -> Any:
        """The code object of a top-level statement; ParseError for what Python's compiler refuses."""
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

    # ---------------------------------------------------------------- places

    def at(self, node: ast.Node) -> dict[str, int]:
        """The position keywords of the Python nodes made from `node`."""
        self.table.nodes.append(node)
        line = len(self.table.nodes)
        return {"lineno": line, "end_lineno": line, "col_offset": 0, "end_col_offset": 0}

    @staticmethod
    def constant(value: Any, at: dict[str, int]) -> py.Constant:
        return py.Constant(value=value, **at)

    @staticmethod
    def helper(name: str, arguments: Sequence[py.expr], at: dict[str, int]) -> py.Call:
        """A call of one of the runtime's entries."""
        return py.Call(func=py.Name(id=name, ctx=LOAD, **at), args=list(arguments), keywords=[], **at)

    def literal(self, helper: str, node: ast.TensorLiteral, *more: Any) -> py.expr:
        at = self.at(node)
        self.table.literals.append(node.values)
        values = self.helper(".values", [self.constant(self.table.filename, at)], at)
        stored = py.Subscript(
            value=values, slice=self.constant(len(self.table.literals) - 1, at), ctx=LOAD, **at
        )
        return self.helper(helper, [stored, *(self.constant(m, at) for m in more)], at)

    # ---------------------------------------------------------------- expressions

    def expression(self, node: ast.Expr) -> py.expr:
        """Where a value is wanted."""
        return EXPRESSIONS[type(node)](self, node)

    def expressions(self, nodes: Iterable[ast.Expr]) -> list[py.expr]:
        return [self.expression(node) for node in nodes]

    def part(self, node: ast.Expr) -> py.expr:
        """Where the receiver takes lists apart itself (an index, a list inside an argument)."""
        match node:
            case ast.TensorLiteral():
                return self.literal(".list", node)
            case ast.ListExpr(items=items):
                return py.List(elts=[self.part(item) for item in items], ctx=LOAD, **self.at(node))
            case ast.TupleExpr(items=items):
                return py.Tuple(elts=[self.part(item) for item in items], ctx=LOAD, **self.at(node))
        return self.expression(node)

    def operand(self, node: ast.Expr) -> py.expr:
        """Beside an operator that lists have too, or as an argument: the other side decides."""
        return self.literal(".numbers", node) if isinstance(node, ast.TensorLiteral) else self.part(node)

    def unpacked(self, node: ast.Expr, target: ast.Expr) -> py.expr:
        """What a loop runs over or a tuple unpacks: written brackets are taken apart as a list."""
        if not isinstance(node, ast.TensorLiteral):
            return self.part(node)
        rows = bool(node.values) and isinstance(node.values[0], list)
        return self.literal(".rows" if rows and isinstance(target, ast.Name) else ".list", node)

    def name(self, node: ast.Name) -> py.expr:
        at = self.at(node)
        if node.id.startswith("__"):
            return self.helper(".undefined", [self.constant(node.id, at)], at)
        return py.Name(id=node.id, ctx=LOAD, **at)

    def binary(self, node: ast.Binary) -> py.expr:
        spine = [node]
        while isinstance(spine[-1].left, ast.Binary):
            spine.append(spine[-1].left)
        if len(spine) > CHAIN:
            return self.chain(spine)
        left = spine[-1].left
        value: py.expr | None = None
        for link in reversed(spine):
            value = self.operator(link, left, value)
        assert value is not None
        return value

    def operator(self, node: ast.Binary, left: ast.Expr, done: py.expr | None) -> py.expr:
        """One operator; `done` is its left side where that is compiled already."""
        right, op = node.right, node.op
        listed = isinstance(left, ast.ListExpr) and done is None
        if listed != isinstance(right, ast.ListExpr):
            first = self.operand(left) if done is None else done
            at = self.at(node)
            return self.helper(".list_operator", [self.constant(op, at), first, self.operand(right)], at)
        side = self.operand if op == "+" else self.expression
        first, second = side(left) if done is None else done, side(right)
        return py.BinOp(left=first, op=BINARY[op](), right=second, **self.at(node))

    def chain(self, spine: list[ast.Binary]) -> py.expr:
        """`a + b - c …`, thousands of links long: all operands first, then folded from the left."""
        spine.reverse()
        operands = [self.operand(spine[0].left), *(self.operand(link.right) for link in spine)]
        first = len(self.table.nodes) + 1
        for link in spine:
            at = self.at(link)
        operators = self.constant(tuple(link.op for link in spine), at)
        place = py.Tuple(elts=[self.constant(v, at) for v in (self.table.filename, first)], ctx=LOAD, **at)
        return self.helper(".chain", [place, operators, py.List(elts=operands, ctx=LOAD, **at)], at)

    def unary(self, node: ast.Unary) -> py.expr:
        operand = self.expression(node.operand)
        at = self.at(node)
        if isinstance(node.operand, ast.ListExpr) and node.op != "not":
            operand = self.helper(".stacked", [operand], at)
        return py.UnaryOp(op=UNARY[node.op](), operand=operand, **at)

    def compare(self, node: ast.Compare) -> py.expr:
        operands = [self.operand(operand) for operand in node.operands]
        for i, op in enumerate(node.ops):
            right = node.operands[i + 1]
            if op in ("in", "not-in") and isinstance(right, ast.TensorLiteral):
                operands[i + 1] = self.literal(".list", right)
        at = self.at(node)
        return py.Compare(
            left=operands[0], ops=[COMPARE[op]() for op in node.ops], comparators=operands[1:], **at
        )

    def logical(self, node: ast.Logical) -> py.expr:
        op = py.And() if node.op == "and" else py.Or()
        return py.BoolOp(op=op, values=self.expressions(node.operands), **self.at(node))

    def conditional(self, node: ast.Conditional) -> py.expr:
        condition, then = self.expression(node.condition), self.expression(node.then)
        return py.IfExp(test=condition, body=then, orelse=self.expression(node.otherwise), **self.at(node))

    def attribute(self, node: ast.Attribute) -> py.expr:
        value, at = self.expression(node.value), self.at(node)
        return self.helper(".attr", [value, self.constant(node.name, at)], at)

    def call(self, node: ast.Call, **more: py.expr) -> py.expr:
        """`more`: keywords that an annotation adds (see `annotated`)."""
        function = self.expression(node.function)
        positional, keywords, numbers = [], [], False
        for argument in node.arguments:
            numbers = numbers or isinstance(argument.value, ast.TensorLiteral)
            if argument.name is None:
                positional.append(self.operand(argument.value))
            else:
                name = None if argument.name == "**" else argument.name
                value = self.operand(argument.value)
                keywords.append(py.keyword(arg=name, value=value, **self.at(argument)))
        at = self.at(node)
        keywords += [py.keyword(arg=name, value=value, **at) for name, value in more.items()]
        if more:
            function = self.helper(".annotated", [function], at)
        if numbers:
            positional.insert(0, function)
            function = py.Name(id=".call", ctx=LOAD, **at)
        return py.Call(func=function, args=positional, keywords=keywords, **at)

    def subscript(self, node: ast.Subscript) -> py.expr:
        value, index = self.expression(node.value), self.index(node)
        return py.Subscript(value=value, slice=index, ctx=LOAD, **self.at(node))

    def index(self, node: ast.Subscript) -> py.expr:
        items = [self.slice(item) if isinstance(item, ast.Slice) else self.part(item) for item in node.items]
        if len(items) == 1 and not node.trailing_comma:
            return items[0]
        return py.Tuple(elts=items, ctx=LOAD, **self.at(node))

    def slice(self, node: ast.Slice) -> py.expr:
        lower, upper, step = (part and self.expression(part) for part in (node.start, node.stop, node.step))
        return py.Slice(lower=lower, upper=upper, step=step, **self.at(node))

    def lambda_(self, node: ast.Lambda) -> py.expr:
        arguments = self.parameters(node.parameters)
        return py.Lambda(args=arguments, body=self.expression(node.body), **self.at(node))

    def parameters(self, parameters: Sequence[ast.Parameter]) -> py.arguments:
        made = py.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        keyword_only = False
        for parameter in parameters:
            at = self.at(parameter)
            name = py.arg(arg=self.bindable(parameter.name, parameter), **at)
            default = None if parameter.default is None else self.expression(parameter.default)
            match parameter.kind:
                case "args":
                    made.vararg, keyword_only = name, True
                case "kwargs":
                    made.kwarg = name
                case "bare":
                    keyword_only = True
                case _ if keyword_only:
                    made.kwonlyargs.append(name)
                    made.kw_defaults.append(default)
                case _:
                    if default is None and made.defaults:
                        raise ParseError("non-default argument follows default argument", span=parameter.span)
                    made.args.append(name)
                    if default is not None:
                        made.defaults.append(default)
        return made

    def comprehension(self, node: ast.Comprehension) -> py.expr:
        generators = [
            py.comprehension(
                target=self.target(clause.target),
                iter=self.unpacked(clause.iterable, clause.target),
                ifs=self.expressions(clause.conditions),
                is_async=0,
            )
            for clause in node.clauses
        ]
        kind = py.ListComp if node.kind == "list" else py.GeneratorExp
        return kind(elt=self.expression(node.item), generators=generators, **self.at(node))

    def fstring(self, node: ast.FString) -> py.expr:
        return self.joined(node, [self.replacement(part) for part in node.parts])

    def joined(self, node: ast.Node, parts: list[py.expr]) -> py.expr:
        at = self.at(node)
        return self.helper(".join", parts, at)

    def replacement(self, part: ast.Constant | ast.Replacement) -> py.expr:
        if isinstance(part, ast.Constant):
            return self.expression(part)
        value = self.expression(part.value)
        spec = None if part.format is None else self.fstring(part.format)
        at = self.at(part)
        # `{value=}` shows the repr unless a format or a conversion says otherwise
        conversion = part.conversion or ("r" if part.label is not None and spec is None else None)
        arguments = [value, self.constant(conversion, at), spec or self.constant("", at)]
        shown = self.helper(".format", arguments, at)
        if part.label is None:
            return shown
        return self.helper(".join", [self.constant(part.label, at), shown], at)

    def convert(self, node: ast.Convert) -> py.expr:
        return self.annotated(node.value, node.annotation, node, param=False)

    def annotated(
        self, value: ast.Expr, annotation: ast.Annotation | None, node: ast.Node, *, param: bool
    ) -> py.expr:
        """`value` with dtype, device and sizes; the dtype reaches into literals and factory calls."""
        made = self.reached(value, annotation)
        at = self.at(node)
        place = [self.constant(self.table.filename, at), self.constant(at["lineno"], at)]
        sizes = py.Name(id=".sizes", ctx=LOAD, **at)
        return self.helper(".annotate", [made, *place, sizes, self.constant(param, at)], at)

    def reached(self, value: ast.Expr, annotation: ast.Annotation | None) -> py.expr:
        dtype = annotation.dtype if annotation else None
        device = annotation.device if annotation else None
        match value:
            case ast.TensorLiteral():
                return self.literal(".literal", value, dtype, device)
            case ast.Constant(value=bool() | int() | float() | complex()):
                at = self.at(value)
                parts = (value.value, dtype, device)
                return self.helper(".literal", [self.constant(part, at) for part in parts], at)
            case ast.Unary(op="-" | "+", operand=operand):
                return py.UnaryOp(
                    op=UNARY[value.op](), operand=self.reached(operand, annotation), **self.at(value)
                )
            case ast.Call() if dtype or device:
                at = self.at(value)
                wanted = {"dtype": dtype, "device": device}
                stated = {argument.name for argument in value.arguments}
                return self.call(value, **{
                    name: self.constant(text, at) for name, text in wanted.items()
                    if text is not None and name not in stated and "**" not in stated
                })  # fmt: skip
        return self.expression(value)

    def grad_of(self, node: ast.GradOf) -> py.expr:
        value, at = self.expression(node.value), self.at(node)
        return self.helper(".grad_of", [value, self.constant(node.value.span.text, at)], at)

    def grad_wrt(self, node: ast.GradWrt) -> py.expr:
        value, wrt = self.expression(node.value), self.expressions(node.wrt)
        at = self.at(node)
        many = self.constant(node.wrt_many, at)
        return self.helper(".grad_wrt", [value, py.Tuple(elts=wrt, ctx=LOAD, **at), many], at)

    # ---------------------------------------------------------------- targets

    def bindable(self, name: str, node: ast.Node) -> str:
        if name.startswith("__"):
            raise ParseError("names that begin with two underscores are reserved", span=node.span)
        return name

    def target(self, node: ast.Expr, context: py.expr_context = STORE) -> py.expr:
        """What is assigned to; lists and attributes go through the runtime, which can undo it."""
        at = self.at(node)
        match node:
            case ast.Name(id=name):
                return py.Name(id=self.bindable(name, node), ctx=context, **at)
            case ast.TupleExpr(items=items) | ast.ListExpr(items=items):
                return py.Tuple(elts=[self.target(item, context) for item in items], ctx=context, **at)
            case ast.Starred(value=value):
                return py.Starred(value=self.target(value, context), ctx=context, **at)
            case ast.Subscript(value=value):
                slot = self.helper(".slot", [self.expression(value)], at)
                return py.Subscript(value=slot, slice=self.index(node), ctx=context, **at)
            case ast.Attribute(value=value, name=name):
                fields = self.helper(".fields", [self.expression(value)], at)
                return py.Subscript(value=fields, slice=self.constant(name, at), ctx=context, **at)
        raise ParseError("cannot assign to this expression", span=node.span)

    # ---------------------------------------------------------------- statements

    def statement(self, node: ast.Stmt) -> Iterable[py.stmt]:
        made = STATEMENTS[type(node)](self, node)
        return made if isinstance(made, list) else [made]

    def block(self, node: ast.Block | None) -> list[py.stmt]:
        return [made for statement in node.body for made in self.statement(statement)] if node else []

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

    def augassign(self, node: ast.AugAssign) -> py.stmt:
        value, op = self.operand(node.value), node.op
        target = self.target(node.target)
        at = self.at(node)
        if (
            op in ("+", "*")
            and isinstance(node.target, ast.Name)
            and not isinstance(node.value, ast.Constant)
        ):
            # a list changes in place here, and must be able to change back
            kept = self.helper(".growing", [py.Name(id=node.target.id, ctx=LOAD, **at)], at)
            return [
                py.Expr(value=kept, **at),
                py.AugAssign(target=target, op=BINARY[op](), value=value, **at),
            ]
        return py.AugAssign(target=target, op=BINARY[op](), value=value, **at)

    def delete(self, node: ast.Delete) -> py.stmt:
        return py.Delete(targets=[self.target(target, DELETE) for target in node.targets], **self.at(node))

    def if_(self, node: ast.If) -> py.stmt:
        condition = self.expression(node.condition)
        return py.If(
            test=condition, body=self.block(node.then), orelse=self.block(node.otherwise), **self.at(node)
        )

    def for_(self, node: ast.For) -> py.stmt:
        iterable = self.unpacked(node.iterable, node.target)
        target, body = self.target(node.target), self.block(node.body)
        return py.For(
            target=target, iter=iterable, body=body, orelse=self.block(node.otherwise), **self.at(node)
        )

    def while_(self, node: ast.While) -> py.stmt:
        condition = self.expression(node.condition)
        body, otherwise = self.block(node.body), self.block(node.otherwise)
        return py.While(test=condition, body=body, orelse=otherwise, **self.at(node))

    def define(self, node: ast.Define) -> py.stmt:
        arguments = self.parameters(node.parameters)
        self.functions += 1
        body = self.block(node.body)
        self.functions -= 1
        at = self.at(node)
        if any(isinstance(made, py.Name) and made.id == ".sizes" for each in body for made in py.walk(each)):
            # named sizes hold for one call
            scope = py.Name(id=".sizes", ctx=STORE, **at)
            body.insert(0, py.Assign(targets=[scope], value=self.helper(".scope", [], at), **at))
        return py.FunctionDef(
            name=self.bindable(node.name, node),
            args=arguments,
            body=body,
            decorator_list=[],
            type_params=[],
            **at,
        )

    def return_(self, node: ast.Return) -> py.stmt:
        return py.Return(value=node.value and self.expression(node.value), **self.at(node))

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
        text = self.constant(node.value.span.text, self.at(node))
        return self.effect(".graph", [self.expression(node.value), text], node)

    def explain(self, node: ast.Explain) -> py.stmt:
        value, at = self.expression(node.value), self.at(node)
        wrt = py.Tuple(elts=self.expressions(node.wrt), ctx=LOAD, **at)
        texts = self.constant((node.value.span.text, *(each.span.text for each in node.wrt)), at)
        return self.effect(".explain", [value, wrt, texts], node)


def is_command(value: ast.Expr) -> bool:
    """A call made for its effect: an in-place method, `manual_seed`, `xs.pop()`, or one with `out=`."""
    if not isinstance(value, ast.Call):
        return False
    match value.function:
        case ast.Attribute(name=name) | ast.Name(id=name):
            if name in COMMANDS or (name.endswith("_") and not name.startswith("_")):
                return True
    return any(argument.name == "out" for argument in value.arguments)


def _starred(self: Compiler, node: ast.Starred) -> py.expr:
    return py.Starred(value=self.part(node.value), ctx=LOAD, **self.at(node))


EXPRESSIONS: dict[type, Callable[[Compiler, Any], py.expr]] = {
    ast.Constant: lambda self, node: self.constant(node.value, self.at(node)),
    ast.TensorLiteral: lambda self, node: self.literal(".literal", node),
    ast.FString: Compiler.fstring,
    ast.Name: Compiler.name,
    ast.ListExpr: lambda self, node: py.List(elts=self.expressions(node.items), ctx=LOAD, **self.at(node)),
    ast.TupleExpr: lambda self, node: py.Tuple(elts=self.expressions(node.items), ctx=LOAD, **self.at(node)),
    ast.Starred: _starred,
    ast.Comprehension: Compiler.comprehension,
    ast.Unary: Compiler.unary,
    ast.Binary: Compiler.binary,
    ast.Compare: Compiler.compare,
    ast.Logical: Compiler.logical,
    ast.Conditional: Compiler.conditional,
    ast.Lambda: Compiler.lambda_,
    ast.Attribute: Compiler.attribute,
    ast.Call: Compiler.call,
    ast.Subscript: Compiler.subscript,
    ast.Slice: Compiler.slice,
    ast.Convert: Compiler.convert,
    ast.GradOf: Compiler.grad_of,
    ast.GradWrt: Compiler.grad_wrt,
}

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
