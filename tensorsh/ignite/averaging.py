"""An exponential moving average of a model's parameters."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import Any

from ..torch.namespace import torch
from .events import Events

__name__ = "ignite.handlers.ema_handler"


class EMAHandler:
    """Keeps `ema_model`, whose parameters are `(1 - momentum) * average + momentum * parameter`."""

    def __init__(
        self,
        model: Any,
        momentum: float = 0.0002,
        momentum_warmup: float | None = None,
        warmup_iters: int | None = None,
        handle_buffers: str = "copy",
    ):
        if not 0 < momentum < 1:
            raise ValueError(f"Invalid momentum: {momentum}")
        if not isinstance(model, torch.nn.Module):
            raise ValueError(
                f"model should be an instance of nn.Module or its subclasses, but gotmodel: {type(model).__name__}"
            )
        if handle_buffers not in ("copy", "update", "ema_train"):
            raise ValueError(
                f"handle_buffers can only be one of 'copy', 'update', 'ema_train', but got {handle_buffers}"
            )
        self.momentum = momentum
        self._warmup = None
        if momentum_warmup is not None and warmup_iters is not None:
            self._warmup = (momentum_warmup, warmup_iters)
        self.model = model
        self.ema_model = deepcopy(model)
        for each in self.ema_model.parameters():
            each.detach_()
        self.handle_buffers = handle_buffers
        self.ema_model.train(handle_buffers == "ema_train")

    def attach(
        self,
        engine: Any,
        name: str = "ema_momentum",
        warn_if_exists: bool = True,
        event: Any = Events.ITERATION_COMPLETED,
    ) -> None:
        """Update the average at `event`; the momentum is `engine.state`'s attribute `name`."""
        if not hasattr(engine.state, name):
            setattr(engine.state, name, self.momentum)
        elif warn_if_exists:
            warnings.warn(
                f"Attribute '{name}' already exists in Engine.state. It might because 1. the engine has loaded its "
                f"state dict or 2. {name} is already created by other handlers. Turn off this warning by setting"
                "warn_if_exists to False.",
                category=UserWarning,
                stacklevel=2,
            )
        if self._warmup is not None:
            engine.add_event_handler(event, self._warm_up, name)
        engine.add_event_handler(event, self._update, name)

    def _warm_up(self, engine: Any, name: str) -> None:
        first, iterations = self._warmup  # type: ignore[misc]
        self._count = getattr(self, "_count", -1) + 1
        momentum = first + (self.momentum - first) * (self._count - 1) / max(1, iterations - 1)
        pick = min if self.momentum >= first else max
        setattr(engine.state, name, pick(self.momentum, momentum))

    def _update(self, engine: Any, name: str) -> None:
        momentum = getattr(engine.state, name)
        for average, value in zip(self.ema_model.parameters(), self.model.parameters(), strict=True):
            average.mul_(1.0 - momentum).add_(value.data, alpha=momentum)
        if self.handle_buffers == "ema_train":
            return
        for average, value in zip(self.ema_model.buffers(), self.model.buffers(), strict=True):
            if self.handle_buffers == "update" and average.is_floating_point():
                average.mul_(1.0 - momentum).add_(value.data, alpha=momentum)
            else:
                average.data = value.data
