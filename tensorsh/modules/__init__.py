"""What `import` finds in a PyTorch program: Python's modules, each a table of names that are harmless.

`Modules` belongs to one session. `find("math")` gives a module object of the session's own that holds the
listed names and nothing else; what modules keep (random streams, filters, loggers, the decimal context) is
the session's too, and `state`/`restore` undo it. `Host` is what the session lends: the attribute rules, the
program's variables, its places.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..engine.core import sealed
from ..engine.core.warn import Event, Warnings
from . import gate, memory, numpy_memory, reach
from .guarded import GUARDED, is_guarded, is_guarded_write
from .module import Module, ProgramModule, computing, numeric
from .rules import allowed_dunder
from .system import STREAMS

if TYPE_CHECKING:
    from .at_exit import Callback
    from .exchanged import Exchanged
    from .stacks import Extent

#: what modules of Python's keep that a program can change
CHANGEABLE = frozenset((list, dict, set))

__all__ = ["GUARDED", "Host", "Module", "Modules", "allowed_dunder", "is_guarded", "is_guarded_write"]


class Host:
    """What a session lends to its modules; a session overrides what it knows better."""

    def __init__(self, argv: list[str] | None = None):
        self.argv: list[str] = [""] if argv is None else argv
        self.modules: Modules = None  # type: ignore[assignment]  # set by Modules
        self.hidden: frozenset[str] = frozenset()  # names that some objects keep for themselves: see `hides`
        self.descriptors: set[int] = set()  # files that are numbers, which the session was given
        self.warnings = Warnings(lambda file, line: None, _print_warning)  # the session's filters

    @property
    def confined(self) -> bool:
        """Whether the program is in a sandbox."""
        return False

    @property
    def undoing(self) -> bool:
        """Whether a statement that fails is undone, so that what it changed has to be seen."""
        return False

    def folder(self) -> str:
        """The folder of the running script."""
        return ""

    def help(self, *value: Any) -> str:
        """What `help(value)` prints; without a value, what there is help on."""
        return "\n".join(each.__doc__ or "" for each in value)

    def hides(self, value: Any, name: str) -> bool:
        """Whether an object keeps a name of `hidden` for itself: to a program it has no such attribute."""
        return False

    def attribute(self, value: Any, name: Any, *default: Any) -> Any:
        """`getattr` by the rules; AttributeError in Python's words."""
        return reach.attribute(self, value, name, *default)

    def set_attribute(self, value: Any, name: Any, new: Any) -> None:
        """`setattr` by the rules."""
        reach.set_attribute(self, value, name, new)

    def del_attribute(self, value: Any, name: Any) -> None:
        """`delattr` by the rules."""
        reach.del_attribute(self, value, name)

    def main_names(self) -> dict[str, Any]:
        """The program's variables, as a copy."""
        return {}

    def bind(self, name: str, value: Any) -> None:
        """Assign to one of the program's variables from outside: `setattr(sys.modules["__main__"], name, value)`."""
        raise AttributeError(f"cannot assign to {name!r} of the program")

    def local_names(self) -> dict[str, Any]:
        """The variables in reach where the program is, as a copy."""
        return self.main_names()

    def module_names(self, name: str) -> dict[str, Any] | None:
        """The variables of a module beside the program, as a copy."""
        return None

    def evaluate(self, text: str, names: dict[str, Any]) -> Any:
        """The value of an expression in our language."""
        raise NotImplementedError("this session evaluates no texts")

    def place(self, filename: str, lineno: int) -> tuple[str, int, str, str] | None:
        """The file, line, text and function that a frame of the program stands for."""
        return None

    def extent(self, filename: str, lineno: int) -> Extent | None:
        """What of the program it is that runs there."""
        return None

    def source(self, value: Any) -> tuple[list[str], int] | None:
        """The lines of a text from where a function or class of the program begins, and the number of the first."""
        return None

    def admits(self, path: str | bytes, how: str) -> bool:
        """Whether the program may reach a path; `how` is "read" or "write"."""
        return True

    def admit(self, path: str | bytes, how: str) -> None:
        """Raise PermissionError to refuse the program a path; `how` is "read" or "write"."""

    def find_class(self, module: str, name: str) -> Any:
        """What a pickle may name that is the library's (tensors), or None."""
        return None

    def version(self, distribution: str) -> str | None:
        """The version of what is the session's own (torch), or None."""
        return None

    def import_module(self, name: str, package: str | None) -> Any:
        """The module that `import` gives the program."""
        found = self.modules.find(name)
        if found is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return found

    def recursion_changed(self, limit: int) -> None:
        """The program asked for calls to go so deep."""

    def builtin(self, name: str) -> Any:
        """A builtin as the program has it, or None."""
        return self.modules.builtins.get(name)

    def copied_class(self, kind: type) -> bool:
        """Whether a class belongs to one of the session's copies of Python's modules."""
        return self.modules.has_copied(kind)


class Modules:
    """The modules of one session."""

    def __init__(self, host: Host):
        from .builtins import table
        from .system import Environ

        self.host = host
        host.modules = self
        self.loaded: dict[str, Any] = {"__main__": ProgramModule(host)}  # `sys.modules`
        self.recursion_limit = 1000
        self.environ = Environ()
        self.callbacks: list[Callback] = []  # what `atexit` calls
        self.builtins: dict[str, Any] = table(self)
        self.exchanged: dict[str, Exchanged] = {}  # module → what it sets for the whole process
        self.numpy: Any = None  # `numpy_state.NumPy`, when a program has imported it
        self.frames: Any = None  # `frames.Frames`, the wall of pandas, when one is needed
        self._original: dict[str, dict[str, Any]] = {}  # the names of modules as they were found
        self.streams: dict[str, Any] = {}  # which the program has put in the place of the process's
        self._outside: dict[str, Any] = {}  # the process's, as they were when the session began to run
        self._depth = 0
        self._drops = sys.unraisablehook  # the process's, too
        self._random: Any = None
        self._copies: Any = None
        self._whole_sys: Any = None

    def find(self, name: str) -> Module | None:
        """The module that `import name` means, or None where there is none. Its package is loaded too."""
        found = self.loaded.get(name)
        if found is not None:
            return found
        from .tables import TABLES

        table = TABLES.get(name)
        parent, _, last = name.rpartition(".")
        if table is None or (parent and self.find(parent) is None):
            return None
        if not table.own and not exists(table.source or name):
            return None
        if name in self.loaded:
            return self.loaded[name]  # its package brought it
        module = Module(name, shown=f"{last or name}.py") if table.own else self._module(name)
        self.loaded[name] = module
        try:
            vars(module).update(self._names(name, table))
        except BaseException:
            del self.loaded[name]
            raise
        self._original[name] = dict(vars(module))
        if table.pure:
            computing.add(module)
        if table.numeric:
            numeric.add(module)
        if table.setting is not None:
            self.exchanged[name] = table.setting()
            self.exchanged[name].enter()  # the program that imports is running
        if parent:
            vars(self.loaded[parent])[last] = module
        for each in table.submodules.split():
            self.find(f"{name}.{each}")
        sealed.seal_library()
        if name == "warnings":
            self.host.warnings.module = vars(module)
        return module

    def changes(self, module: str, function: str) -> tuple[int, ...]:
        """The places of the arguments that a listed function changes."""
        from .tables import TABLES

        table = TABLES.get(module)
        return () if table is None else table.changes.get(function, ())

    def open(self, file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        """`open` through the gate."""
        return gate.open_file(self.host, file, mode, *rest, **options)

    def in_pickles(self, module: str, name: str) -> Any:
        """What a pickle may name `module.name`, or None."""
        from .pickles import find_class

        return find_class(self, module, name)

    def main(self, name: str = "__main__") -> Module | None:
        """The program itself, or a module beside it, as a module that holds a copy of its variables."""
        names = self.host.main_names() if name == "__main__" else self.host.module_names(name)
        if names is None:
            return None
        module = Module(name)
        vars(module).update(names)
        return module

    def kept(self) -> list[Any]:
        """What modules hold that a program can have changed or given them, streams and handlers of logs too."""
        found = [stream for name in STREAMS if (stream := getattr(sys, name)) is not self._outside.get(name)]
        for name, module in self.loaded.items():
            original = self._original.get(name)
            if original is not None and type(module) is not ProgramModule:
                found += [
                    value
                    for each, value in vars(module).items()
                    if type(value) in CHANGEABLE or original.get(each, original) is not value
                ]
        found += [part for callback in self.callbacks for part in callback]
        found += [self.numpy.call] if self.numpy is not None else ()
        if self._copies is not None and "logging" in self._copies.made:
            from .logs import handlers

            found += handlers(self._copies.made["logging"])
        return [value for value in found if not isinstance(value, Module)]

    # --- state -----------------------------------------------------------------------------------------------

    def state(self) -> Any:
        """What modules keep, for `restore`."""
        from .state import State

        return State(self)

    def restore(self, state: Any) -> None:
        """Put back what `state` saw."""
        state.restore(self)

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """While the session runs: what its modules set for all of Python is in force."""
        if not self._depth:
            outside = self._outside = {name: getattr(sys, name) for name in STREAMS}
            for name, stream in self.streams.items():
                setattr(sys, name, stream)
            drops = self.hear_dropped()
        self._depth += 1
        if self.numpy is not None:
            self.numpy.enter()
        for setting in self.exchanged.values():
            setting.enter()
        memory.install()
        numpy_memory.install()
        numpy_memory.copying.append(self._deepcopy)
        sealed.enter()
        try:
            yield
        finally:
            sealed.leave()
            numpy_memory.copying.pop()
            self._depth -= 1
            if not self._depth:
                sys.unraisablehook = drops
                if self.numpy is not None:
                    self.numpy.leave()
                for setting in self.exchanged.values():
                    setting.leave()
                now = {name: getattr(sys, name, None) for name in STREAMS}
                self.streams = {name: now[name] for name in STREAMS if now[name] is not outside[name]}
                for name in STREAMS:
                    setattr(sys, name, outside[name])

    def hear_dropped(self) -> Callable[[Any], Any]:
        """From now on tell of what fails where nobody has called; who did so until now."""
        before = sys.unraisablehook
        if before != self._dropped:
            self._drops, sys.unraisablehook = before, self._dropped
        return before

    def _dropped(self, error: Any) -> None:
        """`sys.unraisablehook`: `__del__` has failed, or a generator that is collected.

        An interrupt there is for whoever was told before.
        """
        if issubclass(error.exc_type, KeyboardInterrupt):
            self._drops(error)
            return
        from .uncaught import tell_dropped

        tell_dropped(self, error)

    # --- what the tables use ---------------------------------------------------------------------------------

    @property
    def random(self) -> Any:
        """The session's stream behind the functions of `random`."""
        if self._random is None:
            import random

            self._random = random.Random()
        return self._random

    def random_streams(self) -> tuple[Any, Any]:
        """The streams behind `random` and `numpy.random`; None of what the program has not imported."""
        return self._random, None if self.numpy is None else self.numpy.stream

    @property
    def copies(self) -> Any:
        """The session's copies of Python's modules."""
        if self._copies is None:
            from .copies import Copies

            self._copies = Copies(self)
        return self._copies

    @property
    def whole_sys(self) -> Any:
        """`sys` as those copies see it."""
        if self._whole_sys is None:
            from .system import WholeSystem

            self._whole_sys = WholeSystem(self)
        return self._whole_sys

    def has_copied(self, kind: type) -> bool:
        """Whether a class was made by one of the copies."""
        if self._copies is None:
            return False
        made = self._copies.made.get(kind.__module__)
        return made is not None and vars(made).get(kind.__name__) is kind

    def other_paths(self, name: str) -> Module:
        """`ntpath` where paths are POSIX's, and the other way round: texts only."""
        from .tables import TABLES

        return self._filled(name, importlib.import_module(name), TABLES["os.path"].names)

    def _deepcopy(self) -> Any:
        """`copy.deepcopy` as the program has it."""
        return self.copies.get("copy").deepcopy

    def _module(self, name: str) -> Module:
        if name == "sys":
            from .system import System

            return System(name)
        spec = importlib.util.find_spec(name)
        origin = None if spec is None or spec.origin in (None, "built-in") else spec.origin
        shown = None
        if origin == "frozen":
            shown = origin
        elif origin:
            file = os.path.basename(origin)
            shown = f"{name.replace('.', '/')}/{file}" if file == "__init__.py" else file
        return Module(name, shown=shown)

    def _names(self, name: str, table: Any) -> dict[str, Any]:
        if table.own:
            return in_module(table.made(self))
        origin = table.source or name
        source = self.copies.get(name) if table.copied else importlib.import_module(origin)
        if not table.copied:
            sealed.seal(vars(source).values())
        found = {"__doc__": source.__doc__} if source.__doc__ else {}
        for each in table.names.split():
            if hasattr(source, each):
                value = getattr(source, each)
                found[each] = value.copy() if type(value) in (list, dict, set) else value
        if hasattr(source, "__version__") and isinstance(source.__version__, str):
            found["__version__"] = source.__version__
        if table.made is not None:
            found.update(in_module(table.made(self)))
        return found

    def _filled(self, name: str, source: Any, names: str) -> Module:
        module = Module(name)
        vars(module).update({each: getattr(source, each) for each in names.split() if hasattr(source, each)})
        return module


def in_module(made: dict[str, Any]) -> dict[str, Any]:
    """Names of ours under which messages call them as those of a module, and not as what is inside a function."""
    for value in made.values():
        for each in (value, *(vars(value).values() if isinstance(value, type) else ())):
            if isinstance(each, types.FunctionType) and "<locals>" in each.__qualname__:
                each.__qualname__ = each.__qualname__.rpartition("<locals>.")[2]
    return made


def _print_warning(event: Event) -> None:
    place = event.place
    sys.stderr.write(warnings.formatwarning(event.message, type(event.message), place.file, place.line))


def exists(name: str) -> bool:
    """Whether the running Python has this module."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return name in ("builtins", "sys")
