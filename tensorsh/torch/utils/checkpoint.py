"""torch.utils.checkpoint: a function is called again in the backward pass, instead of keeping what it saved.

Two ways, as in PyTorch: a function with a backward of its own that runs the other once more (`use_reentrant`), or
hooks on what the graph saves, which keep a number in each place and fill the places when the first is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from ...engine.core.warn import warn
from ...engine.graph.walk import walking
from ..autograd.function import Function
from ..namespace import torch

__all__ = [
    "CheckpointError", "CheckpointFunction", "checkpoint", "checkpoint_sequential", "detach_variable",
    "get_device_states", "noop_context_fn", "set_checkpoint_debug_enabled", "set_checkpoint_early_stop",
    "set_device_states",
]  # fmt: skip


class CheckpointError(RuntimeError):
    """The function did not save the same when it was called again."""


CheckpointError.__module__ = "torch.utils.checkpoint"  # as `print(type(x))` shows it


class _Enough(Exception):
    """All that was saved has been saved again."""


def noop_context_fn() -> tuple[Any, Any]:
    """Two contexts that do nothing: around the first call, and around the second."""
    return nullcontext(), nullcontext()


def get_device_states(*args: Any) -> tuple[list[int], list[Any]]:
    """The devices beside the CPU that arguments are on, and the states of their random streams: none."""
    return [], []


def set_device_states(devices: Any, states: Any, *, device_type: str | None = None) -> None:
    """Put back such states: nothing."""


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """The function's result; it is called again, with the same random numbers, when gradients are wanted.

    ValueError for keywords that are not the function's, if `use_reentrant`.
    """
    if use_reentrant is None:
        warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, "
            "calling checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but "
            "if you need to preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for "
            "more details on the differences between the two variants."
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if not use_reentrant:
        return _with_hooks(function, preserve, context_fn, early_stop, args, kwargs)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not noop_context_fn or debug is not False:
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    return CheckpointFunction.apply(function, preserve, *args)


class CheckpointFunction(Function):
    """Runs a function without recording, and again in its backward."""

    @staticmethod
    def forward(ctx: Any, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        if not any(isinstance(arg, torch.Tensor) and arg.requires_grad for arg in args):
            warn("None of the inputs have requires_grad=True. Gradients will be None")
        ctx.run_function = run_function
        ctx.state = torch.get_rng_state() if preserve_rng_state else None
        ctx.args = [None if isinstance(arg, torch.Tensor) else arg for arg in args]
        ctx.places = [i for i, arg in enumerate(args) if isinstance(arg, torch.Tensor)]
        ctx.save_for_backward(*[args[i] for i in ctx.places])
        with torch.no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        if walking[-1].wanted is not None:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` "
                "parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call "
                ".backward() without passing the `inputs` argument."
            )
        inputs = list(ctx.args)
        for i, tensor in zip(ctx.places, ctx.saved_tensors, strict=True):
            inputs[i] = tensor
        again = detach_variable(tuple(inputs))
        with _random(ctx.state), torch.enable_grad():
            outputs = ctx.run_function(*again)
        outputs = (outputs,) if isinstance(outputs, torch.Tensor) else outputs
        wanted = [
            (output, grad)
            for output, grad in zip(outputs, grads, strict=True)
            if isinstance(output, torch.Tensor) and output.requires_grad
        ]
        if not wanted:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        torch.autograd.backward(*zip(*wanted, strict=True))
        return None, None, *[arg.grad if isinstance(arg, torch.Tensor) else None for arg in again]


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same values, tensors as leaves of their own that require a gradient where they did."""
    found = []
    for value in inputs:
        if isinstance(value, torch.Tensor):
            leaf = value.detach()
            leaf.requires_grad = value.requires_grad
            value = leaf
        found.append(value)
    return tuple(found)


@contextmanager
def _random(state: Any) -> Iterator[None]:
    """The random numbers from that state on; afterwards those that would have come without."""
    if state is None:
        yield
        return
    before = torch.get_rng_state()
    torch.set_rng_state(state)
    try:
        yield
    finally:
        torch.set_rng_state(before)


def _with_hooks(
    function: Callable[..., Any],
    preserve: bool,
    context_fn: Callable[[], tuple[Any, Any]],
    early_stop: bool,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    first, second = context_fn()
    state = torch.get_rng_state() if preserve else None
    places: list[None] = []
    found: dict[int, Any] = {}

    def keep(tensor: Any) -> int:
        places.append(None)
        return len(places) - 1

    def give(place: int) -> Any:
        if place not in found:
            again()
        if place not in found:
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(places)}\nNumber of tensors saved "
                f"during recomputation: {len(found)}."
            )
        return found.pop(place)

    def again() -> None:
        found.clear()
        met: list[None] = []

        def collect(tensor: Any) -> Any:
            found[len(met)] = tensor.detach()
            met.append(None)
            if early_stop and len(met) == len(places):
                raise _Enough
            return tensor

        try:
            with (
                _random(state),
                second,
                torch.enable_grad(),
                torch.autograd.graph.saved_tensors_hooks(collect, lambda tensor: tensor),
            ):
                function(*args, **kwargs)
        except _Enough:
            pass

    with torch.autograd.graph.saved_tensors_hooks(keep, give), first:
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """The functions one after the other, in so many parts; all parts but the last are called again."""
    if use_reentrant is None:
        warn(
            "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. In "
            "version 2.9 we will raise an exception if use_reentrant is not passed. use_reentrant=False is "
            "recommended, but if you need to preserve the current default behavior, you can pass use_reentrant=True. "
            "Refer to docs for more details on the differences between the two variants."
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    steps = list(functions.children()) if isinstance(functions, torch.nn.Sequential) else list(functions)
    size = len(steps) // segments

    def part(start: int, end: int) -> Callable[[Any], Any]:
        def run(value: Any) -> Any:
            for step in steps[start:end]:
                value = step(value)
            return value

        return run

    end = 0
    for start in range(0, size * (segments - 1), size):
        end = start + size
        input = checkpoint(part(start, end), input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return part(end, len(steps))(input)


class set_checkpoint_debug_enabled:
    """`with set_checkpoint_debug_enabled(True):` says what is computed again, which is nothing."""

    def __init__(self, enabled: bool | None):
        self.enabled = enabled

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


class set_checkpoint_early_stop(set_checkpoint_debug_enabled):
    """`with set_checkpoint_early_stop(False):` goes on when all is computed again, which is nothing."""

    def __init__(self, enable: bool):
        super().__init__(enable)
