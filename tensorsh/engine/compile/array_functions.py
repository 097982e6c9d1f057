"""NumPy's functions of arrays, beside its ufuncs, as steps of a kernel that is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.readers import in_machine_code
from ..numerics.choice import masked
from .one_hot import spread
from .tape import by_place, cast_into
from .tracer import Tracer, Unread


@in_machine_code
def joined(*arrays: Any) -> Any:
    """One array after the other, into the last."""
    *parts, out = arrays
    return np.concatenate(parts, out=out)


def _number(a: Any) -> Any:
    """The one number that is everywhere in a constant, as in the gradient of a sum; or what is given."""
    source = a.value.source if type(a) is Tracer else None
    alone = isinstance(source, np.ndarray) and source.size > 1 and not any(source.strides)
    return source.flat[0] if alone and source is not None else a


def _where(mask: Any, x: Any, y: Any) -> Any:
    reader = next(a.reader for a in (mask, x, y) if type(a) is Tracer)
    if mask.dtype != np.bool_:
        raise Unread("chooses by numbers")
    dtype = np.result_type(*[a.layout if type(a) is Tracer else a for a in (x, y)])
    shape = np.broadcast_shapes(*map(np.shape, (mask, x, y)))
    x, y = (dtype.type(a) if isinstance(a, int | float) else _number(a) for a in (x, y))
    alike = type(y) is Tracer and y.shape == shape
    layouts, like = [a.layout for a in (mask, x, y) if type(a) is Tracer], None
    if not all(a.flags.c_contiguous for a in layouts):
        like = by_place(layouts, shape, dtype)
        alike = alike and y.strides == like.strides
    return reader.call(masked, (y, x, mask), shape, dtype, alike, by_place=True, like=like)


def _concatenate(arrays: Any, axis: int = 0) -> Any:
    reader = next(a.reader for a in arrays if type(a) is Tracer)
    arrays = [a for a in arrays if a.size]
    first, axis = arrays[0], axis % arrays[0].ndim
    if any(n != 1 for n in first.shape[:axis]) or len({a.dtype for a in arrays}) > 1:
        raise Unread("joins rows")
    length = sum(a.shape[axis] for a in arrays)
    flat = tuple([a.reshape(a.shape[axis:]) for a in arrays])
    found = reader.call(joined, flat, (length, *first.shape[axis + 1 :]), first.dtype)
    return found.reshape((*first.shape[:axis], length, *first.shape[axis + 1 :]))


def _stack(arrays: Any, axis: int = 0) -> Any:
    layouts = [np.expand_dims(a.layout if type(a) is Tracer else a, axis) for a in arrays]
    if len({a.shape for a in layouts}) > 1:
        raise Unread("stacks arrays of different shapes")
    return _concatenate([a.reshape(layout.shape) for a, layout in zip(arrays, layouts, strict=True)], axis)


def _broadcast(x: Any, shape: Any) -> Any:
    return x.view_by(spread, tuple(shape), label="spread")


def _expand(x: Any, axis: Any) -> Any:
    return x.reshape(np.expand_dims(x.layout, axis).shape)


def _moved(x: Any, source: Any, target: Any) -> Any:
    kept = [d for d in range(x.ndim) if d != source % x.ndim]
    kept.insert(target % x.ndim, source % x.ndim)
    return x.transpose(kept)


def _like(x: Any, dtype: Any = None, shape: Any = None, **options: Any) -> Any:
    """An array that is not filled yet."""
    return Tracer(x.reader, np.empty_like(x.layout, dtype, shape=shape, **options), None)


def _filled(x: Any, number: Any, shape: Any, dtype: Any = float) -> Any:
    """An array with one number everywhere."""
    kind, shape = np.dtype(dtype), (shape,) if isinstance(shape, int) else tuple(shape)
    return x.reader.made(x.reader.tape.call(cast_into, (kind.type(number),), shape, kind), ())


def _filled_like(x: Any, number: Any, dtype: Any = None) -> Any:
    if not x.flags.c_contiguous:
        raise Unread("makes an array in another order")
    return _filled(x, number, x.shape, x.dtype if dtype is None else dtype)


def _broadcast_all(*arrays: Any) -> tuple[Any, ...]:
    shape = np.broadcast_shapes(*map(np.shape, arrays))
    return tuple([np.broadcast_to(a, shape) for a in arrays])


def _flipped(x: Any, axis: Any = None) -> Any:
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    turned = {a % x.ndim for a in axes}
    return x[tuple([slice(None, None, -1 if d in turned else 1) for d in range(x.ndim)])]


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.broadcast_to: _broadcast,
    np.expand_dims: _expand,
    np.moveaxis: _moved,
    np.empty_like: _like,
    np.zeros_like: lambda x, dtype=None: _filled_like(x, 0, dtype),
    np.ones_like: lambda x, dtype=None: _filled_like(x, 1, dtype),
    np.full_like: _filled_like,
    np.broadcast_arrays: _broadcast_all,
    np.flip: _flipped,
    np.atleast_1d: lambda x: x if x.ndim else x.reshape(1),
    np.reshape: lambda x, shape, **options: x.reshape(shape, **options),
    np.transpose: lambda x, axes=None: x.transpose(*([] if axes is None else [axes])),
    np.swapaxes: lambda x, a, b: x.swapaxes(a, b),
    np.split: lambda x, n, axis=0: [
        x[(slice(None),) * (axis % x.ndim) + (slice(p[0], p[-1] + 1),)]
        for p in np.split(np.arange(x.shape[axis]), n)
    ],
    np.squeeze: lambda x, axis=None: x.squeeze(axis),
    np.ravel: lambda x, order="C": x.ravel(order),
    np.ndim: lambda x: x.ndim,
    np.shape: lambda x: x.shape,
    np.size: lambda x: x.size,
    np.sum: lambda x, *args, **options: x.sum(*args, **options),
    np.max: lambda x, *args, **options: x.max(*args, **options),
    np.min: lambda x, *args, **options: x.min(*args, **options),
    np.copy: lambda x: x.copy(),
}
#: those that make an array `like=` a tracer, which they are given first
CREATORS: dict[Any, Callable[..., Any]] = {
    np.zeros: lambda x, *args, **options: _filled(x, 0, *args, **options),
    np.ones: lambda x, *args, **options: _filled(x, 1, *args, **options),
    np.full: lambda x, shape, number, *args, **options: _filled(x, number, shape, *args, **options),
    np.empty: lambda x, shape, dtype: Tracer(x.reader, np.empty(shape, dtype), None),
}
