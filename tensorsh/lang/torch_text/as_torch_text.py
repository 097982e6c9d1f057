"""The edits that make one text of tensorsh one of PyTorch's: see `as_torch`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ...source import Source
from ..code.codegen import is_command
from ..code.hints import as_annotation
from ..code.runs import walk
from ..names.host import ELEMENTWISE, Dual
from ..run.annotate import dtype_named
from ..syntax import ast
from ..syntax.binding import bound_names
from .as_torch_definitions import OPTIMIZERS
from .as_torch_kinds import Kinds, root_of, takes_tensor

if TYPE_CHECKING:
    from .as_torch import Translation

WORDS = re.compile(r"#[^\n]*|\b(true|false|inf|nan|pi)\b")
#: keywords that Python has where both it and PyTorch have a function
PYTHONS = frozenset(("start", "key", "default", "ndigits"))
Edit = tuple[int, int, str]


class Text(Kinds):
    """The edits of one text."""

    def __init__(self, whole: Translation, source: Source, pythonic: bool, kept: str, shown: bool):
        super().__init__(whole, pythonic)
        self.source = source
        self.kept = kept  # the name under which later texts find what this one shows
        self.shown = shown  # whether it shows anything
        self.edits: list[Edit] = []
        self.depth = 0  # how many loops and branches we are inside of
        self.derivatives = 0  # how many `grad … wrt` we are inside of
        self.forms: dict[type, Callable[[Any], None]] = {
            ast.TensorLiteral: self.literal, ast.Name: self.name, ast.Call: self.call, ast.Binary: self.binary,
            ast.Compare: self.compare, ast.Subscript: self.subscript, ast.For: self.for_, ast.ForClause: self.clause,
            ast.Assign: self.assign, ast.Declare: self.declare, ast.Convert: self.convert, ast.GradOf: self.grad_of,
            ast.GradWrt: self.grad_wrt, ast.Display: self.display, ast.Backward: self.backward, ast.Graph: self.note,
            ast.Explain: self.note, ast.Define: self.define, ast.Lambda: self.lambda_, ast.Entry: self.entry,
            ast.Import: self.import_, ast.Attribute: self.attribute, ast.Comprehension: self.comprehension,
            ast.AugAssign: self.augmented, ast.If: self.branch, ast.While: self.branch, ast.Try: self.branch,
            ast.Match: self.branch,
        }  # fmt: skip

    def run(self, body: Iterable[ast.Stmt]) -> str:
        for statement in body:
            self.visit(statement)
        text, at, made = self.source.text, 0, []
        order = sorted(enumerate(self.edits), key=lambda each: (each[1][0], each[1][1], each[0]))
        for _, (start, end, new) in order:
            made += [text[at:start], new]
            at = max(at, end)
        return "".join([*made, text[at:]])

    # -- editing

    def put(self, at: int, text: str) -> None:
        self.edits.append((at, at, text))

    def replace(self, start: int, end: int, text: str) -> None:
        self.edits.append((start, end, text))

    def around(self, node: ast.Node, before: str, after: str) -> None:
        """Put something around a piece; pieces inside are visited between the two calls of this."""
        self.put(node.span.start, before)
        self.visit(node)
        self.put(node.span.end, after)

    def visit(self, node: Any) -> None:
        if isinstance(node, tuple):
            for each in node:
                self.visit(each)
        elif isinstance(node, ast.Node):
            form = self.forms.get(type(node))
            if form is not None:
                form(node)
            else:
                self.inside(node)

    def inside(self, node: ast.Node) -> None:
        fields: tuple[str, ...] = node.__match_args__[1:]
        for field in fields:
            self.visit(getattr(node, field))

    # -- brackets and names

    def literal(self, node: ast.TensorLiteral, options: str = "") -> None:
        if self.pythonic:
            return self.listed(node)
        self.put(node.span.start, "torch.tensor(")
        self.listed(node)
        self.put(node.span.end, f"{options})")

    def listed(self, node: ast.TensorLiteral) -> None:
        """The same brackets as a list."""
        for found in WORDS.finditer(self.source.text, node.span.start, node.span.end):
            if found[1] and self.free(found[1]):
                self.replace(found.start(), found.end(), self.whole.spelled(found[1], 0))

    def part(self, node: Any) -> None:
        """Where the receiver takes brackets apart itself."""
        match node:
            case ast.TensorLiteral():
                self.listed(node)
            case ast.ListExpr(items=items) | ast.TupleExpr(items=items):
                for item in items:
                    self.part(item)
            case ast.Starred(value=value):
                self.part(value)
            case _:
                self.visit(node)

    def unpacked(self, node: ast.Expr, target: ast.Expr) -> None:
        """What a loop runs over: numbers one by one, rows as tensors."""
        rows = isinstance(node, ast.TensorLiteral) and node.values and isinstance(node.values[0], list)
        if rows and isinstance(target, ast.Name):
            self.visit(node)
        else:
            self.part(node)

    def name(self, node: ast.Name) -> None:
        if self.free(node.id):
            spelled = self.whole.spelled(node.id, node.span.position[0])
            if spelled != node.id:
                self.replace(node.span.start, node.span.end, spelled)

    # -- expressions

    def call(self, node: ast.Call) -> None:
        function = node.function
        op = self.operation(function)
        if self.is_dual(function):
            op = self.dual(function, node)
        else:
            self.visit(function)
        own = op is None and not (
            isinstance(function, ast.Attribute) or self.whole.builtin(root_of(function)) is not None
        )
        method = isinstance(function, ast.Attribute) and not self.is_namespace(function)
        optimizer = isinstance(function, ast.Name) and function.id in OPTIMIZERS and self.free(function.id)
        for i, argument in enumerate(node.arguments):
            value = argument.value
            if optimizer and i == 0 and self.kind(value) == "tensor":
                self.around(value, "[", "]")
                continue
            if isinstance(value, ast.TensorLiteral | ast.ListExpr | ast.TupleExpr):
                takes = takes_tensor(op, i + method, argument.name) if op is not None else own
                if takes == "list" and isinstance(value, ast.TensorLiteral) and not self.pythonic:
                    self.put(value.span.start, "[torch.tensor(each) for each in ")
                    self.listed(value)
                    self.put(value.span.end, "]")
                elif takes and isinstance(value, ast.TensorLiteral):
                    self.literal(value)
                elif takes is True and op is not None:
                    self.stacked(value)
                elif takes:
                    self.visit(value)
                else:
                    self.part(value)
            else:
                self.part(value)

    def is_dual(self, function: ast.Expr) -> bool:
        """Whether it is Python's for numbers and lists, and an operation for tensors."""
        name = function.id if isinstance(function, ast.Name) else ""
        return self.free(name) and isinstance(self.whole.builtin(name), Dual)

    def dual(self, function: ast.Expr, node: ast.Call) -> Any:
        """Which of the two is called; the operation, if it is that in any case."""
        name = function.span.text
        first = node.arguments[0].value if node.arguments else None
        keywords = {argument.name for argument in node.arguments} - {None}
        if name == "range" or (
            isinstance(first, ast.TensorLiteral) and not keywords and name not in ELEMENTWISE
        ):
            return None
        if self.kind(first) == "tensor" or (keywords and not keywords & PYTHONS):
            self.replace(function.span.start, function.span.end, f"torch.{name}")
            return self.operation(function)
        if self.kind(first) is None and name != "abs":
            self.whole.define(f"{name}_of")
            self.replace(function.span.start, function.span.end, f"{name}_of")
        return None

    def stacked(self, node: ast.Expr) -> None:
        """Brackets with tensors among the numbers, as one tensor."""
        self.put(node.span.start, "torch.stack([torch.as_tensor(value) for value in ")
        self.visit(node)
        self.put(node.span.end, "])")

    def binary(self, node: ast.Binary) -> None:
        for side, other in ((node.left, node.right), (node.right, node.left)):
            beside = self.kind(other)
            if isinstance(side, ast.Name) and beside == "tensor" and self.kind(side) == "list":
                if not self.pythonic:
                    self.around(side, "torch.as_tensor(", ")")
                    continue
            if isinstance(side, ast.TensorLiteral) and node.op == "+" and beside == "list":
                self.part(side)
            elif (
                isinstance(side, ast.ListExpr)
                and not self.pythonic
                and self.is_stacked(side, node.op, beside)
            ):
                self.stacked(side)
            else:
                self.visit(side)

    def is_stacked(self, node: ast.ListExpr, op: str, beside: str | None) -> bool:
        """Whether brackets beside an operator are a tensor: what stands on the other side decides."""
        repeated = (
            op == "*" and beside == "number" and not any(self.kind(each) == "tensor" for each in node.items)
        )
        return beside != "list" and not repeated

    def compare(self, node: ast.Compare) -> None:
        for i, operand in enumerate(node.operands):
            op = node.ops[i - 1] if i else node.ops[0]
            others = [each for each in node.operands if each is not operand]
            listed = (i > 0 and op in ("in", "not-in")) or any(self.kind(each) == "list" for each in others)
            if listed:
                self.part(operand)
            else:
                self.visit(operand)

    def subscript(self, node: ast.Subscript) -> None:
        if node.value.span.text == "Out" and self.free("Out"):
            self.replace(node.span.start, node.span.end, f"_{node.span.text[4:-1].strip()}")
            return
        self.visit(node.value)
        for item in node.items:
            self.part(item)

    def entry(self, node: ast.Entry) -> None:
        self.part(node.key)
        self.visit(node.value)

    def clause(self, node: ast.ForClause) -> None:
        self.visit(node.target)
        self.unpacked(node.iterable, node.target)
        self.visit(node.conditions)

    def comprehension(self, node: ast.Comprehension) -> None:
        targets = [each for clause in node.clauses for each in walk(clause.target)]
        self.local.append(frozenset(each.id for each in targets if isinstance(each, ast.Name)))
        self.inside(node)
        self.local.pop()

    def lambda_(self, node: ast.Lambda) -> None:
        self.local.append(frozenset(parameter.name for parameter in node.parameters))
        self.inside(node)
        self.local.pop()

    def convert(self, node: ast.Convert) -> None:
        self.annotated(node.value, node.annotation, node.span.end)

    def annotated(self, value: ast.Expr, hint: ast.Hint | None, end: int, param: bool = False) -> None:
        """A value with a dtype and a device; everything from its end to `end` goes."""
        meaning = None if hint is None else as_annotation(hint)
        dtype = (
            None if meaning is None or meaning.dtype is None else f"torch.{dtype_named(meaning.dtype).name}"
        )
        on = None if meaning is None or meaning.device is None else f'"{meaning.device}"'
        if isinstance(value, ast.TensorLiteral) or self.kind(value) == "number":
            options = [f", dtype={dtype}"] * bool(dtype) + [f", device={on}"] * bool(on)
            self.put(value.span.start, "torch.tensor(")
            self.part(value)
            self.replace(value.span.end, end, "".join([*options, ", requires_grad=True" * param, ")"]))
            return
        stated = {each.name for each in value.arguments} if isinstance(value, ast.Call) else {"**"}
        if isinstance(value, ast.Call) and getattr(self.operation(value.function), "factory", False) is True:
            given = (("dtype", dtype), ("device", on))
            more = [f"{name}={each}" for name, each in given if each and stated.isdisjoint((name, "**"))]
            self.visit(value)
            self.put(value.span.end - 1, ", " * bool(more and value.arguments) + ", ".join(more))
            self.replace(value.span.end, end, ".requires_grad_()" * param)
            return
        if self.kind(value) is None:
            self.around(value, "torch.as_tensor(", ")")
        else:
            self.closed(value)
        to = "".join(f".to({each})" for each in (dtype, on) if each)
        self.replace(value.span.end, end, to + ".detach().requires_grad_()" * param)

    def grad_of(self, node: ast.GradOf) -> None:
        self.replace(node.span.start, node.value.span.start, "")
        self.closed(node.value)
        self.put(node.value.span.end, ".grad")

    def grad_wrt(self, node: ast.GradWrt) -> None:
        self.replace(node.span.start, node.value.span.start, "torch.autograd.grad(")
        self.derivatives += 1  # a derivative inside of a derivative must itself be differentiable
        self.visit(node.value)
        self.derivatives -= 1
        end = node.value.span.end
        for i, each in enumerate(node.wrt):
            self.replace(end, each.span.start, ", " if i else ", (")
            self.visit(each)
            end = each.span.end
        closing = ",)" if len(node.wrt) == 1 else ")"
        create = ", create_graph=True" if self.derivatives else ""
        one = "" if node.wrt_many else "[0]"
        self.replace(end, node.span.end, f"{closing}, retain_graph=True{create}){one}")

    # -- statements

    def assign(self, node: ast.Assign) -> None:
        kind = self.kind(node.value)
        self.visit(node.targets)
        if any(isinstance(target, ast.TupleExpr | ast.ListExpr) for target in node.targets):
            self.part(node.value)
        else:
            self.visit(node.value)
        for target in node.targets:
            self.bind(target, kind)

    def bind(self, target: ast.Expr, kind: str | None) -> None:
        """A variable is bound to something of a kind; None where that cannot be told."""
        if isinstance(target, ast.Name) and not self.local:
            self.whole.kinds[target.id] = kind if not self.depth else None

    def augmented(self, node: ast.AugAssign) -> None:
        target = node.target
        kinds = {self.kind(node.value), self.kind(target)}
        self.inside(node)
        if len(kinds) > 1:
            self.bind(target, "tensor" if "tensor" in kinds else None)

    def branch(self, node: ast.Node) -> None:
        """What may run or not, or several times."""
        self.depth += 1
        self.inside(node)
        self.depth -= 1

    def for_(self, node: ast.For) -> None:
        self.visit(node.target)
        self.unpacked(node.iterable, node.target)
        self.depth += 1
        self.visit((node.body, node.otherwise))
        self.depth -= 1

    def declare(self, node: ast.Declare) -> None:
        if self.pythonic and not node.param and node.annotation is not None and node.value is not None:
            self.visit(node.value)  # Python's own annotation
            return
        if node.value is None:
            return
        self.replace(node.span.start, node.target.span.start, "")
        self.replace(node.target.span.end, node.value.span.start, " = ")
        self.annotated(node.value, node.annotation, node.span.end, node.param)
        self.bind(node.target, "tensor")

    def define(self, node: ast.Define) -> None:
        names = frozenset(parameter.name for parameter in node.parameters) | bound_names(node.body)
        self.visit(node.decorators)
        for parameter in node.parameters:
            if parameter.hint is not None and not self.pythonic:
                at = self.source.text.index(":", parameter.span.start)
                self.replace(at, parameter.hint.span.end, "")
            self.visit(parameter.default)
        if node.returns is not None and not self.pythonic:
            at = self.source.text.rindex("->", 0, node.returns.span.start)
            at = len(self.source.text[:at].rstrip())
            self.replace(at, node.returns.span.end, "")
        self.local.append(names)
        self.visit(node.body)
        self.local.pop()

    def display(self, node: ast.Display) -> None:
        value = node.value
        silent = not self.shown or self.is_silent(value)
        if not self.whole.shows or node.quiet or self.local or silent or is_command(value):
            self.visit(value)
            return
        name = f"{self.kept} = " * bool(self.kept) + self.shower(value)
        if not isinstance(value, ast.TupleExpr) or value.span.text.startswith("("):
            self.around(value, f"{name}(", ")")
        elif node.span.text == f"({value.span.text})":
            self.put(node.span.start, f"{name}(")
            self.visit(value)
            self.put(node.span.end, ")")
        else:
            self.around(value, f"{name}((", "))")

    def shower(self, value: ast.Expr) -> str:
        """What shows a value: `print` where that writes the same, and nobody wants it later."""
        if not self.kept and not self.whole.keeps and self.kind(value) in ("tensor", "number", "list"):
            return "print"
        name = "show_kept" if self.whole.keeps else "show"
        self.whole.define(name)
        return "show"

    def is_silent(self, value: ast.Expr) -> bool:
        """Whether there is nothing to show of it: `print(…)`, and methods that say that they return nothing."""
        if not isinstance(value, ast.Call):
            return False
        function = value.function
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            name = function.value.id
            if not self.free(name) and name in self.whole.session:
                method = getattr(type(self.whole.session[name]), function.name, None)
                returned = getattr(method, "__annotations__", {}).get("return", "")
                if returned in (None, "None"):
                    return True
            if function.name == "step" and not value.arguments:
                return True
        return function.span.text == "print"

    def attribute(self, node: ast.Attribute) -> None:
        value = node.value
        if isinstance(value, ast.Name) and node.name in ("lr", "params") and self.is_optimizer(value.id):
            self.visit(value)
            self.replace(value.span.end, node.span.end, f'.param_groups[0]["{node.name}"]')
            return
        listed = isinstance(value, ast.ListExpr | ast.Name) and self.kind(value) == "list"
        if listed and not self.pythonic and not hasattr(list, node.name):
            self.stacked(value)
        else:
            self.visit(value)

    def backward(self, node: ast.Backward) -> None:
        flags = [", retain_graph=True"] * (node.retain or node.create) + [", create_graph=True"] * node.create
        at = node.span.start
        one = len(node.roots) == 1 and not node.gradients
        parts = (("" if one else "torch.autograd.backward([", node.roots), ("], [", node.gradients))
        for before, tensors in parts:
            for i, each in enumerate(tensors):
                self.replace(at, each.span.start, ", " if i else before)
                if one:
                    self.closed(each)
                else:
                    self.visit(each)
                at = each.span.end
        options = "".join(flags)
        self.replace(at, node.span.end, f".backward({options.removeprefix(', ')})" if one else f"]{options})")

    def closed(self, node: ast.Expr) -> None:
        """A piece that a dot can follow."""
        if isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Subscript):
            self.visit(node)
        else:
            self.around(node, "(", ")")

    def note(self, node: ast.Stmt) -> None:
        """A question whose answer only tensorsh draws."""
        text = node.span.text.replace("\n", " ")
        self.replace(node.span.start, node.span.end, f"pass  # {text}")

    def import_(self, node: ast.Import) -> None:
        self.whole.lacks('import "…"', node.span.position[0])
        self.note(node)
