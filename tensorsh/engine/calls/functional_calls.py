"""What PyTorch's functions in nn.functional ask of their arguments, in its order.

They are Python functions there, so a call with something else for a tensor or a number ends at the first attribute,
comparison or C++ function that does not take it. Each function here has PyTorch's signature and does that much of
its work; it is only called for calls that have failed. What it raises is PyTorch's error for the call.
"""

# The signatures are PyTorch's, which has no types there.
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from ..values.tensor import TENSORS
from .accepts import is_index
from .combinations import invalid_combination
from .native import declared

Asked = Any


def cpp(declaration: str, *args: Any, inplace: Any = False, **options: Any) -> None:
    """A call of a C++ function with this signature, or of the one that writes into its input."""
    declared(declaration.replace("(", "_(", 1) if inplace else declaration).check(args, options)


def method(of: Any, name: str) -> Any:
    return getattr(of, name)


#: name in nn.functional → what it asks
ASKED: dict[str, Asked] = {}
#: the same of torch's own
ASKED_ABOVE: dict[str, Asked] = {}


def asks(function: Asked) -> Asked:
    ASKED[function.__name__.removeprefix("_")] = function  # PyTorch's own underscores are in its messages
    return function


def alike(*names: str) -> Callable[[Asked], Asked]:
    """What PyTorch's functions of these names ask alike; messages about arguments say the name."""

    def declare(function: Asked) -> Asked:
        for name in names:
            made = FunctionType(function.__code__, function.__globals__, name, function.__defaults__)
            made.__qualname__ = name
            asks(made)
        return function

    return declare


# ------------------------------------------------------------------ activations


def activation(name: str) -> None:
    """One with nothing but `inplace`."""

    def function(input, inplace=False):
        cpp(f"{name}(Tensor input)", input, inplace=inplace)

    function.__name__ = function.__qualname__ = name
    asks(function)


for each in ("relu", "relu6", "selu", "silu", "mish", "hardswish", "hardsigmoid"):
    activation(each)


@asks
def elu(input, alpha=1.0, inplace=False):
    cpp(
        "elu(Tensor input, Number alpha=1, Number scale=1, Number input_scale=1)",
        input,
        alpha,
        inplace=inplace,
    )


@asks
def celu(input, alpha=1.0, inplace=False):
    cpp("celu(Tensor input, Number alpha=1.0)", input, alpha, inplace=inplace)


@asks
def leaky_relu(input, negative_slope=0.01, inplace=False):
    cpp("leaky_relu(Tensor input, Number negative_slope=0.01)", input, negative_slope, inplace=inplace)


@asks
def rrelu(input, lower=1 / 8, upper=1 / 3, training=False, inplace=False):
    cpp(
        "rrelu(Tensor input, Number lower, Number upper, bool training=False)",
        input, lower, upper, training, inplace=inplace,
    )  # fmt: skip


@asks
def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    bool(min_val > max_val)
    cpp(
        "hardtanh(Tensor input, Number min_val=-1, Number max_val=1)",
        input,
        min_val,
        max_val,
        inplace=inplace,
    )


@asks
def _threshold(input, threshold, value, inplace=False):
    cpp("threshold(Tensor input, Number threshold, Number value)", input, threshold, value, inplace=inplace)


@asks
def glu(input, dim=-1):
    input.dim()
    cpp("glu(Tensor input, int dim=-1)", input, dim)


@alike("tanh", "tanhshrink")
def _(input):
    method(input, "tanh")


@asks
def sigmoid(input):
    method(input, "sigmoid")


@asks
def softsign(input):
    method(input, "abs")


@asks
def softmax(input, dim=None, _stacklevel=3, dtype=None):
    normalised("softmax", input, dim, dtype)


@asks
def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    normalised("log_softmax", input, dim, dtype)


@asks
def softmin(input, dim=None, _stacklevel=3, dtype=None):
    if dim is None:
        input.dim()
    normalised("softmax", -input, dim, dtype)


def normalised(name: str, input: Any, dim: Any, dtype: Any) -> None:
    if dim is None:
        dim = 0 * input.dim()
    getattr(input, name)
    cpp(f"{name}(int dim, *, dtype? dtype=None)", dim, dtype=dtype)


# ------------------------------------------------------------------ dropout


def dropped(name: str, input: Any, p: Any, training: Any, inplace: Any) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if name == "feature_dropout":
        input.dim()
    cpp(f"{name}(Tensor input, float p, bool train)", input, p, training, inplace=inplace)


@asks
def dropout(input, p=0.5, training=True, inplace=False):
    dropped("dropout", input, p, training, inplace)


@alike("dropout1d", "dropout2d", "dropout3d")
def _(input, p=0.5, training=True, inplace=False):
    dropped("feature_dropout", input, p, training, inplace)


@asks
def alpha_dropout(input, p=0.5, training=False, inplace=False):
    dropped("alpha_dropout", input, p, training, inplace)


@asks
def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    dropped("feature_alpha_dropout", input, p, training, inplace)


# ------------------------------------------------------------------ normalisation


@asks
def batch_norm(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    if training:
        input.size()
    bool(eps <= 0.0)
    cpp(
        "batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
        "bool training, float momentum, float eps, bool cudnn_enabled)",
        input, weight, bias, running_mean, running_var, training, momentum, eps, True,
    )  # fmt: skip


@asks
def instance_norm(
    input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1,
    eps=1e-5,
):  # fmt: skip
    if use_input_stats:
        input.size()
    cpp(
        "instance_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
        "bool use_input_stats, float momentum, float eps, bool cudnn_enabled)",
        input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, True,
    )  # fmt: skip


@asks
def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    cpp(
        "layer_norm(Tensor input, ints normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1e-05)",
        input, normalized_shape, weight, bias, eps,
    )  # fmt: skip


@asks
def rms_norm(input, normalized_shape, weight=None, eps=None):
    cpp(
        "rms_norm(Tensor input, ints normalized_shape, Tensor? weight=None, float? eps=None)",
        input, normalized_shape, weight, eps,
    )  # fmt: skip


@asks
def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    if input.dim() >= 2:
        bool(input.size(0) * input.size(1) // num_groups)
    cpp(
        "group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1e-05)",
        input, num_groups, weight, bias, eps,
    )  # fmt: skip


@asks
def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    if input.dim() < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality{' ' * 25} input (got {input.dim()} dimensions)"
        )


@asks
def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    method(input, "norm")
    if not isinstance(p, str):
        cpp("linalg_vector_norm(Tensor input, Number ord, int[]? dim)", input, p, dim)


# ------------------------------------------------------------------ lookups, pictures


@asks
def embedding(
    input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False
):
    if padding_idx is not None and (padding_idx > 0 or padding_idx < 0):
        weight.size(0)
    if max_norm is not None:
        method(input, "contiguous")
    cpp(
        "embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, "
        "bool sparse=False)",
        weight, input, -1 if padding_idx is None else padding_idx, scale_grad_by_freq, sparse,
    )  # fmt: skip


@asks
def embedding_bag(
    input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False,
    per_sample_weights=None, include_last_offset=False, padding_idx=None,
):  # fmt: skip
    method(weight, "dtype")
    if per_sample_weights is not None:
        input.size()
        per_sample_weights.size()
    weight.dim()
    input.dim()


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


# ------------------------------------------------------------------ losses


def sized(input: Any, target: Any, size_average: Any, reduce: Any) -> None:
    target.size() != input.size()  # noqa: B015  (where they differ, PyTorch warns)
    old_reduction(size_average, reduce)


def old_reduction(size_average: Any, reduce: Any) -> None:
    if size_average is not None or reduce is not None:
        bool(size_average) and bool(reduce)


@alike("mse_loss", "l1_loss")
def _(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    sized(input, target, size_average, reduce)


@asks
def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    sized(input, target, size_average, reduce)


@asks
def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    sized(input, target, None, None)


@asks
def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    old_reduction(size_average, reduce)
    if target.size() == input.size() and weight is not None:
        weight.size()


@asks
def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
):
    old_reduction(size_average, reduce)
    if target.size() == input.size():
        cpp(
            "binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight=None, "
            "Tensor? pos_weight=None, int reduction=1)",
            input, target, weight, pos_weight,
        )  # fmt: skip


@asks
def cross_entropy(
    input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean",
    label_smoothing=0.0,
):  # fmt: skip
    old_reduction(size_average, reduce)
    if reduction in ("none", "mean", "sum"):
        cpp(
            "cross_entropy_loss(Tensor input, Tensor target, Tensor? weight=None, int reduction=1, "
            "int ignore_index=-100, float label_smoothing=0.0)",
            input, target, weight, 1, ignore_index, label_smoothing,
        )  # fmt: skip


@asks
def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    old_reduction(size_average, reduce)
    if reduction in ("none", "mean", "sum"):
        cpp(
            "nll_loss_nd(Tensor input, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100)",
            input, target, weight, 1, ignore_index,
        )  # fmt: skip


@asks
def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    if not hasattr(var, "size"):
        bool(var < 0)
    input.size()
    if not hasattr(target, "size"):
        input - target


@asks
def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    old_reduction(size_average, reduce)
    input1.dim() != input2.dim() or input1.dim() != target.dim()


@asks
def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    old_reduction(size_average, reduce)
    cpp("log_sigmoid(Tensor input)", input)
    target * input


@asks
def multi_margin_loss(
    input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"
):
    old_reduction(size_average, reduce)
    if p != 1 and p != 2:
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    cpp(
        "multi_margin_loss(Tensor input, Tensor target, Number p=1, Number margin=1, Tensor? weight=None, "
        "int reduction=1)",
        input, target, p, margin, weight,
    )  # fmt: skip


@asks
def triplet_margin_with_distance_loss(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    for each in (anchor, positive, negative):
        method(each, "ndim")


# ------------------------------------------------------------------ those of torch


def asks_above(function: Asked) -> Asked:
    ASKED_ABOVE[function.__name__] = function
    return function


@asks_above
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    if dim is not None:
        cpp(
            "unique_dim(Tensor input, int dim, bool sorted=True, bool return_inverse=False, "
            "bool return_counts=False)",
            input, dim, sorted=sorted, return_inverse=return_inverse, return_counts=return_counts,
        )  # fmt: skip
        return
    cpp(
        "_unique2(Tensor input, bool sorted=True, bool return_inverse=False, bool return_counts=False)",
        input, sorted=sorted, return_inverse=return_inverse, return_counts=return_counts,
    )  # fmt: skip


@asks_above
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    cpp(
        "unique_consecutive(Tensor input, bool return_inverse=False, bool return_counts=False, int? dim=None)",
        input, return_inverse=return_inverse, return_counts=return_counts, dim=dim,
    )  # fmt: skip


@asks_above
def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    method(input, "layout")
    if isinstance(p, str) and (p != "fro" or (isinstance(dim, list | tuple) and len(dim) > 2)):
        return
    cpp(
        "linalg_vector_norm(Tensor input, Number ord=2, int[]? dim=None, bool keepdim=False, *, "
        "dtype? dtype=None, Tensor? out=None)",
        input, 2 if isinstance(p, str) or p is None else p, [dim] if isinstance(dim, int) else dim, keepdim,
        dtype=dtype, out=out,
    )  # fmt: skip
