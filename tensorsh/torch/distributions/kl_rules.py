"""The divergences that have a closed form: between distributions of one class."""

from __future__ import annotations

from typing import Any

from ...engine.values.tensor import Tensor
from ..namespace import F, torch
from . import kl_rules_across  # noqa: F401  those between two classes
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .categorical import Categorical
from .cauchy import Cauchy
from .continuous_bernoulli import ContinuousBernoulli
from .dirichlet import Dirichlet
from .exp_family import ExponentialFamily
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .gumbel import Gumbel
from .half_normal import HalfNormal
from .independent import Independent
from .kl import infinite_like, kl_divergence, library_rule
from .laplace import Laplace
from .lowrank_multivariate_normal import LowRankMultivariateNormal, lowrank_logdet, lowrank_mahalanobis
from .multivariate_normal import MultivariateNormal, batch_mahalanobis
from .normal import Normal
from .one_hot_categorical import OneHotCategorical
from .pareto import Pareto
from .poisson import Poisson
from .transformed_distribution import TransformedDistribution
from .uniform import Uniform
from .utils import euler_constant, sum_rightmost


@library_rule(Bernoulli, Bernoulli)
def _(p: Any, q: Any) -> Tensor:
    t1 = p.probs * (F.softplus(-q.logits) - F.softplus(-p.logits))
    t1[q.probs == 0] = torch.inf
    t1[p.probs == 0] = 0
    t2 = (1 - p.probs) * (F.softplus(q.logits) - F.softplus(p.logits))
    t2[q.probs == 1] = torch.inf
    t2[p.probs == 1] = 0
    return t1 + t2


@library_rule(Beta, Beta)
def _(p: Any, q: Any) -> Tensor:
    p1, p0, q1, q0 = p.concentration1, p.concentration0, q.concentration1, q.concentration0
    sum_p, sum_q = p1 + p0, q1 + q0
    t1 = q1.lgamma() + q0.lgamma() + sum_p.lgamma()
    t2 = p1.lgamma() + p0.lgamma() + sum_q.lgamma()
    t3 = (p1 - q1) * torch.digamma(p1)
    t4 = (p0 - q0) * torch.digamma(p0)
    return t1 - t2 + t3 + t4 + (sum_q - sum_p) * torch.digamma(sum_p)


@library_rule(Binomial, Binomial)
def _(p: Any, q: Any) -> Tensor:
    if (p.total_count < q.total_count).any():
        raise NotImplementedError(
            "KL between Binomials where q.total_count > p.total_count is not implemented"
        )
    kl = p.total_count * (p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p())
    more = p.total_count > q.total_count
    kl[more] = infinite_like(kl[more])
    return kl


@library_rule(Categorical, Categorical)
def categorical(p: Any, q: Any) -> Tensor:
    t = p.probs * (p.logits - q.logits)
    t[(q.probs == 0).expand_as(t)] = torch.inf
    t[(p.probs == 0).expand_as(t)] = 0
    return t.sum(-1)


@library_rule(OneHotCategorical, OneHotCategorical)
def _(p: Any, q: Any) -> Tensor:
    return categorical(p._categorical, q._categorical)


@library_rule(ContinuousBernoulli, ContinuousBernoulli)
def _(p: Any, q: Any) -> Tensor:
    t1 = p.mean * (p.logits - q.logits)
    t2 = p._cont_bern_log_norm() + torch.log1p(-p.probs)
    return t1 + t2 + (-q._cont_bern_log_norm() - torch.log1p(-q.probs))


@library_rule(Dirichlet, Dirichlet)
def _(p: Any, q: Any) -> Tensor:
    sum_p, sum_q = p.concentration.sum(-1), q.concentration.sum(-1)
    t1 = sum_p.lgamma() - sum_q.lgamma()
    t2 = (p.concentration.lgamma() - q.concentration.lgamma()).sum(-1)
    t4 = p.concentration.digamma() - sum_p.digamma().unsqueeze(-1)
    return t1 - t2 + ((p.concentration - q.concentration) * t4).sum(-1)


@library_rule(Exponential, Exponential)
def _(p: Any, q: Any) -> Tensor:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@library_rule(ExponentialFamily, ExponentialFamily)
def _(p: Any, q: Any) -> Tensor:
    """By Bregman's divergence of the log normaliser."""
    if type(p) is not type(q):
        raise NotImplementedError(
            "The cross KL-divergence between different exponential families cannot"
            "                             be computed using Bregman divergences"
        )
    natural = [n.detach().requires_grad_() for n in p._natural_params]
    normalizer = p._log_normalizer(*natural)
    gradients = torch.autograd.grad(normalizer.sum(), natural, create_graph=True)
    result = q._log_normalizer(*q._natural_params) - normalizer
    for mine, other, g in zip(natural, q._natural_params, gradients, strict=True):
        result = result - sum_rightmost((other - mine) * g, len(q.event_shape))
    return result


@library_rule(Gamma, Gamma)
def _(p: Any, q: Any) -> Tensor:
    t1 = q.concentration * (p.rate / q.rate).log()
    t2 = torch.lgamma(q.concentration) - torch.lgamma(p.concentration)
    t3 = (p.concentration - q.concentration) * torch.digamma(p.concentration)
    return t1 + t2 + t3 + (q.rate - p.rate) * (p.concentration / p.rate)


@library_rule(Gumbel, Gumbel)
def _(p: Any, q: Any) -> Tensor:
    ratio, there, here = p.scale / q.scale, q.loc / q.scale, p.loc / q.scale
    t1 = -ratio.log() - there + here
    t3 = torch.exp(there + (1 + ratio).lgamma() - here)
    return t1 + ratio * euler_constant + t3 - (1 + euler_constant)


@library_rule(Geometric, Geometric)
def _(p: Any, q: Any) -> Tensor:
    return -p.entropy() - torch.log1p(-q.probs) / p.probs - q.logits


@library_rule(Normal, Normal)
def normal(p: Any, q: Any) -> Tensor:
    ratio = (p.scale / q.scale).pow(2)
    off = ((p.loc - q.loc) / q.scale).pow(2)
    return 0.5 * (ratio + off - 1 - ratio.log())


@library_rule(HalfNormal, HalfNormal)
def _(p: Any, q: Any) -> Tensor:
    return normal(p.base_dist, q.base_dist)


@library_rule(Laplace, Laplace)
def _(p: Any, q: Any) -> Tensor:
    ratio = p.scale / q.scale
    off = (p.loc - q.loc).abs()
    return -ratio.log() + off / q.scale + ratio * torch.exp(-off / p.scale) - 1


@library_rule(Pareto, Pareto)
def _(p: Any, q: Any) -> Tensor:
    ratio = q.alpha / p.alpha
    result = q.alpha * (p.scale / q.scale).log() + -ratio.log() + ratio - 1
    result[p.support.lower_bound < q.support.lower_bound] = torch.inf
    return result


@library_rule(Poisson, Poisson)
def _(p: Any, q: Any) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@library_rule(Cauchy, Cauchy)
def _(p: Any, q: Any) -> Tensor:
    upper = ((p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)).log()
    return upper - (4 * p.scale * q.scale).log()


@library_rule(Uniform, Uniform)
def _(p: Any, q: Any) -> Tensor:
    result = ((q.high - q.low) / (p.high - p.low)).log()
    result[(q.low > p.low) | (q.high < p.high)] = torch.inf
    return result


@library_rule(TransformedDistribution, TransformedDistribution)
def _(p: Any, q: Any) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError
    return kl_divergence(p.base_dist, q.base_dist)


@library_rule(Independent, Independent)
def _(p: Any, q: Any) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


# ------------------------------------------------------------------ normal vectors


def trace_square(m: Tensor) -> Tensor:
    """The trace of M Mᵀ."""
    return m.reshape((*m.shape[:-2], -1)).pow(2).sum(-1)


def solved(tril: Tensor, right: Tensor) -> Tensor:
    return torch.linalg.solve_triangular(tril, right, upper=False)


def log_diagonal(d: Any) -> Tensor:
    return d._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def check_events(p: Any, q: Any, kind: str) -> None:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"KL-divergence between two {kind} with                          different event shapes cannot be "
            "computed"
        )


@library_rule(MultivariateNormal, MultivariateNormal)
def _(p: Any, q: Any) -> Tensor:
    check_events(p, q, "Multivariate Normals")
    tril_q, tril_p = q._unbroadcasted_scale_tril, p._unbroadcasted_scale_tril
    half = log_diagonal(q) - log_diagonal(p)
    n = p.event_shape[0]
    shape = (*torch.broadcast_shapes(tril_q.shape[:-2], tril_p.shape[:-2]), n, n)
    trace = trace_square(solved(tril_q.expand(shape), tril_p.expand(shape)))
    distance = batch_mahalanobis(tril_q, q.loc - p.loc)
    return half + 0.5 * (trace + distance - n)


@library_rule(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _(p: Any, q: Any) -> Tensor:
    check_events(p, q, "Low Rank Multivariate Normals")
    (wp, dp), (wq, dq) = p._parts(), q._parts()
    log_det = lowrank_logdet(wq, dq, q._capacitance_tril) - lowrank_logdet(wp, dp, p._capacitance_tril)
    distance = lowrank_mahalanobis(wq, dq, q.loc - p.loc, q._capacitance_tril)
    a = solved(q._capacitance_tril, wq.mT / dq.unsqueeze(-2))
    trace = (
        (dp / dq).sum(-1)
        + trace_square(wp * dq.rsqrt().unsqueeze(-1))
        - trace_square(a * dp.sqrt().unsqueeze(-2))
        - trace_square(a.matmul(wp))
    )
    return 0.5 * (log_det + trace + distance - p.event_shape[0])


@library_rule(MultivariateNormal, LowRankMultivariateNormal)
def _(p: Any, q: Any) -> Tensor:
    check_events(p, q, "(Low Rank) Multivariate Normals")
    wq, dq = q._parts()
    log_det = lowrank_logdet(wq, dq, q._capacitance_tril) - 2 * log_diagonal(p)
    distance = lowrank_mahalanobis(wq, dq, q.loc - p.loc, q._capacitance_tril)
    a = solved(q._capacitance_tril, wq.mT / dq.unsqueeze(-2))
    tril = p._unbroadcasted_scale_tril
    trace = trace_square(tril * dq.rsqrt().unsqueeze(-1)) - trace_square(a.matmul(tril))
    return 0.5 * (log_det + trace + distance - p.event_shape[0])


@library_rule(LowRankMultivariateNormal, MultivariateNormal)
def _(p: Any, q: Any) -> Tensor:
    check_events(p, q, "(Low Rank) Multivariate Normals")
    wp, dp = p._parts()
    tril = q._unbroadcasted_scale_tril
    log_det = 2 * log_diagonal(q) - lowrank_logdet(wp, dp, p._capacitance_tril)
    distance = batch_mahalanobis(tril, q.loc - p.loc)
    n = p.event_shape[0]
    batch = torch.broadcast_shapes(tril.shape[:-2], wp.shape[:-2])
    tril = tril.expand((*batch, n, n))
    low = solved(tril, wp.expand((*batch, n, p.cov_factor.size(-1))))
    own = solved(tril, torch.diag_embed(dp.sqrt()).expand((*batch, n, n)))
    return 0.5 * (log_det + trace_square(low) + trace_square(own) + distance - n)
