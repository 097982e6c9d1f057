"""torch.nn.utils.stateless: calling a module with other parameters than its own."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ....engine.tensor import Tensor
from ..modules.module import Module

__all__ = ["functional_call"]

MISSING: Any = object()


def functional_call(
    module: Module,
    parameters_and_buffers: dict[str, Tensor],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """The old name of `torch.func.functional_call`."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future "
        "version of PyTorch. Please use `torch.func.functional_call` instead which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return call_with(module, parameters_and_buffers, args, kwargs, tie_weights, strict)


def call_with(
    module: Any, tensors: dict[str, Tensor], args: Any, kwargs: Any, tie_weights: bool, strict: bool
) -> Any:
    """`module(*args, **kwargs)` with the tensors at these paths in the place of its own."""
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with with_tensors(module, tensors, tie_weights, strict):
        return module(*args, **(kwargs or {}))


@contextmanager
def with_tensors(
    module: Any, tensors: dict[str, Tensor], tie_weights: bool = False, strict: bool = False
) -> Iterator[None]:
    """Inside, the module has these tensors; what it puts in their place is in `tensors` afterwards."""
    given = _with_ties(module, tensors) if tie_weights else tensors
    if strict:
        _check_names(module, given)
    own: dict[str, Any] = {}
    try:
        for name, tensor in given.items():
            own[name] = _swap(module, name, tensor)
        yield
    finally:
        new = {name: _swap(module, name, tensor) for name, tensor in own.items()}
        tensors.update({name: new[name] for name in tensors if name in new})


def _named_tensors(module: Any) -> dict[str, Tensor]:
    return {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }


def _with_ties(module: Any, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors also under the other names of what they stand for."""
    names: dict[Tensor, list[str]] = {}
    for name, tensor in _named_tensors(module).items():
        names.setdefault(tensor, []).append(name)
    found = dict(tensors)
    for tied in names.values():
        given = [name for name in tied if name in tensors]
        if len(tied) > 1 and given:
            if len({id(tensors[name]) for name in given}) > 1:
                raise ValueError(
                    f"functional_call got multiple values for keys {sorted(tied)}, which are tied. Consider using "
                    "tie_weights=False"
                )
            found |= dict.fromkeys(tied, tensors[given[0]])
    return found


def _check_names(module: Any, given: dict[str, Tensor]) -> None:
    known = set(_named_tensors(module))
    errors = [
        f"{what} key(s): {', '.join(map(repr, sorted(names)))}."
        for what, names in (("Unexpected", given.keys() - known), ("Missing", known - given.keys()))
        if names
    ]
    if errors:
        listed = "\n\t".join(errors)
        raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t{listed}")


def _swap(module: Any, path: str, tensor: Any) -> Any:
    """Put a tensor at a path; what was there."""
    parent, _, name = path.rpartition(".")
    holder = module.get_submodule(parent)
    if tensor is not MISSING and tensor is not None and not isinstance(tensor, Tensor):
        raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    for members in (holder._parameters, holder._buffers):
        if name in members:
            before = members[name]
            if tensor is MISSING:
                del members[name]
            else:
                members[name] = tensor
            return before
    before = getattr(holder, name, MISSING)
    if before is not MISSING and before is not None and not isinstance(before, Tensor):
        raise TypeError(f"attribute `{name}`: {before} is not an instance of torch.Tensor")
    if tensor is not MISSING:
        setattr(holder, name, tensor)
    elif before is not MISSING:
        delattr(holder, name)
    return before
