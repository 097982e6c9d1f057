"""Which attributes a program may use: the ones listed here, and nothing of Python behind them.

Engine classes say it themselves in a set `public`; a named result (`values`, `indices`) by its fields;
a namespace (`torch`, `F`) by its entries. Of host values their descriptions say it (`kinds`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...engine.core import context
from ...engine.core.device import Device
from ...engine.core.dtype import DType
from ...engine.core.mode import ABSENT, EAGER
from ...engine.records.op import Op
from ...engine.values.tensor import OWN, TENSORS, Tensor
from ...errors import ArgumentError, unknown_attribute
from ...kinds import FIXED, Kind, kind_of
from ...kinds.classes import Classes
from ...kinds.ownership import dict_of, mro_of, name_of, own_class
from ...modules import Host
from ...modules.module import Module, computing, numeric
from ..code.runs import FIELDS, words
from .namespace import Namespace, did_you_mean

#: functions of `torch.` that a trace can follow
MODES = words(
    "no_grad enable_grad set_grad_enabled is_grad_enabled inference_mode is_tensor get_default_dtype"
)


def public_names(value: Any) -> Iterable[str]:
    """Every attribute that a program may use on this value."""
    if isinstance(value, Namespace):
        return value.names()
    names = listed(type(value))
    if names is not None:
        return names
    for kind in type(value).__mro__:
        names = kind_of(kind).names
        if names is not None:
            return names | set(getattr(value, "_fields", ()))
    return ()


def get(value: Any, name: str, host: Host) -> Any:
    """`value.name`; AttributeError with a near name where there is none. `host` knows the rules for special names."""
    if name in OWN:
        from ...engine.values import own_names

        if own_names.stored(value, name) is not None:
            found = own_names.read(value, name, _absent)
            if found is _absent:
                raise missing(value, name, Tensor.public)
            return found
    kind = type(value)
    if kind in TENSORS:
        if name in Tensor.public or name in value.__dict__:
            return getattr(value, name)
        if name.startswith("__"):
            if name == "__dict__":
                context.current().mode.observe("all attributes of a tensor are looked at")
            return host.attribute(value, name)
        if not hides(value, name):
            return getattr(value, name)
        found = context.current().mode.hung(value, name)
        if found is not ABSENT:
            return found
        raise missing(value, name, Tensor.public)
    description = kind_of(kind)
    if description.changing is not None:
        return container_method(value, description, name, host)
    if kind is Namespace:
        if name.startswith("__") and name != "__name__" and name != "__version__":
            raise missing(value, name, ())
        found = getattr(value, name)
        mode = context.current().mode
        if mode is not EAGER:
            from ..loops.reach import only_computes

            known = kind_of(type(found)).follow in FIXED or name in MODES
            if not (known or only_computes(found)):
                mode.observe("a function of the host")
        return found
    names = listed(kind)
    if names is None and is_engines(kind):
        names = description.names or ()
    if names is not None and not name.startswith("__"):
        if name not in names and name not in set_by_program(value):
            raise missing(value, name, names)
        if name == "options":
            context.current().mode.observe("hyperparameters are looked at")
        return getattr(value, name)
    if description.names is None:
        mode = context.current().mode
        if mode is not EAGER and not mode.sees(value):
            if kind is Module and value in computing:
                return mode.of_numbers(host.attribute(value, name))
            if kind is Module and value in numeric:
                return mode.of_plain_numbers(host.attribute(value, name))
            mode.observe("an attribute of a {}", kind)
    if own_class(kind) or description.names is None:
        return host.attribute(value, name)
    found = host.attribute(value, name, _absent)
    if found is _absent:
        raise missing(value, name, public_names(value))
    return found


_absent: Any = object()
FREE = Classes()  # whose objects keep nothing for themselves, as far as it has been asked
_LISTED: dict[int, Any] = {}  # of classes of ours, which stay: the names that they list


def is_free(kind: type) -> bool:
    """Whether objects of a class keep nothing under a plain name for themselves, as ours do."""
    if kind in FREE:
        return True
    if id(kind) in _LISTED:
        return False
    if issubclass(kind, type | super | Tensor | Op | DType | Device) or is_engines(kind):
        return False
    if any("public" in dict_of(base) and not own_class(base) for base in mro_of(kind)):
        return False
    FREE.add(kind)
    return True


def listed(kind: type) -> Any:
    """The public names of our own classes that list them; a program's class may have such an attribute, too."""
    names = _LISTED.get(id(kind))
    if names is not None or is_free(kind):
        return names
    lists = (dict_of(base).get("public") for base in mro_of(kind) if not own_class(base))
    names = next((names for names in lists if names is not None), None)
    if not own_class(kind):
        _LISTED[id(kind)] = names
    return names


def hides(value: Any, name: str) -> bool:
    """Whether a plain name is one under which an object of ours keeps what is its own."""
    kind = type(value)
    if is_free(kind):
        return False
    if issubclass(kind, Tensor):
        if name in Tensor.public or name in set_by_program(value):
            return False
        return not any(name in dict_of(base) for base in mro_of(kind) if own_class(base))
    names = listed(kind)
    if names is None and is_engines(kind):
        names = kind_of(kind).names or ()
    if takes_any(kind):
        return name not in (names or ()) and hasattr(kind, name)
    return names is not None and name not in names


def set_by_program(value: Any) -> Any:
    """The attributes that a program gave an object of ours which takes any."""
    return value.__dict__ if takes_any(type(value)) else ()


def takes_any(kind: type) -> bool:
    """Whether objects of a class of ours take any attribute: tensors, the `ctx` of a function."""
    if issubclass(kind, Tensor):
        return True
    from ...engine.graph.grad_fn import GraphNode  # which not every program needs

    return issubclass(kind, GraphNode)


def is_engines(kind: type) -> bool:
    """Whether a class is one of ours that is no part of PyTorch's library."""
    if kind is DType or kind is Device or issubclass(kind, Op):
        return True  # whatever module they name as theirs
    module = getattr(kind, "__module__", "")
    return isinstance(module, str) and module.startswith("tensorsh.") and not module.startswith(LIBRARY)


#: where the classes live that programs know from PyTorch, all of whose names are PyTorch's
LIBRARY = ("tensorsh.torch.", "tensorsh.modules.")


def missing(value: Any, name: str, names: Iterable[str]) -> Exception:
    """The error for an attribute that is not there."""
    if issubclass(type(value), type):
        title = f"type object '{value.__name__}'"
    else:
        title = f"'{getattr(value, '_torch_name', name_of(type(value)))}' object"
    return unknown_attribute(
        f"{title} has no attribute {name!r}", name, value, help=did_you_mean(name, names)
    )


def container_method(items: Any, description: Kind, name: str, host: Host) -> Any:
    """A method of a list, dictionary or set; a trace hears of one that changes it."""
    names = description.names or ()
    if name not in names or name in (description.changing or ()):
        context.current().mode.change_length(items)
    if name in names:
        return getattr(items, name)
    if type(items) is list and not name.startswith("__"):
        return list_as_tensor(items, name)
    found = host.attribute(items, name, _absent)
    if found is _absent:
        raise missing(items, name, names)
    return found


def list_as_tensor(items: list[Any], name: str) -> Any:
    """`[sin(t), cos(t)].sum()`: a list is a tensor where one is needed."""
    if name in Tensor.public and holds_tensor(items):
        from ..run.runtime import as_tensor

        return getattr(as_tensor(items), name)
    raise missing(items, name, public_names(items))


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
        if is_free(kind) and context.current().mode is EAGER:
            self.host.set_attribute(value, name, new)
            return
        mode = context.current().mode
        if (kind not in TENSORS or name not in FIELDS) and not mode.sees(value):
            mode.change("an attribute is changed")
        names = listed(kind)
        if names is None or name in OWN:
            self.host.set_attribute(value, name, new)
            return
        slot = getattr(kind, name, None)
        if isinstance(slot, property) and slot.fset and name in names:
            setattr(value, name, new)
        elif slot is None and takes_any(kind):
            value.__dict__[name] = new
        else:
            get(value, name, self.host)  # refuses what is not there
            title = "torch._C.TensorBase" if kind in TENSORS else kind.__name__
            raise ArgumentError(
                f"attribute '{name}' of '{title}' objects is not writable",
                raises=AttributeError,
                code="attribute",
            )

    def __delitem__(self, name: str) -> None:
        if listed(type(self.value)) is None or name in OWN:
            self.host.del_attribute(self.value, name)
        elif name in set_by_program(self.value):
            del self.value.__dict__[name]
        else:
            self[name] = None


class Slots:
    """The assignable side of a list or dictionary: `xs[i] = v`, `xs[i] += v`, `del xs[i]`, seen by a trace."""

    __slots__ = ("items",)

    def __init__(self, items: list[Any] | dict[Any, Any]):
        self.items: Any = items

    def __getitem__(self, index: Any) -> Any:
        found = self.items[index]
        if kind_of(type(found)).changing is not None:  # `xs[i] += v` changes what is there
            context.current().mode.change_items(found)
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        context.current().mode.change_items(self.items)
        self.items[index] = value

    def __delitem__(self, index: Any) -> None:
        context.current().mode.change_length(self.items)
        del self.items[index]
