"""How long modules take to load, which is no work of the line that brings them in: operations come when first used."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from ...engine.core.line_clock import LOADING, LineClock


class Loads:
    """The first of Python's finders: finds what the others find, and takes the time that it runs out of the lines."""

    def __init__(self, clock: LineClock):
        self.clock = clock

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                self._measure(spec.loader)
                return spec
        return None

    def _measure(self, loader: Any) -> None:
        if loader is None or isinstance(loader, type) or not hasattr(loader, "exec_module"):
            return
        work = loader.exec_module

        def exec_module(module: Any) -> Any:
            del loader.exec_module
            return self.clock.apart(LOADING, work, module)

        with contextlib.suppress(AttributeError):  # one that has no attributes
            loader.exec_module = exec_module
