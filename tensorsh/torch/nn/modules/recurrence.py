"""What recurrent layers compute: a cell step by step, through layers and directions, on sequences full or packed.

A layer in one direction is one operation for the whole sequence (`lstm_layer`, `rnn_layers`, `packed_layers`) where it
can be: without projection, outside vmap. Everything else is written in operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from ....engine.core import context
from ....engine.run.apply import apply
from ....engine.values.tensor import Tensor
from ...namespace import F, torch
from .lstm_layer import lstm_layer
from .packed_layers import PACKED, joined
from .rnn_layers import LAYERS, stacked, turned

State = Any  # a Tensor; for LSTM the pair (h, c)
Weights = Sequence[Tensor]
#: (input already multiplied by weight_ih, state, weights) → state
Cell = Callable[[Tensor, State, Weights], State]


# ------------------------------------------------------------------ cells


def _hidden(h: Tensor, w: Weights) -> Tensor:
    return F.linear(h, w[1], w[3] if len(w) > 3 else None)


def _input(x: Tensor, w: Weights) -> Tensor:
    return F.linear(x, w[0], w[2] if len(w) > 3 else None)


def rnn_tanh(x: Tensor, h: Tensor, w: Weights) -> Tensor:
    """tanh(W_ih x + W_hh h + b)."""
    return torch.tanh(_hidden(h, w) + x)


def rnn_relu(x: Tensor, h: Tensor, w: Weights) -> Tensor:
    """relu(W_ih x + W_hh h + b)."""
    return torch.relu(_hidden(h, w) + x)


def lstm(x: Tensor, state: tuple[Tensor, Tensor], w: Weights) -> tuple[Tensor, Tensor]:
    """Input, forget, cell and output gate; an odd weight projects the hidden state."""
    h, c = state
    i, f, g, o = torch.unsafe_chunk(_hidden(h, w) + x, 4, 1)
    i, f, g, o = i.sigmoid_(), f.sigmoid_(), g.tanh_(), o.sigmoid_()
    c = f * c + i * g
    h = o * torch.tanh(c)
    return (torch.matmul(h, w[-1].t()) if len(w) % 2 else h), c


def gru(x: Tensor, h: Tensor, w: Weights) -> Tensor:
    """Reset and update gate, new state."""
    xr, xz, xn = torch.unsafe_chunk(x, 3, 1)
    hr, hz, hn = torch.unsafe_chunk(_hidden(h, w), 3, 1)
    r, z = hr.add_(xr).sigmoid_(), hz.add_(xz).sigmoid_()
    n = torch.tanh(xn + hn * r)
    return (h - n) * z + n


CELLS: dict[str, Cell] = {"RNN_TANH": rnn_tanh, "RNN_RELU": rnn_relu, "LSTM": lstm, "GRU": gru}


def step(mode: str, x: Tensor, state: State, w: Weights) -> State:
    """One step of a cell from its input."""
    return CELLS[mode](_input(x, w), state, w)


# ------------------------------------------------------------------ layers


def run(
    mode: str,
    x: Tensor,
    state: State,
    weights: Sequence[Weights],
    layers: int,
    directions: int,
    dropout: float,
    batch_sizes: list[int] | None,
) -> tuple[Tensor, State]:
    """Output (T, N, D * H) and state (layers * D, N, H) of x (T, N, F), or of the data of a packed sequence.

    weights    for each layer and direction its weights
    dropout    the probability of zeros between layers; 0 in evaluation
    """
    if x.shape[0] == 0:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    cell = CELLS[mode]
    low = context.current().autocast
    if low is not None and mode == "LSTM":  # one product to PyTorch's autocast
        x, state = x.to(low.dtype), tuple([s.to(low.dtype) for s in state])
        weights = [[weight.to(low.dtype) for weight in each] for each in weights]
    whole = low is None and _in_one(mode, x, weights)
    states = [_item(state, i) for i in range(layers * directions)]
    for layer in range(layers):
        outputs = []
        for direction in range(directions):
            at = layer * directions + direction
            if whole and batch_sizes is not None and len(weights[at]) > 3:
                output, states[at] = _packed_layer(
                    mode, x, states[at], weights[at], batch_sizes, direction == 1
                )
            elif whole and batch_sizes is None:
                output, states[at] = _whole_layer(mode, x, states[at], weights[at], direction == 1)
            elif batch_sizes is None:
                output, states[at] = steps(cell, x, states[at], weights[at], direction == 1)
            else:
                walk = _packed_reverse if direction else _packed
                output, states[at] = walk(cell, x, states[at], weights[at], batch_sizes)
            outputs.append(output)
        x = outputs[0] if directions == 1 else torch.cat(outputs, -1)
        if dropout and layer < layers - 1:
            x = F.dropout(x, dropout, True)
    if mode == "LSTM":
        return x, tuple(torch.stack([s[i] for s in states], 0) for i in range(2))
    return x, torch.stack(states, 0)


def turned_back(mode: str, output: Tensor) -> Tensor:
    """Outputs (T, N, ·) as (N, T, ·); PyTorch turns what is no LSTM's in place."""
    if mode == "LSTM":
        return output.transpose(0, 1)
    return output.transpose_(0, 1) if output.mapped else apply(turned, (output,))


def _in_one(mode: str, x: Tensor, weights: Sequence[Weights]) -> bool:
    """Whether layers are computed as a whole; LSTM only where PyTorch hands them to a library."""
    dtypes = (torch.float32,) if mode == "LSTM" else (torch.float32, torch.float64)
    if x.dtype not in dtypes or x.is_meta or x.numel() == 0 or len(weights[0]) % 2:
        return False
    return not any(t.mapped for t in (x, *(weight for w in weights for weight in w)))


def _whole_layer(mode: str, x: Tensor, state: State, w: Weights, reverse: bool) -> tuple[Tensor, State]:
    if len(w) == 2:
        zeros = torch.zeros(w[0].shape[0], dtype=x.dtype)
        w = (*w, zeros, zeros)
    if mode == "LSTM":
        output, h, c, *_ = apply(lstm_layer, (x, *w, *state, reverse, torch.is_grad_enabled()))
        return output, (h, c)
    output, h, _ = apply(LAYERS[mode], (x, *w, state, reverse))
    return apply(stacked, (output,)), h


def _packed_layer(
    mode: str, data: Tensor, state: State, w: Weights, batch_sizes: list[int], reverse: bool
) -> tuple[Tensor, State]:
    states = state if isinstance(state, tuple) else (state,)
    given = (_input(data, w), w[1], w[3], *states, tuple(batch_sizes), reverse)
    output, *ends, _ = apply(PACKED[mode], given)
    return apply(joined, (output,)), tuple(ends) if len(ends) > 1 else ends[0]


def packed_by_steps(
    cell: Cell,
    inputs: tuple[Tensor, ...],
    states: int,
    batch_sizes: Sequence[int],
    reverse: bool,
    grads: list[Tensor],
    needs: tuple[bool, ...],
) -> tuple[Tensor | None, ...]:
    """The same as `by_steps` of a packed sequence, whose inputs have been multiplied."""
    gates, w, b, *first = inputs
    state = tuple(first) if states > 1 else first[0]
    walk = _packed_reverse if reverse else _packed
    output, last = walk(cell, gates, state, (w, w, b, b), list(batch_sizes), True)
    ends = last if states > 1 else (last,)
    wanted = [t for t, need in zip(inputs, needs, strict=True) if need]
    found = iter(torch.autograd.grad((output, *ends), wanted, grads, create_graph=True))
    return tuple(next(found) if need else None for need in needs)


def by_steps(
    cell: Cell,
    inputs: tuple[Tensor, ...],
    states: int,
    reverse: bool,
    grads: list[Tensor],
    needs: tuple[bool, ...],
) -> tuple[Tensor | None, ...]:
    """The gradients of a layer as tensors that have gradients in turn: the layer once more, step by step."""
    x, *rest = inputs
    weights, start = rest[:-states], tuple(rest[-states:])
    output, last = steps(cell, x, start if states > 1 else start[0], weights, reverse)
    ends = last if states > 1 else (last,)
    wanted = [t for t, need in zip(inputs, needs, strict=True) if need]
    found = iter(torch.autograd.grad((output, *ends), wanted, grads, create_graph=True))
    return tuple(next(found) if need else None for need in needs)


def _item(state: State, i: int) -> State:
    return (state[0][i], state[1][i]) if isinstance(state, tuple) else state[i]


def _output(state: State) -> Tensor:
    return state[0] if isinstance(state, tuple) else state


def _narrow(state: State, start: int, length: int) -> State:
    if isinstance(state, tuple):
        return tuple(s.narrow(0, start, length) for s in state)
    return state.narrow(0, start, length)


def _cat(states: list[State]) -> State:
    if isinstance(states[0], tuple):
        return tuple(torch.cat([s[i] for s in states], 0) for i in range(2))
    return torch.cat(states, 0)


def steps(cell: Cell, x: Tensor, state: State, w: Weights, reverse: bool) -> tuple[Tensor, State]:
    """All steps of one layer in one direction."""
    inputs = torch.unbind(_input(x, w), 0)
    outputs = []
    for step_input in reversed(inputs) if reverse else inputs:
        state = cell(step_input, state, w)
        outputs.append(_output(state))
    return torch.stack(outputs[::-1] if reverse else outputs, 0), state


def _packed(
    cell: Cell, data: Tensor, state: State, w: Weights, batch_sizes: list[int], multiplied: bool = False
) -> tuple[Tensor, State]:
    """Step t has the first batch_sizes[t] sequences; the state of one that ends is put aside."""
    data = data if multiplied else _input(data, w)
    outputs, ended = [], []
    start, before = 0, batch_sizes[0]
    for size in batch_sizes:
        if size < before:
            ended.append(_narrow(state, size, before - size))
            state = _narrow(state, 0, size)
        state = cell(data.narrow(0, start, size), state, w)
        outputs.append(_output(state))
        start, before = start + size, size
    return torch.cat(outputs, 0), _cat([state, *reversed(ended)])


def _packed_reverse(
    cell: Cell, data: Tensor, first: State, w: Weights, batch_sizes: list[int], multiplied: bool = False
) -> tuple[Tensor, State]:
    """From the last step, which only the longest sequences have; others join as they begin."""
    data = data if multiplied else _input(data, w)
    state = _narrow(first, 0, batch_sizes[-1])
    outputs, end = [], data.shape[0]
    for before, size in pairwise([batch_sizes[-1], *reversed(batch_sizes)]):
        if size > before:
            state = _cat([state, _narrow(first, before, size - before)])
        state = cell(data.narrow(0, end - size, size), state, w)
        outputs.append(_output(state))
        end -= size
    return torch.cat(outputs[::-1], 0), state
