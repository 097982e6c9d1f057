"""functorch, as old programs import it: torch.func under warnings, and modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import wraps
from typing import Any

from ..engine.core.warn import warn
from .namespace import torch
from .nn.modules.module import Module

__all__ = [
    "FunctionalModule", "FunctionalModuleWithBuffers", "combine_state_for_ensemble", "functionalize", "grad",
    "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "make_functional", "make_functional_with_buffers", "vjp",
    "vmap",
]  # fmt: skip


def _deprecated(name: str, instead: str) -> None:
    warn(
        "We've integrated functorch into PyTorch. As the final step of the integration, "
        f"`functorch.{name}` is deprecated as of PyTorch 2.0 and will be deleted in a future version of PyTorch >= "
        f"2.3. Please use `{instead}` instead; see the PyTorch 2.0 release notes and/or the `torch.func` migration "
        "guide for more details https://pytorch.org/docs/main/func.migrating.html",
        FutureWarning,
    )


def _as_in_func(name: str) -> Callable[..., Any]:
    function = getattr(torch.func, name)
    instead = "torch.vmap" if name == "vmap" else f"torch.func.{name}"

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        _deprecated(name, instead)
        return function(*args, **kwargs)

    return call


functionalize, grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp, vmap = map(
    _as_in_func,
    ("functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp", "vmap"),
)


class FunctionalModuleWithBuffers(Module):
    """A module called with its parameters and buffers: `f(params, buffers, *args)`."""

    __module__ = "torch._functorch.make_functional"

    def __init__(self, model: Module, names: Sequence[str], buffers: Sequence[str]) -> None:
        super().__init__()
        self.stateless_model = model
        self.param_names, self.buffer_names = tuple(names), tuple(buffers)

    def forward(self, params: Sequence[Any], buffers: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
        state = dict(zip((*self.param_names, *self.buffer_names), (*params, *buffers), strict=True))
        return torch.func.functional_call(self.stateless_model, state, args, kwargs)


class FunctionalModule(FunctionalModuleWithBuffers):
    """A module called with its parameters: `f(params, *args)`."""

    __module__ = "torch._functorch.make_functional"

    def forward(self, params: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
        return super().forward(params, (), *args, **kwargs)


def make_functional_with_buffers(
    model: Module, disable_autograd_tracking: bool = False
) -> tuple[Any, Any, Any]:
    """A module without state, its parameters, its buffers; the module itself stays as it is."""
    _deprecated("make_functional_with_buffers", "torch.func.functional_call")
    params, buffers = _state(model, disable_autograd_tracking)
    found = FunctionalModuleWithBuffers(deepcopy(model), tuple(params), tuple(buffers))
    return found, tuple(params.values()), tuple(buffers.values())


def make_functional(model: Module, disable_autograd_tracking: bool = False) -> tuple[Any, Any]:
    """A module without state, and its parameters; RuntimeError for one with buffers."""
    _deprecated("make_functional", "torch.func.functional_call")
    if any(True for _ in model.buffers()):
        raise RuntimeError(
            "make_functional(model): `model` has buffers. Please use make_functional_with_buffers(model) instead."
        )
    params, _ = _state(model, disable_autograd_tracking)
    return FunctionalModule(deepcopy(model), tuple(params), ()), tuple(params.values())


def _state(model: Module, detached: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    copy = deepcopy(model)
    params: dict[str, Any] = dict(copy.named_parameters())
    if detached:
        params = {name: p.detach() for name, p in params.items()}
    return params, dict(copy.named_buffers())


def combine_state_for_ensemble(models: Sequence[Module]) -> tuple[Any, Any, Any]:
    """The models as one for `vmap`: a module without state, and their stacked parameters and buffers."""
    _deprecated("combine_state_for_ensemble", "torch.func.stack_module_state")
    if len(models) == 0:
        raise RuntimeError("combine_state_for_ensemble: Expected at least one model, got 0.")
    if not (all(m.training for m in models) or all(not m.training for m in models)):
        raise RuntimeError(
            "combine_state_for_ensemble: Expected all models to have the same training/eval mode."
        )
    if not all(type(m) is type(models[0]) for m in models):
        raise RuntimeError("combine_state_for_ensemble: Expected all models to be of the same class.")
    states = [_state(model, True) for model in models]
    function = FunctionalModuleWithBuffers(deepcopy(models[0]), tuple(states[0][0]), tuple(states[0][1]))
    params, buffers = (
        tuple(torch.stack([each[part][name] for each in states]) for name in states[0][part])
        for part in (0, 1)
    )
    return function, params, buffers
