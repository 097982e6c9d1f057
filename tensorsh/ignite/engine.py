"""`Engine`: a loop over data that calls a function for each batch and fires events around it."""

from __future__ import annotations

import math
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any

from .events import Events, State
from .signatures import check_signature
from .sources import EventSource
from .trees import Serializable

__name__ = "ignite.engine.engine"


class _TerminateEpoch(Exception):
    """The running epoch is to end."""


class _Terminate(Exception):
    """The run is to end."""


class Engine(EventSource, Serializable):
    """Runs `process_function(engine, batch)` over data for some epochs."""

    _state_dict_all_req_keys = ("epoch_length", "iteration")
    _state_dict_one_of_opt_keys = (("max_epochs", "max_iters"),)
    interrupt_resume_enabled = True

    def __init__(self, process_function: Callable[[Engine, Any], Any]):
        super().__init__()
        self._process_function = process_function
        self.should_terminate: bool | str = False
        self.should_terminate_single_epoch: bool | str = False
        self.should_interrupt = False
        self._state_dict_user_keys: list[str] = []
        self._dataloader_iter: Iterator[Any] | None = None
        self._init_iter: int | None = None
        self.register_events(*Events)
        if process_function is None:
            raise ValueError("Engine must be given a processing function in order to run.")
        check_signature(process_function, "process_function", self, None)
        self._running: Generator[Any, None, Any] | None = None  # a run that was interrupted

    # ---------------------------------------------------------------- stopping

    def interrupt(self) -> None:
        """Stop after the running iteration; `run` goes on from there."""
        self.logger.info(
            "interrupt signaled. Engine will interrupt the run after current iteration is finished."
        )
        self.should_interrupt = True

    def terminate(self, skip_completed: bool = False) -> None:
        """Stop after the running iteration."""
        self.logger.info("Terminate signaled. Engine will stop after current iteration is finished.")
        self.should_terminate = "skip_completed" if skip_completed else True

    def terminate_epoch(self, skip_epoch_completed: bool = False) -> None:
        """End the running epoch after the running iteration."""
        self.logger.info(
            "Terminate current epoch is signaled. "
            "Current epoch iteration will stop after current iteration is finished."
        )
        self.should_terminate_single_epoch = "skip_epoch_completed" if skip_epoch_completed else True

    def _handle_exception(self, error: BaseException) -> None:
        if Events.EXCEPTION_RAISED not in self._event_handlers:
            raise error
        self._fire_event(Events.EXCEPTION_RAISED, error)

    def _stop_if_asked(self) -> Generator[Any, None, None]:
        if self.should_terminate:
            raise _Terminate()
        if self.should_terminate_single_epoch:
            raise _TerminateEpoch()
        if self.should_interrupt:
            self._fire_event(Events.INTERRUPT)
            self.should_interrupt = False
            yield self.state

    # ---------------------------------------------------------------- state

    @property
    def state_dict_user_keys(self) -> list[str]:
        """Names of the state's attributes that are saved, too."""
        return self._state_dict_user_keys

    def state_dict(self) -> OrderedDict[str, Any]:
        """How far the run is."""
        length = "max_epochs" if self.state.max_iters is None else "max_iters"
        keys = (*self._state_dict_all_req_keys, length, *self._state_dict_user_keys)
        return OrderedDict((key, getattr(self.state, key)) for key in keys)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was: from its iteration, or its epoch."""
        if isinstance(state_dict, Mapping) and "iteration" in state_dict and "epoch" in state_dict:
            raise ValueError(
                "State dictionary should contain only one of 'iteration' or 'epoch' keys. Found both: "
                f"iteration={state_dict['iteration']}, epoch={state_dict['epoch']}."
            )
        if isinstance(state_dict, Mapping) and "epoch" in state_dict:
            length = state_dict.get("epoch_length")
            if state_dict["epoch"] and (length is None or length <= 0):
                raise ValueError(
                    "epoch_length must be a positive integer to calculate missing 'iteration' or 'epoch' key. "
                    f"Input state_dict: {state_dict}"
                )
            state_dict = {**state_dict, "iteration": state_dict["epoch"] * (length or 0)}
        super().load_state_dict(state_dict)
        for key in self._state_dict_user_keys:
            if key not in state_dict:
                raise ValueError(
                    f"Required user state attribute '{key}' is absent in provided state_dict '{state_dict.keys()}'"
                )
            setattr(self.state, key, state_dict[key])
        state = self.state
        state.epoch_length = state_dict["epoch_length"]
        state.iteration = state_dict["iteration"]
        state.epoch = state.iteration // state.epoch_length if state.epoch_length else 0
        state.max_iters = state.max_epochs = None
        if "max_epochs" in state_dict:
            self._limit("max_epochs", state_dict["max_epochs"], "epoch")
        else:
            self._limit("max_iters", state_dict["max_iters"], "iteration")

    def _limit(self, name: str, value: int | None, counted: str) -> None:
        """Set `max_epochs` or `max_iters`."""
        if value is None:
            return
        if value < 1:
            raise ValueError(f"Argument {name} is invalid. Please, set a correct {name} positive value")
        done = getattr(self.state, counted)
        if value < done:
            raise ValueError(
                f"Argument {name} should be greater than or equal to the start {counted} defined in the state: "
                f"{value} vs {done}. Please, set engine.state.{name} = None before calling engine.run() in order to "
                "restart the training from the beginning."
            )
        setattr(self.state, name, value)

    # ---------------------------------------------------------------- running

    def set_data(self, data: Iterable[Any]) -> None:
        """Go on with other data."""
        self.state.dataloader = data
        self._dataloader_iter = iter(data)

    def run(
        self,
        data: Iterable[Any] | None = None,
        max_epochs: int | None = None,
        max_iters: int | None = None,
        epoch_length: int | None = None,
    ) -> State:
        """Run over `data`; an engine that is not done goes on where it was."""
        if data is not None and not isinstance(data, Iterable):
            raise TypeError("Argument data should be iterable")
        state = self.state
        self._check_limits(max_epochs, max_iters)
        if (state.max_epochs is None and state.max_iters is None) or (
            _is_done(state) and self._running is None
        ):
            if data is None and epoch_length is None and state.epoch_length is None:
                raise ValueError("epoch_length should be provided if data is None")
            if epoch_length is None:
                epoch_length = _length(data) or state.epoch_length if data is not None else state.epoch_length
                if data is not None and _length(data) == 0:
                    epoch_length = 0
            self._not_empty(epoch_length)
            state.iteration = state.epoch = 0
            state.max_iters = max_iters
            state.max_epochs = None if max_iters is not None else 1 if max_epochs is None else max_epochs
            state.epoch_length = epoch_length
            self._running = None
            limit = "max_epochs" if max_iters is None else "max_iters"
            self.logger.info(f"Engine run starting with {limit}={getattr(state, limit)}.")
        else:
            if state.epoch_length is None:
                state.epoch_length = (
                    _length(data) if epoch_length is None and data is not None else epoch_length
                )
                self._not_empty(state.epoch_length)
            elif epoch_length is not None and epoch_length != state.epoch_length:
                raise ValueError(
                    f"Argument epoch_length should be same as in the state, but given {epoch_length} vs "
                    f"{state.epoch_length}"
                )
            end = f"{state.max_epochs} epochs" if state.max_iters is None else f"{state.max_iters} iterations"
            self.logger.info(
                f"Engine run resuming from iteration {state.iteration}, epoch {state.epoch} until {end}"
            )
            if state.epoch_length is None and data is None:
                raise ValueError("epoch_length should be provided if data is None")
            if self.should_terminate:
                self._init_iter = 0  # a run that was ended begins its next epoch with the first batch
        if self._dataloader_iter is None:
            state.dataloader = data
        if self._running is None:
            self._running = self._run()
        try:
            return next(self._running)
        except StopIteration as end_of_run:
            self._running = None
            return end_of_run.value

    def _check_limits(self, max_epochs: int | None, max_iters: int | None) -> None:
        state = self.state
        if max_epochs is not None and max_iters is not None:
            raise ValueError(
                "Arguments max_iters and max_epochs are mutually exclusive."
                " Please provide only max_epochs or max_iters."
            )
        for given, other, mode in (
            (max_iters, "max_epochs", "max_iters"),
            (max_epochs, "max_iters", "max_epochs"),
        ):
            if given is not None and getattr(state, other) is not None:
                raise ValueError(
                    f"To switch from {other} to {mode} mode during resume, you must first reset by setting "
                    f"'engine.state.{other} = None' before calling run()."
                )
        if state.max_epochs is not None:
            self._limit("max_epochs", max_epochs, "epoch")
        if state.max_iters is not None:
            self._limit("max_iters", max_iters, "iteration")

    @staticmethod
    def _not_empty(epoch_length: int | None) -> None:
        if epoch_length is not None and epoch_length < 1:
            raise ValueError("Input data has zero size. Please provide non-empty data")

    def _setup_data(self) -> None:
        state = self.state
        data: Any = [None] * (state.epoch_length or 0) if state.dataloader is None else state.dataloader
        self._dataloader_iter = iter(data)

    def _run(self) -> Generator[Any, None, State]:
        """The whole run; it yields where it is interrupted."""
        self.should_terminate = self.should_terminate_single_epoch = self.should_interrupt = False
        state = self.state
        state.times["EPOCH_COMPLETED"] = state.times["COMPLETED"] = 0.0
        started = time.time()
        try:
            try:
                self._fire_event(Events.STARTED)
                yield from self._stop_if_asked()
                while not _is_done(state) and not self.should_terminate:
                    yield from self._epoch()
            except _Terminate:
                self._fire_event(Events.TERMINATE)
            except _TerminateEpoch:
                raise RuntimeError(
                    "The method terminate_epoch() should not be called on Event.STARTED or Event.EPOCH_STARTED."
                    "If this is a desired behaviour, please open a feature request on"
                    "https://github.com/pytorch/ignite/issues/new/choose"
                ) from None
            state.times["COMPLETED"] = time.time() - started
            if self.should_terminate != "skip_completed":
                self._fire_event(Events.COMPLETED)
                state.times["COMPLETED"] = time.time() - started
            self.logger.info(f"Engine run finished. Time taken: {_clock(state.times['COMPLETED'])}")
        except BaseException as error:
            self._dataloader_iter = None
            self.logger.error(f"Engine run is terminating due to exception: {error}")
            self._handle_exception(error)
        self._dataloader_iter = None
        return state

    def _epoch(self) -> Generator[Any, None, None]:
        state = self.state
        state.epoch += 1
        started = time.time()
        self._fire_event(Events.EPOCH_STARTED)
        yield from self._stop_if_asked()
        if self._dataloader_iter is None:
            self._setup_data()
            if self._init_iter is None:
                self._init_iter = (
                    state.iteration % state.epoch_length if state.epoch_length else state.iteration
                )
        yield from self._iterations()
        state.times["EPOCH_COMPLETED"] = time.time() - started
        if self.should_terminate_single_epoch != "skip_epoch_completed":
            self._fire_event(Events.EPOCH_COMPLETED)
            state.times["EPOCH_COMPLETED"] = time.time() - started
        self.should_terminate_single_epoch = False
        yield from self._stop_if_asked()
        self.logger.info(
            f"Epoch[{state.epoch}] Complete. Time taken: {_clock(state.times['EPOCH_COMPLETED'])}"
        )

    def _iterations(self) -> Generator[Any, None, None]:
        """The batches of one epoch; data that ends before the epoch does is begun anew."""
        state = self.state
        done = self._init_iter or 0
        self._init_iter = None
        ended = False  # whether the data ended just before
        try:
            while True:
                state.batch = None
                has_data = state.dataloader is not None
                try:
                    if has_data and self.last_event_name != Events.DATALOADER_STOP_ITERATION:
                        self._fire_event(Events.GET_BATCH_STARTED)
                        yield from self._stop_if_asked()
                    state.batch = next(self._dataloader_iter)  # type: ignore[arg-type]
                    state.output = None
                    if has_data:
                        self._fire_event(Events.GET_BATCH_COMPLETED)
                        yield from self._stop_if_asked()
                    done += 1
                    ended = False
                except StopIteration:
                    if state.epoch_length is None:
                        state.epoch_length = done
                        if state.max_iters is not None:
                            state.max_epochs = math.ceil(state.max_iters / done)
                        break
                    if ended:
                        self._warn_of_the_end()
                        break
                    if has_data:
                        self._fire_event(Events.DATALOADER_STOP_ITERATION)
                        yield from self._stop_if_asked()
                    self._setup_data()
                    ended = True
                    continue
                state.iteration += 1
                self._fire_event(Events.ITERATION_STARTED)
                yield from self._stop_if_asked()
                state.output = self._process_function(self, state.batch)
                self._fire_event(Events.ITERATION_COMPLETED)
                yield from self._stop_if_asked()
                if state.epoch_length is not None and done == state.epoch_length:
                    break
                if state.max_iters is not None and state.iteration == state.max_iters:
                    self.should_terminate = True
                    raise _Terminate()
        except _TerminateEpoch:
            self._fire_event(Events.TERMINATE_SINGLE_EPOCH, iter_counter=done)
            self._setup_data()
        except _Terminate:
            raise
        except Exception as error:
            self.logger.error(f"Current run is terminating due to exception: {error}")
            self._handle_exception(error)

    def _warn_of_the_end(self) -> None:
        state = self.state
        if _is_done(state):
            return
        total = state.max_iters if state.max_epochs is None else (state.epoch_length or 0) * state.max_epochs
        warnings.warn(
            "Data iterator can not provide data anymore but required total number of iterations to run is not "
            f"reached. Current iteration: {state.iteration} vs Total iterations to run : {total}",
            stacklevel=2,
        )


def _is_done(state: State) -> bool:
    by_iterations = state.max_iters is not None and state.iteration >= state.max_iters
    if by_iterations or state.max_epochs is None:
        return by_iterations
    in_all = None if state.epoch_length is None else state.epoch_length * state.max_epochs
    return (in_all is not None and state.iteration >= in_all) or state.epoch >= state.max_epochs


def _length(data: Any) -> int | None:
    try:
        return len(data)
    except TypeError:
        return None


def _clock(seconds: float | None) -> str:
    minutes, rest = divmod(seconds or 0.0, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{round(hours):02d}:{round(minutes):02d}:{rest:06.3f}"
