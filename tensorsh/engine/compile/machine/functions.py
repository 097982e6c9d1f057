"""Functions of one float32 number, as instructions that LLVM makes vectors of.

Polynomials and reductions of the argument are those of Cephes (S. Moshier, expf, logf, tanhf); errors stay below two
units of the last place, erf's below four.
"""

from __future__ import annotations

import math

from ...numerics import vector_exp as vectors
from ...numerics import vector_expm1 as narrow
from ...numerics import vector_log as logs
from ...numerics import vector_sqrt as roots
from ...numerics.erf_polynomial import NORMAL_P, P
from .code import Code, literal

KIND = "float"


def number(value: float) -> str:
    return literal(value, KIND)


def polynomial(c: Code, x: str, coefficients: tuple[float, ...]) -> str:
    """By Horner's rule, the highest power first."""
    first, *rest = coefficients
    found = number(first)
    for each in rest:
        found = c.fma(KIND, found, x, number(each))
    return found


def exp(c: Code, x: str) -> str:
    """2ⁿ · e^r with n = round(x / ln 2)."""
    low, high = number(-104), number(89)  # 0 and infinity beyond
    x = c.select(KIND, c.compare("olt", KIND, x, low), low, x)
    x = c.select(KIND, c.compare("ogt", KIND, x, high), high, x)
    shifter = 1.5 * 2**23  # adding it rounds to an integer, which then stands in the low bits
    shifted = c.fma(KIND, x, number(1 / math.log(2)), number(shifter))
    n = c.binary("fsub", KIND, shifted, number(shifter))
    r = c.fma(KIND, n, number(-0.693359375), x)
    r = c.fma(KIND, n, number(2.12194440e-4), r)
    p = polynomial(
        c,
        r,
        (
            1.9875691500e-4,
            1.3981999507e-3,
            8.3334519073e-3,
            4.1665795894e-2,
            1.6666665459e-1,
            5.0000001201e-1,
        ),
    )
    p = c.fma(KIND, p, c.binary("fmul", KIND, r, r), r)
    p = c.binary("fadd", KIND, p, number(1))
    n = c.binary("sub", "i32", c.bits(shifted, KIND, "i32"), str(0x4B400000))
    return _scaled(c, p, n)


def vector_exp(c: Code, x: str) -> str:
    """`engine.numerics.vector_exp.exp`, step by step: each rounded as there."""
    for how, bound in (("olt", vectors.LEAST), ("ogt", vectors.GREATEST)):
        x = c.select(KIND, c.compare(how, KIND, x, number(bound)), number(bound), x)
    power = c.intrinsic("rint", KIND, c.binary("fmul", KIND, x, number(vectors.LOG2_E)))
    s = x
    for part in vectors.LOG_2_PARTS:
        s = fused(c, power, number(-part), s)
    first, *others = vectors.POLYNOMIAL
    p = number(first)
    for each in others:
        p = fused(c, p, s, number(each))
    square = c.binary("fmul", KIND, s, s)
    u = c.binary("fadd", KIND, fused(c, p, square, s), number(1))
    shifted = c.binary("fadd", KIND, power, number(1.5 * 2**23))
    return _scaled(c, u, c.binary("sub", "i32", c.bits(shifted, KIND, "i32"), str(0x4B400000)))


def fused(c: Code, a: str, b: str, plus: str) -> str:
    """a * b + plus, rounded once."""
    return c.intrinsic("fma", KIND, a, b, plus)


def add_scaled(c: Code, x: str, y: str, alpha: str) -> str:
    """x + alpha * y, rounded once."""
    return fused(c, y, alpha, x)


def add_product(c: Code, x: str, a: str, b: str, value: str) -> str:
    """x + value * a * b, of which the first product is rounded."""
    return fused(c, c.binary("fmul", KIND, a, value), b, x)


def lerp(c: Code, x: str, end: str, weight: str) -> str:
    """x + weight * (end - x), the way rounded."""
    return fused(c, c.binary("fsub", KIND, end, x), weight, x)


def plane_gradient(
    c: Code, grad: str, x: str, mean: str, share: str, slope: str, rstd: str, weight: str
) -> str:
    """((grad - share) - (x - mean) · slope) · rstd · weight."""
    centred = c.binary("fsub", KIND, mean, x)
    found = fused(c, centred, slope, c.binary("fsub", KIND, grad, share))
    return c.binary("fmul", KIND, c.binary("fmul", KIND, found, rstd), weight)


def passed(c: Code, grad: str, x: str, kind: str = KIND) -> str:
    """The gradient but zero where x is zero or less."""
    zero = literal(0, kind)
    return c.select(kind, c.compare("ole", kind, x, zero), zero, grad)


def welford(c: Code, x: str, mean: str, square: str, share: str) -> list[str]:
    """A step of `numerics.moments`."""
    delta = c.binary("fsub", KIND, x, mean)
    mean = fused(c, delta, share, mean)
    return [mean, fused(c, delta, c.binary("fsub", KIND, x, mean), square)]


def vector_log(c: Code, x: str) -> str:
    """`engine.numerics.vector_log.log`, step by step."""
    exponent = _log_exponent(c, x)
    shifted = c.binary("shl", "i32", exponent, "23")
    m = c.bits(c.binary("sub", "i32", c.bits(x, KIND, "i32"), shifted), "i32", KIND)
    found = _log_sum(c, exponent, c.binary("fsub", KIND, m, number(1)), 1, m)
    return c.select(KIND, c.compare("ueq", KIND, x, number(math.inf)), x, found)  # infinity and nan


def vector_log1p(c: Code, x: str) -> str:
    """`engine.numerics.vector_log.log1p`, step by step."""
    exponent = _log_exponent(c, c.binary("fadd", KIND, x, number(1)))
    bits = c.binary("shl", "i32", c.binary("sub", "i32", "127", exponent), "23")
    scale = c.bits(bits, "i32", KIND)
    m = fused(c, x, scale, c.binary("fsub", KIND, scale, number(1)))
    found = _log_sum(c, exponent, m, 2, m)
    beyond = c.binary("fadd", KIND, x, number(math.inf))
    return c.select(KIND, c.compare("ugt", KIND, x, number(logs.GREATEST)), beyond, found)


def vector_expm1(c: Code, x: str) -> str:
    """`engine.numerics.vector_expm1.expm1`, step by step."""
    power, t = _vector_exp_parts(c, _between(c, x, float(narrow.LEAST), float(narrow.GREATEST)))
    found = c.cast(_less_one(c, power, t), "double", KIND)
    found = c.select(KIND, c.compare("ogt", KIND, x, number(float(narrow.GREATEST))), number(math.inf), found)
    found = c.select(KIND, c.compare("olt", KIND, x, number(float(narrow.LEAST))), number(-1), found)
    return c.select(KIND, c.compare("oeq", KIND, x, number(0)), x, found)


def vector_tanh(c: Code, x: str) -> str:
    """`engine.numerics.vector_expm1.tanh`, step by step."""
    size = c.intrinsic("fabs", KIND, x)
    most = float(narrow.SATURATED + narrow.ONE)
    power, t = _vector_exp_parts(
        c, c.select(KIND, c.compare("ogt", KIND, size, number(most)), number(most), size)
    )
    t = _less_one(c, power, t)
    two = literal(2, "double")
    t = c.binary("fmul", "double", t, c.binary("fadd", "double", t, two))
    found = c.cast(c.binary("fdiv", "double", t, c.binary("fadd", "double", t, two)), "double", KIND)
    found = c.select(KIND, c.compare("ogt", KIND, size, number(float(narrow.SATURATED))), number(1), found)
    return c.intrinsic("copysign", KIND, found, x)


def _between(c: Code, x: str, least: float, most: float) -> str:
    """The nearest number of a range; what is none stays so."""
    x = c.select(KIND, c.compare("olt", KIND, x, number(least)), number(least), x)
    return c.select(KIND, c.compare("ogt", KIND, x, number(most)), number(most), x)


def _vector_exp_parts(c: Code, x: str) -> tuple[str, str]:
    """2^q and t, of which e^x is 2^q · (1 + t), as doubles."""

    def op(name: str, a: str, b: str) -> str:
        return c.binary(name, "double", a, b)

    q = c.intrinsic("rint", KIND, c.binary("fmul", KIND, x, number(float(narrow.LOG2_E))))
    s = c.cast(x, KIND, "double")
    for part in narrow.LOG_2_PARTS:
        s = op("fsub", s, c.cast(c.binary("fmul", KIND, q, number(float(part))), KIND, "double"))
    single = c.cast(c.cast(s, "double", KIND), KIND, "double")
    first, *others = (literal(float(each), "double") for each in narrow.POLYNOMIAL)
    p = first
    for each in others:
        p = c.cast(c.cast(op("fadd", op("fmul", p, single), each), "double", KIND), KIND, "double")
    t = op("fadd", op("fmul", s, p), literal(narrow.SIXTH, "double"))
    t = op("fadd", op("fmul", t, s), literal(0.5, "double"))
    t = op("fadd", op("fmul", op("fmul", t, s), s), s)
    exponent = c.add(f"fptosi double {c.cast(q, KIND, 'double')} to i64")
    bits = c.binary("shl", "i64", c.binary("add", "i64", exponent, "1023"), "52")
    return c.bits(bits, "i64", "double"), t


def _less_one(c: Code, power: str, t: str) -> str:
    """2^q · (1 + t) - 1."""
    rest = c.binary("fsub", "double", power, literal(1, "double"))
    return c.binary("fadd", "double", c.binary("fmul", "double", t, power), rest)


def silu(c: Code, x: str) -> str:
    """x / (1 + e^-x)."""
    e = vector_exp(c, c.add(f"fneg {KIND} {x}"))
    return c.binary("fdiv", KIND, x, c.binary("fadd", KIND, e, number(1)))


def silu_backward(c: Code, grad: str, x: str) -> str:
    """grad · s · (1 + x · (1 - s)), s = 1 / (1 + e^-x)."""
    e = vector_exp(c, c.add(f"fneg {KIND} {x}"))
    s = c.binary("fdiv", KIND, number(1), c.binary("fadd", KIND, e, number(1)))
    slope = fused(c, x, c.binary("fsub", KIND, number(1), s), number(1))
    return c.binary("fmul", KIND, c.binary("fmul", KIND, grad, s), slope)


def elu(c: Code, x: str, factor: str, scale: str, slope: str) -> str:
    """scale · x where that is positive, factor · (e^(slope · x) - 1) elsewhere."""
    below = c.binary("fmul", KIND, vector_expm1(c, c.binary("fmul", KIND, x, slope)), factor)
    return c.select(KIND, c.compare("ogt", KIND, x, number(0)), c.binary("fmul", KIND, x, scale), below)


def elu_backward(c: Code, grad: str, x: str, factor: str, scale: str, slope: str) -> str:
    e = vector_exp(c, c.binary("fmul", KIND, x, slope))
    below = c.binary("fmul", KIND, c.binary("fmul", KIND, c.binary("fmul", KIND, grad, slope), factor), e)
    return c.select(KIND, c.compare("ogt", KIND, x, number(0)), c.binary("fmul", KIND, grad, scale), below)


def log1p_exp(c: Code, x: str) -> str:
    """log(1 + e^x)."""
    return vector_log1p(c, vector_exp(c, x))


def softplus(c: Code, x: str, beta: str, threshold: str) -> str:
    """log(1 + e^(beta · x)) / beta; x itself where beta · x is above the threshold."""
    z = c.binary("fmul", KIND, x, beta)
    found = c.binary("fdiv", KIND, log1p_exp(c, z), beta)
    return c.select(KIND, c.compare("ogt", KIND, z, threshold), x, found)


def softplus_backward(c: Code, grad: str, x: str, beta: str, threshold: str) -> str:
    """grad · e / (e + 1), e = e^(beta · x)."""
    z = c.binary("fmul", KIND, x, beta)
    e = vector_exp(c, z)
    slope = c.binary("fdiv", KIND, c.binary("fmul", KIND, grad, e), c.binary("fadd", KIND, e, number(1)))
    return c.select(KIND, c.compare("ogt", KIND, z, threshold), grad, slope)


def mish_backward(c: Code, grad: str, x: str) -> str:
    """grad · (t + x · s · (1 - t²)), s = 1 / (1 + e^-x), t = tanh(log(1 + e^x))."""
    e = vector_exp(c, c.add(f"fneg {KIND} {x}"))
    s = c.binary("fdiv", KIND, number(1), c.binary("fadd", KIND, e, number(1)))
    t = vector_tanh(c, log1p_exp(c, x))
    rest = fused(c, c.add(f"fneg {KIND} {t}"), t, number(1))
    return c.binary("fmul", KIND, grad, fused(c, c.binary("fmul", KIND, x, s), rest, t))


def mish(c: Code, x: str) -> str:
    """x · tanh(log(1 + e^x))."""
    return c.binary("fmul", KIND, x, vector_tanh(c, log1p_exp(c, x)))


def _log_exponent(c: Code, x: str) -> str:
    scaled = c.binary("fmul", KIND, x, number(float(logs.TO_ONE)))
    return c.binary("sub", "i32", c.binary("ashr", "i32", c.bits(scaled, KIND, "i32"), "23"), "127")


def _log_sum(c: Code, exponent: str, above: str, one: float, below: str) -> str:
    """The logarithm from the exponent and q = above / (one + below)."""

    def wide(a: str) -> str:
        return c.cast(a, KIND, "double")

    divisor = c.binary("fadd", KIND, below, number(one))
    q = c.binary("fmul", KIND, above, c.binary("fdiv", KIND, number(1), divisor))
    square = c.binary("fmul", KIND, q, q)
    first, *others = logs.POLYNOMIAL
    p = number(first)
    for each in others:
        p = fused(c, p, square, number(each))
    total = c.binary(
        "fdiv", "double", wide(above), c.binary("fadd", "double", wide(below), literal(one, "double"))
    )
    total = c.binary("fmul", "double", total, literal(2, "double"))
    power = c.binary(
        "fmul", "double", c.add(f"sitofp i32 {exponent} to double"), literal(logs.LOG_2, "double")
    )
    last = c.binary("fmul", KIND, c.binary("fmul", KIND, square, q), p)
    total = c.binary("fadd", "double", c.binary("fadd", "double", total, power), wide(last))
    return c.cast(total, "double", KIND)


def vector_sqrt(c: Code, x: str, table: str) -> str:
    """`engine.numerics.vector_sqrt.sqrt`, step by step; `table` is where its `fractions` are."""
    upper = c.binary("lshr", "i32", c.bits(x, KIND, "i32"), str(roots.LOST))
    known = c.compare("ult", "i32", c.binary("sub", "i32", upper, str(roots.FIRST)), str(roots.COUNT))
    place = c.add(f"zext i32 {c.binary('and', 'i32', upper, '8191')} to i64")
    fraction = c.bits(c.load(roots.FLOAT32, c.address(KIND, table, place)), KIND, "i32")
    exponent = c.binary("sub", "i32", str(roots.EXPONENT), c.binary("lshr", "i32", upper, "12"))
    exponent = c.binary("sub", "i32", c.binary("lshr", "i32", exponent, "1"), "1")
    g = c.bits(c.binary("or", "i32", c.binary("shl", "i32", exponent, "23"), fraction), "i32", KIND)
    s = c.binary("fmul", KIND, x, g)
    s = c.binary("fadd", KIND, s, s)
    error = c.binary("fsub", KIND, number(0.5), c.binary("fmul", KIND, s, g))
    s, g = (c.binary("fadd", KIND, each, c.binary("fmul", KIND, each, error)) for each in (s, g))
    rest = c.binary("fsub", KIND, x, c.binary("fmul", KIND, s, s))
    found = c.binary("fadd", KIND, c.binary("fmul", KIND, rest, g), s)
    return c.select(KIND, known, found, c.intrinsic("sqrt", KIND, x))


def _scaled(c: Code, x: str, n: str) -> str:
    """x · 2ⁿ; 2ⁿ in two factors, which reach below the normal numbers."""
    half = c.binary("ashr", "i32", n, "1")
    for part in (half, c.binary("sub", "i32", n, half)):
        exponent = c.binary("shl", "i32", c.binary("add", "i32", part, "127"), "23")
        x = c.binary("fmul", KIND, x, c.bits(exponent, "i32", KIND))
    return x


def log(c: Code, x: str) -> str:
    """n · ln 2 + log(m), m between √½ and √2."""
    tiny = c.compare("olt", KIND, x, number(2.0**-126))
    scaled = c.select(KIND, tiny, c.binary("fmul", KIND, x, number(2.0**23)), x)
    bits = c.bits(scaled, KIND, "i32")
    n = c.binary("ashr", "i32", c.binary("sub", "i32", bits, str(0x3F3504F3)), "23")
    m = c.bits(c.binary("sub", "i32", bits, c.binary("shl", "i32", n, "23")), "i32", KIND)
    n = c.binary("sub", "i32", n, c.select("i32", tiny, "23", "0"))
    n = c.add(f"sitofp i32 {n} to {KIND}")
    f = c.binary("fsub", KIND, m, number(1))
    square = c.binary("fmul", KIND, f, f)
    p = polynomial(
        c, f,
        (7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
         -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
    )  # fmt: skip
    p = c.binary("fmul", KIND, c.binary("fmul", KIND, p, f), square)
    p = c.fma(KIND, n, number(-2.12194440e-4), p)
    p = c.fma(KIND, square, number(-0.5), p)
    p = c.fma(KIND, n, number(0.693359375), c.binary("fadd", KIND, f, p))
    p = c.select(KIND, c.compare("ogt", KIND, x, number(0)), p, number(math.nan))
    p = c.select(KIND, c.compare("oeq", KIND, x, number(0)), number(-math.inf), p)
    return c.select(KIND, c.compare("oeq", KIND, x, number(math.inf)), x, p)


def log1p(c: Code, x: str) -> str:
    """log(u) · x / (u - 1) of u = 1 + x, as rounded: its error and that of u - 1 cancel."""
    u = c.binary("fadd", KIND, x, number(1))
    exact = c.binary("fsub", KIND, u, number(1))
    found = c.binary("fmul", KIND, log(c, u), c.binary("fdiv", KIND, x, exact))
    found = c.select(KIND, c.compare("oeq", KIND, exact, number(0)), x, found)
    return c.select(KIND, c.compare("ueq", KIND, x, number(math.inf)), x, found)  # infinity and nan


def expm1(c: Code, x: str) -> str:
    """(u - 1) · x / log(u) of u = e^x, as rounded."""
    u = exp(c, x)
    less = c.binary("fsub", KIND, u, number(1))
    found = c.binary("fmul", KIND, less, c.binary("fdiv", KIND, x, log(c, u)))
    found = c.select(KIND, c.compare("oeq", KIND, less, number(0)), x, found)
    far = c.compare("ogt", KIND, c.intrinsic("fabs", KIND, x), number(80))
    return c.select(KIND, far, less, found)


def tanh(c: Code, x: str) -> str:
    """1 - 2 / (e^(2|x|) + 1), a polynomial near 0."""
    size = c.intrinsic("fabs", KIND, x)
    square = c.binary("fmul", KIND, x, x)
    p = polynomial(
        c, square,
        (-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1),
    )  # fmt: skip
    near = c.fma(KIND, c.binary("fmul", KIND, p, square), x, x)
    e = exp(c, c.binary("fadd", KIND, size, size))
    quotient = c.binary("fdiv", KIND, number(2), c.binary("fadd", KIND, e, number(1)))
    far = c.binary("fsub", KIND, number(1), quotient)
    far = c.intrinsic("copysign", KIND, far, x)
    return c.select(KIND, c.compare("olt", KIND, size, number(0.625)), near, far)


def erf(c: Code, x: str) -> str:
    """tanh(x · P(x²)), as `ops.elementwise.erf` has it."""
    return tanh(c, c.binary("fmul", KIND, x, polynomial(c, c.binary("fmul", KIND, x, x), P[::-1])))


def _cumulative(c: Code, x: str, square: str, odd: tuple[float, ...]) -> str:
    """(1 + tanh(u)) / 2 = 1 / (1 + e^(-2u)), where u is x times a polynomial in x²."""
    u = c.binary("fmul", KIND, polynomial(c, square, odd[::-1]), x)
    e = exp(c, c.binary("fmul", KIND, u, number(-2)))
    return c.binary("fdiv", KIND, number(1), c.binary("fadd", KIND, e, number(1)))


_TANH_SCALE = math.sqrt(2 / math.pi)
TANH_P = (_TANH_SCALE, _TANH_SCALE * 0.044715)


def gelu(c: Code, x: str, approximate: str) -> str:
    """x · Φ(x), of which a zero has no sign where PyTorch's has none."""
    square = c.binary("fmul", KIND, x, x)
    if approximate == "tanh":
        return c.binary("fmul", KIND, x, _cumulative(c, x, square, TANH_P))
    return c.binary("fadd", KIND, c.binary("fmul", KIND, x, _cumulative(c, x, square, NORMAL_P)), number(0))


def gelu_backward(c: Code, grad: str, x: str, approximate: str) -> str:
    """grad · (Φ + x · φ); of the tanh form, grad · Φ · (1 + 2 x (1 - Φ) u')."""
    square = c.binary("fmul", KIND, x, x)
    if approximate == "tanh":
        phi = _cumulative(c, x, square, TANH_P)
        slope = c.fma(KIND, square, number(6 * TANH_P[1]), number(2 * TANH_P[0]))
        rest = c.binary("fsub", KIND, number(1), phi)
        inner = c.binary("fmul", KIND, c.binary("fmul", KIND, x, slope), rest)
        factor = c.fma(KIND, phi, inner, phi)
    else:
        density = exp(c, c.binary("fmul", KIND, square, number(-0.5)))
        density = c.binary("fmul", KIND, density, number(1 / math.sqrt(2 * math.pi)))
        factor = c.fma(KIND, density, x, _cumulative(c, x, square, NORMAL_P))
    return c.binary("fmul", KIND, grad, factor)
