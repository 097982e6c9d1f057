"""Values between sixteen pixels by cubic convolution, with gradients in PyTorch's order of arithmetic.

PyTorch's vectors round products and sums apart in some places and together in others, and differently where the
image needs no gradient (`together`): its compiler decides that anew for each way through its loop.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core.spec import Spec
from ...engine.numerics.fma import multiply_add
from ...engine.records.op import op
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...engine.values.tensor import Tensor
from ..shape.join import stack

A = -0.75  # the slope of the convolution's outer pieces


def _apart(a: Any, b: Any, c: Any) -> Any:
    return a * b + c


def _together(a: Any, b: Any, c: Any) -> Any:
    return multiply_add(a, a.dtype.type(b) if isinstance(b, float) else b, a.dtype.type(c))


def _near(t: Any, add: Any = _apart) -> Any:
    """The weight of a pixel at a distance below 1."""
    return add(add(t, A + 2, -(A + 3)) * t, t, 1.0)


def _far(t: Any, add: Any = _apart) -> Any:
    """The weight of a pixel at a distance from 1 to 2."""
    return add(add(add(t, A, -5 * A), t, 8 * A), t, -4 * A)


def _weights(t: Any, together: bool) -> list[Any]:
    """Of the pixels at -1, 0, 1, 2, for places `t` from 0 to 1."""
    far = _together if together else _apart
    return [_far(t + 1, far), _near(t, _together), _near(1 - t, _together), _far(2 - t, far)]


def _slopes(t: Any, add: Any = _apart) -> list[Any]:
    """How the weights change with `t`."""
    before, after, last = -1 - t, 1 - t, 2 - t
    return [
        -add(add(before, -3 * A, -10 * A), before, -8 * A),
        add(t, 3 * (A + 2), -2 * (A + 3)) * t,
        -add(after, 3 * (A + 2), -2 * (A + 3)) * after,
        -add(add(last, 3 * A, -10 * A), last, 8 * A),
    ]


# ------------------------------------------------------------------ the value


def _infer(pixels: Spec, x: Spec, y: Spec) -> Spec:
    return pixels.with_shape(pixels.shape[1:])


@op("bicubic(Tensor pixels, Tensor x, Tensor y)", infer=_infer, names=())
def bicubic(pixels, x, y):
    """Between sixteen pixels (16, N, C, points), column by column, at places (N, 1, points) past the second."""
    across, down = _weights(x, False), _weights(y, False)
    total = None
    for j in range(4):
        first, second, third, fourth = pixels[j::4]
        row = multiply_add(first, across[0], second * across[1]) + third * across[2] + fourth * across[3]
        total = row * down[0] if total is None else multiply_add(row, down[j], total)
    return total


@bicubic.derivative("pixels", "x", "y")
def _(grad, needs, pixels, x, y):
    found: tuple[Any, ...] = (None, None, None)
    if needs[0]:
        across, down = _in_operations(x), _in_operations(y)
        found = (stack([grad * a * d for a in across for d in down]), None, None)
    if needs[1] or needs[2]:
        found = (found[0], *bicubic_slopes(grad, pixels, x, y, not needs[0]))
    return found


@op("cubic_weights(Tensor t)", infer=lambda t: t.with_shape((4, *t.shape)), names=(), nondifferentiable=True)
def cubic_weights(t):
    return np.stack(_weights(t, False))


def _in_operations(t: Tensor) -> Any:
    """The weights, of places that may be differentiated again."""
    if not context.current().grad_enabled:
        return apply(cubic_weights, (t,)).unbind(0)
    return [_far(t + 1), _near(t), _near(1 - t), _far(2 - t)]


# ------------------------------------------------------------------ its slopes


def _slopes_in_operations(
    grad: Tensor, pixels: Tensor, x: Tensor, y: Tensor, together: bool
) -> tuple[Any, Any]:
    across, down, dx, dy = _in_operations(x), _in_operations(y), _slopes(x), _slopes(y)
    shares = [(grad * p).sum(1, keepdim=True) for p in pixels.unbind(0)]
    pairs = list(zip(shares, product(range(4), repeat=2), strict=True))
    return (
        sum(share * dx[i] * down[j] for share, (i, j) in pairs),
        sum(share * dy[j] * across[i] for share, (i, j) in pairs),
    )


@fused(
    "bicubic_slopes(Tensor grad, Tensor pixels, Tensor x, Tensor y, bool together)",
    _slopes_in_operations,
    infer=lambda grad, pixels, x, y, together: (x, y),
    whole=True,
    exact=lambda *_: True,
)
def bicubic_slopes(grad, pixels, x, y, together):
    """The gradients of x and y (N, 1, points): each pixel's share after the other's, channel after channel."""
    add = _together if together else _apart
    across, down = _weights(x, together), _weights(y, together)
    dx, dy = _slopes(x, add), _slopes(y, add)
    found_x, found_y = np.zeros_like(x), np.zeros_like(y)
    for c in range(pixels.shape[2]):
        at = slice(c, c + 1)
        for pixel, (i, j) in zip(pixels, product(range(4), repeat=2), strict=True):
            share = pixel[:, at] * grad[:, at]
            found_x = multiply_add(share * dx[i], down[j], found_x)
            found_y = multiply_add(share * dy[j], across[i], found_y)
    return found_x, found_y
