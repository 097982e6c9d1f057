"""Single elements of tensors, read and set straight: what programs do that go through a table by its indices.

`M[i, j]` is as many views as there are dimensions, and `M[i, j] = x` a copy into the last of them (`getitem`). Where no
graph, trace or conversion has to know of it, both are one access to the array, with what the views would have left
behind: the chain of them, the count of changes, the note for undoing.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.mode import EAGER
from ...engine.graph.inference import refuse_write
from ...engine.run.apply import any_requires_grad
from ...engine.run.inplace import bump
from ...engine.values.tensor import Tensor, make_tensor
from ...engine.values.view import View
from ...engine.values.view_bases import steps_of

#: largest numbers that convert as they are; wider ones may overflow, or be rounded twice
FLOATS = {dt.float32: 3.0e38, dt.float64: sys.float_info.max}
INTEGERS = {dt.int64: 2**63 - 1, dt.int32: 2**31 - 1}
EXACT = 2**53


def places(x: Tensor, index: Any) -> tuple[Any, ...] | None:
    """The indices of one element, if they are all there, within the tensor, and it is outside traces and transforms."""
    state = context.current()
    if (
        type(x) is not Tensor
        or x.spec.is_meta
        or x.mapped
        or state.mode is not EAGER
        or state.noting is not None
    ):
        return None
    shape = x.spec.shape
    given = index if type(index) is tuple else (index,)
    if len(given) != len(shape):
        return None
    found = []
    for i, n in zip(given, shape, strict=True):
        if (
            type(i) is Tensor
            and i.spec.dtype is dt.int64
            and not (i.spec.shape or i.mapped or i.spec.is_meta)
        ):
            i = int(i.array)
        if type(i) is not int or not -n <= i < n:
            return None
        found.append(i % n)
    return tuple(found)


def read_element(x: Tensor, index: Any, select: Any) -> Tensor | None:
    """`x[index]` of an element outside the graph: the view that a `select` for each dimension gives; else None."""
    where = places(x, index)
    if not where or any_requires_grad((x,)):
        return None
    state = context.current()
    out = make_tensor(x.array[(*where, ...)], x.spec.with_shape(()))
    counter = x.counter
    if counter is None:
        counter = x.counter = [0]
    out.counter = counter
    inside = x.view_of
    origin = None
    if state.inference or not state.grad_enabled:
        origin = "inference" if state.inference else "no_grad"
    steps = tuple([(select, (0, i), None) for i in where])
    if inside is None:
        out.view_of = View(x, steps, counter[0], origin)
    else:
        out.view_of = View(inside.base, (*steps_of(x), *steps), counter[0], origin or inside.origin)
    return out


def set_element(x: Tensor, index: Any, value: Any) -> bool:
    """Whether `x[index] = value` has been done: an element outside the graph is a number that converts as it is."""
    if type(value) is Tensor:
        plain = value.spec.dtype is x.spec.dtype and not (
            value.spec.shape or value.mapped or value.spec.is_meta
        )
        if not plain or any_requires_grad((value,)):
            return False
        number: Any = value.array
    elif _converts(value, x.spec.dtype):
        number = value
    else:
        return False
    where = places(x, index)
    if where is None or not x.array.flags.writeable or any_requires_grad((x,)):
        return False
    refuse_write(x)
    place = x.array[(*where, ...)]
    journal = context.current().journal
    if journal.active:
        journal.save_array(place)
    place[()] = number
    bump(x)
    return True


def _converts(value: Any, dtype: dt.DType) -> bool:
    kind = type(value)
    if kind is float:
        most = FLOATS.get(dtype)
        return most is not None and (-most <= value <= most or value != value or abs(value) == math.inf)
    if kind is int:
        if dtype in INTEGERS:
            return -INTEGERS[dtype] <= value <= INTEGERS[dtype]
        return dtype in FLOATS and -EXACT <= value <= EXACT
    return kind is bool and (dtype is dt.bool_ or dtype in FLOATS or dtype in INTEGERS)
