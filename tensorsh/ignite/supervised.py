"""Engines for supervised training and evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..torch.namespace import torch
from .engine import Engine
from .trees import convert_tensor

__name__ = "ignite.engine"


def _prepare_batch(batch: Any, device: Any = None, non_blocking: bool = False) -> tuple[Any, Any]:
    x, y = batch
    return convert_tensor(x, device, non_blocking), convert_tensor(y, device, non_blocking)


def supervised_training_step(
    model: Any,
    optimizer: Any,
    loss_fn: Callable[..., Any],
    device: Any = None,
    non_blocking: bool = False,
    prepare_batch: Callable[..., Any] = _prepare_batch,
    model_transform: Callable[[Any], Any] = lambda output: output,
    output_transform: Callable[..., Any] = lambda x, y, y_pred, loss: loss.item(),
    gradient_accumulation_steps: int = 1,
    model_fn: Callable[..., Any] = lambda model, x: model(x),
) -> Callable[..., Any]:
    """The function of a trainer: forward, backward, and a step every `gradient_accumulation_steps` batches."""
    steps = gradient_accumulation_steps
    if steps <= 0:
        raise ValueError(
            "Gradient_accumulation_steps must be strictly positive. "
            "No gradient accumulation if the value set to one (default)."
        )

    def update(engine: Engine, batch: Any) -> Any:
        if (engine.state.iteration - 1) % steps == 0:
            optimizer.zero_grad()
        model.train()
        x, y = prepare_batch(batch, device=device, non_blocking=non_blocking)
        y_pred = model_transform(model_fn(model, x))
        loss = loss_fn(y_pred, y)
        if steps > 1:
            loss = loss / steps
        loss.backward()
        if engine.state.iteration % steps == 0:
            optimizer.step()
        return output_transform(x, y, y_pred, loss * steps)

    return update


def create_supervised_trainer(
    model: Any,
    optimizer: Any,
    loss_fn: Callable[..., Any],
    device: Any = None,
    non_blocking: bool = False,
    prepare_batch: Callable[..., Any] = _prepare_batch,
    model_transform: Callable[[Any], Any] = lambda output: output,
    output_transform: Callable[..., Any] = lambda x, y, y_pred, loss: loss.item(),
    deterministic: bool = False,
    amp_mode: str | None = None,
    scaler: Any = False,
    gradient_accumulation_steps: int = 1,
    model_fn: Callable[..., Any] = lambda model, x: model(x),
) -> Engine:
    """An engine that trains a model on (x, y) batches; its output is the loss as a number."""
    if scaler and amp_mode != "amp":
        raise ValueError(
            f"scaler argument is {scaler}, but amp_mode is {amp_mode}. Consider using amp_mode='amp'."
        )
    return Engine(
        supervised_training_step(
            model, optimizer, loss_fn, device, non_blocking, prepare_batch, model_transform, output_transform,
            gradient_accumulation_steps, model_fn,
        )
    )  # fmt: skip


def supervised_evaluation_step(
    model: Any,
    device: Any = None,
    non_blocking: bool = False,
    prepare_batch: Callable[..., Any] = _prepare_batch,
    model_transform: Callable[[Any], Any] = lambda output: output,
    output_transform: Callable[..., Any] = lambda x, y, y_pred: (y_pred, y),
    model_fn: Callable[..., Any] = lambda model, x: model(x),
) -> Callable[..., Any]:
    """The function of an evaluator."""

    def evaluate_step(engine: Engine, batch: Any) -> Any:
        model.eval()
        with torch.no_grad():
            x, y = prepare_batch(batch, device=device, non_blocking=non_blocking)
            return output_transform(x, y, model_transform(model_fn(model, x)))

    return evaluate_step


def create_supervised_evaluator(
    model: Any,
    metrics: dict[str, Any] | None = None,
    device: Any = None,
    non_blocking: bool = False,
    prepare_batch: Callable[..., Any] = _prepare_batch,
    model_transform: Callable[[Any], Any] = lambda output: output,
    output_transform: Callable[..., Any] = lambda x, y, y_pred: (y_pred, y),
    amp_mode: str | None = None,
    model_fn: Callable[..., Any] = lambda model, x: model(x),
) -> Engine:
    """An engine that computes metrics of a model on (x, y) batches."""
    evaluator = Engine(
        supervised_evaluation_step(
            model, device, non_blocking, prepare_batch, model_transform, output_transform, model_fn
        )
    )
    for name, metric in (metrics or {}).items():
        metric.attach(evaluator, name)
    return evaluator
