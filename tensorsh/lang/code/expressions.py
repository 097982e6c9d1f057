"""Expressions of the AST as expressions of Python's `ast`; `codegen` has the idea and the statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ...errors import ParseError
from ...source import Span
from ..syntax import ast
from .hints import as_annotation
from .runs import follows, is_followed
from .table import Table

if TYPE_CHECKING:
    import ast as py
else:
    from . import python_ast as py

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

#: names that no program can spell its way to
HIDDEN = frozenset({"__builtins__", "__import__", "__build_class__", "__loader__", "__spec__"})

#: a left-deep chain of operators beyond this depth is folded by `.chain`, not nested
CHAIN = 60

#: keywords of a call that are written out
KEYWORDS = 500

#: `lambda`s inside each other; Python's compiler takes half a second for these, and time grows with the square
LAMBDAS = 1_000


def too_deep(node: ast.Node) -> ParseError:
    error = ParseError("nested too deeply", span=node.span, help="give parts of it names of their own")
    error.limit = True
    return error


class Expressions:
    """Compiles the expressions of one program."""

    def __init__(self, table: Table):
        self.table = table
        self.forms: dict[type, Callable[[Any], Any]] = {
            kind: getattr(self, method) for kind, method in FORMS.items()
        }
        self.functions: tuple[frozenset[str], ...] = ()  # the names of each `def` that we are inside of
        self.instances: frozenset[str] = frozenset()  # what the methods around us call their objects
        self.lambdas = 0  # how many `lambda`s that we are inside of
        self.in_class = False  # whether we are directly inside a class
        self.in_comprehension = False
        self.freed: str | None = None  # what `Compiler.to_free` says of the method around us
        self.followed: set[int] = set()  # those inside of which a trace sees all, by identity
        self.derivatives = 0  # how many `grad … wrt`s

    # ---------------------------------------------------------------- places

    def at(self, node: ast.Node, whole: ast.Node | None = None) -> dict[str, Any]:
        """The position keyword of the Python nodes made from `node`; `whole`: what Python marks when they fail."""
        nodes = self.table.nodes
        nodes.append(node)
        if whole is not None:
            self.table.wholes[len(nodes)] = whole
        return {"lineno": len(nodes)}

    @staticmethod
    def constant(value: Any, at: dict[str, Any]) -> py.Constant:
        return py.Constant(value=value, **at)

    @staticmethod
    def helper(name: str, arguments: Sequence[py.expr], at: dict[str, Any]) -> py.Call:
        """A call of one of the runtime's entries."""
        return py.Call(func=py.Name(id=name, ctx=LOAD, **at), args=list(arguments), keywords=[], **at)

    def literal(self, helper: str, node: ast.TensorLiteral) -> py.Call:
        at = self.at(node)
        self.table.literals.append(node.values)
        values = self.helper(".values", [self.constant(self.table.filename, at)], at)
        stored: py.expr = py.Subscript(
            value=values, slice=self.constant(len(self.table.literals) - 1, at), ctx=LOAD, **at
        )
        if node.words:  # `[inf, 1]` where a program has given `inf` another meaning
            names = [py.Name(id=word, ctx=LOAD, **at) for word in node.words]
            stored = self.helper(".spelled", [stored, self.constant(node.words, at), *names], at)
        return self.helper(helper, [stored], at)

    # ---------------------------------------------------------------- expressions

    def expression(self, node: ast.Expr) -> py.expr:
        """Where a value is wanted."""
        return self.forms[type(node)](node)

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

    def written(self, node: ast.Constant) -> py.expr:
        return py.Constant(value=node.value, **self.at(node))

    def values(self, node: ast.TensorLiteral) -> py.expr:
        """Numbers in brackets."""
        return self.literal(".literal", node)

    def list_(self, node: ast.ListExpr) -> py.expr:
        return py.List(elts=self.expressions(node.items), ctx=LOAD, **self.at(node))

    def tuple_(self, node: ast.TupleExpr) -> py.expr:
        return py.Tuple(elts=self.expressions(node.items), ctx=LOAD, **self.at(node))

    def set_(self, node: ast.SetExpr) -> py.expr:
        return py.Set(elts=self.expressions(node.items), **self.at(node))

    def starred(self, node: ast.Starred) -> py.expr:
        return py.Starred(value=self.part(node.value), ctx=LOAD, **self.at(node))

    def name(self, node: ast.Name) -> py.expr:
        at = self.at(node)
        if node.id in HIDDEN:
            return self.helper(".undefined", [self.constant(node.id, at)], at)
        return py.Name(id=node.id, ctx=LOAD, **at)

    def walrus(self, node: ast.Walrus) -> py.expr:
        value, target = self.expression(node.value), self.target(node.target)
        assert isinstance(target, py.Name)
        return py.NamedExpr(target=target, value=value, **self.at(node))

    def yield_(self, node: ast.Yield) -> py.expr:
        value = None if node.value is None else self.expression(node.value)
        return py.Yield(value=value, **self.at(node))

    def yield_from(self, node: ast.YieldFrom) -> py.expr:
        return py.YieldFrom(value=self.expression(node.value), **self.at(node))

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
        signs = [node]
        while isinstance(signs[-1].operand, ast.Unary):
            signs.append(signs[-1].operand)
        innermost = signs[-1].operand
        value = self.expression(innermost)
        if isinstance(innermost, ast.ListExpr) and signs[-1].op != "not":
            value = self.helper(".stacked", [value], self.at(signs[-1]))
        if len(signs) > CHAIN:
            at = self.at(node)
            return self.helper(".signs", [self.constant(tuple(sign.op for sign in signs), at), value], at)
        for sign in reversed(signs):
            value = py.UnaryOp(op=UNARY[sign.op](), operand=value, **self.at(sign))
        return value

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

    def call(self, node: ast.Call, more: Sequence[py.keyword] = ()) -> py.expr:
        """`more`: keywords that an annotation adds (see `annotated`)."""
        function, at = self.expression(node.function), self.at(node)
        positional, keywords = self.arguments(node.arguments, self.operand)
        if more:
            function = self.helper(".annotated", [function], at)
        if any(isinstance(argument.value, ast.TensorLiteral) for argument in node.arguments):
            positional.insert(0, function)
            function = py.Name(id=".call", ctx=LOAD, **at)
        return py.Call(func=function, args=positional, keywords=[*keywords, *more], **at)

    def arguments(
        self, written: Sequence[ast.Argument], read: Callable[[ast.Expr], py.expr]
    ) -> tuple[list[py.expr], list[py.keyword]]:
        """The arguments of a call or of a class: those without a name, and those with one."""
        positional, keywords = [], []
        for argument in written:
            value = read(argument.value)
            if argument.name is None:
                positional.append(value)
            else:
                name = None if argument.name == "**" else argument.name
                keywords.append(py.keyword(arg=name, value=value, **self.at(argument)))
        return positional, keywords if len(keywords) <= KEYWORDS else self.gathered(keywords)

    def gathered(self, keywords: list[py.keyword]) -> list[py.keyword]:
        """Many keywords as the dictionaries that they are: Python's compiler holds each against all others."""
        made: list[py.keyword] = []
        for named, group in groupby(keywords, lambda each: each.arg is not None):
            each = list(group)
            if named:
                at = {"lineno": each[0].lineno}
                names: list[py.expr | None] = [self.constant(one.arg, at) for one in each]
                value = py.Dict(keys=names, values=[one.value for one in each], **at)
                each = [py.keyword(arg=None, value=value, **at)]
            made += each
        return made

    def subscript(self, node: ast.Subscript) -> py.expr:
        value, index = self.expression(node.value), self.index(node)
        return py.Subscript(value=value, slice=index, ctx=LOAD, **self.at(node))

    def index(self, node: ast.Subscript) -> py.expr:
        if not node.items:
            raise ParseError(
                "invalid syntax: expected an index between `[` and `]`",
                span=Span(node.span.source, node.span.end - 1, node.span.end),
                help="`x[...]` is all of it",
            )
        items = [self.slice(item) if isinstance(item, ast.Slice) else self.part(item) for item in node.items]
        if len(items) == 1 and not node.trailing_comma and type(node.items[0]) is not ast.Starred:
            return items[0]
        return py.Tuple(elts=items, ctx=LOAD, **self.at(node))

    def slice(self, node: ast.Slice) -> py.expr:
        parts = (node.start, node.stop, node.step)
        lower, upper, step = (None if part is None else self.expression(part) for part in parts)
        return py.Slice(lower=lower, upper=upper, step=step, **self.at(node))

    def lambda_(self, node: ast.Lambda) -> py.expr:
        arguments, at = self.parameters(node.parameters), self.at(node)
        self.lambdas += 1
        if self.lambdas > LAMBDAS:
            raise too_deep(node)
        body = self.expression(node.body)
        self.lambdas -= 1
        if follows(node.body, self.followed):
            self.followed.add(id(node))
            self.table.plain.add(at["lineno"])
        return py.Lambda(args=arguments, body=body, **at)

    def parameters(self, parameters: Sequence[ast.Parameter]) -> py.arguments:
        made = py.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        keyword_only = False
        for parameter in parameters:
            at = self.at(parameter)
            hint = None if parameter.hint is None else self.hint(parameter.hint)
            name = py.arg(arg=self.bindable(parameter.name, parameter), annotation=hint, **at)
            default = None if parameter.default is None else self.expression(parameter.default)
            match parameter.kind:
                case "args":
                    made.vararg, keyword_only = name, True
                case "kwargs":
                    made.kwarg = name
                case "bare":
                    keyword_only = True
                case "slash":
                    made.posonlyargs, made.args = made.args, []
                case _ if keyword_only:
                    made.kwonlyargs.append(name)
                    made.kw_defaults.append(default)
                case _:
                    made.args.append(name)
                    if default is not None:
                        made.defaults.append(default)
        return made

    def hint(self, node: ast.Expr) -> py.expr | None:
        """A type hint, where it means anything."""
        return None

    def comprehension(self, node: ast.Comprehension) -> py.expr:
        outside, self.in_comprehension = self.in_comprehension, True
        made = self.comprehended(node)
        self.in_comprehension = outside
        return made

    def comprehended(self, node: ast.Comprehension) -> py.expr:
        generators = [
            py.comprehension(
                target=self.target(clause.target),
                iter=self.unpacked(clause.iterable, clause.target),
                ifs=self.expressions(clause.conditions),
                is_async=0,
            )
            for clause in node.clauses
        ]
        at = self.at(node)
        if isinstance(node.item, ast.Entry) and node.item.key is not None:
            key, value = self.part(node.item.key), self.expression(node.item.value)
            return py.DictComp(key=key, value=value, generators=generators, **at)
        kind = {"list": py.ListComp, "set": py.SetComp, "generator": py.GeneratorExp}[node.kind]
        return kind(elt=self.expression(node.item), generators=generators, **at)

    def dict_(self, node: ast.DictExpr) -> py.expr:
        keys = [None if entry.key is None else self.part(entry.key) for entry in node.entries]
        values = self.expressions([entry.value for entry in node.entries])
        return py.Dict(keys=keys, values=values, **self.at(node))

    def fstring(self, node: ast.FString) -> py.expr:
        return self.joined(node, [self.replacement(part, node) for part in node.parts])

    def joined(self, node: ast.Node, parts: list[py.expr]) -> py.expr:
        at = self.at(node)
        return self.helper(".join", parts, at)

    def replacement(self, part: ast.Constant | ast.Replacement, whole: ast.FString) -> py.expr:
        if isinstance(part, ast.Constant):
            return self.expression(part)
        value = self.expression(part.value)
        spec = None if part.format is None else self.fstring(part.format)
        at = self.at(part, whole)
        # `{value=}` shows the repr unless a format or a conversion says otherwise
        conversion = part.conversion or ("r" if part.label is not None and spec is None else None)
        arguments = [value, self.constant(conversion, at), spec or self.constant("", at)]
        shown = self.helper(".format", arguments, at)
        if part.label is None:
            return shown
        return self.helper(".join", [self.constant(part.label, at), shown], at)

    def convert(self, node: ast.Convert) -> py.expr:
        return self.annotated(node.value, node.annotation, node, param=False)

    def annotated(self, value: ast.Expr, hint: ast.Hint | None, node: ast.Node, *, param: bool) -> py.expr:
        """`value` with dtype, device and sizes; the dtype reaches into literals and factory calls."""
        annotation = None if hint is None else as_annotation(hint)
        made = self.reached(value, annotation)
        at = self.at(node)
        place = [self.constant(self.table.filename, at), self.constant(at["lineno"], at)]
        sizes = py.Name(id=".sizes", ctx=LOAD, **at)
        return self.helper(".annotate", [made, *place, sizes, self.constant(param, at)], at)

    def reached(self, value: ast.Expr, annotation: ast.Annotation | None) -> py.expr:
        wanted = self.wanted(annotation)
        match value:
            case ast.TensorLiteral():
                made = self.literal(".literal", value)
                made.keywords = wanted
                return made
            case (
                ast.Constant(value=bool() | int() | float() | complex() as number)
                | ast.Unary(op="-", operand=ast.Constant(value=int() | float() | complex() as number))
            ):
                at = self.at(value)
                signed = -number if isinstance(value, ast.Unary) else number
                made = self.helper(".literal", [self.constant(signed, at)], at)
                made.keywords = wanted
                return made
            case ast.Unary(op="-" | "+", operand=operand):
                return py.UnaryOp(
                    op=UNARY[value.op](), operand=self.reached(operand, annotation), **self.at(value)
                )
            case ast.Call() if wanted:
                stated = {argument.name for argument in value.arguments}
                return self.call(
                    value, [more for more in wanted if more.arg not in stated and "**" not in stated]
                )
        return self.expression(value)

    def wanted(self, annotation: ast.Annotation | None) -> list[py.keyword]:
        """An annotation's dtype and device as keywords; what is wrong with one is wrong in its own place."""
        if annotation is None:
            return []
        parts = (
            ("dtype", annotation.dtype, annotation.dtype_span),
            ("device", annotation.device, annotation.device_span),
        )
        made = []
        for keyword, name, span in parts:
            if name is not None and span is not None:
                at = self.at(ast.Name(span, name))
                value = self.helper(f".{keyword}", [self.constant(name, at)], at)
                made.append(py.keyword(arg=keyword, value=value, **at))
        return made

    def grad_of(self, node: ast.GradOf) -> py.expr:
        value, at = self.expression(node.value), self.at(node)
        return self.helper(".grad_of", [value, self.constant(node.value.span.text, at)], at)

    def grad_wrt(self, node: ast.GradWrt) -> py.expr:
        # a derivative inside a derivative must itself be differentiable
        self.derivatives += 1
        value = self.expression(node.value)
        self.derivatives -= 1
        wrt = self.expressions(node.wrt)
        at = self.at(node)
        flags = [self.constant(flag, at) for flag in (node.wrt_many, self.derivatives > 0)]
        return self.helper(".grad_wrt", [value, py.Tuple(elts=wrt, ctx=LOAD, **at), *flags], at)

    # ---------------------------------------------------------------- targets

    def bindable(self, name: str, node: ast.Node) -> str:
        if name in HIDDEN:
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
                fields = self.helper(".fields", [self.set_of(node, self.expression(value))], at)
                return py.Subscript(value=fields, slice=self.constant(name, at), ctx=context, **at)
        raise ParseError("cannot assign to this expression", span=node.span)

    def set_of(self, node: ast.Attribute, value: py.expr) -> py.expr:
        """What an attribute is set of: a trace is told where it may not see it otherwise."""
        if is_followed(node, self.instances):
            return value
        at = self.at(node)
        on = py.Attribute(value=py.Name(id=".tracing", ctx=LOAD, **at), attr="on", ctx=LOAD, **at)
        return py.IfExp(test=on, body=self.helper(".set_of", [value], at), orelse=value, **at)


#: the method that compiles each kind of expression
FORMS: dict[type, str] = {
    ast.Constant: "written",
    ast.TensorLiteral: "values",
    ast.FString: "fstring",
    ast.Name: "name",
    ast.ListExpr: "list_",
    ast.TupleExpr: "tuple_",
    ast.DictExpr: "dict_",
    ast.SetExpr: "set_",
    ast.Starred: "starred",
    ast.Comprehension: "comprehension",
    ast.Unary: "unary",
    ast.Binary: "binary",
    ast.Compare: "compare",
    ast.Logical: "logical",
    ast.Conditional: "conditional",
    ast.Lambda: "lambda_",
    ast.Walrus: "walrus",
    ast.Yield: "yield_",
    ast.YieldFrom: "yield_from",
    ast.Attribute: "attribute",
    ast.Call: "call",
    ast.Subscript: "subscript",
    ast.Slice: "slice",
    ast.Convert: "convert",
    ast.GradOf: "grad_of",
    ast.GradWrt: "grad_wrt",
}
