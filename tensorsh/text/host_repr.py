"""Values of the host language as Python's `repr`, `str` and `format` write them, tensors inside included.

A list of tensors prints each tensor as `tensor_repr` does, without re-indenting its lines, just as
Python does. Where Python would print an address, it is left out: output never changes from run to run.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from typing import Any

from ..engine.tensor import TENSORS, Buffer, Parameter, Tensor
from ..errors import ArgumentError, BadValue
from .torch_repr import DEFAULT, PREFIX, PrintOptions, tensor_repr

_PLAIN = {int, float, complex, bool, str, type(None)}


def host_str(value: Any, *, options: PrintOptions = DEFAULT) -> str:
    """What `print(value)` writes."""
    if type(value).__str__ is not object.__str__ and not is_tensor(value):
        return str(value)  # strings and devices: the types whose text is not their repr
    return host_repr(value, options=options)


def host_repr(value: Any, *, options: PrintOptions = DEFAULT) -> str:
    """What `repr(value)` gives. A loop, not recursion: nesting may be as deep as memory allows."""
    text: list[str] = []
    open_containers: set[int] = set()
    pending: list[Iterator[Any]] = []  # what is left of each container we are inside of
    inside: list[int] = []
    item: Any = value
    while True:
        if isinstance(item, _Text):
            text.append(item)
        elif (pieces := _pieces(item)) is None:
            text.append(_leaf_repr(item, options))
        elif id(item) in open_containers:
            text.append("[...]" if isinstance(item, list) else "{...}" if isinstance(item, dict) else "(...)")
        else:
            open_containers.add(id(item))
            inside.append(id(item))
            pending.append(pieces)
        while pending and (item := next(pending[-1], _END)) is _END:
            pending.pop()
            open_containers.discard(inside.pop())
        if not pending:
            return "".join(text)


def scalar_format(t: Any, spec: str, *, options: PrintOptions = DEFAULT) -> str:
    """What `f"{t:spec}"` gives: a 0-d tensor formats as its Python number, but not one of another class.

    ArgumentError for a spec on a tensor with dimensions, ValueError for a spec the number does not have.
    """
    own = type(t) is not Tensor and type(t) is not Buffer and type(t) in TENSORS
    if own or t.shape or t.device.type == "meta":
        if spec:
            raise ArgumentError(
                f"unsupported format string passed to {type(t).__name__ if own else 'Tensor'}.__format__",
                help="x.item() is its number, which takes a format"
                if own
                else "only a tensor without dimensions takes a format: index an element, or leave it out",
            )
        return str(t) if own else tensor_repr(t, options=options)
    number = t.array.item()
    if not isinstance(number, int | float | complex):
        number = float(number)  # bfloat16
    try:
        return format(number, spec)
    except (ValueError, OverflowError) as error:
        raise BadValue(str(error), raises=type(error)) from None


# ------------------------------------------------------------------ containers


class _Text(str):
    """Ready text among the pieces of a container."""

    __slots__ = ()


_END = object()
_COMMA, _COLON = _Text(", "), _Text(": ")


def _pieces(value: Any) -> Iterator[Any] | None:
    """Text and elements of a container, in order; None if `value` holds nothing that needs our repr."""
    if type(value) in _PLAIN:
        return None
    if isinstance(value, list):
        return None if _PLAIN.issuperset(map(type, value)) else _sequence("[", value, _Text("]"))
    if hasattr(value, "_torch_name"):
        return _named(value)
    if type(value) is tuple:
        return _sequence("(", value, _Text(",)" if len(value) == 1 else ")"))
    if isinstance(value, dict):
        return _mapping(value)
    if type(value) is set and value:
        return _sequence("{", value, _Text("}"))
    return None


def _sequence(opening: str, values: Any, closing: _Text) -> Iterator[Any]:
    yield _Text(opening)
    for at, value in enumerate(values):
        if at:
            yield _COMMA
        yield value
    yield closing


def _named(result: Any) -> Iterator[Any]:
    """PyTorch's `torch.return_types.sort(` with each part on a line of its own."""
    separator = f"{result._torch_name}(\n"
    for name, value in zip(result._fields, result, strict=True):
        yield _Text(f"{separator}{name}=")
        yield value
        separator = ",\n"
    yield _Text(")")


def _mapping(mapping: dict[Any, Any]) -> Iterator[Any]:
    yield _Text("{")
    for at, (key, value) in enumerate(mapping.items()):
        if at:
            yield _COMMA
        yield key
        yield _COLON
        yield value
    yield _Text("}")


# ------------------------------------------------------------------ everything else


def _tensor_repr(value: Any, options: PrintOptions) -> str:
    """A tensor under the name of its class."""
    kind = type(value)
    if not isinstance(value, Parameter):
        own = kind in TENSORS and kind is not Tensor and kind is not Buffer
        return tensor_repr(value, options=options, prefix=f"{kind.__name__}(" if own else PREFIX)
    if kind is Parameter:
        return "Parameter containing:\n" + tensor_repr(value, options=options)
    return (
        f"Parameter containing:\nParameter({tensor_repr(value, options=options, prefix=f'{kind.__name__}(')})"
    )


def _leaf_repr(value: Any, options: PrintOptions) -> str:
    if type(value) in _PLAIN or isinstance(value, list | tuple | range):
        return repr(value)
    if is_tensor(value):
        return _tensor_repr(value, options)
    if isinstance(value, types.FunctionType):
        return f"<function {value.__name__}>"
    if isinstance(value, types.MethodType):
        function = value.__func__
        return f"<bound method {getattr(function, '__name__', None) or getattr(function, 'name', 'call')}>"
    if isinstance(value, types.GeneratorType):
        return "<generator object <genexpr>>"
    if type(value).__repr__ is object.__repr__:
        if callable(value):
            return f"<function {getattr(value, '__name__', None) or getattr(value, 'name', '<lambda>')}>"
        return f"<{type(value).__name__} object>"
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))


def is_tensor(value: Any) -> bool:
    return hasattr(value, "grad_fn") and hasattr(value, "requires_grad") and not isinstance(value, type)
