"""What is told of errors that nobody catches: `sys.excepthook` of one session, and those that no caller hears of."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..kinds.ownership import name_of

if TYPE_CHECKING:
    from . import Modules


def own_hook(modules: Modules) -> Callable[..., Any] | None:
    """The function that the program has put there; None if it has not."""
    system = modules.loaded.get("sys")
    names = {} if system is None else vars(system)
    hook = names.get("excepthook")
    return None if hook is names.get("__excepthook__") else hook


def told(modules: Modules, error: BaseException) -> bool:
    """Call the program's hook with an error; False where it has none, or where it fails itself."""
    hook = own_hook(modules)
    if hook is None:
        return False
    try:
        hook(type(error), error, error.__traceback__)
    except Exception as another:
        from .tracebacks import text_of

        print(f"Error in sys.excepthook:\n{text_of(modules.host, another)}", file=sys.stderr)
        return False
    return True


def printing(modules: Modules) -> Callable[..., None]:
    """`sys.__excepthook__`, which prints the error as Python does."""

    def excepthook(exctype: Any, value: Any, traceback: Any, /) -> None:
        """Handle an exception by displaying it with a traceback on sys.stderr."""
        from .tracebacks import text_of

        print(text_of(modules.host, value), end="", file=sys.stderr)

    return excepthook


def tell_dropped(modules: Modules, error: Any) -> None:
    """Tell of what failed where nobody has called, in Python's words, with the program's frames alone.

    `error` is what `sys.unraisablehook` gets.
    """
    from .tracebacks import text_of

    lines = [f"{error.err_msg or 'Exception ignored in'}: {shown(error.object)}\n"]
    try:
        lines.append(text_of(modules.host, error.exc_value, chain=False))
    except Exception:  # no room for it
        lines.append(f"{name_of(error.exc_type)}\n")
    with contextlib.suppress(Exception):  # of which there is nobody to tell
        print(*lines, sep="", end="", file=sys.stderr)


def tell_ended(modules: Modules, what: Any, error: BaseException) -> None:
    """The same of what failed while the process ends, when Python opens no files to show their lines."""
    from .tracebacks import text_of

    with contextlib.suppress(Exception):
        text = text_of(modules.host, error, chain=False, lines=False)
        print(f"Exception ignored in: {shown(what)}\n{text}", end="", file=sys.stderr)


def shown(value: Any) -> str:
    """How a value shows itself, if it can."""
    try:
        return repr(value)
    except Exception:
        return "<object repr() failed>"
