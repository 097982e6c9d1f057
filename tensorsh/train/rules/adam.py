"""Adam and its relatives: steps along running means of the gradient, scaled by those of its square."""

from __future__ import annotations

import numpy as np

from ...engine.numerics import fma, vector_sqrt
from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from . import traced
from .parts import Array, Options, State, by_blocks, count, number, penalised, zero

#: the update, where roots are NumPy's and where they are MKL's; calls of NumPy, and how often they go over the elements
CODE = KernelCode(written("adam_routines", "adam"), "aaaaiddddddd")
FEW = KernelCode(written("adam_routines", "adam_of_few"), "aaaaaiddddddd")
CALLS, PASSES = 20, 20


def _begin(w: Array, state: State) -> None:
    state["exp_avg"] = np.zeros_like(w)
    state["exp_avg_sq"] = np.zeros_like(w)


def _decayed(w: Array, g: Array, options: Options) -> Array:
    """The gradient to descend; weight decay that is decoupled from it shrinks the parameter at once."""
    if not options["decoupled_weight_decay"]:
        return penalised(w, g, options)
    decay = options["weight_decay"]
    if decay != 0:
        fma.scale(w, 1 - number(options["lr"]) * decay)
    return -g if options["maximize"] else g


def _averaged(g: Array, mean: Array, square: Array, beta1: float, beta2: float) -> None:
    fma.lerp(mean, g, 1 - beta1)
    fma.scale(square, beta2)
    fma.add_product(square, g, g, 1 - beta2)


def adam(w: Array, g: Array, state: State, options: Options) -> None:
    """Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019)."""
    if not state:
        state["step"] = zero()
        _begin(w, state)
        if options["amsgrad"]:
            state["max_exp_avg_sq"] = np.zeros_like(w)
    step = count(state)
    beta1, beta2 = map(number, options["betas"])
    size = -(number(options["lr"]) / (1 - beta1**step))
    correction = (1 - beta2**step) ** 0.5
    eps = options["eps"]
    sqrt = vector_sqrt.of_parts(w)

    decoupled = options["decoupled_weight_decay"]
    decay = options["weight_decay"] if decoupled else 0
    kept = 1 - number(options["lr"]) * decay if decay else 1.0
    plain = not options["amsgrad"] and -0.5 < 1 - beta1 < 0.5
    code, tables = (CODE, ()) if sqrt is np.sqrt else (FEW, (vector_sqrt.fractions(),))
    numbers = kept, 1 - beta1, beta2, 1 - beta2, correction, float(eps), size

    def update(w: Array, g: Array, mean: Array, square: Array, largest: Array | None = None) -> None:
        if plain and simple(w, g, mean, square) and code.ready(w.size * PASSES + CALL * CALLS):
            if not decoupled:
                g = penalised(w, g, options)
            elif options["maximize"]:
                g = -g
            code(w, g, mean, square, *tables, w.size, *numbers)
            return
        g = _decayed(w, g, options)
        _averaged(g, mean, square, beta1, beta2)
        if largest is not None:
            square = np.maximum(largest, square, out=largest)
        scale = sqrt(square)
        fma.divide(scale, correction)
        scale += scale.dtype.type(eps)
        fma.add_quotient(w, mean, scale, size)

    more = (state["max_exp_avg_sq"],) if options["amsgrad"] else ()
    by_blocks(update, w, g, state["exp_avg"], state["exp_avg_sq"], *more)


adam.lowered = traced.adam  # type: ignore[attr-defined]


def adamax(w: Array, g: Array, state: State, options: Options) -> None:
    """Adam with the largest gradient in place of the mean square (Kingma & Ba 2015)."""
    if not state:
        state.update(step=zero(), exp_avg=np.zeros_like(w), exp_inf=np.zeros_like(w))
    step = count(state)
    beta1, beta2 = options["betas"]
    size = -(number(options["lr"]) / (1 - beta1**step))

    def update(w: Array, g: Array, mean: Array, largest: Array) -> None:
        g = penalised(w, g, options)
        fma.lerp(mean, g, 1 - beta1)
        fma.scale(largest, beta2)
        np.maximum(largest, np.abs(g) + g.dtype.type(options["eps"]), out=largest)
        fma.add_quotient(w, mean, largest, size)

    by_blocks(update, w, g, state["exp_avg"], state["exp_inf"])


def nadam(w: Array, g: Array, state: State, options: Options) -> None:
    """Adam with Nesterov's momentum (Dozat 2016)."""
    if not state:
        state.update(step=zero(), mu_product=zero(1.0))
        _begin(w, state)
    step = count(state)
    beta1, beta2 = options["betas"]
    lr, decay = number(options["lr"]), options["momentum_decay"]
    mu = beta1 * (1.0 - 0.5 * 0.96 ** (step * decay))
    following = beta1 * (1.0 - 0.5 * 0.96 ** ((step + 1) * decay))
    product = state["mu_product"]
    fma.scale(product, mu)
    so_far = product.item()
    correction = 1 - beta2**step
    sqrt = vector_sqrt.of_parts(w)

    def update(w: Array, g: Array, mean: Array, square: Array) -> None:
        g = _decayed(w, g, options)
        _averaged(g, mean, square, beta1, beta2)
        scale = square.copy()
        fma.divide(scale, correction)
        sqrt(scale, scale)
        scale += scale.dtype.type(options["eps"])
        fma.add_quotient(w, g, scale, -lr * (1.0 - mu) / (1.0 - so_far))
        fma.add_quotient(w, mean, scale, -lr * following / (1.0 - so_far * following))

    by_blocks(update, w, g, state["exp_avg"], state["exp_avg_sq"])


def radam(w: Array, g: Array, state: State, options: Options) -> None:
    """Adam that scales only once the variance can be trusted (Liu et al. 2019)."""
    if not state:
        state["step"] = zero()
        _begin(w, state)
    step = count(state)
    beta1, beta2 = options["betas"]
    correction1, correction2 = 1 - beta1**step, 1 - beta2**step
    most = 2 / (1 - beta2) - 1
    length = most - 2 * step * (beta2**step) / correction2
    sqrt = vector_sqrt.of_parts(w)

    def update(w: Array, g: Array, mean: Array, square: Array) -> None:
        g = _decayed(w, g, options)
        kind = w.dtype.type
        _averaged(g, mean, square, beta1, beta2)
        change = mean.copy()
        fma.divide(change, correction1)
        fma.scale(change, number(options["lr"]))
        if length > 5.0:
            scale = sqrt(square)
            scale += kind(options["eps"])
            np.divide(1, scale, scale)
            fma.scale(scale, correction2**0.5)
            change *= scale
            rest = (length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)
            fma.scale(change, rest**0.5)
        w -= change

    by_blocks(update, w, g, state["exp_avg"], state["exp_avg_sq"])
