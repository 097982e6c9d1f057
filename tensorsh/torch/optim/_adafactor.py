"""Adafactor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import wrap
from ...train.rules.parts import number, zero
from ..namespace import torch
from .checks import complete
from .optimizer import Optimizer
from .sparse_steps import refuse
from .steps import update_each


class Adafactor(Optimizer):
    """Adagrad's scales for matrices from the means of rows and columns alone (Shazeer & Stern 2018)."""

    __module__ = "torch.optim"

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ):
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for holds, text in (
            (lr >= 0.0, f"Learning rate should be >= 0 but is: {lr}"),
            (beta2_decay <= 0.0, f"beta2_decay should be <= 0 but is: {beta2_decay}"),
            (eps[0] is None or eps[0] >= 0.0, f"epsilon1 should be >= 0 but is: {eps[0]}"),
            (eps[1] >= 0.0, f"epsilon2 should be >= 0 but is: {eps[1]}"),
            (d >= 1.0, f"Clipping threshold d should be >= 1 but is: {d}"),
            (weight_decay >= 0.0, f"weight_decay should be >= 0 but is: {weight_decay}"),
        ):
            if not holds:
                raise ValueError(text)
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        complete(self, foreach=None)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; the closure's loss, if there is one."""
        return update_each(self, _update, closure)


def _update(p: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
    if p.is_complex():
        raise RuntimeError("Adafactor does not support complex parameters")
    if p.grad.is_sparse:
        refuse(Adafactor.__name__)
    lr, (eps1, eps2) = number(group["lr"]), group["eps"]
    grad = -p.grad if group["maximize"] else p.grad
    if not state:
        _begin(state, grad)
    if eps1 is None:
        eps1 = torch.finfo(p.dtype).eps
    state["step"] += 1
    step = state["step"].item()
    share = step ** group["beta2_decay"]
    size = max(eps2, p.norm(2).item() / (p.numel() ** 0.5)) * min(lr, 1 / (step**0.5))
    if group["weight_decay"] != 0:
        p.mul_(1 - lr * group["weight_decay"])
    update = _variance(state, grad, share, eps1).clamp_(min=eps1 * eps1).rsqrt_()
    update.mul_(grad)
    excess = max(1.0, update.norm(2).item() / ((update.numel() ** 0.5) * group["d"]))
    p.add_(update, alpha=-size / excess)


def _begin(state: dict[str, Any], grad: Any) -> None:
    state["step"] = wrap(zero())
    if grad.dim() > 1:
        *outer, rows, columns = grad.shape
        state["row_var"] = grad.new_zeros((*outer, rows, 1))
        state["col_var"] = grad.new_zeros((*outer, 1, columns))
    else:
        state["variance"] = torch.zeros_like(grad)


def _variance(state: dict[str, Any], grad: Any, share: float, eps: float) -> Any:
    """The running mean of squares; of a matrix, the product of those of its rows and columns."""
    if grad.dim() <= 1:
        state["variance"].lerp_(grad * grad, share)
        return state["variance"].clone()
    for name, dim in (("row_var", -1), ("col_var", -2)):
        mean = torch.norm(grad, dim=dim, keepdim=True).square_().div_(grad.size(dim))
        state[name].lerp_(mean, share)
    found = state["row_var"] @ state["col_var"]
    return found.div_(state["row_var"].mean(dim=-2, keepdim=True).clamp_(min=eps))
