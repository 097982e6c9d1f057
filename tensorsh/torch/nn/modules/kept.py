"""What every module keeps, for the sides of Module: `module.Module` makes it, all of them use it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

Hooks = OrderedDict[int, Any]


class Kept:
    """The attributes. (Modules do not derive from it: they have the methods of those that do.)"""

    training: bool
    _version: int
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _modules: dict[str, Any]
    _is_full_backward_hook: bool | None
    _backward_pre_hooks: Hooks
    _backward_hooks: Hooks
    _forward_hooks: Hooks
    _forward_hooks_with_kwargs: Hooks
    _forward_hooks_always_called: Hooks
    _forward_pre_hooks: Hooks
    _forward_pre_hooks_with_kwargs: Hooks
    _state_dict_hooks: Hooks
    _state_dict_pre_hooks: Hooks
    _load_state_dict_pre_hooks: Hooks
    _load_state_dict_post_hooks: Hooks
