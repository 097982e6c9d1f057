"""The pruning methods: at random or by size, of elements or of slices."""

# As in PyTorch, `apply` of each method takes what this method needs, and no more:
# mypy: disable-error-code="override"

from __future__ import annotations

import numbers
from typing import Any

from ....engine.values.tensor import Tensor
from ...namespace import torch
from .pruning import BasePruningMethod

MODULE = "torch.nn.utils.prune"


class Identity(BasePruningMethod):
    """Prunes nothing."""

    __module__ = MODULE
    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask

    @classmethod
    def apply(cls, module: Any, name: str) -> Any:
        return super().apply(module, name)


class RandomUnstructured(BasePruningMethod):
    """Prunes `amount` elements at random."""

    __module__ = MODULE
    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count = _count(self.amount, t.nelement())
        mask = default_mask.clone()
        if count != 0:
            mask.view(-1)[torch.topk(torch.rand_like(t).view(-1), k=count).indices] = 0
        return mask

    @classmethod
    def apply(cls, module: Any, name: str, amount: float) -> Any:
        return super().apply(module, name, amount=amount)


class L1Unstructured(BasePruningMethod):
    """Prunes the `amount` smallest elements."""

    __module__ = MODULE
    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count = _count(self.amount, t.nelement())
        mask = default_mask.clone()
        if count != 0:
            mask.view(-1)[torch.topk(torch.abs(t).view(-1), k=count, largest=False).indices] = 0
        return mask

    @classmethod
    def apply(cls, module: Any, name: str, amount: float, importance_scores: Tensor | None = None) -> Any:
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class RandomStructured(BasePruningMethod):
    """Prunes `amount` slices along `dim` at random."""

    __module__ = MODULE
    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount = amount
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        slices, count = _slices(t, self.dim, self.amount)
        if count == 0:
            return default_mask
        chances = torch.rand(slices)
        return _mask_of(t, self.dim, chances > torch.kthvalue(chances, k=count).values, default_mask)

    @classmethod
    def apply(cls, module: Any, name: str, amount: float, dim: int = -1) -> Any:
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(BasePruningMethod):
    """Prunes the `amount` slices along `dim` of the smallest n-norm."""

    __module__ = MODULE
    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, n: float, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount = amount
        self.n = n
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        slices, count = _slices(t, self.dim, self.amount)
        if count == 0:
            return default_mask
        others = [d for d in range(t.dim()) if d != self.dim % t.dim()]
        norm = torch.norm(t, p=self.n, dim=others)
        return _mask_of(t, self.dim, torch.topk(norm, k=slices - count, largest=True).indices, default_mask)

    @classmethod
    def apply(
        cls,
        module: Any,
        name: str,
        amount: float,
        n: float,
        dim: int,
        importance_scores: Tensor | None = None,
    ) -> Any:
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Prunes where a mask is 0."""

    __module__ = MODULE
    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Any, name: str, mask: Tensor) -> Any:
        return super().apply(module, name, mask=mask)


def _mask_of(t: Tensor, dim: int, kept: Tensor, default_mask: Tensor) -> Tensor:
    """1 in the slices that are kept, where nothing was pruned before."""
    mask = torch.zeros_like(t)
    mask[(*[slice(None)] * (dim % t.dim()), kept)] = 1
    mask *= default_mask.to(dtype=mask.dtype)
    return mask


def _check_amount(amount: Any) -> None:
    real, whole = isinstance(amount, numbers.Real), isinstance(amount, numbers.Integral)
    if not real:
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 or (not whole and amount > 1.0):
        raise ValueError(
            f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer"
        )


def _count(amount: float, size: int) -> int:
    """How many of `size` are pruned."""
    if not isinstance(amount, numbers.Integral):
        return round(amount * size)
    if amount > size:
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={size}")
    return int(amount)


def _slices(t: Tensor, dim: int, amount: float) -> tuple[int, int]:
    """How many slices there are along `dim`, and how many of them are pruned."""
    if len(t.shape) <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
            f"{t.shape} with {len(t.shape)} dims"
        )
    if dim >= t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")
    return t.shape[dim], _count(amount, t.shape[dim])
