"""Functions that a walk calls on its way: on the gradient of a tensor, before and after a node, after a leaf.

Hooks of a tensor that an operation made belong to its node; those of a leaf are kept here, by the leaf. The
walk asks `Node.hooks` at each node and `leaves` once: a graph without hooks costs nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary, ref

from ...errors import ArgumentError, GradientError
from ..core import context
from ..core.own_tables import about_to_change
from ..values.tensor import TENSORS, Tensor

Hooks = OrderedDict[int, Callable[..., Any]]


_next_id = [0]


class RemovableHandle:
    """What registering a hook gives; `remove()`, or the end of a `with`, takes the hook away.

    hooks_dict   the dictionary the hook is in, under `id`
    extra_dict   one or several others that have an entry for it
    """

    id: int

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        self.hooks_dict_ref = ref(hooks_dict)
        context.current().journal.listened = True
        self.id = _next_id[0]
        _next_id[0] += 1
        extra = extra_dict if isinstance(extra_dict, list) else [] if extra_dict is None else [extra_dict]
        self.extra_dict_ref = tuple([ref(d) for d in extra])

    def remove(self) -> None:
        """Take the hook away; nothing happens where it is gone already."""
        for reference in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = reference()
            if hooks is not None and self.id in hooks:
                about_to_change(hooks)
                del hooks[self.id]

    def __getstate__(self) -> tuple[Any, ...]:
        return self.hooks_dict_ref(), self.id, tuple([reference() for reference in self.extra_dict_ref])

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        hooks, self.id, *extra = state
        self.hooks_dict_ref = ref(OrderedDict() if hooks is None else hooks)
        _next_id[0] = max(_next_id[0], self.id + 1)
        self.extra_dict_ref = tuple([ref(d) for d in (extra[0] if extra and extra[0] else ())])

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


RemovableHandle.__module__ = "torch.utils.hooks"


class NodeHooks:
    """What is called at one node.

    tensors    output index → hooks on the gradient of that output
    before     hooks on the gradients of all outputs
    retained   (index, weak reference) of outputs that keep their gradient
    after      hooks on the gradients of the inputs and of the outputs, once they are known
    """

    __slots__ = ("__weakref__", "after", "before", "retained", "tensors")

    def __init__(self) -> None:
        self.tensors: dict[int, Hooks] = {}
        self.before: Hooks = OrderedDict()
        self.after: Hooks = OrderedDict()
        self.retained: list[tuple[int, Any]] = []

    def arriving(self, grads: list[Any]) -> list[Any]:
        """The gradients of a node's outputs as the hooks leave them."""
        for index, hooks in self.tensors.items():
            grads[index] = changed(hooks, grads[index])
        for hook in list(self.before.values()):
            answer = call(hook, tuple(grads))
            if answer is not None:
                grads = replaced(hook, grads, answer)
        return grads

    def leaving(self, found: list[Any], grads: list[Any]) -> list[Any]:
        """The gradients of a node's inputs as the hooks leave them."""
        for hook in list(self.after.values()):
            answer = call(hook, tuple(found), tuple(grads))
            if answer is not None:
                found = replaced(hook, found, answer)
        return found


class LeafHooks(NodeHooks):
    """What is called at a leaf; `accumulated` with the leaf, after its gradient has been added."""

    __slots__ = ("accumulated", "leaf")

    def __init__(self, leaf: Tensor):
        super().__init__()
        self.accumulated: Hooks = OrderedDict()
        self.leaf = ref(leaf)


#: the leaves that have hooks, by id; a leaf owns its hooks, which may lead back to it
leaves: WeakValueDictionary[int, LeafHooks] = WeakValueDictionary()
#: the same as a plain dictionary, which says sooner whether there are any
hooked: dict[int, Any] = leaves.data  # type: ignore[attr-defined]


def hooks_of(target: Any) -> Any:
    """The hooks at a node or at a leaf, an empty set of them if there are none yet."""
    if type(target) in TENSORS:
        if id(target) not in leaves:
            leaves[id(target)] = target.leaf_hooks = LeafHooks(target)
        return leaves[id(target)]
    if target.hooks is None:
        context.current().journal.save_attributes(target, "hooks")
        target.hooks = NodeHooks()
    return target.hooks


def add(hooks: Hooks, hook: Callable[..., Any]) -> RemovableHandle:
    """Register a hook after those that are there."""
    context.current().mode.change("a hook is registered")
    about_to_change(hooks)
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def on_gradient(t: Tensor, hook: Callable[..., Any]) -> RemovableHandle:
    """`t.register_hook(hook)`: called with the gradient of `t`, which a tensor that it returns replaces."""
    from .node import edge

    place = edge(t)
    if place is None:
        raise GradientError("cannot register a hook on a tensor that doesn't require gradient")
    return add(hooks_of(place[0]).tensors.setdefault(place[1], OrderedDict()), hook)


def on_accumulated(t: Tensor, hook: Callable[..., Any]) -> RemovableHandle:
    """`t.register_post_accumulate_grad_hook(hook)`: called with a leaf whose `.grad` is up to date."""
    if not t.requires_grad:
        raise GradientError("cannot register a hook on a tensor that doesn't require gradient")
    if not t.is_leaf:
        raise GradientError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return add(hooks_of(t).accumulated, hook)


def on_tensor(t: Tensor) -> Hooks | None:
    """`t._backward_hooks`: the hooks on its gradient; None before the first."""
    held = leaves.get(id(t)) if t.node is None else t.node.hooks
    return None if held is None else held.tensors.get(t.output_index)


def after_adding(t: Tensor) -> Hooks | None:
    """`t._post_accumulate_grad_hooks`; None before the first."""
    held = leaves.get(id(t))
    return None if held is None or not held.accumulated else held.accumulated


def call(function: Callable[..., Any], *args: Any) -> Any:
    """Call a program's function that may change what a trace does not see."""
    context.current().mode.change("a function of the program is called")
    return called(function, *args)


def called(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a program's function in the middle of an operation; its errors say nothing of the operation's call."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        error.of_program = True  # type: ignore[attr-defined]
        raise


def changed(hooks: Hooks, grad: Any) -> Any:
    """One gradient as the hooks of its tensor leave it."""
    for hook in list(hooks.values()):
        answer = call(hook, grad)
        if answer is not None:
            grad = checked(hook, grad, answer)
    return grad


def replaced(hook: Callable[..., Any], before: list[Any], answer: Any) -> list[Any]:
    """What a hook of a node returned, in the place of the gradients that it was given."""
    if not isinstance(answer, tuple):
        raise ArgumentError(f"expected tuple, but hook returned '{type(answer).__name__}'")
    values = list(answer)
    if len(values) != len(before):
        raise GradientError(
            f"hook '{title(hook)}' has returned an incorrect number of values (got {len(values)}, "
            f"but expected {len(before)})"
        )
    return [checked(hook, old, new) for old, new in zip(before, values, strict=True)]


def checked(hook: Callable[..., Any], before: Any, after: Any) -> Any:
    if after is None:
        return None
    if not isinstance(after, Tensor):
        raise ArgumentError(f"expected Variable, but hook returned '{type(after).__name__}'")
    if before is None:
        raise GradientError("can't replace a empty gradient with a non-empty value")
    if after.dtype is not before.dtype:
        kinds = [f"torch.{t.dtype.title}Tensor" for t in (before, after)]
        raise GradientError(
            f"hook '{title(hook)}' has changed the type of value (was {kinds[0]} got {kinds[1]})"
        )
    if after.spec.shape != before.spec.shape:
        raise GradientError(f"hook '{title(hook)}' has changed the size of value")
    return after


def title(hook: Callable[..., Any]) -> str:
    return getattr(hook, "__name__", "<unknown>")
