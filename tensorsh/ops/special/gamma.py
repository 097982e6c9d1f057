"""The gamma function and its family: log-gamma, its derivatives, incomplete ones; the zeta function."""

from __future__ import annotations

import math

import numpy as np

from ...engine.core import dtype as dt
from ...engine.records.op import composite, op
from ...engine.run.apply import apply
from ...errors import BadValue, DTypeError, GradientError
from ..elementwise.rounding import floats_only
from ..rules.families import numbered, one_tensor, unary
from .error_functions import real_floats, scipy


def no_derivative(of: str) -> Exception:
    """PyTorch's error for what it has no derivative of."""
    return GradientError(
        f"the derivative for '{of}' is not implemented.",
        raises=NotImplementedError,
        code="derivative-not-implemented",
    )


def lgamma_kernel(x):
    """SciPy's log|Γ|, which is infinite at both ends."""
    return np.where(np.isinf(x), np.abs(x), scipy("gammaln")(x))


lgamma = unary(
    "lgamma",
    lgamma_kernel,
    """The logarithm of |Γ(x)| of each element x.

    >>> lgamma([1., 5.])
    tensor([0.0000, 3.1781])
    """,
    lambda grad, input: grad * input.digamma(),
    aliases=("special.gammaln",),
    infer=real_floats("lgamma_vml_cpu"),
    inplace="method",
    sample=([0.5, 1.5, 3.0],),
)
#: the asymptotic series of digamma, the highest power first
DIGAMMA = (
    8.33333333333333333333e-2, -2.10927960927960927961e-2, 7.57575757575757575758e-3, -4.16666666666666666667e-3,
    3.96825396825396825397e-3, -8.33333333333333333333e-3, 8.33333333333333333333e-2,
)  # fmt: skip
DIGAMMA_OF_10 = 2.25175258906672110764


def digamma_kernel(x):
    """Steps up to 10, then the asymptotic series, each rounded as in PyTorch; below 0 by reflection."""
    x = np.asarray(x)
    below = x < 0
    with np.errstate(all="ignore"):
        found = _digamma_from_0(np.where(below, 1 - x, x))
        turned = math.pi / np.tan(math.pi * np.modf(x.astype(np.float64))[0])
        found = np.where(below, found - turned.astype(x.dtype), found)
        found = np.where(below & (x == np.trunc(x)), np.nan, found)
        return np.where(x == 0, np.copysign(np.inf, -x), found).astype(x.dtype)


def _digamma_from_0(x):
    number = x.dtype.type
    y, steps = x.copy("K"), np.zeros_like(x)
    while (low := y < 10).any():
        steps -= np.where(low, 1 / y, number(0))
        y += low
    z = 1 / (y * y)
    series = np.full_like(z, DIGAMMA[0])
    for coefficient in DIGAMMA[1:]:
        series = series * z + number(coefficient)
    logarithm = np.log(y.astype(np.float64)).astype(x.dtype)
    found = steps + logarithm - number(0.5) / y - np.where(y < 1e17, z * series, number(0))
    return np.where(y == 10, steps + number(DIGAMMA_OF_10), found)


def _digamma_gradient(grad, input):
    return grad * polygamma(1, input)


digamma = unary(
    "digamma",
    digamma_kernel,
    """The derivative of lgamma.

    >>> digamma([1., 5.])
    tensor([-0.5772,  1.5061])
    """,
    _digamma_gradient,
    aliases=("special.digamma", "special.psi"),
    infer=real_floats("digamma"),
    inplace="method",
    sample=([0.5, 1.5, 3.0],),
)


def trigamma(x):
    """Six steps up, then the asymptotic series; below 1/2 by reflection."""
    one = x.dtype.type(1)
    low = x < 0.5
    turned = np.sin(x.dtype.type(math.pi) * x)
    z = np.where(low, one - x, x)
    total = np.where(low, -(x.dtype.type(math.pi) ** 2) / (turned * turned), x.dtype.type(0))
    for _ in range(6):
        total = total + one / (z * z)
        z = z + one
    inverse = one / (z * z)
    seventh, thirtieth, forty_second = (x.dtype.type(v) for v in (1 / 6, 1 / 30, 1 / 42))
    total = (
        total
        + (one + one / (2 * z) + inverse * (seventh - inverse * (thirtieth - inverse * forty_second))) / z
    )
    return np.where(low, -total, total)


def polygamma_kernel(n, x):
    """(-1)ⁿ⁺¹ n! ζ(n + 1, x)."""
    if n == 0:
        return digamma_kernel(x)
    if n == 1:
        return trigamma(x)
    sign = 1.0 if n % 2 else -1.0
    with np.errstate(all="ignore"):
        return x.dtype.type(sign * math.exp(math.lgamma(n + 1.0))) * zeta_kernel(x.dtype.type(n + 1), x)


def zeta_kernel(s, q):
    """SciPy's Hurwitz zeta, which has a limit at q = inf where PyTorch's summation has none."""
    return np.where(np.isposinf(q) & np.greater(s, 1), np.asarray(q).dtype.type(np.nan), scipy("zeta")(s, q))


def polygamma_spec(input, n):
    if n < 0:
        raise BadValue("polygamma(n, x) does not support negative n.", help="n counts derivatives")
    return real_floats("digamma" if n == 0 else "trigamma" if n == 1 else "polygamma")(input)


@op(
    "polygamma(Tensor input, int n)",
    infer=polygamma_spec,
    promote="float",
    inplace=True,
    names=("Tensor.polygamma",),
    sample=([0.5, 1.5, 3.0], 1),
    elementwise=True,
)
def polygamma_method(x, n):
    """The n-th derivative of digamma.

    >>> x = [1., 5.]
    >>> x.polygamma(1)
    tensor([1.6449, 0.2213])
    """
    return polygamma_kernel(n, x)


@polygamma_method.derivative("input")
def _(grad, input, n):
    return grad * apply(polygamma_method, (input, n + 1))


@composite("polygamma(int n, Tensor input)", names=("torch.polygamma", "special.polygamma"))
def polygamma(n, input):
    """The n-th derivative of digamma.

    >>> polygamma(1, [1., 5.])
    tensor([1.6449, 0.2213])
    """
    return apply(polygamma_method, (input, n))


def no_bool(input, p):
    if input.dtype is dt.bool_:
        raise DTypeError("The input tensor may not be a boolean tensor.", help="convert it first: x.float()")


def mvlgamma_spec(input, p):
    if p < 1:
        raise BadValue("p has to be greater than or equal to 1")
    return real_floats("arange_cpu")(input)


@op(
    "mvlgamma(Tensor input, int p)",
    infer=mvlgamma_spec,
    check=no_bool,
    promote="float",
    inplace=True,
    names=("torch.mvlgamma", "Tensor.mvlgamma", "special.multigammaln"),
    sample=([2.5, 3.5], 3),
    elementwise=True,
)
def mvlgamma(x, p):
    """The logarithm of the multivariate gamma function of dimension p.

    >>> mvlgamma([3., 4.], 2)
    tensor([1.5502, 3.5651])
    """
    halves = np.arange(p, dtype=x.dtype) / -2
    constant = x.dtype.type(p * (p - 1) / 4 * math.log(math.pi))
    return lgamma_kernel(np.asarray(x)[..., None] + halves).sum(-1) + constant


@mvlgamma.derivative("input")
def _(grad, input, p):
    slope = input.digamma()
    for k in range(1, p):
        slope = slope + (input - k / 2).digamma()
    return grad * slope


def incomplete(name, alias, sign, doc):
    """The two incomplete gamma functions, which add up to 1."""
    record = op(
        f"{name}(Tensor input, Tensor other)",
        infer=floats_only(f"{name}_cpu"),
        promote="types",
        inplace=True,
        names=(f"torch.{name}", f"Tensor.{name}", f"special.{alias}"),
        doc=doc,
        elementwise=True,
    )(scipy(alias))

    @record.derivative("input")
    def _(grad):
        raise no_derivative(f"{name}: input")

    @record.derivative("other")
    def _(grad, input, other):
        return grad * ((input - 1) * other.log() - other - input.lgamma()).exp() * sign


incomplete(
    "igamma",
    "gammainc",
    1,
    """The lower regularised incomplete gamma function P(input, other).

    >>> igamma([4.], [3.])
    tensor([0.3528])
    """,
)
incomplete(
    "igammac",
    "gammaincc",
    -1,
    """The upper regularised incomplete gamma function Q(input, other) = 1 - P.

    >>> igammac([4.], [3.])
    tensor([0.6472])
    """,
)


@op(
    "special.zeta(Tensor|Number input, Tensor|Number other)",
    infer=real_floats("zeta_cpu", half=False),
    check=one_tensor("special.zeta"),
    promote="float",
    grad_fn=numbered("SpecialZeta"),
    elementwise=True,
)
def zeta(x, q):
    """The Hurwitz zeta function: the sum of 1 / (k + other) ** input over k = 0, 1, 2, …

    >>> special.zeta([2.], 1)
    tensor([1.6449])
    """
    return zeta_kernel(x, q)


@zeta.derivative("input")
def _(grad):
    raise no_derivative("zeta")


@zeta.derivative("other")
def _(grad, input, other):
    return grad * -input * zeta(input + 1, other)
