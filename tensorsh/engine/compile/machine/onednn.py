"""Functions of one float32 number as oneDNN's layers compute them: `numerics.onednn_functions` as instructions."""

from __future__ import annotations

from ...numerics import onednn_functions as functions
from .code import Code, literal

KIND = "float"


def number(value: float) -> str:
    return literal(float(value), KIND)


def fma(c: Code, a: str, b: str, plus: str) -> str:
    return c.intrinsic("fma", KIND, a, b, plus)


def negative(c: Code, x: str) -> str:
    return c.add(f"fneg {KIND} {x}")


def tanh(c: Code, x: str, table: str) -> str:
    """`onednn_functions.tanh`, step by step; `table` is where the polynomials are."""
    size = c.intrinsic("fabs", KIND, x)
    bits = c.bits(size, KIND, "i32")
    which = c.binary("ashr", "i32", c.binary("sub", "i32", bits, str(functions.FIRST)), str(functions.SHIFT))
    inside = c.compare("ult", "i32", which, "32")
    which = c.select("i32", inside, which, "0")
    shift = c.bits(c.binary("and", "i32", bits, str(functions.TELLING)), "i32", KIND)
    rest = c.binary("fsub", KIND, size, shift)
    found = ""
    for degree in range(6, -1, -1):
        at = c.add(f"zext i32 {c.binary('add', 'i32', which, str(32 * degree))} to i64")
        coefficient = c.load(functions.FLOAT32, c.address(KIND, table, at))
        found = fma(c, found, rest, coefficient) if found else coefficient
    found = c.select(KIND, c.compare("olt", KIND, size, number(functions.SATURATED)), found, number(1))
    found = c.select(KIND, c.compare("olt", KIND, size, number(functions.LINEAR)), size, found)
    return c.intrinsic("copysign", KIND, found, x)


def sigmoid(c: Code, x: str) -> str:
    """`onednn_functions.sigmoid`, step by step."""
    e = exp(c, negative(c, c.intrinsic("fabs", KIND, x)))
    e = c.binary("fdiv", KIND, e, c.binary("fadd", KIND, e, number(1)))
    below = c.compare("slt", "i32", c.bits(x, KIND, "i32"), "0")
    return c.select(KIND, below, e, c.binary("fsub", KIND, number(1), e))


def exp(c: Code, x: str) -> str:
    least, greatest = number(functions.LEAST), number(functions.GREATEST)
    zero = c.compare("olt", KIND, x, least)
    x = c.select(KIND, c.compare("olt", KIND, x, greatest), x, greatest)  # of what is no number, too
    x = c.select(KIND, c.compare("ogt", KIND, x, least), x, least)
    n = c.binary("fadd", KIND, c.binary("fmul", KIND, x, number(functions.LOG2_E)), number(0.5))
    n = c.intrinsic("floor", KIND, n)
    s = fma(c, n, number(-functions.LOG_2), x)
    first, *others = functions.EXPONENTIAL
    found = number(first)
    for each in others:
        found = fma(c, found, s, number(each))
    power = c.binary("add", "i32", c.add(f"fptosi {KIND} {n} to i32"), "126")
    power = c.select("i32", zero, "0", c.binary("shl", "i32", power, "23"))
    found = c.binary("fmul", KIND, found, c.bits(power, "i32", KIND))
    return c.binary("fmul", KIND, found, number(2))


#: of GELU: 1 / √2, 1 / √π, how fast t = 1 / (1 + p x) falls, the polynomial in t
ROOT, DENSITY, FALL = 0.7071067690849304, 0.5641895532608032, 0.3275911
ERROR = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


def gelu(c: Code, x: str) -> str:
    """`ops.activation.gelu_steps.forward`, step by step."""
    scaled = c.binary("fmul", KIND, x, number(ROOT))
    half = c.binary("fmul", KIND, x, number(0.5))
    return fma(c, _erf(c, scaled, _decay(c, scaled)), half, half)


def gelu_backward(c: Code, grad: str, x: str) -> str:
    """`ops.activation.gelu_steps.backward`, step by step."""
    scaled = c.binary("fmul", KIND, x, number(ROOT))
    decay = _decay(c, scaled)
    slope = c.binary("fmul", KIND, c.binary("fmul", KIND, scaled, number(DENSITY)), decay)
    factor = fma(c, _erf(c, scaled, decay), number(0.5), c.binary("fadd", KIND, slope, number(0.5)))
    return c.binary("fmul", KIND, grad, factor)


def _decay(c: Code, x: str) -> str:
    """e^(-x²)."""
    return exp(c, negative(c, c.binary("fmul", KIND, x, x)))


def _erf(c: Code, x: str, decay: str) -> str:
    """erf(x), with e^(-x²)."""
    size = c.intrinsic("fabs", KIND, x)
    t = c.binary("fdiv", KIND, number(1), fma(c, number(FALL), size, number(1)))
    first, *others = ERROR
    found = number(first)
    for each in others:
        found = fma(c, found, t, number(each))
    found = fma(c, found, negative(c, c.binary("fmul", KIND, decay, t)), number(1))
    below = c.compare("slt", "i32", c.bits(x, KIND, "i32"), "0")
    return c.select(KIND, below, negative(c, found), found)
