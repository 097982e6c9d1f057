"""What a name in a half-typed text means: its value, its signature, one line that describes it.

Nothing is evaluated: names are looked up, and where an expression stands a tensor is assumed.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from ..engine.core.device import Device
from ..engine.core.dtype import DType
from ..engine.records.op import Op, registry
from ..engine.values.tensor import Tensor
from ..lang.faults.places import describe
from ..lang.names import attributes
from ..lang.names.host import Dual
from ..lang.names.namespace import Namespace, TypeName
from ..session import Session
from . import members
from .scan import Chain

UNKNOWN: Any = object()

#: attributes that give another tensor of the same kind; computing them is not needed to know that
SAME = frozenset({"T", "mT", "H", "mH", "real", "imag", "data"})
READ = frozenset({"shape", "dtype", "device", "ndim", "requires_grad", "is_leaf"})


class Signature(NamedTuple):
    """How something is called: (name, text) of each parameter; a parameter that takes the rest begins
    with a star, a bare `*` has no name."""

    name: str
    parameters: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(text for _, text in self.parameters)})"

    def at(self, index: int, keyword: str | None) -> int | None:
        """Which of `parameters` an argument is for."""
        for i, (name, text) in enumerate(self.parameters):
            if keyword is None and text.startswith("*"):
                return i if text != "*" else None
            if name == keyword or (keyword is None and i == index):
                return i
        return None


def resolve(session: Session, chain: Chain) -> Any:
    """The value of a dotted name; UNKNOWN where it has none or computing it takes an operation."""
    if not chain or chain[0] is None:
        value = UNKNOWN
    elif chain[0] == '"':
        value = ""
    elif chain[0] in session:
        value = session[chain[0]]
    else:
        try:
            value = session.builtin(chain[0])
        except KeyError:
            return UNKNOWN
    for name in chain[1:]:
        assert name is not None
        value = _attribute(value, name)
    return value


def _attribute(value: Any, name: str) -> Any:
    if isinstance(value, Namespace):
        try:
            return value.get(name)
        except AttributeError:
            return UNKNOWN
    if value is UNKNOWN or isinstance(value, Tensor):
        if isinstance(value, Tensor):
            if name == "grad":
                return value.grad_slot if value.grad_slot is not None else UNKNOWN
            if name in SAME:
                return value
            if name in READ:
                return getattr(value, name)
        return method(name)
    if name in attributes.public_names(value):
        return getattr(value, name, UNKNOWN)
    return members.find(value, name, UNKNOWN)


def method(name: str) -> Any:
    """What a method of tensors is, an operation or a function; UNKNOWN for attributes and other names."""
    with suppress(KeyError):  # listed, but no operation: an attribute
        if f"Tensor.{name}" in registry:
            return registry[f"Tensor.{name}"]
    found = getattr(Tensor, name, UNKNOWN) if name in Tensor.public else UNKNOWN
    return found if isinstance(found, FunctionType) else UNKNOWN


def names_after(session: Session, chain: Chain) -> set[str]:
    """What may follow the dot after `chain`."""
    value = resolve(session, chain)
    if value is not UNKNOWN:
        return names_of(value)
    known = chain[0] is None or chain[0] in session or len(chain) > 1
    return set(Tensor.public) if known else set()


def names_of(value: Any) -> set[str]:
    """What may follow a dot after a value."""
    return set(attributes.public_names(value)) or members.names(value)


def is_method(session: Session, chain: Chain) -> bool:
    """Whether the last name of `chain` is called on a value, which is then the first argument."""
    return len(chain) > 1 and not isinstance(resolve(session, chain[:-1]), Namespace | ModuleType | type)


def signature_of(session: Session, chain: Chain, inherited: bool = False) -> Signature | None:
    """How what `chain` names is called; None if it is not, or nobody says.

    `inherited` says that it is called on an instance, though the class is named.
    """
    value = resolve(session, chain)
    if value is UNKNOWN:
        return None
    return signature(value, chain[-1] or "", bound=inherited or is_method(session, chain))


def signature(value: Any, name: str, *, bound: bool = False) -> Signature | None:
    """The same for a value; what is `bound` to a tensor has that as its first argument already."""
    if isinstance(value, Dual):
        value = registry.get(value.name, value.host)
    record = getattr(value, "__func__", value)
    if isinstance(record, Op):
        parameters = [(p.name, f"*{p}" if p.varargs else str(p)) for p in record.schema.parameters]
        first = next((i for i, p in enumerate(record.schema.parameters) if p.keyword_only), 0)
        if first and not any(p.varargs for p in record.schema.parameters):
            parameters.insert(first, ("", "*"))
        return Signature(name, tuple(parameters[1:] if bound else parameters))
    if isinstance(value, TypeName):
        value = value.convert
    forward = members.find(value, "forward", None) if hasattr(value, "_parameters") else None
    if isinstance(forward, FunctionType):  # of a module: how it is called
        value, bound = forward, True
    if not callable(value) or isinstance(value, DType | Device):
        return None
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return None
    shown = tuple(_parameters(found))
    return Signature(name, shown[1:] if bound and isinstance(value, FunctionType) else shown)


def _parameters(found: inspect.Signature) -> Iterator[tuple[str, str]]:
    starred = False
    for p in found.parameters.values():
        if (p.kind, p.name) in ((p.VAR_POSITIONAL, "given"), (p.VAR_KEYWORD, "named")):
            continue  # of a method that takes nothing, and complains of what it is given
        if p.kind is p.KEYWORD_ONLY and not starred:
            starred = True
            yield "", "*"
        starred = starred or p.kind is p.VAR_POSITIONAL
        star = "*" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else ""
        default = "" if p.default is p.empty else f"={p.default!r}"
        yield p.name, f"{star}{p.name}{default}"


def variables(session: Session) -> list[str]:
    """The names the user has bound; an empty `argv` is none of them."""
    return [name for name in session.names() if name != "argv" or session[name]]


def meta(name: str, value: Any) -> str:
    """A few words about a value, beside its name in a menu."""
    if isinstance(value, Namespace):
        return "module"
    if isinstance(value, DType):
        return "dtype"
    if isinstance(value, Op | Dual) or callable(value):
        found = signature(value, name)
        return "type" if isinstance(value, TypeName) else str(found)[len(name) :] if found else "function"
    return describe(value)
