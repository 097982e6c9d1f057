"""Classes of operations as a program meets them: a method of tensors, a function in Python, one of a tuple of sizes,
one under another name.

Each is a subclass of a record's class, whose instances share the record's attributes.
"""

from __future__ import annotations

from types import MethodType
from typing import Any


def documentation(self: Any) -> str:
    """What `torch.tanh.__doc__` is: how it is called, and what the record says of it."""
    asked = ", ".join(_spelled(self.schema.parameters[1 if self.is_method else 0 :]))
    return f"{self.__name__}({asked}) -> Tensor\n\n{self.doc}"


def _spelled(parameters: Any) -> list[str]:
    """Parameters as a signature of Python's has them."""
    found, keyword_only = [], False
    for each in parameters:
        if each.keyword_only and not keyword_only:
            found.append("*")
            keyword_only = True
        star = "*" if each.varargs else ""
        found.append(f"{star}{each.name}" + ("" if each.required or star else f"={each.default!r}"))
    return found


#: each class of operations has it, whose own docstring would stand before it
DOC = property(documentation)

_method_classes: dict[type[Any], type[Any]] = {}


def method_class(of: type[Any]) -> type[Any]:
    """A class of operations that are called with their tensor in front."""
    if of in _method_classes:
        return _method_classes[of]
    made = {"is_method": True, "__module__": "builtins", "__get__": _bound, "__doc__": DOC}
    found = _method_classes[of] = type("method_descriptor", (of,), made)
    return found


def _bound(self: Any, instance: Any, owner: Any = None) -> Any:
    return self if instance is None else MethodType(self, instance)


_function_classes: dict[type[Any], type[Any]] = {}


def function_class(of: type[Any]) -> type[Any]:
    """A class of operations that are functions in Python."""
    if of not in _function_classes:
        made: dict[str, Any] = {
            "__module__": "builtins",
            "__doc__": DOC,
            "__repr__": lambda self: f"<function {self.__name__} at {id(self):#x}>",
            "__get__": _bound,
            "__name__": property(lambda self: self.called_at(self.schema.name)),
            "called_at": staticmethod(lambda path: path.rpartition(".")[2]),
        }
        _function_classes[of] = type("function", (of,), made)
    return _function_classes[of]


_named_classes: dict[tuple[type[Any], str], type[Any]] = {}


def named_class(of: type[Any], path: str) -> type[Any]:
    """A class of operations that PyTorch has a function apart for, under another of their names."""
    if (of, path) not in _named_classes:
        made = {"__module__": "builtins", "path": path, "__name__": of.called_at(path), "__doc__": DOC}
        _named_classes[of, path] = type(str(of.__name__), (of,), made)
    return _named_classes[of, path]


def title_of(path: str) -> str:
    """What PyTorch's function at a path calls itself: `special_erf`, `linalg_inv`, `relu`."""
    return path.removeprefix("nn.functional.").replace(".", "_")


_tuple_classes: dict[type[Any], type[Any]] = {}


def tuple_class(of: type[Any]) -> type[Any]:
    """A class of operations that are functions of one tuple of sizes."""
    if of not in _tuple_classes:
        _tuple_classes[of] = type(
            str(of.__name__),
            (of,),
            {"__module__": "builtins", "bound": property(lambda self: self.bound_in_one), "__doc__": DOC},
        )
    return _tuple_classes[of]
