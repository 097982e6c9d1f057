"""Random numbers in a trace: a draw becomes a step that draws."""

from __future__ import annotations

from functools import cache
from inspect import BoundArguments, Signature, signature
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..core import context
from ..core.mode import EAGER
from ..random.generator import Generator
from .steps import Step, arrays_of
from .values import Number, TraceStopped, Value

if TYPE_CHECKING:
    from .trace import Trace


class TracedStream:
    """A random stream during a trace: a draw whose shape and dtype are known becomes a step."""

    def __init__(self, trace: Trace, own: Any):
        self.trace = trace
        self.own = own

    def __getattr__(self, method: str) -> Any:
        def draw(*args: Any, **kwargs: Any) -> Value:
            given = asked(method).bind(*args, **kwargs)
            given.apply_defaults()
            shape, kind = drawn(given)
            draws = Draw(method, given, self.own)
            out = Value(np.empty(shape, kind))
            self.trace.note(Step("kernel", draws, tuple(arrays_of(given.args)), (out,), method))
            return out

        return draw


@cache
def asked(method: str) -> Signature:
    """What a way to draw is told."""
    known: Any = getattr(Generator, method, None)
    found = signature(known) if callable(known) else Signature()
    asked = [parameter for name, parameter in found.parameters.items() if name != "self"]
    return found.replace(parameters=asked)


def drawn(given: BoundArguments) -> tuple[tuple[int, ...], Any]:
    """The shape and dtype of what is drawn."""
    told = given.arguments
    if any(type(value) is Number for value in told.values()):
        stop()
    likeness = next(iter(arrays_of(told.values())), None)  # drawn for each element of it
    shape = told.get("shape", (told["n"],) if "n" in told else None)
    if type(shape) is Value or shape is None:
        shape = stop() if likeness is None or "num_samples" in told else likeness.shape
    kind = told.get("dtype")
    if kind is None:
        kind = stop() if likeness is None else likeness.dtype
    return shape, np.dtype(kind)


def stop() -> NoReturn:
    raise TraceStopped("random numbers are drawn")


class Source:
    """A random stream: a generator of the program's own, or the session's (None)."""

    def __init__(self, own: Any):
        self.own = own

    def source(self) -> Any:
        """The stream, wherever it stands."""
        return EAGER.draw(context.current(), self.own)


class Draw(Source):
    """Draws again what was drawn in a trace; it is called with the arrays among the arguments."""

    def __init__(self, method: str, given: BoundArguments, own: Any):
        super().__init__(own)
        self.method = method
        self.args = given.args

    def __call__(self, *arrays: Any) -> Any:
        left = iter(arrays)
        args = [next(left) if type(value) is Value else value for value in self.args]
        return np.asarray(getattr(self.source(), self.method)(*args))
