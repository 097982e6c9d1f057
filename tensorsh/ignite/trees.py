"""Walking through what engines pass around: tensors in dictionaries, lists and tuples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..torch.namespace import torch

__name__ = "ignite.utils"


def apply_to_type(x: Any, input_type: Any, func: Callable[[Any], Any]) -> Any:
    """`func` of each value of a type, in containers of the same kinds."""
    if isinstance(x, input_type):
        return func(x)
    if isinstance(x, str | bytes):
        return x
    if isinstance(x, Mapping):
        return type(x)({key: apply_to_type(each, input_type, func) for key, each in x.items()})  # type: ignore[call-arg]
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*(apply_to_type(each, input_type, func) for each in x))
    if isinstance(x, Sequence):
        return type(x)([apply_to_type(each, input_type, func) for each in x])  # type: ignore[call-arg]
    raise TypeError(f"x must contain {input_type}, dicts or lists; found {type(x)}")


def apply_to_tensor(x: Any, func: Callable[[Any], Any]) -> Any:
    """`func` of each tensor."""
    return apply_to_type(x, torch.Tensor, func)


def convert_tensor(x: Any, device: Any = None, non_blocking: bool = False) -> Any:
    """Each tensor on a device."""
    return apply_to_tensor(
        x, lambda t: t if device is None else t.to(device=device, non_blocking=non_blocking)
    )


def to_onehot(indices: Any, num_classes: int) -> Any:
    """`(n, …)` class numbers as `(n, num_classes, …)` zeros and ones of uint8."""
    shape = (indices.shape[0], num_classes, *indices.shape[1:])
    return torch.zeros(shape, dtype=torch.uint8).scatter_(1, indices.unsqueeze(1), 1)


def map_objects(func: Callable[[Any], Any], x: Any) -> Any:
    """`func` of each object in nested dictionaries and sequences."""
    if isinstance(x, Mapping):
        return type(x)({key: map_objects(func, each) for key, each in x.items()})  # type: ignore[call-arg]
    if isinstance(x, Sequence):
        return type(x)([map_objects(func, each) for each in x])  # type: ignore[call-arg]
    return func(x)


def apply_pairs(func: Callable[[Any, Any], None], x: Any, y: Any) -> None:
    """`func` of each object in `x` and what stands in its place in `y`."""
    if isinstance(x, dict) and isinstance(y, Mapping):
        for key, each in x.items():
            if key not in y:
                raise ValueError(f"Key '{key}' from x is not found in y: {y.keys()}")
            apply_pairs(func, each, y[key])
    elif isinstance(x, list) and isinstance(y, Sequence):
        if len(x) != len(y):
            raise ValueError(f"Size of y: {len(y)} does not match the size of x: '{len(x)}'")
        for one, other in zip(x, y, strict=True):
            apply_pairs(func, one, other)
    else:
        func(x, y)


class Serializable:
    """What has a `state_dict` with certain keys."""

    _state_dict_all_req_keys: tuple[str, ...] = ()
    _state_dict_one_of_opt_keys: tuple[tuple[str, ...], ...] = ()

    def state_dict(self) -> Any:
        """The state as a dictionary."""
        raise NotImplementedError

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Check that the keys are there."""
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Argument state_dict should be a dictionary, but given {type(state_dict)}")
        for key in self._state_dict_all_req_keys:
            if key not in state_dict:
                raise ValueError(
                    f"Required state attribute '{key}' is absent in provided state_dict '{state_dict.keys()}'"
                )
        for keys in self._state_dict_one_of_opt_keys:
            if sum(key in state_dict for key in keys) != 1:
                raise ValueError(f"state_dict should contain exactly one of '{keys}' keys")


Serializable.__module__ = "ignite.base.mixins"
