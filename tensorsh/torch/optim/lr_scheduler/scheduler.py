"""`LRScheduler`: counts the steps and asks `get_lr` for the rates that come next.

What a scheduler knows are its attributes, and all of them but the optimiser are its `state_dict`.
"""

from __future__ import annotations

import functools
from typing import Any, ClassVar
from weakref import ref

from ....engine.core.warn import warn
from ....engine.values.tensor import Tensor
from ..optimizer import Optimizer

ORDER = "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"


class LRScheduler:
    """The base of schedulers, one's own too: `get_lr` gives a rate for each group, from `last_epoch`.

    base_lrs     the rates that the groups started with ("initial_lr")
    last_epoch   how many steps have been made, less one while it is being made
    """

    __module__ = "torch.optim.lr_scheduler"

    #: what tensorsh's own programs may use
    public: ClassVar[frozenset[str]] = frozenset(
        {"base_lrs", "get_last_lr", "last_epoch", "load_state_dict", "optimizer", "state_dict", "step"}
    )

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        check_optimizer(optimizer)
        self.optimizer = optimizer
        if last_epoch == -1:
            for group in optimizer.param_groups:
                group.setdefault("initial_lr", copied(group["lr"]))
        else:
            for i, group in enumerate(optimizer.param_groups):
                if "initial_lr" not in group:
                    raise KeyError(
                        f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler "
                        "with last_epoch >= 0.\n"
                        "This typically happens when:\n"
                        "1. You're trying to resume training from a checkpoint but haven't properly loaded "
                        "the optimizer state\n"
                        "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
                    )
        self.base_lrs = values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _note_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """Every attribute but the optimiser."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Any]:
        """The rates that the last step set."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """The rates for `last_epoch`; what a scheduler is."""
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch, or to this one."""
        if self._step_count == 1:
            if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
                warn(
                    "Seems like `optimizer.step()` has been overridden after learning rate scheduler "
                    f"initialization. Please, make sure to call `optimizer.step()` before "
                    f"`lr_scheduler.step()`. {ORDER}"
                )
            elif not getattr(self.optimizer, "_opt_called", False):
                warn(
                    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and "
                    "later, you should call them in the opposite order: `optimizer.step()` before "
                    "`lr_scheduler.step()`.  Failure to do this will result in PyTorch skipping the first "
                    f"value of the learning rate schedule. {ORDER}"
                )
        self._step_count += 1
        if epoch is not None:
            warn_epoch()
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        with asking(self):
            if epoch is None:
                self.last_epoch += 1
                rates = self.get_lr()
            else:
                self.last_epoch = epoch
                closed = getattr(self, "_get_closed_form_lr", None)
                rates = self.get_lr() if closed is None else closed()
        self._set_rates(rates)

    def _set_rates(self, rates: list[Any]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            put(group, "lr", rate)
        self._last_lr = values(self.optimizer, "lr")


class _LRScheduler(LRScheduler):
    """The name it had before PyTorch 2."""

    __module__ = "torch.optim.lr_scheduler"


# ------------------------------------------------------------------ what schedulers share


def check_optimizer(optimizer: Any) -> None:
    """Only optimisers have rates to change."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def values(optimizer: Optimizer, key: str) -> list[Any]:
    """A hyperparameter of each group; tensors are copied."""
    return [copied(group[key]) for group in optimizer.param_groups]


def copied(value: Any) -> Any:
    """A value that later changes of a tensor leave alone."""
    return value.clone() if isinstance(value, Tensor) else value


def put(group: dict[str, Any], key: str, value: Any) -> None:
    """Set a hyperparameter; one that is a tensor stays that tensor."""
    if isinstance(group[key], Tensor):
        group[key].fill_(value.squeeze() if isinstance(value, Tensor) and value.ndim else value)
    else:
        group[key] = value


def for_groups(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """A value for each group, given once or as a list of as many."""
    groups = optimizer.param_groups
    if not isinstance(value, list | tuple):
        value = [value] * len(groups)
    elif len(value) != len(groups):
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, "
            f"param_groups has {len(groups)}."
        )
    return [copied(v) for v in value]


class asking:
    """`get_lr` is called by `step`, as it should be."""

    __slots__ = ("scheduler",)

    def __init__(self, scheduler: LRScheduler):
        self.scheduler = scheduler

    def __enter__(self) -> None:
        self.scheduler._get_lr_called_within_step = True

    def __exit__(self, *_: object) -> None:
        self.scheduler._get_lr_called_within_step = False


def warn_outside(scheduler: Any) -> None:
    """`get_lr` called by a program gives what would come next."""
    if not scheduler._get_lr_called_within_step:
        warn("To get the last learning rate computed by the scheduler, please use `get_last_lr()`.")


def warn_epoch() -> None:
    """`step(epoch)` is the old way."""
    warn(
        "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. "
        "Please use `scheduler.step()` to step the scheduler. During the deprecation, if epoch is different "
        "from None, the closed form is used instead of the new chainable form, where available. Please open "
        "an issue if you are unable to replicate your use case: "
        "https://github.com/pytorch/pytorch/issues/new/choose."
    )


def _note_steps(optimizer: Optimizer) -> None:
    """Let the optimiser remember that its `step` was called, so that a wrong order is noticed."""
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    held = ref(optimizer)
    function: Any = optimizer.step.__func__  # type: ignore[attr-defined]

    @functools.wraps(function)
    def step(*args: Any, **kwargs: Any) -> Any:
        this: Any = held()
        this._opt_called = True
        return function(this, *args, **kwargs)

    step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = step  # type: ignore[method-assign]
