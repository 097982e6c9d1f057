"""One step of a recurrent layer as a module: RNNCell, LSTMCell, GRUCell."""

from __future__ import annotations

import math
from typing import Any

from ....engine.values.parameters import Parameter
from ....engine.values.tensor import Tensor
from ...namespace import torch
from .. import init
from . import recurrence
from .module import Module

MODULE = "torch.nn.modules.rnn"


class RNNCellBase(Module):
    """What cells have: weight_ih, weight_hh, bias_ih, bias_hh."""

    __module__ = MODULE

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        made = {"device": device, "dtype": dtype}
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(torch.empty((rows, input_size), **made))
        self.weight_hh = Parameter(torch.empty((rows, hidden_size), **made))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(torch.empty(rows, **made)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Evenly from ±1/sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if self.__dict__.get("nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text

    def _step(self, mode: str, input: Tensor, state: Any, kind: str) -> Any:
        """One step, of one sample or a batch."""
        if input.dim() not in (1, 2):
            raise ValueError(f"{kind}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        pair = kind == "LSTMCell"
        given: Any = () if state is None else state if pair else (state,)
        for i, h in enumerate(given):
            if h.dim() not in (1, 2):
                name = f"hx[{i}]" if pair else "hidden"
                raise ValueError(f"{kind}: Expected {name} to be 1D or 2D, got {h.dim()}D instead")
        alone = input.dim() == 1
        if alone:
            input = input.unsqueeze(0)
            if state is not None:
                given = tuple(given[i].unsqueeze(0) for i in range(2 if pair else 1))
        if isinstance(given, Tensor):
            raise TypeError("lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor")
        if pair and state is not None and len(given) != 2:
            raise RuntimeError("lstm_cell expects two hidden states")
        if state is None:
            zeros = torch.zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)
            given = (zeros, zeros) if pair else (zeros,)
        self._check(input, given)
        weights = [self.weight_ih, self.weight_hh]
        if self.bias:
            weights += [self.bias_ih, self.bias_hh]
        found = recurrence.step(mode, input, given if pair else given[0], weights)
        if not alone:
            return found
        return tuple(h.squeeze(0) for h in found) if pair else found.squeeze(0)

    def _check(self, input: Tensor, states: Any) -> None:
        if input.size(1) != self.weight_ih.size(1):
            raise RuntimeError(
                f"input has inconsistent input_size: got {input.size(1)} expected {self.weight_ih.size(1)}"
            )
        for i, h in enumerate(states):
            if input.size(0) != h.size(0):
                raise RuntimeError(
                    f"Input batch size {input.size(0)} doesn't match hidden{i} batch size {h.size(0)}"
                )
            if h.size(1) != self.hidden_size:
                raise RuntimeError(
                    f"hidden{i} has inconsistent hidden_size: got {h.size(1)}, expected {self.hidden_size}"
                )


class RNNCell(RNNCellBase):
    """h' = tanh(W_ih x + W_hh h + b), or relu: (N, input_size), (N, hidden_size) → (N, hidden_size)."""

    __module__ = MODULE

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(f"RNN_{self.nonlinearity.upper()}", input, hx, "RNNCell")


class LSTMCell(RNNCellBase):
    """(N, input_size), (h, c) → (h', c'), each (N, hidden_size)."""

    __module__ = MODULE

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Tensor]:
        return self._step("LSTM", input, hx, "LSTMCell")


class GRUCell(RNNCellBase):
    """(N, input_size), (N, hidden_size) → (N, hidden_size)."""

    __module__ = MODULE

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step("GRU", input, hx, "GRUCell")
