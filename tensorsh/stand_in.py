"""Exceptions that are hard to look at: classes of programs decide what their attributes are, or fail at them."""

from __future__ import annotations

from typing import Any

#: what a report asks of an exception, and what answers for all attributes
ASKED = frozenset({
    "__class__", "__getattribute__", "__getattr__", "__dict__", "args", "site", "facts", "__traceback__", "__cause__",
    "__notes__",
})  # fmt: skip

#: what an exception itself keeps
KEPT: Any = BaseException.__dict__["__dict__"].__get__
_mro: Any = type.__dict__["__mro__"].__get__
_names: Any = type.__dict__["__dict__"].__get__


def is_plain(error: BaseException) -> bool:
    """Whether no class of a program's answers for what a report asks."""
    return all(type(each) is type and ASKED.isdisjoint(_names(each)) for each in _own(type(error)))


def stand_in(error: BaseException, text: str) -> BaseException:
    """An exception of the same name, with this text, that answers as Python's own do."""
    kind = type(error)
    own = _own(kind)
    base = next(each for each in _mro(kind) if each not in own)
    names = {
        "__module__": _called(kind, "__module__"),
        "__qualname__": _called(kind, "__qualname__"),
        "__str__": lambda self: text,
    }
    made = type(_called(kind, "__name__"), (base,), names)
    found: BaseException = base.__new__(made)
    found.args = _of(error, "args")
    KEPT(found).update(KEPT(error))
    found.__traceback__ = _of(error, "__traceback__")
    found.__cause__ = _of(error, "__cause__")
    return found


def _own(kind: type) -> list[type]:
    """A class and its bases up to Python's."""
    return [each for each in _mro(kind) if _called(each, "__module__") != "builtins"]


def _called(kind: type, name: str) -> str:
    """The name or module of a class, whatever its metaclass says."""
    try:
        return str(type.__getattribute__(kind, name))
    except Exception:
        return "<unknown>"


def _of(error: BaseException, name: str) -> Any:
    return BaseException.__dict__[name].__get__(error)
