"""Values between four pixels, with PyTorch's order of arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.spec import Spec
from ...engine.numerics.fma import multiply_add
from ...engine.records.op import op
from ...engine.run.fused import fused
from ...engine.values.tensor import Tensor
from ..rules.infer import broadcast

PLACED = "Tensor nw, Tensor ne, Tensor sw, Tensor se, Tensor x, Tensor y"


def _weights(x: Any, y: Any) -> tuple[Any, ...]:
    e, s = 1 - x, 1 - y
    return e * s, x * s, e * y, x * y


@op(f"bilinear({PLACED})", infer=broadcast, names=())
def bilinear(nw, ne, sw, se, x, y):
    """Between four pixels (N, C, points), `x` (N, 1, points) of the way to the east and `y` to the south."""
    first, *others = _weights(x, y)
    total = nw * first
    for pixel, weight in zip((ne, sw, se), others, strict=True):
        total = multiply_add(pixel, weight, total)
    return total


@bilinear.derivative("nw", "ne", "sw", "se", "x", "y")
def _(grad, needs, nw, ne, sw, se, x, y):
    found = [grad * weight for weight in _weights(x, y)] if any(needs[:4]) else [None] * 4
    slopes = bilinear_slopes(grad, nw, ne, sw, se, x, y) if any(needs[4:]) else [None] * 2
    return (*found, *slopes)


def _slopes_in_operations(
    grad: Tensor, nw: Tensor, ne: Tensor, sw: Tensor, se: Tensor, x: Tensor, y: Tensor
) -> tuple[Any, Any]:
    across = ((ne - nw) * (1 - y) + (se - sw) * y) * grad
    down = ((sw - nw) * (1 - x) + (se - ne) * x) * grad
    return across.sum(1, keepdim=True), down.sum(1, keepdim=True)


def _infer(grad: Spec, nw: Spec, ne: Spec, sw: Spec, se: Spec, x: Spec, y: Spec) -> tuple[Spec, Spec]:
    return x, y


@fused(
    f"bilinear_slopes(Tensor grad, {PLACED})",
    _slopes_in_operations,
    infer=_infer,
    whole=True,
    exact=lambda *_: True,
)
def bilinear_slopes(grad, nw, ne, sw, se, x, y):
    """The gradients of x and y (N, 1, points), channel after channel."""
    east, south = np.zeros_like(x), np.zeros_like(y)
    across = multiply_add(se - sw, y, (ne - nw) * (1 - y))
    down = multiply_add(se - ne, x, (sw - nw) * (1 - x))
    for c in range(grad.shape[1]):
        at = slice(c, c + 1)
        east = multiply_add(across[:, at], grad[:, at], east)
        south = multiply_add(down[:, at], grad[:, at], south)
    return east, south
