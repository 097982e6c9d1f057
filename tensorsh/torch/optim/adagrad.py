"""Adagrad."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...train.rules import squares
from .checks import at_least, check_fused, check_lr, complete
from .optimizer import Optimizer
from .steps import elements, follow, kept


class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients (Duchi et al. 2011)."""

    __module__ = "torch.optim.adagrad"

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        check_lr(lr)
        at_least(0.0, "lr_decay value", lr_decay)
        at_least(0.0, "weight_decay value", weight_decay)
        at_least(0.0, "initial_accumulator_value value", initial_accumulator_value)
        at_least(0.0, "epsilon value", eps)
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "eps": eps,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "fused": fused,
            },
        )
        check_fused(fused, foreach, differentiable)
        for group in self.param_groups:
            for p in group["params"]:
                begun = squares.begin_adagrad(elements(p), group)
                self.state[p].update((k, kept(p, a)) for k, a in begun.items())

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        complete(self, foreach=None, maximize=False, differentiable=False, fused=None)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; the closure's loss, if there is one."""
        return follow(self, squares.adagrad, closure)
