"""`pandas` where it is installed, behind a wall: tables and columns, and what teaching programs do with them.

Each of its classes has a `Face`, a class of the session's own that has the names of `frame_names`. What a program calls
gets pandas's own objects, and what comes back is given a face again; so a table prints, computes and fails as pandas's.
Files pass the gate (`frame_files`); texts that pandas would evaluate are looked at first (`frame_queries`).
"""

from __future__ import annotations

import datetime
import importlib
import inspect
import operator
import re
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from ..engine.values.tensor import PLAIN as TENSORS
from ..engine.values.tensor import Tensor
from ..kinds.ownership import module_name, mro_of
from .behind import PLAIN, Behind, Thing, Wall, behind
from .frame_faces import Face, Value, face, stands_for
from .frame_names import ABSENT, CLASSES, FUNCTIONS, MODULES, NAMES
from .module import Module
from .numpy_state import lent

#: Python's own classes that pandas takes for kinds of columns, and as functions
KINDS = (
    bool, int, float, complex, str, bytes, object, list, tuple, set, dict, datetime.date, datetime.datetime,
)  # fmt: skip
#: functions that give something made of their arguments alone, which pandas knows by themselves
PURE = frozenset((abs, all, any, len, max, min, repr, round, sorted, sum))
#: values that lead nowhere
VALUES = PLAIN | {datetime.datetime, datetime.time, datetime.timezone, re.Pattern, slice}
#: what calls methods by the names it is given, and what these may not call in turn
BY_NAME = frozenset(("agg", "aggregate", "apply", "transform", "pivot_table", "crosstab"))
PLOTTING = frozenset(("plot", "hist", "boxplot"))
NESTED = BY_NAME | PLOTTING | {"pipe", "map", "applymap"}
#: time zones that would be read from files by their paths
ZONES = re.compile(r"(datetime64\[\w+, ?)?dateutil/")

CHAINED = """A value is being set on a copy of a DataFrame or Series through chained assignment.
Such chained assignment never works to update the original DataFrame or Series, because the intermediate object on \
which we are setting values always behaves as a copy (due to Copy-on-Write).

Try using '.loc[row_indexer, col_indexer] = value' instead, to perform the assignment in a single step.

See the documentation for a more detailed explanation: \
https://pandas.pydata.org/docs/dev/user_guide/migration.html#chained-assignment"""


def of(modules: Any) -> Frames:
    """The wall of one session."""
    if modules.frames is None:
        modules.frames = Frames(modules)
    return modules.frames


def package(modules: Any) -> dict[str, Any]:
    """The names of `pandas` itself."""
    import pandas as pd

    from . import frame_files, frame_options

    wall = of(modules)
    made = wall.named(pd, CLASSES)
    made |= {name: wall.function(getattr(pd, name)) for name in FUNCTIONS.split() if hasattr(pd, name)}
    made |= frame_files.readers(modules, wall)
    made |= frame_options.functions(wall)
    made["offsets"] = offsets = Module("pandas.offsets")
    vars(offsets).update(module("pandas.tseries.offsets", modules))

    def absent(name: str) -> Any:
        raise wall.missing(pd, name)

    return made | {"__version__": pd.__version__, "__getattr__": absent}


def module(name: str, modules: Any) -> dict[str, Any]:
    """The names of another of its modules."""
    source, wall = importlib.import_module(name), of(modules)
    if name == "pandas.errors":  # nothing but classes of exceptions
        found = {each: getattr(source, each) for each in dir(source)}
        return {
            each: kind
            for each, kind in found.items()
            if inspect.isclass(kind) and issubclass(kind, Exception)
        }
    return wall.named(source, MODULES[name])


# ------------------------------------------------------------------ the wall


class Frames(Wall):
    """The wall of pandas in one session."""

    def __init__(self, modules: Any):
        import pandas as pd

        from . import frame_files, frame_plots, frame_queries, frame_undo

        super().__init__(
            ("pandas", "zoneinfo", "dateutil", "pytz"),  # and what time zones are told with
            NAMES.__contains__,
            made=frame_files.writers(modules, self) | frame_queries.methods(modules, self),
            beside=frame_plots.beside(modules),
            absent=ABSENT,
            draws=lambda real: lent(modules) if getattr(real, "__name__", "") == "sample" else nullcontext(),
        )
        self.pandas = pd
        self.faces: dict[type, type[Value]] = {}
        self.plots = frame_plots.Plots(modules, self)
        self.makes: set[type] = set()  # the classes that a program makes objects of
        self.single: WeakValueDictionary[int, Behind] = WeakValueDictionary()  # the faces of `NaT` and `NA`
        frame_undo.describe_kinds()

    def named(self, source: Any, names: str) -> dict[str, Any]:
        """What a module has under some names; a program makes objects of its classes."""
        found = {name: getattr(source, name) for name in names.split() if hasattr(source, name)}
        self.makes |= {each for each in found.values() if isinstance(each, type)}
        return {name: self.give(each) for name, each in found.items()}

    def is_label(self, real: Any, name: str) -> bool:
        """Whether a name is that of a column, of a place in a row, or of a part of a tuple."""
        if isinstance(real, tuple):
            return name in getattr(real, "_fields", ())
        if isinstance(real, type) or hasattr(type(real), name):
            return False
        tables = self.pandas.DataFrame, self.pandas.Series
        table = real if isinstance(real, tables) else getattr(real, "obj", None)
        return isinstance(table, tables) and name in table._info_axis

    def attribute(self, real: Any, name: str) -> Any:
        if self.is_label(real, name):
            return self.give(getattr(real, name) if isinstance(real, tuple) else real[name])
        if name in PLOTTING and hasattr(real, name):
            return self.plots.of(real, name)
        return super().attribute(real, name)

    def set_attribute(self, real: Any, name: str, value: Any) -> None:
        if self.is_label(real, name):
            self.inside(operator.setitem, (real, name, self.take(value)), {})
        else:
            super().set_attribute(real, name, value)

    def warn_unheld(self, real: Any) -> None:
        """Say that `df["a"][0] = 1` changes a copy that nobody holds, which pandas tells by its own references."""
        from .frame_undo import copies_on_write

        if isinstance(real, self.pandas.DataFrame | self.pandas.Series) and copies_on_write():
            warnings.warn(CHAINED, self.pandas.errors.ChainedAssignmentError, stacklevel=3)

    def call(self, real: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if getattr(real, "__name__", "") not in BY_NAME:
            return super().call(real, args, options)
        taken = [self.take(self.by_itself(each)) for each in args]
        named = {key: self.take(self.by_itself(each)) for key, each in options.items()}
        for name in called_by_name(real, taken, named):
            if not self.has(name) or name in self.made or name in NESTED:
                raise AttributeError(f"{name!r} is not a valid function name for {real.__name__}")
        return self.give(self.inside(real, taken, named))

    def by_itself(self, value: Any) -> Any:
        """Functions that pandas knows, in what it is told to call."""
        if type(value) in (list, tuple):
            return type(value)(map(self.by_itself, value))
        if type(value) is dict:
            return {key: self.by_itself(each) for key, each in value.items()}
        return super().put_behind(value, Thing) if is_known(value) else value

    def take(self, value: Any) -> Any:
        kind = type(value)
        if kind is str and ZONES.match(value):
            raise ValueError(f"time zones are named as in the IANA database, not {value!r}")
        if (kind in VALUES and kind is not slice) or issubclass(kind, np.dtype):
            return value
        if issubclass(kind, Behind):
            return behind(value)[1]
        if (
            kind in TENSORS
        ):  # another one: what a program gives its own as attributes would be pandas's to call
            return value.detach()
        if issubclass(kind, Tensor):
            return super().take(value)
        if issubclass(kind, Face):
            return stands_for(value)[1]
        if issubclass(kind, type) and is_kind(value):
            return value
        if kind is types.BuiltinFunctionType and value in PURE:
            return value
        return self.taken_function(value) if callable(value) else super().take(value)

    def taken_function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        taken = super().taken_function(function)
        name = getattr(function, "__name__", type(function).__name__)
        taken.__name__ = taken.__qualname__ = name if type(name) is str else "function"
        return taken

    def give(self, value: Any) -> Any:
        kind = type(value)
        if kind in VALUES or issubclass(kind, np.dtype):
            return value
        if value is self.pandas.NaT or value is self.pandas.NA:  # which programs compare with `is`
            found = self.single.get(id(value))
            return self.single.setdefault(id(value), self.put_behind(value)) if found is None else found
        if kind in self.faces:
            return self.put_behind(value)
        if issubclass(kind, Tensor):
            return value.detach()
        if issubclass(kind, type) and is_kind(value):
            return value
        if isinstance(value, type) and self.is_behind(value):
            return self.face(value)
        if callable(value) and not self.is_behind(value):
            return self.function(value)
        return super().give(value)

    def put_behind(self, value: Any, kind: type[Behind] = Thing) -> Behind:
        return super().put_behind(value, self.face(type(value)))

    def face(self, kind: type) -> type[Value]:
        """The class that stands for one of pandas's."""
        made = self.faces.get(kind)
        if made is None:
            bases = (each for each in kind.__mro__[1:] if getattr(self.pandas, each.__name__, None) is each)
            base = next(bases, None)
            made = self.faces[kind] = face(self, kind, Value if base is None else self.face(base))
        return made


def is_kind(kind: type) -> bool:
    """Whether a class is one of Python's or NumPy's that pandas knows by itself."""
    return any(kind is each for each in KINDS) or (
        np.generic in mro_of(kind) and module_name(kind) == "numpy"
    )


def is_known(value: Any) -> bool:
    """Whether a function is one of NumPy's as it is, which pandas calls in its own way."""
    if type(value) not in (np.ufunc, types.FunctionType, type(np.mean)):
        return False
    plain = all(name[:2] == "__" for name in value.__dict__)  # a program has given it no attributes
    return plain and getattr(np, value.__name__, None) is value


def called_by_name(function: Callable[..., Any], args: Any, options: dict[str, Any]) -> Iterator[str]:
    """The names of methods that a call of one of `BY_NAME` would call."""
    try:
        given = inspect.signature(function).bind(*args, **options).arguments
    except (TypeError, ValueError):
        given = {"func": [*args, *options.values()]}  # it says itself what is wrong
    of_groups = type(getattr(function, "__self__", None)).__name__ in ("DataFrameGroupBy", "SeriesGroupBy")
    for name in ("func", "aggfunc", "arg"):
        yield from _texts(given.get(name), of_groups)
    if given.get("func") is None:  # total=("price", "sum"), total="sum"
        for each in given.get("kwargs", {}).values():
            yield from _texts(each[1] if isinstance(each, tuple) and len(each) == 2 else each, of_groups)


def _texts(functions: Any, of_groups: bool) -> Iterator[str]:
    """The texts among functions; groups take pairs of a title and a function for functions in a list."""
    if isinstance(functions, str):
        yield functions
    elif isinstance(functions, dict):
        for each in functions.values():
            yield from _texts(each, of_groups)
    elif isinstance(functions, list | tuple | set):
        for each in functions:
            titled = of_groups and isinstance(each, list | tuple) and len(each) == 2
            yield from _texts(each[1] if titled else each, of_groups)
