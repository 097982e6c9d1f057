"""Resampling: `interpolate` and its older names.

Every mode but "area" is separable: along one dimension each output is a weighted sum of a few inputs, its
taps. A dimension's taps are worked out once, and applied one dimension after another.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ...engine.calls.functional_pictures import no_such_mode, other_rank
from ...engine.core import dtype as dt
from ...engine.core.memory_format import in_format_of
from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.numerics.fma import multiply_add
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, ShapeError, Unsupported
from ..activation.piecewise import floating
from .taps import all_taps
from .windows import Ints

#: results of up to this many elements are rounded as PyTorch's kernels round them
EXACT = 1 << 16

#: images whose height and width add up to no more go to a kernel of their own
SMALL_IMAGE = 128
#: channels that a vector has
LANES = 8


def _apply_taps(x: Any, axis: int, index: Any, weight: Any) -> Any:
    if weight is None:
        return x.take(index[:, 0], axis)
    shape = [1] * x.ndim
    shape[axis] = len(index)
    weight = weight.astype(x.dtype)
    parts = [x.take(index[:, t], axis) for t in range(index.shape[1])]
    shares = [weight[:, t].reshape(shape) for t in range(index.shape[1])]
    if len(parts) == 1 or parts[0].size > EXACT:
        total = parts[0] * shares[0]
        for part, share in zip(parts[1:], shares[1:], strict=True):
            total += part * share
        return total
    total = multiply_add(parts[0], shares[0], parts[1] * shares[1])
    for part, share in zip(parts[2:], shares[2:], strict=True):
        total = multiply_add(part, share, total)
    return total


def _bilinear(x: Any, tall: tuple[Any, Any], wide: tuple[Any, Any]) -> Any:
    """Two dimensions at once: each of four pixels has a weight, in PyTorch's order of rounding."""
    (rows, down), (columns, along) = tall, wide
    down, along = down.astype(x.dtype)[:, :, None], along.astype(x.dtype)

    def pixel(i: int, j: int) -> tuple[Any, Any]:
        return x[..., rows[:, i, None], columns[:, j]], down[:, i] * along[:, j]

    if x.ndim < 4 or x.shape[1] < LANES or _is_large(rows, columns):
        return _added(pixel, ((0, 1), (0, 0), (1, 0), (1, 1)))
    whole, given = x.shape[1] & -LANES, x  # channels that fill vectors are added otherwise
    parts = []
    for channels, order in (
        (slice(whole), ((1, 0), (1, 1), (0, 1), (0, 0))),
        (slice(whole, None), ((0, 1), (0, 0), (1, 0), (1, 1))),
    ):
        x = given[:, channels]
        parts.append(_added(pixel, order))
    return np.concatenate(parts, axis=1)


def _is_large(rows: Any, columns: Any) -> bool:
    """Whether an image is resized one channel after the other."""
    return len(rows) + len(columns) > SMALL_IMAGE


def _added(pixel: Any, order: tuple[tuple[int, int], ...]) -> Any:
    """Four pixels times their weights, in turn, each but the first rounded with the sum."""
    value, weight = pixel(*order[0])
    total = value * weight
    for place in order[1:]:
        value, weight = pixel(*place)
        total = multiply_add(value, weight, total)
    return total


def _bilinear_spread(c: Any, spatial: Ints, how: tuple[Any, ...]) -> Any:
    """The gradient: to each pixel come those of the outputs that have seen it, row after row."""
    mode, align, factors, _ = how
    turns = _turns(tuple(spatial), tuple(c.shape[-2:]), mode, align, factors and tuple(factors))
    pixels = c.reshape(*c.shape[:-2], -1)
    found = np.zeros((*c.shape[:-2], math.prod(spatial)), c.dtype)
    for target, source, weight in turns:
        found[..., target] = multiply_add(pixels[..., source], weight, found[..., target])
    return found.reshape(*c.shape[:-2], *spatial)


def _nearest_spread(c: Any, spatial: Ints, how: tuple[Any, ...]) -> Any:
    """The gradient where each output is one pixel: a pixel's outputs are added one after the other, in their order."""
    mode, _, factors, _ = how
    size = tuple(c.shape[-len(spatial) :])
    front = c.shape[: -len(spatial)]
    kind = np.float32 if c.dtype.itemsize == 2 else c.dtype
    outputs = c.reshape(*front, -1)
    found = np.zeros((*front, math.prod(spatial)), kind)
    for target, source in _nearest_turns(tuple(spatial), size, mode, factors and tuple(factors)):
        found[..., target] += outputs[..., source]
    return found.astype(c.dtype, copy=False).reshape(*front, *spatial)


@lru_cache(maxsize=16)
def _nearest_turns(spatial: Ints, size: Ints, mode: str, factors: Any) -> list[tuple[Any, Any]]:
    """What is added to pixels first, second, and so on: pixels, and the outputs that took them."""
    target: Any = np.zeros((), np.int64)
    for _, (index, _) in all_taps(spatial, size, (mode, None, factors, False), np.float32):
        target = target[..., None] * spatial[target.ndim] + index[:, 0]
    target = target.reshape(-1)
    order = np.argsort(target, kind="stable")
    target = target[order]
    turn = np.arange(len(target)) - np.searchsorted(target, target)
    each = [np.flatnonzero(turn == at) for at in range(int(turn.max(initial=-1)) + 1)]
    return [(target[now], order[now]) for now in each]


@lru_cache(maxsize=16)
def _turns(spatial: Ints, size: Ints, mode: str, align: bool, factors: Any) -> list[tuple[Any, Any, Any]]:
    """What is added to pixels first, second, and so on: pixels, the outputs that saw them, the weights."""
    (_, (rows, down)), (_, (columns, along)) = all_taps(
        spatial, size, (mode, align, factors, False), np.float32
    )
    down, along = down.astype(np.float32), along.astype(np.float32)
    shape = (*size, 2, 2)  # outputs, and which of the four pixels
    target = np.broadcast_to(rows[:, None, :, None] * spatial[1] + columns[None, :, None, :], shape).reshape(
        -1
    )
    weight = (down[:, None, :, None] * along[None, :, None, :]).reshape(-1)
    order = np.argsort(target, kind="stable")
    target = target[order]
    turn = np.arange(len(target)) - np.searchsorted(target, target)
    each = [np.flatnonzero(turn == at) for at in range(int(turn.max(initial=-1)) + 1)]
    return [(target[now], order[now] >> 2, weight[order[now]]) for now in each]


def _apply_bytes(x: Any, axis: int, index: Any, weight: Any) -> Any:
    """The same of bytes: weights are whole numbers of up to 15 bits, and the sum is rounded to a byte."""
    size = x.shape[axis]
    matrix = np.zeros((len(index), size))
    np.add.at(matrix, (np.arange(len(index))[:, None], index), weight)
    largest, bits = matrix.max(), 0
    while bits < 22 and int(0.5 + largest * (1 << (bits + 1))) < 1 << 15:
        bits += 1
    whole = np.trunc(matrix * (1 << bits) + np.copysign(0.5, matrix)).astype(np.int64)
    total = np.tensordot(whole, x.astype(np.int64), (1, axis))
    rounded = (total + (1 << bits >> 1)) >> bits
    return np.moveaxis(np.clip(rounded, 0, 255).astype(np.uint8), 0, axis)


def _transpose_taps(c: Any, axis: int, size: int, index: Any, weight: Any) -> Any:
    matrix = np.zeros((size, len(index)), c.dtype)
    column = np.broadcast_to(np.arange(len(index))[:, None], index.shape)
    np.add.at(matrix, (index, column), 1 if weight is None else weight.astype(c.dtype))
    return np.moveaxis(np.tensordot(matrix, c, (1, axis)), 0, axis)


# ------------------------------------------------------------------ the primitives

#: (mode, spatial dimensions) → PyTorch's name of the node
NODES = {
    ("nearest", 1): "UpsampleNearest1D",
    ("nearest", 2): "UpsampleNearest2D",
    ("nearest", 3): "UpsampleNearest3D",
    ("nearest-exact", 1): "UpsampleNearestExact1D",
    ("nearest-exact", 2): "UpsampleNearestExact2D",
    ("nearest-exact", 3): "UpsampleNearestExact3D",
    ("linear", 1): "UpsampleLinear1D",
    ("bilinear", 2): "UpsampleBilinear2D",
    ("bicubic", 2): "UpsampleBicubic2D",
    ("trilinear", 3): "UpsampleTrilinear3D",
}

_HOW = "str mode, bool align, any factors, bool antialias"


def _infer(x: Spec, size: Ints, mode: str, *_: Any) -> Spec:
    n = len(size)
    spatial = x.shape[-n:]
    if min(*spatial, *size) <= 0:
        names = "DHW"[3 - n :]
        given = ", ".join(f"{a}: {v}" for a, v in zip(names, spatial, strict=True))
        wanted = ", ".join(f"{a}: {v}" for a, v in zip(names, size, strict=True))
        raise ShapeError(
            f"Input and output sizes should be greater than 0, but got input ({given}) "
            f"{'and ' if n == 1 else ''}output ({wanted})",
            code="interpolate-size",
        )
    if 0 in x.shape[1:]:
        raise ShapeError(
            f"Non-empty {x.ndim}D data tensor expected but got a tensor with sizes {list(x.shape)}",
            code="interpolate-size",
        )
    nearest = mode.startswith("nearest")
    if x.dtype is not dt.uint8 or (n != 2 and not nearest):
        if n == 2 and mode != "bicubic" and sum(size) <= SMALL_IMAGE:
            floating(f"upsample_{'nearest' if nearest else mode}2d_channels_last", x)
        floating(
            f"compute_indices_weights_{'nearest' if nearest else mode.removeprefix('bi').removeprefix('tri')}",
            x,
        )
    return x.with_shape((*x.shape[:-n], *size))


def _formula(x: Any, size: Ints, mode: str, align: bool, factors: Any, antialias: bool) -> str:
    sizes = f"size={size}" if not factors else f"scale_factor={tuple(factors)}"
    more = "" if mode.startswith("nearest") else f", align_corners={align}"
    return f"nn.functional.interpolate({{0}}, {sizes}, mode='{mode}'{more}{', antialias=True' if antialias else ''})"


def _node(specs: tuple[Any, ...]) -> str:
    _, size, mode, _, _, antialias = specs
    return f"{NODES[mode, len(size)]}{'Aa' if antialias else ''}Backward0"


@op(
    f"upsample(Tensor input, int[] size, {_HOW})",
    batching="aligned",
    infer=_infer,
    names=(),
    grad_fn=_node,
    formula=_formula,
)
def resample(x, size, *how):
    given = x
    axes = all_taps(x.shape[-len(size) :], size, how, x.dtype)
    mode, antialias = how[0], how[3]
    if mode == "bilinear" and not antialias and x.dtype == np.float32 and x.size <= EXACT:
        return in_format_of(np.ascontiguousarray(_bilinear(x, axes[0][1], axes[1][1])), given)
    for axis, found in axes[::-1]:
        blended = x.dtype == np.uint8 and found[1] is not None
        x = _apply_bytes(x, axis, *found) if blended else _apply_taps(x, axis, *found)
    return in_format_of(x, given)


@op(
    f"upsample_spread(Tensor cotangent, int[] spatial, {_HOW})",
    batching="aligned",
    infer=lambda c, spatial, *_: c.with_shape((*c.shape[: -len(spatial)], *spatial)),
    names=(),
    grad_fn=lambda specs: _node(specs).replace("Backward0", "BackwardBackward0"),
)
def spread(c, spatial, *how):
    if (
        how[0] == "bilinear"
        and not how[3]
        and c.dtype == np.float32
        and c.size <= EXACT
        and len(spatial) == 2
    ):
        return _bilinear_spread(c, spatial, how)
    if how[0].startswith("nearest") and c.dtype.kind != "c":
        return _nearest_spread(c, spatial, how)
    for axis, found in all_taps(spatial, c.shape[-len(spatial) :], how, c.dtype):
        c = _transpose_taps(c, axis, spatial[axis], *found)
    return c


@resample.derivative("input")
def _(grad, input_spec, size, mode, align, factors, antialias):
    return apply(spread, (grad, input_spec.shape[-len(size) :], mode, align, factors, antialias))


@spread.derivative("cotangent")
def _(grad, cotangent_spec, spatial, mode, align, factors, antialias):
    size = cotangent_spec.shape[-len(spatial) :]
    return apply(resample, (grad, size, mode, align, factors, antialias))


# ------------------------------------------------------------------ calls


def _sizes(input: Tensor, size: Any, factor: Any, recompute: bool | None) -> tuple[Ints, Any]:
    """(output size, scale factors to compute positions with or None)."""
    n = input.ndim - 2
    spatial = list(input.shape[2:])
    if size is not None and factor is not None:
        raise BadValue(
            "only one of size or scale_factor should be defined", raises=ValueError, code="interpolate-size"
        )
    if size is None and factor is None:
        raise BadValue(
            "either size or scale_factor should be defined", raises=ValueError, code="interpolate-size"
        )
    given = size if factor is None else factor
    listed = isinstance(given, list | tuple)
    if listed and len(given) != n:
        raise BadValue(
            other_rank(spatial, given, size is None),
            raises=ValueError,
            code="interpolate-size",
            operands=(input,),
        )
    each = list(given) if listed else [given] * n
    if factor is None:
        if recompute:
            raise BadValue(
                "recompute_scale_factor is not meaningful with an explicit size.",
                raises=ValueError,
                code="interpolate-size",
            )
        for one in each:
            if isinstance(one, bool) or not isinstance(one, int | Tensor | np.integer):
                raise ArgumentError(f"interpolate(): sizes are integers, not {each}")
        return tuple(int(s) for s in each), None
    if any(isinstance(f, str) for f in each):
        raise ArgumentError(f"interpolate(): factors are numbers, not {each}")
    each = [float(f) for f in each]
    out = tuple(math.floor(float(s) * f) for s, f in zip(spatial, each, strict=True))
    return out, None if recompute else tuple(each)


def _interpolate(
    input: Tensor,
    size: Any,
    factor: Any,
    mode: str,
    align: bool | None,
    recompute: bool | None,
    antialias: bool,
) -> Tensor:
    if align is not None and mode in ("nearest", "area", "nearest-exact"):
        raise BadValue(
            "align_corners option can only be set with the interpolating modes: "
            "linear | bilinear | bicubic | trilinear",
            raises=ValueError,
            code="interpolate-mode",
        )
    n = input.ndim - 2
    out, factors = (
        ((), None) if n < 1 else _sizes(input, size, factor, recompute or (mode == "area" and size is None))
    )
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and n == 2):
        raise BadValue(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D "
            "tensor "
            "as input",
            raises=ValueError,
            code="interpolate-mode",
        )
    if mode == "area" and 1 <= n <= 3:
        return registry[f"nn.functional.adaptive_avg_pool{n}d"](input, out)
    if (mode, n) not in NODES:
        raise _no_such_mode(mode, n)
    return apply(resample, (input, out, mode, bool(align), factors, antialias))


def _no_such_mode(mode: str, n: int) -> Exception:
    kind = Unsupported if mode == "lanczos" else BadValue
    return kind(no_such_mode(mode, n), raises=NotImplementedError, code="interpolate-mode")


@composite(
    "nn.functional.interpolate(Tensor input, any size=None, any scale_factor=None, str mode='nearest', "
    "bool? align_corners=None, bool? recompute_scale_factor=None, bool antialias=False)",
    names=("nn.functional.interpolate",),
)
def interpolate(input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias):
    """Resamples (N, C, *spatial) to `size`, or by `scale_factor`.

    mode: nearest, nearest-exact, area, linear (3-D input), bilinear, bicubic (4-D), trilinear (5-D).

    >>> nn.functional.interpolate([[[1., 2.]]], size=4, mode="linear")
    tensor([[[1.0000, 1.2500, 1.7500, 2.0000]]])
    """
    return _interpolate(input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)


def deprecated(name: str) -> None:
    """An older name of `interpolate`."""
    warn(
        f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.",
        help="nn.functional.interpolate takes the same arguments",
    )


@composite(
    "nn.functional.upsample(Tensor input, any size=None, any scale_factor=None, str mode='nearest', "
    "bool? align_corners=None)",
    names=("nn.functional.upsample",),
)
def upsample(input, size, scale_factor, mode, align_corners):
    """`interpolate`.

    >>> nn.functional.upsample([[[1., 2.]]], scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    deprecated("upsample")
    return _interpolate(input, size, scale_factor, mode, align_corners, None, False)


@composite(
    "nn.functional.upsample_nearest(Tensor input, any size=None, any scale_factor=None)",
    names=("nn.functional.upsample_nearest",),
)
def upsample_nearest(input, size, scale_factor):
    """`interpolate` with mode="nearest".

    >>> nn.functional.upsample_nearest([[[1., 2.]]], scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    deprecated("upsample_nearest")
    return _interpolate(input, size, scale_factor, "nearest", None, None, False)


@composite(
    "nn.functional.upsample_bilinear(Tensor input, any size=None, any scale_factor=None)",
    names=("nn.functional.upsample_bilinear",),
)
def upsample_bilinear(input, size, scale_factor):
    """`interpolate` with mode="bilinear" and align_corners=True.

    >>> nn.functional.upsample_bilinear([[[[1., 3.]]]], size=(1, 3))
    tensor([[[[1., 2., 3.]]]])
    """
    deprecated("upsample_bilinear")
    return _interpolate(input, size, scale_factor, "bilinear", True, None, False)
