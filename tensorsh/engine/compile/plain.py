"""Calls on small arrays as plain data: what they do, and not where their arrays are.

It says all that the text of their machine code depends on, so it is the key of finished code and what another process
is told. The same calls on other arrays, in another run, are the same data.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from ..numerics import mkl_functions, mkl_tanh, vector_sqrt
from ..numerics.class_places import PLACED
from .machine.forms import Unknown
from .machine.numpy_loops import loop
from .machine.operands import Call, Operand

#: what is between two calls: a view, which costs nothing, and what stays a line of the program
VIEW, OTHER = 0, None
#: a description: VIEW, OTHER, or the fields of a call
Plain = Any
#: where ufuncs are found by their names
LIBRARIES = ("numpy", "scipy.special")
#: functions that make tables of numbers
TABLES = (vector_sqrt.fractions, mkl_functions.powers, mkl_tanh.table)
#: the types of numbers that are no arrays
NUMBERS = {kind.__name__: kind for kind in (float, int, bool)}


class Describer:
    """Describes calls; places are numbered as they come."""

    def __init__(self) -> None:
        self.places: dict[int | str, int | str] = {}

    def call(self, call: Call) -> Plain:
        """Unknown where there is no name for what it calls."""
        operands = tuple([self.operand(x) for x in (*call.args, call.out)])
        return call.kind, name_of(call.function), call.label, call.axis, operands

    def operand(self, x: Operand) -> tuple[Any, ...]:
        place = x.place
        if place is not None:
            k = len(self.places)
            place = self.places.setdefault(place, k if type(place) is int else f"p{k}")
        value = (x.value.dtype.str, x.value.tobytes()) if isinstance(x.value, np.generic) else x.value
        dtype = x.dtype.str if isinstance(x.dtype, np.dtype) else x.dtype.__name__
        return place, x.shape, x.strides, dtype, value, x.number


def name_of(function: Any) -> str | None:
    """Where a function is found; None for what its label tells. Unknown where it has no name."""
    if function in PLACED + TABLES:
        return f"{function.__module__}:{function.__name__}"
    if not isinstance(function, np.ufunc):
        return None
    name = function.__name__
    for library in LIBRARIES:
        if getattr(sys.modules.get(library), name, None) is function:
            return f"{library}:{name}"
    raise Unknown("a function without a name")


def function_of(name: str | None) -> Any:
    """The function of a name."""
    if name is None:
        return None
    library, _, function = name.partition(":")
    return getattr(import_module(library), function)


def addresses_of(name: str, types: str) -> tuple[int, int] | None:
    """Where a loop of NumPy's and its data are, or a table; None for what is not there."""
    function = function_of(name)
    return loop(function, types) if types else (function().__array_interface__["data"][0], 0)


def call_of(plain: Plain) -> Call:
    """The call, with numbers and names for places."""
    kind, function, label, axis, operands = plain
    *args, out = [operand_of(x) for x in operands]
    return Call(kind, function_of(function), label, tuple(args), out, axis)


def operand_of(plain: Sequence[Any]) -> Operand:
    place, shape, strides, dtype, value, number = plain
    if type(value) is tuple:
        value = np.frombuffer(value[1], value[0])[0]
    return Operand(place, tuple(shape), tuple(strides), NUMBERS.get(dtype) or np.dtype(dtype), value, number)
