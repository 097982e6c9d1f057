"""`Optimizer`: parameter groups, the state of each parameter, hooks, and how both are saved.

What an optimiser does in `step` is a rule of `train.rules`, which `steps.follow` applies to the arrays of every
parameter with a gradient; programs derive classes of their own and write `step` as they like.
"""

from __future__ import annotations

import functools
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any, ClassVar, TypeAlias

from ...engine.core import context
from ...engine.core.dtype import float32
from ...engine.core.mode import EAGER
from ...engine.core.own_tables import about_to_change, of_session
from ...engine.core.sealed import changing
from ...engine.core.warn import warn
from ...engine.run.inplace import bump
from ...engine.values.tensor import Tensor
from ..utils.hooks import RemovableHandle

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook", "required"]

Hooks = OrderedDict[int, Callable[..., Any]]

#: of every optimiser of a session
_pre_hooks: Hooks = of_session(OrderedDict())
_post_hooks: Hooks = of_session(OrderedDict())


class _Required:
    """Stands for a hyperparameter that every group must name."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()

_HOOKS = (
    "_optimizer_step_pre_hooks", "_optimizer_step_post_hooks", "_optimizer_state_dict_pre_hooks",
    "_optimizer_state_dict_post_hooks", "_optimizer_load_state_dict_pre_hooks",
    "_optimizer_load_state_dict_post_hooks",
)  # fmt: skip


class Optimizer:
    """The base of all optimisers.

    params         tensors, named tensors `(name, tensor)`, or dictionaries with "params" and hyperparameters
    defaults       the hyperparameters of groups that do not name them
    param_groups   a dictionary for each group: "params", its hyperparameters, "param_names" where there are any
    state          parameter → what the rule remembers of it

    Raises TypeError and ValueError for parameters that are no leaf tensors, appear twice or are not there.
    """

    __module__ = "torch.optim.optimizer"

    #: what tensorsh's own programs may use
    public: ClassVar[frozenset[str]] = frozenset(
        {"add_param_group", "defaults", "load_state_dict", "param_groups", "state", "state_dict", "step"}
        | {"zero_grad"}
    )

    OptimizerPreHook: TypeAlias = Callable[[Any, Any, Any], tuple[Any, dict[str, Any]] | None]
    OptimizerPostHook: TypeAlias = Callable[[Any, Any, Any], None]

    _optimizer_step_pre_hooks: Hooks
    _optimizer_step_post_hooks: Hooks
    _optimizer_state_dict_pre_hooks: Hooks
    _optimizer_state_dict_post_hooks: Hooks
    _optimizer_load_state_dict_pre_hooks: Hooks
    _optimizer_load_state_dict_post_hooks: Hooks

    def __init__(self, params: Any, defaults: dict[str, Any]):
        self.defaults = defaults
        for name in _HOOKS:
            setattr(self, name, OrderedDict())
        self._patch_step_function()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + typename(params)
            )
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name in _HOOKS:
            self.__dict__.setdefault(name, OrderedDict())
        self._patch_step_function()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self) -> str:
        text = type(self).__name__ + " ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"

    # -- stepping

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of the parameters; `closure` computes the loss anew where a rule needs that."""
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients, or fill them with zeros."""
        state = context.current()
        for group in state.mode.groups(self):
            for p in group["params"]:
                gradient = p.grad
                if gradient is None:
                    continue
                if set_to_none:
                    p.grad = None
                    continue
                if gradient.requires_grad and gradient.grad_fn is not None:
                    gradient.detach_()
                elif gradient.requires_grad:
                    gradient.requires_grad_(False)
                if state.mode is not EAGER or gradient.is_sparse:
                    gradient.zero_()
                    continue
                bump(gradient)
                state.journal.save_array(gradient.array)
                gradient.array[...] = 0

    @staticmethod
    def profile_hook_step(func: Callable[..., Any]) -> Callable[..., Any]:
        """`step` with the hooks before and after it."""

        @functools.wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            self = args[0]
            if _pre_hooks or self._optimizer_step_pre_hooks:
                for hook in chain(_pre_hooks.values(), self._optimizer_step_pre_hooks.values()):
                    result = hook(self, args, kwargs)
                    if result is not None:
                        args, kwargs = _other_arguments(func, result)
            out = func(*args, **kwargs)
            if _post_hooks or self._optimizer_step_post_hooks:
                for hook in chain(self._optimizer_step_post_hooks.values(), _post_hooks.values()):
                    hook(self, args, kwargs)
            return out

        return wrapper

    def _patch_step_function(self) -> None:
        kind: Any = type(self)
        if not getattr(kind.step, "hooked", None):
            with changing(kind):
                kind.step = self.profile_hook_step(kind.step)
            kind.step.hooked = True

    # -- groups

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """One more group: "params", and the hyperparameters that differ from the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        _set_params(param_group)
        for param in param_group["params"]:
            if not isinstance(param, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is " + typename(param)
                )
            if not self.defaults.get("differentiable", None) and not (param.is_leaf or param.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    f"parameter group didn't specify a value of required optimization parameter {name}"
                )
            param_group.setdefault(name, default)
        self._check_apart(param_group)
        self.param_groups.append(param_group)

    def _check_apart(self, param_group: dict[str, Any]) -> None:
        """No parameter twice, and all groups with names or none."""
        params = param_group["params"]
        if len(params) != len(set(params)):
            warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause "
                "an error; see github.com/pytorch/pytorch/issues/40967 for more information"
            )
        named = "param_names" in param_group
        known: set[Tensor] = set()
        for group in self.param_groups:
            known.update(group["params"])
            if named != ("param_names" in group):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param group "
                    f"{'with' if named else 'without'} names to the optimizer"
                )
        if not known.isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")

    # -- saving

    def state_dict(self) -> dict[str, Any]:
        """{"state": number → state, "param_groups": groups with numbers for parameters}."""
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        start = 0
        groups = []
        for group in self.param_groups:
            for i, p in enumerate(group["params"], start):
                numbers.setdefault(id(p), i)
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [numbers[id(p)] for p in group["params"]]
            start += len(packed["params"])
            groups.append(packed)
        state = {
            (numbers[id(key)] if isinstance(key, Tensor) else key): value for key, value in self.state.items()
        }
        found: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            result = hook(self, found)
            if result is not None:
                found = result
        return found

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` of an optimiser with groups of the same sizes gave."""
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            result = hook(self, state_dict)
            if result is not None:
                state_dict = result
        groups, saved = self.param_groups, deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(g["params"]) != len(s["params"]) for g, s in zip(groups, saved, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        params = dict(
            zip(
                chain.from_iterable(s["params"] for s in saved),
                chain.from_iterable(g["params"] for g in groups),
                strict=True,
            )
        )
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in params:
                state[params[key]] = _fitted(params[key], value, key, state_dict["param_groups"])
            else:
                state[key] = value
        for group, new in zip(groups, saved, strict=True):
            new["params"] = group["params"]
            if "param_names" in group and "param_names" not in new:
                new["param_names"] = group["param_names"]
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    # -- hooks

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """`hook(optimizer, args, kwargs)` before each step; it may return new (args, kwargs)."""
        return _register(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """`hook(optimizer, args, kwargs)` after each step."""
        return _register(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """`hook(optimizer)` before `state_dict`."""
        return _register(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """`hook(optimizer, state_dict)` after `state_dict`; it may return another one."""
        return _register(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """`hook(optimizer, state_dict)` before `load_state_dict`; it may return another one."""
        return _register(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """`hook(optimizer)` after `load_state_dict`."""
        return _register(self._optimizer_load_state_dict_post_hooks, hook, prepend)


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`hook(optimizer, args, kwargs)` before each step of every optimiser."""
    return _register(_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`hook(optimizer, args, kwargs)` after each step of every optimiser."""
    return _register(_post_hooks, hook)


def _register(hooks: Hooks, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    about_to_change(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def _other_arguments(func: Any, given: Any) -> Any:
    """What a hook before `step` has made of its arguments."""
    if not isinstance(given, tuple) or len(given) != 2:
        raise RuntimeError(f"{func} must return None or a tuple of (new_args, new_kwargs), but got {given}.")
    return given


def _set_params(param_group: dict[str, Any]) -> None:
    """Make a list of a group's "params", and their names a list of its own."""
    params = param_group["params"]
    if isinstance(params, Tensor):
        params = [params]
    elif isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of tensors "
            "in sets will change between runs. Please use a list instead."
        )
    params = list(params)
    names = [param[0] for param in params if isinstance(param, tuple)]
    param_group["params"] = [param[1] if isinstance(param, tuple) else param for param in params]
    if names:
        if len(names) != len(params):
            raise ValueError(
                "all optimizer params should be with/without names. Some param names are missing"
            )
        param_group["param_names"] = names


def _fitted(param: Tensor, value: Any, number: Any, groups: list[dict[str, Any]], key: Any = None) -> Any:
    """Saved state as a parameter's own: of its dtype, but for the count of steps."""
    if isinstance(value, Tensor):
        if key == "step":
            group = next((g for g in groups if number in g["params"]), {})
            wide = group.get("capturable", False) or group.get("fused", False)
            return value.to(float32) if wide else value
        return value.to(param.dtype) if param.dtype.is_floating_point else value
    if isinstance(value, dict):
        return {k: _fitted(param, v, number, groups, k) for k, v in value.items()}
    if isinstance(value, Iterable):
        return type(value)(_fitted(param, v, number, groups) for v in value)  # type: ignore[call-arg]
    return value


def typename(value: Any) -> str:
    """What PyTorch's messages call a value's type."""
    if isinstance(value, Tensor):
        return value.type()
    kind = value if hasattr(value, "__qualname__") else type(value)
    module = getattr(kind, "__module__", "") or ""
    return kind.__qualname__ if module in ("", "builtins") else f"{module}.{kind.__qualname__}"
