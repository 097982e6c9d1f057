"""The index of a package of operations: which module has which name, so that a program imports only what it uses.

The records themselves say it: the index is made by importing every module of the package and noting what each
declares. That is done when a wheel is built, which holds it as the package's `names`, and in a checkout when a file
has changed since, for the user's cache (`kept`). So there is nothing to be kept up to date.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module

from ... import kept
from ...source import PACKAGE
from ..records.op import registry
from ..records.registry import bring_all
from .deferred import defer_attribute, defer_operator
from .tensor import Tensor


class Index:
    """Three dicts, each from the name to the module that has it.

    operations   by their names in the registry: "linalg.inv", "Tensor.sum"
    operators    of tensors: "__add__"
    attributes   of tensors that are no operations: "T", "layout"
    """

    def __init__(self, operations: dict[str, str], operators: dict[str, str], attributes: dict[str, str]):
        self.operations = operations
        self.operators = operators
        self.attributes = attributes


#: those of the packages that are there
entered: dict[str, Index] = {}


def enter(package: str) -> None:
    """Make the operations of a package available; it does so itself, before any of its modules is there."""
    index = entered[package] = index_of(package)
    registry.packages.append(package)
    registry.index.update(index.operations)
    registry.index.update({f"Tensor.{name}": module for name, module in index.attributes.items()})
    registry.attributes.update(index.attributes)
    Tensor.public.update(index.attributes)
    Tensor.public.update([name[7:] for name in index.operations if name.startswith("Tensor.")])
    for name, module in index.operators.items():
        if module not in sys.modules:
            defer_operator(name, module)
    for name, module in index.attributes.items():
        if module not in sys.modules:
            defer_attribute(name, module)


def index_of(package: str) -> Index:
    """The index that was built into the package, else the one of its files as they are now."""
    try:
        return Index(*import_module(f"{package}.names").INDEX)
    except ModuleNotFoundError:
        pass
    folder = os.path.dirname(str(sys.modules[package].__file__))
    try:
        files = [_files(folder), _files(os.path.join(PACKAGE, "engine"))]
    except OSError:  # they are in an archive
        return Index(*made(package))
    return Index(*kept.computed("index", folder, files, lambda: made(package)))


@cache
def _files(folder: str) -> dict[str, tuple[int, int]]:
    """What tells whether a module has changed, of each in a folder and the folders in it."""
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                status = entry.stat()
                found[entry.path] = status.st_mtime_ns, status.st_size
            elif entry.is_dir() and entry.name != "__pycache__":
                found |= _files(entry.path)
    return found


def made(package: str) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """The parts of the index as the records have them, none of which may be there yet."""
    noted: dict[str, str] = {}
    registry.noted = noted
    try:
        bring_all(package)
    finally:
        registry.noted = None
    operations: dict[str, str] = {}
    operators: dict[str, str] = {}
    attributes: dict[str, str] = {}
    for name in sorted(noted):
        if registry.loaded(name):
            operations[name] = noted[name]
        else:
            bare = name.removeprefix("Tensor.")
            (operators if bare[:2] == "__" else attributes)[bare] = noted[name]
    return operations, operators, attributes


def as_module(package: str) -> str:
    """The text of the module `names` of a package, for a wheel."""
    import_module(package)
    index = entered[package]
    return f"INDEX = {(index.operations, index.operators, index.attributes)!r}\n"
