"""Formulas: a tensor written as the expression that computes it.

An operation's record may give a template (`"{0} * {1}"`); every other operation is written as the call
a user would type. What is known to be one or zero is simplified, so that `1 * x + 1 * x` reads `2 * x`.
The text is a program: pasted back it computes the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from .dtype import DType
from .op import Op
from .tensor import NUMBERS, Tensor

#: binding strength of the operators that templates use, as in Python
STRENGTH = {
    "+": 10,
    "-": 10,
    "*": 20,
    "/": 20,
    "@": 20,
    "//": 20,
    "%": 20,
    "neg": 30,
    "**": 40,
    "call": 50,
    "atom": 60,
}

#: a record's template for an operator between two operands
INFIX = re.compile(r"\{([01])\} (\S+) \{[01]\}$")

#: literals longer than this are not written out
MOST_ELEMENTS = 64


@dataclass(frozen=True, slots=True)
class Formula:
    """Text with the strength of its outermost operator.

    one, zero   every element is known to be 1 (0): factors and terms that can be left out
    complete    nothing in it had to be abbreviated: pasted back, it runs
    """

    text: str
    strength: int = STRENGTH["atom"]
    one: bool = False
    zero: bool = False
    complete: bool = True
    shape: tuple[int, ...] | None = None

    def inside(self, strength: int) -> str:
        """The text as an operand of an operator of this strength."""
        return self.text if self.strength >= strength else f"({self.text})"


def of_number(value: Any) -> Formula:
    text = repr(value)
    strength = STRENGTH["neg"] if text.startswith("-") else STRENGTH["atom"]
    return Formula(text, strength, one=value == 1, zero=value == 0, shape=())


def of_literal(t: Tensor) -> Formula:
    """A tensor's values written out; too many are abbreviated."""
    shape = t.spec.shape
    if t.is_meta:
        return Formula("…", complete=False, shape=shape)
    values = t.array
    one = values.size > 0 and bool(np.all(values == 1))
    zero = values.size > 0 and bool(np.all(values == 0))
    if (one or zero) and t.dtype.is_floating_point:
        name = "ones" if one else "zeros"
        sizes = ", ".join(map(str, shape)) if shape else "()"
        extra = "" if t.dtype.name == "float32" else f", dtype={t.dtype.name}"
        return Formula(f"{name}({sizes}{extra})", one=one, zero=zero, shape=shape)
    if values.size > MOST_ELEMENTS:
        return Formula("…", complete=False, shape=shape)
    extra = "" if t.dtype.name in ("float32", "int64", "bool") else f", dtype={t.dtype.name}"
    return Formula(f"tensor({_exact(values)}{extra})", shape=shape)


def _exact(values: np.ndarray[Any, Any]) -> str:
    """Numbers with as many digits as it takes to read the same value back."""
    if values.ndim == 0:
        number = values[()]
        return (
            repr(number.item()) if number.dtype.kind in "biuc" or number.dtype.itemsize == 8 else str(number)
        )
    return "[" + ", ".join(_exact(row) for row in values) + "]"


def of_call(op: Op, args: tuple[Any, ...], formulas: list[Any], shape: tuple[int, ...] | None) -> Formula:
    """The operation applied to formulas (for tensors) and plain arguments."""
    complete = all(f.complete for f in _flat(formulas))
    simple = _simplified(op.name, formulas, shape)
    if simple is not None:
        return simple
    infix = INFIX.match(op.formula or "")
    if infix is not None and infix[2] in STRENGTH and _plain(op, args):
        sign = infix[2]
        strength = STRENGTH[sign]
        left, right = formulas[:2] if infix[1] == "0" else formulas[1::-1]
        if sign == "**":
            text = f"{left.inside(strength + 1)} ** {right.inside(STRENGTH['neg'])}"
        else:
            text = f"{left.inside(strength)} {sign} {right.inside(strength + 1)}"
        return Formula(text, strength, complete=complete, shape=shape)
    if op.name == "neg":
        return Formula(
            f"-{formulas[0].inside(STRENGTH['neg'])}", STRENGTH["neg"], complete=complete, shape=shape
        )
    return Formula(_call_text(op, formulas), STRENGTH["call"], complete=complete, shape=shape)


def _flat(formulas: list[Any]) -> list[Formula]:
    found: list[Formula] = []
    for f in formulas:
        if isinstance(f, Formula):
            found.append(f)
        elif isinstance(f, list):
            found.extend(f)
    return found


def _plain(op: Op, args: tuple[Any, ...]) -> bool:
    """Whether every argument after the operands has its default."""
    return all(a == p.default for a, p in zip(args[2:], op.schema.parameters[2:], strict=True))


def _simplified(name: str, formulas: list[Any], shape: tuple[int, ...] | None) -> Formula | None:
    operands = [f for f in formulas[:2] if isinstance(f, Formula)]
    if len(operands) == 2:
        left, right = operands
        if name == "mul":
            for one, other in ((left, right), (right, left)):
                if one.one and other.shape == shape:
                    return other
            if left.zero or right.zero:
                return Formula("0", zero=True, shape=shape)
        elif name == "add":
            if left.zero and right.shape == shape:
                return right
            if right.zero and left.shape == shape:
                return left
            if left.text == right.text and left.shape == right.shape:
                return Formula(
                    f"2 * {left.inside(STRENGTH['*'])}", STRENGTH["*"], complete=left.complete, shape=shape
                )
        elif name in ("div", "pow") and right.one and left.shape == shape:
            return left
    if operands and name in (
        "expand",
        "Tensor.expand",
        "broadcast_to",
        "view",
        "Tensor.view",
        "reshape",
        "permute",
        "transpose",
        "t",
        "squeeze",
        "unsqueeze",
    ):
        first = operands[0]
        if (first.one or first.zero) and shape is not None:
            sizes = ", ".join(map(str, shape)) if shape else "()"
            name = "ones" if first.one else "zeros"
            return Formula(f"{name}({sizes})", one=first.one, zero=first.zero, shape=shape)
    return None


def _call_text(op: Op, formulas: list[Any]) -> str:
    """`name(args)` or `x.name(args)` as the operation's public names have it; defaults are left out."""
    public = [n for n in op.names if not n.startswith("torch._")]
    plain = next((n.removeprefix("torch.") for n in public if n.startswith("torch.")), None)
    method = next((n.removeprefix("Tensor.") for n in public if n.startswith("Tensor.")), None)
    qualified = next(
        (n.replace("nn.functional.", "F.") for n in public if n[:1].islower() and "." in n), None
    )
    name = plain or (None if method else qualified)
    parts: list[str] = []
    rest = list(zip(op.schema.parameters, formulas, strict=True))
    head = ""
    if name is None and method is not None:
        first = rest.pop(0)[1]
        head = first.inside(STRENGTH["call"]) + "."
        name = method
    skipped = False
    for parameter, value in rest:
        if not isinstance(value, Formula | list) and not parameter.required and value == parameter.default:
            skipped = True
            continue
        text = _argument(value)
        parts.append(f"{parameter.name}={text}" if skipped or parameter.keyword_only else text)
    return f"{head}{name or op.name}({', '.join(parts)})"


def _argument(value: Any) -> str:
    if isinstance(value, Formula):
        return value.text
    if isinstance(value, list):
        return "[" + ", ".join(f.text for f in value) + "]"
    if isinstance(value, DType):
        return value.name
    return repr(value)


def arguments(op: Op, args: tuple[Any, ...], express: Any) -> list[Any]:
    """For each argument: the Formula of a tensor, a list of them, a number's, or the plain value."""
    found: list[Any] = []
    for i, a in enumerate(args):
        if isinstance(a, Tensor):
            found.append(express(a))
        elif i in op.lists:
            found.append([express(t) for t in a])
        elif i in op.tensors and type(a) in NUMBERS:
            found.append(of_number(a))
        else:
            found.append(a)
    return found
