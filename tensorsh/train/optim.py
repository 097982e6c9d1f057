"""Optimisers: the update rules of `torch.optim`, step for step and in the same order of rounding.

Each rule is a function of one parameter, its gradient and its state. What it does to arrays is an `update`
of parts of them, in place, so that large parameters change block by block without arrays in between.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from ..engine import context
from ..engine.inplace import bump
from ..engine.op import composite
from ..engine.parallel import BLOCK, LARGE, spread
from ..engine.tensor import Tensor
from ..errors import ArgumentError, GradientError, ValueError

Array = np.ndarray[Any, Any]
Rule = Callable[[Array, Array, dict[str, Any], dict[str, Any]], None]


class Optimizer:
    """Holds parameters and the state of an update rule; `step()` updates, `zero_grad()` clears.

    `options` are the rule's hyperparameters; `opt.lr = 0.01` changes one.
    """

    __slots__ = ("name", "options", "parameters", "rule", "state")

    #: what the language may use
    public: ClassVar[frozenset[str]] = frozenset({"step", "zero_grad", "lr", "params", "options"})

    def __init__(self, name: str, rule: Rule, parameters: Any, options: dict[str, Any]):
        self.name = name
        self.rule = rule
        self.parameters = leaves(parameters)
        self.options = options
        self.state: list[dict[str, Any]] = [{} for _ in self.parameters]

    @property
    def params(self) -> list[Tensor]:
        return list(self.parameters)

    @property
    def lr(self) -> float:
        """The learning rate."""
        trace = context.current.trace
        return self.options["lr"] if trace is None else trace.option(self.options, "lr")

    @lr.setter
    def lr(self, value: float) -> None:
        if context.current.trace is not None:
            context.current.trace.stop("a hyperparameter is set")
        options, before = self.options, self.options["lr"]
        context.current.journal.record(lambda: options.__setitem__("lr", before))
        options["lr"] = float(value)

    def step(self) -> None:
        """One update of every parameter that has a gradient."""
        if context.current.trace is not None:
            return context.current.trace.step(self)
        journal = context.current.journal
        for parameter, state in zip(self.parameters, self.state, strict=True):
            gradient = parameter.grad_slot
            if gradient is None or parameter.is_meta:
                continue
            if journal.active:
                journal.save_array(parameter.array)
                save_state(journal, state)
            self.rule(parameter.array, gradient.array, state, self.options)
            bump(parameter)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients (or, with set_to_none=False, fill them with zeros)."""
        journal = context.current.journal
        for parameter in self.parameters:
            if parameter.grad_slot is None:
                continue
            if set_to_none:
                journal.save_attributes(parameter, "grad_slot")
                parameter.grad_slot = None
            else:
                journal.save_array(parameter.grad_slot.array)
                parameter.grad_slot.array[...] = 0

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v!r}" for k, v in self.options.items())
        return f"{self.name}({len(self.parameters)} parameters, {options})"


def save_state(journal: Any, state: dict[str, Any]) -> None:
    if not journal.first(state):
        return
    before = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in state.items()}

    def undo() -> None:
        state.clear()
        state.update(before)

    journal.record(undo)


def leaves(parameters: Any) -> list[Tensor]:
    """The parameters, checked: leaves that can be optimised."""
    items = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if not items:
        raise ValueError("optimizer got an empty parameter list")
    for item in items:
        if not isinstance(item, Tensor):
            raise ArgumentError(
                f"optimizer can only optimize Tensors, but one of the params is {type(item).__name__}"
            )
        if not item.is_leaf:
            raise GradientError(
                "can't optimize a non-leaf Tensor",
                help="give the optimiser the `param` itself, not a value made of it",
            )
    return items


def check(name: str, value: float, low: float = 0.0, high: float = float("inf")) -> None:
    if not low <= value <= high:
        raise ValueError(f"Invalid {name}: {value}")


def by_blocks(update: Callable[..., None], *arrays: Array) -> None:
    """Change arrays of one shape in place: block by block on all cores where they are large."""
    if all(a.flags.c_contiguous for a in arrays):
        arrays = tuple([a.reshape(-1) for a in arrays])
        if arrays[0].size >= LARGE:
            spread(lambda lo, hi: update(*[a[lo:hi] for a in arrays]), arrays[0].size, BLOCK)
            return
    update(*arrays)


def _regularised(w: Array, g: Array, options: dict[str, Any]) -> Array:
    """The gradient to descend: negated to maximise, with the L2 penalty's added."""
    if options.get("maximize"):
        g = -g
    decay = options["weight_decay"]
    return g if decay == 0 else g + w * decay


def sgd_rule(w: Array, g: Array, state: dict[str, Any], options: dict[str, Any]) -> None:
    lr, momentum = options["lr"], options["momentum"]

    def update(w: Array, g: Array, velocity: Array | None = None) -> None:
        g = _regularised(w, g, options)
        if velocity is not None:
            if begins:
                velocity[...] = g
            else:
                velocity *= momentum
                velocity += g * (1 - options["dampening"])
            g = g + velocity * momentum if options["nesterov"] else velocity
        w += g * -lr

    begins = not state
    if momentum != 0 and begins:
        state["velocity"] = np.empty_like(w)
    by_blocks(update, w, g, *(state.values() if momentum != 0 else ()))


def sgd_lowered(trace: Any, w: Any, g: Any, state: dict[str, Any], options: dict[str, Any]) -> bool:
    """The plain rule as two calls of a compiled program."""
    if not trace.expect(options, momentum=0.0, weight_decay=0.0, maximize=False):
        return False
    trace.write(w, trace.ufunc(np.add, w, trace.ufunc(np.multiply, g, -trace.option(options, "lr"))))
    return True


sgd_rule.lowered = sgd_lowered  # type: ignore[attr-defined]


def adam_rule(w: Array, g: Array, state: dict[str, Any], options: dict[str, Any]) -> None:
    if not state:
        state.update(step=0, mean=np.zeros_like(w), square=np.zeros_like(w))
        if options["amsgrad"]:
            state["largest"] = np.zeros_like(w)
    state["step"] += 1
    lr, eps, (beta1, beta2) = options["lr"], options["eps"], options["betas"]
    correction1 = 1 - beta1 ** state["step"]
    correction2 = sqrt(1 - beta2 ** state["step"])

    def update(w: Array, g: Array, mean: Array, square: Array, largest: Array | None = None) -> None:
        if options["decoupled"]:
            w *= 1 - lr * options["weight_decay"]
            g = -g if options["maximize"] else g
        else:
            g = _regularised(w, g, options)
        change = g - mean
        change *= 1 - beta1
        mean += change
        square *= beta2
        np.multiply(g, g, change)
        change *= 1 - beta2
        square += change
        if largest is not None:
            square = np.maximum(largest, square, out=largest)
        denominator = np.sqrt(square, change)
        denominator /= correction2
        denominator += eps
        change = np.divide(mean, denominator, denominator)
        change *= -(lr / correction1)
        w += change

    by_blocks(update, w, g, *[v for v in state.values() if isinstance(v, np.ndarray)])


def rmsprop_rule(w: Array, g: Array, state: dict[str, Any], options: dict[str, Any]) -> None:
    lr, alpha, eps, momentum = (options[name] for name in ("lr", "alpha", "eps", "momentum"))
    if not state:
        state["square"] = np.zeros_like(w)
        if momentum > 0:
            state["velocity"] = np.zeros_like(w)
        if options["centered"]:
            state["mean"] = np.zeros_like(w)
    names = list(state)

    def update(w: Array, g: Array, *arrays: Array) -> None:
        part = dict(zip(names, arrays, strict=True))
        g = _regularised(w, g, options)
        square = part["square"]
        square *= alpha
        change = g * g
        change *= 1 - alpha
        square += change
        if options["centered"]:
            mean = part["mean"]
            mean += (g - mean) * (1 - alpha)
            square = square - mean * mean
        root = np.sqrt(square, change)
        root += eps
        change = np.divide(g, root, root)
        if momentum > 0:
            velocity = part["velocity"]
            velocity *= momentum
            velocity += change
            np.multiply(velocity, -lr, change)
        else:
            change *= -lr
        w += change

    by_blocks(update, w, g, *state.values())


@composite(
    "sgd(any params, float lr=0.001, float momentum=0.0, float dampening=0.0, float weight_decay=0.0, "
    "bool nesterov=False, *, bool maximize=False)",
    names=("sgd",),
)
def sgd(params, lr, momentum, dampening, weight_decay, nesterov, maximize):
    """Stochastic gradient descent: `w -= lr * g`, with momentum `v = momentum * v + g; w -= lr * v`.

    >>> param w = [1., 2.]
    >>> opt = sgd([w], lr=0.1)
    >>> backward (w * w).sum()
    >>> opt.step()
    >>> w
    tensor([0.8000, 1.6000], requires_grad=True)
    """
    check("learning rate", lr)
    check("momentum value", momentum)
    check("weight_decay value", weight_decay)
    if nesterov and (momentum <= 0 or dampening != 0):
        raise ValueError("Nesterov momentum requires a momentum and zero dampening")
    options = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
    return Optimizer("sgd", sgd_rule, params, {**options, "nesterov": nesterov, "maximize": maximize})


def _adam(
    name: str, params: Any, lr: float, betas: Any, eps: float, weight_decay: float, **flags: bool
) -> Optimizer:
    check("learning rate", lr)
    check("epsilon value", eps)
    betas = tuple(float(b) for b in betas)
    for i, beta in enumerate(betas):
        if not 0 <= beta < 1:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
    check("weight_decay value", weight_decay)
    return Optimizer(
        name, adam_rule, params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, **flags}
    )


@composite(
    "adam(any params, float lr=0.001, any betas=(0.9, 0.999), float eps=1e-08, float weight_decay=0.0, "
    "bool amsgrad=False, *, bool maximize=False)",
    names=("adam",),
)
def adam(params, lr, betas, eps, weight_decay, amsgrad, maximize):
    """Adam (Kingma & Ba 2015): steps scaled by running means of the gradient and of its square.

    >>> param w = [1., 2.]
    >>> opt = adam([w], lr=0.1)
    >>> backward (w * w).sum()
    >>> opt.step()
    >>> w
    tensor([0.9000, 1.9000], requires_grad=True)
    """
    return _adam(
        "adam", params, lr, betas, eps, weight_decay, amsgrad=amsgrad, maximize=maximize, decoupled=False
    )


@composite(
    "adamw(any params, float lr=0.001, any betas=(0.9, 0.999), float eps=1e-08, float weight_decay=0.01, "
    "bool amsgrad=False, *, bool maximize=False)",
    names=("adamw",),
)
def adamw(params, lr, betas, eps, weight_decay, amsgrad, maximize):
    """Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019).

    >>> param w = [1., 2.]
    >>> opt = adamw([w], lr=0.1)
    >>> backward (w * w).sum()
    >>> opt.step()
    >>> w
    tensor([0.8990, 1.8980], requires_grad=True)
    """
    return _adam(
        "adamw", params, lr, betas, eps, weight_decay, amsgrad=amsgrad, maximize=maximize, decoupled=True
    )


@composite(
    "rmsprop(any params, float lr=0.01, float alpha=0.99, float eps=1e-08, float weight_decay=0.0, "
    "float momentum=0.0, bool centered=False, *, bool maximize=False)",
    names=("rmsprop",),
)
def rmsprop(params, lr, alpha, eps, weight_decay, momentum, centered, maximize):
    """RMSprop (Hinton 2012): steps divided by a running root mean square of the gradient.

    >>> param w = [1., 2.]
    >>> opt = rmsprop([w], lr=0.1)
    >>> backward (w * w).sum()
    >>> opt.step()
    >>> w
    tensor([5.9605e-08, 1.0000e+00], requires_grad=True)
    """
    check("learning rate", lr)
    check("epsilon value", eps)
    check("momentum value", momentum)
    check("weight_decay value", weight_decay)
    check("alpha value", alpha)
    options = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay}
    return Optimizer(
        "rmsprop",
        rmsprop_rule,
        params,
        {**options, "momentum": momentum, "centered": centered, "maximize": maximize},
    )
