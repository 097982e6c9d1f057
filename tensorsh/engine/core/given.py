"""What a program gives the library's classes and namespaces: `nn.Module.count = f`, `F.relu = counted`.

It belongs to the session that did it (`own_tables`): while that runs it is in force, and what stood there before is
back when another runs or the statement fails. Only classes that PyTorch has in Python and names in public take
anything (`offer`), and only under names that a subclass could have, too (`takes`). The library's own code then calls
what was put in the place of its methods and functions, as PyTorch's does.
"""

from __future__ import annotations

from typing import Any

from ...kinds.ownership import HEAP_TYPE, dict_of, flags_of, module_name, name_of
from . import context
from .own_tables import about_to_change, of_session
from .sealed import changing

MISSING: Any = object()
#: where the classes say that they are from which PyTorch has in Python
LIBRARY = ("torch", "tensorsh.torch")
#: special methods that Python asks while it makes a class or finds an attribute
REFUSED = frozenset(
    {"__new__", "__init_subclass__", "__class_getitem__", "__set_name__", "__del__", "__instancecheck__",
     "__subclasscheck__", "__subclasshook__", "__prepare__", "__mro_entries__", "__torch_function__", "public", "mro"}
)  # fmt: skip

#: special methods that the engine does not call itself
PRINTING = frozenset({"__repr__", "__str__", "__format__"})

_offered: set[int] = set()  # ids of classes, which stay
#: of classes whose operators the engine uses: the names that are the engine's
_engines: dict[int, frozenset[str]] = {}


class Gifts(dict[tuple[Any, str], Any]):
    """(class or namespace, name) → what the program put there; `MISSING` where it has deleted something.

    before   what stood there, in the dictionary of the class or namespace itself
    """

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[tuple[Any, str], Any] = {}

    def put(self, owner: Any, name: str, value: Any) -> None:
        """One more, in force at once."""
        key = owner, name
        if key not in self.before:
            self.before[key] = _inside(owner).get(name, MISSING)
        _store(owner, name, value)
        if value is self.before[key]:
            self.pop(key, None)
            del self.before[key]
        else:
            self[key] = value

    def clear(self) -> None:
        """Everything is as it was before."""
        for (owner, name), value in self.before.items():
            _store(owner, name, value)
        self.before.clear()
        super().clear()

    def update(self, others: dict[tuple[Any, str], Any]) -> None:  # type: ignore[override]
        for (owner, name), value in others.items():
            self.put(owner, name, value)


table: Gifts = of_session(Gifts())


def offer(kind: type, engines: frozenset[str] | None = None) -> None:
    """A class of the library that programs may give something, but under no name of the engine's."""
    if flags_of(kind) & HEAP_TYPE and module_name(kind).partition("[")[0].startswith(LIBRARY):
        _offered.add(id(kind))
        if engines is not None:
            _engines[id(kind)] = engines


def takes(kind: type, name: str) -> bool:
    """Whether a program may put something under this name of a class that is not its own."""
    if id(kind) not in _offered or name in REFUSED:
        return False
    engines = _engines.get(id(kind))
    return engines is None or (name in PRINTING if name[:2] == "__" else name not in engines)


def give(owner: Any, name: str, value: Any) -> None:
    """Put something in a class or a namespace; `MISSING` deletes what is there."""
    if value is MISSING and isinstance(owner, type) and name not in dict_of(owner):
        raise AttributeError(f"type object {name_of(owner)!r} has no attribute {name!r}")
    state = context.current()
    state.mode.change("a class or namespace of the library is changed")
    about_to_change(table)
    replaces = name[:1] == "_" or hasattr(owner, name)
    table.put(owner, name, value)
    state.replaced = state.replaced or replaces


def names() -> set[str]:
    """The names that hold something of the program's."""
    return {name for _, name in table}


def _inside(owner: Any) -> Any:
    return dict_of(owner) if isinstance(owner, type) else vars(owner)


def _store(owner: Any, name: str, value: Any) -> None:
    if not isinstance(owner, type):
        if value is MISSING:
            vars(owner).pop(name, None)
        else:
            vars(owner)[name] = value
        return
    with changing(owner):
        if value is not MISSING:
            type.__setattr__(owner, name, value)
        elif name in dict_of(owner):
            type.__delattr__(owner, name)
