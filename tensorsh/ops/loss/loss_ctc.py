"""Connectionist temporal classification: the loss of a label sequence shorter than the input.

The labels are spelled with blanks between them, `- a - b -`; a path stays, goes one on, or skips the blank
between two different labels. α sums the probabilities of all paths to a place, β of all paths from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, DTypeError, ShapeError
from ..rules.families import where
from .loss_rules import only_float, reduction_of

Array = np.ndarray[Any, Any]
Lengths = tuple[int, ...]


def spelled(targets: Array, blank: int) -> tuple[Array, Array]:
    """The labels with blanks between them (N, 2S + 1), and where a path may skip the blank before."""
    n, s = targets.shape
    labels = np.full((n, 2 * s + 1), blank, np.int64)
    labels[:, 1::2] = targets
    skips = np.zeros(labels.shape, bool)
    skips[:, 3::2] = targets[:, 1:] != targets[:, :-1]
    return labels, skips


def forward(emitted: Array, skips: Array) -> Array:
    """log α (T, N, 2S + 1) from the log probability of each place at each time."""
    alpha = np.full_like(emitted, -np.inf)
    if len(emitted):
        alpha[0, :, :2] = emitted[0, :, :2]
    for t in range(1, len(emitted)):
        before = alpha[t - 1]
        total = before.copy()
        total[:, 1:] = np.logaddexp(total[:, 1:], before[:, :-1])
        total[:, 2:] = np.where(skips[:, 2:], np.logaddexp(total[:, 2:], before[:, :-2]), total[:, 2:])
        alpha[t] = total + emitted[t]
    return alpha


def emissions(log_probs: Array, labels: Array) -> Array:
    """(T, N, 2S + 1): what each place of the spelled labels emits at each time."""
    return np.take_along_axis(log_probs, np.broadcast_to(labels, (len(log_probs), *labels.shape)), 2)


def _infer(x: Spec, targets: Spec, times: Lengths, lengths: Lengths, blank: int) -> Spec:
    only_float("ctc_loss_cpu", x)
    steps, batch, classes = x.shape
    checking = " (while checking arguments for ctc_loss_allocate_outputs)"
    if not 0 <= blank < classes:
        raise BadValue("blank must be in label range", help=f"there are {classes} classes")
    if len(times) != batch:
        raise ShapeError("input_lengths must be of size batch_size")
    if len(lengths) != batch:
        raise ShapeError("target_lengths must be of size batch_size")
    if max(times, default=0) > steps:
        raise ShapeError(
            f"Expected input_lengths to have value at most {steps}, but got value {max(times)}{checking}"
        )
    return x.with_shape((batch,))


@op(
    "ctc_loss(Tensor log_probs, Tensor targets, any input_lengths, any target_lengths, int blank)",
    infer=_infer,
    names=(),
    grad_fn="CtcLossBackward0",
    formula="nn.functional.ctc_loss({0}, {1}, {2}, {3}, {4}, reduction='none')",
)
def ctc_primitive(x, targets, times, lengths, blank):
    """The negative log likelihood of each sample's labels."""
    labels, skips = spelled(targets, blank)
    alpha = forward(emissions(x, labels), skips)
    out = np.zeros(len(times), x.dtype)
    for n, (t, length) in enumerate(zip(times, lengths, strict=True)):
        ends = alpha[t - 1, n, max(2 * length - 1, 0) : 2 * length + 1] if t else np.log([length == 0])
        out[n] = -np.logaddexp.reduce(ends)
    return out


@op(
    "ctc_loss_backward(Tensor grad, Tensor log_probs, Tensor loss, Tensor targets, any input_lengths, "
    "any target_lengths, int blank)",
    infer=lambda grad, log_probs, *_: log_probs,
    names=(),
)
def ctc_backward(grad, x, loss, targets, times, lengths, blank):
    """exp(x) - the expected share of each class: the gradient by logits whose log_softmax is x."""
    labels, skips = spelled(targets, blank)
    out = np.zeros_like(x)
    for n, (t, length) in enumerate(zip(times, lengths, strict=True)):
        places = slice(0, 2 * length + 1)
        label = labels[n : n + 1, places]
        skip = skips[n : n + 1, places]
        emitted = emissions(x[:t, n : n + 1], label)
        # from behind, a path may skip the blank that follows a place
        back = np.zeros_like(skip)
        back[:, 2:] = skip[:, ::-1][:, :-2]
        beta = forward(emitted[::-1, :, ::-1], back)[::-1, :, ::-1]
        share = np.exp(forward(emitted, skip) + beta - emitted + loss[n])[:, 0]
        sums = np.zeros((t, x.shape[2]), x.dtype)
        everywhere: Any = (slice(None), label[0])
        np.add.at(sums, everywhere, share)
        out[:t, n] = (np.exp(x[:t, n]) - sums) * grad[n]
    return out


@ctc_primitive.derivative("log_probs")
def _(grad, log_probs, output, targets, input_lengths, target_lengths, blank):
    return apply(ctc_backward, (grad, log_probs, output, targets, input_lengths, target_lengths, blank))


def padded(targets: Tensor, lengths: Lengths) -> Tensor:
    """The labels as rows (N, S), from one vector of all labels or as they are."""
    longest = max(lengths, default=0)
    checking = " (while checking arguments for ctc_loss_allocate_outputs)"
    if targets.ndim == 1:
        if targets.shape[0] != sum(lengths):
            raise ShapeError(
                f"Expected tensor to have size {sum(lengths)} at dimension 0, but got size "
                f"{targets.shape[0]} for argument #2 'targets'{checking}"
            )
        rows = targets.split(lengths)
        return registry["stack"]([registry["nn.functional.pad"](r, (0, longest - len(r))) for r in rows])
    if targets.ndim != 2:
        raise ShapeError("x1 must be 1-dimensional or 2-dimensional, but got {targets.ndim} dimensions")
    if targets.shape[1] < longest:
        raise ShapeError(
            f"Expected tensor to have size at least {longest} at dimension 1, but got size "
            f"{targets.shape[1]} for argument #2 'targets'{checking}"
        )
    return targets


def as_lengths(value: Any, name: str, position: int) -> Lengths:
    """One length for each sample, from a tensor or a list."""
    if isinstance(value, Tensor):
        if value.dtype.category != dt.INT:
            raise DTypeError(f"{name} must be integral")
        value = value.reshape(-1).tolist()
    if not isinstance(value, tuple | list):
        raise ArgumentError(f"ctc_loss(): argument '{name}' (position {position}) must be tuple of ints")
    return tuple([int(n) for n in value])


def ctc(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int,
    reduction: str,
    zero_infinity: bool,
) -> Tensor:
    times = as_lengths(input_lengths, "input_lengths", 3)
    lengths = as_lengths(target_lengths, "target_lengths", 4)
    single = log_probs.ndim != 3
    batch = log_probs.unsqueeze(1) if single else log_probs
    if batch.ndim != 3:
        raise ShapeError(
            f"Expected 3-dimensional tensor, but got {batch.ndim}-dimensional tensor for argument #1 'log_probs' "
            "(while checking arguments for ctc_loss_allocate_outputs)",
        )
    if len(times) != batch.shape[1]:
        raise ShapeError("input_lengths must be of size batch_size")
    if len(lengths) != batch.shape[1]:
        raise ShapeError("target_lengths must be of size batch_size")
    rows = padded(targets.reshape(1, -1) if single and targets.ndim == 1 else targets, lengths).long()
    loss = apply(ctc_primitive, (batch, rows, times, lengths, blank))
    if zero_infinity:
        loss = where(loss == np.inf, 0.0, loss)
    if single:
        loss = loss.squeeze(0)
    if reduction == "mean":
        sizes = registry["tensor"](list(lengths), dtype=loss.dtype).clamp_min(1)
        return (loss / sizes).mean()
    return loss.sum() if reduction == "sum" else loss


PARAMETERS = (
    "(Tensor log_probs, Tensor targets, any input_lengths, any target_lengths, int blank=0, {}, "
    "bool zero_infinity=False)"
)


@composite("nn.functional.ctc_loss" + PARAMETERS.format("any reduction='mean'"))
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity):
    """Minus the log probability that (T, N, C) log_probs spell the labels, in any alignment with blanks.

    >>> nn.functional.ctc_loss(zeros(2, 1, 2).log_softmax(2), tensor([[1]]), (2,), (1,))
    tensor(0.2877)
    """
    reduction = reduction_of(reduction)
    return ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)


@composite("ctc_loss" + PARAMETERS.format("int reduction=0"), names=("torch.ctc_loss",))
def ctc_loss_function(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity):
    """`nn.functional.ctc_loss` with the reduction as a number: 0 none, 1 mean, 2 sum.

    >>> torch.ctc_loss(zeros(2, 1, 2).log_softmax(2), tensor([[1]]), (2,), (1,))
    tensor([0.2877])
    """
    named = ("none", "mean", "sum")[reduction]
    return ctc(log_probs, targets, input_lengths, target_lengths, blank, named, zero_infinity)
