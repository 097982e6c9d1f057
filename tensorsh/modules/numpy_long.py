"""What takes NumPy long in one call is made beside the program, where an interrupt breaks it off (`engine.run.aside`).

Python hears of a signal when the call is over, and a reduction of a view that repeats its elements, a product of
matrices or a decomposition may take minutes. Arrays are NumPy's own, so its functions are exchanged where NumPy itself
has them, once in a process: those in C that what is written in Python calls, methods of arrays, and what the tables
give to programs. What changes an array that it is given is computed into another one first: a call that was left goes
on for a while, and must not be seen. A few functions hold Python's lock, where nobody else could say stop: they are
called piece by piece.

Left out is what makes an array as large as what it reads: memory bounds it.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from threading import current_thread, main_thread
from typing import Any

import numpy as np
from numpy import ndarray
from numpy._core import _methods, fromnumeric, multiarray
from numpy.lib import _arraysetops_impl

from ..engine.core import sealed
from ..engine.run import aside
from ..kinds.ownership import dict_of
from . import long_calls

Array = ndarray[Any, Any]
Function = Callable[..., Any]

#: elements of a view that no memory holds: it is reduced piece by piece, so that a call that was left ends soon
HUGE, PIECE = 1 << 31, 1 << 24

#: functions in C that NumPy's own Python calls, and from how many elements on they may take long
IN_C = {
    "numpy._core.numeric": ("dot", aside.STEEP),
    "numpy.lib._function_base_impl": ("dot", aside.STEEP),
    "numpy.linalg._linalg": ("dot matmul", aside.STEEP),
    "numpy.linalg._umath_linalg": (
        "cholesky_lo cholesky_up det eig eigh_lo eigh_up eigvals eigvalsh_lo eigvalsh_up inv lstsq qr_complete "
        "qr_r_raw qr_reduced slogdet solve solve1 svd svd_f svd_s",
        aside.STEEP,
    ),
    "numpy.fft._pocketfft_umath": ("fft ifft irfft rfft_n_even rfft_n_odd", aside.LARGE),
}
#: those that may meet each element of one array with each of all others
CROSSING = {"numpy._core.multiarray": "correlate correlate2", "numpy._core.einsumfunc": "c_einsum"}
#: pairs of elements from which these may take long
PAIRS = 1 << 26
#: of the functions that programs call, those in C
GIVEN = {
    "where": aside.LARGE, "bincount": aside.LARGE, "lexsort": aside.LARGE, "dot": aside.STEEP, "vdot": aside.LARGE,
    "inner": aside.STEEP, "matmul": aside.STEEP,
}  # fmt: skip
METHODS = {"dot": aside.STEEP, "__matmul__": aside.STEEP}

#: what calls no program: the rest may have methods that NumPy asks
PLAIN = frozenset(
    {ndarray, int, float, complex, bool, str, type(None), type, type(np._NoValue), *np.sctypeDict.values()}
) - {np.object_, np.void}  # fmt: skip


def long(function: Function, elements: int) -> Function:
    """The same function, made beside the program where an array has so many elements."""

    def called(*args: Any, **options: Any) -> Any:
        for each in args:
            if type(each) is ndarray and each.size >= elements and _may_go(args, options):
                return beside(function, args, options)
        return function(*args, **options)

    return titled(called, function)


def crossing(function: Function) -> Function:
    """The same function, made beside the program where the elements of its arrays make so many pairs."""

    def called(*args: Any, **options: Any) -> Any:
        pairs = 1
        for each in args:
            if type(each) is ndarray:
                pairs *= each.size
        if pairs >= PAIRS and _may_go(args, options):
            return beside(function, args, options)
        return function(*args, **options)

    return titled(called, function)


def titled(made: Function, function: Any) -> Function:
    """It has the names and the text of the other."""
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(made, name, getattr(function, name, None) or "")
    return made


def _may_go(args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    """Whether a call with these arguments runs nothing of a program's, and an interrupt would be heard here."""
    if not sealed.in_force() or aside.helpers.busy or current_thread() is not main_thread():
        return False
    return _plain(args) and _plain(options.values())


def _plain(values: Iterable[Any]) -> bool:
    for each in values:
        kind = type(each)
        if kind is tuple or kind is list:
            if len(each) > 64 or not _plain(each):
                return False
        elif not (kind in PLAIN or issubclass(kind, np.dtype)) or (kind is ndarray and each.dtype.hasobject):
            return False
    return True


def beside(function: Function, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What a function gives; it writes into an array of its own, and what it warns of is said here."""
    out = options.get("out")
    if type(out) is ndarray:
        options = options | {"out": np.empty_like(out)}
    told: list[Any] = []
    python: Any = warnings
    before, python._showwarnmsg_impl = python._showwarnmsg_impl, told.append
    try:
        found = long_calls.beside(function, args, options)
    finally:
        python._showwarnmsg_impl = before
    for each in told:
        before(each)
    if type(out) is ndarray:
        out[...] = options["out"]
        return out
    return found


# ------------------------------------------------------------------------------------------------------- reductions


def reducing(reduce: Function) -> Function:
    """The reduction of a ufunc, piece by piece where the array is larger than memory."""

    def called(array: Any, *args: Any, **options: Any) -> Any:
        if type(array) is not ndarray or array.size < aside.LARGE:
            return reduce(array, *args, **options)
        return _beside(reduce, array, *args, **options)

    return called


def _beside(
    reduce: Any,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *rest: Any,
    **options: Any,
) -> Any:
    given = (array, axis, dtype, out, keepdims, *rest)
    if out is not None or not _may_go(given, options):
        return reduce(*given, **options)
    if array.size < HUGE or _says(rest, options):
        return beside(reduce, given, options)
    return beside(pieces, (reduce, array, axis, dtype, bool(keepdims)), {})


def _says(rest: tuple[Any, ...], options: dict[str, Any]) -> bool:
    """Whether `initial` or `where` say anything."""
    given = dict(zip(("initial", "where"), rest, strict=False)) | options
    return (
        given.pop("initial", np._NoValue) is not np._NoValue
        or given.pop("where", True) is not True
        or bool(given)
    )


def pieces(reduce: Any, array: Array, axis: Any, dtype: Any, keepdims: bool) -> Any:
    """A reduction along the longest axis, piece by piece; a thread that was left ends after the one that it is at."""
    if array.size < HUGE:
        return reduce(array, axis, dtype, None, keepdims)
    axes = tuple(range(array.ndim)) if axis is None else axis if type(axis) is tuple else (axis,)
    along = max(range(array.ndim), key=array.shape.__getitem__)
    joined = along in [each % array.ndim for each in axes]
    width = max(1, PIECE // (array.size // array.shape[along]))
    found: list[Any] = []
    for begin in range(0, array.shape[along], width):
        part = array[(slice(None),) * along + (slice(begin, begin + width),)]
        each = pieces(reduce, part, axes, dtype, True)
        if joined and found:
            found[0] = reduce.__self__(found[0], each)
        else:
            found.append(each)
    whole = found[0] if joined else np.concatenate(found, along)
    return whole if keepdims else whole.squeeze(axes)[()]


def _wrapping(found: Function, dtyped: bool) -> Function:
    """What `np.sum` and its like call, with the ufunc and the name of the method."""

    def called(array: Any, *args: Any, **options: Any) -> Any:
        if type(array) is not ndarray or array.size < aside.LARGE:
            return found(array, *args, **options)
        ufunc, _, axis, *given = args
        said = {name: value for name, value in options.items() if value is not np._NoValue}
        return _beside(ufunc.reduce, array, axis, *(() if dtyped else (bool,)), *given, **said)

    return titled(called, found)


# ------------------------------------------------------------------------------------------------------- in force


def install() -> None:
    """Put these in the place of NumPy's own, once in a process."""
    if dict_of(ndarray)["tolist"] is tolist:
        return
    for name, (functions, elements) in IN_C.items():
        module = importlib.import_module(name)
        for each in functions.split():
            if (found := getattr(module, each, None)) is not None:
                setattr(module, each, long(found, elements))
    for name, functions in CROSSING.items():
        module = importlib.import_module(name)
        for each in functions.split():
            setattr(module, each, crossing(getattr(module, each)))
    for each in ("umr_sum", "umr_prod", "umr_maximum", "umr_minimum", "umr_any", "umr_all"):
        setattr(_methods, each, reducing(getattr(_methods, each)))
    for each in ("_wrapreduction", "_wrapreduction_any_all"):
        setattr(fromnumeric, each, _wrapping(getattr(fromnumeric, each), each == "_wrapreduction"))
    multiarray.count_nonzero = titled(count_nonzero, _count_nonzero)
    if _unique is not None:
        _arraysetops_impl._unique_hash = unique  # type: ignore[attr-defined]
    methods = {name: long(dict_of(ndarray)[name], elements) for name, elements in METHODS.items()}
    methods |= {"tolist": titled(tolist, _tolist), "nonzero": titled(nonzero, _nonzero)}
    with sealed.changing(ndarray):
        for name, method in methods.items():
            type.__setattr__(ndarray, name, method)


def functions() -> dict[str, Any]:
    """What programs have of `numpy` in the place of its functions in C."""
    made: dict[str, Any] = {name: long(getattr(np, name), elements) for name, elements in GIVEN.items()}

    def where(condition: Any, *args: Any, **options: Any) -> Any:
        if type(condition) is ndarray and not args and not options:
            return condition.nonzero()
        return made["where"](condition, *args, **options)

    return made | {"matmul": alike(np.matmul, made["matmul"]), "where": titled(where, np.where)}


def alike(function: Any, made: Function) -> Any:
    """A ufunc of NumPy's that is made in another way, and looks as before."""

    class ufunc:
        __slots__ = ()
        __class__ = type(function)

        def __call__(self, *args: Any, **options: Any) -> Any:
            return made(*args, **options)

        def __repr__(self) -> str:
            return repr(function)

        def __getattr__(self, name: str) -> Any:
            return getattr(function, name)

        def __copy__(self) -> Any:
            return self

        def __deepcopy__(self, memo: Any) -> Any:
            return self

    ufunc.__module__, ufunc.__qualname__, ufunc.__doc__ = "numpy", "ufunc", function.__doc__
    return ufunc()


# ------------------------------------------------------------------------------------- what holds Python's lock

_tolist, _nonzero = ndarray.tolist, ndarray.nonzero
_count_nonzero = multiarray.count_nonzero
_unique = getattr(_arraysetops_impl, "_unique_hash", None)


def parts(array: Array, most: int) -> Iterator[tuple[tuple[int, ...], Array]]:
    """An array in pieces, in the order of its elements: (where it begins, piece)."""
    if array.size <= most:
        yield (0,) * array.ndim, array
        return
    along = next(d for d in range(array.ndim) if array.shape[d] > 1)
    width = max(1, most // (array.size // array.shape[along]))
    for begin in range(0, array.shape[along], width):
        for place, part in parts(array[(slice(None),) * along + (slice(begin, begin + width),)], most):
            yield (*place[:along], place[along] + begin, *place[along + 1 :]), part


def count_nonzero(a: Any, /) -> Any:
    """How many elements are not zero."""
    if type(a) is not ndarray or a.size < aside.LARGE:
        return _count_nonzero(a)
    return np.intp(sum(int(_count_nonzero(part)) for _, part in parts(a, aside.LARGE)))


def nonzero(self: Array, /) -> Any:
    """The places of the elements that are not zero."""
    if not isinstance(self, ndarray) or self.size < aside.LARGE:
        return _nonzero(self)
    found = [(place, _nonzero(part)) for place, part in parts(self, aside.LARGE)]
    return tuple([np.concatenate([at[d] + place[d] for place, at in found]) for d in range(self.ndim)])


def tolist(self: Array, /) -> Any:
    """The elements as Python's."""
    if not isinstance(self, ndarray) or self.size < aside.LARGE:
        return _tolist(self)
    width = max(1, aside.STEEP // max(1, self.size // self.shape[0]))
    found: list[Any] = []
    for begin in range(0, self.shape[0], width):
        part = self[begin : begin + width]
        found += [tolist(each) for each in part] if part.size >= aside.LARGE else _tolist(part)
    return found


def unique(ar: Any, *args: Any, **options: Any) -> Any:
    """The elements, each once, found by hashing; many are sorted instead, which is faster, too."""
    if type(ar) is ndarray and ar.size >= aside.LARGE:
        return NotImplemented
    return _unique(ar, *args, **options)  # type: ignore[misc]
