"""The shape of a program: plain nodes, never changed once made, each with the span it was read from.

Expressions are `Expr`, statements are `Stmt`; a `Block` is a list of statements. Everything the
grammar can say is one of these, and `evaluate` has one case for each of them.
"""

from __future__ import annotations

from typing import Any, dataclass_transform

from ...source import Span


@dataclass_transform(eq_default=False)
class Fields:
    """Gives a class an `__init__` for the fields it names, in that order, after those it inherits.

    `dataclass` would do, but takes 20 ms for all of them at every start. Here a class is given its `__init__`
    when its first node is made; a short program needs few of them.
    """

    __match_args__: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        own = tuple(name for name in cls.__annotations__ if name not in cls.__match_args__)
        cls.__match_args__ = cls.__match_args__ + own  # type: ignore[misc]
        cls.__init__ = _first_init  # type: ignore[assignment, method-assign]

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__[1:])
        return f"{type(self).__name__}({values})"


def _first_init(self: Fields, *values: Any, **named: Any) -> None:
    """What stands for the `__init__` of a class until it is called."""
    cls = type(self)
    names = cls.__match_args__
    defaults = {name: getattr(cls, name) for name in names if hasattr(cls, name)}
    parameters = ", ".join(f"{name}=defaults[{name!r}]" if name in defaults else name for name in names)
    body = "; ".join(f"self.{name} = {name}" for name in names)
    scope: dict[str, Any] = {"defaults": defaults}
    exec(f"def __init__(self, {parameters}): {body}", scope)
    cls.__init__ = scope["__init__"]  # type: ignore[method-assign]
    cls.__init__(self, *values, **named)


class Node(Fields):
    """A piece of a program."""

    span: Span


class Expr(Node):
    """What has a value."""


class Stmt(Node):
    """What is done."""


# ------------------------------------------------------------------ expressions


class Constant(Expr):
    """A number, string, bool, None, or `...` written in the program."""

    value: Any


class TensorLiteral(Expr):
    """Brackets that hold only numbers and booleans: nested lists, kept as plain Python values.

    values  the nested list as written
    words   which of `true false inf nan pi` were written in it: names that a program may have rebound
    ragged  the first row that does not fit, where PyTorch would refuse the literal
    """

    values: list[Any]
    words: tuple[str, ...] = ()
    ragged: Ragged | None = None


class Ragged(Node):
    """A row (or number) at index `path` of a literal, which breaks the shape that its first elements set.

    `expected` and `got` are lengths at dimension `dim`; None stands for a number.
    """

    path: tuple[int, ...]
    dim: int
    expected: int | None
    got: int | None


class FString(Expr):
    """`f"…{x:.3f}…"`: constant strings and replacements, in order."""

    parts: tuple[Constant | Replacement, ...]


class Replacement(Expr):
    """`{value!r:spec}` inside an f-string.

    `label` is what `{value = }` shows before the value (`"value = "`), else None; the conversion of
    a labelled value without format is "r", as in Python.
    """

    value: Expr
    conversion: str | None
    format: FString | None
    label: str | None


class Name(Expr):
    id: str


class ListExpr(Expr):
    items: tuple[Expr, ...]


class TupleExpr(Expr):
    items: tuple[Expr, ...]


class Starred(Expr):
    """`*xs` in a call, a list, a tuple or an unpacking target."""

    value: Expr


class Entry(Expr):
    """`key: value` in a dictionary; `**value` spreads another dictionary, and has no key."""

    key: Expr | None
    value: Expr


class DictExpr(Expr):
    entries: tuple[Entry, ...]


class SetExpr(Expr):
    items: tuple[Expr, ...]


class Comprehension(Expr):
    """`[item for target in iterable if condition …]`; `kind` is "list", "set", "dict" or "generator".

    The item of a dictionary's is an `Entry`.
    """

    kind: str
    item: Expr
    clauses: tuple[ForClause, ...]


class ForClause(Node):
    target: Expr
    iterable: Expr
    conditions: tuple[Expr, ...]


class Unary(Expr):
    """`op` is one of `-` `+` `~` `not`."""

    op: str
    operand: Expr


class Binary(Expr):
    """`op` is one of `+ - * / // % ** @ & | ^ << >>`; `op_span` is where the sign stands."""

    op: str
    left: Expr
    right: Expr
    op_span: Span


class Compare(Expr):
    """A chain `a < b <= c`: `ops` are `== != < <= > >= in not-in is is-not`, one fewer than operands."""

    operands: tuple[Expr, ...]
    ops: tuple[str, ...]
    op_spans: tuple[Span, ...]


class Logical(Expr):
    """`and` / `or` over two or more operands, short-circuiting."""

    op: str
    operands: tuple[Expr, ...]


class Conditional(Expr):
    """`then if condition else otherwise`."""

    condition: Expr
    then: Expr
    otherwise: Expr


class Lambda(Expr):
    parameters: tuple[Parameter, ...]
    body: Expr


class Parameter(Node):
    """`kind` is "plain", "args" (`*xs`), "kwargs" (`**kw`), "bare" (`*` alone) or "slash" (`/`)."""

    name: str
    default: Expr | None
    kind: str = "plain"
    hint: Expr | None = None


class Walrus(Expr):
    """`(name := value)`."""

    target: Name
    value: Expr


class Yield(Expr):
    """`yield value`."""

    value: Expr | None


class YieldFrom(Expr):
    """`yield from value`."""

    value: Expr


class Attribute(Expr):
    value: Expr
    name: str
    name_span: Span


class Call(Expr):
    function: Expr
    arguments: tuple[Argument, ...]


class Argument(Node):
    """`value`, `name=value`, or (value is `Starred`) `*value`; `**value` has name `"**"`."""

    name: str | None
    value: Expr


class Subscript(Expr):
    """`value[items]`; `items` are expressions and `Slice`s; `trailing_comma` makes one item a tuple."""

    value: Expr
    items: tuple[Expr, ...]
    trailing_comma: bool = False


class Slice(Expr):
    start: Expr | None
    stop: Expr | None
    step: Expr | None


class Hint(Node):
    """What stands behind the `:` of a declaration or the `as` of a conversion: an expression, a device, or both.

    The kind of the program says what it means: `hints.as_annotation` reads it as dtype, shape and device.
    """

    value: Expr | None
    device: str | None
    device_span: Span | None
    meaning: Annotation | None = None  # once it has been read


class Annotation(Node):
    """`float32[n, 3] on cuda:0`: any of the three parts may be None.

    A size is an int, a name that is bound at first use, or None for `_` (any size).
    """

    dtype: str | None
    dtype_span: Span | None
    shape: tuple[Size, ...] | None
    device: str | None
    device_span: Span | None


class Size(Node):
    value: int | str | None


class Convert(Expr):
    """`value as float16 on meta`, or `value on meta`."""

    value: Expr
    annotation: Hint


class GradOf(Expr):
    """`grad w`: the gradient accumulated in w."""

    value: Expr


class GradWrt(Expr):
    """`grad y wrt x` or `grad y wrt (w, b)`; `wrt_many` says that a tuple was written."""

    value: Expr
    wrt: tuple[Expr, ...]
    wrt_many: bool


# ------------------------------------------------------------------ statements


class Block(Node):
    body: tuple[Stmt, ...]


class Display(Stmt):
    """A bare expression: its value is shown unless `quiet` (a trailing `;`)."""

    value: Expr
    quiet: bool


class Assign(Stmt):
    """`a = b, c = value`: one value, one or more targets (Name, Attribute, Subscript, tuples of them)."""

    targets: tuple[Expr, ...]
    value: Expr


class Declare(Stmt):
    """`target: annotation = value`, `target: annotation`, and `param name: annotation = value`."""

    target: Expr
    annotation: Hint | None
    value: Expr | None
    param: bool


class AugAssign(Stmt):
    """`target op= value`; `op` without the `=`."""

    target: Expr
    op: str
    value: Expr
    op_span: Span


class Delete(Stmt):
    targets: tuple[Expr, ...]


class If(Stmt):
    """`elif` is an If in `otherwise`."""

    condition: Expr
    then: Block
    otherwise: Block | None


class For(Stmt):
    target: Expr
    iterable: Expr
    body: Block
    otherwise: Block | None


class While(Stmt):
    condition: Expr
    body: Block
    otherwise: Block | None


class Break(Stmt):
    pass


class Continue(Stmt):
    pass


class Pass(Stmt):
    """`pass`."""


class Define(Stmt):
    """`def name(parameters) -> returns: body`."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Block
    decorators: tuple[Expr, ...] = ()
    returns: Expr | None = None


class Class(Stmt):
    """`class name(arguments): body`."""

    name: str
    name_span: Span
    arguments: tuple[Argument, ...]
    body: Block
    decorators: tuple[Expr, ...] = ()


class Global(Stmt):
    """`global a, b`, and `nonlocal a, b`."""

    names: tuple[str, ...]
    nonlocal_: bool


class Raise(Stmt):
    """`raise`, `raise error`, `raise error from cause`."""

    error: Expr | None
    cause: Expr | None


class Try(Stmt):
    """`try` with handlers, or only with `finally`."""

    body: Block
    handlers: tuple[Handler, ...]
    otherwise: Block | None
    last: Block | None


class Handler(Node):
    """`except kind as name: body`; a bare `except:` has no kind. `group`: `except*`."""

    kind: Expr | None
    name: str | None
    body: Block
    group: bool = False


class Match(Stmt):
    subject: Expr
    cases: tuple[Case, ...]


class Case(Node):
    pattern: Pattern
    guard: Expr | None
    body: Block


class Pattern(Node):
    """What a `case` compares with."""


class ValuePattern(Pattern):
    """A constant or a dotted name: equal to it. `True`, `False`, `None`: that very thing."""

    value: Expr


class CapturePattern(Pattern):
    """`name` takes anything, `*name` what is left of a sequence; `_` takes it without a name (None)."""

    name: str | None
    starred: bool = False


class SequencePattern(Pattern):
    items: tuple[Pattern, ...]


class MappingPattern(Pattern):
    """`{key: pattern, **rest}`."""

    keys: tuple[Expr, ...]
    patterns: tuple[Pattern, ...]
    rest: str | None


class ClassPattern(Pattern):
    """`Point(0, y=1)`: names of keywords and their patterns after the positional ones."""

    kind: Expr
    patterns: tuple[Pattern, ...]
    names: tuple[str, ...]
    named: tuple[Pattern, ...]


class OrPattern(Pattern):
    choices: tuple[Pattern, ...]


class AsPattern(Pattern):
    pattern: Pattern
    name: str


class Return(Stmt):
    value: Expr | None


class Assert(Stmt):
    condition: Expr
    message: Expr | None


class With(Stmt):
    """`with no_grad(), manual_seed(0) as g:`."""

    items: tuple[WithItem, ...]
    body: Block


class WithItem(Node):
    context: Expr
    target: Expr | None


class Import(Stmt):
    """`import "other.tsh"`."""

    path: str


class ImportModule(Stmt):
    """`import path as alias`."""

    path: str
    path_span: Span
    alias: str | None


class ImportNames(Stmt):
    """`from path import name as alias, …`; `level` counts the dots in front of it; no names are `*`."""

    path: str
    path_span: Span
    level: int
    names: tuple[ImportedName, ...]


class ImportedName(Node):
    name: str
    alias: str


class Backward(Stmt):
    """`backward y, z with g, h retain create inputs (w, b)`."""

    roots: tuple[Expr, ...]
    gradients: tuple[Expr, ...]
    retain: bool
    create: bool


class Graph(Stmt):
    """`graph y to "y.svg" --grads`."""

    value: Expr
    to: Expr | None = None
    gradients: bool = False


class Explain(Stmt):
    """`explain y wrt x`."""

    value: Expr
    wrt: tuple[Expr, ...]


class Program(Node):
    """A whole text: its statements, in order, and the places of lines that speak to a notebook."""

    body: tuple[Stmt, ...] = ()
    skipped: tuple[tuple[int, int], ...] = ()
