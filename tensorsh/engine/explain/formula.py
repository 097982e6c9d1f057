"""Formulas: a tensor written as the expression that computes it.

An operation's record may give a template (`"{0} * {1}"`); every other operation is written as the call
a user would type. What is known to be one or zero is simplified, so that `1 * x + 1 * x` reads `2 * x`.
The text is a program: pasted back it computes the value. Formulas are Python's syntax trees, so that where
parentheses are needed is known to Python.
"""

from __future__ import annotations

import ast
import cmath
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..core.dtype import DType, bool_, float32, int64
from ..records.op import Op, registry
from ..records.schema import ABSENT
from ..records.spelling import OWN, Spelling
from ..values.tensor import NUMBERS, Tensor
from ..values.view_bases import keeps_order, turns

#: literals longer than this are not written out
MOST_ELEMENTS = 64

PLACE = re.compile(r"\{(\d)\}")


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression.

    one, zero   every element is known to be 1 (0): factors and terms that can be left out
    number      a number, not a tensor
    complete    nothing in it had to be abbreviated: pasted back, it runs
    """

    tree: ast.expr
    one: bool = False
    zero: bool = False
    complete: bool = True
    number: bool = False
    shape: tuple[int, ...] | None = None

    @property
    def text(self) -> str:
        return ast.unparse(self.tree)


# ------------------------------------------------------------------ without operations


@lru_cache(maxsize=4096)
def parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def of_name(text: str, shape: tuple[int, ...] | None = None) -> Formula:
    """A variable, or whatever else a program calls it by: `model.fc1.weight`, `layers[0]`."""
    return Formula(parsed(text), shape=shape)


def of_number(value: Any) -> Formula:
    return Formula(parsed(spelled(value)), one=value == 1, zero=value == 0, number=True, shape=())


def spelled(value: Any) -> str:
    """A number as a program writes it: a literal, or by its type where it is none: `inf`, `nan`."""
    text = repr(value)
    if isinstance(value, complex):
        if cmath.isfinite(value):
            return repr(complex(0, value.imag)) if value.real == 0 else text
    elif not isinstance(value, float) or math.isfinite(value):
        return text
    return f"{type(value).__name__}('{value}')"


def unknown(shape: tuple[int, ...] | None) -> Formula:
    """What cannot be written."""
    return Formula(ast.Name("…"), complete=False, shape=shape)


def of_literal(t: Tensor, spelling: Spelling = OWN, most: int = MOST_ELEMENTS) -> Formula:
    """A tensor's values written out; too many are abbreviated."""
    shape = t.spec.shape
    if t.is_meta:
        return unknown(shape)
    values = t.array
    one = values.size > 0 and bool(np.all(values == 1))
    zero = values.size > 0 and bool(np.all(values == 0))
    if (one or zero) and t.dtype.is_floating_point:
        return filled("ones" if one else "zeros", shape, t.dtype, spelling)
    if values.size > most:
        return unknown(shape)
    if t.dtype.is_complex:
        values = values.astype(np.complex128)
    if not values.size:
        return filled("zeros", shape, t.dtype, spelling)
    extra = "" if t.dtype in (float32, int64, bool_) else f", dtype={spelling.dtype(t.dtype)}"
    return Formula(parsed(f"{spelling.plain('tensor')}({_exact(values)}{extra})"), shape=shape)


def filled(name: str, shape: tuple[int, ...], dtype: DType, spelling: Spelling) -> Formula:
    """`ones(2, 3)` or `zeros(2, 3)`."""
    sizes = ", ".join(map(str, shape)) if shape else "()"
    extra = "" if dtype is float32 else f", dtype={spelling.dtype(dtype)}"
    tree = parsed(f"{spelling.plain(name)}({sizes}{extra})")
    return Formula(tree, one=name == "ones", zero=name == "zeros", shape=shape)


def _exact(values: np.ndarray[Any, Any]) -> str:
    """Numbers with as many digits as it takes to read the same value back."""
    if values.ndim == 0:
        number = values[()]
        exact = number.dtype.kind in "biuc" or number.dtype.itemsize == 8
        return spelled(number.item()) if exact or not np.isfinite(number) else str(number)
    return "[" + ", ".join(_exact(row) for row in values) + "]"


# ------------------------------------------------------------------ operations


def of_call(
    op: Op,
    args: tuple[Any, ...],
    formulas: list[Any],
    of: Any,
    spelling: Spelling = OWN,
) -> Formula:
    """The operation applied to formulas (for tensors) and plain arguments; `of` is the Spec of the result."""
    shape = None if of is None else of.shape
    complete = all(f.complete for f in _flat(formulas))
    simple = _simplified(op, args, formulas, of, spelling)
    if simple is not None:
        return simple
    template = _template(op, args)
    if template is not None:
        used = [formulas[int(i)] for i in PLACE.findall(template)]
        complete = all(f.complete for f in _flat(used))
        return Formula(_filled_in(template, formulas, spelling), complete=complete, shape=shape)
    tree = _call(op, formulas, spelling)
    return unknown(shape) if tree is None else Formula(tree, complete=complete, shape=shape)


def part(whole: Formula, index: int, shape: tuple[int, ...] | None) -> Formula:
    """One of several results."""
    tree = ast.Subscript(whole.tree, ast.Constant(index))
    return Formula(tree, complete=whole.complete, shape=shape)


def total(terms: list[Formula], shape: tuple[int, ...] | None) -> Formula:
    """The sum of formulas."""
    terms = [f for f in terms if not f.zero] or terms[:1]
    tree = terms[0].tree
    if len(terms) > 1 and all(f.text == terms[0].text for f in terms):
        tree = ast.BinOp(ast.Constant(len(terms)), ast.Mult(), tree)
    else:
        for f in terms[1:]:
            tree = _sum(tree, f.tree)
    one = len(terms) == 1 and terms[0].one
    zero = all(f.zero for f in terms)
    return Formula(tree, one, zero, all(f.complete for f in terms), shape=shape)


def _sum(a: ast.expr, b: ast.expr) -> ast.expr:
    if isinstance(b, ast.UnaryOp) and isinstance(b.op, ast.USub):
        return ast.BinOp(a, ast.Sub(), b.operand)
    return ast.BinOp(a, ast.Add(), b)


def _flat(formulas: list[Any]) -> list[Formula]:
    found: list[Formula] = []
    for f in formulas:
        if isinstance(f, Formula):
            found.append(f)
        elif isinstance(f, list):
            found.extend(f)
    return found


def _template(op: Op, args: tuple[Any, ...]) -> str | None:
    """The record's template, or that of the public record; a text wants defaults where it leaves out arguments."""
    if callable(op.formula):
        return op.formula(*args)
    shown = op if op.formula is not None else public(op)
    if shown is None or not isinstance(shown.formula, str):
        return None
    named = {int(i) for i in PLACE.findall(shown.formula)}
    parameters = shown.schema.parameters
    if len(parameters) < len(args) or any(parameters[i].name != op.schema.parameters[i].name for i in named):
        return None
    rest = [(a, p) for i, (a, p) in enumerate(zip(args, parameters, strict=False)) if i not in named]
    return shown.formula if all(not p.required and _same(a, p.default) for a, p in rest) else None


class _FillIn(ast.NodeTransformer):
    def __init__(self, formulas: list[Any], spelling: Spelling):
        self.formulas = formulas
        self.spelling = spelling

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """`{1}[0]` is the first of a list of tensors."""
        if isinstance(node.value, ast.Name) and node.value.id[1:].isdigit():
            items = self.formulas[int(node.value.id[1:])]
            if (
                isinstance(items, list)
                and isinstance(node.slice, ast.Constant)
                and isinstance(node.slice.value, int)
            ):
                return _argument(items[node.slice.value], self.spelling)
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if not node.id.startswith("_") or not node.id[1:].isdigit():
            return node
        return _argument(self.formulas[int(node.id[1:])], self.spelling)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """The operations of a template are called as the program calls them."""
        op = registry.get(ast.unparse(node.func)) if isinstance(node.func, ast.Name | ast.Attribute) else None
        name = self.spelling.function(op) if isinstance(op, Op) else None
        self.generic_visit(node)
        if name is not None:
            node.func = parsed(name)
        return node


def _filled_in(template: str, formulas: list[Any], spelling: Spelling) -> ast.expr:
    made: ast.expr = _FillIn(formulas, spelling).visit(
        ast.parse(PLACE.sub(r"_\1", template), mode="eval").body
    )
    if isinstance(made, ast.Attribute) and made.attr in ("T", "mT") and isinstance(made.value, ast.Attribute):
        if made.value.attr == made.attr:
            return made.value.value
    return made


def _simplified(
    op: Op, args: tuple[Any, ...], formulas: list[Any], of: Any, spelling: Spelling
) -> Formula | None:
    operands = [f if isinstance(f, Formula) else of_number(f) for f in formulas[:2] if _is_operand(f)]
    if op.view and operands and (turned := _turned(op, operands[0], args)) is not None:
        return turned
    shape, sign = None if of is None else of.shape, op.formula
    if len(operands) == 2:
        left, right = operands
        if sign == "{0} * {1}":
            for one, other in ((left, right), (right, left)):
                if one.one and other.shape == shape:
                    return _as_tensor(other, of, spelling)
            if left.text == right.text and not left.one and left.complete:
                return Formula(ast.BinOp(left.tree, ast.Pow(), ast.Constant(2)), shape=shape)
            if left.zero or right.zero:
                return filled("zeros", of.shape, of.dtype, spelling)
        elif sign == "{0} + {1}" and args[2] == 1:
            if left.zero and right.shape == shape:
                return right
            if right.zero and left.shape == shape:
                return left
            if left.shape == right.shape:
                return total([left, right], shape)
        elif sign in ("{0} / {1}", "{0} ** {1}") and right.one and left.shape == shape:
            return left
    if sign == "{0} ** {1}" and _same(args[1], 1):
        return operands[0]
    if operands and of is not None and _shows_elements(op, args, of):
        first = operands[0]
        if keeps_order(op, args[0].spec, args[1:]):
            if first.shape == of.shape:
                return first
            if (bare := _without_keepdim(first, of.shape)) is not None:
                return bare
        if first.one or first.zero:
            return filled("ones" if first.one else "zeros", of.shape, of.dtype, spelling)
    return None


def _shows_elements(op: Op, args: tuple[Any, ...], of: Any) -> bool:
    """Whether the result is a view of elements of the input, so that what is one or zero everywhere stays so."""
    return op.view and op.from_base is None and args[0].dtype is of.dtype


def _is_operand(value: Any) -> bool:
    return isinstance(value, Formula) or type(value) in (int, float)


def _as_tensor(f: Formula, of: Any, spelling: Spelling) -> Formula:
    """A number that stands for a tensor, as one."""
    if not f.number:
        return f
    extra = "" if of.dtype is float32 else f", dtype={spelling.dtype(of.dtype)}"
    tree = parsed(f"{spelling.plain('tensor')}({f.text}{extra})")
    return Formula(tree, f.one, f.zero, shape=f.shape)


def _turned(op: Op, product: Formula, args: tuple[Any, ...]) -> Formula | None:
    """`(a.T @ b).T` is `b.T @ a`."""
    match product.tree:
        case ast.BinOp(ast.Attribute(a, "T"), ast.MatMult(), b):
            whole = args[0].spec.in_order
            if turns(op.kernel(whole, *args[1:]), whole):
                turned = b.value if isinstance(b, ast.Attribute) and b.attr == "T" else ast.Attribute(b, "T")
                shape = whole.shape[::-1]
                return Formula(ast.BinOp(turned, ast.MatMult(), a), complete=product.complete, shape=shape)
    return None


def _without_keepdim(reduced: Formula, shape: tuple[int, ...]) -> Formula | None:
    """`x.sum(0, keepdim=True).view(3)` is `x.sum(0)`."""
    tree = reduced.tree
    match tree:
        case ast.Call(args=[dims], keywords=[ast.keyword("keepdim")]) if reduced.shape is not None:
            dim = ast.literal_eval(dims)
            gone = {d % len(reduced.shape) for d in (dim if isinstance(dim, tuple) else (dim,))}
            if shape == tuple(n for i, n in enumerate(reduced.shape) if i not in gone):
                return Formula(ast.Call(tree.func, [dims], []), complete=reduced.complete, shape=shape)
    return None


def public(op: Op) -> Op | None:
    """The record under whose name programs call the operation: its own, or that of a function around it."""
    if any(not n.startswith("torch._") for n in op.names):
        return op
    for name in (op.name, f"nn.functional.{op.name}", f"Tensor.{op.name}"):
        found = registry.get(name)
        if isinstance(found, Op):
            return found
    return None


def _call(op: Op, formulas: list[Any], spelling: Spelling) -> ast.expr | None:
    """`name(args)` or `x.name(args)` as the operation's public names have it; defaults are left out."""
    shown = public(op)
    if shown is None:
        return None
    given = {p.name: f for p, f in zip(op.schema.parameters, formulas, strict=True)}
    given.pop("memory_format", None)  # how the result lies in memory is not its value
    rest = [p for p in shown.schema.parameters if p.name != "memory_format"]
    known = {p.name for p in rest}
    if any(p.required and p.name not in given for p in rest) or not known.issuperset(given):
        return None
    method = spelling.method(shown)
    function: ast.expr
    if method is not None:
        function = ast.Attribute(_argument(given[rest.pop(0).name], spelling), method)
    else:
        name = spelling.function(shown)
        if name is None:
            return None
        function = parsed(name)
    in_one = method is None and shown.spreads and isinstance(function, ast.Attribute)  # `torch.flip(x, (0,))`
    args: list[ast.expr] = []
    keywords: list[ast.keyword] = []
    skipped = False
    for p in rest:
        value = given.get(p.name, p.default)
        if not p.required and (_same(value, p.default) or (p.default is ABSENT and value is False)):
            skipped = True
            continue
        if isinstance(value, tuple) and len(value) == 1 and p.name == "dim":
            value = value[0]
        tree = _argument(value, spelling)
        if skipped or p.keyword_only or isinstance(value, bool):
            skipped = True
            keywords.append(ast.keyword(p.name, tree))
        elif p.type.endswith("...") and isinstance(value, tuple) and value and not in_one:
            args.extend(_argument(v, spelling) for v in value)
        else:
            args.append(tree)
    return ast.Call(function, args, keywords)


def _same(value: Any, default: Any) -> bool:
    if isinstance(value, Formula | list | Tensor):
        return False
    return bool(type(value) is type(default) and value == default)


def _argument(value: Any, spelling: Spelling) -> ast.expr:
    if isinstance(value, Formula):
        return value.tree
    if isinstance(value, list):
        return ast.List([_argument(f, spelling) for f in value])
    if isinstance(value, tuple):
        return ast.Tuple([_argument(f, spelling) for f in value])
    if isinstance(value, DType):
        return parsed(spelling.dtype(value))
    if isinstance(value, slice):
        return ast.Slice(
            *(None if v is None else ast.Constant(v) for v in (value.start, value.stop, value.step))
        )
    if isinstance(value, float | complex):
        return of_number(value).tree
    if value is None or isinstance(value, bool | int | str) or value is ...:
        return ast.Constant(value) if not isinstance(value, int) or value >= 0 else parsed(repr(value))
    return ast.Name("…")


def arguments(op: Op, args: tuple[Any, ...], express: Callable[[Tensor], Formula]) -> list[Any]:
    """For each argument: the Formula of a tensor, a list of them, a number's, or the plain value."""
    found: list[Any] = []
    for i, a in enumerate(args):
        if isinstance(a, Tensor):
            found.append(express(a))
        elif i in op.lists:
            found.append([express(t) if isinstance(t, Tensor) else t for t in a])
        elif i in op.tensors and type(a) in NUMBERS:
            found.append(of_number(a))
        else:
            found.append(a)
    return found
