"""`sys.excepthook` of one session: what is told of an error that ends a program, in the place of its report."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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
