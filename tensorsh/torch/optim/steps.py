"""How a step is taken: a rule for the arrays of all parameters with a gradient, or an update in operations of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core.device import hollow
from ...engine.core.dtype import of
from ...engine.core.spec import spec
from ...engine.run.inplace import bump, check_writable
from ...engine.values.sparse import Sparse
from ...engine.values.tensor import Tensor, make_tensor
from ...engine.values.wrapping import full_spec, wrap
from ...train.rules.parts import Rule
from ..autograd.grad_mode import enable_grad, no_grad
from .optimizer import Optimizer

#: what must be on a device that captures, besides the parameters
CAPTURED = {
    "ASGD": "params, mus, etas, and state_steps",
    "NAdam": "params, mu_products and state_steps",
}


def follow(optimizer: Optimizer, rule: Rule, closure: Callable[[], Any] | None) -> Any:
    """One step by a rule of all parameters that have a gradient; the closure's loss."""
    loss = loss_of(closure)
    current = context.current()
    if current.mode.update(optimizer, rule):
        return loss
    journal, states = current.journal, optimizer.state
    for group in optimizer.param_groups:
        if group.get("capturable"):
            refuse_capture(optimizer, group)
        for p in group["params"]:
            gradient = p.grad_slot
            if gradient is None:
                continue
            if type(gradient) is Sparse:
                step_along_rows(optimizer, p, states, group)
                continue
            if p.spec.is_meta:
                step_without_values(p, rule, states[p], group)
                bump(p)
                continue
            if group.get("differentiable") or 0 in p.array.strides or not p.array.flags.writeable:
                check_place(p, group.get("differentiable", False))
            state = states.get(p)
            arrays = {k: v.array for k, v in state.items() if isinstance(v, Tensor)} if state else {}
            if journal.active:
                journal.save_array(p.array)
                for array in arrays.values():
                    journal.save_array(array)
            known = len(arrays)
            rule(p.array, gradient.array, arrays, group)
            if len(arrays) != known:
                state = states[p]
                state.update((k, wrap(a)) for k, a in arrays.items() if state.get(k) is None)
            bump(p)
    return loss


def step_along_rows(optimizer: Optimizer, p: Tensor, states: Any, group: dict[str, Any]) -> None:
    """One step of a parameter whose gradient is sparse."""
    from .sparse_steps import step

    step(optimizer, p, states[p], group)


def step_without_values(p: Tensor, rule: Rule, state: dict[str, Any], group: dict[str, Any]) -> None:
    """One step of a parameter that has no values: what is kept of it is what is kept of one without elements."""
    checked = p.spec.device is hollow  # numbers of its group may have no values either
    if state and checked:
        return
    arrays = {
        name: elements(p) if each.is_meta else each.array
        for name, each in state.items()
        if isinstance(each, Tensor)
    }
    rule(elements(p), elements(p), arrays, group | {"lr": 0.0} if checked else group)
    for name, array in arrays.items():
        if name not in state:
            state[name] = kept(p, array)


def elements(p: Tensor) -> Any:
    """The array that rules are given for a parameter: one without elements if it has no values."""
    return np.zeros((0,), p.spec.np) if p.spec.is_meta else p.array


def kept(p: Tensor, array: Any) -> Tensor:
    """What a rule keeps of a parameter, as a tensor: as long as the parameter, or a number on the cpu."""
    if p.spec.is_meta and array.ndim:
        return make_tensor(p.spec.placeholder, p.spec)
    if p.spec.device is hollow:
        return full_spec(spec(array.shape, of(array), hollow), 0.0)
    return wrap(array)


def update_each(
    optimizer: Optimizer,
    update: Callable[[Tensor, dict[str, Any], dict[str, Any]], None],
    closure: Callable[[], Any] | None,
) -> Any:
    """One step that is written in operations: `update(parameter, its state, its group)`; the closure's loss."""
    loss = loss_of(closure)
    with no_grad():
        for group in optimizer.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    update(p, optimizer.state[p], group)
    return loss


def loss_of(closure: Callable[[], Any] | None) -> Any:
    if closure is None:
        return None
    with enable_grad():
        return closure()


def check_place(p: Tensor, differentiable: bool) -> None:
    """Refuse to write what PyTorch would not write either, and history, which rules on arrays do not make."""
    with enable_grad() if differentiable else no_grad():
        check_writable(p)
    if differentiable and p.requires_grad:
        raise NotImplementedError("differentiable=True: gradients through a step of an optimiser")
    if not p.array.flags.writeable:
        p.array.flags.writeable = True


def refuse_capture(optimizer: Optimizer, group: dict[str, Any]) -> None:
    """Only accelerators capture graphs of steps."""
    if any(p.grad_slot is not None for p in group["params"]):
        what = CAPTURED.get(type(optimizer).__name__, "params and state_steps")
        devices = ["cuda", "xpu", "hpu", "privateuseone"]
        if type(optimizer).__name__ != "Adadelta":
            devices.append("xla")
        raise AssertionError(f"If capturable=True, {what} must be on supported devices: {devices}.")
