"""Operations with a backward of their own: subclasses of `Function`, called by `apply`.

    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return 3 * x ** 2 * grad

`ctx` is what the graph shows of the operation: an object of a class of its own, `CubeBackward`. The node
behind it (`function_node`) keeps its attributes, and the object is made anew where it is asked for.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

from ...engine.core import context
from ...engine.graph.grad_fn import GraphNode
from ...engine.values.tensor import TENSORS, Tensor
from ..namespace import torch
from .function_node import record

__all__ = [
    "BackwardCFunction", "Function", "FunctionCtx", "FunctionMeta", "InplaceFunction", "NestedIOFunction",
    "once_differentiable",
]  # fmt: skip

MODULE = "torch.autograd.function"  # as `print(type(y.grad_fn))` shows it
EXTENDING = "For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"


class FunctionCtx(GraphNode):
    """What `forward` leaves for `backward`: tensors by `save_for_backward`, anything else as an attribute."""

    __slots__ = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `saved_tensors`; changing one in place before then is an error."""
        self.to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `jvp`."""
        for t in tensors:
            if not (isinstance(t, Tensor) or t is None):
                raise AssertionError(
                    "save_for_forward expects all arguments to be tensors; you should save non-tensors as attributes "
                    "on ctx."
                )
        self.saved_for_forward: tuple[Tensor | None, ...] | None = tensors

    def mark_dirty(self, *args: Tensor) -> None:
        """Say which inputs `forward` changes in place and returns."""
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args: Tensor) -> None:
        """Say which outputs have no gradient."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros (or None) for outputs that nothing depends on."""
        self.materialize_grads = value


class BackwardCFunction(FunctionCtx):
    """The node of a `Function` in the graph."""

    __slots__ = ()

    _forward_cls: Any
    to_save: Any = None
    dirty_tensors: Any = None
    non_differentiable: Any = None
    materialize_grads = True
    saved_for_forward: tuple[Tensor | None, ...] | None = None
    in_jvp = False

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What `save_for_backward` was given; in `jvp`, what `save_for_forward` was."""
        if self.in_jvp and self.saved_for_forward is not None:
            return self.saved_for_forward
        node = self._node
        return () if node is None else node.saved_tensors()

    saved_variables = saved_tensors

    def apply(self, *args: Any) -> Any:
        """Call the function's `backward` with the gradients of its outputs."""
        function = self._forward_cls
        backward, vjp = function.backward, function.vjp
        if backward is not Function.backward and vjp is not Function.vjp:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only "
                "implement one of them."
            )
        return (vjp if vjp is not Function.vjp else backward)(self, *args)


class FunctionMeta(type):
    """Gives each function the class of its nodes."""

    def __init__(cls, name: str, bases: tuple[type, ...], attributes: dict[str, Any]):
        backward_class: Any = type(
            f"{name}Backward",
            (BackwardCFunction,),
            {"__slots__": (), "_forward_cls": cls, "__module__": MODULE},
        )
        backward_class._node = None
        cls._backward_cls = backward_class
        cls.__module__ = cls.__module__.removeprefix("tensorsh.")
        super().__init__(name, bases, attributes)


class Function(FunctionCtx, metaclass=FunctionMeta):
    """Base of operations with a backward of their own; they are called by `apply`, never made."""

    #: whether `vmap` may run `forward` and `backward` on all slices at once
    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any):
        warnings.warn(
            f"{self.__class__} should not be instantiated. Methods on autograd functions are all static, so you "
            "should invoke them on the class itself. Instantiating an autograd function will raise an error in a "
            "future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """`forward(ctx, …)`; or `forward(…)` where `setup_context` is defined."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Leave in `ctx` what `backward` needs."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradient of each argument of `forward` (None for what is no tensor), from those of its outputs."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    @staticmethod
    def vjp(ctx: Any, *grad_outputs: Any) -> Any:
        """Another name of `backward`."""
        return Function.backward(ctx, *grad_outputs)

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """The derivative of each output along the tangents of the inputs."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> Any:
        """(output, out_dims) for arguments that hold all slices of a `torch.vmap`."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or set "
            "generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` on the arguments and put it into the graph, with `backward` as its derivative."""
        state = context.current()
        state.mode.operation(cls)
        apart = cls.setup_context is not Function.setup_context
        if apart:
            args, kwargs = with_defaults(cls.forward, args, kwargs)
        if kwargs:
            args = in_order(cls.forward, args, kwargs, leading=0 if apart else 1)
        if state.transforms or state.mode.batches:
            if not apart:
                raise RuntimeError(
                    "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), "
                    f"it must override the setup_context staticmethod. {EXTENDING}"
                )
            if state.mode.batches:
                from .function_vmap import batched, over_slices

                if batched(args):
                    return over_slices(cls, args)
        ctx = cls._backward_cls()
        ctx.needs_input_grad = needs = tuple([type(a) in TENSORS and a.requires_grad for a in args])
        enabled = state.grad_enabled
        state.grad_enabled = False
        try:
            if apart:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
            else:
                output = cls.forward(ctx, *args)
        finally:
            state.grad_enabled = enabled
        if forward_levels:
            tangents = forward_levels[-1].tangents_of(args)
            if any(t is not None for t in tangents):
                return pushed(cls, ctx, args, tangents, output)
        return record(ctx, args, needs, output, enabled and True in needs)


#: the levels of forward mode in force
forward_levels: list[Any] = []


def pushed(
    cls: type[Function], ctx: Any, args: tuple[Any, ...], tangents: list[Tensor | None], output: Any
) -> Any:
    """The outputs of a function with the tangents that its `jvp` gives them."""
    if ctx.materialize_grads:
        tangents = [
            torch.zeros_like(a) if t is None and isinstance(a, Tensor) else t
            for a, t in zip(args, tangents, strict=True)
        ]
    ctx.in_jvp = True
    try:
        with context.GradMode(False):
            found = cls.jvp(ctx, *tangents)
    finally:
        ctx.in_jvp = False
    several = isinstance(output, tuple)
    each = found if isinstance(found, tuple) else (found,)
    made = [
        o if t is None else forward_levels[-1].dual(o, t)
        for o, t in zip(output if several else (output,), each, strict=True)
    ]
    return tuple(made) if several else made[0]


class InplaceFunction(Function):
    """A function with a choice to work in place."""

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """A base of functions on nested tuples, which PyTorch keeps for old programs; `forward` sees them as given."""


#: what a function's code says of `*args` and `**kwargs` (inspect.CO_VARARGS, CO_VARKEYWORDS)
VARIADIC = 0x04 | 0x08


def with_defaults(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call in order, with the defaults of those left out."""
    code: Any = getattr(function, "__code__", None)
    plain = code is not None and not code.co_kwonlyargcount and not code.co_flags & VARIADIC
    if plain and not kwargs and len(args) == code.co_argcount:
        return args, kwargs
    from inspect import signature

    bound = signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args, bound.kwargs


def in_order(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], leading: int
) -> tuple[Any, ...]:
    """The arguments of a call after the first `leading`, those given by name at their places, with none left out."""
    from inspect import Parameter, signature

    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in signature(function).parameters.values() if p.kind in kinds][leading:]
    places: dict[int, tuple[Any, ...]] = dict.fromkeys(range(len(names)), ())
    for name, value in kwargs.items():
        if name not in names:
            raise TypeError(f"forward() got an unexpected keyword argument '{name}'")
        if names.index(name) < len(args):
            raise TypeError(f"forward() got multiple values for argument '{name}'")
        places[names.index(name)] = (value,)
    last = max(i for i, given in places.items() if given)
    for i in range(len(args), last):
        if not places[i]:
            raise TypeError(f"forward() missing required argument: '{names[i]}' (position {i})")
    return (*args, *(value for i in range(len(args), last + 1) for value in places[i]))


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """For a `backward` that is not differentiable itself: a second derivative through it is an error."""

    @wraps(fn)
    def wrapper(ctx: Any, *args: Any) -> Any:
        state = context.current()
        enabled = state.grad_enabled
        state.grad_enabled = False
        try:
            outputs = fn(ctx, *args)
        finally:
            state.grad_enabled = enabled
        if not enabled or not any(isinstance(a, Tensor) and a.requires_grad for a in args):
            return outputs
        several = isinstance(outputs, tuple)
        made = [
            Refusal.apply(o.alias().requires_grad_()) if isinstance(o, Tensor) else o
            for o in (outputs if several else (outputs,))
        ]
        return tuple(made) if several else made[0]

    return wrapper


class Refusal(Function):
    """Marks what must not be differentiated again."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.alias()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )


for _class in (FunctionCtx, BackwardCFunction, FunctionMeta):
    _class.__module__ = MODULE
