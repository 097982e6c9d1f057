"""Draws of gamma and Dirichlet distributions, and how they move with their parameters.

A draw x of Gamma(α) is differentiated by α through its distribution function F: dx/dα = −∂F/∂α / ∂F/∂x, for which
PyTorch has approximations by region; those are here, on arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.records.op import op
from ..rules.infer import same
from ..special.error_functions import scipy
from .random_tensors import stream

Array = Any


@op(
    "standard_gamma(Tensor input, Generator? generator=None)",
    infer=same,
    half="native",
    names=("engine.standard_gamma",),
)
def standard_gamma(x, generator):
    """Draws of Gamma(α, 1) for each α."""
    return stream(generator).gamma(x)


@standard_gamma.derivative("input")
def _(grad, input, output):
    return grad * standard_gamma_grad(input, output)


@op(
    "standard_gamma_grad(Tensor input, Tensor output)",
    infer=lambda a, x: a,
    names=("engine.standard_gamma_grad",),
)
def standard_gamma_grad(alpha, x):
    """dx/dα of draws x of Gamma(α, 1)."""
    with np.errstate(all="ignore"):
        found = gamma_slope(alpha.astype(np.float64), x.astype(np.float64))
    return found.astype(alpha.dtype)


standard_gamma_grad.nondifferentiable = True


@op(
    "sample_dirichlet(Tensor input, Generator? generator=None)",
    infer=same,
    half="native",
    names=("engine.sample_dirichlet",),
    nondifferentiable=True,
)
def sample_dirichlet(x, generator):
    """Draws of Dirichlet(α) for the α in the last dimension."""
    drawn = stream(generator).gamma(x.astype(np.float64))
    shares = (drawn / drawn.sum(-1, keepdims=True)).astype(x.dtype)
    limits = np.finfo(x.dtype)
    return np.clip(shares, limits.tiny, np.nextafter(x.dtype.type(1), x.dtype.type(0)))


@op(
    "dirichlet_grad(Tensor x, Tensor alpha, Tensor total)",
    infer=lambda x, alpha, total: x,
    names=("engine.dirichlet_grad",),
    nondifferentiable=True,
)
def dirichlet_grad(x, alpha, total):
    """How a share x moves with its α, at a given sum of all."""
    with np.errstate(all="ignore"):
        found = share_slope(*(v.astype(np.float64) for v in (x, alpha, total)))
    return found.astype(x.dtype)


# ------------------------------------------------------------------ gamma


def gamma_slope(alpha: Array, x: Array) -> Array:
    """By a series for small x, Rice's saddle point for large α, a rational function between them."""
    small = x < np.float32(0.8)
    large = ~small & (alpha > 8)
    near = large & (np.float32(0.9) * alpha <= x) & (x <= np.float32(1.1) * alpha)
    found = gamma_rational(alpha, x)
    for where, rule in ((small, gamma_series), (large & ~near, gamma_saddle), (near, gamma_near)):
        if where.any():
            found[where] = rule(alpha[where], x[where])
    return found


def gamma_series(alpha: Array, x: Array) -> Array:
    term, place = np.ones_like(x), alpha.copy()
    first, second = term / place, term / (place * place)
    for i in range(1, 6):
        term = term * (-x / i)
        place = place + 1
        first = first + term / place
        second = second + term / (place * place)
    power = x**alpha
    density = x ** (alpha - 1) * np.exp(-x)
    slope = (np.log(x) - scipy("digamma")(alpha)) * (power * first) - power * second
    return np.nan_to_num(-slope / density, nan=0.0, posinf=np.inf, neginf=-np.inf)


def gamma_near(alpha: Array, x: Array) -> Array:
    first = 1 + 24 * alpha * (1 + 12 * alpha)
    second = 1440 * (alpha * alpha) + 6 * x * (53 - 120 * x) - 65 * x * x / alpha + alpha * (107 + 3600 * x)
    return first * second / (1244160 * (alpha * alpha) * (alpha * alpha))


def gamma_saddle(alpha: Array, x: Array) -> Array:
    width = np.sqrt(8 * alpha)
    second = width / (alpha - x)
    third = (x - alpha - alpha * np.log(x / alpha)) ** -1.5
    both = np.where(x < alpha, second - third, second + third)
    first = np.log(x / alpha) * both - np.sqrt(2 / alpha) * (alpha + x) / ((alpha - x) * (alpha - x))
    stirling = 1 + 1 / (12 * alpha) * (1 + 1 / (24 * alpha))
    return -stirling * x * first / width


GAMMA = np.array(
    [
        [0.16009398, -0.094634809, 0.025146376, -0.0030648343, 1, 0.32668115, 0.10406089, 0.0014179084],
        [0.53487893, 0.1298071, 0.065735949, -0.0015649758, 0.16639465, 0.020070113, -0.0035938915, -0.00058392623],
        [0.040121004, -0.0065914022, -0.0026286047, -0.0013441777, 0.017050642, -0.0021309326, 0.00085092367,
         -1.5247877e-07],
    ]
)  # fmt: skip


def gamma_rational(alpha: Array, x: Array) -> Array:
    u, v = np.log(x / alpha), np.log(alpha)
    c = [GAMMA[0, i] + u * (GAMMA[1, i] + u * GAMMA[2, i]) for i in range(8)]
    upper = c[0] + v * (c[1] + v * (c[2] + v * c[3]))
    lower = c[4] + v * (c[5] + v * (c[6] + v * c[7]))
    return np.exp(upper / lower)


# ------------------------------------------------------------------ Dirichlet


def share_slope(x: Array, alpha: Array, total: Array) -> Array:
    """By series near 0 and 1, Rice's saddle point for large parameters, a rational correction between them."""
    beta = total - alpha
    boundary = total * x * (1 - x)
    low = (x <= 0.5) & (boundary < 2.5)
    high = ~low & (x >= 0.5) & (boundary < 0.75)
    large = ~low & ~high & (alpha > 6) & (beta > 6)
    found = share_rational(x, alpha, total, beta)
    if low.any():
        found[low] = share_low(x[low], alpha[low], beta[low])
    if high.any():
        found[high] = -share_high(1 - x[high], beta[high], alpha[high])
    if large.any():
        found[large] = share_large(x[large], alpha[large], beta[large])
    return found


def share_low(x: Array, alpha: Array, beta: Array) -> Array:
    digamma = scipy("digamma")
    factor = digamma(alpha) - digamma(alpha + beta) - np.log(x)
    term = np.ones_like(x)
    series = term / alpha * (factor + 1 / alpha)
    for i in range(1, 11):
        term = term * (i - beta) * x / i
        place = alpha + i
        series = series + term / place * (factor + 1 / place)
    found = x * (1 - x) ** -beta * series
    return np.where(np.isnan(found), 0.0, found)


def share_high(x: Array, alpha: Array, beta: Array) -> Array:
    digamma = scipy("digamma")
    factor = digamma(alpha + beta) - digamma(beta)
    term, betas, dbetas = np.ones_like(x), np.ones_like(x), np.zeros_like(x)
    series = factor / alpha
    for i in range(1, 9):
        term = term * -x / i
        dbetas = dbetas * (beta - i) + betas
        betas = betas * (beta - i)
        series = series + term / (alpha + i) * (dbetas + factor * betas)
    found = -((1 - x) ** (1 - beta)) * series
    return np.where(np.isnan(found), 0.0, found)


def share_large(x: Array, alpha: Array, beta: Array) -> Array:
    total = alpha + beta
    mean = alpha / total
    std = np.sqrt(alpha * beta / (total + 1)) / total
    near = (mean - 0.1 * std <= x) & (x <= mean + 0.1 * std)
    poly = 47 * x * beta**4 + alpha * (
        (43 + 20 * (16 + 27 * beta) * x) * beta**3
        + alpha
        * (
            3 * (59 + 180 * beta - 90 * x) * beta**2
            + alpha
            * ((453 + 1620 * beta * (1 - x) - 455 * x) * beta + alpha * (8 * (1 - x) * (135 * beta - 11)))
        )
    )
    upper = (1 + 12 * alpha) * (1 + 12 * beta) / (total * total)
    lower = 12960 * alpha**3 * beta**2 * (1 + 12 * total)
    at_mean = upper / (1 - x) * poly / lower
    stirling = (
        (1 + 1 / (12 * alpha) + 1 / (288 * alpha * alpha))
        * (1 + 1 / (12 * beta) + 1 / (288 * beta * beta))
        / (1 + 1 / (12 * total) + 1 / (288 * total * total))
    )
    off = alpha * (x - 1) + beta * x
    first = (2 * alpha * alpha * (x - 1) + alpha * beta * (x - 1) - x * beta * beta) / (
        np.sqrt(2 * alpha / beta) * total**1.5 * off * off
    )
    second = 0.5 * np.log(alpha / (total * x))
    third = np.sqrt(8 * alpha * beta / total) / off
    fourth = (beta * np.log(beta / (total * (1 - x))) + alpha * np.log(alpha / (total * x))) ** -1.5
    sum_ = first + second * (third + np.where(x < mean, fourth, -fourth))
    return np.where(near, at_mean, stirling * (-x / np.sqrt(2 * alpha * beta / total)) * sum_)


SHARES = np.array(
    [
        [[[1.003668233, -0.01061107488, -0.0657888334, 0.01201642863],
          [0.6336835991, -0.3557432599, 0.05486251648, -0.001465281033],
          [-0.03276231906, 0.004474107445, 0.002429354597, -0.0001557569013]],
         [[0.221950385, -0.3187676331, 0.01799915743, 0.01074823814],
          [-0.2951249643, 0.06219954479, 0.01535556598, 0.001550077057],
          [0.02155310298, 0.004170831599, 0.001292462449, 6.976601077e-05]],
         [[-0.05980841433, 0.008441916499, 0.01085618172, 0.002319392565],
          [0.02911413504, 0.01400243777, -0.002721828457, 0.000751041181],
          [0.005900514878, -0.001936558688, -9.495446725e-06, 5.385558597e-05]]],
        [[[1, -0.02924021934, -0.04438342661, 0.007285809825],
          [0.6357567472, -0.3473456711, 0.05454656494, -0.002407477521],
          [-0.03301322327, 0.004845219414, 0.00231480583, -0.0002307248149]],
         [[0.5925320577, -0.1757678135, 0.01505928619, 0.000564515273],
          [0.1014815858, -0.06589186703, 0.01272886114, -0.0007316646956],
          [-0.007258481865, 0.001096195486, 0.0003934994223, -4.12701925e-05]],
         [[0.06469649321, -0.0236701437, 0.002902096474, -5.896963079e-05],
          [0.001925008108, -0.002869809258, 0.0008000589141, -6.063713228e-05],
          [-0.0003477407336, 6.959756487e-05, 1.097287507e-05, -1.650964693e-06]]],
    ]
)  # fmt: skip


def share_rational(x: Array, alpha: Array, total: Array, beta: Array) -> Array:
    u = np.log(x)
    a = np.log(alpha) - u
    b = np.log(total) - a
    sums = []
    for c in SHARES:
        found = np.zeros_like(x)
        for i in range(3):
            for j in range(3):
                found = found + u**i * a**j * (
                    c[i, j, 0] + b * (c[i, j, 1] + b * (c[i, j, 2] + b * c[i, j, 3]))
                )
        sums.append(found)
    digamma = scipy("digamma")
    return sums[0] / sums[1] * (x * (digamma(total) - digamma(alpha)) / beta)
