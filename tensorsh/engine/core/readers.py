"""What a kernel may ask of those who read it.

A kernel is a function of arrays that speak NumPy's protocols. Given arrays it computes; given the tracers of the
compiler (`compile.tracer`) it writes a program. What it asks of shapes and dtypes has the same answer for both;
the elements only arrays have. A function that a program is to call whole says so:

    @whole(alike)
    def exp(x, out=None): …
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from numpy import ndarray

Shape = tuple[int, ...]


def reader_of(*arrays: Any) -> Any:
    """Who reads the kernel that is given these; None where it computes."""
    for array in arrays:
        reader = getattr(array, "reader", None)
        if reader is not None:
            return reader
    return None


def all_true(truths: Any) -> bool:
    """Whether all elements are true. A program goes on as if they were, and is left for evaluation where not."""
    reader = reader_of(truths)
    return bool(truths.all()) if reader is None else reader.all_true(truths)


def whole(
    shape: Callable[..., Shape], when: Callable[..., bool] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function whose last parameter is the place for its result, `out`, as one that programs call whole.

    shape   of the result, which has the first argument's dtype, by the arguments: if it is `alike` or `broadcast`,
            the result may take the place of a first argument of its shape
    when    by the arguments, whether it is called; else it is read

    Without a default for `out` it is given a new array where there is none.
    """

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        given = function.__code__.co_argcount - 1
        makes = not function.__defaults__
        if makes and when is not None:
            raise TypeError(f"{function.__name__}: who reads it gives it no memory")
        over = shape in (alike, broadcast)

        def read(reader: Any, args: tuple[Any, ...]) -> Any:
            inputs, out = args[:given], args[given] if len(args) > given else None
            if when is not None and not when(*inputs):
                return function(*args)
            found = shape(*inputs)
            return reader.whole(
                called, inputs, found, inputs[0].dtype, over and found == inputs[0].shape, out
            )

        @wraps(function)
        def called(*args: Any) -> Any:
            for a in args:
                if type(a) is not ndarray and (reader := getattr(a, "reader", None)) is not None:
                    return read(reader, args)
            if makes and len(args) == given:
                return function(*args, np.empty(shape(*args), args[0].dtype))
            return function(*args)

        return called

    return declare


def in_machine_code(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that programs call whole, and that `compile.machine.straight` has a writer for, by its name."""
    function.has_writer = True  # type: ignore[attr-defined]
    return function


def alike(x: Any, *_: Any) -> Shape:
    """As the first argument."""
    shape: Shape = x.shape
    return shape


def broadcast(*arrays: Any) -> Shape:
    """What all arguments broadcast to."""
    return np.broadcast_shapes(*map(np.shape, arrays))


def multiplied(a: Any, b: Any) -> Shape:
    """(…, m, k) @ (…, k, n) or (k) → (…, m, n) or (…, m)."""
    if b.ndim == 1:
        return tuple(a.shape[:-1])
    return (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
