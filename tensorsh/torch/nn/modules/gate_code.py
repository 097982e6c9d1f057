"""`gate_functions` as instructions, and what an LSTM layer does to its gates in one step."""

from __future__ import annotations

from ....engine.compile.machine.code import Code, literal
from . import gate_functions as functions

KIND = "float"


def number(value: float) -> str:
    return literal(float(value), KIND)


def fma(c: Code, a: str, b: str, plus: str) -> str:
    return c.intrinsic("fma", KIND, a, b, plus)


def negative(c: Code, x: str) -> str:
    return c.add(f"fneg {KIND} {x}")


def tanh(c: Code, x: str, table: str) -> str:
    """`gate_functions.tanh`, step by step; `table` is where the polynomials are."""
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
    """`gate_functions.sigmoid`, step by step."""
    e = _exp(c, negative(c, c.intrinsic("fabs", KIND, x)))
    e = c.binary("fdiv", KIND, e, c.binary("fadd", KIND, e, number(1)))
    below = c.compare("slt", "i32", c.bits(x, KIND, "i32"), "0")
    return c.select(KIND, below, e, c.binary("fsub", KIND, number(1), e))


def _exp(c: Code, x: str) -> str:
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


def forward(c: Code, ins: list[str], tables: list[str]) -> list[str]:
    """From products, biases of the four gates and c to the gates, the next c and h."""
    sums = [c.binary("fadd", KIND, a, b) for a, b in zip(ins[:4], ins[4:8], strict=True)]
    i, f, o = (sigmoid(c, sums[k]) for k in (0, 1, 3))
    g = tanh(c, sums[2], tables[0])
    after = fma(c, i, g, c.binary("fmul", KIND, ins[8], f))
    return [i, f, g, o, after, c.binary("fmul", KIND, o, tanh(c, after, tables[0]))]


def backward(c: Code, ins: list[str], tables: list[str]) -> list[str]:
    """From the gates, both c, the gradients of the output, of h and of c to those of the gates and of c before."""

    def times(*factors: str) -> str:
        found, *others = factors
        for each in others:
            found = c.binary("fmul", KIND, found, each)
        return found

    i, f, g, o, before, after, grad_output, grad_h, grad_c = ins
    tanh_c = tanh(c, after, tables[0])
    dh = c.binary("fadd", KIND, grad_output, grad_h)
    one = number(1)
    dc = times(fma(c, negative(c, tanh_c), tanh_c, one), dh, o)
    dc = c.binary("fadd", KIND, dc, grad_c)
    of_i, of_f, of_o = (fma(c, negative(c, gate), gate, gate) for gate in (i, f, o))
    of_g = fma(c, negative(c, g), g, one)
    return [
        times(of_i, dc, g),
        times(of_f, dc, before),
        times(times(i, dc), of_g),
        times(of_o, dh, tanh_c),
        times(dc, f),
    ]
