"""One LSTM layer in one direction as an operation: the whole sequence forward, and its gradient, in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....engine.apply import apply
from ....engine.op import op
from ....engine.products import matmul as product
from ....engine.spec import Spec
from ...namespace import torch

Array = np.ndarray[Any, Any]

SIGNATURE = (
    "Tensor input, Tensor weight_ih, Tensor weight_hh, Tensor bias_ih, Tensor bias_hh, Tensor hx, Tensor cx, "
    "bool reverse"
)


def _shapes(x: Spec, w_ih: Spec, w_hh: Spec, b_ih: Spec, b_hh: Spec, h: Spec, c: Spec, reverse: bool) -> Any:
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
def lstm_layer(x, w_ih, w_hh, b_ih, b_hh, h, c, reverse):
    """Outputs (T, N, H), last h and c; and for the gradient the gates (T, N, 4H) and all c (T + 1, N, H)."""
    steps, (batch, n) = x.shape[0], h.shape
    gates = (product(x.reshape(steps * batch, -1), w_ih.T) + (b_ih + b_hh)).reshape(steps, batch, 4 * n)
    outputs = np.empty((steps, batch, n), x.dtype)
    cells = np.empty((steps + 1, batch, n), x.dtype)
    cells[-1 if reverse else 0] = c
    recurrent = np.ascontiguousarray(w_hh.T)
    for t in range(steps - 1, -1, -1) if reverse else range(steps):
        gate = gates[t]
        gate += product(h, recurrent)
        candidate = np.tanh(gate[:, 2 * n : 3 * n])
        sigmoid_(gate)
        gate[:, 2 * n : 3 * n] = candidate
        c = gate[:, n : 2 * n] * c + gate[:, :n] * candidate
        cells[t if reverse else t + 1] = c
        h = gate[:, 3 * n :] * np.tanh(c)
        outputs[t] = h
    return outputs, h.copy(), c.copy(), gates, cells


def sigmoid_(x: Array) -> None:
    """In place, without overflow: 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2."""
    x *= 0.5
    np.tanh(x, out=x)
    x += 1
    x *= 0.5


@lstm_layer.derivative("input", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "hx", "cx")
def _(grads, input, weight_ih, weight_hh, bias_ih, bias_hh, hx, cx, outputs, reverse, needs):
    inputs = (input, weight_ih, weight_hh, bias_ih, bias_hh, hx, cx)
    wanted = [
        torch.zeros_like(out) if grad is None else grad
        for grad, out in zip(grads[:3], outputs[:3], strict=True)
    ]
    if torch.is_grad_enabled():
        from .recurrence import by_steps, lstm

        return by_steps(lstm, inputs, 2, reverse, wanted, needs)
    done, _, _, gates, cells = outputs
    return tuple(apply(lstm_layer_backward, (*inputs, reverse, done, gates, cells, *wanted)))


def _like_inputs(*given: Any) -> Any:
    return given[:7]


@op(
    f"mkldnn_rnn_layer_backward({SIGNATURE}, Tensor output, Tensor gates, Tensor cells, Tensor grad_output, "
    "Tensor grad_hy, Tensor grad_cy)",
    infer=_like_inputs,
    names=(),
)
def lstm_layer_backward(
    x, w_ih, w_hh, b_ih, b_hh, h0, c0, reverse, output, gates, cells, grad_output, grad_h, grad_c
):
    """The gradients of the seven inputs."""
    steps, batch, n = output.shape
    before, after = (cells[1:], cells[:-1]) if reverse else (cells[:-1], cells[1:])
    tanh = np.tanh(after)
    i, f, g, o = np.moveaxis(gates.reshape(steps, batch, 4, n), 2, 0)
    # what the four deltas are products of, first dc (dh for the last), then these in turn
    second, third, fourth = np.empty((3, steps, batch, 4, n), gates.dtype)
    second[:, :, 0], second[:, :, 1], second[:, :, 2], second[:, :, 3] = g, before, i, tanh
    third[:, :, 0], third[:, :, 1], third[:, :, 2], third[:, :, 3] = i, f, 1 - g * g, o
    fourth[:, :, 0], fourth[:, :, 1], fourth[:, :, 2], fourth[:, :, 3] = 1 - i, 1 - f, 1, 1 - o
    slope = 1 - tanh * tanh
    deltas = np.empty((steps, batch, 4, n), gates.dtype)
    for t in range(steps) if reverse else range(steps - 1, -1, -1):  # the last step first
        delta = deltas[t]
        dh = delta[:, 3] = grad_output[t] + grad_h
        dc = dh * o[t]
        dc *= slope[t]
        dc += grad_c
        delta[:, :3] = dc[:, None]
        delta *= second[t]
        delta *= third[t]
        delta *= fourth[t]
        grad_h = product(delta.reshape(batch, 4 * n), w_hh)
        grad_c = dc * f[t]
    previous = np.concatenate([output[1:], h0[None]] if reverse else [h0[None], output[:-1]])
    flat = deltas.reshape(steps * batch, 4 * n)
    bias = flat.sum(0)
    return (
        product(flat, w_ih).reshape(x.shape),
        product(flat.T, x.reshape(steps * batch, -1)),
        product(flat.T, previous.reshape(steps * batch, -1)),
        bias,
        bias.copy(),
        np.ascontiguousarray(grad_h),
        grad_c,
    )
