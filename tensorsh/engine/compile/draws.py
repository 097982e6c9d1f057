"""Random numbers in a trace: a draw becomes a step that draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import context
from .steps import Step
from .values import Number, TraceStopped, Value

if TYPE_CHECKING:
    from .trace import Trace

#: the draws a program can make, and where each is told the shape; the dtype comes next
DRAWS = {"uniform": 0, "normal": 0, "bernoulli": 1, "randint": 2}


class Stream:
    """The session's random numbers during a trace: a draw becomes a step that draws."""

    def __init__(self, trace: Trace):
        self.trace = trace

    def __getattr__(self, method: str) -> Any:
        if method not in DRAWS:
            raise TraceStopped("random numbers are drawn")
        at = DRAWS[method]

        def draw(*args: Any) -> Value:
            if any(type(a) in (Value, Number) for a in args) or len(args) < at + 2:
                raise TraceStopped("random numbers are drawn")
            shape, kind = args[at], np.dtype(args[at + 1])
            out = Value(np.empty(shape, kind))
            self.trace.note(Step("kernel", Draw(method, args), (), (out,), method))
            return out

        return draw


class Draw:
    """Draws again what was drawn in a trace."""

    def __init__(self, method: str, args: tuple[Any, ...]):
        self.method = method
        self.args = args

    def __call__(self) -> Any:
        return np.asarray(getattr(context.current().generator, self.method)(*self.args))
