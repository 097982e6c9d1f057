"""How an operation stands in a graph: its derivatives, and what they have a node keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import GradientError
from .schema import Schema

Rule = Callable[..., Any]


class Derivative:
    """One derivative function and what it wants to know.

    `function(grad, …)` returns the gradient of `inputs[0]` (or a tuple, one for each of `inputs`).
    Its parameter names say what it needs, and thereby what the operation saves:

        grad            the gradient of the output; `grads` the tuple of all, None where there is none
        NAME            the input or parameter of that name, as it was given
        NAME_spec       only the Spec of that input (saves nothing)
        output          the output (`outputs`: the tuple of them)
        output_spec     only its Spec
        needs           which of `inputs` want a gradient, as a tuple of bool

    `one`: PyTorch computes it in one operation, whose node what it makes is then named after: "" by
    the rule (GeluBackward0 → GeluBackwardBackward0), else as it says; None where it does not.
    """

    __slots__ = ("alone", "function", "inputs", "one", "sources", "wants_inputs", "wants_output")

    def __init__(self, function: Rule, inputs: tuple[str, ...], schema: Schema, one: str | None = None):
        self.function = function
        self.one = one
        self.inputs = tuple(schema.position(name) for name in inputs)
        self.alone = len(self.inputs) == 1
        self.sources = tuple([_source(name, schema) for name in parameters(function)])
        self.wants_inputs = tuple(i for kind, i in self.sources if kind == "input")
        self.wants_output = any(kind in ("output", "outputs") for kind, _ in self.sources)


def parameters(function: Rule) -> tuple[str, ...]:
    """The names of a function's parameters; one with a default only carries a value, and is left out."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount - len(function.__defaults__ or ())]


def _source(name: str, schema: Schema) -> tuple[str, int]:
    if name in ("grad", "grads", "output", "outputs", "output_spec", "needs"):
        return name, -1
    if name.endswith("_spec"):
        return "input_spec", schema.position(name.removesuffix("_spec"))
    return "input", schema.position(name)


def native_name(name: str) -> str:
    """What PyTorch's nodes call a parameter; they keep tensors, and ask for them, in the order of these names."""
    return "self" if name == "input" else name


def not_differentiable(function: str, argument: str) -> Exception:
    """An operation has derivatives, but none by this argument, which requires a gradient."""
    return GradientError(
        f"The function '{function}' is not differentiable with respect to argument '{argument}'. This input cannot "
        "have requires_grad True.",
        code="derivative-not-implemented",
        help="give it without a gradient: .detach()",
    )


class Recorded:
    """How an operation stands in a graph: what its node is called, its derivatives, and what they have it keep."""

    def __init__(self, schema: Schema, grad_fn: str | Callable[[tuple[Any, ...]], str]):
        self.schema = schema
        self.grad_fn = grad_fn
        self.derivatives: dict[int, Derivative] = {}
        self.tensors = tuple(i for i, p in enumerate(schema.parameters) if p.is_tensor)
        self.lists = tuple(i for i, p in enumerate(schema.parameters) if p.type == "Tensor[]")
        self.saves: dict[tuple[bool, ...], tuple[tuple[int, ...], bool]] = {}
        self.steps: dict[tuple[bool, ...], list[tuple[Derivative | None, list[int]]]] = {}

    def wraps(self, position: int) -> bool:
        """Whether PyTorch makes a tensor of a number there: it has no node of its own for numbers."""
        return position in self.derivatives and isinstance(self.grad_fn, str)

    def saved(self, needs: tuple[bool, ...]) -> tuple[tuple[int, ...], bool]:
        """(positions of inputs to save, whether to save the outputs) when `needs` want gradients."""
        found = self.saves.get(needs)
        if found is None:
            asked = [i for i, need in enumerate(needs) if need]
            for i in asked:
                if self.derivatives and i not in self.derivatives:
                    raise not_differentiable(self.schema.name, native_name(self.schema.parameters[i].name))
            wanted = [self.derivatives[i] for i in asked if i in self.derivatives]
            holders = {*self.tensors, *self.lists}
            kept = {i for d in wanted for i in d.wants_inputs if i in holders}
            positions = sorted(kept, key=lambda i: native_name(self.schema.parameters[i].name))
            found = self.saves[needs] = tuple(positions), any(d.wants_output for d in wanted)
        return found

    def native_order(self, step: tuple[Derivative | None, list[int]]) -> str:
        """By what PyTorch sorts derivatives, one after the other of which it computes."""
        return native_name(self.schema.parameters[step[1][0]].name)

    def wanted(self, needs: tuple[bool, ...]) -> list[tuple[Derivative | None, list[int]]]:
        """Each derivative that `needs` ask for, with the inputs it is asked for; None where there is none."""
        found = self.steps.get(needs)
        if found is None:
            asked: dict[Any, tuple[Derivative | None, list[int]]] = {}
            for i, need in enumerate(needs):
                if need:
                    derivative = self.derivatives.get(i)
                    asked.setdefault(derivative, (derivative, []))[1].append(i)
            found = self.steps[needs] = list(asked.values())
        return found
