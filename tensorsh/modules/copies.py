"""Python's own modules, run once more for one session: the same code over other builtins and imports.

A module that reads attributes named in texts (`copy`, `functools.update_wrapper`, `string.Formatter`), runs text it
puts together (`dataclasses`), opens files (`pathlib`, `shutil`) or keeps state (`logging`) is not given as
it stands. Its source runs again, in a module object of the session, where `getattr` and `setattr` are the
checked ones, `open` goes through the gate, `eval` reads our language, `exec` runs only what is known to be
harmless, and `import` finds other copies and the session's `sys` and `os`. What such a module hands
out behaves as Python's because it is Python's.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.util
import os
import pickle
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..kinds.ownership import COPY_MARK, note_own_class
from . import gate
from .generated_code import checked_exec
from .hints import get_type_hints_of

if TYPE_CHECKING:
    from . import Modules

#: the modules that run again, with everything in them when they are packages
COPIED = frozenset({
    "argparse", "configparser", "contextlib", "copy", "dataclasses", "functools", "glob", "gzip", "inspect", "logging",
    "pathlib", "pickle", "pprint", "reprlib", "shutil", "string", "tempfile", "unittest",
})  # fmt: skip
#: what a copy needs of Python's own: `inspect` looks at code objects, which it does not hand out
BUILTINS = {"inspect": {"getattr": getattr}}
#: modules of which a copy sees the session's listed names only
LISTED = frozenset({"builtins", "warnings", "os.path", "posixpath", "ntpath", "threading"})
#: of the picklers in C the class that arrays hand their memory in; `pickle` goes on in Python without the others
IN_C = types.SimpleNamespace(PickleBuffer=pickle.PickleBuffer)
#: copies that need all of `sys`: they look at frames to find the caller
TRUSTED = frozenset({"logging", "inspect"})


class Copies:
    """The session's copies by name, made when first asked for."""

    def __init__(self, modules: Modules):
        self.modules = modules
        self.made: dict[str, types.ModuleType] = {}
        self.builtins = {
            **vars(builtins),
            **{name: modules.builtins[name] for name in ("getattr", "setattr", "delattr", "open")},
            COPY_MARK: True,
            "eval": self._evaluate,
            "exec": checked_exec,
        }
        self.os = self._gated_os()
        self.io = self._gated_io()
        self.types = self._own_types()

    def get(self, name: str) -> types.ModuleType:
        """The session's copy of this module; its package's copy has it as an attribute."""
        made = self.made.get(name)
        if made is not None:
            return made
        parent, _, last = name.rpartition(".")
        if parent:
            self.get(parent)
            if name in self.made:
                return self.made[name]
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.loader is not None
        made = types.ModuleType(name)
        made.__dict__.update(
            __builtins__=self._builtins_of(name),
            __file__=spec.origin,
            __package__=spec.parent,
            __spec__=spec,
        )
        if spec.submodule_search_locations is not None:
            made.__path__ = spec.submodule_search_locations
        self.made[name] = made
        try:
            exec(spec.loader.get_code(name), made.__dict__)  # type: ignore[attr-defined]
            change = CHANGED.get(name)
            if change is not None:
                change(self.modules, made)
        except BaseException:
            del self.made[name]
            raise
        if parent:
            setattr(self.made[parent], last, made)
        return made

    def _builtins_of(self, importer: str) -> dict[str, Any]:
        def import_(
            name: str,
            names: Any = None,
            local: Any = None,
            wanted: tuple[str, ...] | None = (),
            level: int = 0,
        ) -> Any:
            if names is None:
                return self._named(importer, name)
            if level:
                package = names["__package__"].rsplit(".", level - 1)[0]
                name = f"{package}.{name}" if name else package
            found = self._find(name, importer)
            if not wanted:
                return found if "." not in name else self._find(name.partition(".")[0], importer)
            for each in wanted:
                inner = f"{name}.{each}"
                is_package = name in self.made and hasattr(found, "__path__")
                if is_package and not hasattr(found, each) and importlib.util.find_spec(inner):
                    self.get(inner)
            return found

        return {**self.builtins, **BUILTINS.get(importer, {}), "__import__": import_}

    def _named(self, importer: str, name: str) -> Any:
        """`__import__` called with a name that came from the program: its modules and the listed ones."""
        if importer == "pickle":
            return None  # it looks the module up in `sys.modules` next
        found = self.modules.main(name) or self.modules.find(name)
        if found is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return found if "." not in name else self.modules.find(name.partition(".")[0])

    def _find(self, name: str, importer: str) -> Any:
        if name.partition(".")[0] in COPIED:
            return self.get(name)
        if name == "os":
            return self.os
        if name == "io":
            return self.io
        if name == "_pickle":
            return IN_C
        if name == "sys":
            if importer == "pickle":
                return self.pickles_sys
            if importer.partition(".")[0] in TRUSTED:
                return sys
            return self.modules.find("sys") if importer == "contextlib" else self.modules.whole_sys
        if name == "traceback":
            from . import tracebacks

            return tracebacks.for_copies(self.modules.host)
        if name == "types":
            return self.types
        if name == "typing":
            return self.typing
        if importer == "unittest.mock" and name in ("asyncio", "pkgutil"):
            from . import mocks

            return mocks.asyncio if name == "asyncio" else mocks.packages(self.modules)
        if name == "__main__":
            return self.modules.main()
        if name in LISTED:
            found = self.modules.find({"posixpath": "os.path", "ntpath": "os.path"}.get(name, name))
            if (name == "ntpath" and os.name != "nt") or (name == "posixpath" and os.name == "nt"):
                return self.modules.other_paths(name)
            return found
        return importlib.import_module(name)

    def _own_types(self) -> types.ModuleType:
        """`types` as copies see it: a class they make for the program is the program's."""

        def new_class(*args: Any, **options: Any) -> type:
            return note_own_class(types.new_class(*args, **options))

        made = types.ModuleType("types")
        made.__dict__.update(vars(types), new_class=new_class)
        return made

    @functools.cached_property
    def pickles_sys(self) -> types.ModuleType:
        """`sys` as `pickle` sees it: its modules are what pickles may name."""
        from .pickles import Nameable

        made = types.ModuleType("sys")
        made.__dict__.update(vars(sys), modules=Nameable(self.modules))
        return made

    @functools.cached_property
    def typing(self) -> types.ModuleType:
        """`typing` as copies see it: whole, but texts are read as our language."""
        import typing

        made = types.ModuleType("typing")
        made.__dict__.update(vars(typing), get_type_hints=get_type_hints_of(self.modules.host))
        return made

    def _evaluate(self, code: Any, names: Any = None, local: Any = None) -> Any:
        if isinstance(code, types.CodeType):
            raise ValueError("cannot evaluate compiled code")
        return self.modules.host.evaluate(code, {**(names or {}), **(local or {})})

    def _gated_os(self) -> types.ModuleType:
        """`os` as copies see it: functions of paths ask at the gate, and nothing starts a process."""
        from .tables.files import gated_os, gated_paths

        made = types.ModuleType("os")
        made.__dict__.update({name: value for name, value in vars(os).items() if name not in PROCESSES})
        host = self.modules.host
        made.__dict__.update(gated_os(host))
        path = types.ModuleType(os.path.__name__)
        path.__dict__.update({**vars(os.path), **gated_paths(host)})
        made.__dict__.update(environ=self.modules.environ, path=path)
        return made

    def _gated_io(self) -> types.ModuleType:
        import io

        made = types.ModuleType("io")
        made.__dict__.update(vars(io))
        made.open = functools.partial(gate.open_within, self.modules.host)  # type: ignore[attr-defined]
        return made


#: what starts or ends a process, or replaces this one
PROCESSES = frozenset({
    "_exit", "abort", "execl", "execle", "execlp", "execlpe", "execv", "execve", "execvp", "execvpe", "fork",
    "forkpty", "kill", "killpg", "popen", "posix_spawn", "posix_spawnp", "spawnl", "spawnle", "spawnlp",
    "spawnlpe", "spawnv", "spawnve", "spawnvp", "spawnvpe", "system", "startfile",
})  # fmt: skip


def _change_logging(modules: Modules, made: types.ModuleType) -> None:
    from .logs import change

    change(modules, made)


def _change_pickle(modules: Modules, made: types.ModuleType) -> None:
    from .pickles import change

    change(modules, made)


def _change_dataclasses(modules: Modules, made: types.ModuleType) -> None:
    """The marks of fields are Python's, so that its own `dataclasses.fields` knows the program's classes."""
    import dataclasses

    for name in ("_FIELD", "_FIELD_CLASSVAR", "_FIELD_INITVAR"):
        setattr(made, name, getattr(dataclasses, name))


def _change_functools(modules: Modules, made: types.ModuleType) -> None:
    from .caches import change

    change(modules.host, made)


def _change_copy(modules: Modules, made: types.ModuleType) -> None:
    """An object of a program's cannot say that it is copied by giving an array another state."""
    from .numpy_states import reconstructing

    made._reconstruct = reconstructing(made._reconstruct)  # type: ignore[attr-defined]


def _change_inspect(modules: Modules, made: types.ModuleType) -> None:
    from .signatures import change

    change(modules, made)


def _change_mock(modules: Modules, made: types.ModuleType) -> None:
    from .mocks import change

    change(modules, made)


CHANGED: dict[str, Callable[[Any, types.ModuleType], None]] = {
    "copy": _change_copy,
    "dataclasses": _change_dataclasses,
    "functools": _change_functools,
    "inspect": _change_inspect,
    "logging": _change_logging,
    "pickle": _change_pickle,
    "unittest.mock": _change_mock,
}
