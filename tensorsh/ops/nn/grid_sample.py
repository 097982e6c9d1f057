"""Sampling at places given by a grid: `grid_sample`, and grids of affine maps.

`grid_sample` is written once, in operations; its node differentiates that text.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.numerics.fma import multiply_add
from ...engine.records.op import composite, op
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import wrap
from ...errors import BadValue, DTypeError, ShapeError, Unsupported
from ..activation.piecewise import floating, where
from ..create.ranges import spaced
from ..linalg.matmul import matmul
from ..loss.loss_rules import sizes
from ..rules.by_text import written
from ..shape.join import cat, stack
from .bilinear import bilinear
from .cubic import bicubic

# ------------------------------------------------------------------ coordinates


def _pixels(x: Any, size: int, align: bool, flat: bool) -> Any:
    """From [-1, 1] to pixel positions; those of `flat` pictures are rounded once."""
    if align:
        return (x + 1) * ((size - 1) / 2)
    return (
        multiply_add(x + 1, x.dtype.type(size / 2), x.dtype.type(-0.5)) if flat else ((x + 1) * size - 1) / 2
    )


def _reflected(x: Any, size: int, align: bool) -> tuple[Any, Any]:
    """Positions reflected at the ends, and whether they move backwards then."""
    low, high = (0.0, size - 1.0) if align else (-0.5, size - 0.5)
    span = high - low
    if span == 0:
        return x * 0, np.zeros(x.shape, x.dtype)
    away = x - low
    below, away = away < 0, np.abs(away)
    flips = np.floor(away / span)
    rest, odd = away - flips * span, flips % 2 != 0
    return np.where(odd, span - rest + low, rest + low), np.where(odd != below, -1, 1).astype(x.dtype)


def _inside(x: Any, size: int, padding: str, align: bool) -> tuple[Any, Any]:
    """Positions moved inside, for the paddings that do so, and how much they then move with `x`.

    What lies at an end or beyond does not move.
    """
    if padding == "zeros":
        return x, x.dtype.type(1)
    turned: Any = x.dtype.type(1)
    if padding == "reflection":
        x, turned = _reflected(x, size, align)
    return np.clip(x, 0, size - 1), np.where((x > 0) & (x < size - 1), turned, x.dtype.type(0))


def _each(x: Any, sizes: Any, of: Any) -> Any:
    """`of(coordinate, size)` of each coordinate in the last dimension, which names the sizes backwards."""
    columns = [of(x[..., -1 - i], size) for i, size in enumerate(sizes)]
    return np.stack([np.broadcast_to(c, x.shape[:-1]) for c in columns[::-1]], -1).astype(x.dtype, copy=False)


PLACE = "Tensor x, int[] sizes, str padding, bool align"


@op(f"grid_place({PLACE})", infer=lambda x, *_: x, names=())
def place(x, sizes, padding, align):
    """Pixel positions of places from -1 to 1."""
    return _each(x, sizes, lambda c, n: _inside(_pixels(c, n, align, len(sizes) == 2), n, padding, align)[0])


@op(f"grid_slope({PLACE})", infer=lambda x, *_: x, names=(), nondifferentiable=True)
def slope(x, sizes, padding, align):
    """How pixel positions move with the places: nothing where padding holds them."""

    def moved(c: Any, n: int) -> Any:
        return _inside(_pixels(c, n, align, len(sizes) == 2), n, padding, align)[1] * (
            (n - 1) / 2 if align else n / 2
        )

    return _each(x, sizes, moved)


@place.derivative("x")
def _(grad, x, sizes, padding, align):
    return grad * apply(slope, (x, sizes, padding, align))


@op(
    "grid_pixel(Tensor x, int size, str padding, bool align)",
    infer=lambda x, *_: x,
    names=(),
    nondifferentiable=True,
)
def pixel(x, size, padding, align):
    """Pixel positions moved inside."""
    return _inside(x, size, padding, align)[0].astype(x.dtype, copy=False)


# ------------------------------------------------------------------ sampling


def _gather(flat: Tensor, corners: list[list[Tensor]], spatial: tuple[int, ...]) -> list[Tensor]:
    """For each corner the elements (N, C, points) at its whole positions, 0 outside.

    `flat` is (N, C, product of spatial). All are taken in one go, some points' corners after the other's, so that
    their gradients are added up in PyTorch's order.
    """
    indices, insides = [], []
    for places in corners:
        inside: Any = None
        index: Any = 0
        for place, size in zip(places, spatial, strict=True):
            within = (place >= 0) & (place < size)
            inside = within if inside is None else inside & within
            index = index * size + place
        indices.append(where(inside, index, 0.0).long())
        insides.append(inside)
    n, c = flat.spec.shape[:2]
    points = indices[0].spec.shape[1]
    lanes = 1 if len(spatial) == 3 else 32 // flat.spec.dtype.itemsize
    runs = -(-points // lanes)
    index, inside = stack(indices, 1), stack(insides, 1)
    if runs > 1 < lanes:
        shape = (n, len(corners), runs * lanes - points)
        index = cat([index, index.new_zeros(shape)], 2).reshape(n, len(corners), runs, lanes).transpose(1, 2)
        inside = (
            cat([inside, inside.new_zeros(shape)], 2).reshape(n, len(corners), runs, lanes).transpose(1, 2)
        )
    elif lanes == 1:
        index, inside = index.transpose(1, 2), inside.transpose(1, 2)
    taken = len(corners) * (runs * lanes if runs > 1 else points)
    found = flat.gather(2, index.reshape(n, 1, taken).expand(n, c, taken))
    found = where(inside.reshape(n, 1, taken), found, 0.0)
    if runs > 1 < lanes:
        found = found.reshape(n, c, runs, len(corners), lanes).transpose(2, 3)
        found = found.reshape(n, c, len(corners), runs * lanes).narrow(3, 0, points)
    elif lanes == 1:
        found = found.reshape(n, c, points, len(corners)).transpose(2, 3)
    else:
        found = found.reshape(n, c, len(corners), points)
    return list(found.unbind(2))


def sample(input: Tensor, grid: Tensor, mode: str, padding: str, align: bool) -> Tensor:
    """The value of `input` (N, C, *spatial) at each place of `grid` (N, *out, dims), in operations."""
    n, c, *spatial = input.spec.shape
    out = grid.spec.shape[1:-1]
    dims = len(spatial)
    flat = input.reshape(n, c, math.prod(spatial))
    # the grid's last dimension is (x, y, z): the spatial dimensions backwards
    held = "zeros" if mode == "bicubic" else padding  # which holds each of its sixteen pixels inside
    places = apply(place, (grid, tuple(spatial), held, align))
    at = [places.select(-1, dims - 1 - i).reshape(n, math.prod(out)) for i in range(dims)]
    if mode == "bicubic":
        total = _bicubic(flat, at, tuple(spatial), padding, align)
    elif mode == "nearest":
        (total,) = _gather(flat, [[x.detach().round() for x in at]], tuple(spatial))
    else:
        total = _linear(flat, at, tuple(spatial))
    return total.reshape(n, c, *out)


def _linear(flat: Tensor, at: list[Tensor], spatial: tuple[int, ...]) -> Tensor:
    low = [x.detach().floor() for x in at]
    part = [(x - f).unsqueeze(1) for x, f in zip(at, low, strict=True)]
    corners = list(product((0, 1), repeat=len(at)))
    places = [[f + side for f, side in zip(low, corner, strict=True)] for corner in corners]
    pixels = dict(zip(corners, _gather(flat, places, spatial), strict=True))
    if len(at) == 2:
        return apply(bilinear, (*pixels.values(), part[1], part[0]))
    total: Any = 0
    for corner, found in pixels.items():
        weight: Any = 1
        for side, t in zip(corner, part, strict=True):
            weight = weight * (t if side else 1 - t)
        total = total + found * weight
    return total


def _bicubic(flat: Tensor, at: list[Tensor], spatial: tuple[int, ...], padding: str, align: bool) -> Tensor:
    low = [x.detach().floor() for x in at]
    y, x = [(x - f).unsqueeze(1) for x, f in zip(at, low, strict=True)]
    rows, columns = [
        [apply(pixel, (f + (side - 1), size, padding, align)).round() for side in range(4)]
        for f, size in zip(low, spatial, strict=True)
    ]
    pixels = _gather(flat, [[row, column] for column in columns for row in rows], spatial)
    return apply(bicubic, (stack(pixels), x, y))


# ------------------------------------------------------------------ the node


def _infer(x: Spec, grid: Spec, mode: str, padding: str, align: bool) -> Spec:
    dims = x.ndim - 2
    shown = f"but got input with sizes {list(x.shape)} and grid with sizes {list(grid.shape)}"
    if x.shape[0] != grid.shape[0]:
        raise ShapeError(
            f"grid_sampler(): expected grid and input to have same batch size, {shown}", code="grid-shape"
        )
    if grid.shape[-1] != dims:
        raise ShapeError(
            f"grid_sampler(): expected grid to have size {dims} in last dimension, but got grid with sizes "
            f"{list(grid.shape)}",
            code="grid-shape",
        )
    if dims not in (2, 3) or grid.ndim != x.ndim:
        raise ShapeError(
            f"grid_sampler(): expected {4 if dims == 2 else 5}D input and grid with same number of dimensions, {shown}",
            code="grid-shape",
        )
    if mode == "bicubic" and dims == 3:
        raise Unsupported(
            "grid_sampler(): bicubic interpolation only supports 4D input",
            raises=RuntimeError,
            code="grid-mode",
        )
    if 0 in x.shape[2:]:
        raise ShapeError(
            "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
            f"{list(x.shape)} with dimension {x.shape.index(0, 2)} being empty",
            code="grid-shape",
        )
    floating("grid_sampler_2d_cpu_kernel_impl" if x.ndim == 4 else "grid_sampler3d_cpu", x)
    if grid.dtype is not x.dtype:
        raise DTypeError(
            f"expected scalar type {x.dtype.title} but found {grid.dtype.title}", code="dtype-mismatch"
        )
    return x.with_shape((*x.shape[:2], *grid.shape[1:-1]))


grid_sampler = written(
    "grid_sampler(Tensor input, Tensor grid, str mode, str padding, bool align)",
    ("input", "grid"),
    infer=_infer,
    names=(),
    grad_fn=lambda specs: f"GridSampler{len(specs[0].shape) - 2}DBackward0",
    formula="nn.functional.grid_sample({0}, {1}, {2}, {3}, {4})",
    one="",
    batching="folded",
)(sample)


MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")


def warn_corners() -> None:
    """Where the outermost places lie is not said."""
    warn(
        "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please "
        "specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for "
        "details.",
        help="say which: align_corners=False keeps what it does now",
    )


@composite(
    "nn.functional.grid_sample(Tensor input, Tensor grid, any mode='bilinear', any padding_mode='zeros', "
    "bool? align_corners=None)",
    names=("nn.functional.grid_sample",),
)
def grid_sample(input, grid, mode, padding_mode, align_corners):
    """The input's values at the grid's places, (N, C, H, W) and (N, H', W', 2) → (N, C, H', W').

    A place is (x, y) from -1 to 1. mode: bilinear, nearest, bicubic; padding_mode: zeros, border, reflection.

    >>> nn.functional.grid_sample([[[[1., 2.], [3., 4.]]]], [[[[0., 0.]]]])
    tensor([[[[2.5000]]]])
    """
    if align_corners is None:
        warn_corners()
    if mode not in MODES:
        raise BadValue(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: "
            f"'{mode}'",
            raises=ValueError,
            code="grid-mode",
        )
    if padding_mode not in PADDINGS:
        raise BadValue(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', "
            "but "
            f"got: '{padding_mode}'",
            raises=ValueError,
            code="grid-mode",
        )
    return apply(grid_sampler, (input, grid, mode, padding_mode, bool(align_corners)))


def sampler(name: str) -> None:
    @composite(
        f"{name}(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners)",
        names=(f"torch.{name}",),
        doc=f"""`nn.functional.grid_sample` with its modes as numbers, in the order it lists them.

        >>> torch.{name}({EXAMPLES[name]}, 0, 0, True).item()
        2.5
        """,
    )
    def numbered(input, grid, interpolation_mode, padding_mode, align_corners):
        mode, padding = MODES[interpolation_mode], PADDINGS[padding_mode]
        return apply(grid_sampler, (input, grid, mode, padding, align_corners))


EXAMPLES = {
    "grid_sampler": "tensor([[[[1., 2.], [3., 4.]]]]), zeros(1, 1, 1, 2)",
    "grid_sampler_2d": "tensor([[[[1., 2.], [3., 4.]]]]), zeros(1, 1, 1, 2)",
    "grid_sampler_3d": "tensor([[[[[1., 2.], [3., 4.]]]]]), zeros(1, 1, 1, 1, 3)",
}
for name in EXAMPLES:
    sampler(name)


# ------------------------------------------------------------------ affine grids


def _base(size: tuple[int, ...], align: bool, dtype: Any) -> Any:
    """(points, dims + 1): x, y, (z,) 1 of every output pixel."""
    lines = []
    for n in size:
        line = spaced(-1.0, 1.0, n, dt.from_np[dtype]) if n > 1 else np.zeros(1, dtype)
        lines.append(line if align or n <= 1 else line * dtype.type(n - 1) / dtype.type(n))
    axes = np.meshgrid(*lines, indexing="ij")
    columns = [a.ravel() for a in reversed(axes)]
    return np.stack([*columns, np.ones(columns[0].size, dtype)], 1)


@op(
    "affine_grid_generator(Tensor theta, int[] size, bool align)",
    infer=lambda theta, size, align: theta.with_shape((size[0], *size[2:], len(size) - 2)),
    names=(),
)
def affine_grid_primitive(theta, size, align):
    """The base grid times each batch's affine matrix."""
    first, *others = _base(size[2:], align, theta.dtype).T[:, None, :, None]
    found = first * theta[:, None, :, 0]
    for i, column in enumerate(others, 1):
        found += column * theta[:, None, :, i]
    return found.reshape(size[0], *size[2:], len(size) - 2)


@affine_grid_primitive.derivative("theta")
def _(grad, size, align):
    base = wrap(_base(size[2:], align, grad.spec.np))
    points = grad.reshape(size[0], math.prod(size[2:]), len(size) - 2)
    return matmul(base.t().expand(size[0], -1, -1), points).transpose(1, 2)


@composite(
    "nn.functional.affine_grid(Tensor theta, int[] size, bool? align_corners=None)",
    names=("nn.functional.affine_grid",),
)
def affine_grid(theta, size, align_corners):
    """The grid that `grid_sample` needs for affine maps (N, 2, 3) and an output size (N, C, H, W).

    >>> nn.functional.affine_grid([[[1., 0., 0.], [0., 1., 0.]]], (1, 1, 1, 2))
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    if align_corners is None:
        warn_corners()
    if not theta.dtype.is_floating_point:
        raise DTypeError(
            f"Expected theta to have floating point type, but got {theta.dtype}",
            raises=ValueError,
            code="dtype",
            help="theta.float()",
        )
    if len(size) not in (4, 5):
        raise Unsupported(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
            f"Got size {size}.",
            code="grid-shape",
        )
    dims = len(size) - 2
    if theta.ndim != 3 or tuple(theta.shape[-2:]) != (dims, dims + 1):
        raise ShapeError(
            f"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size {size}. "
            f"Got {sizes(theta)}.",
            raises=ValueError,
            code="grid-shape",
            operands=(theta,),
        )
    if min(size) <= 0:
        raise ShapeError(
            f"Expected non-zero, positive output size. Got {size}", raises=ValueError, code="grid-shape"
        )
    if theta.shape[0] != size[0]:
        raise ShapeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{size[0]}, {dims + 1}] but got: "
            f"[{theta.shape[0]}, {dims + 1}].",
            code="grid-shape",
            operands=(theta,),
        )
    return apply(affine_grid_primitive, (theta, size, bool(align_corners)))
