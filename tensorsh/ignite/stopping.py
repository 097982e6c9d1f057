"""Handlers that stop a run, and one that measures it."""

from __future__ import annotations

import numbers
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from ..torch.namespace import torch
from .engine import Engine
from .events import Events
from .metric import _same
from .session import python, setup_logger
from .trees import Serializable, apply_to_type

__name__ = "ignite.handlers"


class EarlyStopping(Serializable):
    """Terminates a trainer when a score has not become better `patience` times."""

    _state_dict_all_req_keys = ("counter", "best_score", "threshold_mode")

    def __init__(
        self,
        patience: int,
        score_function: Callable[[Any], float],
        trainer: Engine,
        threshold: float = 0.0,
        cumulative: bool = False,
        threshold_mode: str = "abs",
        mode: str = "max",
        min_delta: float | None = None,
        min_delta_mode: str | None = None,
        cumulative_delta: bool | None = None,
    ):
        if not callable(score_function):
            raise TypeError("Argument score_function should be a function.")
        if patience < 1:
            raise ValueError("Argument patience should be positive integer.")
        if not isinstance(trainer, Engine):
            raise TypeError("Argument trainer should be an instance of Engine.")
        self.score_function = score_function
        self.patience = patience
        self.threshold = threshold if min_delta is None else min_delta  # by their older names, too
        self.threshold_mode = threshold_mode if min_delta_mode is None else min_delta_mode
        self.cumulative = cumulative if cumulative_delta is None else cumulative_delta
        if self.threshold < 0.0:
            raise ValueError("Argument threshold should not be a negative number.")
        if self.threshold_mode not in ("abs", "rel"):
            raise ValueError("Argument threshold_mode should be either 'abs' or 'rel'.")
        if mode not in ("min", "max"):
            raise ValueError("Argument mode should be either 'min' or 'max'.")
        self.trainer = trainer
        self.counter = 0
        self.best_score: float | None = None
        self.logger = setup_logger("ignite.handlers.early_stopping.EarlyStopping")
        self.mode = mode

    def __call__(self, engine: Engine) -> None:
        score, best = self.score_function(engine), self.best_score
        if best is None:
            self.best_score = score
            return
        step = -self.threshold if self.mode == "min" else self.threshold
        wanted = best + step if self.threshold_mode == "abs" else best * (1 + step)
        if score > wanted if self.mode == "max" else score < wanted:
            self.best_score, self.counter = score, 0
            return
        if not self.cumulative:
            self.best_score = max(score, best) if self.mode == "max" else min(score, best)
        self.counter += 1
        self.logger.debug("EarlyStopping: %i / %i", self.counter, self.patience)
        if self.counter >= self.patience:
            self.logger.info("EarlyStopping: Stop training")
            self.trainer.terminate()

    def reset(self) -> None:
        """Begin anew."""
        self.counter = 0
        self.best_score = None

    def attach(
        self,
        engine: Engine,
        event: Any = Events.COMPLETED,
        reset_engine: Engine | None = None,
        reset_event: Any = Events.STARTED,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Look at the score at `event`, and begin anew at `reset_event`."""
        engine.add_event_handler(event, self)
        (reset_engine or engine).add_event_handler(reset_event, self.reset)

    def state_dict(self) -> OrderedDict[str, Any]:
        """The count and the best score."""
        return OrderedDict((name, getattr(self, name)) for name in self._state_dict_all_req_keys)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        super().load_state_dict(state_dict)
        for name in self._state_dict_all_req_keys:
            setattr(self, name, state_dict[name])


EarlyStopping.__module__ = "ignite.handlers.early_stopping"


class TerminateOnNan:
    """Terminates an engine whose output has a NaN or an infinity."""

    def __init__(self, output_transform: Callable[[Any], Any] = _same):
        self.logger = setup_logger("ignite.handlers.terminate_on_nan.TerminateOnNan")
        self.logger.addHandler(python("logging").StreamHandler())
        self._output_transform = output_transform

    def __call__(self, engine: Engine) -> None:
        output = self._output_transform(engine.state.output)
        finite = []
        kinds = (numbers.Number, torch.Tensor)
        apply_to_type(output, kinds, lambda x: finite.append(bool(torch.isfinite(torch.as_tensor(x)).all())))
        if not all(finite):
            self.logger.warning(
                f"{type(self).__name__}: Output '{output}' contains NaN or Inf. Stop training"
            )
            engine.terminate()


class TimeLimit:
    """Terminates an engine after some seconds."""

    def __init__(self, limit_sec: int = 28800):
        if not isinstance(limit_sec, int):
            raise TypeError("Argument limit_sec should be an integer.")
        if limit_sec <= 0:
            raise ValueError("Argument limit_sec should be a positive integer.")
        self.limit_sec = limit_sec
        self.start_time = time.time()
        self.logger = setup_logger("ignite.handlers.time_limit.TimeLimit")

    def __call__(self, engine: Engine) -> None:
        if time.time() - self.start_time > self.limit_sec:
            self.logger.info("Reached the time limit: %s sec. Stop training", self.limit_sec)
            engine.terminate()


class Timer:
    """Seconds that went by, in all or for each step."""

    def __init__(self, average: bool = False):
        self._average = average
        self.reset()

    def attach(
        self,
        engine: Engine,
        start: Any = Events.STARTED,
        pause: Any = Events.COMPLETED,
        resume: Any = None,
        step: Any = None,
    ) -> Timer:
        """Start, pause, go on and count steps at events."""
        for event, handler in (
            (start, self.reset),
            (pause, self.pause),
            (resume, self.resume),
            (step, self.step),
        ):
            if event is not None:
                engine.add_event_handler(event, handler)
        return self

    def reset(self, *args: Any) -> Timer:
        """Start from zero."""
        self._t0 = time.perf_counter()
        self.total = 0.0
        self.step_count = 0.0
        self.running = True
        return self

    def pause(self, *args: Any) -> None:
        """Stop the clock."""
        if self.running:
            self.total += time.perf_counter() - self._t0
            self.running = False

    def resume(self, *args: Any) -> None:
        """Let it go on."""
        if not self.running:
            self.running = True
            self._t0 = time.perf_counter()

    def value(self) -> float:
        """Seconds so far."""
        total = self.total + (time.perf_counter() - self._t0 if self.running else 0.0)
        return total / max(self.step_count, 1.0) if self._average else total

    def step(self, *args: Any) -> None:
        """Count a step."""
        self.step_count += 1.0


TerminateOnNan.__module__ = "ignite.handlers.terminate_on_nan"
TimeLimit.__module__, Timer.__module__ = "ignite.handlers.time_limit", "ignite.handlers.timing"
