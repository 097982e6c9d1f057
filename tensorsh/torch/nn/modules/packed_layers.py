"""One layer in one direction of a packed sequence as an operation: all steps forward, and its gradient, in NumPy.

Packed sequences have as many shapes as batches, which no program can be made for ahead, and written in operations a
step is some fifteen small ones. Steps that have the same number of sequences are one stretch, computed as those of a
sequence that is not packed (`rnn_layers`). Where sequences end, or begin, the states are cut, or joined with new ones.
An LSTM's are PyTorch's own cells here: oneDNN has no packed sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ....engine.core.spec import Spec
from ....engine.numerics.cascade import total
from ....engine.numerics.small_products import product_of_such, product_onto_such
from ....engine.records.op import Op, op, registry
from ....engine.run.apply import apply
from ....ops.elementwise.trigonometry import tanh_backward
from ....ops.elementwise.unary import sigmoid_backward
from ...namespace import torch
from . import rnn_layers, rnn_steps

Array = np.ndarray[Any, Any]
States = tuple[Array, ...]


class Stretch:
    """Steps with the same number of sequences: rows of the data from `start` on, `steps` times `size`."""

    __slots__ = ("size", "start", "steps")

    def __init__(self, start: int, steps: int, size: int):
        self.start, self.steps, self.size = start, steps, size

    def of(self, rows: Array) -> Array:
        """Its part (steps, size, ·) of what has a row for each element."""
        return rows[self.start : self.start + self.steps * self.size].reshape(self.steps, self.size, -1)


def stretches(batch_sizes: Sequence[int]) -> list[Stretch]:
    found: list[Stretch] = []
    start = 0
    for size in batch_sizes:
        if found and found[-1].size == size:
            found[-1].steps += 1
        else:
            found.append(Stretch(start, 1, size))
        start += size
    return found


class Layer:
    """A kind of layer.

    kept      how many numbers for each unit and step the gradient needs
    states    how many states it has
    forward   (gates (T, N, ·), W_hh, b_hh, states, reverse, outputs, saved) fills the last two; the last states
    backward  (outputs, saved, states at the start, W_hh, grad_output, gradients of the last states, reverse) → those at
              the gates and at weight_hh's rows, and of the states at the start
    """

    def __init__(self, kept: int, states: int, forward: Callable[..., States], backward: Callable[..., Any]):
        self.kept, self.states, self.forward, self.backward = kept, states, forward, backward

    def run(
        self, gates: Array, w: Array, b: Array, first: States, batch_sizes: Sequence[int], reverse: bool
    ) -> tuple[Array, States, Array]:
        """Outputs (rows, H), the last states, what is kept."""
        n = w.shape[1]
        outputs = np.empty((len(gates), n), gates.dtype)
        saved = np.empty((len(gates), self.kept * n), gates.dtype)
        last = tuple([np.empty_like(s) for s in first])
        for part, states in self.begun(outputs, saved, first, batch_sizes, reverse, last):
            now = self.forward(part.of(gates), w, b, states, reverse, part.of(outputs), part.of(saved))
            for end, state in zip(last, now, strict=True):
                end[: part.size] = state
        return outputs, last, saved

    def begun(
        self, outputs: Array, saved: Array, first: States, sizes: Sequence[int], reverse: bool, last: States
    ) -> Iterator[tuple[Stretch, States]]:
        """Stretches in the order that they are computed in, and the states that each begins with."""
        before = 0
        for part in reversed(stretches(sizes)) if reverse else stretches(sizes):
            if not before:
                states = tuple([s[: part.size] for s in first])
            elif reverse:
                pairs = zip(last, first, strict=True)
                states = tuple([np.concatenate([s[:before], f[before : part.size]]) for s, f in pairs])
            else:
                states = tuple([s[: part.size].copy() for s in last])
            before = part.size
            yield part, states

    def back(
        self,
        w: Array,
        first: States,
        batch_sizes: Sequence[int],
        reverse: bool,
        outputs: Array,
        saved: Array,
        grad_output: Array,
        grads: States,
    ) -> tuple[Array, Array, Array, States]:
        """The gradients of the gates, of weight_hh, of bias_hh and of the first states."""
        parts = stretches(batch_sizes)
        if reverse:
            parts.reverse()
        starts = [*self._starts(parts, outputs, saved, first, reverse)]
        at_gates = np.empty((len(outputs), len(w)), outputs.dtype)
        at_first = tuple([np.zeros_like(s) for s in first])
        weight: Any = None
        biases = []
        flowing = tuple([g[: parts[-1].size] for g in grads])
        for k in range(len(parts) - 1, -1, -1):
            part, start = parts[k], starts[k]
            out = part.of(outputs)
            at_x, at_h, flowing = self.backward(
                out, part.of(saved), start, w, part.of(grad_output), flowing, reverse
            )
            part.of(at_gates)[...] = at_x
            order = range(part.steps) if reverse else range(part.steps - 1, -1, -1)
            before = np.concatenate([out[1:], start[0][None]] if reverse else [start[0][None], out[:-1]])
            turned = w.flags.c_contiguous
            columns = at_h.swapaxes(1, 2) if turned else before.swapaxes(1, 2)
            others = before if turned else at_h
            times = product_of_such(columns[0], others[0])
            for t in order:
                found = times(columns[t], others[t])
                weight = found if weight is None else weight + found
            biases.append(total(at_h, (1,), False)[order[0] :: order.step])
            size = part.size
            if not k:
                for whole, g in zip(at_first, flowing, strict=True):
                    whole[:size] = g
            elif reverse:  # the others began here
                less = parts[k - 1].size
                for whole, g in zip(at_first, flowing, strict=True):
                    whole[less:size] = g[less:]
                flowing = tuple([g[:less] for g in flowing])
            else:  # others had ended before; where both are cut from one, zeros are added
                more = parts[k - 1].size
                pairs = zip(flowing, grads, strict=True)
                flowing = tuple([np.concatenate([g, g_y[size:more]]) + 0 for g, g_y in pairs])
        if len(parts) > 1 and reverse:
            at_first = tuple([g + 0 for g in at_first])
        if len(batch_sizes) > 1:
            at_gates += 0
        bias = rnn_layers.in_turn(np.concatenate(biases))
        return at_gates, weight if turned else weight.T, bias, at_first

    def _starts(
        self, parts: list[Stretch], outputs: Array, saved: Array, first: States, reverse: bool
    ) -> Iterator[States]:
        """The states that each stretch began with."""
        for k, part in enumerate(parts):
            if not k:
                yield tuple([s[: part.size] for s in first])
                continue
            other = parts[k - 1]
            end = 0 if reverse else other.steps - 1
            states = self.ends(other.of(outputs)[end], other.of(saved)[end])
            if reverse:
                pairs = zip(states, first, strict=True)
                yield tuple([np.concatenate([s, f[other.size : part.size]]) for s, f in pairs])
            else:
                yield tuple([s[: part.size] for s in states])

    def ends(self, outputs: Array, saved: Array) -> States:
        """The states after a step."""
        n = outputs.shape[1]
        return (outputs,) if self.states == 1 else (outputs, saved[:, 4 * n : 5 * n])


def _as_unpacked(mode: str, kept: int, forward: Callable[..., Any], backward: Callable[..., Any]) -> Layer:
    """A kind of layer whose steps are those of `rnn_layers`."""

    def go(gates, w, b, states, reverse, outputs, saved):
        (h,) = states
        steps = len(gates)
        order = range(steps - 1, -1, -1) if reverse else range(steps)
        if not rnn_steps.forward(mode, gates, w, b, h, reverse, outputs, saved):
            forward(gates, w.T, b, h, order, outputs, saved)
        return (outputs[order[-1]],)

    def back(outputs, saved, states, w, grad_output, grads, reverse):
        (h,), (grad_h,) = states, grads
        steps = len(outputs)
        found = rnn_steps.backward(mode, outputs, saved, h, w, grad_output, grad_h, reverse)
        if found is not None:
            at_x, at_h, grad_h, _ = found
            return at_x, at_h, (grad_h,)
        order = range(steps) if reverse else range(steps - 1, -1, -1)
        before = np.concatenate([outputs[1:], h[None]] if reverse else [h[None], outputs[:-1]])
        at_x, at_h, grad_h = backward(outputs, saved, before, w, grad_output, grad_h, order)
        return at_x, at_h, (grad_h,)

    return Layer(kept, 1, go, back)


def _lstm(gates, w, b, states, reverse, outputs, saved):
    """saved: input and forget gate, new content, output gate, c, and its tanh."""
    h, c = states
    n = h.shape[1]
    sigmoid, tanh = registry["sigmoid"].kernel, registry["tanh"].kernel
    onto = product_onto_such(h, w.T)
    for t in range(len(gates) - 1, -1, -1) if reverse else range(len(gates)):
        sums = onto(b, h, w.T) + gates[t]
        i, f, g, o = (sums[:, k * n : (k + 1) * n] for k in range(4))
        i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
        c = f * c + i * g
        flat = tanh(c)
        h = o * flat
        outputs[t] = h
        for k, each in enumerate((i, f, g, o, c, flat)):
            saved[t, :, k * n : (k + 1) * n] = each
    return h, c


def _lstm_backward(outputs, saved, states, w, grad_output, grads, reverse):
    grad_h, grad_c = grads
    steps, _, n = outputs.shape
    at = np.empty((*outputs.shape[:2], 4 * n), outputs.dtype)
    at_sigmoid, at_tanh = sigmoid_backward.record.kernel, tanh_backward.record.kernel
    times = product_of_such(at[0], w)
    order = range(steps) if reverse else range(steps - 1, -1, -1)
    for t in order:
        i, f, g, o, _, flat = (saved[t, :, k * n : (k + 1) * n] for k in range(6))
        last = t == order[-1]
        c = states[1] if last else saved[t + order.step, :, 4 * n : 5 * n]
        grad = grad_output[t] + grad_h
        grad_c = grad_c + at_tanh(grad * o, flat)
        at[t, :, :n] = at_sigmoid(grad_c * g, i)
        at[t, :, n : 2 * n] = at_sigmoid(grad_c * c, f)
        at[t, :, 2 * n : 3 * n] = at_tanh(grad_c * i, g)
        at[t, :, 3 * n :] = at_sigmoid(grad * flat, o)
        grad_c = grad_c * f
        grad_h = times(at[t], w)
    return at, at, (grad_h, grad_c)


def declare(mode: str, kind: Layer) -> Op:
    """The operation of a layer, and that of its gradient."""
    of_states = ", ".join(f"Tensor {name}" for name in ("hx", "cx")[: kind.states])
    n = kind.states
    inputs = f"Tensor gates, Tensor weight_hh, Tensor bias_hh, {of_states}, int[] batch_sizes, bool reverse"

    def shapes(gates: Spec, w: Spec, b: Spec, h: Spec, *rest: Any) -> Any:
        rows, hidden = gates.shape[0], h.shape[1]
        kept = gates.with_shape((rows, kind.kept * hidden))
        return gates.with_shape((rows, hidden)), *(h for _ in range(n)), kept

    @op(f"packed_{mode}({inputs})", infer=shapes, names=(), constants=(n + 1,))
    def layer(gates, w, b, *rest):
        *states, batch_sizes, reverse = rest
        outputs, last, saved = kind.run(gates, w, b, tuple(states), batch_sizes, reverse)
        return outputs, *last, saved

    grads = "".join(f", Tensor grad_{name}y" for name in "hc"[:n])

    @op(
        f"packed_{mode}_backward({inputs}, Tensor output, Tensor saved, Tensor grad_output{grads})",
        infer=lambda *given: given[: 3 + n],
        names=(),
    )
    def gradient(gates, w, b, *rest):
        states, (sizes, reverse, output, saved, grad_output), grads = rest[:n], rest[n:-n], rest[-n:]
        found = kind.back(w, states, sizes, reverse, output, saved, grad_output, grads)
        return *found[:3], *found[3]

    names = ("gates", "weight_hh", "bias_hh", *("hx", "cx")[:n])

    def slope(grads, inputs, outputs, batch_sizes, reverse, needs):
        wanted = [
            torch.zeros_like(out) if grad is None else grad
            for grad, out in zip(grads[: n + 1], outputs[: n + 1], strict=True)
        ]
        if torch.is_grad_enabled():
            from .recurrence import CELLS, packed_by_steps

            return packed_by_steps(CELLS[mode], inputs, n, batch_sizes, reverse, wanted, needs)
        return tuple(apply(gradient, (*inputs, batch_sizes, reverse, outputs[0], outputs[-1], *wanted)))

    if n == 1:

        @layer.derivative(*names)
        def _(grads, gates, weight_hh, bias_hh, hx, outputs, batch_sizes, reverse, needs):
            return slope(grads, (gates, weight_hh, bias_hh, hx), outputs, batch_sizes, reverse, needs)

    else:

        @layer.derivative(*names)
        def _(grads, gates, weight_hh, bias_hh, hx, cx, outputs, batch_sizes, reverse, needs):
            return slope(grads, (gates, weight_hh, bias_hh, hx, cx), outputs, batch_sizes, reverse, needs)

    return layer


@op("joined(Tensor input)", infer=lambda x: x, names=(), grad_fn="CatBackward0")
def joined(x):
    """A layer's outputs as they are given out: they may be changed in place, what the gradient needs is kept."""
    return x.copy()


@joined.derivative("input")
def _(grad):
    return grad


PACKED = {
    **{mode: declare(mode, _as_unpacked(mode, *rnn_layers.STEPS[mode])) for mode in rnn_layers.STEPS},
    "LSTM": declare("LSTM", Layer(6, 2, _lstm, _lstm_backward)),
}
