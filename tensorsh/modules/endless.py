"""Where rounds without end come from: what is made there goes through Python now and then, where Ctrl-C is heard.

A loop in C over iterators in C (`sum(range(10**12))`, `max(itertools.count())`) calls nothing that would hear it.
Whoever loops, what it loops over begins at one of a few places: a long range, iterators of `itertools` that need no
other, a function that is called until it says so. Those are cut here; small ranges, and all iterators over what is in
memory, are Python's own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

from ..kinds.ownership import own_function

#: a range up to which C goes through it in some tenths of a second
LONG = 10**7


def cut(made: range) -> Any:
    """The range, which an interrupt ends whoever goes through it."""
    if (made.stop - made.start) // made.step <= LONG:
        return made
    from .long_range import LongRange

    return LongRange(made)


def ranged(kind: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """A call of what a program calls `range`."""
    made = kind(*args, **options)
    return cut(made) if type(made) is range else made


def asked(kind: Callable[..., Any], *args: Any) -> Any:
    """A call of what a program calls `iter`: what is called again and again calls Python."""
    if kind is iter and len(args) == 2 and callable(args[0]) and not own_function(args[0]):
        return iter(partial(_called, args[0]), args[1])
    return kind(*args)


def summed(kind: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """A call of what a program calls `sum`: each round of one that joins sequences copies all that there is."""
    start = args[1] if len(args) == 2 else options.get("start")
    if kind is sum and args and isinstance(start, list | tuple):
        return sum(map(_itself, args[0]), start)
    return kind(*args, **options)


def _itself(value: Any) -> Any:
    return value


def _called(function: Callable[[], Any]) -> Any:
    return function()


def _heard(kind: type) -> type:
    """A class of `itertools` whose every round is Python's."""
    further = kind.__next__  # type: ignore[attr-defined]
    names = {
        "__slots__": (),
        "__module__": "itertools",
        "__doc__": kind.__doc__,
        "__next__": lambda iterator: further(iterator),
    }
    return type(kind.__name__, (kind,), names)


def of_itertools(modules: Any) -> dict[str, Any]:
    """The iterators of `itertools` that need no other to go on and on."""
    return dict(_HEARD)


_HEARD = {
    kind.__name__: _heard(kind)
    for kind in (
        itertools.count,
        itertools.cycle,
        itertools.repeat,
        itertools.product,
        itertools.permutations,
        itertools.combinations,
        itertools.combinations_with_replacement,
    )
}
