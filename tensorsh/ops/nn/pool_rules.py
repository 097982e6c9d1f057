"""Sizes of pools, and what they ask of their arguments, in PyTorch's words."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...errors import BadIndex, BadValue, DTypeError, ShapeError
from ..rules.infer import wrap_dim
from .windows import Ints

#: the geometry's fields as parameters of a primitive
GEOMETRY = "int[] kernel, int[] stride, int[] padding, int[] dilation, bool ceil_mode"

_COUNT = {1: "one int", 2: "two ints", 3: "three ints"}


class Geometry(NamedTuple):
    """A pool's window: one number of each for every spatial dimension."""

    kernel: Ints
    stride: Ints
    padding: Ints
    dilation: Ints
    ceil_mode: bool


def geometry_of(*numbers: Any) -> Geometry:
    return Geometry(*numbers)


def geometry(
    name: str, n: int, kernel: Ints, stride: Ints | None, padding: Ints, dilation: Ints, ceil_mode: bool
) -> Geometry:
    """A call's arguments, one number for each dimension; the stride is the kernel where it is left out."""
    stride = stride or ()

    def spread(what: str, given: Ints, words: str) -> Ints:
        if len(given) not in (1, n):
            if n == 1 and name == "max_pool1d":
                also = "None, an int, list of ints, or" if what == "stride" else "an int, list of ints or"
                message = f"{name}() {what} must be {also} tuple of ints of size 1 but got size {len(given)}"
            elif n == 1:
                message = f"{name}() argument '{what}' should contain one int (got {len(given)})"
            else:
                message = f"{name}: {what} must {words}a single int, or a tuple of {_COUNT[n]}"
            raise BadValue(message, code="pool-geometry")
        return given * n if len(given) == 1 else given

    be = "be" if name == "avg_pool3d" else "either be"
    kernel = spread("kernel_size", kernel, f"{be} ")
    stride = spread("stride", stride, f"{be} omitted, ") if stride else kernel
    padding = spread("padding", padding, f"{be} ")
    dilation = spread("dilation", dilation, "be either ")
    return Geometry(kernel, stride, padding, dilation, ceil_mode)


def pooled_size(spatial: Ints, g: Geometry) -> Ints:
    """How many windows there are; with `ceil_mode` the last may hang over, but not start in the padding."""
    found = []
    for size, k, s, p, d in zip(spatial, g.kernel, g.stride, g.padding, g.dilation, strict=True):
        if s == 0:
            raise BadValue("stride should not be zero", code="pool-geometry")
        if p < 0:
            raise BadValue(f"pad must be non-negative, but got pad: {p}", code="pool-geometry")
        if p > int(((k - 1) * d + 1) / 2):  # rounded towards zero
            raise BadValue(
                f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} and "
                f"dilation={d}",
                code="pool-geometry",
            )
        out = (size + 2 * p - d * (k - 1) - 1 + (s - 1 if g.ceil_mode else 0)) // s + 1
        if g.ceil_mode and (out - 1) * s >= size + p:
            out -= 1
        found.append(out)
    return tuple(found)


_AXES = {2: "HW", 3: "THW"}


def pool_infer(kind: str, x: Spec, *numbers: Any) -> Spec:
    """The output of a max or avg pool over 2 or 3 dimensions."""
    g = geometry_of(*numbers)
    n = len(g.kernel)
    if x.ndim not in (n + 1, n + 2):
        if kind == "avg" and n == 2 and not x.shape:
            raise BadIndex("Dimension specified as -3 but tensor has no dimensions", code="dim-range")
        if kind == "avg" and n == 2:
            wrap_dim(-3, x.ndim)
            raise ShapeError(
                "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:"
                f"{list(x.shape)}",
                code="pool-rank",
            )
        raise ShapeError(
            f"non-empty {n + 1}D or {n + 2}D (batch mode) tensor expected for input", code="pool-rank"
        )
    spatial = x.shape[-n:]
    out = pooled_size(spatial, g)
    axes = _AXES[n]
    for what, values, prefix in (
        ("kernel size", g.kernel, "k"),
        ("stride", g.stride, "d"),
        ("dilation", g.dilation, "dilation"),
    ):
        if min(values) <= 0:
            shown = " ".join(f"{prefix}{a}: {v}" for a, v in zip(axes, values, strict=True))
            raise BadValue(f"{what} should be greater than zero, but got {shown}", code="pool-geometry")
    if 0 in x.shape[-n - 1 :] and n == 3:
        kernel = "max_pool3d_with_indices_out_cpu_template" if kind == "max" else "avg_pool3d"
        raise ShapeError(
            f"{kernel}(): Expected input's non-batch dimensions to have positive length, but input has a "
            f"shape of {list(x.shape)} and non-batch dimension 0 has length zero!",
            code="pool-shape",
        )
    if 0 in x.shape[-n - 1 :]:
        raise ShapeError(
            f"Expected {n + 1}D or {n + 2}D (batch mode) tensor with optional 0 dim batch size for input, "
            "but "
            f"got:{list(x.shape)}",
            code="pool-shape",
        )
    if kind == "avg" and n == 3 and any(s < k for s, k in zip(spatial, g.kernel, strict=True)):
        size = " ".join(f"{a}: {v}" for a, v in zip(axes, spatial, strict=True))
        kernel = " ".join(f"k{a}: {v}" for a, v in zip(axes, g.kernel, strict=True))
        raise ShapeError(f"input image ({size}) smaller than kernel size ({kernel})", code="pool-size")
    if min(out) < 1:
        given = "x".join(map(str, x.shape[-n - 1 :]))
        found = "x".join(map(str, (x.shape[-n - 1], *out)))
        raise ShapeError(
            f"Given input size: ({given}). Calculated output size: ({found}). Output size is too small",
            code="pool-size",
            help="the window is larger than the input: a smaller kernel or more padding",
        )
    if not _has_kernel(kind, n, x.dtype):
        frame = "_out_frame" if (kind, n) == ("avg", 3) else ""
        raise DTypeError(
            f"\"{kind}_pool{n}d{frame}\" not implemented for '{x.dtype.title}'",
            raises=NotImplementedError,
            code="not-implemented",
            help="convert it: x.float()",
        )
    return x.with_shape((*x.shape[:-n], *out))


def _has_kernel(kind: str, n: int, dtype: dt.DType) -> bool:
    """Maxima are of any real numbers; means of floats (in 3-d not of short ones) and of int64."""
    if kind == "avg":
        return dtype is dt.int64 or (dtype.is_floating_point and not (n == 3 and dtype.is_half))
    return dtype is not dt.bool_ and not dtype.is_complex


def check_max_1d(x: Spec, g: Geometry) -> None:
    """`max_pool1d` has messages of its own."""
    if x.ndim not in (2, 3) or 0 in x.shape[-2:]:
        raise ShapeError(
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but "
            f"got:{list(x.shape)}",
            code="pool-rank",
        )
    (kernel,), (stride,), (padding,), (dilation,), _ = g
    problem = None
    for name, value in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        if value <= 0 and problem is None and (name != "dilation" or padding >= 0):
            problem = f"{name} must be greater than zero, but got {value}"
    if problem is None and padding < 0:
        problem = f"padding must be non-negative, but got {padding}"
    if problem is None and padding > kernel // 2:
        problem = (
            f"padding should be at most half of kernel size, but got padding={padding} and "
            f"kernel_size={kernel}"
        )
    if problem is None and pooled_size(x.shape[-1:], g)[0] < 1:
        problem = f"Invalid computed output size: {pooled_size(x.shape[-1:], g)[0]}"
    if problem:
        raise BadValue(f"max_pool1d() {problem}", code="pool-geometry")
    if x.dtype.category != dt.FLOAT:
        raise DTypeError(
            f"\"max_pool1d_impl\" not implemented for '{x.dtype.title}'",
            raises=NotImplementedError,
            code="not-implemented",
            help="convert it: x.float()",
        )


def check_1d(name: str, x: Spec) -> None:
    if x.ndim not in (2, 3):
        raise ShapeError(
            f"Expected 2 to 3 dimensions, but got {x.ndim}-dimensional tensor for argument #1 'self' (while "
            f"checking arguments for {name})",
            code="pool-rank",
        )
