"""What a program gets for a module: a module object of its own that holds the listed names and nothing else.

It is Python's module type, so a missing name is Python's AttributeError and reading is as fast. The module
that the names come from is not reachable from it. A program may assign to it; that stays in its session.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, ref

from ..kinds import Kind, describe

#: modules whose functions only compute, and those of which some functions of numbers do, if no program has assigned to
#: them
computing: WeakSet[types.ModuleType] = WeakSet()
numeric: WeakSet[types.ModuleType] = WeakSet()


class Module(types.ModuleType):
    """`<module 'math' (built-in)>` or `<module 'json' from 'json.py'>`, as Python shows it, without folders."""

    def __init__(self, name: str = "", doc: str | None = None, shown: str | None = None):
        super().__init__(name, doc)
        names: dict[str, Any] = self.__dict__
        for hidden in ("__loader__", "__spec__", "__package__"):
            names.pop(hidden, None)
        if shown is not None:
            names["__file__"] = shown

    def __setattr__(self, name: str, value: Any) -> None:
        self._changed()
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._changed()
        super().__delattr__(name)

    def _changed(self) -> None:
        computing.discard(self)
        numeric.discard(self)

    def __repr__(self) -> str:
        names = vars(self)
        name, file = names.get("__name__"), names.get("__file__")
        if file == "frozen":
            return f"<module {name!r} (frozen)>"
        return f"<module {name!r} from {file!r}>" if file else f"<module {name!r} (built-in)>"


def follow(module: Module, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """How a trace follows a module: what it computes from numbers that stay is a number that stays."""
    known = computing if module in computing else numeric
    if module not in known:
        reach.refuse("a module")
    if reach.identities:  # what stands for its functions is equal to them, but it is not they
        reach.refuse("a module, where it is asked what is one")
    reach.same(module, path)
    reach.guards.append(f"{path} in {reach.constant(known)}")


describe(Module, Kind(follow=follow))


class ProgramModule(Module):
    """`sys.modules["__main__"]`: the variables of the program as they are now."""

    def __init__(self, host: Any):
        _HOSTS[self] = ref(host)
        super().__init__("__main__")

    def __getattribute__(self, name: str) -> Any:
        if name in ("__dict__", "__doc__"):
            names = _HOSTS[self]().main_names()
            return names if name == "__dict__" else names.get(name)
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        names = _HOSTS[self]().main_names()
        if name in names:
            return names[name]
        raise AttributeError(f"module '__main__' has no attribute {name!r}", name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        _HOSTS[self]().bind(name, value)

    def __dir__(self) -> list[str]:
        return sorted(_HOSTS[self]().main_names())

    def __repr__(self) -> str:
        return "<module '__main__'>"


#: the host of each, not within a program's reach; weakly, since the host holds the module
_HOSTS: WeakKeyDictionary[ProgramModule, Callable[[], Any]] = WeakKeyDictionary()
ProgramModule.__name__ = ProgramModule.__qualname__ = "module"
ProgramModule.__module__ = "builtins"
Module.__name__ = Module.__qualname__ = "module"
Module.__module__ = "builtins"
