"""Indices that NumPy is to bring round the end of an array (`mode="wrap"`) are brought there before.

It takes the length away again and again until an index lies inside, in one call of C: for a large one that takes as
good as for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine.core import sealed
from ..kinds.ownership import dict_of

_take, _put, _choose = ndarray.take, ndarray.put, ndarray.choose


def take(self: Any, /, *args: Any, **options: Any) -> Any:
    """Elements at given places."""
    if wraps(args, options, 3) and isinstance(self, ndarray):
        axis = options.get("axis", args[1] if len(args) > 1 else None)
        length = self.size if axis is None else 0
        if type(axis) is int and -self.ndim <= axis < self.ndim:
            length = self.shape[axis]
        args, options = with_inside(args, options, length)
    return _take(self, *args, **options)


def put(self: Any, /, *args: Any, **options: Any) -> None:
    """Write at given places."""
    if wraps(args, options, 2) and isinstance(self, ndarray):
        args, options = with_inside(args, options, self.size)
    _put(self, *args, **options)


def choose(self: Any, /, *choices: Any, **options: Any) -> Any:
    """Of several arrays, at each place the element of that whose number stands there."""
    if wraps((), options, 0) and isinstance(self, ndarray):
        several = choices[0] if len(choices) == 1 else choices
        self = inside(
            self, len(several) if isinstance(several, list | tuple) else np.asanyarray(several).shape[0]
        )
    return _choose(self, *choices, **options)


def wraps(args: tuple[Any, ...], options: dict[str, Any], place: int) -> bool:
    """Whether NumPy reads the mode so, which is the argument at `place`: it knows it by a letter, or a number."""
    mode = options.get("mode") if options else args[place] if len(args) > place > 0 else None
    return mode[:1] in ("w", "W") if isinstance(mode, str) else type(mode) is int and mode == 1


def with_inside(
    args: tuple[Any, ...], options: dict[str, Any], length: int
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments, with indices that lie inside of an axis."""
    if args:
        return (inside(args[0], length), *args[1:]), options
    return args, options | {name: inside(options[name], length) for name in ("indices",) if name in options}


def inside(indices: Any, length: int) -> Any:
    """The same places between 0 and the last. What are no indices stays, for NumPy to refuse."""
    try:
        found = np.asanyarray(indices)
    except ValueError:  # ragged
        return indices
    return np.asanyarray(found % length) if length and found.dtype.kind in "iu" else indices


def install() -> None:
    """Put these in the place of NumPy's own, once in a process."""
    if dict_of(ndarray)["take"] is take:
        return
    made: tuple[tuple[Callable[..., Any], Any], ...] = (take, _take), (put, _put), (choose, _choose)
    with sealed.changing(ndarray):
        for method, found in made:
            method.__qualname__, method.__doc__ = found.__qualname__, found.__doc__
            type.__setattr__(ndarray, method.__name__, method)
