"""`logging` of one session: Python's own code on a hierarchy of its own, with the program's places."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

from ..kinds.ownership import PROGRAM_FILE
from .formatting import checked_format
from .tracebacks import names as traceback_names
from .tracebacks import text_of

if TYPE_CHECKING:
    from . import Modules


def change(modules: Modules, made: Any) -> None:
    """Let the copy say the program's files and lines, and read attributes as the program may."""
    host = modules.host
    stack = traceback_names(host)["format_stack"]
    python = made.Logger.findCaller

    def findCaller(
        self: Any, stack_info: bool = False, stacklevel: int = 1
    ) -> tuple[str, int, str, str | None]:
        frame: Any = sys._getframe(1)
        left = max(stacklevel, 1)
        while frame is not None:
            if frame.f_code.co_filename.startswith(PROGRAM_FILE):
                left -= 1
                if left == 0:
                    break
            frame = frame.f_back
        place = None if frame is None else host.place(frame.f_code.co_filename, frame.f_lineno)
        if place is None:
            return python(self, False, stacklevel)
        file, line, _, function = place
        shown = "Stack (most recent call last):\n" + "".join(stack()).rstrip("\n") if stack_info else None
        return file, line, function or frame.f_code.co_name, shown

    def formatException(self: Any, ei: Any) -> str:
        return text_of(host, ei[1]).rstrip("\n") if ei[1] is not None else "NoneType: None"

    def _format(self: Any, record: Any) -> str:
        values = {**(self._defaults or {}), **record.__dict__}
        return checked_format(host, self._fmt, (), values)

    made.Logger.findCaller = findCaller
    made.Formatter.formatException = formatException
    made.StrFormatStyle._format = _format


def handlers(made: types.ModuleType) -> list[Any]:
    """The handlers of all loggers of a session, and what they filter with."""
    module: Any = made
    loggers = [module.root, *module.root.manager.loggerDict.values()]
    held = [each for logger in loggers for each in getattr(logger, "handlers", ())]
    return [*held, *(each for one in (*loggers, *held) for each in getattr(one, "filters", ()))]


class LogState:
    """What the loggers and handlers of a session were, to be put back."""

    def __init__(self, made: types.ModuleType):
        module: Any = made
        self.module = module
        manager = module.root.manager
        self.loggers = dict(manager.loggerDict)
        self.disable = manager.disable
        self.kept = [(module.root, _fields(module.root))]
        for logger in self.loggers.values():
            self.kept.append((logger, _fields(logger)))
        handlers = {
            id(handler): handler for each, _ in self.kept for handler in getattr(each, "handlers", ())
        }
        self.kept += [(handler, _fields(handler)) for handler in handlers.values()]
        self.levels = dict(module._levelToName), dict(module._nameToLevel)

    def restore(self) -> None:
        """Put it back; loggers and handlers made since are forgotten."""
        manager = self.module.root.manager
        manager.loggerDict.clear()
        manager.loggerDict.update(self.loggers)
        manager.disable = self.disable
        for each, fields in self.kept:
            vars(each).clear()
            vars(each).update(_fields_copied(fields))
            if hasattr(each, "_cache"):
                each._cache.clear()
        for names, kept in zip(
            (self.module._levelToName, self.module._nameToLevel), self.levels, strict=True
        ):
            names.clear()
            names.update(kept)


def _fields(value: Any) -> dict[str, Any]:
    return _fields_copied(vars(value))


def _fields_copied(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if type(value) is list else value for name, value in fields.items()}
