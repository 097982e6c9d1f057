"""Optimisers of tensorsh's own programs: `opt = sgd([w], lr=0.1)`, by the rules that `torch.optim` has, too."""

from __future__ import annotations

from typing import Any, ClassVar

from ..engine.core import context
from ..engine.records.op import composite
from ..engine.run.inplace import bump
from ..engine.values.tensor import Tensor
from ..errors import ArgumentError, BadValue, GradientError
from ..kinds import Kind, describe
from .rules import adam as adam_rules
from .rules import descent, squares
from .rules.parts import Rule


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
        return context.current().mode.option(self.options, "lr")

    @lr.setter
    def lr(self, value: float) -> None:
        context.current().mode.change("a hyperparameter is set")
        options = self.options
        context.current().journal.record(
            lambda: options["lr"], lambda before: options.__setitem__("lr", before)
        )
        options["lr"] = float(value)

    def step(self) -> None:
        """One update of every parameter that has a gradient."""
        if context.current().mode.step(self):
            return
        journal = context.current().journal
        for parameter, state in zip(self.parameters, self.state, strict=True):
            gradient = parameter.grad_slot
            if gradient is None:
                continue
            if parameter.is_meta:
                bump(parameter)
                continue
            if journal.active:
                journal.save_array(parameter.array)
                journal.save_memory(state)
            self.rule(parameter.array, gradient.array, state, self.options)
            bump(parameter)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients (or, with set_to_none=False, fill them with zeros)."""
        journal = context.current().journal
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


def follow(optimizer: Optimizer, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """A program holds for this optimiser, and takes its parameters from it."""
    reach.same(optimizer, path)
    for i, parameter in enumerate(optimizer.parameters):
        reach.tensor(parameter, f"{path}.parameters[{i}]", False)


describe(Optimizer, Kind(follow=follow))


def leaves(parameters: Any) -> list[Tensor]:
    """The parameters, checked: leaves that can be optimised."""
    items = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if not items:
        raise BadValue("optimizer got an empty parameter list", raises=ValueError)
    for item in items:
        if not isinstance(item, Tensor):
            raise ArgumentError(
                f"optimizer can only optimize Tensors, but one of the params is {type(item).__name__}"
            )
        if not item.is_leaf:
            raise GradientError(
                "can't optimize a non-leaf Tensor",
                raises=ValueError,
                help="give the optimiser the `param` itself, not a value made of it",
            )
    return items


def check(name: str, value: float, low: float = 0.0, high: float = float("inf")) -> None:
    if not low <= value <= high:
        raise BadValue(f"Invalid {name}: {value}", raises=ValueError)


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
        raise BadValue("Nesterov momentum requires a momentum and zero dampening", raises=ValueError)
    options = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
    return Optimizer("sgd", descent.sgd, params, {**options, "nesterov": nesterov, "maximize": maximize})


def _adam(
    name: str, params: Any, lr: float, betas: Any, eps: float, weight_decay: float, **flags: bool
) -> Optimizer:
    check("learning rate", lr)
    check("epsilon value", eps)
    betas = tuple(float(b) for b in betas)
    for i, beta in enumerate(betas):
        if not 0 <= beta < 1:
            raise BadValue(f"Invalid beta parameter at index {i}: {beta}", raises=ValueError)
    check("weight_decay value", weight_decay)
    return Optimizer(
        name,
        adam_rules.adam,
        params,
        {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, **flags},
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
        "adam",
        params,
        lr,
        betas,
        eps,
        weight_decay,
        amsgrad=amsgrad,
        maximize=maximize,
        decoupled_weight_decay=False,
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
        "adamw",
        params,
        lr,
        betas,
        eps,
        weight_decay,
        amsgrad=amsgrad,
        maximize=maximize,
        decoupled_weight_decay=True,
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
        squares.rmsprop,
        params,
        {**options, "momentum": momentum, "centered": centered, "maximize": maximize},
    )
