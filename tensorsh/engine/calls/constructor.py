"""PyTorch's old constructor: `Tensor(2, 3)` of sizes, `Tensor([1, 2])` of values, `Tensor(x)` of a tensor."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral
from typing import Any

from ...errors import ArgumentError
from ..core import context
from ..core import dtype as dt
from ..core.device import cpu
from ..core.dtype import DType
from ..core.results import Size
from ..records import op
from ..values.as_argument import type_name
from ..values.tensor import Tensor
from ..values.wrapping import as_class
from .combinations import invalid_combination

SIGNATURES = [
    "(*, torch.device device = None)", "(torch.Storage storage)", "(Tensor other)",
    "(tuple of ints size, *, torch.device device = None)", "(object data, *, torch.device device = None)",
]  # fmt: skip


def constructed(kind: type[Tensor], values: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What `Tensor(…)` makes: an uninitialised tensor of sizes, values as the default dtype, another tensor itself."""
    made = _made(values, dict(options))
    return made if kind is Tensor else as_class(kind, made.array, made.spec, made)


def _made(values: tuple[Any, ...], options: dict[str, Any]) -> Tensor:
    stated = {"device": options["device"]} if "device" in options else {}
    device = {"device": options.pop("device", None) or cpu}  # whatever the default is
    if not values and len(options) == 1:
        for name in ("size", "data", "other"):
            if name in options:
                given = options.pop(name)
                values = tuple(given) if name == "size" else (given,)
    if options:
        raise _no_such(values, {**options, **stated})
    if not values:
        return op.registry["empty"](0, **device)
    if len(values) == 1 and isinstance(values[0], Tensor):
        return op.registry["alias"](values[0])
    return of_values(values, device, stated, context.current().dtype)


def of_values(values: tuple[Any, ...], device: Any, stated: Any, dtype: DType) -> Tensor:
    """A tensor of sizes, or of the values in nested lists; `device` is an option, `stated` if the call has it."""
    first = values[0]
    if type(first) is Size and len(values) == 1:
        return op.registry["empty"](first, dtype=dtype, **device)
    if all(_is_size(n) for n in values):
        return op.registry["empty"](*values, dtype=dtype, **device)
    if len(values) > 1:
        if not _is_size(first):
            raise _no_such(values, stated)
        at, wrong = next((i, n) for i, n in enumerate(values, 1) if not _is_size(n))
        raise ArgumentError(
            f"new(): argument 'size' failed to unpack the object at pos {at} with error "
            f'"type must be tuple of ints,but got {type_name(wrong)}"'
        )
    if isinstance(first, str):
        raise ArgumentError("new(): invalid data type 'str'")
    if not hasattr(first, "__len__") or isinstance(first, dict | set | frozenset):
        raise ArgumentError(f"new(): data must be a sequence (got {type_name(first)})")
    for wrong in _no_numbers(first):
        name = type_name(wrong)
        whole = dtype is not None and dtype.category == dt.INT
        raise ArgumentError(
            f"'{name}' object cannot be interpreted as an integer"
            if whole
            else f"must be real number, not {name}"
        )
    return op.registry["tensor"](first, dtype=dtype, **device)


def _is_size(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _no_numbers(data: Any) -> Iterator[Any]:
    """The innermost items that are no real numbers, and the sequences that stand where a number should."""
    if not isinstance(data, list | tuple):
        return
    for item in data:
        if isinstance(item, list | tuple):
            if isinstance(data[0], list | tuple):
                yield from _no_numbers(item)
            else:
                yield item
        elif item is None or isinstance(item, complex) or (isinstance(item, str) and item is not data[0]):
            yield item


def _no_such(values: tuple[Any, ...], options: dict[str, Any]) -> Exception:
    return ArgumentError(invalid_combination("new", SIGNATURES, values, options))
