"""Values of the host language as Python's `repr`, `str` and `format` write them, tensors inside included.

A list of tensors prints each tensor as `tensor_repr` does, without re-indenting its lines, just as
Python does. Where Python would print an address, it is left out: output never changes from run to run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..engine.core import context
from ..engine.values.parameters import Parameter
from ..engine.values.sparse import Sparse
from ..engine.values.tensor import TENSORS, Tensor, formatters
from ..errors import ArgumentError, BadValue
from ..kinds import ATOMS, kind_of
from .sparse_repr import sparse_repr
from .torch_repr import DEFAULT, PREFIX, PrintOptions, tensor_repr

if TYPE_CHECKING:
    from ..kinds.aspects import Brackets


def host_str(value: Any, *, options: PrintOptions = DEFAULT) -> str:
    """What `print(value)` writes."""
    if type(value).__str__ is not object.__str__ and not is_tensor(value):
        return str(value)  # strings and devices: the types whose text is not their repr
    return host_repr(value, options=options)


def host_repr(value: Any, *, options: PrintOptions = DEFAULT) -> str:
    """What `repr(value)` gives. A loop, not recursion: nesting may be as deep as memory allows."""
    if type(value) in ATOMS:
        return repr(value)
    text: list[str] = []
    open_containers: set[int] = set()
    pending: list[Iterator[Any]] = []  # what is left of each container we are inside of
    inside: list[int] = []
    item: Any = value
    while True:
        kind = kind_of(type(item))
        written = kind.text(item, options) if kind.text is not None else None
        if written is not None:
            text.append(written)
        elif is_tensor(item):  # of a program's own class
            text.append(named_tensor_repr(item, options))
        elif kind.brackets is None or kind.entries is None:
            text.append(without_address(repr(item)))
        elif id(item) in open_containers:
            brackets = kind.brackets(item)
            text.append(f"{brackets.opening}...{brackets.closing}")
        else:
            open_containers.add(id(item))
            inside.append(id(item))
            pending.append(_written(text.append, kind.brackets(item), kind.entries(item)))
        while pending and (item := next(pending[-1], _END)) is _END:
            pending.pop()
            open_containers.discard(inside.pop())
        if not pending:
            return "".join(text)


_AS_PYTORCH = vars(Tensor)["__repr__"]


def scalar_format(t: Any, spec: str, *, options: PrintOptions = DEFAULT) -> str:
    """What `f"{t:spec}"` gives: a 0-d tensor formats as its Python number, but not one of another class.

    ArgumentError for a spec on a tensor with dimensions, ValueError for a spec the number does not have.
    """
    own = type(t) is not Tensor and type(t) in TENSORS
    if own or t.shape or t.device.type == "meta":
        if spec:
            raise ArgumentError(
                f"unsupported format string passed to {type(t).__name__ if own else 'Tensor'}.__format__",
                help="x.item() is its number, which takes a format"
                if own
                else "only a tensor without dimensions takes a format: index an element, or leave it out",
            )
        changed = (
            vars(Tensor)["__repr__"] is not _AS_PYTORCH
        )  # by a program, or for those with a say in operations
        shown_anew = own or (changed and isinstance(t, Tensor))
        if shown_anew:
            return str(t)
        return named_tensor_repr(t, options) if type(t) is Tensor else tensor_repr(t, options=options)
    number = t.array.item()
    if not isinstance(number, int | float | complex):
        number = float(number)  # bfloat16
    try:
        return format(number, spec)
    except (ValueError, OverflowError) as error:
        raise BadValue(str(error), raises=type(error)) from None


# ------------------------------------------------------------------ containers


_END = object()


def _written(
    write: Callable[[str], None], brackets: Brackets, entries: Iterable[tuple[Any, Any]]
) -> Iterator[Any]:
    """Write a container; gives each value inside that is more than Python's repr of it, where it is to be written."""
    opening, closing, entry, between, one, spelled = brackets
    before, middle, after = entry or ("", "", "")
    write(without_address(opening))
    number = 0
    for key, item in entries:
        if number:
            write(between)
        number += 1
        if entry is not None:
            write(before)
            if spelled:
                write(key)
            elif type(key) in ATOMS:
                write(repr(key))
            else:
                yield key
            write(middle)
        if type(item) in ATOMS:
            write(repr(item))
        else:
            yield item
        write(after)
    if number == 1:
        write(one)
    write(closing)


# ------------------------------------------------------------------ everything else


def named_tensor_repr(value: Any, options: PrintOptions) -> str:
    """A tensor under the name of its class; inside of transforms of functions, in their wrappers."""
    if context.current().transforms:
        from .levels_repr import layered

        text = layered(value, options)
        if text is not None:
            return text
    dual = formatters["dual"](value) if "dual" in formatters else None
    if dual is not None:
        primal, tangent = dual
        return tensor_repr(primal, options=options, more=[f"tangent={tangent}"])
    kind = type(value)
    if kind is Sparse:
        head = "Parameter containing:\n" if isinstance(value, Parameter) else ""
        return head + sparse_repr(value, options)
    own = kind in TENSORS and kind is not Tensor
    if not isinstance(value, Parameter):
        return tensor_repr(value, options=options, prefix=f"{kind.__name__}(" if own else PREFIX)
    if kind is Parameter:
        return "Parameter containing:\n" + tensor_repr(value, options=options)
    inner = f"Parameter({tensor_repr(value, options=options, prefix=f'{kind.__name__}(')})"
    return f"Parameter containing:\n{inner}" if issubclass(kind, Parameter) else inner


def without_address(text: str) -> str:
    """Python's repr of an object that says where it is, which changes from run to run."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text) if " at 0x" in text else text


def is_tensor(value: Any) -> bool:
    return hasattr(value, "grad_fn") and hasattr(value, "requires_grad") and not isinstance(value, type)
