"""Which attributes a program may use: the ones listed here, and nothing of Python behind them.

Engine classes say it themselves in a set `public`; a named result (`values`, `indices`) by its fields;
a namespace (`torch`, `F`) by its entries. For host values this table says it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine import context
from ..engine.device import Device
from ..engine.dtype import DType
from ..engine.mode import EAGER
from ..engine.op import Op
from ..engine.results import Size
from ..engine.tensor import TENSORS, Tensor
from ..errors import ArgumentError, unknown_attribute
from ..modules import Host
from ..modules.reach import own_class
from .namespace import Kind, Namespace, did_you_mean

HOST: dict[type, frozenset[str]] = {
    list: frozenset(
        {"append", "extend", "pop", "insert", "index", "count", "reverse", "sort", "copy", "remove", "clear"}
    ),
    tuple: frozenset({"index", "count"}),
    str: frozenset({
        "join", "split", "rsplit", "splitlines", "strip", "lstrip", "rstrip", "upper", "lower", "title",
        "capitalize", "swapcase", "casefold", "startswith", "endswith", "removeprefix", "removesuffix",
        "replace", "count", "find", "rfind", "index", "rindex", "zfill", "ljust", "rjust", "center",
        "partition", "rpartition", "expandtabs", "isdigit", "isalpha", "isalnum", "isspace", "isupper",
        "islower", "isdecimal", "isnumeric", "istitle", "isidentifier",
    }),
    int: frozenset({
        "real", "imag", "numerator", "denominator", "conjugate", "bit_length", "bit_count", "is_integer",
    }),
    float: frozenset({"real", "imag", "conjugate", "is_integer", "hex", "as_integer_ratio"}),
    complex: frozenset({"real", "imag", "conjugate"}),
    range: frozenset({"start", "stop", "step", "index", "count"}),
    slice: frozenset({"start", "stop", "step"}),
}  # fmt: skip
HOST[bool] = HOST[int]
HOST[dict] = frozenset(
    {"keys", "values", "items", "get", "copy", "pop", "popitem", "setdefault", "update", "clear"}
)
HOST[set] = frozenset({
    "union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint",
    "copy", "add", "remove", "discard", "pop", "update", "clear",
})  # fmt: skip
HOST[Size] = HOST[tuple] | {"numel"}
HOST[DType] = frozenset({"is_floating_point", "is_complex", "is_signed", "itemsize", "to_real", "to_complex"})
HOST[Device] = frozenset({"type", "index"})

#: the methods of what can change that leave it as it is
PURE: dict[type, frozenset[str]] = {
    list: frozenset({"index", "count", "copy"}),
    dict: frozenset({"keys", "values", "items", "get", "copy"}),
    set: HOST[set] - {"add", "remove", "discard", "pop", "update", "clear"},
}

#: functions of `torch.` that a trace can follow
MODES = frozenset(
    {"no_grad", "enable_grad", "is_grad_enabled", "inference_mode", "is_tensor", "get_default_dtype"}
)


def public_names(value: Any) -> Iterable[str]:
    """Every attribute that a program may use on this value."""
    if isinstance(value, Namespace):
        return value.names()
    names = getattr(type(value), "public", None)
    if names is not None:
        return names
    for kind in type(value).__mro__:
        if kind in HOST:
            return HOST[kind] | set(getattr(value, "_fields", ()))
    return ()


def get(value: Any, name: str, host: Host) -> Any:
    """`value.name`; AttributeError with a near name where there is none. `host` knows the rules for special names."""
    kind = type(value)
    if kind in TENSORS:
        if name in Tensor.public or name in value.__dict__:
            return getattr(value, name)
        if name.startswith("__"):
            return host.attribute(value, name)
        raise missing(value, name, Tensor.public)
    if kind in PURE:
        return container_method(value, kind, name, host)
    if kind is Namespace:
        if name.startswith("__") and name != "__name__" and name != "__version__":
            raise missing(value, name, ())
        found = getattr(value, name)
        mode = context.current.mode
        if mode is not EAGER:
            if not (isinstance(found, Op | DType | Device | Kind | Namespace | int | float) or name in MODES):
                mode.observe("a function of the host")
        return found
    names = getattr(kind, "public", None)
    if names is None and is_engines(kind):
        names = HOST.get(kind, ())
    if names is not None and not name.startswith("__"):
        if name not in names:
            raise missing(value, name, names)
        if name == "options":
            context.current.mode.observe("hyperparameters are looked at")
        return getattr(value, name)
    if kind not in HOST:
        context.current.mode.observe("an attribute of a {}", kind)
    if own_class(kind) or kind not in HOST:
        return host.attribute(value, name)
    found = host.attribute(value, name, _absent)
    if found is _absent:
        raise missing(value, name, public_names(value))
    return found


_absent: Any = object()


def is_engines(kind: type) -> bool:
    """Whether a class is one of ours that is no part of PyTorch's library."""
    module = getattr(kind, "__module__", "")
    return isinstance(module, str) and module.startswith("tensorsh.") and not module.startswith(LIBRARY)


#: where the classes live that programs know from PyTorch, all of whose names are PyTorch's
LIBRARY = ("tensorsh.torch.", "tensorsh.modules.")


def missing(value: Any, name: str, names: Iterable[str]) -> Exception:
    """The error for an attribute that is not there."""
    title = getattr(value, "_torch_name", type(value).__name__)
    return unknown_attribute(
        f"'{title}' object has no attribute {name!r}", name, value, help=did_you_mean(name, names)
    )


def container_method(items: Any, kind: type, name: str, host: Host) -> Any:
    """A method of a list, dictionary or set; one that changes it stops a trace."""
    if name not in PURE[kind]:
        context.current.mode.change("a {} is changed", kind)
        if name not in HOST[kind]:
            if kind is list and not name.startswith("__"):
                return list_as_tensor(items, name)
            found = host.attribute(items, name, _absent)
            if found is _absent:
                raise missing(items, name, HOST[kind])
            return found
    return getattr(items, name)


def list_as_tensor(items: list[Any], name: str) -> Any:
    """`[sin(t), cos(t)].sum()`: a list is a tensor where one is needed."""
    if name in Tensor.public and holds_tensor(items):
        from .runtime import as_tensor

        return getattr(as_tensor(items), name)
    raise missing(items, name, HOST[list])


def holds_tensor(items: Any) -> bool:
    """Whether a (nested) list has a tensor in it."""
    return any(
        isinstance(item, Tensor) or (isinstance(item, list | tuple) and holds_tensor(item)) for item in items
    )


class Fields:
    """The assignable side of a value: `w.grad = None` is `.fields(w)["grad"] = None`."""

    __slots__ = ("host", "value")

    def __init__(self, value: Any, host: Host):
        self.value = value
        self.host = host

    def __getitem__(self, name: str) -> Any:
        return get(self.value, name, self.host)

    def __setitem__(self, name: str, new: Any) -> None:
        value, kind = self.value, type(self.value)
        if kind not in TENSORS or name != "grad":
            context.current.mode.change("an attribute is changed")
        names = getattr(kind, "public", None)
        if names is None:
            self.host.set_attribute(value, name, new)
            return
        slot = getattr(kind, name, None)
        if isinstance(slot, property) and slot.fset and name in names:
            setattr(value, name, new)
        elif slot is None and kind in TENSORS:
            value.__dict__[name] = new
        else:
            get(value, name, self.host)  # refuses what is not there
            raise ArgumentError(
                f"attribute '{name}' of '{getattr(kind, 'c_name', kind.__name__)}' objects is not writable",
                raises=AttributeError,
                code="attribute",
            )

    def __delitem__(self, name: str) -> None:
        if getattr(type(self.value), "public", None) is None:
            self.host.del_attribute(self.value, name)
        else:
            self[name] = None


class Slots:
    """The assignable side of a list or dictionary: `xs[i] = v`, `xs[i] += v`, `del xs[i]`, seen by a trace."""

    __slots__ = ("items",)

    def __init__(self, items: list[Any] | dict[Any, Any]):
        self.items: Any = items

    def __getitem__(self, index: Any) -> Any:
        found = self.items[index]
        if type(found) in PURE:  # `xs[i] += v` changes what is there
            context.current.mode.change_items(found)
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        context.current.mode.change_items(self.items)
        self.items[index] = value

    def __delitem__(self, index: Any) -> None:
        context.current.mode.change("an item is deleted")
        del self.items[index]
