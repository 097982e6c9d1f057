"""The shape of a program: plain immutable nodes, each with the span it was read from.

Expressions are `Expr`, statements are `Stmt`; a `Block` is a list of statements. Everything the
grammar can say is one of these, and `evaluate` has one case for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..source import Span


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    span: Span


class Expr(Node):
    __slots__ = ()


class Stmt(Node):
    __slots__ = ()


# ------------------------------------------------------------------ expressions


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Expr):
    """A number, string, bool, None, or `...` written in the program."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class TensorLiteral(Expr):
    """Brackets that hold only numbers (or only booleans): nested lists, kept as plain Python values.

    `values` is the nested list as written (rows already checked to be of one length).
    """

    values: list[Any]


@dataclass(frozen=True, slots=True, eq=False)
class FString(Expr):
    """`f"…{x:.3f}…"`: constant strings and replacements, in order."""

    parts: tuple[Constant | Replacement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Replacement(Expr):
    """`{value!r:spec}` inside an f-string; `label` is the text of `{value=}`, else None."""

    value: Expr
    conversion: str | None
    format: FString | None
    label: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Name(Expr):
    id: str


@dataclass(frozen=True, slots=True, eq=False)
class ListExpr(Expr):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TupleExpr(Expr):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Starred(Expr):
    """`*xs` in a call, a list, a tuple or an unpacking target."""

    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Comprehension(Expr):
    """`[item for target in iterable if condition …]`; `kind` is "list" or "generator"."""

    kind: str
    item: Expr
    clauses: tuple[ForClause, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ForClause(Node):
    target: Expr
    iterable: Expr
    conditions: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Expr):
    """`op` is one of `-` `+` `~` `not`."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Expr):
    """`op` is one of `+ - * / // % ** @ & | ^ << >>`; `op_span` is where the sign stands."""

    op: str
    left: Expr
    right: Expr
    op_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Compare(Expr):
    """A chain `a < b <= c`: `ops` are `== != < <= > >= in not-in is is-not`, one fewer than operands."""

    operands: tuple[Expr, ...]
    ops: tuple[str, ...]
    op_spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Logical(Expr):
    """`and` / `or` over two or more operands, short-circuiting."""

    op: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Conditional(Expr):
    """`then if condition else otherwise`."""

    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Lambda(Expr):
    parameters: tuple[Parameter, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Node):
    """`kind` is "plain", "args" (`*xs`), "kwargs" (`**kw`) or "bare" (`*` alone)."""

    name: str
    default: Expr | None
    kind: str = "plain"


@dataclass(frozen=True, slots=True, eq=False)
class Attribute(Expr):
    value: Expr
    name: str
    name_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Call(Expr):
    function: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Argument(Node):
    """`value`, `name=value`, or (value is `Starred`) `*value`; `**value` has name `"**"`."""

    name: str | None
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Subscript(Expr):
    """`value[items]`; `items` are expressions and `Slice`s; `trailing_comma` makes one item a tuple."""

    value: Expr
    items: tuple[Expr, ...]
    trailing_comma: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Slice(Expr):
    start: Expr | None
    stop: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Annotation(Node):
    """`float32[n, 3] on cuda:0`: any of the three parts may be None.

    A size is an int, a name that is bound at first use, or None for `_` (any size).
    """

    dtype: str | None
    dtype_span: Span | None
    shape: tuple[Size, ...] | None
    device: str | None
    device_span: Span | None


@dataclass(frozen=True, slots=True, eq=False)
class Size(Node):
    value: int | str | None


@dataclass(frozen=True, slots=True, eq=False)
class Convert(Expr):
    """`value as float16 on meta`, or `value on meta`."""

    value: Expr
    annotation: Annotation


@dataclass(frozen=True, slots=True, eq=False)
class GradOf(Expr):
    """`grad w`: the gradient accumulated in w."""

    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class GradWrt(Expr):
    """`grad y wrt x` or `grad y wrt (w, b)`; `wrt_many` says that a tuple was written."""

    value: Expr
    wrt: tuple[Expr, ...]
    wrt_many: bool


# ------------------------------------------------------------------ statements


@dataclass(frozen=True, slots=True, eq=False)
class Block(Node):
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Display(Stmt):
    """A bare expression: its value is shown unless `quiet` (a trailing `;`)."""

    value: Expr
    quiet: bool


@dataclass(frozen=True, slots=True, eq=False)
class Assign(Stmt):
    """`a = b, c = value`: one value, one or more targets (Name, Attribute, Subscript, tuples of them)."""

    targets: tuple[Expr, ...]
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Declare(Stmt):
    """`name: annotation = value` and `param name: annotation = value`."""

    name: str
    name_span: Span
    annotation: Annotation | None
    value: Expr
    param: bool


@dataclass(frozen=True, slots=True, eq=False)
class AugAssign(Stmt):
    """`target op= value`; `op` without the `=`."""

    target: Expr
    op: str
    value: Expr
    op_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Delete(Stmt):
    targets: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class If(Stmt):
    """`elif` is an If in `otherwise`."""

    condition: Expr
    then: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True, eq=False)
class For(Stmt):
    target: Expr
    iterable: Expr
    body: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True, eq=False)
class While(Stmt):
    condition: Expr
    body: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True, eq=False)
class Break(Stmt):
    pass


@dataclass(frozen=True, slots=True, eq=False)
class Continue(Stmt):
    pass


@dataclass(frozen=True, slots=True, eq=False)
class Pass(Stmt):
    """`pass`, and the accepted and ignored lines `import torch …`, `from torch import …`."""


@dataclass(frozen=True, slots=True, eq=False)
class Define(Stmt):
    """`def name(parameters): body`."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Block


@dataclass(frozen=True, slots=True, eq=False)
class Return(Stmt):
    value: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Assert(Stmt):
    condition: Expr
    message: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class With(Stmt):
    """`with no_grad(), manual_seed(0) as g:`."""

    items: tuple[WithItem, ...]
    body: Block


@dataclass(frozen=True, slots=True, eq=False)
class WithItem(Node):
    context: Expr
    target: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Import(Stmt):
    """`import "other.tsh"`."""

    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Backward(Stmt):
    """`backward y, z with g, h retain create inputs (w, b)`."""

    roots: tuple[Expr, ...]
    gradients: tuple[Expr, ...]
    retain: bool
    create: bool


@dataclass(frozen=True, slots=True, eq=False)
class Graph(Stmt):
    """`graph y`."""

    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Explain(Stmt):
    """`explain y wrt x`."""

    value: Expr
    wrt: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Program(Node):
    """A whole text: its statements, in order."""

    body: tuple[Stmt, ...] = field(default=())
