"""`unfold` and its transpose `fold`: windows of images as columns, and columns added up to images."""

from __future__ import annotations

import math

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.records.op import composite, op
from ...engine.run.apply import apply
from ...errors import BadValue, ShapeError
from ..activation.piecewise import floating
from ..rules.infer import wrap_dim
from .windows import Ints, out_size, overlap_add, pad, windows

_GEOMETRY = "int[] kernel_size, int[] dilation, int[] padding, int[] stride"


def _pair(name: str, given: Ints) -> Ints:
    if len(given) not in (1, 2):
        raise BadValue(f"It is expected {name} equals to 2, but got size {len(given)}", code="fold-geometry")
    return given if len(given) == 2 else given * 2


def _check_numbers(kernel: Ints, dilation: Ints, padding: Ints, stride: Ints) -> None:
    for name, short, values, least, words in (
        ("kernel size", "kernel", kernel, 1, "greater than zero"),
        ("stride", "stride", stride, 1, "greater than zero"),
        ("dilation", "dilation", dilation, 1, "greater than zero"),
        ("padding", "pad", padding, 0, "non-negative"),
    ):
        if min(values) < least:
            raise BadValue(
                f"{name} should be {words}, but got {short}_height: {values[0]} {short}_width: {values[1]}",
                code="fold-geometry",
            )


def _blocks(size: Ints, kernel: Ints, dilation: Ints, padding: Ints, stride: Ints) -> Ints:
    return tuple(map(out_size, size, kernel, stride, padding, dilation))


def _unfold_infer(x: Spec, kernel: Ints, dilation: Ints, padding: Ints, stride: Ints) -> Spec:
    _check_numbers(kernel, dilation, padding, stride)
    if x.ndim not in (3, 4) or 0 in x.shape[1 if x.ndim == 4 else 0 :]:
        wrap_dim(2, x.ndim)
        raise ShapeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions "
            "for "
            f"input, but got: {list(x.shape)}",
            code="fold-shape",
        )
    out = _blocks(x.shape[-2:], kernel, dilation, padding, stride)
    if min(out) < 1:
        h, w = x.shape[-2:]
        raise ShapeError(
            f"Given input with spatial size ({h}, {w}), kernel_size={kernel}, dilation={dilation}, "
            f"padding={padding}, calculated shape of the array of sliding blocks as {out}, but its "
            "components "
            "must be at least one.",
            code="fold-shape",
        )
    if x.dtype is not dt.bool_:
        floating("im2col_out_cpu", x, most=dt.COMPLEX)
    return x.with_shape((*x.shape[:-3], x.shape[-3] * math.prod(kernel), math.prod(out)))


@op(
    f"im2col(Tensor input, {_GEOMETRY})",
    batching="folded",
    infer=_unfold_infer,
    names=(),
    grad_fn="Im2ColBackward0",
    formula="nn.functional.unfold({0}, {1}, {2}, {3}, {4})",
)
def im2col(x, kernel, dilation, padding, stride):
    """(…, C, H, W) → (…, C · kernel, blocks)."""
    out = _blocks(x.shape[-2:], kernel, dilation, padding, stride)
    seen = windows(pad(x, padding), kernel, stride, dilation, out)
    return np.moveaxis(seen, (-2, -1), (-4, -3)).reshape(
        *x.shape[:-3], x.shape[-3] * math.prod(kernel), math.prod(out)
    )


@im2col.derivative("input")
def _(grad, input_spec, kernel_size, dilation, padding, stride):
    return apply(col2im, (grad, input_spec.shape[-2:], kernel_size, dilation, padding, stride))


def _fold_infer(x: Spec, size: Ints, kernel: Ints, dilation: Ints, padding: Ints, stride: Ints) -> Spec:
    _check_numbers(kernel, dilation, padding, stride)
    if x.ndim not in (2, 3) or 0 in x.shape[-2:]:
        raise ShapeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero "
            "dimensions "
            f"for input, but got: {list(x.shape)}",
            code="fold-shape",
        )
    d = x.ndim - 2
    if x.shape[-2] % math.prod(kernel):
        raise ShapeError(
            f"Expected size of input's dimension {d if d else 1} to be divisible by the product of "
            "kernel_size, "
            f"but got input.size({d if d else 1})={x.shape[-2]} and kernel_size={kernel}.",
            code="fold-shape",
        )
    blocks = _blocks(size, kernel, dilation, padding, stride)
    given = (
        f"Given output_size={size}, kernel_size={kernel}, dilation={dilation}, padding={padding}, "
        f"stride={stride}, "
    )
    if min(blocks) < 1:
        raise ShapeError(
            f"{given}calculated shape of the array of sliding blocks as {blocks}, which is too small "
            "(non-positive)",
            code="fold-shape",
        )
    if x.shape[-1] != math.prod(blocks):
        raise ShapeError(
            f"{given}expected size of input's dimension 2 to match the calculated number of sliding blocks "
            f"{blocks[0]} * {blocks[1]} = {math.prod(blocks)}, but got input.size(2)={x.shape[-1]}.",
            code="fold-shape",
        )
    floating("col2im_out_cpu", x, most=dt.COMPLEX)
    return x.with_shape((*x.shape[:-2], x.shape[-2] // math.prod(kernel), *size))


@op(
    f"col2im(Tensor input, int[] output_size, {_GEOMETRY})",
    batching="folded",
    infer=_fold_infer,
    names=(),
    grad_fn="Col2ImBackward0",
    formula="nn.functional.fold({0}, {1}, {2}, {3}, {4}, {5})",
)
def col2im(x, size, kernel, dilation, padding, stride):
    """(…, C · kernel, blocks) → (…, C, H, W)."""
    blocks = _blocks(size, kernel, dilation, padding, stride)
    columns = x.reshape(*x.shape[:-2], x.shape[-2] // math.prod(kernel), *kernel, *blocks)
    return overlap_add(columns, size, stride, padding, dilation)


@col2im.derivative("input")
def _(grad, kernel_size, dilation, padding, stride):
    return apply(im2col, (grad, kernel_size, dilation, padding, stride))


@composite(
    "nn.functional.unfold(Tensor input, int[] kernel_size, int[] dilation=1, int[] padding=0, int[] "
    "stride=1)",
    names=("nn.functional.unfold",),
)
def unfold(input, kernel_size, dilation, padding, stride):
    """The windows of images (N, C, H, W) as columns (N, C · kernel, number of windows).

    >>> nn.functional.unfold([[[[1., 2., 3.]]]], (1, 2))
    tensor([[[1., 2.],
             [2., 3.]]])
    """
    kernel = _pair("kernel_size", kernel_size)
    geometry = (_pair("dilation", dilation), _pair("padding", padding), _pair("stride", stride))
    return apply(im2col, (input, kernel, *geometry))


@composite(
    "nn.functional.fold(Tensor input, int[] output_size, int[] kernel_size, int[] dilation=1, int[] "
    "padding=0, "
    "int[] stride=1)",
    names=("nn.functional.fold",),
)
def fold(input, output_size, kernel_size, dilation, padding, stride):
    """Columns (N, C · kernel, number of windows) added up to images (N, C, *output_size).

    >>> nn.functional.fold([[[1., 2.], [2., 3.]]], (1, 3), (1, 2))
    tensor([[[[1., 4., 3.]]]])
    """
    size, kernel = _pair("output_size", output_size), _pair("kernel_size", kernel_size)
    geometry = (_pair("dilation", dilation), _pair("padding", padding), _pair("stride", stride))
    return apply(col2im, (input, size, kernel, *geometry))
