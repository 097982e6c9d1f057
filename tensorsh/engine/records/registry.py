"""The registry: every operation by each of its public names, its module imported when first asked for.

A package of operations hands over its index (name → module, see `index`); looking a name up imports that
module, which registers the operation. So a program pays for the operations it uses. Walking through all
names imports everything.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from ...interrupt import unbroken


class Registry(dict[str, Any]):
    """`registry["linalg.inv"]`; methods and attributes of tensors are under `Tensor.NAME`.

    What no program can name, since only the engine and the library look it up, is under `engine.NAME`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.index: dict[str, str] = {}
        self.packages: list[str] = []
        self.waiting: list[weakref.WeakMethod[Callable[[], None]]] = []
        self.attributes: set[str] = set()  # those of `index` that are attributes of tensors, and no methods
        self.noted: dict[str, str] | None = None  # name → module, while an index is made
        self._names: tuple[int, frozenset[str]] | None = None  # (how many the index had, all names)

    def load(self, name: str) -> bool:
        """Import what defines `name`; whether an index knows it."""
        module = self.index.get(name)
        if module is None:
            return False
        bring(module)
        return True

    def load_all(self) -> None:
        """Import every module of the packages."""
        for package in self.packages:
            bring_all(package)

    def note(self, name: str) -> None:
        """While an index is made: the module that is being imported declares this name."""
        if self.noted is not None:
            self.noted[name] = _running_module()

    def is_unused(self) -> bool:
        """Whether no operation has been asked for yet."""
        return not len(self)

    def when_used(self, told: Callable[[], None]) -> None:
        """Call a method, if its object is there by then, when the first operation is asked for."""
        self.waiting.append(weakref.WeakMethod(told))

    def __setitem__(self, name: str, value: Any) -> None:
        self.note(name)
        if name not in self:
            self._names = None
        super().__setitem__(name, value)
        while self.waiting:
            told = self.waiting.pop()()
            if told is not None:
                told()

    def __missing__(self, name: str) -> Any:
        self.load(name)
        found = super().get(name)
        if found is None:
            raise KeyError(name)
        return found

    def loaded(self, name: str) -> bool:
        """Whether the name is there without importing anything."""
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The operation; `default` for other names, among them attributes of tensors that are none."""
        try:
            return self[name] if name in self else default  # noqa: SIM401
        except KeyError:
            return default

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self.index

    def __delitem__(self, name: str) -> None:
        self._names = None
        super().__delitem__(name)

    def names(self) -> frozenset[str]:
        """All names that a program may use, without importing anything."""
        if self._names is None or self._names[0] != len(self.index):
            public = [name for name in (*self.index, *super().keys()) if not name.startswith("engine.")]
            self._names = len(self.index), frozenset(public)
        return self._names[1]

    def __iter__(self) -> Iterator[str]:
        self.load_all()
        return super().__iter__()

    def keys(self) -> Any:
        self.load_all()
        return super().keys()

    def values(self) -> Any:
        self.load_all()
        return super().values()

    def items(self) -> Any:
        self.load_all()
        return super().items()


@unbroken
def bring(module: str) -> None:
    """Import a module of operations, whole: what an interrupt left half done would be declared twice."""
    import_module(module)


def bring_all(package: str) -> None:
    """Import every module of a package of operations, and of the packages in it."""
    from pkgutil import iter_modules

    for module in iter_modules(import_module(package).__path__):
        (bring_all if module.ispkg else bring)(f"{package}.{module.name}")


def _running_module() -> str:
    """The module whose top level is being executed."""
    frame = sys._getframe(2)
    while frame.f_code.co_name != "<module>":
        assert frame.f_back is not None
        frame = frame.f_back
    return str(frame.f_globals["__name__"])
