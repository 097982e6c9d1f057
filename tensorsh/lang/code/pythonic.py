"""PyTorch programs: everything means what it means in Python, so it becomes the Python that was written.

Attributes are read and written as Python does. The exceptions are names that could lead to what no program
may have (`modules.guarded`), which go through `.attr` and `.fields`; and names under which our own objects keep what
is theirs (`private`) or that may be a class's, of which the code looks whether the object is free (`names.faces`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from ...engine.calls.python_functions import methods_in_python
from ...engine.core.device import Device
from ...engine.core.dtype import DType
from ...engine.records.op import Op, registry
from ...engine.values.tensor import Tensor
from ...modules.guarded import is_guarded, is_guarded_write
from ..syntax import ast
from ..syntax.binding import bound_names
from .codegen import Compiler
from .expressions import BINARY, LOAD, STORE, UNARY, Expressions
from .runs import walk

if TYPE_CHECKING:
    import ast as py
else:
    from . import python_ast as py

#: numbers in brackets up to which they are written out; more are copied from where they are kept
WRITTEN_OUT = 256
CONVERSIONS = {None: -1, "s": 115, "r": 114, "a": 97}


@cache
def private() -> frozenset[str]:
    """The names under which objects that a program holds keep what is the engine's."""
    hidden = {"_node"}  # of what a program sees of the graph; it never has a node itself
    for kind in (Tensor, Op, DType, Device):
        public: Any = getattr(kind, "public", ())
        hidden.update(name for name in type.__dir__(kind) if name[:2] != "__" and name not in public)
        hidden.update(getattr(kind, "__annotations__", ()))
    hidden.update(("schema", "kernel", "infer", "body", "check", "promote", "names", "plans", "derivatives"))
    return frozenset(hidden) - SHARED


#: what they have of these is PyTorch's too
SHARED = frozenset({
    "index", "type", "name", "is_complex", "is_floating_point", "is_signed", "itemsize", "next_functions",
    "to_complex", "to_real", "doc", "metadata", "variable",
})  # fmt: skip


@cache
def methods() -> frozenset[str]:
    """The names of tensors' methods that are C in PyTorch."""
    found = {name[7:] for name in registry.index if name.startswith("Tensor.")}
    return frozenset(found - registry.attributes - methods_in_python() | {"item", "tolist", "numpy"})


#: the variable of a function for an object that is asked for its class before it is read
OBJECT = ".object"


#: how names of classes end that begin with a small letter
CLASSES = ("cls", "kls", "klass", "_class", "class_", "_type")


def is_class_name(node: ast.Expr) -> bool:
    """Whether what is written is most likely a class."""
    return isinstance(node, ast.Name) and (node.id[:1].isupper() or node.id.endswith(CLASSES))


class PythonExpressions(Expressions):
    """The expressions of a PyTorch program."""

    def values(self, node: ast.TensorLiteral) -> py.expr:
        """Numbers in brackets are a list."""
        if _count(node.values) > WRITTEN_OUT:
            return self.literal(".list", node)
        at = self.at(node)

        def made(value: Any) -> py.expr:
            if isinstance(value, list):
                return py.List(elts=[made(item) for item in value], ctx=LOAD, **at)
            return py.Constant(value=value, **at)

        return made(node.values)

    def part(self, node: ast.Expr) -> py.expr:
        return self.expression(node)

    def operand(self, node: ast.Expr) -> py.expr:
        return self.expression(node)

    def unpacked(self, node: ast.Expr, target: ast.Expr) -> py.expr:
        return self.expression(node)

    def operator(self, node: ast.Binary, left: ast.Expr, done: py.expr | None) -> py.expr:
        first = self.expression(left) if done is None else done
        return py.BinOp(left=first, op=BINARY[node.op](), right=self.expression(node.right), **self.at(node))

    def unary(self, node: ast.Unary) -> py.expr:
        value = self.expression(node.operand)
        return py.UnaryOp(op=UNARY[node.op](), operand=value, **self.at(node))

    def attribute(self, node: ast.Attribute) -> py.expr:
        found = self.read(node)
        return self.helper(".uncalled", [found], self.at(node)) if node.name in methods() else found

    def read(self, node: ast.Attribute) -> py.expr:
        """An attribute as it is where it is called at once."""
        if is_guarded(node.name):
            return super().attribute(node)
        at = self.at(node)
        value = self.keeping(node.value, at) if node.name in private() else self.expression(node.value)
        return py.Attribute(value=value, attr=node.name, ctx=LOAD, **at)

    def keeping(self, node: ast.Expr, at: dict[str, Any]) -> py.expr:
        """What an attribute belongs to whose name our own objects may keep for themselves."""
        if is_class_name(node):
            return self.looked_up(".own", None, ".keeps", node, at)
        if (
            isinstance(node, ast.Name)
            and node.id == self.freed
            and not (self.in_comprehension or self.lambdas)
        ):
            return py.Name(id=f".{node.id}", ctx=LOAD, **at)
        return self.looked_up(".free", ".type", ".keeps", node, at)

    def changed(self, node: ast.Expr, at: dict[str, Any]) -> py.expr:
        """What an attribute is written to whose name is nobody's; a class may be Python's or ours."""
        if is_class_name(node):
            return self.looked_up(".own", None, ".changes", node, at)
        if isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and not node.name[:1].isupper()):
            return self.expression(node)
        return self.helper(".changes", [self.expression(node)], at)

    def looked_up(
        self, known: str, of: str | None, otherwise: str, node: ast.Expr, at: dict[str, Any]
    ) -> py.expr:
        """`node if of(node) in known else otherwise(node)`, written out where `node` can be named.

        Without `of` only a class is looked for: what has the name of one may be an instance that has no hash, or tells
        when it is asked for it.
        """
        first = again = self.expression(node)
        if not isinstance(node, ast.Name):
            if not self.may_name(node):
                return self.helper(otherwise, [first], at)
            first = py.NamedExpr(target=py.Name(id=OBJECT, ctx=STORE, **at), value=first, **at)
            again = py.Name(id=OBJECT, ctx=LOAD, **at)
        table = py.Name(id=known, ctx=LOAD, **at)
        if of is None:
            kind = py.Name(id=".type", ctx=LOAD, **at)
            of_class = py.Compare(
                left=self.helper(".type", [first], at), ops=[py.Is()], comparators=[kind], **at
            )
            inside = py.Compare(left=again, ops=[py.In()], comparators=[table], **at)
            test: py.expr = py.BoolOp(op=py.And(), values=[of_class, inside], **at)
        else:
            test = py.Compare(left=self.helper(of, [first], at), ops=[py.In()], comparators=[table], **at)
        return py.IfExp(test=test, body=again, orelse=self.helper(otherwise, [again], at), **at)

    def may_name(self, node: ast.Expr) -> bool:
        """Whether what `node` gives may get a name of ours.

        Only in a function, where it is a variable like others, and only an attribute or an item, which another
        object has: what a call gives goes at once if nobody keeps it.
        """
        own = bool(self.functions) and not self.in_class and not self.in_comprehension
        return own and isinstance(node, ast.Attribute | ast.Subscript)

    def call(self, node: ast.Call, more: Sequence[py.keyword] = ()) -> py.expr:
        if more:
            return super().call(node, more)
        called = node.function
        function = self.read(called) if isinstance(called, ast.Attribute) else self.expression(called)
        positional, keywords = self.arguments(node.arguments, self.expression)
        return py.Call(func=function, args=positional, keywords=keywords, **self.at(node))

    def fstring(self, node: ast.FString) -> py.expr:
        return py.JoinedStr(
            values=[each for part in node.parts for each in self.pieces(part, node)], **self.at(node)
        )

    def pieces(self, part: ast.Constant | ast.Replacement, whole: ast.FString) -> list[py.expr]:
        if isinstance(part, ast.Constant):
            return [self.expression(part)]
        value = self.expression(part.value)
        spec = None if part.format is None else self.fstring(part.format)
        at = self.at(part, whole)
        shown: py.expr = py.FormattedValue(
            value=value, conversion=CONVERSIONS[part.conversion], format_spec=spec, **at
        )
        return [shown] if part.label is None else [self.constant(part.label, at), shown]

    def hint(self, node: ast.Expr) -> py.expr | None:
        return self.expression(node)

    def target(self, node: ast.Expr, context: py.expr_context = STORE) -> py.expr:
        match node:
            case ast.Subscript(value=value):
                made, at = self.expression(value), self.at(node)
                return py.Subscript(value=made, slice=self.index(node), ctx=context, **at)
            case ast.Attribute(value=value, name=name) if not is_guarded_write(name) and name != "mro":
                at = self.at(node)
                made = self.keeping(value, at) if name in private() else self.changed(value, at)
                return py.Attribute(value=self.set_of(node, made), attr=name, ctx=context, **at)
        return super().target(node, context)


class PythonStatements(PythonExpressions, Compiler):
    """What of its statements a trace sees as well."""

    def display(self, node: ast.Display) -> py.stmt:
        value = self.expression(node.value)
        if self.functions or node.quiet or self.table.silent:
            return py.Expr(value=value, **self.at(node))
        name = node.value.id if isinstance(node.value, ast.Name) else None
        return self.effect(".display", [value, self.constant(name, self.at(node))], node)

    def to_free(self, node: ast.Define) -> str | None:
        """The object of a method that asks it more than once for a name of ours: each would be a look at its class."""
        if not node.parameters or node.parameters[0].kind != "plain":
            return None
        instance = ast.Name(node.span, node.parameters[0].name)
        name, asked = instance.id, 0
        written = re.findall(
            rf"\b{re.escape(name)}\s*\.\s*(\w+)", node.span.text
        )  # most methods are done with here
        if sum(each in private() for each in written) < 2 or is_class_name(instance):
            return None
        if name in bound_names(node.body):
            return None
        for inside in walk(node.body):
            match inside:
                case ast.Attribute(value=ast.Name(id=found), name=wanted) if found == name:
                    asked += wanted in private()
                case ast.Global(names=names) if name in names:
                    return None
                case ast.Walrus(target=ast.Name(id=found)) if found == name:
                    return None
        return name if asked > 1 else None

    def opening(self, node: ast.Define) -> list[py.stmt]:
        if self.freed is None:
            return []
        at = self.at(node)
        object_ = ast.Name(node.span, self.freed)
        value = self.looked_up(".free", ".type", ".keeps", object_, at)
        return [py.Assign(targets=[py.Name(id=f".{self.freed}", ctx=STORE, **at)], value=value, **at)]

    def declare(self, node: ast.Declare) -> py.stmt:
        """An annotation converts nothing, unless it says `param` or a device."""
        hint = node.annotation
        if node.param or hint is None or hint.value is None or hint.device is not None:
            return super().declare(node)
        return self.annotation(node, hint.value)


#: builtins whose calls may be where rounds without end come from (`modules.endless`), and what they then call
ENDLESS = {"range": ".ranged", "iter": ".asked", "sum": ".summed"}


class PythonCompiler(PythonStatements):
    """Turns the statements of a PyTorch program into Python code objects."""

    def call(self, node: ast.Call, more: Sequence[py.keyword] = ()) -> py.expr:
        made = super().call(node, more)
        called = node.function
        if isinstance(called, ast.Name) and called.id in ENDLESS and isinstance(made, py.Call):
            if not _soon_over(called.id, node.arguments):
                made.args.insert(0, made.func)
                made.func = py.Name(id=ENDLESS[called.id], ctx=LOAD, lineno=made.lineno)
        return made

    def unpacked(self, node: ast.Expr, target: ast.Expr) -> py.expr:
        """The rounds of a loop are Python's, whatever it goes through."""
        if isinstance(node, ast.Call) and isinstance(target, ast.Name):
            return PythonStatements.call(self, node)
        return super().unpacked(node, target)

    def augassign(self, node: ast.AugAssign) -> py.stmt:
        value = self.expression(node.value)
        target: Any = self.target(node.target)
        at = self.at(node)
        return py.AugAssign(target=target, op=BINARY[node.op](), value=value, **at)

    def assert_(self, node: ast.Assert) -> py.stmt:
        condition = self.expression(node.condition)
        message = None if node.message is None else self.expression(node.message)
        return py.Assert(test=condition, msg=message, **self.at(node))


def _soon_over(builtin: str, arguments: Sequence[ast.Argument]) -> bool:
    """Whether a call is seen to be one of few rounds."""
    if builtin == "range":
        return all(isinstance(each.value, ast.Constant) for each in arguments)
    return builtin == "sum" and len(arguments) == 1 and not isinstance(arguments[0].value, ast.Starred)


class WatchedCompiler(PythonStatements):
    """The same for a trace, which has to see what is read of our objects and what is changed."""

    def attribute(self, node: ast.Attribute) -> py.expr:
        return Expressions.attribute(self, node)

    def read(self, node: ast.Attribute) -> py.expr:
        return Expressions.attribute(self, node)

    def target(self, node: ast.Expr, context: py.expr_context = STORE) -> py.expr:
        return Expressions.target(self, node, context)


def _count(values: Any) -> int:
    return sum(map(_count, values)) if isinstance(values, list) else 1
