"""Error functions, the gamma function and its family, logit, entropy, the zeta function.

The values are SciPy's, which is imported when the first of them is called; where PyTorch differs at an
edge (an infinity, a pole), the kernel says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.apply import apply
from ..engine.op import composite, op, registry
from ..errors import GradientError, ValueError
from .elementwise import not_implemented, numbered, unary, where
from .rounding import floats_only
from .rules import broadcast

SQRT_PI = math.sqrt(math.pi)


def scipy(name: str) -> Callable[..., Any]:
    """SciPy's special function of this name, looked up when it is called."""

    def kernel(*arguments: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(*arguments)

    return kernel


def real_floats(kernel: str, half: bool = True) -> Callable[..., Any]:
    """The rule of special functions: of real numbers; some have no 16-bit form."""

    def infer(*inputs):
        out = broadcast(*inputs)
        if out.dtype.is_complex or (out.dtype.is_half and not half):
            raise not_implemented(kernel, out)
        return out

    return infer


def no_derivative(of: str) -> GradientError:
    """PyTorch's error for what it has no derivative of."""
    return GradientError(f"the derivative for '{of}' is not implemented.", code="derivative-not-implemented")


# ------------------------------------------------------------------ error functions

unary(
    "erf",
    scipy("erf"),
    """The error function: 2/√π times the integral of exp(-t²) from 0 to each element.

    >>> erf([0., 1.])
    tensor([0.0000, 0.8427])
    """,
    lambda grad, input: grad * ((input * input) * -1).exp() * (2 / SQRT_PI),
    aliases=("special.erf",),
    infer=real_floats("erf_vml_cpu"),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "erfc",
    scipy("erfc"),
    """1 - erf(input), accurate where erf is near 1.

    >>> erfc([0., 1.])
    tensor([1.0000, 0.1573])
    """,
    lambda grad, input: grad * ((input * input) * -1).exp() * (-2 / SQRT_PI),
    aliases=("special.erfc",),
    infer=real_floats("erfc_vml_cpu"),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "erfinv",
    scipy("erfinv"),
    """The inverse of erf on (-1, 1).

    >>> erfinv([0., 0.5])
    tensor([0.0000, 0.4769])
    """,
    lambda grad, input: grad * input.erfinv().square().exp() * (SQRT_PI / 2),
    aliases=("special.erfinv",),
    infer=real_floats("erfinv_vml_cpu"),
    sample=([-0.5, 0.0, 0.9],),
)
unary(
    "special.erfcx",
    scipy("erfcx"),
    """exp(x²) · erfc(x) of each element x, without overflow.

    >>> special.erfcx([0., 10.])
    tensor([1.0000, 0.0561])
    """,
    lambda grad, input, output: (input * output * 2 - 2 / SQRT_PI) * grad,
    infer=real_floats("erfcx_cpu", half=False),
    sample=([-1.0, 0.0, 2.0],),
)

# ------------------------------------------------------------------ the normal distribution

unary(
    "special.ndtr",
    scipy("ndtr"),
    """The normal distribution function: the probability of a value below each element.

    >>> special.ndtr([0., 1.])
    tensor([0.5000, 0.8413])
    """,
    lambda grad, input: grad * (input * input * -0.5).exp() * (1 / math.sqrt(2 * math.pi)),
    infer=real_floats("erf_vml_cpu"),
    grad_fn="MulBackward1",
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "special.ndtri",
    scipy("ndtri"),
    """The inverse of the normal distribution function on (0, 1).

    >>> special.ndtri([0.5, 0.8413])
    tensor([0.0000, 0.9998])
    """,
    lambda grad, output: grad * (output * output / 2).exp() * math.sqrt(2 * math.pi),
    infer=real_floats("ndtri_cpu", half=False),
    sample=([0.1, 0.5, 0.8],),
)
unary(
    "special.log_ndtr",
    scipy("log_ndtr"),
    """The logarithm of the normal distribution function, accurate far to the left.

    >>> special.log_ndtr([0., -10.])
    tensor([ -0.6931, -53.2313])
    """,
    lambda grad, input: grad / registry["special.erfcx"](input / -math.sqrt(2.0)) * math.sqrt(2 / math.pi),
    infer=real_floats("log_ndtr_cpu", half=False),
    sample=([-1.0, 0.0, 2.0],),
)

# ------------------------------------------------------------------ logit, entropy


def logit_kernel(x, eps):
    """log(z / (1 - z)) of x, moved into [eps, 1 - eps] first."""
    if eps is not None and eps >= 0:
        low, high = x.dtype.type(eps), x.dtype.type(1) - x.dtype.type(eps)
        x = np.where(x < low, low, np.where(x > high, high, x))
    return np.log(x / (1 - x))


@op(
    "logit(Tensor input, float? eps=None)",
    infer=lambda input, eps: real_floats("logit_cpu")(input),
    promote="float",
    inplace=True,
    names=("torch.logit", "Tensor.logit", "special.logit"),
    sample=([0.1, 0.5, 0.8],),
)
def logit(x, eps):
    """log(input / (1 - input)), the inverse of sigmoid; `eps` keeps input within [eps, 1 - eps].

    >>> logit([0.5, 0.9])
    tensor([0.0000, 2.1972])
    """
    return logit_kernel(x, eps)


@logit.derivative("input")
def _(grad, input, eps):
    slope = grad / (input * (1 - input))
    if eps is None or eps < 0:
        return where((input >= 0) & (input <= 1), slope, math.nan)
    return where((input >= eps) & (input <= 1 - eps), slope, 0.0)


unary(
    "special.entr",
    scipy("entr"),
    """The entropy of each element: -x · log(x), 0 at 0, -inf below.

    >>> special.entr([0., 0.5, -1.])
    tensor([0.0000, 0.3466,   -inf])
    """,
    lambda grad, input: grad * (input.log() * -1 - 1),
    infer=real_floats("entr_cpu"),
    sample=([0.1, 0.5, 2.0],),
)

# ------------------------------------------------------------------ the gamma function


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
    sample=([0.5, 1.5, 3.0],),
)
digamma = unary(
    "digamma",
    scipy("psi"),
    """The derivative of lgamma.

    >>> digamma([1., 5.])
    tensor([-0.5772,  1.5061])
    """,
    lambda grad, input: grad * polygamma(1, input),
    aliases=("special.digamma", "special.psi"),
    infer=real_floats("digamma"),
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
        return scipy("psi")(x)
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
        raise ValueError("polygamma(n, x) does not support negative n.", help="n counts derivatives")
    return real_floats("digamma" if n == 0 else "trigamma" if n == 1 else "polygamma")(input)


@op(
    "polygamma(Tensor input, int n)",
    infer=polygamma_spec,
    promote="float",
    inplace=True,
    names=("Tensor.polygamma",),
    sample=([0.5, 1.5, 3.0], 1),
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


def mvlgamma_spec(input, p):
    if p < 1:
        raise ValueError("p has to be greater than or equal to 1")
    return real_floats("arange_cpu")(input)


@op(
    "mvlgamma(Tensor input, int p)",
    infer=mvlgamma_spec,
    promote="float",
    inplace=True,
    names=("torch.mvlgamma", "Tensor.mvlgamma", "special.multigammaln"),
    sample=([2.5, 3.5], 3),
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
    promote="float",
    grad_fn=numbered("SpecialZeta"),
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
