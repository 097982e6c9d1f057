"""What PyTorch's activations, dropout, norms and lookups in nn.functional ask of their arguments (see `asked`)."""

# The signatures are PyTorch's, which has no types there.
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any

from .asked import alike, asks, asks_above, cpp, method

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


# ------------------------------------------------------------------ lookups


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


# ------------------------------------------------------------------ those of torch


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
