"""What a trace notes down: the tensors it found, and the array calls they amount to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..values.tensor import Tensor
from .values import Value


class External:
    """A tensor that was there before: `path` is the text that fetches it.

    fixed     the program is for this very tensor with this very array (a parameter), not for any such
    lasts     it is a gradient that has been changed in place, so it is fixed where the run does not replace it
    versions  by how much its version goes up
    written   its memory is written, whether or not its version tells (`.data` does not)
    """

    __slots__ = ("array", "fixed", "grad", "had_grad", "lasts", "path", "tensor", "versions", "written")

    def __init__(self, tensor: Tensor, path: str, fixed: bool):
        self.tensor = tensor
        self.path = path
        self.fixed = fixed
        self.array = tensor.array
        self.had_grad = tensor.grad_slot
        self.grad: External | None = None
        self.lasts = False
        self.versions = 0
        self.written = False


class Step:
    """One array call.

    elementwise: each element of the result comes from the elements at its place.

    kind    "ufunc" (element-wise or matmul: function(*args, out)), "reduce" (function.reduce),
            "view" (out shares memory with args[0]), "kernel" (any function of arrays),
            "write" (values of args[1] into args[0]), "effect" (a function that changes args[0])
    over    its results are put where there was something before
    origin  where in the user's text it is from, where somebody measures (`metered`)
    moves   of a view: where it lies in args[0] may be another place the next time
    """

    __slots__ = ("args", "function", "kind", "label", "moves", "options", "origin", "outs", "over")

    @property
    def elementwise(self) -> bool:
        return (self.kind == "ufunc" and self.function is not np.matmul) or (
            self.kind == "call" and any(self.options)
        )

    def __init__(
        self,
        kind: str,
        function: Any,
        args: tuple[Any, ...],
        outs: tuple[Value, ...],
        label: str,
        options: tuple[Any, ...] = (),
        moves: bool = False,
        origin: Any = None,
    ):
        self.kind = kind
        self.function = function
        self.args = args
        self.outs = outs
        self.label = label
        self.options = options
        self.over = False
        self.moves = moves
        self.origin = origin

    def with_args(self, args: tuple[Any, ...]) -> Step:
        """The same of other arguments, into fresh memory."""
        return Step(
            self.kind, self.function, args, self.outs, self.label, self.options, self.moves, self.origin
        )


def arrays_of(args: Iterable[Any]) -> list[Value]:
    """The Values among arguments."""
    found: list[Value] = []
    for a in args:
        if type(a) is Value:
            found.append(a)
        elif type(a) is tuple:
            found.extend(x for x in a if type(x) is Value)
    return found


def exchanged(step: Step, v: Value, other: Value) -> Step:
    """The step with another value in the place of one."""
    found = step.with_args(tuple([other if a is v else a for a in step.args]))
    found.outs = tuple([other if out is v else out for out in step.outs])
    found.over = step.over
    return found
