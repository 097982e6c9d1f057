"""What hyperparameters may be, in PyTorch's words, and how those that are missing from old state are filled in."""

from __future__ import annotations

from typing import Any

from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import wrap
from ...train.rules.parts import zero
from .optimizer import Optimizer


def check_lr(lr: Any) -> None:
    """A number that is not negative, or a tensor of one such."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    at_least(0.0, "learning rate", lr)


def at_least(least: float, name: str, value: Any) -> None:
    """`value` is not below `least` (and no nan)."""
    if not least <= value:
        raise ValueError(f"Invalid {name}: {value}")


def check_betas(betas: Any) -> None:
    """Two factors from 0 to below 1."""
    for i in (0, 1):
        if not 0.0 <= betas[i] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")


def check_fused(fused: Any, foreach: Any, differentiable: Any) -> None:
    """`fused` excludes the other ways to compute a step."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def complete(optimizer: Optimizer, counters: str = "step", **defaults: Any) -> None:
    """Give groups that were saved long ago the hyperparameters they lack, and tensors for their counters."""
    for group in optimizer.param_groups:
        for name, value in defaults.items():
            group.setdefault(name, value)
        for p in group["params"]:
            state = optimizer.state.get(p, {})
            for name in counters.split() if state else ():
                if not isinstance(state[name], Tensor):
                    state[name] = wrap(zero(float(state[name])))
