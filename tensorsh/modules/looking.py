"""`inspect` of one session: signatures and questions, calls that run, no sources of modules."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import call_frames, looking_at_operations
from .looking_at_operations import kind_of_function, operation
from .reach import GATES
from .rules import harmless

if TYPE_CHECKING:
    from . import Modules


def names(modules: Modules) -> dict[str, Any]:
    """The functions that look at objects through the attribute rules."""
    host = modules.host
    copy = modules.copies.get("inspect")
    absent: Any = object()
    questions: set[int] = set()

    def signature(
        obj: Callable[..., Any],
        *,
        follow_wrapped: bool = True,
        globals: Any = None,
        locals: Any = None,
        eval_str: bool = False,
    ) -> inspect.Signature:
        """The parameters of a callable; what stands for a default that no program may have is `...`."""
        if operation(obj) is not None:
            return looking_at_operations.signature(obj)
        found = copy.signature(
            obj, follow_wrapped=follow_wrapped, globals=globals or host.main_names() if eval_str else globals,
            locals=locals, eval_str=eval_str,
        )  # fmt: skip
        if all(harmless(each.default) for each in found.parameters.values()):
            return found
        return found.replace(
            parameters=[
                each if harmless(each.default) else each.replace(default=...)
                for each in found.parameters.values()
            ]
        )

    def is_question(predicate: Any) -> bool:
        """Whether it is one of the module's own functions, which keep nothing."""
        return id(predicate) in questions or (
            type(predicate) is types.FunctionType and vars(copy).get(predicate.__name__) is predicate
        )

    def in_c(object: Any, name: str, value: Any) -> Any:
        """The method in C that a checked form stands for."""
        if name == "__init_subclass__" and value.__qualname__ == "object.__init_subclass__":
            return object.__subclasshook__  # one of the same kind
        return getattr(object, name) if name in GATES else value

    def getmembers(object: Any, predicate: Callable[[Any], bool] | None = None) -> list[tuple[str, Any]]:
        """The attributes of an object as (name, value), by name: those that the program can read."""
        found = []
        for name in sorted(set(dir(object))):
            value = host.attribute(object, name, absent)
            if value is absent:
                continue
            asked = in_c(object, name, value) if is_question(predicate) else value
            if predicate is None or predicate(asked):
                found.append((name, value))
        return found

    def getattr_static(obj: Any, attr: str, default: Any = absent) -> Any:
        """An attribute as it is stored, where the program may read it."""
        try:
            read = host.attribute(obj, attr)
            found = read if attr in GATES else inspect.getattr_static(obj, attr)
            if not harmless(found) or isinstance(
                found, types.GetSetDescriptorType | types.MemberDescriptorType
            ):
                raise AttributeError(attr)
            return found
        except AttributeError:
            if default is absent:
                raise
            return default

    def getmro(cls: type) -> tuple[type, ...]:
        """The class and its bases in the order in which attributes are looked up."""
        return tuple(type.mro(cls))

    def getsource(object: Any) -> str:
        """The text of a function or class of the program."""
        return "".join(getsourcelines(object)[0])

    def getsourcelines(object: Any) -> tuple[list[str], int]:
        """The lines of a function or class of the program, and the number of the first."""
        object = unwrap(object)
        kind = type(object)
        if issubclass(kind, type):
            if object.__module__ == "builtins":
                raise TypeError(f"{object!r} is a built-in class")
        elif kind not in (types.FunctionType, types.MethodType):
            raise TypeError(
                "module, class, method, function, traceback, frame, or code object was expected, got "
                + kind.__name__
            )
        found = host.source(object)
        if found is None:
            raise OSError("could not get source code")
        lines, number = found
        return inspect.getblock(lines), number

    def unwrap(func: Any, *, stop: Callable[[Any], bool] | None = None) -> Any:
        """What a decorated function wraps, to the innermost."""
        seen = {id(func)}
        while hasattr(func, "__wrapped__") and not (stop is not None and stop(func)):
            func = func.__wrapped__
            if id(func) in seen:
                raise ValueError(f"wrapper loop when unwrapping {func!r}")
            seen.add(id(func))
        return func

    def ismodule(object: Any) -> bool:
        """Whether this is a module."""
        return isinstance(object, types.ModuleType) or type(object).__name__ == "module"

    def isfunction(object: Any) -> bool:
        """Whether this is a function in Python."""
        kind = kind_of_function(object)
        return copy.isfunction(object) if kind is None else kind == "function"

    def isbuiltin(object: Any) -> bool:
        """Whether this is a function in C, or a method in C of an object."""
        kind = kind_of_function(object)
        return copy.isbuiltin(object) if kind is None else kind == "builtin_function_or_method"

    def ismethod(object: Any) -> bool:
        """Whether this is a method in Python of an object."""
        kind = kind_of_function(object)
        return copy.ismethod(object) if kind is None else kind == "method"

    def ismethoddescriptor(object: Any) -> bool:
        """Whether this is a method in C of a class."""
        kind = kind_of_function(object)
        return copy.ismethoddescriptor(object) if kind is None else kind == "method_descriptor"

    def isroutine(object: Any) -> bool:
        """Whether this is any of them."""
        return operation(object) is not None or copy.isroutine(object)

    made = {name: value for name, value in locals().items() if isinstance(value, types.FunctionType)}
    helpers = ("is_question", "in_c")
    made = {name: value for name, value in made.items() if name not in helpers}
    made |= call_frames.names(host, copy)
    questions.update(id(each) for name, each in made.items() if name.startswith("is"))
    for function in made.values():
        function.__module__, function.__qualname__ = "inspect", function.__name__
    return made
