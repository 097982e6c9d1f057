"""`torch`, `torch.nn`, …: what stands behind a dot, found when it is first asked for.

A namespace has three sources. The library's own packages and files (`tensorsh/torch/…`), which say in
`CONTENTS` (name of a file → the names in it) or `__all__` what of them is public; the registry of operations,
where it is a prefix (`linalg.`); and the namespaces inside it. Programs hold namespaces and never the modules
behind them, whose other names nobody may reach. `from tensorsh import torch` gives Python the modules, which
find the same objects here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from importlib import import_module
from itertools import accumulate
from types import ModuleType
from typing import Any

from .. import ops  # noqa: F401  registers every operation
from ..engine.core import context, given
from ..engine.core.sealed import changing, seal_library
from ..engine.records.op import Op, registry
from ..engine.values.tensor import OWN, Tensor
from ..errors import unknown_attribute
from ..kinds import ALL, Kind, describe, same
from ..text import printing  # noqa: F401  says how tensors print

PACKAGE = __package__


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The sentence that suggests a near name, if there is one."""
    from difflib import get_close_matches

    close = get_close_matches(name, sorted(n for n in known if not n.startswith(".")), 1)
    return f"did you mean '{close[0]}'?" if close else None


class Namespace:
    """`torch`, `torch.linalg`, …; `path` is the part of its name after `torch`."""

    __slots__ = ("__dict__", "_path")

    def __init__(self, path: str = ""):
        object.__setattr__(self, "_path", path)
        self.__dict__["__name__"] = f"torch.{path}".rstrip(".")

    def __repr__(self) -> str:
        return f"<module '{self.__dict__['__name__']}'>"

    def __dir__(self) -> list[str]:
        return sorted(self.names() | {name for owner, name in given.table if owner is self})

    def __getattr__(self, name: str) -> Any:
        if name in settings_of(self._path):
            return context.current().switches.get((self._path, name), settings_of(self._path)[name])
        if name.startswith("__") and name not in {*contents_of(self._path), *_inner_namespaces(self._path)}:
            raise AttributeError(name)
        found = self.find(name)
        if found is None and name in contents_of(self._path):
            return None
        if found is None:
            from .absent import why_absent

            raise unknown_attribute(
                f"module '{self.__dict__['__name__']}' has no attribute '{name}'",
                name,
                self,
                help=why_absent(f"{self._path}.{name}".lstrip(".")) or did_you_mean(name, self.names()),
            )
        self.__dict__[name] = found
        seal_library()
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        if name in settings_of(self._path):
            state, before = context.current(), context.current().switches
            state.journal.save_setting(state, "switches")
            state.switches = {**before, (self._path, name): value}
            return
        if name[:2] == "__":
            raise AttributeError(f"attribute {name!r} of module {self.__dict__['__name__']!r} is read-only")
        given.give(self, name, value)

    def __delattr__(self, name: str) -> None:
        if (self, name) not in given.table:
            raise AttributeError(f"attribute {name!r} of module {self.__dict__['__name__']!r} is read-only")
        given.give(self, name, given.MISSING)

    def get(self, name: str) -> Any:
        """The entry, or PyTorch's error with a near name."""
        return getattr(self, name)

    def find(self, name: str) -> Any:
        """The entry; None if there is no such name."""
        path = f"{self._path}.{name}".lstrip(".")
        contents = contents_of(self._path)
        if name in contents:
            found = getattr(import_module(contents[name]), name)
            if isinstance(found, type) and found.__module__.startswith("tensorsh.torch."):
                with changing(found):
                    found.__module__ = found.__module__.removeprefix(
                        "tensorsh."
                    )  # as `print(type(x))` shows it
            if isinstance(found, type):
                given.offer(found, OWN if found is Tensor else None)
            return found
        if name[:1] == "_" and name not in _inner_namespaces(self._path):
            return None
        if path in registry:
            from ..engine.calls.python_functions import in_python

            found = registry.get(path)
            if not isinstance(found, Op):
                return found
            form = found.in_python if in_python(path) else found.in_one if found.spreads else found
            return form.under(path)
        return namespace(path) if has_namespace(path) else None

    def names(self) -> set[str]:
        """What may follow the dot."""
        return {
            *contents_of(self._path),
            *_inner_namespaces(self._path),
            *settings_of(self._path),
            *_operations_of(self._path, registry.names()),
        } - {""}


Namespace.__name__ = Namespace.__qualname__ = "module"  # as messages call it
Namespace.__module__ = "builtins"
# what is set in it belongs to the session's settings
describe(Namespace, Kind(parts=(), closed=ALL, follow=same))


@cache
def namespace(path: str) -> Namespace:
    """The namespace of that path; there is one of each."""
    return Namespace(path)


@cache
def has_namespace(path: str) -> bool:
    """Whether `torch.PATH` is a namespace."""
    if path in ("", "Tensor"):
        return not path
    parent, _, name = path.rpartition(".")
    if name in _inner_namespaces(parent):
        return True
    return path in _of_operations()


@cache
def _of_operations() -> frozenset[str]:
    """The namespaces that operations are in, with those around them."""
    direct = {key.rpartition(".")[0] for key in registry.names()} - {""}
    return frozenset(found for each in direct for found in accumulate(each.split("."), "{}.{}".format))


def _module_of(path: str) -> ModuleType | None:
    """The library's package or file of a namespace, if it has one."""
    parent, _, name = path.rpartition(".")
    if path and name not in _inner_namespaces(parent):
        return None
    module = f"{PACKAGE}.{path}".rstrip(".")
    return sys.modules.get(module) or import_module(module)


@lru_cache
def _operations_of(path: str, names: frozenset[str]) -> frozenset[str]:
    """What the operations of a namespace begin with."""
    start = f"{path}.".lstrip(".")
    return frozenset(
        key[len(start) :].partition(".")[0]
        for key in names
        if key.startswith(start) and not key.startswith("Tensor.")
    )


@cache
def _inner_namespaces(path: str) -> frozenset[str]:
    """The packages and files of the library that are namespaces inside this one."""
    module = _module_of(path)
    return frozenset(() if module is None else vars(module).get("NAMESPACES", ()))


def starred(of: Namespace) -> set[str]:
    """What `from … import *` brings: all of a namespace but `_names` and what its package keeps out in `UNSTARRED`."""
    module = _module_of(of._path)
    kept = () if module is None else vars(module).get("UNSTARRED", ())
    return {name for name in of.names() if name[:1] != "_"} - set(" ".join(kept).split())


@cache
def contents_of(path: str) -> dict[str, str]:
    """Each public name of a namespace's own package or file, and the module that has it."""
    module = _module_of(path)
    if module is None:
        return {}
    where = f"{PACKAGE}.{path}".rstrip(
        "."
    )  # a file may give itself the name that its classes have in PyTorch
    own = dict.fromkeys(vars(module).get("__all__", ()), where)
    for file, names in vars(module).get("CONTENTS", {}).items():
        own |= dict.fromkeys(names.split(), f"{where}.{file}")
    return own


@cache
def settings_of(path: str) -> dict[str, Any]:
    """What of a namespace a program may set, for its session, and what it is until then."""
    module = _module_of(path)
    return {} if module is None else vars(module).get("SETTINGS", {})


def lazily(module: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for a package of the library, so that Python finds there what programs find."""
    path = module.removeprefix(PACKAGE).lstrip(".")

    def get(name: str) -> Any:
        if name in settings_of(path):
            return getattr(namespace(path), name)
        if name == "__all__":
            inner = _inner_namespaces(path)
            return sorted(n for n in namespace(path).names() if n[:1] != "_" and n not in inner)
        if name.startswith("__") and name not in {*contents_of(path), *_inner_namespaces(path)}:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        found = namespace(path).find(name)
        if found is None and name not in contents_of(path):
            raise AttributeError(f"module 'torch{path and '.' + path}' has no attribute '{name}'")
        if isinstance(found, Namespace) and name in _inner_namespaces(path):
            return import_module(f"{module}.{name}")
        vars(sys.modules[module])[name] = found
        return found

    return get, lambda: sorted(namespace(path).names())


#: what library code is written with
torch = namespace("")
F = namespace("nn.functional")
