"""torch.nn.Module: what every layer and model is.

A module keeps its parameters, buffers and child modules in dictionaries of its own, so that they are found by
`parameters()`, `state_dict()` and `to()`: assigning one to an attribute puts it there. This file has the
registration and the attributes; its other sides, each in a file: calls and hooks (`calls`), finding what is
inside (`traversal`), changing dtype and device (`conversion`), saving and loading (`state`).
"""

from __future__ import annotations

import inspect
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ....engine.values.parameters import Buffer, Parameter
from ....engine.values.tensor import Tensor
from ....kinds import Kind, describe
from ....kinds.aspects import Outline
from ....kinds.kind import method
from ....kinds.objects import ours
from ...namespace import torch
from . import calls, conversion, state, traversal
from .calls import (
    buffer_registration_hooks,
    module_registration_hooks,
    parameter_registration_hooks,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from .state import _IncompatibleKeys

__all__ = [
    "Module", "_IncompatibleKeys", "_addindent", "register_module_backward_hook",
    "register_module_buffer_registration_hook", "register_module_forward_hook",
    "register_module_forward_pre_hook", "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook", "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]  # fmt: skip


def made_of(*parts: Any) -> Callable[[type], type]:
    """A class whose methods are written in several files, each in a class of the same name."""

    def gather(cls: type) -> type:
        for part in parts:
            for name, value in vars(part.Module).items():
                if name not in ("__dict__", "__weakref__", "__doc__", "__module__", "__annotations__"):
                    setattr(cls, name, value)
        return cls

    return gather


if TYPE_CHECKING:

    class Sides(calls.Module, conversion.Module, state.Module): ...
else:
    Sides = object


@made_of(calls, traversal, conversion, state)
class Module(Sides):
    """The base of all layers and models: define `forward`, call the module.

    `training` says which mode it is in; `train()` and `eval()` set it here and in all modules inside.
    """

    T_destination = TypeVar("T_destination", bound=dict[str, Any])
    dump_patches = False
    _version = 1
    training: bool
    call_super_init = False
    _compiled_call_impl = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword argument "
                    f"'{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        self.__dict__.update(
            training=True,
            _parameters={},
            _buffers={},
            _non_persistent_buffers_set=set(),
            _backward_pre_hooks=OrderedDict(),
            _backward_hooks=OrderedDict(),
            _is_full_backward_hook=None,
            _forward_hooks=OrderedDict(),
            _forward_hooks_with_kwargs=OrderedDict(),
            _forward_hooks_always_called=OrderedDict(),
            _forward_pre_hooks=OrderedDict(),
            _forward_pre_hooks_with_kwargs=OrderedDict(),
            _state_dict_hooks=OrderedDict(),
            _state_dict_pre_hooks=OrderedDict(),
            _load_state_dict_pre_hooks=OrderedDict(),
            _load_state_dict_post_hooks=OrderedDict(),
            _modules={},
        )
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def __init_subclass__(cls, **options: Any) -> None:
        """The library's own classes are called by PyTorch's names."""
        super().__init_subclass__(**options)
        cls.__module__ = cls.__module__.removeprefix("tensorsh.")

    # -- registering

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Part of the state that is no parameter; not `persistent`, it stays out of `state_dict`."""
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_name("buffer", name, self._buffers)
        if tensor is not None and not _like_tensor(tensor):
            raise TypeError(
                f"cannot assign '{torch.typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = _told(buffer_registration_hooks, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """A parameter under a name; None keeps the name for none."""
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._check_name("parameter", name, self._parameters)
        if param is not None:
            if not isinstance(param, Parameter):
                raise TypeError(
                    f"cannot assign '{torch.typename(param)}' object to parameter '{name}' "
                    "(torch.nn.Parameter or None required)"
                )
            if param.grad_fn:
                raise ValueError(
                    f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created "
                    f"explicitly. To express '{name}' as a function of another Tensor, compute the value in the "
                    "forward() method."
                )
            param = _told(parameter_registration_hooks, self, name, param)
        self._parameters[name] = param

    def add_module(self, name: str, module: Module | None) -> None:
        """A child module under a name."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{torch.typename(module)} is not a Module subclass")
        if not isinstance(name, str):
            raise TypeError(f"module name should be a string. Got {torch.typename(name)}")
        if hasattr(self, name) and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'module name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError('module name can\'t be empty string ""')
        self._modules[name] = _told(module_registration_hooks, self, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """`add_module`."""
        self.add_module(name, module)

    def _check_name(self, kind: str, name: str, taken: dict[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {torch.typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if name not in taken and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    # -- attributes

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for kind in ("_parameters", "_buffers", "_modules"):
            members = own.get(kind)
            if members is not None and name in members and name[:8] != "__array_":  # NumPy asks for memory
                return members[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        params, modules, buffers = own.get("_parameters"), own.get("_modules"), own.get("_buffers")
        if isinstance(value, Parameter):
            if params is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            _forget(name, own, buffers, modules, own["_non_persistent_buffers_set"])
            self.register_parameter(name, value)
        elif params is not None and name in params:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{torch.typename(value)}' as parameter '{name}' "
                    "(torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            if modules is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            _forget(name, own, params, buffers, own["_non_persistent_buffers_set"])
            modules[name] = _told(module_registration_hooks, self, name, value)
        elif modules is not None and name in modules:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{torch.typename(value)}' as child module '{name}' "
                    "(torch.nn.Module or None expected)"
                )
            modules[name] = _told(module_registration_hooks, self, name, value)
        elif (buffers is not None and name in buffers) or isinstance(value, Buffer):
            self._set_buffer(name, value)
        else:
            super().__setattr__(name, value)

    def _set_buffer(self, name: str, value: Any) -> None:
        if value is not None and not _like_tensor(value):
            raise TypeError(
                f"cannot assign '{torch.typename(value)}' as buffer '{name}' "
                "(torch.nn.Buffer, torch.Tensor or None expected)"
            )
        persistent = (
            value.persistent if isinstance(value, Buffer) else name not in self._non_persistent_buffers_set
        )
        if "persistent" in inspect.signature(self.register_buffer).parameters:
            self.register_buffer(name, value, persistent)
        elif persistent:
            self.register_buffer(name, value)
        else:
            raise RuntimeError(
                "Registering a non-persistent buffer on a Module subclass that implements register_buffer() "
                "without the persistent argument is not allowed."
            )

    def __delattr__(self, name: str) -> None:
        if name in self._parameters:
            del self._parameters[name]
        elif name in self._buffers:
            del self._buffers[name]
            self._non_persistent_buffers_set.discard(name)
        elif name in self._modules:
            del self._modules[name]
        else:
            super().__delattr__(name)

    def __dir__(self) -> list[str]:
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        return sorted(name for name in names if not name[0].isdigit())

    # -- modes

    def train(self, mode: bool = True) -> Any:
        """Training mode (or not), here and in all modules inside."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Any:
        """Evaluation mode: dropout does nothing, batch norm uses its running statistics."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Whether gradients of all parameters are recorded."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        if getattr(self, "_is_replica", False):
            warnings.warn(
                "Calling .zero_grad() from a module created with nn.DataParallel() has no effect. The parameters "
                "are copied (in a differentiable manner) from the original module. This means they are not leaf "
                "nodes in autograd and so don't accumulate gradients. If you need gradients in your forward "
                "method, consider using autograd.grad instead.",
                stacklevel=2,
            )
        for p in self.parameters():
            if p.grad is None:
                continue
            if set_to_none:
                p.grad = None
                continue
            if p.grad.grad_fn is not None:
                p.grad.detach_()
            else:
                p.grad.requires_grad_(False)
            p.grad.zero_()

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do: loops are compiled as they run."""

    # -- how it prints

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the brackets when it is printed; layers put their settings here."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        alone = len(lines) == 1 and not self._modules
        lines += [f"({name}): {_addindent(repr(module), 2)}" for name, module in self._modules.items()]
        if not lines:
            return f"{self._get_name()}()"
        inside = lines[0] if alone else "\n  " + "\n  ".join(lines) + "\n"
        return f"{self._get_name()}({inside})"


def outline(module: Module) -> Outline:
    """A module as a tree of its modules."""
    own = module.__dict__
    numbers = [
        (name, tensor, counted)
        for kind, counted in (("_parameters", True), ("_buffers", False))
        for name, tensor in own.get(kind, {}).items()
        if tensor is not None
    ]
    parts = [(name, part) for name, part in own.get("_modules", {}).items() if part is not None]
    return Outline(module._get_name(), module.extra_repr(), parts, numbers)


def adapt(description: Kind, kind: type) -> None:
    """Lists and dictionaries of modules print in a way of their own, but have parts as all do."""
    if ours(method(kind, "__repr__")):
        description.outline = outline


describe(Module, Kind(adapt=adapt))


def _addindent(s_: str, numSpaces: int) -> str:
    """A text whose lines after the first are indented."""
    first, *rest = s_.split("\n")
    return "\n".join([first, *(numSpaces * " " + line if line.strip() else "" for line in rest)])


def _told(hooks: dict[int, Callable[..., Any]], module: Module, name: str, value: Any) -> Any:
    """What is registered, after the hooks for everything of its kind have seen it."""
    for hook in hooks.values():
        answer = hook(module, name, value)
        if answer is not None:
            value = answer
    return value


def _forget(name: str, *places: Any) -> None:
    """Take a name out of dictionaries and sets."""
    for place in places:
        if name in place:
            if isinstance(place, dict):
                del place[name]
            else:
                place.discard(name)


def _like_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "__torch_function__")


Module.__module__ = "torch.nn.modules.module"
