"""What a step does to one element: the instructions for each function of NumPy and each kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import functions
from .code import TYPES, Code, literal
from .forms import Unknown

Emit = Callable[..., str]

#: functions of floats that are one instruction, or a function that LLVM knows
ARITHMETIC = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
#: of integers, which wrap around in both
INTEGERS = {"add": "add", "subtract": "sub", "multiply": "mul"}
KNOWN = {
    "sqrt": "sqrt", "absolute": "fabs", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "rint": "rint",
}  # fmt: skip
COMPARISONS = {
    "less": "olt", "less_equal": "ole", "greater": "ogt", "greater_equal": "oge", "equal": "oeq",
    "not_equal": "une",
}  # fmt: skip
LOGICAL = {"logical_and": "and", "logical_or": "or", "bitwise_and": "and", "bitwise_or": "or"}
#: functions of one float32
SINGLE: dict[str, Emit] = {
    "exp": functions.exp,
    "expm1": functions.expm1,
    "log": functions.log,
    "log1p": functions.log1p,
    "tanh": functions.tanh,
}


def ufunc(c: Code, function: Any, kind: str, args: list[str]) -> str:
    """A ufunc of numbers that all have the type `kind`."""
    name = function.__name__
    floats = kind in ("float", "double")
    if floats and name in ARITHMETIC:
        return c.binary(ARITHMETIC[name], kind, *args)
    if kind in ("i64", "i8") and name in INTEGERS:
        return c.binary(INTEGERS[name], kind, *args)
    if floats and name == "negative":
        return c.add(f"fneg {kind} {args[0]}")
    if name == "positive":
        return args[0]
    if floats and name in KNOWN:
        return c.intrinsic(KNOWN[name], kind, *args)
    if floats and name == "square":
        return c.binary("fmul", kind, args[0], args[0])
    if floats and name == "reciprocal":
        return c.binary("fdiv", kind, literal(1, kind), args[0])
    if floats and name in COMPARISONS:
        return c.compare(COMPARISONS[name], kind, *args)
    if floats and name in ("maximum", "minimum"):
        return extreme(c, name, kind, *args)
    if kind == "float" and name in SINGLE:
        return SINGLE[name](c, *args)
    if kind == "i1" and name in LOGICAL:
        return c.binary(LOGICAL[name], kind, *args)
    if kind == "i1" and name == "logical_not":
        return c.binary("xor", kind, args[0], "true")
    raise Unknown(f"{name} of {kind}")


def rounds_once(function: Any) -> bool:
    """Whether the instructions for a ufunc have the bits that NumPy has, whatever the numbers."""
    return function.__name__ not in SINGLE


def extreme(c: Code, name: str, kind: str, a: str, b: str) -> str:
    """The larger or smaller of two numbers, the second of equal ones (zeros may differ in sign); nan if one is."""
    chosen = c.compare("ogt" if name == "maximum" else "olt", kind, a, b)
    nan = c.compare("uno", kind, a, a)
    return c.select(kind, c.binary("or", "i1", chosen, nan), a, b)


# ------------------------------------------------------------------ kernels, by the name of the step
# each is given the types of its arguments and its result, and the arguments: texts of registers, or numbers


def _same(kinds: list[str], out: str) -> str:
    if out not in ("float", "double") or any(kind != out for kind in kinds):
        raise Unknown("a kernel of mixed dtypes")
    return out


def _masked(c: Code, kinds: list[str], out: str, below: str, above: str, mask: str) -> str:
    return c.select(out, mask, c.cast(above, kinds[1], out), c.cast(below, kinds[0], out))


def _passed(c: Code, kinds: list[str], out: str, grad: str, x: str) -> str:
    return functions.passed(c, grad, x, _same(kinds, out))


def added(c: Code, kinds: list[str], out: str, x: str, y: str, alpha: str) -> str:
    """x + alpha * y of float32, rounded once."""
    if _same(kinds[:2], out) != "float":
        raise Unknown("a product added in float64")
    wide = [c.cast(each, "float", "double") for each in (x, y, alpha)]
    product = c.binary("fmul", "double", wide[1], wide[2])
    return c.cast(c.binary("fadd", "double", wide[0], product), "double", "float")


def combined(c: Code, x: str, a: str, b: str) -> str:
    """x + a * b of float32 given as doubles, rounded once."""
    return c.cast(c.binary("fadd", "double", x, c.binary("fmul", "double", a, b)), "double", "float")


def _single(emit: Emit) -> Emit:
    def single(c: Code, kinds: list[str], out: str, *args: Any) -> str:
        if _same([kind for kind in kinds if kind], out) != "float":
            raise Unknown("a function of float64")
        return emit(c, *args)

    return single


KERNELS: dict[str, Emit] = {
    "cast_into": lambda c, kinds, out, x: c.cast(x, kinds[0], out),
    "added": added,
    "masked": _masked,
    "passed": _passed,
    "erf": _single(functions.erf),
    "gelu": _single(functions.gelu),
    "gelu_backward": _single(functions.gelu_backward),
}


#: kernels that copy one of their arguments, or a number in another dtype
CHOICES = frozenset({"cast_into", "masked", "passed"})


def has_code(label: str) -> bool:
    """Whether there is machine code for one element of a kernel as a whole."""
    return label in KERNELS


def result(function: Any, dtypes: list[Any], out: np.dtype[Any]) -> str:
    """The type that a ufunc computes with: its arguments are cast to it."""
    given = function.resolve_dtypes((*dtypes, None))
    kinds = {TYPES.get(d.name) for d in given[:-1]}
    kind = kinds.pop()
    if kinds or kind is None or given[-1].name not in TYPES or given[-1] != out:
        raise Unknown(f"{function.__name__} of {given[0]}")
    return kind
