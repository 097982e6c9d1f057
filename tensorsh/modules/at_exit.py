"""`atexit` of one session: what is called when its programs are over, the last that was registered first."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import limits
from .tracebacks import text_of
from .uncaught import shown

if TYPE_CHECKING:
    from . import Modules

#: a function, and what it is called with
Callback = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
#: Python has moved the colon
IGNORED = (
    "Exception ignored in atexit callback {}:\n"
    if sys.version_info >= (3, 13)
    else "Exception ignored in atexit callback: {}\n"
)


def names(modules: Modules) -> dict[str, Any]:
    """The functions of the module."""
    callbacks = modules.callbacks

    def register(*args: Any, **kwargs: Any) -> Any:
        """Have a function called when the program ends, with these arguments; gives the function back."""
        if not args:
            raise TypeError("register() takes at least 1 argument (0 given)")
        function, *rest = args
        if not callable(function):
            raise TypeError("the first argument must be callable")
        callbacks.append((function, tuple(rest), kwargs))
        return function

    def unregister(func: Any, /) -> None:
        """Have a function not called, however often it was registered."""
        callbacks[:] = [each for each in callbacks if not (each[0] == func)]  # noqa: SIM201  (as Python asks)

    for made in (register, unregister):
        made.__module__, made.__qualname__ = "atexit", made.__name__
    return {"register": register, "unregister": unregister}


def call_back(modules: Modules) -> None:
    """Call what is registered; what is registered now is not. Errors are printed, exits among them, as in Python."""
    registered = modules.callbacks.copy()
    for callback in reversed(registered):
        if not any(each is callback for each in modules.callbacks):
            continue  # another one has taken it back
        function, args, kwargs = callback
        try:
            function(*args, **kwargs)
        except BaseException as error:
            if limits.time.over:
                raise
            print(IGNORED.format(shown(function)) + text_of(modules.host, error, chain=False),
                  end="", file=sys.stderr)  # fmt: skip
    modules.callbacks.clear()
