"""One LSTM layer in one direction as an operation: the whole sequence forward, and its gradient, in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....engine.core.spec import Spec
from ....engine.numerics.onednn_products import chains, product
from ....engine.records.op import op
from ....engine.run.apply import apply
from ...namespace import torch
from .lstm_steps import backward_steps, forward_step, forward_steps

Array = np.ndarray[Any, Any]

#: sequences from which on the inputs of each step are multiplied by themselves
LARGE_BATCH = 128

SIGNATURE = (
    "Tensor input, Tensor weight_ih, Tensor weight_hh, Tensor bias_ih, Tensor bias_hh, Tensor hx, Tensor cx, "
    "bool reverse, bool train"
)


def _shapes(
    x: Spec, w_ih: Spec, w_hh: Spec, b_ih: Spec, b_hh: Spec, h: Spec, c: Spec, reverse: bool, train: bool
) -> Any:
    steps, batch, hidden = x.shape[0], *h.shape
    return (
        x.with_shape((steps, batch, hidden)),
        h,
        c,
        x.with_shape((steps, batch, 4 * hidden)),
        x.with_shape((steps + 1, batch, hidden)),
    )


@op(
    f"mkldnn_rnn_layer({SIGNATURE})",
    infer=_shapes,
    names=(),
    constants=(3, 4),
    grad_fn="MkldnnRnnLayerBackward0",
)
def lstm_layer(x, w_ih, w_hh, b_ih, b_hh, h, c, reverse, train):
    """Outputs (T, N, H), last h and c; and for the gradient the gates (T, N, 4H) and all c (T + 1, N, H).

    Gates and c are in the order of the steps, which is the other one if `reverse`. oneDNN multiplies in another order
    where no gradient can be asked for (not `train`): all chains are whole, those of inputs and states one if there are
    as many of the ones as of the others, but in several steps of a single sequence.
    """
    steps, (batch, n) = x.shape[0], h.shape
    if reverse:
        x = x[::-1]
    gates = np.empty((steps, batch, 4 * n), x.dtype)
    apart = x.shape[2] != n or (batch == 1 and steps > 1)
    if train:
        gates = from_inputs(x, w_ih.T)
    elif apart:
        gates = chains(x.reshape(steps * batch, -1), w_ih.T).reshape(gates.shape)
    bias = b_ih + b_hh
    outputs = np.empty((steps, batch, n), x.dtype)
    cells = np.empty((steps + 1, batch, n), x.dtype)
    cells[0] = c
    recurrent = np.ascontiguousarray(w_hh.T)
    both = None if train or apart else np.concatenate([w_ih.T, recurrent])
    if train:
        forward_steps(gates, bias, cells, outputs, h, recurrent)
    else:
        step = forward_step(gates, bias, cells, outputs)
        for t in range(steps):
            if both is not None:
                gates[t] = chains(np.concatenate([x[t], h], axis=1), both)
            else:
                gates[t] += chains(h, recurrent)
            step(t)
            h = outputs[t]
    h, c = outputs[-1].copy(), cells[-1].copy()
    return np.ascontiguousarray(outputs[::-1]) if reverse else outputs, h, c, gates, cells


def from_inputs(x: Array, w: Array) -> Array:
    """What the inputs give to the gates, (T, N, F) @ (F, 4H): all steps in one product, of large batches one by one."""
    steps, batch, features = x.shape
    if batch < LARGE_BATCH:
        return product(x.reshape(steps * batch, features), w).reshape(steps, batch, -1)
    return np.array([product(each, w) for each in x])


@lstm_layer.derivative("input", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "hx", "cx")
def _(grads, input, weight_ih, weight_hh, bias_ih, bias_hh, hx, cx, outputs, reverse, train, needs):
    inputs = (input, weight_ih, weight_hh, bias_ih, bias_hh, hx, cx)
    wanted = [
        torch.zeros_like(out) if grad is None else grad
        for grad, out in zip(grads[:3], outputs[:3], strict=True)
    ]
    if torch.is_grad_enabled():
        from .recurrence import by_steps, lstm

        return by_steps(lstm, inputs, 2, reverse, wanted, needs)
    done, _, _, gates, cells = outputs
    return tuple(apply(lstm_layer_backward, (*inputs, reverse, train, done, gates, cells, *wanted)))


def _like_inputs(*given: Any) -> Any:
    return given[:7]


@op(
    f"mkldnn_rnn_layer_backward({SIGNATURE}, Tensor output, Tensor gates, Tensor cells, Tensor grad_output, "
    "Tensor grad_hy, Tensor grad_cy)",
    infer=_like_inputs,
    names=(),
)
def lstm_layer_backward(
    x, w_ih, w_hh, b_ih, b_hh, h0, c0, reverse, train, output, gates, cells, grad_output, grad_h, grad_c
):
    """The gradients of the seven inputs."""
    steps, batch, n = output.shape
    if reverse:
        x, output, grad_output = x[::-1], output[::-1], grad_output[::-1]
    deltas = np.empty((steps, batch, 4 * n), gates.dtype)
    grads = np.array([grad_h, grad_c])
    backward_steps(gates, cells, grad_output, grads, deltas, w_hh)
    flat = deltas.reshape(steps * batch, 4 * n)
    bias = np.add.reduce(deltas[::-1].reshape(flat.shape), axis=0)
    dx = product(flat, w_ih).reshape(x.shape)
    return (
        np.ascontiguousarray(dx[::-1]) if reverse else dx,
        weights_gradient(x, flat),
        recurrent_gradient(h0, output, deltas, reverse),
        bias,
        bias.copy(),
        *grads,
    )


def weights_gradient(x: Array, deltas: Array) -> Array:
    """The gradient of weights (4H, F) by what they are multiplied with, (T, N, F)."""
    found = product(x.reshape(len(deltas), -1).T, deltas, turned=True)
    return np.ascontiguousarray(found.T)


def recurrent_gradient(h: Array, output: Array, deltas: Array, reverse: bool) -> Array:
    """The same of the recurrent weights: the first step by itself, but in a layer that goes backwards."""
    n = h.shape[1]
    if reverse:
        return weights_gradient(np.concatenate([h[None], output[:-1]]), deltas.reshape(-1, 4 * n))
    found = None
    if len(deltas) > 1:
        found = product(output[:-1].reshape(-1, n).T, deltas[1:].reshape(-1, 4 * n), turned=True)
    return np.ascontiguousarray(product(h.T, deltas[0], found, turned=True).T)
