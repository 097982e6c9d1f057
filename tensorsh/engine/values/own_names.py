"""Names that tensors have for the engine, where a program has an attribute of its own under one of them.

PyTorch keeps what it needs of a tensor where no program's names reach, so a subclass may call a method `spec`, and
any tensor may be given a `node`. Here these are names of the engine (`OWN`), which it reads straight. What a program
has under one of them is kept under another, that no program can write: `.spec`. Classes are put in order as they are
made (`set_apart`); the ways by which programs read and write attributes ask `stored` for the name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..core import context
from ..core.mode import ABSENT
from ..records.op import registry
from .tensor import OWN, Tensor


def stored(value: Any, name: str) -> str | None:
    """Where a tensor, a class of tensors or a `super()` of one has a program's attribute; None: under its name."""
    if name not in OWN:
        return None
    kind: Any = type(value)
    if kind is super:
        kind = value.__self_class__ or object
    elif issubclass(kind, type):
        kind = value
    return f".{name}" if issubclass(kind, Tensor) else None


def read(value: Any, name: str, absent: Any) -> Any:
    """A program's attribute of what `stored` knows a place in; `absent` where it has none."""
    kind: Any = type(value)
    try:
        return kind.__getattribute__(value, f".{name}")
    except AttributeError:
        instead = getattr(kind, "__getattr__", None) if issubclass(kind, Tensor) else None
        if instead is not None and instead is not Tensor.__getattr__:
            return instead(value, f".{name}")
    found = context.current().mode.hung(value, f".{name}") if isinstance(value, Tensor) else ABSENT
    return absent if found is ABSENT else found


def set_apart(cls: type[Tensor]) -> None:
    """What a new class of a program, or one that it mixes in, has under names of the engine's."""
    bases = cls.__mro__[: cls.__mro__.index(Tensor)]
    for name in OWN:
        engines, other = vars(Tensor)[name], f".{name}"
        mine = [base for base in bases if vars(base).get(name, engines) is not engines]
        if not mine:
            continue
        first = next(base for base in bases if base is mine[0] or other in vars(base))
        if first is mine[0]:
            type.__setattr__(cls, other, vars(first)[name])
        type.__setattr__(cls, name, engines)
    for name, between in HOOKS.items():
        first = next((base for base in bases if name in vars(base)), Tensor)
        if first is cls or not issubclass(first, Tensor):
            type.__setattr__(cls, name, between(vars(first)[name]))


# ------------------------------------------------------------------ what classes do where an attribute is asked for


def _getattribute(own: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    @wraps(own)
    def read(self: Any, name: str) -> Any:
        return object.__getattribute__(self, name) if name in OWN else own(self, name.removeprefix("."))

    return read


def _getattr(own: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    @wraps(own)
    def read(self: Any, name: str) -> Any:
        if name in OWN or registry.load(f"Tensor.{name}"):
            return Tensor.__getattr__(self, name)
        return own(self, name.removeprefix("."))

    return read


def _setattr(own: Callable[[Any, str, Any], None]) -> Callable[[Any, str, Any], None]:
    @wraps(own)
    def write(self: Any, name: str, value: Any) -> None:
        if name in OWN:
            object.__setattr__(self, name, value)
        else:
            own(self, name.removeprefix("."), value)

    return write


def _delattr(own: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    @wraps(own)
    def delete(self: Any, name: str) -> None:
        own(self, name.removeprefix("."))

    return delete


#: methods of a program's class that Python asks; of the engine's names they hear nothing
HOOKS: dict[str, Callable[[Any], Any]] = {
    "__getattribute__": _getattribute, "__getattr__": _getattr, "__setattr__": _setattr, "__delattr__": _delattr,
}  # fmt: skip
