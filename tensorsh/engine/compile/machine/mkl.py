"""Functions of one float32 number as MKL computes them: `numerics.mkl_functions` and `mkl_tanh` as instructions."""

from __future__ import annotations

import math

from ...numerics import mkl_functions as functions
from ...numerics import mkl_tanh as tanhs
from .code import Code, literal

KIND = "float"
#: of e^r, |r| ≤ log 2 / 2, in double
TAYLOR = [1 / math.factorial(k) for k in range(13, -1, -1)]


def number(value: float) -> str:
    return literal(float(value), KIND)


def exp(c: Code, x: str, table: str) -> str:
    """`mkl_functions.mkl_exp`, step by step; `table` is where its `powers` are."""
    size = c.intrinsic("fabs", KIND, x)
    usual = c.compare("ole", KIND, size, number(functions.WIDEST))
    found = usual_exp(c, c.select(KIND, usual, x, number(0)), table)
    return c.select(KIND, usual, found, _wide_exp(c, x))


def usual_exp(c: Code, x: str, table: str) -> str:
    """The same of an argument whose result is a normal number."""
    k = c.intrinsic("rint", KIND, c.binary("fmul", KIND, x, number(functions.PER_LOG_2)))
    r = c.binary("fsub", KIND, x, c.binary("fmul", KIND, k, number(functions.STEP)))
    r = c.binary("fsub", KIND, r, c.binary("fmul", KIND, k, number(functions.REST)))
    square = c.binary("fmul", KIND, c.binary("fmul", KIND, r, r), number(0.5))
    r = c.binary("fadd", KIND, r, square)
    n = c.add(f"fptosi {KIND} {k} to i32")
    at = c.binary("and", "i32", n, str((1 << functions.PARTS) - 1))
    t = _entry(c, table, at)
    lacking = _entry(c, table, c.binary("add", "i32", at, str(1 << functions.PARTS)))
    r = c.binary("fadd", KIND, c.binary("fadd", KIND, c.binary("fmul", KIND, r, t), lacking), t)
    exponent = c.binary("shl", "i32", c.binary("ashr", "i32", n, str(functions.PARTS)), "23")
    return c.bits(c.binary("add", "i32", c.bits(r, KIND, "i32"), exponent), "i32", KIND)


def _entry(c: Code, table: str, index: str) -> str:
    at = c.add(f"zext i32 {index} to i64")
    return c.load(functions.FLOAT32, c.address(KIND, table, at))


def _wide_exp(c: Code, x: str) -> str:
    """e^x in double, rounded once."""
    kind = "double"
    wide = c.cast(x, KIND, kind)
    for how, bound in (("olt", -110), ("ogt", 100)):  # 0 and infinity beyond
        wide = c.select(kind, c.compare(how, kind, wide, literal(bound, kind)), literal(bound, kind), wide)
    shifter = literal(1.5 * 2**52, kind)
    shifted = c.binary("fadd", kind, c.binary("fmul", kind, wide, literal(1 / math.log(2), kind)), shifter)
    n = c.binary("fsub", kind, shifted, shifter)
    r = c.binary("fsub", kind, wide, c.binary("fmul", kind, n, literal(math.log(2), kind)))
    p = literal(TAYLOR[0], kind)
    for each in TAYLOR[1:]:
        p = c.binary("fadd", kind, c.binary("fmul", kind, p, r), literal(each, kind))
    exponent = c.binary("shl", "i64", c.bits(shifted, kind, "i64"), "52")
    scaled = c.bits(c.binary("add", "i64", c.bits(p, kind, "i64"), exponent), "i64", kind)
    found = c.cast(scaled, kind, KIND)
    return c.select(KIND, c.compare("uno", KIND, x, x), x, found)


def log(c: Code, x: str) -> str:
    """`mkl_functions.mkl_log`, step by step."""
    tiny = c.compare("olt", KIND, x, number(functions.NORMAL))
    scaled = c.select(KIND, tiny, c.binary("fmul", KIND, x, number(functions.DENORMAL)), x)
    bits = c.bits(scaled, KIND, "i32")
    e = c.binary("sub", "i32", bits, str(functions.TWO_THIRDS))
    e = c.binary("ashr", "i32", e, "23")
    r = c.bits(c.binary("sub", "i32", bits, c.binary("shl", "i32", e, "23")), "i32", KIND)
    r = c.binary("fsub", KIND, r, number(1))
    first, *others = functions.LOG_POLYNOMIAL
    p = number(first)
    for each in others:
        p = c.binary("fadd", KIND, c.binary("fmul", KIND, p, r), number(each))
    p = c.binary("fsub", KIND, c.binary("fmul", KIND, p, r), number(0.5))
    p = c.binary("fmul", KIND, c.binary("fmul", KIND, p, r), r)
    p = c.binary("fadd", KIND, p, r)
    e = c.binary("sub", "i32", e, c.select("i32", tiny, str(functions.DENORMAL_BITS), "0"))
    power = c.add(f"sitofp i32 {e} to {KIND}")
    for part in (functions.LOG_2_REST, functions.LOG_2):
        p = c.binary("fadd", KIND, p, c.binary("fmul", KIND, power, number(part)))
    p = c.select(KIND, c.compare("ogt", KIND, x, number(0)), p, number(math.nan))
    p = c.select(KIND, c.compare("oeq", KIND, x, number(0)), number(-math.inf), p)
    return c.select(KIND, c.compare("oeq", KIND, x, number(math.inf)), x, p)


def sin(c: Code, x: str) -> str:
    """`mkl_functions.mkl_sin` of an angle that is not too large, step by step."""
    wide = c.cast(x, KIND, "double")
    n = c.intrinsic("rint", "double", c.binary("fmul", "double", wide, _double(1 / math.pi)))
    return _unless_zero(c, x, _sine(c, wide, n, n), x)


def cos(c: Code, x: str) -> str:
    """`mkl_functions.mkl_cos` of an angle that is not too large, step by step."""
    wide = c.cast(x, KIND, "double")
    turns = c.binary("fsub", "double", c.binary("fmul", "double", wide, _double(1 / math.pi)), _double(0.5))
    n = c.intrinsic("rint", "double", turns)
    turns, sign = (c.binary("fadd", "double", n, _double(more)) for more in (0.5, 1.0))
    return _unless_zero(c, x, _sine(c, wide, turns, sign), number(1))


def _double(value: float) -> str:
    return literal(value, "double")


def _unless_zero(c: Code, x: str, found: str, otherwise: str) -> str:
    return c.select(KIND, c.compare("oeq", KIND, x, number(0)), otherwise, c.cast(found, "double", KIND))


def _sine(c: Code, x: str, turns: str, sign: str) -> str:
    """`mkl_functions._sine`."""

    def step(how: str, a: str, b: str) -> str:
        return c.binary(how, "double", a, b)

    r = step("fsub", x, step("fmul", turns, _double(functions.PI)))
    r = step("fsub", r, step("fmul", turns, _double(functions.PI_REST)))
    square = step("fmul", r, r)
    first, *others = functions.SINE_POLYNOMIAL
    p = step("fmul", square, _double(first))
    for each in others:
        p = step("fmul", step("fadd", p, _double(each)), square)
    p = step("fadd", step("fmul", p, r), r)
    half = step("fmul", sign, _double(0.5))
    odd = step("fsub", half, c.intrinsic("floor", "double", half))
    return step("fmul", p, step("fadd", step("fmul", odd, _double(-4.0)), _double(1.0)))


def tanh(c: Code, x: str, table: str) -> str:
    """`mkl_tanh.mkl_tanh`, step by step; `table` is where its `TABLE` is."""
    size = c.intrinsic("fabs", KIND, x)
    size = c.select(
        KIND, c.compare("ogt", KIND, size, number(tanhs.SATURATED)), number(tanhs.SATURATED), size
    )
    which = c.binary(
        "sub", "i32", c.binary("lshr", "i32", c.bits(size, KIND, "i32"), str(tanhs.SHIFT)), str(tanhs.FIRST)
    )
    which = c.select("i32", c.compare("slt", "i32", which, "0"), "0", which)
    last = str(len(tanhs.TABLE) - 1)
    which = c.select("i32", c.compare("sgt", "i32", which, last), last, which)  # of what is no number
    row = c.binary("shl", "i64", c.add(f"zext i32 {which} to i64"), "3")

    def entry(k: int) -> str:
        return c.load(tanhs.FLOAT64, c.address("double", table, c.binary("add", "i64", row, str(k))))

    t = c.binary("fsub", "double", c.cast(size, KIND, "double"), entry(0))
    total, power = entry(1), ""
    for k in range(1, 7):
        power = c.binary("fmul", "double", power, t) if power else t
        total = c.binary("fadd", "double", total, c.binary("fmul", "double", power, entry(k + 1)))
    return c.intrinsic("copysign", KIND, c.cast(total, "double", KIND), x)
