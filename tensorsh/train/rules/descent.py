"""SGD, averaged SGD, Rprop: a step along the gradient, or along its sign."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.numerics import fma
from . import traced
from .parts import Array, Options, State, by_blocks, count, number, penalised, zero


def sgd(w: Array, g: Array, state: State, options: Options) -> None:
    """`w -= lr * g`, with momentum `v = momentum * v + g; w -= lr * v`."""
    momentum = options["momentum"]
    step = -number(options["lr"])
    if momentum == 0:
        by_blocks(lambda w, g: fma.add(w, penalised(w, g, options), step), w, g)
        return
    begins = state.get("momentum_buffer") is None
    if begins:
        state["momentum_buffer"] = np.empty_like(w)

    def update(w: Array, g: Array, velocity: Array) -> None:
        g = penalised(w, g, options)
        if begins:
            velocity[...] = g
        else:
            fma.scale(velocity, momentum)
            fma.add(velocity, g, 1 - options["dampening"])
        if options["nesterov"]:
            g = g.copy()
            fma.add(g, velocity, momentum)
        else:
            g = velocity
        fma.add(w, g, step)

    by_blocks(update, w, g, state["momentum_buffer"])


sgd.lowered = traced.sgd  # type: ignore[attr-defined]


def asgd(w: Array, g: Array, state: State, options: Options) -> None:
    """SGD whose steps shrink, with the average of the parameters beside it (Polyak & Juditsky 1992)."""
    lr, lambd = number(options["lr"]), options["lambd"]
    if not state:
        state.update(step=zero(), eta=zero(float(lr)), mu=zero(1.0), ax=np.zeros_like(w))
    step = count(state)
    eta, mu = state["eta"].item(), state["mu"]

    def update(w: Array, g: Array, mean: Array) -> None:
        g = penalised(w, g, options)
        fma.scale(w, 1 - lambd * eta)
        fma.add(w, g, -eta)
        if mu != 1:
            way = w - mean
            fma.scale(way, mu.item())
            mean += way
        else:
            mean[...] = w

    by_blocks(update, w, g, state["ax"])
    state["eta"][...] = lr / (1 + lambd * lr * step) ** options["alpha"]
    mu[...] = 1 / max(1, step - options["t0"])


def rprop(w: Array, g: Array, state: State, options: Options) -> None:
    """Steps along the sign of the gradient, longer while it stays and shorter when it turns (Riedmiller 1993)."""
    if not state:
        lr: Any = number(options["lr"])
        state.update(step=zero(), prev=np.zeros_like(w))
        state["step_size"] = np.full_like(w, complex(lr, lr) if w.dtype.kind == "c" else lr)
    count(state)
    (shorter, longer), (least, most) = options["etas"], options["step_sizes"]

    def update(w: Array, g: Array, before: Array, size: Array) -> None:
        if options["maximize"]:
            g = -g
        turn = g * before
        factor = np.where(turn > 0, longer, np.where(turn < 0, shorter, np.where(turn == 0, 1, turn)))
        size *= factor.astype(size.dtype)
        np.clip(size, least, most, out=size)
        before[...] = np.where(turn < 0, 0, g)
        w -= np.sign(before) * size

    by_blocks(update, w, g, state["prev"], state["step_size"])
