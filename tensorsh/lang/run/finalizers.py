"""The end of a process: `__del__` of what is still there of a program, `finally` of its generators, open files.

Python throws modules away last, and its search for garbage then finds all that they held at once: it calls `__del__`
and closes generators in the order of its lists, while names are still bound. Our process holds programs in more ways
than one, so here the lists are gone through. What has had its `__del__` gets none again when the process throws it
away. What was written to files that nobody has closed gets there, as when Python throws those away.
"""

from __future__ import annotations

import contextlib
import gc
import io
import weakref
from collections.abc import Callable, Iterator
from types import FunctionType, GeneratorType, ModuleType
from typing import TYPE_CHECKING, Any

from ... import limits
from ...engine.core.sealed import changing
from ...kinds.ownership import (
    HEAP_TYPE,
    PROGRAM_FILE,
    attributes_of,
    dict_of,
    flags_of,
    mro_of,
    own_class,
    own_function,
)
from ...modules import gate
from ...modules.uncaught import tell_ended
from ..code.runs import words
from ..undo.relay import Relay

if TYPE_CHECKING:
    from .evaluate import Evaluator

#: in which order Python puts its lists one after the other
GENERATIONS = 2, 0, 1
#: modules that Python imports without looking for garbage among what it has for longer
LIGHT = words(
    "__future__ abc atexit builtins collections contextlib copy datetime functools gc heapq io itertools math "
    "operator os random sys time types weakref"
)
#: Python's own things that hold a program's
HOLDING = frozenset((list, tuple, dict, set, frozenset, FunctionType, GeneratorType, Relay))


def finalize(evaluator: Evaluator) -> None:
    """All of this, and what waits for the exit with `weakref.finalize`."""
    weakref.finalize._exitfunc()  # type: ignore[attr-defined]
    if evaluator.says("__del__") or evaluator.says("yield"):
        call_all(evaluator)
    if any(not file.closed for file in gate.written):
        save_all()


def call_all(evaluator: Evaluator) -> None:
    """Call each `__del__`, and close each generator. Errors are printed, exits among them, as in Python."""
    if gc.isenabled():
        gc.collect()
    owners: set[type] = set()
    over: list[Any] = []
    for held in [held_weakly(thing) for thing in in_order(evaluator, owners)]:
        thing = held()
        if thing is None:
            continue  # it went with something that was finalised before
        over.append(thing)
        what, call = (thing, thing.close) if type(thing) is GeneratorType else bound(thing)
        try:
            call()
        except BaseException as error:
            if limits.time.over:
                raise
            tell_ended(evaluator.modules, what, error)
    for owner in owners:
        with changing(owner):
            type.__delattr__(owner, "__del__")


def in_order(evaluator: Evaluator, owners: set[type]) -> list[Any]:
    """What has to be finalised. `owners` gets the classes that say how.

    Python's lists begin with what was made first, but for what is older than what holds it. After a short start it has
    the main module's names behind what they stand for: then comes what they stand for, then what is in that, and then
    what other modules have.
    """
    things = [*found(owners)]
    spaces = {id(space) for space in evaluator.spaces.values()}
    imported = {
        name.partition(".")[0]
        for name, module in evaluator.modules.loaded.items()
        if name != "__main__" and id(attributes_of(module)) not in spaces
    }
    if gc.isenabled() and imported <= LIGHT:
        reached = {id(thing): place for place, thing in enumerate(from_names(evaluator.variables, spaces))}
        things.sort(key=lambda thing: reached.get(id(thing), len(reached)))
    return things


def found(owners: set[type]) -> Iterator[Any]:
    """What has to be finalised, as Python's lists have it."""
    known: dict[int, type | None] = {}  # by the ids of classes, one of which may have no hash
    for generation in GENERATIONS:
        for thing in gc.get_objects(generation):
            kind = type(thing)
            if kind is GeneratorType:
                if thing.gi_frame is not None and thing.gi_code.co_filename.startswith(PROGRAM_FILE):
                    yield thing
                continue
            owner = known.get(id(kind), kind)
            if owner is kind:
                owner = known[id(kind)] = finalizing(kind)
            if owner is not None:
                owners.add(owner)
                yield thing


def from_names(space: dict[str, Any], spaces: set[int]) -> list[Any]:
    """What the names of a program stand for, then what is inside that, and so on; nothing of other modules'."""
    queue = [value for name, value in [*space.items()] if name.isidentifier() and name != "__builtins__"]
    seen = {*spaces, *map(id, queue)}
    for thing in queue:  # which grows
        for part in inside(thing):
            if gc.is_tracked(part) and id(part) not in seen:
                seen.add(id(part))
                queue.append(part)
    return queue


def inside(thing: Any) -> Iterator[Any]:
    """What holds what, as Python finds it. The dictionary of an instance counts as none: Python makes it when asked."""
    kind = type(thing)
    if kind is Relay:
        yield object.__getattribute__(thing, "_inner")
    elif issubclass(kind, ModuleType) or (kind is FunctionType and not own_function(thing)):
        return
    elif issubclass(kind, type):
        if own_class(thing):
            yield from gc.get_referents(thing)
    elif own_class(kind) or kind in HOLDING or not kind.__module__.startswith("tensorsh."):
        names = attributes_of(thing)
        for part in gc.get_referents(thing):
            if part is names and names is not None:
                yield from names.values()
            else:
                yield part


def finalizing(kind: type) -> type | None:
    """The program's class from which instances of a class have `__del__`."""
    if not own_class(kind):
        return None
    owner = next((base for base in mro_of(kind) if "__del__" in dict_of(base)), None)
    return owner if owner is not None and own_class(owner) else None


def held_weakly(thing: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(thing)
    except TypeError:  # it has slots only
        return lambda: thing


def bound(thing: Any) -> tuple[Any, Callable[[], Any]]:
    """The `__del__` of an instance as its class has it, and as it is called."""
    kind = type(thing)
    function = next(dict_of(base)["__del__"] for base in mro_of(kind) if "__del__" in dict_of(base))
    if not hasattr(type(function), "__get__"):
        return function, function
    return function, lambda: function.__get__(thing, kind)()


def save_all() -> None:
    """What is written to files gets there: texts first, then what they are packed by, then bytes."""
    things = gc.get_objects()
    files = [thing for thing in things if issubclass(type(thing), io.IOBase)]
    texts = [file for file in files if issubclass(type(file), io.TextIOWrapper)]
    packers = [file for file in files if flags_of(type(file)) & HEAP_TYPE and file not in texts]
    others = [file for file in files if issubclass(type(file), io.BufferedWriter | io.BufferedRandom)]
    for call, some in ("flush", texts), ("close", packers), ("flush", [*texts, *others]):
        for file in some:
            with contextlib.suppress(Exception):  # of which Python says nothing either
                if not file.closed:
                    getattr(file, call)()
    for thing in things:
        if type(thing).__name__ == "_TemporaryFileCloser" and type(thing).__module__ == "tempfile":
            thing.close()  # which removes the file
