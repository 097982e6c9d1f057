"""The divergences that have a closed form: between distributions of two classes."""

from __future__ import annotations

import math
from typing import Any

from ...engine.values.tensor import Tensor
from ..namespace import torch
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .continuous_bernoulli import ContinuousBernoulli
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import Gumbel
from .kl import infinite_like, library_rule
from .laplace import Laplace
from .normal import Normal
from .pareto import Pareto
from .poisson import Poisson
from .uniform import Uniform
from .utils import euler_constant

#: pairs where p is where q is not: infinite; and which parameter of p has the shape of the result
INFINITE = {
    Beta: ("concentration1", (Pareto,)),
    ContinuousBernoulli: ("probs", (Pareto,)),
    Exponential: ("rate", (Beta, ContinuousBernoulli, Pareto, Uniform)),
    Gamma: ("concentration", (Beta, ContinuousBernoulli, Pareto, Uniform)),
    Gumbel: ("loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    Laplace: ("loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    Normal: ("loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    Pareto: ("scale", (Beta, ContinuousBernoulli, Uniform)),
    Poisson: ("rate", (Bernoulli, Binomial)),
}


def infinite(parameter: str) -> Any:
    return lambda p, q: infinite_like(getattr(p, parameter))


for _p, (_name, _others) in INFINITE.items():
    for _q in _others:
        library_rule(_p, _q)(infinite(_name))


def x_log_x(x: Tensor) -> Tensor:
    return torch.special.xlogy(x, x)


@library_rule(Bernoulli, Poisson)
def _(p: Any, q: Any) -> Tensor:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


# ------------------------------------------------------------------ from between 0 and 1


@library_rule(Beta, ContinuousBernoulli)
def _(p: Any, q: Any) -> Tensor:
    return -p.entropy() - p.mean * q.logits - torch.log1p(-q.probs) - q._cont_bern_log_norm()


@library_rule(Beta, Exponential)
def _(p: Any, q: Any) -> Tensor:
    mean = p.concentration1 / (p.concentration1 + p.concentration0)
    return -p.entropy() - q.rate.log() + q.rate * mean


@library_rule(Beta, Gamma)
def _(p: Any, q: Any) -> Tensor:
    total = p.concentration1 + p.concentration0
    t2 = q.concentration.lgamma() - q.concentration * q.rate.log()
    t3 = (q.concentration - 1) * (p.concentration1.digamma() - total.digamma())
    return -p.entropy() + t2 - t3 + q.rate * p.concentration1 / total


@library_rule(Beta, Normal)
def _(p: Any, q: Any) -> Tensor:
    total = p.concentration1 + p.concentration0
    mean = p.concentration1 / total
    variance = q.scale.pow(2)
    t2 = 0.5 * (variance * 2 * math.pi).log()
    t3 = (mean * (1 - mean) / (total + 1) + mean.pow(2)) * 0.5
    return -p.entropy() + t2 + (t3 - q.loc * mean + q.loc.pow(2) * 0.5) / variance


@library_rule(Beta, Uniform)
def _(p: Any, q: Any) -> Tensor:
    result = -p.entropy() + (q.high - q.low).log()
    result[(q.low > p.support.lower_bound) | (q.high < p.support.upper_bound)] = torch.inf
    return result


@library_rule(ContinuousBernoulli, Exponential)
def _(p: Any, q: Any) -> Tensor:
    return -p.entropy() - torch.log(q.rate) + q.rate * p.mean


@library_rule(ContinuousBernoulli, Normal)
def _(p: Any, q: Any) -> Tensor:
    t2 = 0.5 * (math.log(2.0 * math.pi) + torch.square(q.loc / q.scale)) + torch.log(q.scale)
    t3 = (p.variance + torch.square(p.mean) - 2.0 * q.loc * p.mean) / (2.0 * torch.square(q.scale))
    return -p.entropy() + t2 + t3


@library_rule(ContinuousBernoulli, Uniform)
def _(p: Any, q: Any) -> Tensor:
    result = -p.entropy() + (q.high - q.low).log()
    outside = torch.max(torch.ge(q.low, p.support.lower_bound), torch.le(q.high, p.support.upper_bound))
    return torch.where(outside, torch.ones_like(result) * torch.inf, result)


# ------------------------------------------------------------------ from the positive numbers


@library_rule(Exponential, Gamma)
def _(p: Any, q: Any) -> Tensor:
    ratio = q.rate / p.rate
    t1 = -q.concentration * torch.log(ratio)
    return t1 + ratio + q.concentration.lgamma() + q.concentration * euler_constant - (1 + euler_constant)


@library_rule(Exponential, Gumbel)
def _(p: Any, q: Any) -> Tensor:
    product, place = p.rate * q.scale, q.loc / q.scale
    t2 = torch.exp(place) * product / (product + 1)
    return product.log() - 1 - place + t2 + product.reciprocal()


@library_rule(Exponential, Normal)
def _(p: Any, q: Any) -> Tensor:
    variance, square = q.scale.pow(2), p.rate.pow(2)
    t1 = 0.5 * torch.log(square * variance * 2 * math.pi)
    return t1 - 1 + (square.reciprocal() - q.loc / p.rate + q.loc.pow(2) * 0.5) / variance


@library_rule(Gamma, Exponential)
def _(p: Any, q: Any) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.concentration / p.rate


@library_rule(Gamma, Gumbel)
def _(p: Any, q: Any) -> Tensor:
    product, place, shape = p.rate * q.scale, q.loc / q.scale, p.concentration
    t1 = (shape - 1) * shape.digamma() - shape.lgamma() - shape
    t2 = product.log() + shape / product
    return t1 + t2 + (torch.exp(place) * (1 + product.reciprocal()).pow(-shape) - place)


@library_rule(Gamma, Normal)
def _(p: Any, q: Any) -> Tensor:
    variance, square, shape = q.scale.pow(2), p.rate.pow(2), p.concentration
    t1 = 0.5 * torch.log(square * variance * 2 * math.pi) - shape - shape.lgamma()
    t2 = 0.5 * (shape.pow(2) + shape) / square
    t3 = q.loc * shape / p.rate
    return t1 + (shape - 1) * shape.digamma() + (t2 - t3 + 0.5 * q.loc.pow(2)) / variance


@library_rule(Pareto, Exponential)
def _(p: Any, q: Any) -> Tensor:
    product = p.scale * q.rate
    t3 = p.alpha * product / (p.alpha - 1)
    result = (p.alpha / product).log() - p.alpha.reciprocal() + t3 - 1
    result[p.alpha <= 1] = torch.inf
    return result


@library_rule(Pareto, Gamma)
def _(p: Any, q: Any) -> Tensor:
    common = p.scale.log() + p.alpha.reciprocal()
    t2 = q.concentration.lgamma() - q.concentration * q.rate.log()
    t4 = q.rate * p.alpha * p.scale / (p.alpha - 1)
    result = p.alpha.log() - common + t2 + (1 - q.concentration) * common + t4 - 1
    result[p.alpha <= 1] = torch.inf
    return result


@library_rule(Pareto, Normal)
def _(p: Any, q: Any) -> Tensor:
    common = p.scale / (p.alpha - 1)
    t1 = (math.sqrt(2 * math.pi) * q.scale * p.alpha / p.scale).log()
    t3 = p.alpha * common.pow(2) / (p.alpha - 2)
    t4 = (p.alpha * common - q.loc).pow(2)
    result = t1 - p.alpha.reciprocal() + (t3 + t4) / (2 * q.scale.pow(2)) - 1
    result[p.alpha <= 2] = torch.inf
    return result


# ------------------------------------------------------------------ from all numbers


@library_rule(Gumbel, Normal)
def _(p: Any, q: Any) -> Tensor:
    ratio = p.scale / q.scale
    t1 = (ratio / math.sqrt(2 * math.pi)).log()
    t2 = (math.pi * ratio * 0.5).pow(2) / 3
    t3 = ((p.loc + p.scale * euler_constant - q.loc) / q.scale).pow(2) * 0.5
    return -t1 + t2 + t3 - (euler_constant + 1)


@library_rule(Laplace, Normal)
def _(p: Any, q: Any) -> Tensor:
    variance = q.scale.pow(2)
    ratio = p.scale.pow(2) / variance
    off = 0.5 * p.loc.pow(2) - p.loc * q.loc + 0.5 * q.loc.pow(2)
    return -(0.5 * torch.log(2 * ratio / math.pi)) + ratio + off / variance - 1


@library_rule(Normal, Gumbel)
def _(p: Any, q: Any) -> Tensor:
    mean, place = p.loc / q.scale, q.loc / q.scale
    ratio = (p.scale / q.scale).pow(2)
    t3 = torch.exp(-mean + 0.5 * ratio + place)
    return -(ratio.log() * 0.5) + (mean - place) + t3 - (0.5 * (1 + math.log(2 * math.pi)))


@library_rule(Normal, Laplace)
def _(p: Any, q: Any) -> Tensor:
    off = p.loc - q.loc
    ratio = off / p.scale
    t2 = math.sqrt(2 / math.pi) * p.scale * torch.exp(-0.5 * ratio.pow(2))
    t3 = off * torch.erf(math.sqrt(0.5) * ratio)
    return -torch.log(p.scale / q.scale) + (t2 + t3) / q.scale - (0.5 * (1 + math.log(0.5 * math.pi)))


# ------------------------------------------------------------------ from an interval


@library_rule(Uniform, Beta)
def _(p: Any, q: Any) -> Tensor:
    width = p.high - p.low
    q1, q0 = q.concentration1, q.concentration0
    t2 = (q1 - 1) * (x_log_x(p.high) - x_log_x(p.low) - width) / width
    t3 = (q0 - 1) * (x_log_x(1 - p.high) - x_log_x(1 - p.low) + width) / width
    t4 = q1.lgamma() + q0.lgamma() - (q1 + q0).lgamma()
    result = t3 + t4 - torch.log(width) - t2
    result[(p.high > q.support.upper_bound) | (p.low < q.support.lower_bound)] = torch.inf
    return result


@library_rule(Uniform, ContinuousBernoulli)
def _(p: Any, q: Any) -> Tensor:
    result = -p.entropy() - p.mean * q.logits - torch.log1p(-q.probs) - q._cont_bern_log_norm()
    outside = torch.max(torch.ge(p.high, q.support.upper_bound), torch.le(p.low, q.support.lower_bound))
    return torch.where(outside, torch.ones_like(result) * torch.inf, result)


@library_rule(Uniform, Exponential)
def _(p: Any, q: Any) -> Tensor:
    result = q.rate * (p.high + p.low) / 2 - ((p.high - p.low) * q.rate).log()
    result[p.low < q.support.lower_bound] = torch.inf
    return result


@library_rule(Uniform, Gamma)
def _(p: Any, q: Any) -> Tensor:
    width = p.high - p.low
    t2 = q.concentration.lgamma() - q.concentration * q.rate.log()
    t3 = (1 - q.concentration) * (x_log_x(p.high) - x_log_x(p.low) - width) / width
    result = -width.log() + t2 + t3 + q.rate * (p.high + p.low) / 2
    result[p.low < q.support.lower_bound] = torch.inf
    return result


@library_rule(Uniform, Gumbel)
def _(p: Any, q: Any) -> Tensor:
    share = q.scale / (p.high - p.low)
    high, low = (p.high - q.loc) / q.scale, (p.low - q.loc) / q.scale
    return share.log() + 0.5 * (high + low) - share * (torch.exp(-high) - torch.exp(-low))


@library_rule(Uniform, Normal)
def _(p: Any, q: Any) -> Tensor:
    width = p.high - p.low
    t1 = (math.sqrt(math.pi * 2) * q.scale / width).log()
    t3 = ((p.high + p.low - 2 * q.loc) / 2).pow(2)
    return t1 + 0.5 * (width.pow(2) / 12 + t3) / q.scale.pow(2)


@library_rule(Uniform, Pareto)
def _(p: Any, q: Any) -> Tensor:
    width = p.high - p.low
    t1 = (q.alpha * q.scale.pow(q.alpha) * width).log()
    t2 = (x_log_x(p.high) - x_log_x(p.low) - width) / width
    result = t2 * (q.alpha + 1) - t1
    result[p.low < q.support.lower_bound] = torch.inf
    return result
