"""Steps along gradients that are sparse: which optimisers take them, and how.

They are written in operations on the rows that a gradient has; the other rows of a parameter stay as they are.
"""

from __future__ import annotations

from typing import Any

from ...engine.values.sparse import Sparse
from ...train.rules.parts import number
from ..autograd.grad_mode import no_grad
from ..namespace import torch


def step(optimizer: Any, p: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
    """One step of `p`; RuntimeError of an optimiser that takes no sparse gradients."""
    kind = next((k.__name__ for k in type(optimizer).__mro__ if k.__name__ in STEPS), None)
    if kind is None:
        refuse(type(optimizer).__name__)
    else:
        with no_grad():
            STEPS[kind](p, p.grad, state, group)


def refuse(name: str) -> None:
    """The complaint of an optimiser."""
    if name in ("Adam", "AdamW"):
        raise RuntimeError("Adam does not support sparse gradients, please consider SparseAdam instead")
    raise RuntimeError(f"{name} does not support sparse gradients")


def sgd(p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
    """`p -= lr * g`, with momentum if wanted, whose buffer is sparse, too."""
    grad = -grad if group["maximize"] else grad
    if group["weight_decay"] != 0:
        grad = grad.add(p, alpha=group["weight_decay"])
    momentum = group["momentum"]
    if momentum != 0:
        buffer = state.get("momentum_buffer")
        if buffer is None:
            buffer = state["momentum_buffer"] = grad.detach().clone()
        else:
            buffer.mul_(momentum).add_(grad, alpha=1 - group["dampening"])
        grad = grad.add(buffer, alpha=momentum) if group["nesterov"] else buffer
    p.add_(grad, alpha=-number(group["lr"]))


def adagrad(p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
    """Divided by the root of the sum of all squares, row by row."""
    state["step"] += 1
    grad = -grad if group["maximize"] else grad
    if group["weight_decay"] != 0:
        raise RuntimeError("weight_decay option is not compatible with sparse gradients")
    size = number(group["lr"]) / (1 + (state["step"].item() - 1) * group["lr_decay"])
    grad = grad.coalesce()
    values = grad._values()
    state["sum"].add_(grad.like(values.pow(2)))
    root = state["sum"].sparse_mask(grad)._values().sqrt_().add_(group["eps"])
    p.add_(grad.like(values / root), alpha=-size)


STEPS = {"SGD": sgd, "Adagrad": adagrad}


def lazy_adam(p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
    """Adam on the rows that the gradient has; the means of the others wait."""
    if not isinstance(grad, Sparse):
        raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")
    if not state:
        state.update(step=0, exp_avg=torch.zeros_like(p), exp_avg_sq=torch.zeros_like(p))
    state["step"] += 1
    grad = (-grad if group["maximize"] else grad).coalesce()
    values = grad._values()
    if values.numel() == 0:
        return
    beta1, beta2 = group["betas"]
    before = state["exp_avg"].sparse_mask(grad)._values()
    change = values.sub(before).mul_(1 - beta1)
    state["exp_avg"].add_(grad.like(change))
    before_sq = state["exp_avg_sq"].sparse_mask(grad)._values()
    change_sq = values.pow(2).sub_(before_sq).mul_(1 - beta2)
    state["exp_avg_sq"].add_(grad.like(change_sq))
    mean, root = change.add_(before), change_sq.add_(before_sq).sqrt_().add_(group["eps"])
    step = state["step"]
    size = number(group["lr"]) * (1 - beta2**step) ** 0.5 / (1 - beta1**step)
    p.add_(grad.like(-size * mean.div_(root)))
