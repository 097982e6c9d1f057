"""What `import` finds: torch and its library, files beside the program, and the tables of Python's modules.

A file beside the program (`.py`, `.tsh`, or a folder with an `__init__`) is a module of the program's own: it
has its variables for itself, its text says which kind of program it is, and it runs once.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from ...errors import DataError, Facts, ParseError, know
from ...modules.absent import instead_of
from ...modules.imports import import_all, import_name
from ...modules.module import Module
from ...source import Source, read_program
from ...torch.absent import why_absent
from ...torch.namespace import Namespace, has_namespace, namespace, starred
from ..code.runs import unseen

if TYPE_CHECKING:
    from ..run.evaluate import Evaluator

SUFFIXES = (".py", ".tsh")
BEFORE, AFTER, FOLDERS = range(3)  # where a module is: before Python's own, after, or a folder alone
PYTHONS = frozenset(sys.path[1:])  # the folders of Python itself, where what the tables list comes from


def is_package(name: str) -> bool:
    """Whether a module that the tables list is a package: they list others in it. `os.path` is in no folder."""
    from ...modules.tables import TABLES

    return name != "os" and any(each.startswith(f"{name}.") for each in TABLES)


class Imports:
    """The modules of one session's programs."""

    def __init__(self, evaluator: Evaluator):
        self.evaluator = evaluator
        self.torch_imported = False
        self.own: dict[str, Module] = {}  # files beside the program, by their dotted names

    def entries(self) -> dict[str, Any]:
        """What compiled programs call."""
        return {
            ".import_module": self.module,
            ".import_from": self.origin,
            ".imported": self.imported,
            ".import_all": self.all,
        }

    # ---------------------------------------------------------------- the statements

    @unseen
    def module(self, path: str, leaf: bool, filename: str) -> Any:
        """`import path`: what its first name stands for; `leaf`: what all of it stands for (`as`)."""
        found = self.find(path)
        return found if leaf or "." not in path else self.find(path.partition(".")[0])

    @unseen
    def origin(self, path: str, level: int, filename: str) -> Any:
        """The module after `from`."""
        return self.find(self._absolute(path, level, filename))

    @unseen
    def imported(self, module: Any, name: str) -> Any:
        """One name after `import`."""
        if isinstance(module, Namespace):
            if (found := module.find(name)) is not None:
                return found
        elif isinstance(module, Module) and self.own.get(module.__name__) is module:
            found = self.evaluator.host.attribute(module, name, module)
            if found is not module:
                return found
            inner = f"{module.__name__}.{name}"
            try:
                return self.find(inner)
            except ModuleNotFoundError as error:
                if error.name != inner:  # it is there, and imports what is not
                    raise
        return import_name(self.evaluator.host, module, name)

    @unseen
    def all(self, path: str, level: int, filename: str, mentioned: tuple[str, ...]) -> None:
        """`from path import *`: the names of the module that the program mentions, now or later."""
        module = self.origin(path, level, filename)
        evaluator = self.evaluator
        if not isinstance(module, Namespace) and evaluator.space is not evaluator.variables:
            evaluator.space.update(
                import_all(evaluator.host, module)
            )  # whoever imports this module may ask for any
            return
        evaluator.stars.append((module, evaluator.space))
        self.bind_mentioned(module, mentioned, evaluator.space)

    def bind_mentioned(self, module: Any, mentioned: tuple[str, ...], space: dict[str, Any]) -> None:
        if isinstance(module, Namespace):
            names = starred(module)
            space.update((name, getattr(module, name)) for name in mentioned if name in names)
        else:
            found = import_all(self.evaluator.host, module)
            space.update((name, found[name]) for name in mentioned if name in found)

    # ---------------------------------------------------------------- finding

    def find(self, path: str) -> Any:
        """The module of that name, imported now if it has not been; ModuleNotFoundError where there is none."""
        own = self.own.get(path) or self._beside(path, BEFORE)
        if own is not None:
            return own
        root, _, rest = path.partition(".")
        if root == "torch":
            if has_namespace(rest):
                self.torch_imported = True
                self.evaluator.modules.loaded[path] = found = namespace(rest)
                return found
            if (why := why_absent(rest)) is not None:
                error = ModuleNotFoundError(f"No module named {path!r}", name=path)
                raise know(error, Facts("data", "import", help=why))
        elif path == "tensorsh":
            return self._tensorsh()
        elif (listed := self.evaluator.modules.find(path)) is not None:
            return listed
        elif self.evaluator.modules.find(root) is None:
            late = self._beside(path, AFTER) or self._beside(path, FOLDERS)
            if late is not None:
                return late
        parent = path.rpartition(".")[0]
        if parent and self.exists(parent):
            package = "__path__" in vars(self.find(parent)) or root == "torch" or is_package(parent)
            what = "" if package else f"; {parent!r} is not a package"
            raise ModuleNotFoundError(f"No module named {path!r}{what}", name=path)
        absent = root if parent else path
        error = ModuleNotFoundError(f"No module named {absent!r}", name=absent)
        raise know(error, Facts("data", "import", help=instead_of(absent)))

    def exists(self, path: str) -> bool:
        """Whether there is such a module."""
        try:
            self.find(path)
        except ModuleNotFoundError:
            return False
        return True

    def _tensorsh(self) -> Module:
        """`from tensorsh import torch`, as Python programs write it."""
        module = Module("tensorsh")
        vars(module)["torch"] = namespace("")
        self.torch_imported = True
        return module

    def _absolute(self, path: str, level: int, filename: str) -> str:
        """The whole name of a relative import."""
        if not level:
            return path
        space = self.evaluator.spaces.get(filename, {})
        package = space.get("__package__") or ""
        parts = package.split(".") if package else []
        if not parts:
            raise ImportError("attempted relative import with no known parent package")
        if level > len(parts):
            raise ImportError("attempted relative import beyond top-level package")
        base = parts[: len(parts) - level + 1]
        return ".".join([*base, path] if path else base)

    # ---------------------------------------------------------------- files beside the program

    def _beside(self, path: str, where: int) -> Module | None:
        """The module of a file beside the program, in a folder that comes before Python's or after, or of a folder."""
        parent = path.rpartition(".")[0]
        if parent:
            return self._in_package(path, self.own.get(parent) or self._beside(parent, where))
        folders = self._folders()
        among = [*folders[BEFORE], *folders[AFTER]] if where == FOLDERS else folders[where]
        look = self._folder_in if where == FOLDERS else self._in_folder
        found = (look(path, folder, None) for folder in among)
        return next((module for module in found if module is not None), None)

    def _in_package(self, path: str, package: Module | None) -> Module | None:
        """The module of a file in a package of the program's own."""
        if (own := self.own.get(path)) is not None:
            return own  # the package has imported it
        folder = None if package is None else vars(package).get("__path__", (None,))[0]
        if folder is None:
            return None
        return self._in_folder(path, folder, package) or self._folder_in(path, folder, package)

    def _folders(self) -> tuple[list[str], list[str]]:
        """Where modules of the program's own are looked for before Python's, and after them.

        The script's folder, and what the program has put into `sys.path`.
        """
        beside = self.evaluator.main_folder()
        system = self.evaluator.modules.loaded.get("sys")
        path = getattr(system, "path", None)
        if type(path) is not list:  # nobody has asked for it
            return [beside], []
        first: list[str] = []
        last: list[str] = []
        now = first
        for folder in path:
            if folder in PYTHONS:
                now = last
            elif type(folder) is str:
                now.append(folder)
        return first, last

    def _in_folder(self, path: str, folder: str, package: Module | None) -> Module | None:
        """The module of a file in this folder."""
        target = os.path.join(folder, path.rpartition(".")[2])
        inside = next(
            (file for suffix in SUFFIXES if self._is_file(file := os.path.join(target, "__init__" + suffix))),
            None,
        )
        if inside is not None:
            return self._run(path, inside, package, target)
        for suffix in SUFFIXES:
            if self._is_file(target + suffix):
                return self._run(path, target + suffix, package, None)
        return None

    def _folder_in(self, path: str, folder: str, package: Module | None) -> Module | None:
        """The package that a folder without an `__init__` is, where there is nothing else of its name."""
        target = os.path.join(folder, path.rpartition(".")[2])
        if self._admits(target) and os.path.isdir(target):
            return self._run(path, None, package, target)
        return None

    def _admits(self, path: str) -> bool:
        return self.evaluator.host.admits(path, "read")

    def _is_file(self, path: str) -> bool:
        return self._admits(path) and os.path.isfile(path)

    def _run(self, path: str, file: str | None, package: Module | None, folder: str | None) -> Module:
        """Run a file as a module of its own."""
        module = Module(path, None, file and os.path.abspath(file))
        space = vars(module)
        space["__package__"] = path if folder is not None else path.rpartition(".")[0]
        if folder is not None:
            space["__path__"] = [folder]
        loaded = self.evaluator.modules.loaded
        self.own[path] = loaded[path] = module
        if file is not None:
            try:
                text = read_program(file)
            except (OSError, UnicodeDecodeError, SyntaxError) as error:
                del self.own[path], loaded[path]
                reason = getattr(error, "strerror", None) or "not a text file"
                raise DataError(f"cannot import {path!r}: {reason}", code="import") from None
            try:
                self.evaluator.run_module(Source(text, file), space)
            except ParseError as error:
                from ..syntax.python_syntax import as_python

                self._forget(path)
                raise as_python(error) from None
            except BaseException:
                self._forget(path)
                raise
        if package is not None:
            vars(package)[path.rpartition(".")[2]] = module
        return module

    def _forget(self, path: str) -> None:
        """The module did not load: the next import begins anew."""
        self.own.pop(path, None)
        self.evaluator.modules.loaded.pop(path, None)
