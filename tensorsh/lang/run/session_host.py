"""What the modules of a session may know of it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...modules import Host
from ...source import Source
from ..code.pythonic import private
from ..names.attributes import hides
from .runtime import USER_FILE

if TYPE_CHECKING:
    from ...modules.stacks import Extent
    from ...sandbox import Sandbox
    from .evaluate import Evaluator

#: how deep a program's own calls may go, as frames of Python
RECURSION = 3000
#: how many more objects than before there are when Python looks for garbage: graphs hold many and make none
GARBAGE = 10_000
#: what programs ask the versions of
VERSIONS = {"torch": "2.13.0+cpu"}


class SessionHost(Host):
    """The session of an evaluator."""

    def __init__(self, evaluator: Evaluator):
        super().__init__()
        self.evaluator = evaluator
        self.hidden = private()
        self.sandbox: Sandbox | None = None

    def hides(self, value: Any, name: str) -> bool:
        return hides(value, name)

    @property
    def confined(self) -> bool:
        return self.sandbox is not None

    @property
    def undoing(self) -> bool:
        return self.evaluator.undoing

    def folder(self) -> str:
        return self.evaluator.main_folder()

    def admits(self, path: str | bytes, how: str) -> bool:
        return self.sandbox is None or self.sandbox.admits(path, how)

    def admit(self, path: str | bytes, how: str) -> None:
        if self.sandbox is not None:
            self.sandbox.admit(path, how)
        if how == "write" and self.evaluator.history is not None:
            self.evaluator.history.wrote(os.fsdecode(path))

    def main_names(self) -> dict[str, Any]:
        return visible(self.evaluator.space)

    def local_names(self) -> dict[str, Any]:
        frame = program_frame()
        return self.main_names() if frame is None else visible(frame.f_locals)

    def module_names(self, name: str) -> dict[str, Any] | None:
        module = self.evaluator.imports.own.get(name)
        return None if module is None else visible(vars(module))

    def evaluate(self, text: str, names: dict[str, Any]) -> Any:
        evaluator = self.evaluator
        space = {**evaluator.space, **names}
        (statement,) = evaluator.compile(Source(text, "<text>"), bind=".value", space=space)
        evaluator.execute(statement, space)
        return space[".value"]

    def source(self, value: Any) -> tuple[list[str], int] | None:
        from .written import written

        return written(self.evaluator, value)

    def place(self, filename: str, lineno: int) -> tuple[str, int, str, str] | None:
        node = self.evaluator.runtime.node(filename, lineno)
        if node is None:
            return None
        line = node.span.position[0]
        source = node.span.source
        file = source.name if source.name.startswith("<") else os.path.abspath(source.name)
        return file, line, source.line(line).strip(), ""

    def extent(self, filename: str, lineno: int) -> Extent | None:
        from .extents import extent

        node = self.evaluator.runtime.whole(filename, lineno)
        return None if node is None else extent(node)

    def recursion_changed(self, limit: int) -> None:
        sys.setrecursionlimit(max(limit, RECURSION))

    def import_module(self, name: str, package: str | None) -> Any:
        return self.evaluator.imports.find(name)

    def find_class(self, module: str, name: str) -> Any:
        from ...torch.serialization.names import of_library

        return of_library(module, name)

    def version(self, distribution: str) -> str | None:
        return VERSIONS.get(distribution)


def visible(names: dict[str, Any]) -> dict[str, Any]:
    """A copy of some variables without what is the evaluator's."""
    return {name: value for name, value in names.items() if name[0] != "." and name != "__builtins__"}


def program_frame() -> Any:
    """The innermost frame of the program that runs."""
    frame = sys._getframe(1)
    while frame is not None and not frame.f_code.co_filename.startswith(USER_FILE):
        frame = frame.f_back  # type: ignore[assignment]
    return frame


@contextmanager
def roomy(deepest: int) -> Iterator[None]:
    """Let programs call deeper and build larger graphs than suits Python's defaults, while they run.

    `deepest` is how deep a program itself has said that its calls go.
    """
    depth, garbage = sys.getrecursionlimit(), gc.get_threshold()
    sys.setrecursionlimit(max(depth, deepest, RECURSION))
    if garbage[0]:  # nobody turned it off
        gc.set_threshold(max(garbage[0], GARBAGE), *garbage[1:])
    try:
        yield
    finally:
        sys.setrecursionlimit(depth)
        gc.set_threshold(*garbage)
