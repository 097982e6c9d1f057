"""Error functions, the normal distribution, logit, entropy.

The values are SciPy's, which is imported when the first of them is called; where PyTorch differs at an
edge (an infinity, a pole), the kernel says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.numerics.mkl_functions import mkl_log
from ...engine.records.op import op, registry
from ..elementwise.erf import erf
from ..rules.families import not_implemented, unary, where
from ..rules.infer import broadcast

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


# ------------------------------------------------------------------ error functions

unary(
    "erf",
    erf,
    """The error function: 2/√π times the integral of exp(-t²) from 0 to each element.

    >>> erf([0., 1.])
    tensor([0.0000, 0.8427])
    """,
    lambda grad, input: ((input * input) * -1).exp() * (2 / SQRT_PI) * grad,
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
    lambda grad, input: ((input * input) * -1).exp() * (-2 / SQRT_PI) * grad,
    aliases=("special.erfc",),
    infer=real_floats("erfc_vml_cpu"),
    sample=([-1.0, 0.0, 2.0],),
)
unary(
    "erfinv",
    lambda x: np.where(x == 0, x, scipy("erfinv")(x)),  # a zero keeps its sign
    """The inverse of erf on (-1, 1).

    >>> erfinv([0., 0.5])
    tensor([0.0000, 0.4769])
    """,
    lambda grad, input: input.erfinv().square().exp() * (SQRT_PI / 2) * grad,
    aliases=("special.erfinv",),
    inplace="method",
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


def normal_density(grad, input):
    """exp(-x²/2) / sqrt(2π), by the steps of (1 + erf(x / sqrt(2))) / 2."""
    turned = input * math.sqrt(0.5)
    return ((turned * turned) * -1).exp() * (2 / SQRT_PI) * (grad * 0.5) * math.sqrt(0.5)


def normal_probability(x):
    """(1 + erf(x / sqrt(2))) / 2; the 16-bit types round each step."""
    if x.dtype.itemsize != 2:
        return (1 + scipy("erf")(x * x.dtype.type(math.sqrt(0.5)))) * x.dtype.type(0.5)
    turned = (x.astype(np.float32) * np.float32(math.sqrt(0.5))).astype(x.dtype)
    return (1 + scipy("erf")(turned.astype(np.float32)).astype(x.dtype)) * x.dtype.type(0.5)


unary(
    "special.ndtr",
    normal_probability,
    """The normal distribution function: the probability of a value below each element.

    >>> special.ndtr([0., 1.])
    tensor([0.5000, 0.8413])
    """,
    lambda grad, input: normal_density(grad, input),
    infer=real_floats("erf_vml_cpu"),
    half="native",
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
    return mkl_log(x / (1 - x))


@op(
    "logit(Tensor input, float? eps=None)",
    infer=lambda input, eps: real_floats("logit_cpu")(input),
    promote="float",
    inplace="function",
    names=("torch.logit", "Tensor.logit", "special.logit"),
    sample=([0.1, 0.5, 0.8],),
    elementwise=True,
    half="native",
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


def entropy(x):
    """-x log(x); the 16-bit types round the logarithm."""
    if x.dtype.itemsize != 2:
        return scipy("entr")(x)
    zero = x.dtype.type(0)
    return np.where(x > 0, -x * np.log(x), np.where(x == 0, zero, np.where(x < 0, x.dtype.type(-np.inf), x)))


unary(
    "special.entr",
    entropy,
    """The entropy of each element: -x · log(x), 0 at 0, -inf below.

    >>> special.entr([0., 0.5, -1.])
    tensor([0.0000, 0.3466,   -inf])
    """,
    lambda grad, input: grad * (input.log() * -1 - 1),
    infer=real_floats("entr_cpu"),
    half="native",
    sample=([0.1, 0.5, 2.0],),
)
