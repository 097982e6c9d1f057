"""Tensors as they print inside of transforms of functions: in a wrapper for each level that they belong to.

    GradTrackingTensor(lvl=2, value=
        BatchedTensor(lvl=1, bdim=0, value=
            tensor([1., 2.])
        )
    )

PyTorch counts the transforms that run, vmaps among them, from the outside. Here a `vmap`'s tensors are `Batched`, and
those of a gradient transform are what was made in a graph since its tape began (`ops.transforms.recording`).
"""

from __future__ import annotations

from typing import Any

from ..engine.core import context
from ..engine.modes.levels import plain
from ..engine.values.batched import Batched
from ..engine.values.tensor import make_tensor
from .torch_repr import PrintOptions, tensor_repr


def layered(t: Any, options: PrintOptions) -> str | None:
    """What `repr(t)` gives inside of transforms; None for a tensor that belongs to none of them."""
    tapes = context.current().transforms
    wrappers = []
    while type(t) is Batched:
        inside = sum(1 + tape.outer for tape in tapes if len(tape.batches) < t.level)
        wrappers.append((t.level + inside, "BatchedTensor(lvl={}, bdim=0"))
        t = t.value
    outer = 0
    for i, tape in enumerate(tapes):
        outer += tape.outer
        if tape.holds(t):
            wrappers.append((1 + i + len(tape.batches) + outer, "GradTrackingTensor(lvl={}"))
    if not wrappers:
        return None
    text = tensor_repr(t if not tapes else outside(t, tapes[0]), options=options)
    for number, opening in sorted(wrappers):
        indented = text.replace("\n", "\n    ")
        text = f"{opening.format(number)}, value=\n    {indented}\n)"
    return text


def outside(t: Any, tape: Any) -> Any:
    """A tensor as those see it who stand outside of all transforms: with what of its graph was there before them."""
    source = tape.source(t)
    if source is not None:
        return plain(source)
    return t if tape.reaches_outside([t]) else make_tensor(t.array, t.spec)
