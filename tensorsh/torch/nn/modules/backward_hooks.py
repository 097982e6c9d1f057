"""What calls a module's backward hooks: the module's inputs and outputs pass through a node of their own.

Gradients reach the node at the outputs first (`grad_output`), then the one at the inputs (`grad_input`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....engine.core.warn import warn
from ....engine.values.tensor import Tensor
from ...autograd.function import Function
from ...namespace import torch

Hook = Callable[..., Any]
Gradients = tuple[Tensor | None, ...]


class Crossing:
    """One call of a module that has full backward hooks.

    outputs    gradients of the outputs, between the two nodes
    entered    positions of the tensors among the inputs; None where no input has a gradient
    likes      shape and dtype of those tensors, and whether they have a gradient
    """

    def __init__(self, module: Any, hooks: list[Hook], pre_hooks: list[Hook]):
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.outputs: Gradients | None = None
        self.entered: list[int] | None = None
        self.likes: list[tuple[Any, Any, bool]] = []
        self.inputs = 0

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments behind the node at the inputs."""

        def hook(grads: Gradients, _: Gradients) -> Any:  # errors name it
            return self._leave_inputs(grads)

        self.inputs = len(args)
        passed, self.entered = _pass(args, hook)
        self.likes = [(args[i].shape, args[i].dtype, args[i].requires_grad) for i in self.entered or ()]
        return passed

    def leave(self, result: Any) -> Any:
        """The result behind the node at the outputs."""
        alone = not isinstance(result, tuple)
        outputs = (result,) if alone else result

        def hook(_: Gradients, grads: Gradients) -> Any:
            return self._reach_outputs(grads, left or [], len(outputs))

        passed, left = _pass(outputs, hook)
        return passed[0] if alone else passed

    def _reach_outputs(self, grads: Gradients, left: list[int], count: int) -> Gradients:
        outputs: Any = _spread(left, grads, count)
        for hook in self.pre_hooks:
            answer = hook(self.module, outputs)
            if answer is None:
                continue
            if len(answer) != count:
                raise RuntimeError(
                    "Backward pre hook returned an invalid number of grad_output, "
                    f"got {len(answer)}, but expected {count}"
                )
            outputs = answer
        self.outputs = outputs
        if self.entered is None:
            self._without_inputs(outputs)
        return tuple(outputs[i] for i in left)

    def _without_inputs(self, outputs: Gradients) -> None:
        """No input has a gradient: the hooks are called at once."""
        warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs "
            "require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module."
            "register_full_backward_hook for more details."
        )
        for hook in self.hooks:
            answer = hook(self.module, (None,) * self.inputs, outputs)
            if answer is not None and not (isinstance(answer, tuple) and all(g is None for g in answer)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None "
                    "for all gradients."
                )
        self.outputs = None

    def _leave_inputs(self, grads: Gradients) -> Gradients | None:
        if self.outputs is None or self.entered is None:  # the gradient did not come through the outputs
            return None
        filled = [
            torch.zeros(shape, dtype=dtype) if grad is None else grad
            for grad, (shape, dtype, _) in zip(grads, self.likes, strict=True)
        ]
        found: Any = _spread(self.entered, tuple(filled), self.inputs)
        for hook in self.hooks:
            answer = hook(self.module, found, self.outputs)
            if answer is None:
                continue
            if len(answer) != len(found):
                raise RuntimeError(
                    "Backward hook returned an invalid number of grad_input, "
                    f"got {len(answer)}, but expected {len(found)}"
                )
            found = answer
        self.outputs = None
        return tuple(
            found[i] if wanted else None for i, (_, _, wanted) in zip(self.entered, self.likes, strict=True)
        )


def attach_to_node(module: Any, hooks: list[Hook], args: tuple[Any, ...], result: Any) -> None:
    """The old backward hooks: they see what the node of the result gets and gives."""
    found = result
    while not isinstance(found, Tensor):
        found = (
            next(v for v in found.values() if isinstance(v, Tensor)) if isinstance(found, dict) else found[0]
        )
    if found.grad_fn is not None:
        for hook in hooks:
            found.grad_fn.register_hook(lambda *grads, hook=hook: hook(module, *grads))


# ------------------------------------------------------------------ the node


class BackwardHookFunction(Function):
    """The identity, a node in the graph."""

    @staticmethod
    def forward(ctx: Any, *args: Tensor) -> tuple[Tensor, ...]:
        ctx.mark_non_differentiable(*(arg for arg in args if not arg.requires_grad))
        return args

    @staticmethod
    def backward(ctx: Any, *args: Tensor) -> tuple[Tensor, ...]:
        return args


def _pass(
    values: tuple[Any, ...], hook: Callable[[Gradients, Gradients], Any]
) -> tuple[Any, list[int] | None]:
    """The values with a node behind them, and the positions of the tensors among them."""
    at = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
    if not torch.is_grad_enabled() or not any(values[i].requires_grad for i in at):
        return values, None
    passed = BackwardHookFunction.apply(*(values[i] for i in at))
    found = list(values)
    for i, t in zip(at, passed, strict=True):
        found[i] = t
    next(t.grad_fn for t in passed if t.grad_fn is not None).register_hook(hook)
    if type(values) is tuple:
        return tuple(found), at
    return type(values)(*found), at


def _spread(at: list[int], values: Gradients, count: int) -> Gradients:
    """Values at their positions among `count`, None elsewhere."""
    found: list[Tensor | None] = [None] * count
    for i, value in zip(at, values, strict=True):
        found[i] = value
    return tuple(found)
