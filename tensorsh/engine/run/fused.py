"""Operations with a fast form: written in operations, and as a kernel for large arrays.

`body` is what the operation means. It runs when the operation is recorded or traced (then its parts are
differentiated and explained), for complex numbers and for small arrays. Else the kernel computes the same
in one pass. A test compares the two for every operation that has both. Where PyTorch has a node for it in the graph
of a gradient, so do we (`Fused.derivative`): both orders are then rounded as PyTorch's kernel and its rule round them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import context
from ..core import dtype as dt
from ..core.mode import EAGER
from ..records.op import Op, op
from ..values.tensor import TENSORS
from .apply import apply

Rule = Callable[..., Any]

#: fewer elements than this are not worth a form of their own
SMALL = 4096


class Fused:
    """Call it with bound arguments, tensors first.

    whole   the kernel is better than its parts, even where a program could fuse these
    exact   for which arguments it is better because its last digits are PyTorch's, however few they are
    """

    def __init__(self, record: Op, body: Rule, whole: bool, exact: Rule):
        self.record = record
        self.body = body
        self.whole = whole
        self.exact = exact

    def __call__(self, *args: Any) -> Any:
        first = args[0].spec
        if first.dtype.category != dt.FLOAT or first.is_meta:
            return self.body(*args)
        state = context.current()
        if state.grad_enabled:
            for a in args:
                if type(a) in TENSORS and a.requires_grad_slot:
                    has_node = self.record.derivatives and first.numel
                    if not has_node or (state.mode is not EAGER and state.mode.by_parts(True)):
                        return self.body(*args)
                    return apply(self.record, args)
        exact = self.exact(*args)
        if first.numel < SMALL and not exact:
            return self.body(*args)
        if state.mode is not EAGER and state.mode.by_parts(self.whole or exact):
            return self.body(*args)
        return apply(self.record, args)

    def derivative(self, *inputs: str) -> Callable[[Rule], Rule]:
        """Declare the derivative by some inputs: what is recorded has a node for the whole of it then."""
        self.record.nondifferentiable = False
        return self.record.derivative(*inputs)


def never(*args: Any) -> bool:
    """No arguments."""
    return False


def fused(
    signature: str, body: Rule, *, whole: bool = False, exact: Rule = never, **options: Any
) -> Callable[[Rule], Fused]:
    """Declare the kernel of an operation that `body` defines; its name is internal."""

    def declare(kernel: Rule) -> Fused:
        record = op(signature, names=(), nondifferentiable=True, **options)(kernel)
        made = Fused(record, body, whole, exact)
        declared.append(made)
        return made

    return declare


#: all of them, for the test
declared: list[Fused] = []
