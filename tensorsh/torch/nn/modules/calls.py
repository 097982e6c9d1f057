"""The side of Module that is called: `forward` between the hooks of this module and those of all modules."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ....engine.core.own_tables import about_to_change, of_session
from ....engine.values.tensor import Tensor
from ...utils.hooks import RemovableHandle
from .kept import Hooks, Kept
from .state import registered

Hook = Callable[..., Any]

#: hooks for every module of a session, as `register_module_…` entered them
buffer_registration_hooks: Hooks = of_session(OrderedDict())
module_registration_hooks: Hooks = of_session(OrderedDict())
parameter_registration_hooks: Hooks = of_session(OrderedDict())
forward_pre_hooks: Hooks = of_session(OrderedDict())
forward_hooks: Hooks = of_session(OrderedDict())
forward_hooks_with_kwargs: Hooks = of_session(OrderedDict())
forward_hooks_always_called: Hooks = of_session(OrderedDict())
backward_pre_hooks: Hooks = of_session(OrderedDict())
backward_hooks: Hooks = of_session(OrderedDict())
#: whether the backward hooks for every module are full ones, once there are some
full_backward: dict[str, bool | None] = of_session({"is": None})

EITHER = "Cannot use both regular backward hooks and full backward hooks {}. Please use only one of them."


def _forward_unimplemented(self: Any, *input: Any) -> Any:
    """What the module computes; subclasses define it."""
    raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


class Module(Kept):
    """See `module.Module`."""

    forward: Any = _forward_unimplemented

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not (
            self._backward_hooks
            or self._backward_pre_hooks
            or self._forward_hooks
            or self._forward_pre_hooks
            or forward_hooks
            or forward_pre_hooks
            or backward_hooks
            or backward_pre_hooks
        ):
            return self.forward(*args, **kwargs)
        return _call_between_hooks(self, args, kwargs)

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        return Module.__call__(self, *args, **kwargs)

    # -- registering hooks

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """`hook(module, args)` before `forward`; what it returns takes the place of the arguments.

        With `with_kwargs` it is `hook(module, args, kwargs)` and returns both.
        """
        handle = registered(self._forward_pre_hooks, hook, self._forward_pre_hooks_with_kwargs, prepend)
        if with_kwargs:
            self._forward_pre_hooks_with_kwargs[handle.id] = True
        return handle

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """`hook(module, args, output)` after `forward`; what it returns takes the place of the output.

        With `with_kwargs` it is `hook(module, args, kwargs, output)`; with `always_call` it is called when
        `forward` raises, too.
        """
        extra = [self._forward_hooks_with_kwargs, self._forward_hooks_always_called]
        handle = registered(self._forward_hooks, hook, extra, prepend)
        if with_kwargs:
            self._forward_hooks_with_kwargs[handle.id] = True
        if always_call:
            self._forward_hooks_always_called[handle.id] = True
        return handle

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """`hook(module, grad_output)` when the gradients of the outputs are known; it may return others."""
        return registered(self._backward_pre_hooks, hook, None, prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """`hook(module, grad_input, grad_output)` when both are known; it may return other `grad_input`."""
        if self._is_full_backward_hook is False:
            raise RuntimeError(EITHER.format("on a single Module"))
        self._is_full_backward_hook = True
        return registered(self._backward_hooks, hook, None, prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """The old form: `hook` sees the gradients of the last operation of `forward` only."""
        if self._is_full_backward_hook is True:
            raise RuntimeError(EITHER.format("on a single Module"))
        self._is_full_backward_hook = False
        return registered(self._backward_hooks, hook)


def _call_between_hooks(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`forward`, and the hooks around it in PyTorch's order; those for all modules come first."""
    result = None
    called: set[int] = set()
    try:
        args, kwargs = _before(self, args, kwargs)
        crossing = _crossing(self)
        if crossing is not None:
            args = crossing.enter(args)
        result = self.forward(*args, **kwargs)
        for id_, hook in (*forward_hooks.items(), *self._forward_hooks.items()):
            if id_ in self._forward_hooks_always_called or id_ in forward_hooks_always_called:
                called.add(id_)
            if id_ in self._forward_hooks_with_kwargs or id_ in forward_hooks_with_kwargs:
                answer = hook(self, args, kwargs, result)
            else:
                answer = hook(self, args, result)
            if answer is not None:
                result = answer
        if crossing is not None:
            if not isinstance(result, Tensor | tuple):
                warnings.warn(
                    "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but "
                    f"received {type(result)}",
                    stacklevel=3,
                )
            result = crossing.leave(result)
        old = [*(backward_hooks.values() if full_backward["is"] is False else ())]
        old += self._backward_hooks.values() if self._is_full_backward_hook is False else ()
        if old:
            from .backward_hooks import attach_to_node

            attach_to_node(self, old, args, result)
        return result
    except Exception:
        _after_failure(self, args, kwargs, result, called)
        raise


def _before(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """The arguments, after the forward pre-hooks."""
    for id_, hook in (*forward_pre_hooks.items(), *self._forward_pre_hooks.items()):
        if id_ in self._forward_pre_hooks_with_kwargs:
            answer = hook(self, args, kwargs)
            if answer is None:
                continue
            if not isinstance(answer, tuple) or len(answer) != 2:
                raise RuntimeError(
                    f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {answer}."
                )
            args, kwargs = answer
        else:
            answer = hook(self, args)
            if answer is not None:
                args = answer if isinstance(answer, tuple) else (answer,)
    return args, kwargs


def _crossing(self: Any) -> Any:
    """What watches gradients leave and enter, if there are full backward hooks."""
    full = [*(backward_hooks.values() if full_backward["is"] else ())]
    full += self._backward_hooks.values() if self._is_full_backward_hook else ()
    pre = [*backward_pre_hooks.values(), *self._backward_pre_hooks.values()]
    if not full and not pre:
        return None
    from .backward_hooks import Crossing

    return Crossing(self, full, pre)


def _after_failure(self: Any, args: Any, kwargs: Any, result: Any, called: set[int]) -> None:
    """Hooks with `always_call` that were not reached; their own errors are only warned about."""
    own = self._forward_hooks_always_called
    waiting = [
        *(
            ("global module", id_, hook)
            for id_, hook in forward_hooks.items()
            if id_ in forward_hooks_always_called
        ),
        *(("module", id_, hook) for id_, hook in self._forward_hooks.items() if id_ in own),
    ]
    for kind, id_, hook in waiting:
        if id_ in called:
            continue
        try:
            if kind == "module" and id_ in self._forward_hooks_with_kwargs:
                answer = hook(self, args, kwargs, result)
            else:
                answer = hook(self, args, result)
            if answer is not None:
                result = answer
        except Exception as error:
            warnings.warn(
                f"{kind} forward hook with ``always_call=True`` raised an exception that was silenced as another "
                f"error was raised in forward: {error}",
                stacklevel=3,
            )


# ------------------------------------------------------------------ hooks for every module


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """`hook(module, name, buffer)` whenever a buffer is registered."""
    return registered(buffer_registration_hooks, hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """`hook(module, name, child)` whenever a module is registered."""
    return registered(module_registration_hooks, hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """`hook(module, name, parameter)` whenever a parameter is registered."""
    return registered(parameter_registration_hooks, hook)


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """`hook(module, args)` before `forward` of every module."""
    return registered(forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """`hook(module, args, output)` after `forward` of every module."""
    handle = registered(forward_hooks, hook, [forward_hooks_always_called, forward_hooks_with_kwargs])
    if with_kwargs:
        forward_hooks_with_kwargs[handle.id] = True
    if always_call:
        forward_hooks_always_called[handle.id] = True
    return handle


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """The old form of `register_module_full_backward_hook`."""
    return _backward(hook, False)


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """`hook(module, grad_output)` before the backward of every module."""
    return registered(backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """`hook(module, grad_input, grad_output)` after the backward of every module."""
    return _backward(hook, True)


def _backward(hook: Hook, full: bool) -> RemovableHandle:
    if full_backward["is"] is (not full):
        raise RuntimeError(EITHER.format("as a global Module hook"))
    about_to_change(full_backward)
    full_backward["is"] = full
    return registered(backward_hooks, hook)
