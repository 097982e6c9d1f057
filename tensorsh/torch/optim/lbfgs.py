"""L-BFGS: steps along an estimate of the Newton direction, from the last changes of the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core.mode import EAGER
from ...engine.records.op import registry
from ...engine.values.tensor import Tensor, make_tensor
from ..autograd.grad_mode import enable_grad, no_grad
from ..namespace import torch
from .checks import at_least
from .line_search import strong_wolfe
from .optimizer import Optimizer


class LBFGS(Optimizer):
    """Quasi-Newton with little memory (Liu & Nocedal 1989); `step` calls its closure several times.

    line_search_fn   None for steps of size lr, or "strong_wolfe"
    """

    __module__ = "torch.optim.lbfgs"

    def __init__(
        self,
        params: Any,
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ):
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        at_least(0.0, "learning rate", lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params = self.param_groups[0]["params"]

    # -- the parameters as one vector

    def _gather_flat_grad(self) -> Any:
        parts = []
        for p in self._params:
            part = torch.zeros_like(p) if p.grad is None else p.grad.to_dense()
            parts.append((torch.view_as_real(part) if part.is_complex() else part).reshape(-1))
        return torch.cat(parts, 0)

    def _add_grad(self, step_size: Any, update: Any) -> None:
        start = 0
        for p in self._params:
            p = torch.view_as_real(p) if p.is_complex() else p
            n = p.numel()
            p.add_(update[start : start + n].view_as(p), alpha=step_size)
            start += n

    def _directional_evaluate(self, closure: Any, x: list[Any], t: Any, d: Any) -> tuple[float, Any]:
        """Loss and gradient at x + t * d; the parameters come back to x."""
        self._add_grad(t, d)
        loss = float(closure())
        gradient = self._gather_flat_grad()
        for p, before in zip(self._params, x, strict=True):
            p.copy_(before)
        return loss, gradient

    # -- stepping

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Up to `max_iter` iterations; the closure clears the gradients, computes the loss and its gradients.

        Returns the loss at the start.
        """
        with no_grad():
            return self._step(closure)

    def _step(self, closure: Callable[[], Any]) -> Any:
        if len(self.param_groups) != 1:
            raise AssertionError(f"Expected exactly one param_group, but got {len(self.param_groups)}")

        def evaluate() -> Any:
            with enable_grad():
                return closure()

        group = self.param_groups[0]
        lr = group["lr"].squeeze() if isinstance(group["lr"], Tensor) else group["lr"]
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first = evaluate()
        loss = float(first)
        evaluations = 1
        state["func_evals"] += 1
        gradient = self._gather_flat_grad()
        if gradient.abs().max() <= group["tolerance_grad"]:
            return first
        known = {name: state.get(name) for name in ("d", "t", "old_dirs", "old_stps", "ro", "H_diag")}
        previous = state.get("prev_flat_grad")
        iteration = 0
        while iteration < group["max_iter"]:
            iteration += 1
            state["n_iter"] += 1
            self._direction(known, state, gradient, previous)
            if previous is None:
                previous = gradient.clone()
            else:
                previous.copy_(gradient)
            before = loss
            d = known["d"]
            if state["n_iter"] == 1:
                known["t"] = min(1.0, 1.0 / gradient.abs().sum()) * lr
            else:
                known["t"] = lr
            slope = gradient.dot(d)
            if slope > -group["tolerance_change"]:
                break
            more = 0
            flat = False
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                x = [p.clone() for p in self._params]
                loss, gradient, known["t"], more = strong_wolfe(
                    lambda x, t, d: self._directional_evaluate(evaluate, x, t, d),
                    x, known["t"], d, loss, gradient, slope, group["max_eval"] - evaluations,
                )  # fmt: skip
                self._add_grad(known["t"], d)
                flat = bool(gradient.abs().max() <= group["tolerance_grad"])
            else:
                self._add_grad(known["t"], d)
                if iteration != group["max_iter"]:
                    loss = float(evaluate())
                    gradient = self._gather_flat_grad()
                    flat = bool(gradient.abs().max() <= group["tolerance_grad"])
                    more = 1
            evaluations += more
            state["func_evals"] += more
            if (
                iteration == group["max_iter"]
                or evaluations >= group["max_eval"]
                or flat
                or d.mul(known["t"]).abs().max() <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        state.update(known, prev_flat_grad=previous, prev_loss=before)
        return first

    def _direction(self, known: dict[str, Any], state: dict[str, Any], gradient: Any, previous: Any) -> None:
        """Where to go from here: minus the gradient, through the inverse Hessian that the history tells."""
        if state["n_iter"] == 1:
            known.update(d=gradient.neg(), old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return
        changes, steps, factors = known["old_dirs"], known["old_stps"], known["ro"]
        size = self.param_groups[0]["history_size"]
        y = gradient.sub(previous)
        s = known["d"].mul(known["t"])
        ys = y.dot(s)
        if ys > 1e-10:
            if len(changes) == size:
                changes.pop(0)
                steps.pop(0)
                factors.pop(0)
            changes.append(y)
            steps.append(s)
            factors.append(1.0 / ys)
            known["H_diag"] = ys / y.dot(y)
        al = state.setdefault("al", [None] * size)
        q = gradient.neg()
        if context.current().mode is EAGER and q.spec.dtype in (torch.float32, torch.float64):
            known["d"] = through_history(q, changes, steps, factors, al, known["H_diag"])
            return
        for i in range(len(changes) - 1, -1, -1):
            al[i] = steps[i].dot(q) * factors[i]
            q.add_(changes[i], alpha=-al[i])
        d = torch.mul(q, known["H_diag"])
        for i in range(len(changes)):
            be = changes[i].dot(d) * factors[i]
            d.add_(steps[i], alpha=al[i] - be)
        known["d"] = d


def through_history(
    q: Tensor, changes: list[Tensor], steps: list[Tensor], factors: list[Tensor], al: list[Any], scale: Any
) -> Tensor:
    """The direction that `q` becomes: the kernels of the operations on arrays, a history is hundreds of them."""
    dot, add = registry["dot"].kernel, registry["add"].kernel
    x = q.array
    for i in range(len(changes) - 1, -1, -1):
        by = np.multiply(dot(steps[i].array, x), factors[i].array)
        al[i] = make_tensor(np.asarray(by), factors[i].spec)
        x = add(x, changes[i].array, -float(by))
    x = torch.mul(make_tensor(x, q.spec), scale).array
    for i in range(len(changes)):
        by = np.multiply(dot(changes[i].array, x), factors[i].array)
        x = add(x, steps[i].array, float(al[i].array - by))
    return make_tensor(x, q.spec)
