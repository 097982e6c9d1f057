"""Max and average pooling over windows of one, two or three dimensions.

A max pool first finds where the largest element of each window is, then picks it; its gradient goes back
to that place. An average is linear, and its gradient spreads over the window.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.memory_format import in_format_of
from ...engine.graph.node import titled
from ...engine.records.op import Op, op
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ..rules.steady import steady
from . import pool_steps
from .pool_rules import GEOMETRY, Geometry, geometry_of, pool_infer, pooled_size
from .windows import Ints, overlap_add, pad

# ------------------------------------------------------------------ picking elements by their position


def _places(indices: Any, dims: int, size: int) -> Any:
    """Positions in planes of `size` elements as positions in the whole array, (planes, windows)."""
    planes = math.prod(indices.shape[: indices.ndim - dims])
    return indices.reshape(planes, indices.size // max(planes, 1)) + np.arange(planes)[:, None] * size


@op(
    "pool_scatter(Tensor values, Tensor indices, int[] spatial)",
    batching="together",
    infer=lambda v, i, spatial: v.with_shape((*v.shape[: v.ndim - len(spatial)], *spatial)),
    names=(),
)
def scatter(values, indices, spatial):
    """Zeros of these spatial sizes, to which each value is added at its flat position."""
    lead = values.shape[: values.ndim - len(spatial)]
    size = math.prod(spatial)
    found = pool_steps.scatter(values, indices, lead, spatial)
    if found is not None:
        return found
    at = _places(indices, len(spatial), size)
    if values.dtype == np.float32:  # windows that overlap add to the same place, with a rounding each
        out = np.zeros(math.prod(lead) * size, np.float32)
        np.add.at(out, at.ravel(), values.ravel())
        return out.reshape(*lead, *spatial)
    total = np.bincount(at.ravel(), values.ravel(), math.prod(lead) * size)
    return total.astype(values.dtype).reshape(*lead, *spatial)


@scatter.derivative("values")
def _(grad, indices, spatial):
    return apply(_pick, (grad, indices, len(spatial), None))


@op(
    "pool_pick(Tensor input, Tensor indices, int dims, any formula)",
    batching="together",
    infer=lambda x, indices, dims, formula: x.with_shape(indices.shape),
    names=(),
    formula=lambda x, indices, dims, formula: formula,
)
def _pick(x, indices, dims, formula):
    """Elements at flat positions of the last `dims` dimensions."""
    found = pool_steps.pick(x, indices, dims)
    if found is not None:
        return in_format_of(found, x)
    at = _places(indices, dims, math.prod(x.shape[x.ndim - dims :]))
    return in_format_of(x.reshape(-1).take(at).reshape(indices.shape), x)


@_pick.derivative("input", one="")
def _(grad, input, indices, dims):
    shape = input.spec.shape
    return steady(apply(scatter, (grad, indices, shape[len(shape) - dims :])), input)


def pick(x: Tensor, indices: Tensor, dims: int, title: str | None, formula: str | None = None) -> Tensor:
    """The elements at `indices`; `formula` is the call that found these, `title` the name of its node."""
    found = apply(_pick, (x, indices, dims, formula))
    return found if title is None else titled(title, found)


# ------------------------------------------------------------------ max pooling


def _padded_for(x: Any, g: Geometry, out: Ints, value: Any) -> Any:
    """Padded on both sides, and on the right for windows that `ceil_mode` lets hang over."""
    n = len(out)
    padded = pad(x, g.padding, value)
    over = [
        max((o - 1) * s + d * (k - 1) + 1 - size, 0)
        for o, s, d, k, size in zip(out, g.stride, g.dilation, g.kernel, padded.shape[-n:], strict=True)
    ]
    if any(over):
        padded = np.pad(padded, [(0, 0)] * (x.ndim - n) + [(0, e) for e in over], constant_values=value)
    return padded


def _slices(at: Ints, g: Geometry, out: Ints) -> Any:
    """The elements that stand at position `at` of all windows."""
    return (
        ...,
        *(
            slice(a * d, a * d + s * (o - 1) + 1, s)
            for a, d, s, o in zip(at, g.dilation, g.stride, out, strict=True)
        ),
    )


def _inside(at: Ints, g: Geometry, spatial: Ints, out: Ints) -> Any:
    """Where that element is one of the input, not of the padding."""
    inside: Any = True
    for i, (a, size) in enumerate(zip(at, spatial, strict=True)):
        place = np.arange(out[i]) * g.stride[i] - g.padding[i] + a * g.dilation[i]
        shape = [1] * len(out)
        shape[i] = out[i]
        inside = inside & ((place >= 0) & (place < size)).reshape(shape)
    return inside


@op(
    f"max_pool_indices(Tensor input, {GEOMETRY})",
    batching="folded",
    infer=lambda x, *g: pool_infer("max", x, *g).with_dtype(dt.int64),
    names=(),
    nondifferentiable=True,
)
def max_pool_indices(x, *numbers):
    """The flat position of the (first) largest element of each window; nan is largest."""
    g = geometry_of(*numbers)
    spatial = x.shape[-len(g.kernel) :]
    out = pooled_size(spatial, g)
    found = pool_steps.largest(x, g, out)
    if found is not None:
        return in_format_of(found, x)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    padded = _padded_for(x, g, out, lowest)
    positions = list(product(*(range(k) for k in g.kernel)))
    if padded is x:
        which = _largest(padded, positions, g, out)
    else:
        which = _largest_inside(padded, positions, g, spatial, out, lowest)
    return in_format_of(_flat_positions(which, positions, g, spatial, out), x)


def _largest(x: Any, positions: list[Ints], g: Geometry, out: Ints) -> Any:
    """The number of the position that is largest in each window; all windows lie inside."""
    first, *rest = [x[_slices(at, g, out)] for at in positions]
    best = first.copy()
    which = np.zeros(best.shape, np.int16 if len(positions) < 1 << 15 else np.int64)
    for i, candidate in enumerate(rest, 1):
        candidate = np.ascontiguousarray(candidate)
        better = np.greater(candidate, best).astype(which.dtype)
        np.maximum(which, np.multiply(better, i, better), out=which)
        np.maximum(best, candidate, out=best)
    if x.dtype.kind == "f" and (nan := np.isnan(best)).any():
        for i, candidate in enumerate((first, *rest)):  # the last of them is largest
            which[nan & np.isnan(candidate)] = i
    return which


def _largest_inside(
    padded: Any, positions: list[Ints], g: Geometry, spatial: Ints, out: Ints, lowest: Any
) -> Any:
    """The same where windows hang over: what is no element of the input is never chosen."""
    best = np.full((*padded.shape[: padded.ndim - len(out)], *out), lowest, padded.dtype)
    which = np.zeros(best.shape, np.int64)
    seen: Any = False
    for i, at in enumerate(positions):
        candidate = padded[_slices(at, g, out)]
        inside = _inside(at, g, spatial, out)
        better = (candidate > best) | (candidate != candidate) | (inside & ~np.asarray(seen))
        np.copyto(best, candidate, where=better)
        np.copyto(which, i, where=better)
        seen = seen | inside
    return which


def _flat_positions(which: Any, positions: list[Ints], g: Geometry, spatial: Ints, out: Ints) -> Any:
    start, offsets = _origins(tuple(positions), g, spatial, out)
    flat = offsets.take(which)
    flat += start
    return flat


@lru_cache(64)
def _origins(positions: tuple[Ints, ...], g: Geometry, spatial: Ints, out: Ints) -> tuple[Any, Any]:
    """The flat position of each window's origin, and that of each of its positions from there."""
    start: Any = 0
    offsets = [0] * len(positions)
    for i, size in enumerate(spatial):
        shape = [1] * len(out)
        shape[i] = out[i]
        start = start * size + (np.arange(out[i]) * g.stride[i] - g.padding[i]).reshape(shape)
        offsets = [o * size + at[i] * g.dilation[i] for o, at in zip(offsets, positions, strict=True)]
    return start, np.array(offsets, np.int64)


def _max_text(g: Geometry) -> str:
    """The geometry of a max pool as arguments; what has its default is left out."""
    short = [value[0] if len(set(value)) == 1 else value for value in g[:4]]
    named = zip(("stride", "padding", "dilation"), short[1:], (short[0], 0, 1), strict=True)
    more = [f"{name}={value}" for name, value, default in named if value != default]
    return ", ".join([str(short[0]), *more, *(["ceil_mode=True"] if g.ceil_mode else [])])


def max_pool(x: Tensor, g: Geometry) -> tuple[Tensor, Tensor]:
    """(values, indices) of a max pool over 2 or 3 dimensions."""
    n = len(g.kernel)
    indices = apply(max_pool_indices, (x, *g))
    formula = f"nn.functional.max_pool{n}d({{0}}, {_max_text(g)})"
    return pick(x, indices, n, f"MaxPool{n}DWithIndicesBackward0", formula), indices


# ------------------------------------------------------------------ average pooling


def _divisor(g: Geometry, spatial: Ints, out: Ints, include_pad: bool, override: int | None) -> Any:
    """What each window's sum is divided by."""
    if override is not None:
        return override
    total: Any = 1
    for i, size in enumerate(spatial):
        start = np.arange(out[i]) * g.stride[i] - g.padding[i]
        end = np.minimum(start + g.kernel[i], size + g.padding[i])
        if not include_pad:
            start, end = np.maximum(start, 0), np.minimum(end, size)
        shape = [1] * len(out)
        shape[i] = out[i]
        total = total * (end - start).reshape(shape)
    return total


def _divided(total: Any, divisor: Any) -> Any:
    if total.dtype.kind in "iu":
        return (total / divisor).astype(total.dtype)
    return total / np.asarray(divisor, total.dtype)


_AVERAGE = f"{GEOMETRY}, bool include_pad, int? override"


def _avg_record(n: int) -> tuple[Op, Op]:
    """The average over `n` dimensions and its transpose."""

    @op(
        f"avg_pool(Tensor input, {_AVERAGE})",
        batching="folded",
        infer=lambda x, *rest: pool_infer("avg", x, *rest[:-2]),
        names=(),
        grad_fn=f"AvgPool{n}DBackward0",
        formula=lambda *_: f"nn.functional.avg_pool{n}d({{0}}, {{1}}, {{2}}, {{3}}, {{5}}, {{6}}, {{7}})",
    )
    def forward(x, *numbers):
        g = geometry_of(*numbers[:-2])
        out = pooled_size(x.shape[-n:], g)
        found = pool_steps.average(x, g, out, numbers[-1])
        if found is not None:
            return in_format_of(found, x)
        padded = _padded_for(x, g, out, 0)
        total = np.zeros((*x.shape[: x.ndim - n], *out), x.dtype)
        for at in product(*(range(k) for k in g.kernel)):
            total += padded[_slices(at, g, out)]
        return in_format_of(_divided(total, _divisor(g, x.shape[-n:], out, *numbers[-2:])), x)

    @op(
        f"avg_pool_spread(Tensor cotangent, {_AVERAGE}, int[] spatial)",
        batching="aligned",
        infer=lambda c, *rest: c.with_shape((*c.shape[:-n], *rest[-1])),
        names=(),
    )
    def backward(c, *numbers):
        g, spatial = geometry_of(*numbers[:-3]), numbers[-1]
        found = pool_steps.spread(c, g, spatial, numbers[-2])
        if found is not None:
            return found
        out = c.shape[-n:]
        each = _divided(c, _divisor(g, spatial, out, *numbers[-3:-1]))
        lead = c.shape[: c.ndim - n]
        spread = np.broadcast_to(each.reshape(*lead, *[1] * n, *out), (*lead, *g.kernel, *out))
        reach = tuple(
            max(size, (o - 1) * s + k - p)
            for size, o, s, k, p in zip(spatial, out, g.stride, g.kernel, g.padding, strict=True)
        )
        whole = overlap_add(spread, reach, g.stride, g.padding, g.dilation, by_window=True)
        return np.ascontiguousarray(whole[(..., *(slice(0, size) for size in spatial))])

    @forward.derivative("input", one="")
    def _(grad, input, kernel, stride, padding, dilation, ceil_mode, include_pad, override):
        rest = (kernel, stride, padding, dilation, ceil_mode, include_pad, override)
        return steady(apply(backward, (grad, *rest, input.spec.shape[-n:])), input)

    @backward.derivative("cotangent")
    def _(grad, kernel, stride, padding, dilation, ceil_mode, include_pad, override):
        rest = (kernel, stride, padding, dilation, ceil_mode, include_pad, override)
        return apply(forward, (grad, *rest))

    return forward, backward


_AVG = {n: _avg_record(n) for n in (2, 3)}


def avg_pool(x: Tensor, g: Geometry, include_pad: bool, override: int | None) -> Tensor:
    return apply(_AVG[len(g.kernel)][0], (x, *g, include_pad, override))
