"""Python's builtins as PyTorch programs have them: Python's own objects, guarded where one reads names or files.

`eval`, `exec`, `compile`, `__import__` and `breakpoint` are not there.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from . import gate
from .guarded import is_guarded
from .numpy_gates import is_numpys
from .rules import MEMORY

if TYPE_CHECKING:
    from . import Modules

NAMES = """
abs aiter all anext any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate filter
float format frozenset hash hex id input int isinstance issubclass iter len list map max memoryview min next object
oct ord pow print property range repr reversed round set slice sorted staticmethod str sum super tuple type zip
True False None Ellipsis NotImplemented __debug__
ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError
BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError
ConnectionResetError DeprecationWarning EOFError EncodingWarning EnvironmentError Exception ExceptionGroup
FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError ImportError ImportWarning
IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
ModuleNotFoundError NameError NotADirectoryError NotImplementedError OSError OverflowError
PendingDeprecationWarning PermissionError ProcessLookupError PythonFinalizationError RecursionError ReferenceError
ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError
SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError
UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning ZeroDivisionError
"""
MISSING: Any = object()


def table(modules: Modules) -> dict[str, Any]:
    """The builtins of one session. `locals`, `vars()` and `dir()` without arguments are the language's to give."""
    found = {name: getattr(builtins, name) for name in NAMES.split() if hasattr(builtins, name)}
    found.update(_guarded(modules))
    found["__build_class__"] = builtins.__build_class__
    return found


def _guarded(modules: Modules) -> dict[str, Any]:
    host = modules.host
    read, has, hidden = builtins.getattr, builtins.hasattr, host.hidden

    def getattr(object: Any, name: str, default: Any = MISSING, /) -> Any:
        """An attribute of an object by its name."""
        if type(name) is str and name not in hidden and not is_guarded(name):
            return read(object, name) if default is MISSING else read(object, name, default)
        return host.attribute(object, name) if default is MISSING else host.attribute(object, name, default)

    def hasattr(obj: Any, name: str, /) -> bool:
        """Whether an object has an attribute of this name."""
        if type(name) is str and name not in hidden and not is_guarded(name):
            return has(obj, name)
        return host.attribute(obj, name, MISSING) is not MISSING

    def setattr(obj: Any, name: str, value: Any, /) -> None:
        """Set an attribute of an object by its name."""
        host.set_attribute(obj, name, value)

    def delattr(obj: Any, name: str, /) -> None:
        """Delete an attribute of an object by its name."""
        host.del_attribute(obj, name)

    def vars(object: Any = MISSING, /) -> Any:
        """The attributes of an object as a dictionary."""
        if object is MISSING:
            return host.local_names()
        try:
            return host.attribute(object, "__dict__")
        except AttributeError:
            raise TypeError("vars() argument must have __dict__ attribute") from None

    def dir(object: Any = MISSING, /) -> list[str]:
        """The names of an object's attributes."""
        if object is MISSING:
            return sorted(host.local_names())
        return [
            name
            for name in builtins.dir(object)
            if (name not in MEMORY or is_numpys(type(object)))
            and not (name in host.hidden and host.hides(object, name))
        ]

    def globals() -> dict[str, Any]:
        """The program's variables, as a copy."""
        return host.main_names()

    def locals() -> dict[str, Any]:
        """The variables in reach, as a copy."""
        return host.local_names()

    def help(*object: Any) -> None:
        """Print what there is to know of an object, or of what a text names; without one, what there is help on."""
        print(host.help(*object))

    def exit(code: Any = None) -> None:
        """Leave the program with this status."""
        raise SystemExit(code)

    def quit(code: Any = None) -> None:
        """Leave the program with this status."""
        raise SystemExit(code)

    def open(file: Any = MISSING, mode: str = "r", buffering: int = -1, *rest: Any, **options: Any) -> Any:
        """Open a file, through the gate."""
        if file is MISSING:
            raise TypeError("open() missing required argument 'file' (pos 1)")
        return gate.open_file(host, file, mode, buffering, *rest, **options)

    made = {each.__name__: each for each in (help, exit, quit, open)}
    for each, least, most in (
        (getattr, 2, 3), (hasattr, 2, 2), (setattr, 3, 3), (delattr, 2, 2), (vars, 0, 1), (dir, 0, 1),
        (globals, 0, 0), (locals, 0, 0),
    ):  # fmt: skip
        made[each.__name__] = _counted(each, least, most)
    for name, function in made.items():
        function.__qualname__, function.__module__ = name, "builtins"
    return made


def _counted(function: Any, least: int, most: int) -> Any:
    """A function that refuses other numbers of arguments in the words of Python's C."""
    name = function.__name__

    def called(*given: Any, **named: Any) -> Any:
        if least <= len(given) <= most and not named:
            return function(*given)
        if named:
            raise TypeError(f"{name}() takes no keyword arguments")
        if not most:
            raise TypeError(f"{name}() takes no arguments ({len(given)} given)")
        bound = most if len(given) > most else least
        how = "" if least == most else "at most " if bound == most else "at least "
        raise TypeError(f"{name} expected {how}{bound} argument{'s' * (bound != 1)}, got {len(given)}")

    called.__name__, called.__doc__ = name, function.__doc__
    called.__wrapped__ = function  # type: ignore[attr-defined]
    return called
