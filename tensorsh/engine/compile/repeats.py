"""Long runs of calls cut where they repeat, so that pieces that are equal become one piece of machine code.

A loop around minibatches is traced as one program, in which the same forty calls stand twenty times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from .machine.operands import Call, Operand

#: a run of no more calls is one piece; LLVM's time grows faster than the length
LONG = 48


def signature(call: Call) -> Hashable:
    """What a call does, wherever its arrays are."""
    operands = tuple((x.shape, x.strides, x.dtype, _number(x), x.number) for x in (*call.args, call.out))
    return call.kind, call.function, call.label, call.axis, operands


def _number(x: Operand) -> Hashable:
    return None if x.value is None else repr(x.value)


def cuts(signatures: Sequence[Hashable]) -> list[int]:
    """Where the pieces of a run begin: at each occurrence of the call that makes the fewest different calls."""
    n = len(signatures)
    if n <= LONG:
        return [0]
    best, least = list(range(0, n, LONG)), n
    for anchor, count in Counter(signatures).items():
        if count < 2:
            continue
        starts = sorted({0, *(i for i, each in enumerate(signatures) if each == anchor)})
        if n / len(starts) < LONG / 6:
            continue  # pieces so small that their calls would cost more than they save
        cost = distinct(pieces(signatures, starts))
        if cost < least:
            best, least = starts, cost
    return best


def pieces(run: Sequence[Hashable], starts: Sequence[int]) -> list[tuple[Hashable, ...]]:
    return [tuple(run[a:b]) for a, b in zip(starts, [*starts[1:], len(run)], strict=True)]


def distinct(parts: Sequence[tuple[Hashable, ...]]) -> int:
    """How many calls there are in different pieces."""
    return sum(len(part) for part in set(parts))
