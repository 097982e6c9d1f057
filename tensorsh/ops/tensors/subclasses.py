"""Tensors of a program's own classes."""

from __future__ import annotations

from ...engine.modes import overrides
from ...engine.records.op import composite
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError


@composite("Tensor.as_subclass(Tensor input, any cls)")
def as_subclass(input, cls):
    """The same memory, and place in the graph, as a tensor of a subclass.

    >>> x = ones(2).as_subclass(Tensor)
    >>> x
    tensor([1., 1.])
    """
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise ArgumentError(
            f"as_subclass(): argument 'cls' must be a subclass of Tensor, not {type_name(cls)}"
        )
    return overrides.as_subclass(input, cls)


as_subclass.unwrapped = True
