"""RMSprop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...train.rules import squares
from .checks import at_least, check_lr, complete
from .optimizer import Optimizer
from .steps import follow


class RMSprop(Optimizer):
    """Steps divided by a running root mean square of the gradient (Hinton 2012)."""

    __module__ = "torch.optim.rmsprop"

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ):
        check_lr(lr)
        at_least(0.0, "epsilon value", eps)
        at_least(0.0, "momentum value", momentum)
        at_least(0.0, "weight_decay value", weight_decay)
        at_least(0.0, "alpha value", alpha)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "alpha": alpha,
                "eps": eps,
                "centered": centered,
                "weight_decay": weight_decay,
                "capturable": capturable,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
            },
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        complete(
            self,
            momentum=0,
            centered=False,
            foreach=None,
            maximize=False,
            differentiable=False,
            capturable=False,
        )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; the closure's loss, if there is one."""
        return follow(self, squares.rmsprop, closure)
