"""torch.masked._ops: where PyTorch has the operations of `torch.masked`, and its documentation calls them."""

from __future__ import annotations

from ..namespace import torch

_masked = torch.masked
amax, amin, argmax, argmin = _masked.amax, _masked.amin, _masked.argmax, _masked.argmin
cumprod, cumsum, prod, sum = _masked.cumprod, _masked.cumsum, _masked.prod, _masked.sum
log_softmax, softmax, softmin, normalize = (
    _masked.log_softmax,
    _masked.softmax,
    _masked.softmin,
    _masked.normalize,
)
logaddexp, logsumexp, mean, median = _masked.logaddexp, _masked.logsumexp, _masked.mean, _masked.median
norm, std, var = _masked.norm, _masked.std, _masked.var

__all__ = [
    "amax", "amin", "argmax", "argmin", "cumprod", "cumsum", "log_softmax", "logaddexp", "logsumexp", "mean", "median",
    "norm", "normalize", "prod", "softmax", "softmin", "std", "sum", "var",
]  # fmt: skip
