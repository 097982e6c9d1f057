"""The two kinds of tuple that operations return: `torch.Size`, and results whose parts have names.

ones(2, 3).shape               torch.Size([2, 3])
values, indices = x.sort()     torch.return_types.sort(values=…, indices=…)
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from functools import cache
from operator import itemgetter
from typing import Any, ClassVar, SupportsIndex

from ...errors import ArgumentError
from .sealed import seal
from .titles import Titled, titled


class Size(tuple[int, ...], metaclass=Titled):
    """A shape. Slices, sums with tuples and multiples are sizes again; it equals the plain tuple."""

    __slots__ = ()

    def __new__(cls, lengths: Iterable[Any] = ()) -> Size:
        lengths = tuple(lengths)
        for length in lengths:
            if type(length) is not int:
                return super().__new__(cls, map(_length, range(len(lengths)), lengths))
        return super().__new__(cls, lengths)

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)

    def __getitem__(self, index: Any) -> Any:
        item = super().__getitem__(index)
        return Size(item) if isinstance(index, slice) else item

    def __add__(self, other: Any) -> Size:
        if not isinstance(other, tuple):
            raise ArgumentError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(super().__add__(other))

    def __radd__(self, other: Any) -> Size:
        if not isinstance(other, tuple):
            return NotImplemented
        return Size(other + tuple(self))

    def __reduce__(self) -> Any:
        from ..values import rebuild

        return rebuild.size, (tuple(self),)

    def __mul__(self, times: SupportsIndex) -> Size:
        kind = type(times)
        if kind.__module__ == "builtins" and not hasattr(kind, "__index__"):
            raise ArgumentError(f"can't multiply sequence by non-int of type '{kind.__name__}'")
        return Size(super().__mul__(times))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"


titled(Size, "torch.Size")


def _length(position: int, value: Any) -> int:
    """An element of a Size: an int, or what stands for one (a bool, a 0-d integer tensor)."""
    try:
        return operator.index(value)
    except TypeError:
        raise ArgumentError(
            f"torch.Size() takes an iterable of 'int' (item {position} is '{type(value).__name__}')"
        ) from None


class NamedResult(tuple[Any, ...], metaclass=Titled):
    """A tuple whose elements are attributes too. Slices and sums are plain tuples."""

    __slots__ = ()
    _torch_name: ClassVar[str]
    _torch_fields: ClassVar[tuple[str, ...]]

    def __new__(cls, values: Iterable[Any]) -> NamedResult:
        result = super().__new__(cls, values)
        if len(result) != len(cls._torch_fields):
            raise ArgumentError(
                f"{cls._torch_name}() takes a {len(cls._torch_fields)}-sequence ({len(result)}-sequence given)"
            )
        return result

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'{self._torch_name}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        getattr(self, name)
        raise AttributeError("readonly attribute")

    def __reduce__(self) -> Any:
        from ..values import rebuild

        return rebuild.result, (type(self).__name__, self._torch_fields, tuple(self))

    def __repr__(self) -> str:
        parts = (f"{name}={value!r}" for name, value in zip(self._torch_fields, self, strict=True))
        return f"{self._torch_name}(\n" + ",\n".join(parts) + ")"


@cache
def named_result(name: str, fields: tuple[str, ...]) -> type[NamedResult]:
    """The class of `torch.return_types.NAME`: `named_result("sort", ("values", "indices"))((v, i))`."""
    members: dict[str, Any] = {field: property(itemgetter(at)) for at, field in enumerate(fields)}
    members |= {
        "__slots__": (),
        "_torch_name": f"torch.return_types.{name}",
        "_torch_fields": fields,
        "__match_args__": fields,
        "n_fields": len(fields),
        "n_sequence_fields": len(fields),
        "n_unnamed_fields": 0,
    }
    made: Any = Titled(name, (NamedResult,), members)
    titled(made, f"torch.return_types.{name}")
    seal((made,))
    return made
