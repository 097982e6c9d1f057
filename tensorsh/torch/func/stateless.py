"""Modules as functions of their parameters: called with others in place of their own, or stacked for a vmap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ...engine.core import context
from ...engine.values.tensor import Tensor
from ..namespace import torch

MISSING: Any = object()


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """`module(*args, **kwargs)` with the given tensors in place of its parameters and buffers.

    tie_weights   a tensor that the module has under several names is replaced under all of them
    strict        RuntimeError where a name is missing or unknown
    """
    if isinstance(parameter_and_buffer_dicts, dict):
        given = parameter_and_buffer_dicts
    elif isinstance(parameter_and_buffer_dicts, Sequence):
        given = joined(parameter_and_buffer_dicts)
    else:
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(parameter_and_buffer_dicts)}"
        )
    return call_with(module, given, args, kwargs, tie_weights, strict)


def call_with(
    module: Any, given: dict[str, Tensor], args: Any, kwargs: Any, tie_weights: bool, strict: bool
) -> Any:
    """`module(*args, **kwargs)` with the given tensors in the place of its own."""
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with replaced(module, given, tie_weights, strict):
        return module(*args, **(kwargs or {}))


def joined(dicts: Sequence[Any]) -> dict[str, Tensor]:
    """Several dictionaries as one; ValueError where a key is in two of them."""
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    keys = [key for d in dicts for key in d]
    repeated = [key for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous"
        )
    return {key: value for d in dicts for key, value in d.items()}


@contextmanager
def replaced(module: Any, given: dict[str, Tensor], tie_weights: bool, strict: bool) -> Iterator[None]:
    """Inside it the module has the given tensors; afterwards `given` has what became of them."""
    values = tied(module, given) if tie_weights else dict(given)
    if strict:
        check_keys(module, values)
    places = Places(module)
    before: dict[str, Any] = {}
    try:
        for name, value in values.items():
            before[name] = places.swap(name, value)
        yield
    finally:
        after = {name: places.swap(name, value) for name, value in before.items()}
        given.update({name: after[name] for name in given if name in after})


class Places:
    """Where the tensors of a module are, by their dotted names."""

    def __init__(self, module: Any):
        self.modules: dict[str, Any] = {"": module}

    def module(self, path: str) -> Any:
        found = self.modules.get(path)
        if found is None:
            parent_path, _, name = path.rpartition(".")
            parent = self.module(parent_path)
            try:
                found = getattr(parent, name)
            except AttributeError:
                raise AttributeError(f"{parent._get_name()} has no attribute `{name}`") from None
            if not isinstance(found, torch.nn.Module):
                raise TypeError(f"submodule `{name}`: {found} is not an instance of torch.nn.Module")
            self.modules[path] = found
        return found

    def swap(self, path: str, value: Any) -> Any:
        """Put a tensor (or nothing) in a place; what was there."""
        owner, _, name = path.rpartition(".")
        module = self.module(owner)
        if value is not MISSING and value is not None and not isinstance(value, Tensor):
            raise TypeError(f"{value} is not an instance of torch.Tensor")
        for holder in (module._parameters, module._buffers):
            if name in holder:
                before = holder[name]
                context.current().mode.put_part(holder, name, value)
                if value is MISSING:
                    del holder[name]
                else:
                    holder[name] = value
                return before
        before = getattr(module, name, MISSING)
        if before is not MISSING and before is not None and not isinstance(before, Tensor):
            raise TypeError(f"attribute `{name}`: {before} is not an instance of torch.Tensor")
        if value is not MISSING:
            setattr(module, name, value)
        elif before is not MISSING:
            delattr(module, name)
        return before


def named_tensors(module: Any) -> dict[str, Tensor]:
    return dict(
        [*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)]
    )


def tied(module: Any, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """The given tensors, each under all names that the module has its own under."""
    groups: dict[int, set[str]] = {}
    for name, t in named_tensors(module).items():
        groups.setdefault(id(t), set()).add(name)
    ties = {name: group for group in groups.values() if len(group) > 1 for name in group}
    several = [name for name in given if name in ties]
    values = dict(given)
    for name in several:
        group = ties[name]
        named = group.intersection(several)
        if len(named) > 1 and len({id(given[other]) for other in named}) != 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(group)}, which are tied. Consider using "
                "tie_weights=False"
            )
        values.update(dict.fromkeys(sorted(group), given[name]))
    return values


def check_keys(module: Any, values: dict[str, Tensor]) -> None:
    """RuntimeError for names that are missing or unknown."""
    known = named_tensors(module)
    unexpected = sorted(name for name in values if name not in known)
    missing = sorted(name for name in known if name not in values)
    parts = [
        f"{title} key(s): {', '.join(map(repr, names))}."
        for title, names in (("Unexpected", unexpected), ("Missing", missing))
        if names
    ]
    if parts:
        raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t" + "\n\t".join(parts))


def stack_module_state(models: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """(parameters, buffers) of several modules of one class, each name's stacked as a new leaf.

    RuntimeError for no module, modules of different classes or modes, or of different `requires_grad`.
    """
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    return (
        stacked([dict(model.named_parameters()) for model in models]),
        stacked([dict(model.named_buffers()) for model in models]),
    )


def stacked(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: stacked_leaf([state[name] for state in states], name) for name in states[0]}


def stacked_leaf(tensors: Sequence[Tensor], name: str) -> Tensor:
    wanted = [t.requires_grad for t in tensors]
    if any(wanted) and not all(wanted):
        raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
    result = torch.stack(list(tensors))
    return result.detach().requires_grad_() if wanted[0] else result
