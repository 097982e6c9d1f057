"""Parameters that are given as probabilities or as logits, the other computed when asked for."""

from __future__ import annotations

from typing import Any, ClassVar

from ...engine.values.tensor import Tensor
from ..namespace import torch
from .distribution import Distribution
from .utils import broadcast_all, is_number, lazy_property, logits_to_probs, probs_to_logits

__all__ = []


def one_of(probs: Any, logits: Any) -> bool:
    """Whether it is `probs` that is given; ValueError unless exactly one is."""
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")
    return probs is not None


class Odds(Distribution):
    """A distribution by the probability of an event, or by its log odds."""

    parameters: ClassVar[Any] = None

    def _take(self, probs: Any, logits: Any, *others: Any) -> tuple[Tensor, ...]:
        """Keep what is given, broadcast against other parameters; these as tensors."""
        if one_of(probs, logits):
            *rest, self.probs = broadcast_all(*others, probs)
            self._param = self.probs
        else:
            *rest, self.logits = broadcast_all(*others, logits)
            self._param = self.logits
        return tuple(rest)

    def _batch(self, probs: Any, logits: Any) -> Any:
        return torch.Size() if is_number(logits if probs is None else probs) else self._param.size()

    def _expand_rest(self, new: Any, batch_shape: Any) -> None:
        new._param = new.probs if "probs" in new.__dict__ else new.logits

    def _new(self, *args: Any, **kwargs: Any) -> Tensor:
        return self._param.new_empty(*args, **kwargs)

    @lazy_property
    def logits(self) -> Tensor:
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Tensor:
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter that was given."""
        return self._param.size()
