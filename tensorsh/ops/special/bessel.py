"""Bessel functions and Airy's.

Only i0, i0e, i1 and i1e have derivatives, as in PyTorch. J, Y and the oscillating half of Ai follow PyTorch's
approximations (`cephes`), the others are SciPy's, except that PyTorch has no value at infinity, where SciPy
has the limit.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ...engine.records.op import registry
from ..rules.families import unary, where
from .cephes import airy_below, bessel_j, bessel_y, in_float64
from .error_functions import real_floats, scipy


def no_value_at_infinity(name):
    """SciPy's function, NaN at the infinities."""
    kernel = scipy(name)
    return lambda x: np.where(np.isinf(x), x.dtype.type(np.nan), kernel(x))


def by_exponential(name):
    """I₀ or I₁: infinite where exp(|x|), by which they are computed, does not fit the dtype."""
    kernel = no_value_at_infinity(name)

    def growing(x):
        found = kernel(x)
        beyond = np.isinf(np.exp(np.abs(x))) & np.isfinite(x)
        return np.where(beyond, np.copysign(x.dtype.type(np.inf), found), found)

    return growing


def tiny(x):
    """Where |x| is too small to divide by."""
    return x.abs() <= np.finfo(x.spec.np).eps


def i1_derivative(grad, input, output):
    """I₁' = I₀ - I₁/x, which tends to 1/2 at 0."""
    flat = tiny(input)
    safe = where(flat, 1.0, input)
    return grad * where(flat, 0.5, registry["i0"](safe) - output / safe)


def i1e_derivative(grad, input, output):
    """As for I₁, and the factor exp(-|x|)."""
    flat = tiny(input)
    safe = where(flat, 1.0, input)
    slope = registry["special.i0e"](safe) - output * (safe.sgn() + safe.reciprocal())
    return grad * where(flat, 0.5, slope)


unary(
    "i0",
    by_exponential("i0"),
    """The modified Bessel function of the first kind, of order 0.

    >>> i0([0., 1.])
    tensor([1.0000, 1.2661])
    """,
    lambda grad, input: grad * registry["special.i1"](input),
    aliases=("special.i0",),
    infer=real_floats("i0_vml_cpu"),
    sample=([-1.0, 0.5, 2.0],),
)
unary(
    "special.i0e",
    scipy("i0e"),
    """exp(-|x|) · i0(x) of each element x.

    >>> special.i0e([0., 1.])
    tensor([1.0000, 0.4658])
    """,
    lambda grad, input, output: grad * (registry["special.i1e"](input) - input.sgn() * output),
    infer=real_floats("i0e_cpu"),
    grad_fn="SpecialI0EBackward0",
    sample=([-1.0, 0.5, 2.0],),
)
unary(
    "special.i1",
    by_exponential("i1"),
    """The modified Bessel function of the first kind, of order 1.

    >>> special.i1([0., 1.])
    tensor([0.0000, 0.5652])
    """,
    i1_derivative,
    infer=real_floats("i1_cpu"),
    sample=([-1.0, 0.5, 2.0],),
)
unary(
    "special.i1e",
    scipy("i1e"),
    """exp(-|x|) · i1(x) of each element x.

    >>> special.i1e([0., 1.])
    tensor([0.0000, 0.2079])
    """,
    i1e_derivative,
    infer=real_floats("i1e_cpu"),
    grad_fn="SpecialI1EBackward0",
    sample=([-1.0, 0.5, 2.0],),
)

# ------------------------------------------------------------------ without derivatives


def spherical_j0(x):
    """sin(x) / x: its series near 0, and 0 at the infinities."""
    near = np.abs(x) < 0.5
    square = x * x
    series = np.ones_like(x)
    for k in (156, 110, 72, 42, 20, 6):
        series = 1 - series * square / k
    return np.where(np.isinf(x), 0, np.where(near, series, np.sin(x) / x))


def airy_ai(x):
    """Ai, SciPy's from -2.09 on; 0 beyond where PyTorch's underflows, NaN at the infinities."""
    value = np.where(x < -2.09, airy_below(x), scipy("airy")(x)[0])
    return np.where(np.isinf(x), np.nan, np.where(x > 103.892, 0, value))


for name, kernel, meaning, at, shown in (
    (
        "bessel_j0",
        in_float64(partial(bessel_j, 0)),
        "The Bessel function of the first kind, of order 0.",
        "[0., 1.]",
        "[1.0000, 0.7652]",
    ),
    (
        "bessel_j1",
        in_float64(partial(bessel_j, 1)),
        "The Bessel function of the first kind, of order 1.",
        "[0., 1.]",
        "[0.0000, 0.4401]",
    ),
    (
        "bessel_y0",
        in_float64(partial(bessel_y, 0)),
        "The Bessel function of the second kind, of order 0.",
        "[1., 2.]",
        "[0.0883, 0.5104]",
    ),
    (
        "bessel_y1",
        in_float64(partial(bessel_y, 1)),
        "The Bessel function of the second kind, of order 1.",
        "[1., 2.]",
        "[-0.7812, -0.1070]",
    ),
    (
        "modified_bessel_i0",
        no_value_at_infinity("i0"),
        "The modified Bessel function of the first kind, of order 0.",
        "[0., 1.]",
        "[1.0000, 1.2661]",
    ),
    (
        "modified_bessel_i1",
        no_value_at_infinity("i1"),
        "The modified Bessel function of the first kind, of order 1.",
        "[0., 1.]",
        "[0.0000, 0.5652]",
    ),
    (
        "modified_bessel_k0",
        scipy("k0"),
        "The modified Bessel function of the second kind, of order 0.",
        "[1., 2.]",
        "[0.4210, 0.1139]",
    ),
    (
        "modified_bessel_k1",
        scipy("k1"),
        "The modified Bessel function of the second kind, of order 1.",
        "[1., 2.]",
        "[0.6019, 0.1399]",
    ),
    (
        "scaled_modified_bessel_k0",
        scipy("k0e"),
        "exp(x) times the modified Bessel function of the second kind, of order 0.",
        "[1., 2.]",
        "[1.1445, 0.8416]",
    ),
    (
        "scaled_modified_bessel_k1",
        scipy("k1e"),
        "exp(x) times the modified Bessel function of the second kind, of order 1.",
        "[1., 2.]",
        "[1.6362, 1.0335]",
    ),
    (
        "spherical_bessel_j0",
        spherical_j0,
        "The spherical Bessel function of the first kind, of order 0: sin(x) / x.",
        "[0., 1.]",
        "[1.0000, 0.8415]",
    ),
    ("airy_ai", in_float64(airy_ai), "Airy's function Ai.", "[0., 1.]", "[0.3550, 0.1353]"),
):
    unary(
        f"special.{name}",
        kernel,
        f"{meaning}\n\n>>> special.{name}({at})\ntensor({shown})\n",
        infer=real_floats(f"{name}_cpu", half=False),
        nondifferentiable=True,
    )
