"""RNN and GRU layers in one direction as operations: the whole sequence forward, and its gradient, in NumPy.

A step is a few operations on small arrays, each of which would cost more to call and to record than to compute.
Gradients that have gradients in turn are taken step by step (`recurrence.by_steps`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from ....engine.core.readers import reader_of
from ....engine.core.spec import Spec
from ....engine.numerics.cascade import total
from ....engine.numerics.mkl_tanh import mkl_tanh
from ....engine.numerics.small_products import matrix_product as product
from ....engine.numerics.small_products import product_of_such, product_onto, product_onto_such
from ....engine.records.op import Op, op
from ....engine.run.apply import apply
from ....ops.elementwise.vector_functions import exp_runs, is_small
from ....ops.rules.memory_order import row_by_row
from ...namespace import torch
from . import rnn_steps as in_code

Array = np.ndarray[Any, Any]


INPUTS = "Tensor input, Tensor weight_ih, Tensor weight_hh, Tensor bias_ih, Tensor bias_hh, Tensor hx, bool reverse"


def declare(mode: str, kept: int, forward: Callable[..., Any], backward: Callable[..., Any]) -> Op:
    """The operation of a layer.

    forward    (x (T, N, ·) already times weight_ih, W_hh.T, b_hh, h, steps, outputs, saved) fills the last two
    backward   (outputs, saved, before, W_hh, grad_output, grad_h, steps) → gradients at weight_ih's and at
               weight_hh's rows, and of h
    kept       how many numbers for each unit and step the gradient needs
    """

    def shapes(x: Spec, w_ih: Spec, w_hh: Spec, b_ih: Spec, b_hh: Spec, h: Spec, reverse: bool) -> Any:
        steps, batch, hidden = x.shape[0], *h.shape
        return (
            x.with_shape((steps, batch, hidden)),
            h,
            x.with_shape((steps, batch, kept * hidden)),
        )

    @op(f"{mode}_layer({INPUTS})", infer=shapes, names=(), constants=(2,))
    def layer(x, w_ih, w_hh, b_ih, b_hh, h, reverse):
        steps, (batch, n) = x.shape[0], h.shape
        gates = product_onto(b_ih, x.reshape(steps * batch, -1), w_ih.T).reshape(steps, batch, -1)
        room = in_code.room(x, w_hh)
        outputs = room((steps, batch, n))
        saved = room((steps, batch, kept * n)) if kept else np.empty((steps, batch, 0), x.dtype)
        order = range(steps - 1, -1, -1) if reverse else range(steps)
        if not in_code.forward(mode, gates, w_hh, b_hh, h, reverse, outputs, saved):
            forward(gates, w_hh.T, b_hh, h, order, outputs, saved)
        return outputs, outputs[order[-1]].copy(), saved

    @op(
        f"{mode}_layer_backward({INPUTS}, Tensor output, Tensor saved, Tensor grad_output, Tensor grad_hy)",
        infer=lambda *given: given[:6],
        names=(),
    )
    def gradient(x, w_ih, w_hh, b_ih, b_hh, h0, reverse, output, saved, grad_output, grad_h):
        steps, batch = output.shape[:2]
        order = range(steps) if reverse else range(steps - 1, -1, -1)
        found = in_code.backward(mode, output, saved, h0, w_hh, grad_output, grad_h, reverse)
        if found is None:
            before = np.concatenate([output[1:], h0[None]] if reverse else [h0[None], output[:-1]])
            at_x, at_h, grad_h = backward(output, saved, before, w_hh, grad_output, grad_h, order)
            found = at_x, at_h, grad_h, _recurrent_slope(before, at_h, w_hh, order)
        at_x, at_h, grad_h, weight = found
        flat, rows = at_x.reshape(steps * batch, -1), x.reshape(steps * batch, -1)
        bias = in_turn(_sums(at_h)[order[0] :: order.step])
        return (
            product(flat, w_ih).reshape(x.shape),
            slope_of_weight(flat, rows, w_ih),
            weight,
            total(flat, (0,), False),
            bias,
            row_by_row(grad_h),
        )

    @layer.derivative("input", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "hx")
    def _(grads, input, weight_ih, weight_hh, bias_ih, bias_hh, hx, outputs, reverse, needs):
        from .recurrence import CELLS, by_steps

        inputs = (input, weight_ih, weight_hh, bias_ih, bias_hh, hx)
        wanted = [
            torch.zeros_like(out) if grad is None else grad
            for grad, out in zip(grads[:2], outputs[:2], strict=True)
        ]
        if torch.is_grad_enabled():
            return by_steps(CELLS[mode], inputs, 1, reverse, wanted, needs)
        saved = outputs[2] if kept else outputs[0]
        return tuple(apply(gradient, (*inputs, reverse, outputs[0], saved, *wanted)))

    return layer


def _recurrent_slope(before: Array, at_h: Array, w_hh: Array, order: range) -> Array:
    """The gradient of a recurrent weight, which is used in each step: what the steps give is added up as it comes."""
    turned = w_hh.flags.c_contiguous
    columns = at_h.swapaxes(1, 2) if turned else before.swapaxes(1, 2)
    others = before if turned else at_h
    times = product_of_such(columns[0], others[0])
    weight = reduce(np.add, (times(columns[t], others[t]) for t in order))
    return weight if turned else weight.T


def _sums(x: Array) -> Array:
    """(T, N, H) → (T, H): those of each step, one after the other where a program has them as steps."""
    if reader_of(x) is None:
        return total(x, (1,), False)
    return np.stack([total(x[t], (0,), False) for t in range(len(x))])


def in_turn(rows: Array) -> Array:
    """The sum of rows, one after the other; a single column NumPy would add up in pairs."""
    return np.add.reduce(rows, axis=0) if rows.shape[1] > 1 else np.add.accumulate(rows, axis=0)[-1]


@op("stacked(Tensor input)", infer=lambda x: x, names=(), grad_fn="StackBackward0")
def stacked(x):
    """A layer's outputs as they are given out: they may be changed in place, what the gradient needs is kept."""
    return x.copy()


@stacked.derivative("input")
def _(grad):
    return grad


@op(
    "turned(Tensor input)",
    infer=lambda x: x.with_shape((x.shape[1], x.shape[0], *x.shape[2:])),
    names=(),
    grad_fn="TransposeBackward1",
)
def turned(x):
    """A layer's outputs with the sequences first, as `transpose_` leaves them: no view, and they lie as before."""
    return x.swapaxes(0, 1).copy("K")


@turned.derivative("input")
def _(grad):
    return grad.transpose(0, 1)


def slope_of_weight(grad: Array, x: Array, weight: Array) -> Array:
    """The gradient of a weight that rows are multiplied with, as `linear` has it."""
    return product(grad.T, x) if weight.flags.c_contiguous else product(x.T, grad).T


def tanh_slope(y: Array) -> Array:
    """1 - y² of what tanh gave in each step (T, ·, ·), rounded once where a step is small (`tanh_backward`)."""
    if not is_small(y[0]):
        return 1 - y * y
    wide = y.astype(np.float64)
    return (1 - wide * wide).astype(y.dtype)


# ------------------------------------------------------------------ RNN


def _simple(nonlinearity: Callable[[Array], Array]) -> Callable[..., Any]:
    def forward(gates, w, b, h, steps, outputs, saved):
        hidden = product_onto_such(h, w)
        for t in steps:
            h = nonlinearity(hidden(b, h, w) + gates[t])
            outputs[t] = h

    return forward


def _simple_backward(
    slope: Callable[[Array], Array], through: Callable[[Array, Array], Array]
) -> Callable[..., Any]:
    """`slope` of the nonlinearity from its value, and what the gradient becomes through it."""

    def backward(outputs, saved, before, w_hh, grad_output, grad_h, steps):
        deltas = np.zeros_like(outputs)
        slopes = slope(outputs)
        times = product_of_such(deltas[0], w_hh)
        for t in steps:
            deltas[t] = through(grad_output[t] + grad_h, slopes[t])
            grad_h = times(deltas[t], w_hh)
        return deltas, deltas, grad_h

    return backward


# ------------------------------------------------------------------ GRU


def _gru(gates, w, b, h, steps, outputs, saved):
    """saved: reset gate, update gate, new state, and the hidden part of the new state."""
    n = h.shape[1]
    onto = product_onto_such(h, w)
    for t in steps:
        hidden = onto(b, h, w)
        both = sigmoids(hidden[:, : 2 * n] + gates[t, :, : 2 * n], n)
        new = mkl_tanh(gates[t, :, 2 * n :] + hidden[:, 2 * n :] * both[:, :n])
        h = (h - new) * both[:, n:] + new
        outputs[t] = h
        saved[t, :, : 2 * n] = both
        saved[t, :, 2 * n : 3 * n] = new
        saved[t, :, 3 * n :] = hidden[:, 2 * n :]


def sigmoids(x: Array, n: int) -> Array:
    """1 / (1 + e^-x) of a contiguous matrix whose rows have several gates of `n` numbers."""
    np.negative(x, x)
    x = exp_runs(x, n) if is_small(x[:, :n]) else np.exp(x, x)
    x += 1
    return np.divide(1, x, x)


def _gru_backward(outputs, saved, before, w_hh, grad_output, grad_h, steps):
    n = outputs.shape[2]
    reset, update, new, hidden = (saved[:, :, k * n : (k + 1) * n] for k in range(4))
    to_new, slopes, rest_reset, rest_update = before - new, tanh_slope(new), 1 - reset, 1 - update
    at_x = np.zeros((*outputs.shape[:2], 3 * n), outputs.dtype, like=outputs)
    at_h = np.zeros_like(at_x)
    parts: tuple[Array, ...] = (grad_h,)
    times = product_of_such(at_h[0], w_hh)
    for t in steps:
        grad = grad_output[t]
        for part in parts:  # what was computed last in a step comes first
            grad = grad + part
        kept = grad * update[t]
        delta = (grad - kept) * slopes[t]
        at_x[t, :, :n] = rest_reset[t] * (delta * hidden[t]) * reset[t]
        at_x[t, :, n : 2 * n] = rest_update[t] * (grad * to_new[t]) * update[t]
        at_x[t, :, 2 * n :] = delta
        at_h[t, :, : 2 * n] = at_x[t, :, : 2 * n]
        at_h[t, :, 2 * n :] = delta * reset[t]
        parts = kept, times(at_h[t], w_hh)
    return at_x, at_h, parts[0] + parts[1]


#: kind of layer → how many numbers for each unit and step are kept, its steps, and those of its gradient
STEPS: dict[str, tuple[int, Callable[..., Any], Callable[..., Any]]] = {
    "RNN_TANH": (0, _simple(mkl_tanh), _simple_backward(tanh_slope, np.multiply)),
    "RNN_RELU": (
        0,
        _simple(lambda x: np.maximum(x, 0)),
        _simple_backward(lambda h: h <= 0, lambda grad, over: np.where(over, grad.dtype.type(0), grad)),
    ),
    "GRU": (4, _gru, _gru_backward),
}
LAYERS = {mode: declare(mode, *steps) for mode, steps in STEPS.items()}
