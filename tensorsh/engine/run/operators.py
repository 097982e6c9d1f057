"""The operators of tensors: `a + b`, `2 - a`, `a == b`, `a += b`.

Each is installed with the work that it does on operands that operations take. What else may stand on the other side
is the same for all: `beside` says what operations take it for; else the mode in force may know it (a number of a
trace), or it has a say itself (`__torch_function__`), or the answer is left to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import context
from ..records.op import Op, registry
from ..values.tensor import NUMBERS, PLAIN, TENSORS, Tensor, install
from .inplace import apply_inplace

#: (the tensor, what operations take the other side for) → the result, or NotImplemented
Work = Callable[[Tensor, Any], Any]


def install_operator(name: str, record: Op, swapped: str | None = None, arrays: bool = False) -> None:
    """Make `Tensor.__name__` call a two-argument operation, and `__swapped__` the same reversed.

    `arrays`: it takes NumPy's, too.
    """
    rest = tuple(p.default for p in record.schema.parameters[2:])

    def work(self: Tensor, other: Any) -> Any:
        return record.run(self, other, *rest)

    def forward(self: Tensor, other: Any) -> Any:
        kind = type(other)
        if kind is Tensor or kind is float or kind is int or kind in PLAIN:
            try:
                return record.run(self, other, *rest)
            except MemoryError as error:
                raise refused(error) from None
        return otherwise(f"__{name}__", work, self, other, arrays)

    put(name, forward)
    if swapped:

        def reverse(self: Tensor, other: Any) -> Any:
            return record.run(other, self, *rest)

        def backward(self: Tensor, other: Any) -> Any:
            kind = type(other)
            if kind is float or kind is int:
                try:
                    return record.run(other, self, *rest)
                except MemoryError as error:
                    raise refused(error) from None
            return otherwise(f"__{swapped}__", reverse, self, other)

        put(swapped, backward)


def install_work(name: str, work: Work) -> None:
    """Make `Tensor.__name__` do some work of its own."""

    def operator(self: Tensor, other: Any, modulo: Any = None) -> Any:
        kind = type(other)
        if modulo is not None:  # of `pow(x, n, m)`
            return NotImplemented
        if kind is Tensor or kind is float or kind is int or kind in PLAIN:
            try:
                return work(self, other)
            except MemoryError as error:
                raise refused(error) from None
        return otherwise(f"__{name}__", work, self, other)

    put(name, operator)


def install_inplace(name: str, record: Op) -> None:
    """Make the operator `__iname__` change the tensor in place, by the in-place form of `record`."""
    rest = tuple(p.default for p in record.schema.parameters[2:])
    if record.body is None:
        install_work(f"i{name}", lambda self, other: apply_inplace(record, (self, other, *rest)))
    else:
        install_work(f"i{name}", getattr(Tensor, record.name + "_"))


def refused(error: MemoryError) -> BaseException:
    """PyTorch's error for memory that there is not."""
    from ..core.memory_errors import out_of_memory

    return out_of_memory(error) or error


def put(name: str, operator: Work) -> None:
    operator.__name__ = f"__{name}__"
    install(operator.__name__, operator)


def otherwise(name: str, work: Work, self: Tensor, other: Any, arrays: bool = False) -> Any:
    """An operator beside something that is not simply a tensor."""
    known = beside(other, arrays)
    if known is not NotImplemented:
        return work(self, known)
    mixed = context.current().mode.mix(work, self, other)
    if mixed is not NotImplemented:
        return mixed
    from ..modes.overrides import operator

    return operator(name, self, other)


def beside(other: Any, arrays: bool) -> Any:
    """What operations take the other side of an operator for; NotImplemented if for nothing."""
    kind = type(other)
    if kind in NUMBERS or kind in PLAIN:
        return other
    if isinstance(other, Tensor):  # of a subclass, or one that a vmap maps over
        return NotImplemented if kind in TENSORS and not context.current().undispatched else other
    if kind is list and context.current().lists:
        return registry["engine.tensor_of"](other)
    if hasattr(kind, "__torch_function__"):
        return NotImplemented
    from ..values.arrays import number, shared

    if arrays and isinstance(other, np.ndarray):
        return shared(other)
    found = number(other)
    return NotImplemented if found is None else found
