"""The vmaps that are running, and how a tensor looks from inside and from outside of them.

`Mapping` opens one. From outside, a tensor that several map over is one with their dimensions in front, the
outermost vmap's first: `strip` gives that, `dress` takes it back. A graph lives outside (`ops.transforms.recording`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import BadValue
from ..core import context
from ..core.mode import Mode
from ..graph.inference import refuse_write
from ..records.op import Op, registry
from ..values.batched import Batched, lifted
from ..values.tensor import Tensor
from .slices import run_batched, write_batched


class Batch:
    """One vmap that is running: its size, its nesting level, what it does about random numbers."""

    def __init__(self, size: int, level: int, randomness: str):
        self.size = size
        self.level = level
        self.randomness = randomness

    def drawing(self) -> None:
        """Random numbers are asked for."""
        if self.randomness == "error":
            raise BadValue(
                "vmap: called random operation while in randomness error mode. Please either use the 'same' or "
                "'different' randomness flags on vmap or perform the randomness operation out of vmap",
                code="vmap",
                help="vmap(f, randomness='different') draws numbers of its own for each slice",
            )


def level_of_new() -> int:
    running = context.current().mode.batches
    return running[-1].level + 1 if running else 1


class Batching(Mode):
    """Operations on batched tensors run by their rules (`slices`), for all vmaps that are running."""

    batches: tuple[Batch, ...] = ()

    def __init__(self, batches: tuple[Batch, ...]):
        self.batches = batches

    def apply(self, op: Op, args: tuple[Any, ...]) -> Any:
        return run_batched(op, args) if any_batched(args) else self.below.apply(op, args)

    def apply_inplace(self, op: Op, args: tuple[Any, ...]) -> Tensor:
        if not any_batched(args):
            return self.below.apply_inplace(op, args)
        refuse_write(args[0])
        return write_batched(op, args)

    def draw(self, state: context.Context, own: Any) -> Any:
        if own is None:
            for batch in self.batches:
                batch.drawing()
        return self.below.draw(state, own)


def any_batched(args: tuple[Any, ...]) -> bool:
    """Whether a vmap maps over one of the arguments."""
    for a in args:  # noqa: SIM110  (a generator takes longer than most of the loops)
        if type(a) is Batched or (type(a) is tuple and any_batched(a)):
            return True
    return False


class Mapping:
    """`with Mapping(size, randomness) as batch`: a vmap runs."""

    def __init__(self, size: int, randomness: str):
        self.size = size
        self.randomness = randomness

    def __enter__(self) -> Batch:
        mode = context.current().mode
        mode.change("a vmap runs")
        batch = Batch(self.size, level_of_new(), self.randomness)
        self.mode = Batching((*mode.batches, batch))
        self.mode.__enter__()
        return batch

    def __exit__(self, *_: object) -> None:
        self.mode.__exit__()


def whole(t: Tensor, batches: Sequence[Batch]) -> Tensor:
    """The tensor mapped by every one of `batches`: expanded where it does not vary."""
    if not batches:
        return t
    *outer, inner = batches
    value = lifted(t, inner.level, inner.size)
    return Batched(whole(value, outer), inner.level)


def plain(t: Tensor) -> Tensor:
    """The innermost value: all batches in front, the outermost vmap's first."""
    while type(t) is Batched:
        t = t.value
    return t


def strip(t: Tensor, batches: Sequence[Batch]) -> Tensor:
    """`t` as those see it who stand outside of `batches`: their dimensions in front, later vmaps' kept."""
    if not batches:
        return t
    known = {b.level for b in batches}
    later = [b for b in context.current().mode.batches if b.level not in known and _maps(t, b.level)]
    inside = plain(whole(t, [*batches, *later]))
    n, m = len(batches), len(later)
    if m:
        order = [*range(n, n + m), *range(n), *range(n + m, inside.ndim)]
        inside = registry["permute"](inside, order)
    return wrapped(inside, [b.level for b in later])


def dress(t: Tensor, batches: Sequence[Batch]) -> Tensor:
    """The inverse of `strip`."""
    if not batches:
        return t
    levels = []
    inside = t
    while type(inside) is Batched:
        levels.append(inside.level)
        inside = inside.value
    levels.reverse()
    n, m = len(batches), len(levels)
    if m:
        order = [*range(m, m + n), *range(m), *range(m + n, inside.ndim)]
        inside = registry["permute"](inside, order)
    return wrapped(inside, [*[b.level for b in batches], *levels])


def wrapped(inside: Tensor, levels: Sequence[int]) -> Tensor:
    """A plain tensor whose first dimensions belong to `levels`, outermost first."""
    for level in levels:
        # the outermost level's dimension is first, and it is the innermost wrapper
        inside = Batched(inside, level)
    return inside


def _maps(t: Tensor, level: int) -> bool:
    while type(t) is Batched:
        if t.level == level:
            return True
        t = t.value
    return False


def for_each_slice(size: Sequence[int], draw: Callable[[tuple[int, ...]], Tensor]) -> Tensor:
    """Random numbers of a size; of their own for each slice of the vmaps with randomness="different"."""
    batches = [b for b in context.current().mode.batches if b.randomness == "different"]
    return wrapped(draw((*[b.size for b in batches], *size)), [b.level for b in batches])
