"""What PyTorch's functions of pictures and windows in nn.functional ask of their arguments (see `asked`)."""

# The signatures are PyTorch's, which has no types there.
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any

from ..values.tensor import TENSORS
from .accepts import is_index
from .asked import asks, cpp, method
from .combinations import invalid_combination


@asks
def interpolate(
    input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None,
    antialias=False,
):  # fmt: skip
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | "
                "trilinear"
            )
    elif align_corners is None:
        align_corners = False
    n = input.dim() - 2
    sizes, factors = resized(input, n, size, scale_factor)
    if (recompute_scale_factor and size is not None) or (antialias and (n != 2 or mode not in SMOOTHED)):
        return  # what PyTorch says of these has been said
    if (recompute_scale_factor and size is None) or (mode == "area" and sizes is None):
        sizes, factors = [int(s * f) for s, f in zip(input.shape[2:], factors, strict=False)], None
    if mode == "area" and n in (1, 2, 3):
        cpp(f"adaptive_avg_pool{n}d(Tensor input, int[] output_size)", input, sizes)
    elif (mode, n) not in KERNELS:
        raise NotImplementedError(no_such_mode(mode, n))
    elif not antialias:
        check_resizing(KERNELS[mode, n], input, n, sizes, factors, align_corners)


def other_rank(spatial: list[int], given: Any, factors: bool) -> str:
    """What PyTorch says of sizes or factors for another number of dimensions."""
    what = f"scale_factor of shape {given}" if factors else f"output size of {given}"
    wanted = "scale_factor in (s1, s2, ...,sK)" if factors else "output size in (o1, o2, ...,oK)"
    return (
        f"Input and {'scale_factor' if factors else 'output'} must have the same number of spatial dimensions, but got "
        f"input with spatial dimensions of {spatial} and {what}. Please provide input tensor in (N, C, d1, d2, ...,dK) "
        f"format and {wanted} format."
    )


def no_such_mode(mode: str, n: int) -> str:
    """What PyTorch says of a mode that does not resize so many dimensions."""
    needs = {"linear": 3, "bilinear": 4, "trilinear": 5}.get(mode)
    if needs and 1 <= n <= 3:
        return f"Got {n + 2}D input, but {mode} mode needs {needs}D input"
    return (
        f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {n + 2}D) for the modes: nearest | linear | "
        f"bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
    )


def check_resizing(kernel: str, input: Any, n: int, sizes: Any, factors: Any, align_corners: Any) -> None:
    """TypeError in the words of the function that resizes."""
    flag = [] if "nearest" in kernel else [align_corners]
    fits = (
        all(type(s) is int or type(s) in TENSORS for s in sizes or [])
        and all(isinstance(f, int | float) for f in factors or [])
        and all(type(b) is bool for b in flag)
    )
    if not fits:
        raise TypeError(
            invalid_combination(kernel, resizing(n, bool(flag)), (input, sizes, *flag, factors), {})
        )


#: the modes with `antialias`
SMOOTHED = ("bilinear", "bicubic", "lanczos")

#: PyTorch's function in C++ that resizes so many dimensions
KERNELS = {
    **{("nearest", n): f"upsample_nearest{n}d" for n in (1, 2, 3)},
    **{("nearest-exact", n): f"_upsample_nearest_exact{n}d" for n in (1, 2, 3)},
    ("linear", 1): "upsample_linear1d",
    ("bilinear", 2): "upsample_bilinear2d",
    ("bicubic", 2): "upsample_bicubic2d",
    ("trilinear", 3): "upsample_trilinear3d",
}


def resizing(n: int, flag: bool) -> list[str]:
    """The signatures of such a function."""
    start = "Tensor input, tuple of ints output_size, " + "bool align_corners, " * flag
    axes = ["scales"] if n == 1 else [f"scales_{axis}" for axis in "dhw"[-n:]]
    scales = ", ".join(f"float {axis} = None" for axis in axes)
    return [f"({start}tuple of floats scale_factors)", f"({start}{scales}, *, Tensor out = None)"]


def resized(input: Any, n: int, size: Any, scale_factor: Any) -> tuple[Any, Any]:
    """The sizes or the factors, one for each dimension."""
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    given = scale_factor if size is None else size
    if not isinstance(given, list | tuple):
        given = [given for _ in range(n)]
    elif len(given) != n:
        raise ValueError(other_rank(list(input.shape[2:]), given, size is None))
    elif size is not None and not all(is_index(s) for s in given):
        raise TypeError(
            "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got size "
            f"with types {[type(s) for s in given]}"
        )
    return (None, given) if size is None else (given, None)


@asks
def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    input.dim()


@asks
def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    cpp(
        "grid_sampler(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners)",
        input, grid, 0, 0, bool(align_corners) if align_corners is None else align_corners,
    )  # fmt: skip


@asks
def affine_grid(theta, size, align_corners=None):
    theta.is_floating_point()
    len(size)


@asks
def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    sizes = [pair(value) for value in (kernel_size, dilation, padding, stride)]
    cpp(
        "im2col(Tensor input, int[] kernel_size, int[] dilation, int[] padding, int[] stride)",
        input,
        *sizes,
    )


@asks
def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    sizes = [pair(value) for value in (output_size, kernel_size, dilation, padding, stride)]
    cpp(
        "col2im(Tensor input, int[] output_size, int[] kernel_size, int[] dilation, int[] padding, int[] stride)",
        input,
        *sizes,
    )


def pair(value: Any) -> tuple[Any, ...]:
    return tuple(value) if hasattr(type(value), "__iter__") else (value, value)


@asks
def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    means(1, input, norm_type, kernel_size, stride, ceil_mode)
    cpp("mul(Tensor other)", kernel_size)


@asks
def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    _, _ = repeated(kernel_size, 2)
    means(2, input, norm_type, kernel_size, stride, ceil_mode)


@asks
def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    _, _, _ = repeated(kernel_size, 3)
    means(3, input, norm_type, kernel_size, stride, ceil_mode)


def means(n: int, input: Any, norm_type: Any, kernel_size: Any, stride: Any, ceil_mode: Any) -> None:
    """What the pools by norms ask of the pool of means that they call."""
    method(input, "pow")
    cpp(
        f"avg_pool{n}d(Tensor input, int[] kernel_size, int[]? stride=None, int[] padding=0, bool ceil_mode=False)",
        input,
        kernel_size,
        stride,
        0,
        ceil_mode,
    )


def repeated(value: Any, n: int) -> tuple[Any, ...]:
    return tuple(value) if hasattr(type(value), "__iter__") else (value,) * n


def adaptive(name: str, input: Any, output_size: Any) -> None:
    """A pool with the input's size in the place of None."""
    sizes = input.size()
    if not isinstance(output_size, int):
        if len(sizes) <= len(output_size):
            raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
        given = zip(output_size, sizes[-len(output_size) :], strict=False)
        output_size = [size if value is None else value for value, size in given]
    cpp(f"{name}(Tensor input, int[] output_size)", input, output_size)


@asks
def adaptive_avg_pool2d(input, output_size):
    adaptive("adaptive_avg_pool2d", input, output_size)


@asks
def adaptive_avg_pool3d(input, output_size):
    adaptive("adaptive_avg_pool3d", input, output_size)


@asks
def _adaptive_max_pool1d(input, output_size, return_indices=False):
    cpp("adaptive_max_pool1d(Tensor input, int[] output_size)", input, output_size)


@asks
def _adaptive_max_pool2d(input, output_size, return_indices=False):
    adaptive("adaptive_max_pool2d", input, output_size)


@asks
def _adaptive_max_pool3d(input, output_size, return_indices=False):
    adaptive("adaptive_max_pool3d", input, output_size)
