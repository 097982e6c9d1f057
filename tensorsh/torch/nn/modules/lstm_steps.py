"""Steps of LSTM cells, from what inputs and state give to the gates, and their gradient: by NumPy or machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....engine.numerics.element_code import RowCode
from ....engine.numerics.fma import combined
from ....engine.numerics.kernel_code import KernelCode, simple
from ....engine.numerics.made_later import CALL
from ....engine.numerics.onednn_functions import ONE, POLYNOMIALS, sigmoid, tanh
from ....engine.numerics.onednn_products import filled, last_rows, parts, product

Array = np.ndarray[Any, Any]
#: does the step of this number
Step = Callable[[int], None]


def _forward(*given: Any) -> list[str]:
    from .lstm_code import forward

    return forward(*given)


def _backward(*given: Any) -> list[str]:
    from .lstm_code import backward

    return backward(*given)


def _layer(*given: Any) -> None:
    from .lstm_code import layer

    layer(*given)


def _layer_backward(*given: Any) -> None:
    from .lstm_code import layer_backward

    layer_backward(*given)


#: all steps of a layer, products included
LAYER = KernelCode(_layer, "aaaaaaaaiiiii")
LAYER_BACKWARD = KernelCode(_layer_backward, "aaaaaaaaaiiiii")

FORWARD = RowCode(_forward, 9, 6, 150, [POLYNOMIALS])
BACKWARD = RowCode(_backward, 9, 5, 80, [POLYNOMIALS])


def forward_steps(gates: Array, bias: Array, cells: Array, outputs: Array, h: Array, weight: Array) -> None:
    """All steps of a training: gates (T, N, 4H) as inputs give them become gates, cells and outputs follow.

    `weight` is the recurrent one, (H, 4H).
    """
    steps, batch, n = outputs.shape
    arrays = gates, bias, cells, outputs, h, weight
    few = last_rows(batch)
    if few is not None and n > 1 and simple(*arrays) and LAYER.ready(_work(outputs)):
        places = parts(n)
        LAYER(*arrays[:-1], filled(weight), POLYNOMIALS, places, len(places), steps, batch, n, few)
        return
    step = forward_step(gates, bias, cells, outputs)
    for t in range(steps):
        gates[t] = product(h, weight, gates[t])
        step(t)
        h = outputs[t]


def backward_steps(
    gates: Array, cells: Array, grad_output: Array, grads: Array, deltas: Array, weight: Array
) -> None:
    """All steps of the gradient: `grads` of h and c, (2, N, H), become those before the first step, `deltas` follow.

    `weight` is the recurrent one, (4H, H).
    """
    steps, batch, n = grad_output.shape
    grad_output = np.ascontiguousarray(grad_output)
    arrays = gates, cells, grad_output, grads[0], grads[1], deltas, weight
    few = last_rows(batch)
    if few is not None and n > 1 and simple(*arrays) and LAYER_BACKWARD.ready(_work(grad_output)):
        places = parts(4 * n)
        LAYER_BACKWARD(*arrays[:-1], filled(weight), POLYNOMIALS, places, len(places), steps, batch, n, few)
        return
    step = backward_step(gates, cells, grad_output, grads, deltas)
    for t in range(steps - 1, -1, -1):
        step(t)
        grads[0] = product(deltas[t], weight)


def _work(outputs: Array) -> int:
    """What products and gates take without the layer's machine code, as `made_later` counts it."""
    return len(outputs) * 10 * CALL + outputs.size * outputs.shape[2]


def forward_step(gates: Array, bias: Array, cells: Array, outputs: Array) -> Step:
    """The steps forward: gates (T, N, 4H) without their bias become gates, c[t + 1] and the output of step t follow."""
    steps, _, n = outputs.shape
    if FORWARD.ready(outputs.size, steps):
        four = _parts(gates)
        biases = [np.broadcast_to(each, outputs.shape) for each in bias.reshape(4, n)]
        return FORWARD.steps([*four, *biases, cells[:-1], *four, cells[1:], outputs])

    def step(t: int) -> None:
        gate = gates[t]
        gate += bias
        candidate = tanh(gate[:, 2 * n : 3 * n])
        gate[...] = sigmoid(gate)
        gate[:, 2 * n : 3 * n] = candidate
        kept = cells[t] * gate[:, n : 2 * n]
        c = combined(kept, gate[:, :n], candidate, cells[t + 1])
        np.multiply(gate[:, 3 * n :], tanh(c), outputs[t])

    return step


def backward_step(gates: Array, cells: Array, grad_output: Array, grads: Array, deltas: Array) -> Step:
    """The steps backward: from the gradients of output t, h and c (`grads`) to those of gates t (`deltas`) and of c."""
    if BACKWARD.ready(grad_output.size, len(grad_output)):
        h, c = (np.broadcast_to(each, grad_output.shape) for each in grads)
        given = [*_parts(gates), cells[:-1], cells[1:], grad_output, h, c]
        return BACKWARD.steps([*given, *_parts(deltas), c])
    i, f, g, o = _parts(gates)
    tanh_c = tanh(cells[1:])
    # slopes: 1 - tanh², and gate - gate² of sigmoids, each rounded once
    slope = combined(ONE, -tanh_c, tanh_c)
    slopes = combined(gates, -gates, gates)
    of_i, of_f, _, of_o = _parts(slopes)
    of_g = combined(ONE, -g, g)

    def step(t: int) -> None:
        di, df, dg, do = _parts(deltas[t])
        dh = grad_output[t] + grads[0]
        dc = slope[t] * dh
        dc *= o[t]
        dc += grads[1]
        for delta, factors in (
            (di, (of_i[t], dc, g[t])),
            (df, (of_f[t], dc, cells[t])),
            (dg, (i[t], dc, of_g[t])),
            (do, (of_o[t], dh, tanh_c[t])),
        ):
            np.multiply(factors[0], factors[1], delta)
            delta *= factors[2]
        np.multiply(dc, f[t], grads[1])

    return step


def _parts(gates: Array) -> list[Array]:
    """The four gates of (…, 4H)."""
    n = gates.shape[-1] // 4
    return [gates[..., k * n : (k + 1) * n] for k in range(4)]
