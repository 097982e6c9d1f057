"""Adagrad, Adadelta, RMSprop: the gradient divided by the root of what its squares come to."""

from __future__ import annotations

import numpy as np

from ...engine.numerics import fma, vector_sqrt
from .parts import Array, Options, State, by_blocks, count, number, penalised, zero


def adagrad(w: Array, g: Array, state: State, options: Options) -> None:
    """Divided by the root of the sum of all squares (Duchi et al. 2011)."""
    if not state:
        state.update(begin_adagrad(w, options))
    size = -(number(options["lr"]) / (1 + (count(state) - 1) * options["lr_decay"]))
    sqrt = vector_sqrt.of_parts(w)

    def update(w: Array, g: Array, total: Array) -> None:
        g = penalised(w, g, options)
        fma.add_product(total, g, g)
        root = sqrt(total)
        root += root.dtype.type(options["eps"])
        fma.add_quotient(w, g, root, size)

    by_blocks(update, w, g, state["sum"])


def begin_adagrad(w: Array, options: Options) -> State:
    """The state before the first step, which the class makes at once."""
    start = options["initial_accumulator_value"]
    return {
        "step": zero(),
        "sum": np.full_like(w, complex(start, start) if w.dtype.kind == "c" else start),
    }


def adadelta(w: Array, g: Array, state: State, options: Options) -> None:
    """The ratio of the running roots of squared changes and squared gradients (Zeiler 2012)."""
    if not state:
        state.update(step=zero(), square_avg=np.zeros_like(w), acc_delta=np.zeros_like(w))
    count(state)
    rho, eps, lr = options["rho"], options["eps"], number(options["lr"])
    sqrt = vector_sqrt.of_parts(w)

    def update(w: Array, g: Array, square: Array, changes: Array) -> None:
        g = penalised(w, g, options)
        kind = w.dtype.type
        fma.scale(square, rho)
        fma.add_product(square, g, g, 1 - rho)
        change = sqrt(changes + kind(eps))
        change /= sqrt(square + kind(eps))
        change *= g
        fma.scale(changes, rho)
        fma.add_product(changes, change, change, 1 - rho)
        fma.add(w, change, -lr)

    by_blocks(update, w, g, state["square_avg"], state["acc_delta"])


def rmsprop(w: Array, g: Array, state: State, options: Options) -> None:
    """Divided by a running root mean square (Hinton 2012)."""
    momentum, centered, alpha = options["momentum"], options["centered"], options["alpha"]
    if not state:
        state.update(step=zero(), square_avg=np.zeros_like(w))
        if momentum > 0:
            state["momentum_buffer"] = np.zeros_like(w)
        if centered:
            state["grad_avg"] = np.zeros_like(w)
    count(state)
    size = -number(options["lr"])
    sqrt = vector_sqrt.of_parts(w)

    def update(w: Array, g: Array, square: Array, *more: Array) -> None:
        g = penalised(w, g, options)
        fma.scale(square, alpha)
        fma.add_product(square, g, g, 1 - alpha)
        if centered:
            mean = more[-1]
            fma.lerp(mean, g, 1 - alpha)
            root = square.copy()
            fma.add_product(root, mean, mean, -1)
            sqrt(root, root)
        else:
            root = sqrt(square)
        root += root.dtype.type(options["eps"])
        if momentum > 0:
            velocity = more[0]
            fma.scale(velocity, momentum)
            fma.add_quotient(velocity, g, root)
            fma.add(w, velocity, size)
        else:
            fma.add_quotient(w, g, root, size)

    names = ["momentum_buffer"] * (momentum > 0) + ["grad_avg"] * bool(centered)
    by_blocks(update, w, g, state["square_avg"], *[state[name] for name in names])
