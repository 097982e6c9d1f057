"""Saving objects of a training while it runs."""

from __future__ import annotations

import numbers
import os
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from ..torch.namespace import torch
from .events import EventEnum, Events
from .session import python
from .trees import Serializable, apply_pairs, map_objects

__name__ = "ignite.handlers.checkpoint"


class CheckpointEvents(EventEnum):
    """What checkpoints fire."""

    SAVED_CHECKPOINT = "saved_checkpoint"


class BaseSaveHandler:
    """Base of what stores checkpoints: called with (checkpoint, filename, metadata)."""

    def __call__(self, checkpoint: Any, filename: str, metadata: Any = None) -> None:
        raise NotImplementedError

    def remove(self, filename: str) -> None:
        """Take a checkpoint away."""
        raise NotImplementedError


class DiskSaver(BaseSaveHandler):
    """Stores checkpoints as files of a folder."""

    def __init__(
        self,
        dirname: str | Path,
        atomic: bool = True,
        create_dir: bool = True,
        require_empty: bool = True,
        save_on_rank: int = 0,
        **kwargs: Any,
    ):
        # the program's own `pathlib` and `os`, whose writing goes through the session's gate
        self.dirname = python("pathlib").Path(dirname).expanduser()
        self._atomic = atomic
        self.save_on_rank = save_on_rank
        self.kwargs = kwargs
        if create_dir and not self.dirname.exists():
            self.dirname.mkdir(parents=True)
        if not self.dirname.exists():
            raise ValueError(f"Directory path '{self.dirname}' is not found")
        if require_empty:
            there = [name for name in python("os").listdir(self.dirname) if name.endswith(".pt")]
            if there:
                raise ValueError(
                    f"Files {there} with extension '.pt' are already present in the directory {self.dirname}. "
                    "If you want to use this directory anyway, pass `require_empty=False`."
                )

    def __call__(self, checkpoint: Any, filename: str, metadata: Any = None) -> None:
        torch.save(checkpoint, self.dirname / filename, **self.kwargs)

    def remove(self, filename: str) -> None:
        (self.dirname / filename).unlink()


class Checkpoint(Serializable):
    """Saves `to_save` when it is called, and keeps the last, or the best by a score, `n_saved` of them."""

    Item = namedtuple("Item", ["priority", "filename"])
    _state_dict_all_req_keys = ("_saved",)

    def __init__(
        self,
        to_save: Mapping[str, Any],
        save_handler: Any,
        filename_prefix: str = "",
        score_function: Callable[..., Any] | None = None,
        score_name: str | None = None,
        n_saved: int | None = 1,
        global_step_transform: Callable[..., Any] | None = None,
        filename_pattern: str | None = None,
        include_self: bool = False,
        greater_or_equal: bool = False,
        save_on_rank: int = 0,
    ):
        if not isinstance(to_save, Mapping):
            raise TypeError(f"Argument `to_save` should be a dictionary, but given {type(to_save)}")
        self._check_objects(to_save, "state_dict")
        if include_self:
            if not isinstance(to_save, MutableMapping):
                raise TypeError(
                    f"If `include_self` is True, then `to_save` must be mutable, but given {type(to_save)}."
                )
            if "checkpointer" in to_save:
                raise ValueError(f"Cannot have key 'checkpointer' if `include_self` is True: {to_save}")
        if not (isinstance(save_handler, str | os.PathLike) or callable(save_handler)):
            raise TypeError(
                "Argument `save_handler` should be a string or Path object or callable or inherit from "
                "BaseSaveHandler"
            )
        if global_step_transform is not None and not callable(global_step_transform):
            raise TypeError(
                f"global_step_transform should be a function, got {type(global_step_transform)} instead."
            )
        if n_saved is not None and n_saved < 1:
            raise ValueError(f"n_saved must be a positive integer or None, got {n_saved}")
        self.to_save = to_save
        self.filename_prefix = filename_prefix
        is_path = isinstance(save_handler, str | os.PathLike)
        self.save_handler: Any = DiskSaver(save_handler) if is_path else save_handler
        self.score_function = score_function
        self.score_name = score_name
        if score_name is not None and score_function is None:
            self.score_function = self.get_default_score_fn(score_name)
        self.n_saved = n_saved
        self.ext = "pt"
        self.global_step_transform = global_step_transform
        self.filename_pattern = filename_pattern
        self._saved: list[Any] = []
        self.include_self = include_self
        self.greater_or_equal = greater_or_equal
        self.save_on_rank = save_on_rank

    def reset(self) -> None:
        """Forget what has been saved; the files stay."""
        self._saved = []

    @property
    def last_checkpoint(self) -> Any:
        """The file of the newest, or best, checkpoint."""
        if not self._saved:
            return None
        name = self._saved[-1].filename
        return self.save_handler.dirname / name if isinstance(self.save_handler, DiskSaver) else name

    def __call__(self, engine: Any, *args: Any, **kwargs: Any) -> None:
        if not engine.has_registered_events(CheckpointEvents.SAVED_CHECKPOINT):
            engine.register_events(*CheckpointEvents)
        step = None
        if self.global_step_transform is not None:
            step = self.global_step_transform(engine, engine.last_event_name)
        if self.score_function is not None:
            priority = self.score_function(engine)
            if not isinstance(priority, numbers.Number):
                raise ValueError("Output of score_function should be a number")
        else:
            step = engine.state.get_event_attrib_value(Events.ITERATION_COMPLETED) if step is None else step
            priority = step
        full = self.n_saved is not None and len(self._saved) >= self.n_saved
        if not full or self._better(priority):
            self._save(engine, priority, step, full)

    def _better(self, new: Any) -> bool:
        worst = self._saved[0].priority
        return new >= worst if self.greater_or_equal else new > worst

    def _save(self, engine: Any, priority: Any, step: int | None, full: bool) -> None:
        checkpoint, name = self._objects()
        score = f"{priority}" if isinstance(priority, numbers.Integral) else f"{priority:.4f}"
        filename = self._filename(name, score if self.score_function is not None else None, step)
        begin = f"{self.filename_prefix}_" if self.filename_prefix else ""
        metadata = {"basename": begin + name, "score_name": self.score_name, "priority": priority}
        names = [item.filename for item in self._saved]
        if filename in names or full:
            old = self._saved.pop(names.index(filename) if filename in names else 0)
            if isinstance(self.save_handler, BaseSaveHandler):
                self.save_handler.remove(old.filename)
        self._saved.append(Checkpoint.Item(priority, filename))
        self._saved.sort(key=lambda item: item[0])
        if self.include_self:
            checkpoint["checkpointer"] = self.state_dict()
        try:
            self.save_handler(checkpoint, filename, metadata)
        except TypeError:
            self.save_handler(checkpoint, filename)
        engine.fire_event(CheckpointEvents.SAVED_CHECKPOINT)

    def _objects(self) -> tuple[Any, str]:
        """What is saved, and its name: one object alone is saved as it is."""
        states = map_objects(lambda each: each.state_dict(), self.to_save) if self.to_save is not None else {}
        if len(states) == 1:
            ((name, state),) = states.items()
            return state, name
        return states, "checkpoint"

    def _filename(self, name: str, score: str | None, step: Any) -> str:
        pattern = self.filename_pattern or self.setup_filename_pattern(
            bool(self.filename_prefix),
            self.score_function is not None,
            self.score_name is not None,
            step is not None,
        )
        return pattern.format(
            filename_prefix=self.filename_prefix, ext=self.ext, name=name, score_name=self.score_name, score=score,
            global_step=step,
        )  # fmt: skip

    @staticmethod
    def setup_filename_pattern(
        with_prefix: bool = True,
        with_score: bool = True,
        with_score_name: bool = True,
        with_global_step: bool = True,
    ) -> str:
        """The pattern of file names."""
        if not (with_global_step or with_score):
            raise ValueError("At least one of with_score and with_global_step should be True.")
        if with_score_name and not with_score:
            raise ValueError("If with_score_name is True, with_score should be also True")
        pattern = "{filename_prefix}_{name}" if with_prefix else "{name}"
        pattern += "_{global_step}" if with_global_step else ""
        pattern += ("_{score_name}={score}" if with_score_name else "_{score}") if with_score else ""
        return pattern + ".{ext}"

    @staticmethod
    def _check_objects(objects: Any, attr: str) -> None:
        def check(each: Any) -> None:
            if not hasattr(each, attr):
                raise TypeError(f"Object {type(each)} should have `{attr}` method")

        map_objects(check, objects)

    @staticmethod
    def load_objects(to_load: Mapping[str, Any], checkpoint: Any, **kwargs: Any) -> None:
        """Give objects the states of a checkpoint, which is a file or what was saved."""
        if not isinstance(checkpoint, Mapping | str | os.PathLike):
            raise TypeError(
                f"Argument checkpoint should be a string or a dictionary, but given {type(checkpoint)}"
            )
        Checkpoint._check_objects(to_load, "load_state_dict")
        states = checkpoint if isinstance(checkpoint, Mapping) else torch.load(checkpoint, weights_only=True)

        def load(each: Any, state: Any) -> None:
            each.load_state_dict(state, **(kwargs if isinstance(each, torch.nn.Module) else {}))

        if len(to_load) == 1:
            ((name, each),) = to_load.items()
            if name not in states:
                load(each, states)
                return
        apply_pairs(load, dict(to_load), states)

    def reload_objects(
        self, to_load: Mapping[str, Any], load_kwargs: dict[str, Any] | None = None, **components: Any
    ) -> None:
        """Load from the file whose name has these components (`global_step`, `name`, `score`)."""
        if not isinstance(self.save_handler, DiskSaver):
            raise AttributeError(
                f"Checkpoint's `save_handler` should be of type `DiskSaver`, given {type(self.save_handler)}"
            )
        name = components.get("name", self._objects()[1])
        filename = self._filename(name, components.get("score"), components.get("global_step"))
        self.load_objects(to_load, self.save_handler.dirname / filename, **(load_kwargs or {}))

    def state_dict(self) -> OrderedDict[str, Any]:
        """What has been saved."""
        return OrderedDict([("_saved", [(item.priority, item.filename) for item in self._saved])])

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self._saved = [Checkpoint.Item(priority, name) for priority, name in state_dict["_saved"]]

    @staticmethod
    def get_default_score_fn(metric_name: str, score_sign: float = 1.0) -> Callable[[Any], Any]:
        """The score that is a metric, or its negative."""
        if score_sign not in (1.0, -1.0):
            raise ValueError("Argument score_sign should be 1 or -1")
        return lambda engine: score_sign * engine.state.metrics[metric_name]


class ModelCheckpoint(Checkpoint):
    """A `Checkpoint` in a folder, called with what to save."""

    def __init__(
        self,
        dirname: str | Path,
        filename_prefix: str = "",
        score_function: Callable[..., Any] | None = None,
        score_name: str | None = None,
        n_saved: int | None = 1,
        atomic: bool = True,
        require_empty: bool = True,
        create_dir: bool = True,
        global_step_transform: Callable[..., Any] | None = None,
        filename_pattern: str | None = None,
        include_self: bool = False,
        greater_or_equal: bool = False,
        save_on_rank: int = 0,
        **kwargs: Any,
    ):
        super().__init__(
            {}, DiskSaver(dirname, atomic, create_dir, require_empty, save_on_rank, **kwargs), filename_prefix,
            score_function, score_name, n_saved, global_step_transform, filename_pattern, include_self,
            greater_or_equal, save_on_rank,
        )  # fmt: skip

    def __call__(self, engine: Any, to_save: Mapping[str, Any]) -> None:
        if not to_save:
            raise RuntimeError("No objects to checkpoint found.")
        self._check_objects(to_save, "state_dict")
        self.to_save = to_save
        super().__call__(engine)
