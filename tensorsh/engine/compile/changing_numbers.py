"""Numbers that change from round to round, as arguments of operations in a trace.

An operator or an operation is given the `Number` where its value makes no shape. What the operation asks of it, which
bound is the larger say, becomes a guard of the program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import dtype as dt
from ..core.mode import Mode
from ..records.op import Op
from ..values.tensor import TENSORS
from .values import Number, TraceStopped, of_numbers, of_plain_numbers, present


class ChangingNumbers(Mode):
    """What a trace does about numbers that change.

    mixing, mixed   the Number that an operator is working with, and its present value, which stands for it
    """

    mixing: Number | None = None
    mixed: Any = None

    def mix(self, work: Callable[..., Any], left: Any, right: Any) -> Any:
        """The operator runs on the Number's present value, which `apply` recognises and replaces by the Number."""
        if type(left) is not Number and type(right) is not Number:
            return NotImplemented
        self.mixing = left if type(left) is Number else right
        self.mixed = type(self.mixing.value)(self.mixing.value)
        try:
            left, right = (self.mixed if side is self.mixing else side for side in (left, right))
            return work(left, right)
        finally:
            self.mixing = self.mixed = None

    def renamed(self, op: Op, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments with the Number in the place of its value."""
        if self.mixing is None:
            return args
        for i in op.tensors:
            if args[i] is self.mixed:
                number, self.mixing, self.mixed = self.mixing, None, None
                return (*args[:i], number, *args[i + 1 :])
        return args

    def check_numbers(self, op: Op, args: tuple[Any, ...]) -> None:
        """What the operation asks of a number that changes, the program asks each time. Places are looked up anew."""
        asked = [i for i, a in enumerate(args) if type(a) is Number and i not in op.moving]
        if not asked:
            return
        if not all(shapes_nothing(op, i) for i in asked):
            raise TraceStopped("a changing number shapes the operation")
        given: list[Any] = [
            a.spec if type(a) in TENSORS else present(a) if i in op.moving else a for i, a in enumerate(args)
        ]
        for i in op.lists:
            given[i] = tuple([t.spec if type(t) in TENSORS else t for t in args[i]])
        for asks in (op.check, op.infer):
            if asks is not None:
                asks(*given)

    def is_number(self, value: Any) -> bool:
        return type(value) is Number

    def of_numbers(self, function: Any) -> Any:
        return of_numbers(function)

    def of_plain_numbers(self, function: Any) -> Any:
        return of_plain_numbers(function)

    def settled(self, number: Any) -> Any:
        if type(number) is not Number:
            return number
        number.decide(True, f"{number.text} == {number.value!r}")
        return number.value


def shapes_nothing(op: Op, i: int) -> bool:
    """Whether no shape depends on a parameter: it is a term or a factor."""
    kind = op.schema.parameters[i].type
    return kind in ("Number", "Tensor|Number") or (op.elementwise and kind == "float")


def keeps(plan: Any, cast: Callable[..., Any] | None, n: Number) -> bool:
    """Whether NumPy takes the number among arrays for what it is cast to."""
    out = plan.out[0] if plan.many else plan.out
    if cast is None or out.dtype.category >= dt.FLOAT:
        return True
    kind = np.asarray(cast(n.value)).dtype
    return kind.kind == "f" or (kind == np.int64 and type(n.value) is int)
