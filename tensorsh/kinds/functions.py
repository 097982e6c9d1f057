"""Functions and what is made of them: methods, closures, partial calls, caches."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from functools import _lru_cache_wrapper, partial
from types import BuiltinMethodType, CellType, FunctionType, MethodType, MethodWrapperType
from typing import Any

from .aspects import Part
from .kind import ALL, Kind, describe, kind_of, same
from .mappings import put_back_dict
from .objects import MISSING, note_attributes, ours, replace_attributes
from .ownership import of_session, own_function
from .undo import Again, Notes, inside

# ------------------------------------------------------------------ functions


def note_function(function: FunctionType, s: Notes) -> Iterable[Any]:
    """What a function closes over, its defaults and its attributes."""
    if not of_session(function):
        return (function.__closure__ or ()) if ours(function) else ()
    names = ("__defaults__", "__kwdefaults__", "__name__", "__qualname__", "__doc__")
    facts = [getattr(function, name) for name in names]
    notes = dict(function.__annotations__)

    def put_back() -> bool:
        changed = False
        for name, value in zip(names, facts, strict=True):
            if getattr(function, name) is not value:
                changed = True
                setattr(function, name, value)
        return put_back_dict(function.__annotations__, notes) or changed

    s.add(function, put_back)
    attributes = note_attributes(function, s)
    named = s.mentioned(function) if own_function(function) else ()
    return [*attributes, *(function.__closure__ or ()), *inside((facts[0], facts[1])), *named]


def replace_function(function: FunctionType, again: Again) -> None:
    if of_session(function):
        replace_attributes(function, again)
        if again(function.__defaults__) is not function.__defaults__:
            function.__defaults__ = again(function.__defaults__)


def follow(function: FunctionType, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    reach.same(function, path)
    reach.function(function, path, depth)


def follow_method(method: MethodType, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """A method of an instance that somebody keeps: of the program's, or of what makes a mode for each call."""
    own = own_function(method.__func__)
    if not own and kind_of(type(method.__self__)).follow is not same:
        reach.refuse("a method that is no function of the program")
    reach.same(method, path)
    if own:
        reach.instances.arrive(method.__self__, f"{path}.__self__")
        reach.method(method.__func__)


def text(function: Any, options: Any) -> str:
    return f"<function {function.__name__}>"


describe(
    FunctionType, Kind(parts=(Part(note_function, replace_function),), closed=ALL, text=text, follow=follow)
)


def note_cell(cell: CellType, s: Notes) -> Iterable[Any]:
    before = _held(cell)

    def put_back() -> bool:
        if _held(cell) is before:
            return False
        if before is MISSING:
            del cell.cell_contents
        else:
            cell.cell_contents = before
        return True

    s.add(cell, put_back)
    return () if before is MISSING else inside((before,))


def _held(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def replace_cell(cell: CellType, again: Again) -> None:
    value = _held(cell)
    if value is not MISSING and again(value) is not value:
        cell.cell_contents = again(value)


describe(CellType, Kind(parts=(Part(note_cell, replace_cell),), closed=ALL))

# ------------------------------------------------------------------ methods


def note_method(method: MethodType, s: Notes) -> Iterable[Any]:
    return (method.__self__, method.__func__)


def method_again(method: MethodType, again: Again) -> Any:
    owner = again(method.__self__)
    return method if owner is method.__self__ else MethodType(method.__func__, owner)


def builtin_again(method: Any, again: Again) -> Any:
    """A method in C."""
    owner = again(method.__self__)
    return method if owner is method.__self__ else getattr(owner, method.__name__)


def note_referents(thing: Any, s: Notes) -> Iterable[Any]:
    """What an object in C holds: views of dictionaries, bound methods, memory views."""
    return [each for each in gc.get_referents(thing) if not isinstance(each, type)]


REFERENTS = Part(note_referents)


def method_text(method: MethodType, options: Any) -> str:
    function: Any = method.__func__
    return f"<bound method {getattr(function, '__name__', None) or getattr(function, 'name', 'call')}>"


describe(
    MethodType,
    Kind(parts=(Part(note_method),), closed=ALL, again=method_again, text=method_text, follow=follow_method),
)
describe(BuiltinMethodType, Kind(parts=(REFERENTS,), closed=ALL, again=builtin_again))
describe(MethodWrapperType, Kind(parts=(REFERENTS,), closed=ALL, again=builtin_again))

# ------------------------------------------------------------------ functools


def note_partial(call: partial[Any], s: Notes) -> Iterable[Any]:
    return (call.func, call.args, call.keywords)


def replace_partial(call: partial[Any], again: Again) -> None:
    func, args = again(call.func), again(call.args)
    if func is not call.func or args is not call.args:
        call.__setstate__((func, args, call.keywords, call.__dict__))  # type: ignore[attr-defined]


def follow_partial(call: partial[Any], reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    if type(call) is not partial or call.__dict__:
        reach.refuse("a partial with attributes")
    reach.same(call, path)
    parts = {"func": call.func, "args": call.args, "keywords": call.keywords}
    for part, value in parts.items():
        reach.thing(value, f"{path}.{part}", varies, depth + 1, name and f"{name}.{part}")


def note_cache(function: Any, s: Notes) -> Iterable[Any]:
    """`functools.lru_cache`: what a failed statement brought into it is forgotten with everything else."""
    before = function.cache_info()

    def put_back() -> bool:
        if function.cache_info() == before:
            return False
        function.cache_clear()
        return True

    s.add(function, put_back)
    return (function.__wrapped__,)


describe(partial, Kind(parts=(Part(note_partial, replace_partial),), follow=follow_partial))
describe(_lru_cache_wrapper, Kind(parts=(Part(note_cache),)))
