"""Sums, means and maxima over bags of a table's rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.spec import Spec
from ...engine.records.op import composite, registry
from ...engine.run.inplace import write
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import wrap
from ...errors import BadIndex, BadValue, ShapeError, Unsupported
from ..loss.loss_rules import sizes
from ..rules.by_text import written
from ..rules.positions import require_integers
from .embedding import embedding, shortened


def _infer(weight: Spec, indices: Spec, bags: Spec, count: int, *_: Any) -> Spec:
    return weight.with_shape((count, weight.shape[1]))


@written(
    "embedding_bag(Tensor weight, Tensor indices, Tensor bags, int count, str mode, bool by_frequency, "
    "int padding_idx, Tensor? per_sample_weights, bool sparse=False)",
    ("weight", "per_sample_weights"),
    infer=_infer,
    names=(),
)
def embedding_bag_node(
    weight, indices, bags, count, mode, by_frequency, padding_idx, per_sample_weights, sparse
):
    """`count` rows; `bags` says for each index which of them it belongs to."""
    rows = embedding.run(weight, indices, -1, False, True) if sparse else weight.index_select(0, indices)
    if by_frequency:
        uses = registry["bincount"](indices, minlength=weight.shape[0]).index_select(0, indices)
        share = rows / uses.unsqueeze(1)
        rows = share + (rows - share).detach()
    used = indices != padding_idx
    if mode == "max":
        return largest(rows, bags, used, count)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(1)
    empty = registry["zeros"](count, rows.shape[1], dtype=rows.dtype, device=rows.device)
    total = empty.index_add(0, bags, rows.masked_fill(~used.unsqueeze(1), 0))
    if mode == "sum":
        return total
    return total / registry["bincount"](bags[used], minlength=count).clamp_min(1).unsqueeze(1)


def largest(rows: Tensor, bags: Tensor, used: Tensor, count: int) -> Tensor:
    """The largest of each bag, column by column; 0 for an empty bag."""
    found = []
    for bag in range(count):
        own = rows[(bags == bag) & used]
        found.append(own.max(0).values if own.shape[0] else own.sum(0))
    return registry["stack"](found) if found else rows[:0]


def bag_numbers(input: Tensor, offsets: Tensor | None, last: bool) -> tuple[Tensor, int]:
    """For each index of a vector the number of its bag, and how many bags there are."""
    n = input.spec.numel
    if input.ndim == 2:
        if offsets is not None:
            raise BadValue(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed "
                f"length sequences. However, found offsets of type {type(offsets)}",
                raises=ValueError,
            )
        count, length = input.shape
        return registry["arange"](count).repeat_interleave(length), count
    if offsets is None:
        raise BadValue(
            "offsets has to be a 1D Tensor but got None",
            raises=ValueError,
            help="offsets says where bags begin",
        )
    if offsets.ndim != 1:
        raise BadValue("offsets has to be a 1D Tensor", raises=ValueError)
    starts = offsets.tolist()
    if last and not starts:
        raise BadValue("include_last_offset: number of offset should be at least 1")
    if starts and starts[0]:
        raise BadValue(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position "
            f"0. However, got {starts[0]}\n[ {offsets.dtype.tensor_title}{{}} ]"
        )
    if starts and starts[-1] > n:
        raise BadValue(
            f"offsets[-1] can not be greater than input's length {n} but got offsets[-1] of {starts[-1]}"
        )
    count = len(starts) - last
    ends = [*starts[1:], n][:count]
    lengths = [b - a for a, b in zip(starts, ends, strict=False)]
    return wrap(np.repeat(np.arange(count), lengths)), count


@composite(
    "nn.functional.embedding_bag(Tensor input, Tensor weight, Tensor? offsets=None, float? max_norm=None, "
    "float norm_type=2, bool scale_grad_by_freq=False, str mode='mean', bool sparse=False, "
    "Tensor? per_sample_weights=None, bool include_last_offset=False, int? padding_idx=None)",
)
def embedding_bag(
    input,
    weight,
    offsets,
    max_norm,
    norm_type,
    scale_grad_by_freq,
    mode,
    sparse,
    per_sample_weights,
    include_last_offset,
    padding_idx,
):
    """The mean, sum or max of each bag of rows of `weight`; a row of `input`, or what lies between two
    `offsets` of a vector, is a bag of row numbers.

    >>> nn.functional.embedding_bag(tensor([[0, 2]]), [[1., 2.], [3., 4.], [5., 6.]])
    tensor([[3., 4.]])
    """
    if weight.dtype.category < 2 and input.dtype.is_floating_point:
        input, weight = weight, input  # an older order, which PyTorch still takes
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise BadValue(
            f"embedding_bag: If per_sample_weights ({sizes(per_sample_weights)}) is not None, then it must "
            f"have the same shape as the input ({sizes(input)})",
            raises=ValueError,
        )
    if weight.ndim != 2:
        raise BadValue(
            f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}", raises=ValueError
        )
    if input.ndim not in (1, 2):
        raise BadValue(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}", raises=ValueError
        )
    bags, count = bag_numbers(input, offsets, include_last_offset)
    if mode not in ("sum", "mean", "max"):
        raise BadValue("mode has to be one of sum, mean or max", raises=ValueError)
    if per_sample_weights is not None and mode != "sum":
        raise Unsupported(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for "
            f"mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
        )
    require_integers(
        input.spec,
        "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
        "but got {dtype.tensor_title} instead (while checking arguments for embedding_bag)",
    )
    if sparse and mode == "max":
        raise BadValue("max mode does not support sparse weights", raises=ValueError)
    rows = weight.shape[0]
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise ShapeError("padding_idx must be within the number of embeddings")
        padding_idx %= rows
    flat = input.reshape(-1)
    bad = (flat < 0) | (flat >= rows)
    if bad.any():
        place = bad.tolist().index(True)
        raise BadIndex(
            f"Index {place} of input takes value {flat[place].item()} which is not in the valid range [0, {rows})",
            raises=RuntimeError,
        )
    if max_norm is not None:
        write(weight, shortened(weight.array, flat.array, max_norm, norm_type))
    weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    padding = -1 if padding_idx is None else padding_idx
    return embedding_bag_node(weight, flat, bags, count, mode, scale_grad_by_freq, padding, weights, sparse)
