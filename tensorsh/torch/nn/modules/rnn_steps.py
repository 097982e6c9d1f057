"""All steps of RNN and GRU layers, and of their gradients, as machine code, where their products are fused chains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....engine.core.dtype import EXACT
from ....engine.numerics.fused_chains import PAIRED, adds_in_pairs
from ....engine.numerics.kernel_code import FLOAT32, KernelCode, simple
from ....engine.numerics.made_later import CALL
from ....engine.numerics.mkl_tanh import TABLE
from ....engine.numerics.onednn_products import filled
from ....engine.numerics.small_products import PART, fused_parts
from ....ops.elementwise.vector_functions import exp_loop

Array = np.ndarray[Any, Any]


def _simple(nonlinearity: str) -> tuple[KernelCode, KernelCode]:
    """The code of a layer and of its gradient."""

    def layer(*given: Any) -> None:
        from . import rnn_code as code

        code.simple_layer(getattr(code, nonlinearity))(*given)

    def backward(*given: Any) -> None:
        from . import rnn_code as code

        code.simple_backward(getattr(code, f"through_{nonlinearity}"))(*given)

    return KernelCode(layer, "a" * 8 + "iiiii"), KernelCode(backward, "a" * 6 + "iiiii")


def _written(name: str) -> Callable[..., None]:
    def write(*given: Any) -> None:
        from . import rnn_code as code

        getattr(code, name)(*given)

    return write


#: of each kind of layer its code, and that of its gradient
LAYERS = {
    "RNN_TANH": _simple("tanh"),
    "RNN_RELU": _simple("relu"),
    "GRU": (
        KernelCode(_written("gru"), "a" * 9 + "i" * 7),
        KernelCode(_written("gru_backward"), "a" * 10 + "iiiii"),
    ),
}
WEIGHT = KernelCode(_written("weight_gradient"), "aaaaiiiii")
#: units from which on, of four sequences or more
FEWEST = 12
#: steps of a layer that a program has one by one
MOST_STEPS = 16
#: calls of NumPy in each step
CALLS = {"RNN_TANH": 6, "RNN_RELU": 6, "GRU": 25}


def forward(
    mode: str, gates: Array, w_hh: Array, b_hh: Array, h: Array, reverse: bool, outputs: Array, saved: Array
) -> bool:
    """Fill `outputs` (T, N, H) and `saved`, if there is machine code for it."""
    code = LAYERS[mode][0]
    arrays = gates, b_hh, h, outputs, saved
    if not (_fits(h.shape, w_hh) and simple(*arrays) and code.ready(_work(mode, outputs, w_hh))):
        return False
    weight, room, parts = filled(w_hh.T), np.empty(gates.shape[1:], FLOAT32), fused_parts(h.shape[1])
    kept, loop = ([saved], exp_loop() or ()) if saved.size else ([], ())
    code(
        gates, b_hh, h, weight, outputs, *kept, room, TABLE, parts, len(parts), *loop, *outputs.shape, reverse
    )
    return True


def backward(
    mode: str,
    output: Array,
    saved: Array,
    h0: Array,
    w_hh: Array,
    grad_output: Array,
    grad_h: Array,
    reverse: bool,
) -> tuple[Array, Array, Array, Array] | None:
    """The gradients at weight_ih's and at weight_hh's rows, of h and of the recurrent weight."""
    code = LAYERS[mode][1]
    if not (_fits(output.shape[1:], w_hh) and output.shape[1] <= PART):
        return None
    grad_output = np.ascontiguousarray(grad_output)
    if not simple(output, saved, h0, w_hh, grad_output):
        return None
    ready = [each.ready(_work(mode, output, w_hh)) for each in (code, WEIGHT)]  # of both at once
    if not all(ready):
        return None
    (steps, batch, n), rows = output.shape, len(w_hh)
    at_h, parts = np.empty((steps, batch, rows), FLOAT32), fused_parts(rows)
    kept, recurrent = np.array(grad_h, FLOAT32), filled(w_hh)
    if mode == "GRU":
        back, at_x = np.full_like(kept, -0.0), np.empty_like(at_h)
        given = output, saved, h0, grad_output, recurrent, kept, back, at_x, at_h, parts
        code(*given, len(parts), steps, batch, n, reverse)
        kept += back
    else:
        at_x = at_h
        code(output, grad_output, kept, recurrent, at_h, parts, len(parts), steps, batch, n, reverse)
    weight = np.empty(w_hh.shape, FLOAT32)
    WEIGHT(at_h, output, h0, weight, steps, batch, rows, n, reverse)
    return at_x, at_h, kept, weight


def room(x: Array, w_hh: Array) -> Callable[[tuple[int, ...]], Array]:
    """What makes arrays like the inputs. Narrow layers are steps of a program, if they are few."""
    if w_hh.shape[1] >= FEWEST or len(x) > MOST_STEPS:
        return lambda shape: np.empty(shape, x.dtype)  # which a program does not follow
    return lambda shape: np.zeros(shape, x.dtype, like=x)


def _fits(state: tuple[int, ...], w_hh: Array) -> bool:
    """Whether machine code has such layers, whose products are fused chains, of NumPy's calls too."""
    batch, n = state
    if adds_in_pairs() and batch * w_hh.size > PAIRED:
        return False
    return (
        w_hh.dtype == FLOAT32 and n >= FEWEST and batch >= 4 and batch * n <= EXACT and exp_loop() is not None
    )


def _work(mode: str, outputs: Array, w_hh: Array) -> int:
    """What NumPy does for all steps, as `made_later` counts it."""
    return len(outputs) * CALLS[mode] * CALL + outputs.size * len(w_hh) // 8
