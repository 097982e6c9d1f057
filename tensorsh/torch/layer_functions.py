"""Layers and losses as PyTorch's C++ has them, directly in `torch.`: functions of weights, reductions by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.values.as_argument import type_name
from ..engine.values.tensor import Tensor
from .namespace import F, torch
from .nn.functional.other_forms import conv_tbc, native_channel_shuffle
from .nn.modules import recurrence
from .nn.utils.weight_norms import norm_except_dim as norm_of_others

__all__ = [
    "affine_grid_generator", "binary_cross_entropy_with_logits", "conv_tbc", "cosine_embedding_loss", "embedding_bag",
    "gru", "gru_cell", "hinge_embedding_loss", "instance_norm", "lstm", "lstm_cell", "margin_ranking_loss",
    "native_channel_shuffle", "native_dropout", "norm_except_dim", "poisson_nll_loss", "rnn_relu", "rnn_relu_cell",
    "rnn_tanh", "rnn_tanh_cell", "triplet_margin_loss",
]  # fmt: skip

REDUCTIONS = ("none", "mean", "sum")


# ------------------------------------------------------------------ recurrent layers


def lstm(input: Tensor, *args: Any) -> tuple[Tensor, Tensor, Tensor]:
    """(input, hx, weights, has_biases, layers, dropout, train, bidirectional, batch_first) → (output, h, c).

    Of a packed sequence (data, batch_sizes, hx, weights, has_biases, layers, dropout, train, bidirectional).
    """
    output, (h, c) = _layers("LSTM", input, args)
    return output, h, c


def gru(input: Tensor, *args: Any) -> tuple[Tensor, Tensor]:
    """Called as `lstm` is, with one tensor for the state."""
    return _layers("GRU", input, args)


def rnn_tanh(input: Tensor, *args: Any) -> tuple[Tensor, Tensor]:
    """Called as `lstm` is, with one tensor for the state."""
    return _layers("RNN_TANH", input, args)


def rnn_relu(input: Tensor, *args: Any) -> tuple[Tensor, Tensor]:
    """Called as `lstm` is, with one tensor for the state."""
    return _layers("RNN_RELU", input, args)


def _layers(mode: str, x: Tensor, args: tuple[Any, ...]) -> tuple[Tensor, Any]:
    packed = not isinstance(args[2], int)  # the third is whether there are biases, or else the weights
    sizes = args[0].tolist() if packed else None
    hx, params, _, layers, dropout, train, bidirectional, *rest = args[1:] if packed else args
    turn = bool(rest and rest[0])
    each = len(params) // (layers * (2 if bidirectional else 1))
    weights = [params[i : i + each] for i in range(0, len(params), each)]
    state = tuple(hx) if mode == "LSTM" else hx
    output, hidden = recurrence.run(
        mode, x.transpose(0, 1) if turn else x, state, weights, layers, 2 if bidirectional else 1,
        dropout if train else 0.0, sizes,
    )  # fmt: skip
    return (output.transpose(0, 1) if turn else output), hidden


Optional = Tensor | None


def lstm_cell(
    input: Tensor, hx: Any, w_ih: Tensor, w_hh: Tensor, b_ih: Optional = None, b_hh: Optional = None
) -> tuple[Tensor, Tensor]:
    """One step: (N, inputs), (h, c) → (h', c')."""
    if not isinstance(hx, tuple | list):
        raise TypeError(
            f"lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not {type_name(hx)}"
        )
    return recurrence.step("LSTM", input, tuple(hx), _weights(w_ih, w_hh, b_ih, b_hh))


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Optional = None, b_hh: Optional = None
) -> Tensor:
    """One step: (N, inputs), (N, hidden) → (N, hidden)."""
    return recurrence.step("GRU", input, hx, _weights(w_ih, w_hh, b_ih, b_hh))


def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Optional = None, b_hh: Optional = None
) -> Tensor:
    """One step: tanh(W_ih x + W_hh h + b)."""
    return recurrence.step("RNN_TANH", input, hx, _weights(w_ih, w_hh, b_ih, b_hh))


def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Optional = None, b_hh: Optional = None
) -> Tensor:
    """One step: relu(W_ih x + W_hh h + b)."""
    return recurrence.step("RNN_RELU", input, hx, _weights(w_ih, w_hh, b_ih, b_hh))


def _weights(w_ih: Tensor, w_hh: Tensor, b_ih: Optional, b_hh: Optional) -> list[Tensor]:
    return [w_ih, w_hh] if b_ih is None or b_hh is None else [w_ih, w_hh, b_ih, b_hh]


# ------------------------------------------------------------------ norms


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The p-norm along all dimensions but one, which are kept; of all of v for -1."""
    return norm_of_others(v, dim, pow)


def instance_norm(
    input: Tensor,
    weight: Optional,
    bias: Optional,
    running_mean: Optional,
    running_var: Optional,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """`nn.functional.instance_norm` with its arguments in another order."""
    return F.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


# ------------------------------------------------------------------ lookups, grids, dropout

BAGS = ("sum", "mean", "max")


def embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Optional = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The sum (0), mean (1) or maximum (2) of the rows of each bag, and what PyTorch keeps for its backward walk."""
    found = F.embedding_bag(
        indices, weight, offsets, mode=BAGS[mode], per_sample_weights=per_sample_weights,
        include_last_offset=include_last_offset, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq,
    )  # fmt: skip
    bags = torch.zeros(len(found), dtype=indices.dtype)
    return found, torch.empty(0, dtype=indices.dtype), bags, bags.clone()


def affine_grid_generator(theta: Tensor, size: Any, align_corners: bool) -> Tensor:
    """`nn.functional.affine_grid` without its checks."""
    return F.affine_grid(theta, size, align_corners)


def native_dropout(input: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """The tensor with zeros drawn into it, and where it was kept."""
    if not train:
        return input.clone(), torch.ones_like(input, dtype=torch.bool)
    kept = torch.empty_like(input).bernoulli_(1 - p).bool()
    scale = 0.0 if p == 1 else 1 / (1 - p)
    return input * kept * scale, kept


# ------------------------------------------------------------------ losses, with a reduction by number: none by default


def _reduced(loss: Callable[..., Tensor], reduction: int, *args: Any, **kwargs: Any) -> Tensor:
    return loss(*args, **kwargs, reduction=REDUCTIONS[reduction])


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Optional = None, pos_weight: Optional = None, reduction: int = 0
) -> Tensor:
    """Binary cross entropy of logits."""
    loss = F.binary_cross_entropy_with_logits
    return _reduced(loss, reduction, input, target, weight, pos_weight=pos_weight)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1."""
    return _reduced(F.cosine_embedding_loss, reduction, input1, input2, target, margin=margin)


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0) -> Tensor:
    """x where the target is 1, max(0, margin - x) where it is -1."""
    return _reduced(F.hinge_embedding_loss, reduction, input, target, margin=margin)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """max(0, -target * (input1 - input2) + margin)."""
    return _reduced(F.margin_ranking_loss, reduction, input1, input2, target, margin=margin)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 0,
) -> Tensor:
    """max(0, distance to the positive - distance to the negative + margin)."""
    settings = {"margin": margin, "p": p, "eps": eps, "swap": swap}
    return _reduced(F.triplet_margin_loss, reduction, anchor, positive, negative, **settings)


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int
) -> Tensor:
    """Negative log likelihood of counts."""
    settings = {"log_input": log_input, "full": full, "eps": eps}
    return _reduced(F.poisson_nll_loss, reduction, input, target, **settings)
