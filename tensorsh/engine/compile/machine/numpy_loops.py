"""NumPy's own inner loops, to be called from machine code: the same functions, so the same bits.

A ufunc holds, for each combination of dtypes, the address of a function

    void loop(char **args, intptr_t *dimensions, intptr_t *steps, void *data)

that does `dimensions[0]` elements, each `steps` bytes from the last. The order of the fields is that of
`PyUFuncObject` in NumPy's public header `ufuncobject.h`.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np

#: what comes before the fields of an object, and before the address of an array's first element
HEAD = object.__basicsize__


class _UFunc(ctypes.Structure):
    _fields_ = [
        ("head", ctypes.c_char * HEAD),
        ("nin", ctypes.c_int), ("nout", ctypes.c_int), ("nargs", ctypes.c_int), ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)), ("data", ctypes.POINTER(ctypes.c_void_p)),
        ("ntypes", ctypes.c_int), ("reserved", ctypes.c_int), ("name", ctypes.c_char_p),
    ]  # fmt: skip


@cache
def legible() -> bool:
    """Whether arrays and ufuncs lie in memory as this module takes them to."""
    a = np.empty(3)
    if ctypes.c_void_p.from_address(id(a) + HEAD).value != a.ctypes.data:
        return False
    found = _UFunc.from_address(id(np.add))
    return (found.nin, found.nout, found.ntypes, found.name) == (2, 1, np.add.ntypes, b"add")


@cache
def loop(function: np.ufunc, types: str) -> tuple[int, int] | None:
    """The addresses of the loop for these dtypes (`ff->f`) and of its data; None if there is none."""
    if types not in function.types or not legible():
        return None
    k = function.types.index(types)
    found = _UFunc.from_address(id(function))
    address = found.functions[k]
    if not address or (found.nin, found.ntypes) != (function.nin, function.ntypes):
        return None
    return address, (found.data[k] if found.data else None) or 0


def types_of(function: np.ufunc, dtypes: list[Any], out: np.dtype[Any]) -> str | None:
    """What `ufunc.types` calls the dtypes of a call, where none has to be cast."""
    given = function.resolve_dtypes((*dtypes, None))
    if given[-1] != out:
        return None
    *inputs, result = (d.char for d in given)
    return f"{''.join(inputs)}->{result}"
