"""What PyTorch's losses in nn.functional ask of their arguments (see `asked`)."""

# The signatures are PyTorch's, which has no types there.
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any

from .asked import alike, asks, cpp, method


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
