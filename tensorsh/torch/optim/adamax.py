"""Adamax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...train.rules import adam
from .checks import at_least, check_betas, check_lr, complete
from .optimizer import Optimizer
from .steps import follow


class Adamax(Optimizer):
    """Adam by the infinity norm (Kingma & Ba 2015)."""

    __module__ = "torch.optim.adamax"

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ):
        check_lr(lr)
        at_least(0.0, "epsilon value", eps)
        check_betas(betas)
        at_least(0.0, "weight_decay value", weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
            },
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        complete(self, foreach=None, maximize=False, differentiable=False, capturable=False)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; the closure's loss, if there is one."""
        return follow(self, adam.adamax, closure)
