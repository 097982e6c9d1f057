"""Borders around tensors, and the shuffles between channels and space.

`pad` lists amounts from the last dimension on: (left, right, top, bottom, …). Negative amounts cut.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.memory_format import in_format_of
from ...engine.core.spec import Spec
from ...engine.records.op import Op, composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, ShapeError, Unsupported
from ..rules.numbers import check_number, number_array
from ..rules.steady import steady
from ..shape.split import narrow

# ------------------------------------------------------------------ constant borders

#: what `nn.functional.pad` calls the modes
PADDING_MODES = {"reflection": "reflect", "replication": "replicate"}


def check_even(pad: tuple[int, ...], ndim: int) -> None:
    if len(pad) % 2:
        raise ShapeError("Padding length must be divisible by 2", code="pad")
    if len(pad) > 2 * ndim:
        raise ShapeError(
            "Padding length should be less than or equal to two times the input dimension but got padding "
            f"length {len(pad)} and input of dimension {ndim}",
            code="pad",
        )


def sides(pad: tuple[int, ...], ndim: int) -> list[tuple[int, int]]:
    """(before, after) for each dimension."""
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    return [(0, 0)] * (ndim - len(pairs)) + pairs[::-1]


def constant_infer(x: Spec, pad: tuple[int, ...], value: Any) -> Spec:
    check_even(pad, x.ndim)
    shape = []
    for n, (before, after) in zip(x.shape, sides(pad, x.ndim), strict=True):
        cut = n + min(before, 0)
        if cut < 0 or cut + min(after, 0) < 0:
            raise ShapeError("narrow(): length must be non-negative.", code="pad")
        shape.append(n + before + after)
    check_number(value, x.dtype)
    return x.with_shape(shape)


@op(
    "constant_pad_nd(Tensor input, ints pad, Number value=0)",
    batching="aligned",
    infer=constant_infer,
    names=("torch.constant_pad_nd",),
    half="native",
    sample=([1.0, 2.0], (1, 2)),
)
def constant_pad_nd(x, pad, value):
    """The tensor with a border of one value; `pad` lists (before, after) from the last dimension on.

    >>> constant_pad_nd([1, 2], (1, 2))
    tensor([0, 1, 2, 0, 0])
    """
    around = sides(pad, x.ndim)
    shape = [n + before + after for n, (before, after) in zip(x.shape, around, strict=True)]
    out = np.full(shape, number_array(value, dt.of(x)))
    inner = tuple([slice(max(b, 0), n - max(a, 0)) for n, (b, a) in zip(shape, around, strict=True)])
    kept = tuple([slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(x.shape, around, strict=True)])
    out[inner] = x[kept]
    return in_format_of(out, x)


@constant_pad_nd.derivative("input")
def _(grad, pad):
    return apply(constant_pad_nd, (grad, tuple([-n for n in pad]), 0))


# ------------------------------------------------------------------ borders taken from the tensor


def sources(n: int, before: int, after: int, mode: str) -> np.ndarray[Any, Any]:
    """For each position of the padded dimension, the position in the tensor that it repeats."""
    at = np.arange(-before, n + after)
    if mode == "replication":
        return np.clip(at, 0, n - 1)
    return n - 1 - np.abs(n - 1 - np.abs(at))


def border_infer(x: Spec, pad: tuple[int, ...], mode: str, count: int) -> Spec:
    """Batch and channels may be without elements in front; the padded dimensions may not."""
    name = f"{mode}_pad{count}d"
    batched = x.ndim == count + 2
    if 0 in x.shape[1 if batched else 0 :]:
        raise ShapeError(
            f"Expected {count + 1}D or {count + 2}D (batch mode) tensor with possibly 0 batch size and other "
            f"non-zero dimensions for input, but got: {list(x.shape)}",
            code="pad",
        )
    shape = list(x.shape)
    for i in range(count):
        d = x.ndim - 1 - i
        before, after = pad[2 * i], pad[2 * i + 1]
        n = x.shape[d]
        if mode == "reflection" and (before >= n or after >= n):
            raise ShapeError(
                f"Argument #{4 + 2 * i}: Padding size should be less than the corresponding input "
                "dimension, but "
                f"got: padding ({before}, {after}) at dimension {d} of input {list(x.shape)}",
                code="pad",
            )
        shape[d] = n + before + after
        if count == 1 and shape[d] < (1 if mode == "reflection" else 0):
            raise ShapeError(f"input (W: {n}) is too small. Calculated output W: {shape[d]}", code="pad")
    for n in shape:
        if n < 0:
            raise ShapeError(
                f"Trying to create tensor with negative dimension {n}: {shape}", code="negative-size"
            )
    if x.dtype is dt.bool_:
        raise DTypeError(f"\"{name}\" not implemented for 'Bool'", raises=NotImplementedError)
    return x.with_shape(shape)


def border_record(mode: str, count: int) -> Op:
    """Borders of the last `count` dimensions, and the sum that is its gradient."""
    grad_fn = f"{mode.title()}Pad{count}DBackward0"

    @op(
        f"{mode}_pad{count}d(Tensor input, int[] pad)",
        batching="folded",
        formula=f"nn.functional.pad({{0}}, {{1}}, mode='{PADDING_MODES[mode]}')",
        infer=lambda x, pad: border_infer(x, pad, mode, count),
        names=(),
        half="native",
        grad_fn=grad_fn,
    )
    def border(x, pad):
        for i in range(count):
            d = x.ndim - 1 - i
            x = np.take(x, sources(x.shape[d], pad[2 * i], pad[2 * i + 1], mode), axis=d)
        return x

    @op(
        f"{mode}_pad{count}d_backward(Tensor grad, any shape, int[] pad)",
        infer=lambda grad, shape, pad: grad.with_shape(shape),
        names=(),
        grad_fn=grad_fn.replace("Backward0", "BackwardBackward0"),
    )
    def gathered(grad, shape, pad):
        for i in range(count):
            d = len(shape) - 1 - i
            out = np.zeros((*grad.shape[:d], shape[d], *grad.shape[d + 1 :]), grad.dtype)
            at = sources(shape[d], pad[2 * i], pad[2 * i + 1], mode)
            np.add.at(np.moveaxis(out, d, 0), at, np.moveaxis(grad, d, 0))
            grad = out
        return grad

    @border.derivative("input", one="")
    def _(grad, input, pad):
        return steady(apply(gathered, (grad, input.spec.shape, pad)), input)

    @gathered.derivative("grad")
    def _(grad, pad):
        return apply(border, (grad, pad))

    return border


BORDERS = {
    (mode, count): border_record(name, count)
    for mode, name in (("reflect", "reflection"), ("replicate", "replication"))
    for count in (1, 2, 3)
}


def pad_circular(input: Tensor, pad: tuple[int, ...]) -> Tensor:
    """The tensor continued periodically: its middle first, then each border copied from the far side."""
    shape, ndim = input.spec.shape, input.ndim
    around = sides(pad, ndim)
    for n, (before, after) in zip(shape, around, strict=True):
        if before > n or after > n:
            raise ShapeError("Padding value causes wrapping around more than once.", code="pad")
        if n + before + after < 0:
            raise ShapeError("Negative padding value is resulting in an empty dimension", code="pad")
    wide = tuple([n + before + after for n, (before, after) in zip(shape, around, strict=True)])
    out = registry["zeros"](wide, dtype=input.spec.dtype, device=input.spec.device)
    middle, kept = out, input
    for d, (before, after) in enumerate(around):
        middle = narrow(middle, d, max(before, 0), wide[d] - max(before, 0) - max(after, 0))
        kept = narrow(kept, d, max(-before, 0), shape[d] - max(-before, 0) - max(-after, 0))
    middle.copy_(kept)
    for d in range(ndim - 1, -1, -1):
        before, after = around[d]
        if before > 0:
            narrow(out, d, 0, before).copy_(narrow(out, d, wide[d] - before - max(after, 0), before))
        if after > 0:
            narrow(out, d, wide[d] - after, after).copy_(narrow(out, d, max(before, 0), after))
    return out


@composite(
    "nn.functional.pad(Tensor input, ints pad, str mode='constant', float? value=None)",
    sample=([[1.0, 2.0, 3.0]], (1, 1), "reflect"),
)
def pad_(input, pad, mode, value):
    """A border around the tensor; `pad` lists (before, after) from the last dimension on, negative ones cut.

    Modes: constant, reflect (the edge is not repeated), replicate (only the edge is), circular.

    >>> nn.functional.pad([1, 2, 3], (1, 2))
    tensor([0, 1, 2, 3, 0, 0])
    >>> nn.functional.pad([[1, 2, 3]], (2, 1), mode="reflect")
    tensor([[3, 2, 1, 2, 3, 2]])
    """
    check_even(pad, input.ndim)
    if mode == "constant":
        return apply(constant_pad_nd, (input, pad, 0.0 if value is None else value))
    if value is not None and value != 0:
        raise BadValue(f'Padding mode "{mode}" doesn\'t take in value argument')
    count = len(pad) // 2
    fits = count in (1, 2, 3) and input.ndim in (count + 1, count + 2)
    if mode not in ("reflect", "replicate", "circular"):
        raise Unsupported(
            f"Unrecognised padding mode {mode}", help="the modes are constant, reflect, replicate, circular"
        )
    if not fits:
        raise Unsupported(
            f"Padding size {len(pad)} is not supported for {input.ndim}D input tensor.\n"
            "Supported combinations for non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)",
            help="these modes pad the last 1, 2 or 3 dimensions of a tensor with one or two more dimensions",
        )
    if mode == "circular":
        return pad_circular(input, pad)
    return apply(BORDERS[mode, count], (input, pad))


# ------------------------------------------------------------------ channels and space


def shuffle_check(x: Spec, name: str, factor: int, which: str) -> None:
    if x.ndim < 3:
        raise ShapeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {x.ndim} dimension(s)"
        )
    if factor <= 0:
        raise ShapeError(f"{name} expects a positive {which}_factor, but got {factor}")


def pixel_shuffle_infer(x: Spec, upscale_factor: int) -> Spec:
    r = upscale_factor
    shuffle_check(x, "pixel_shuffle", r, "upscale")
    *batch, c, h, w = x.shape
    if c % r**2:
        raise ShapeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
            f"upscale_factor, but input.size(-3)={c} is not divisible by {r**2}"
        )
    return x.with_shape((*batch, c // r**2, h * r, w * r))


@op(
    "pixel_shuffle(Tensor input, int upscale_factor)",
    batching="aligned",
    infer=pixel_shuffle_infer,
    names=("torch.pixel_shuffle", "nn.functional.pixel_shuffle"),
    half="native",
    sample=([[[1.0]], [[2.0]], [[3.0]], [[4.0]]], 2),
)
def pixel_shuffle(x, upscale_factor):
    """Channels spread out over space: (…, C·r², H, W) → (…, C, H·r, W·r).

    >>> nn.functional.pixel_shuffle([[[1]], [[2]], [[3]], [[4]]], 2)
    tensor([[[1, 2],
             [3, 4]]])
    """
    r = upscale_factor
    *batch, c, h, w = x.shape
    n = len(batch)
    parts = x.reshape(*batch, c // r**2, r, r, h, w)
    order = [*range(n), n, n + 3, n + 1, n + 4, n + 2]
    return parts.transpose(order).reshape(*batch, c // r**2, h * r, w * r)


@pixel_shuffle.derivative("input")
def _(grad, upscale_factor):
    return apply(pixel_unshuffle, (grad, upscale_factor))


def pixel_unshuffle_infer(x: Spec, downscale_factor: int) -> Spec:
    r = downscale_factor
    shuffle_check(x, "pixel_unshuffle", r, "downscale")
    *batch, c, h, w = x.shape
    for what, n, at in (("height", h, -2), ("width", w, -1)):
        if n % r:
            raise ShapeError(
                f"pixel_unshuffle expects {what} to be divisible by downscale_factor, but "
                f"input.size({at})={n} "
                f"is not divisible by {r}"
            )
    return x.with_shape((*batch, c * r**2, h // r, w // r))


@op(
    "pixel_unshuffle(Tensor input, int downscale_factor)",
    batching="aligned",
    infer=pixel_unshuffle_infer,
    names=("torch.pixel_unshuffle", "nn.functional.pixel_unshuffle"),
    half="native",
    sample=([[[1.0, 2.0], [3.0, 4.0]]], 2),
)
def pixel_unshuffle(x, downscale_factor):
    """Space gathered into channels, the inverse of `pixel_shuffle`: (…, C, H·r, W·r) → (…, C·r², H, W).

    >>> nn.functional.pixel_unshuffle([[[1, 2], [3, 4]]], 2).shape
    torch.Size([4, 1, 1])
    """
    r = downscale_factor
    *batch, c, h, w = x.shape
    n = len(batch)
    parts = x.reshape(*batch, c, h // r, r, w // r, r)
    order = [*range(n), n, n + 2, n + 4, n + 1, n + 3]
    return parts.transpose(order).reshape(*batch, c * r**2, h // r, w // r)


@pixel_unshuffle.derivative("input")
def _(grad, downscale_factor):
    return apply(pixel_shuffle, (grad, downscale_factor))


def channel_shuffle_infer(x: Spec, groups: int) -> Spec:
    if x.ndim <= 2:
        raise ShapeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(x.shape)}"
        )
    if groups <= 0:
        raise ShapeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    if x.shape[1] % groups:
        raise ShapeError(
            f"Number of channels must be divisible by groups. Got {x.shape[1]} channels and {groups} groups."
        )
    return x


@op(
    "channel_shuffle(Tensor input, int groups)",
    batching="folded",
    infer=channel_shuffle_infer,
    names=("torch.channel_shuffle", "nn.functional.channel_shuffle"),
    half="native",
    sample=([[[1.0], [2.0], [3.0], [4.0]]], 2),
)
def channel_shuffle(x, groups):
    """The channels (dimension 1) dealt out in `groups` and interleaved.

    >>> nn.functional.channel_shuffle([[[1], [2], [3], [4]]], 2)
    tensor([[[1],
             [3],
             [2],
             [4]]])
    """
    n, c, *rest = x.shape
    return x.reshape(n, groups, c // groups, *rest).swapaxes(1, 2).reshape(x.shape)


@channel_shuffle.derivative("input")
def _(grad, input_spec, groups):
    return apply(channel_shuffle, (grad, input_spec.shape[1] // groups)) if input_spec.shape[1] else grad
