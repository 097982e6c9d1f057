"""A tensor's memory as such: resized, exchanged for another tensor's, changed by a function of the program."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.calls.arguments import sizes
from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.addresses import address, owner
from ...engine.core.dtype import DType
from ...engine.core.spec import spec
from ...engine.graph.hooks import called
from ...engine.graph.inference import refuse_write
from ...engine.graph.node import InPlaceNode, edge
from ...engine.records.op import composite, op
from ...engine.run.inplace import bump, check_writable
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import wrap
from ...errors import ArgumentError, DTypeError, GradientError, ShapeError
from ..create.nested import stored
from ..rules.infer import same
from ..shape.strided import as_strided
from ..shape.strided import storage as strided_memory
from .storages import UntypedStorage, elements, storage_behind

Array = np.ndarray[Any, Any]


def exchange(target: Tensor, array: Array) -> Tensor:
    """Let the tensor look at other memory."""
    context.current().journal.save_attributes(target, "array", "spec")
    target.array = array
    target.spec = spec(array.shape, target.dtype, target.device)
    bump(target)
    return target


# ------------------------------------------------------------------ resize_


def resized(x: Array, shape: tuple[int, ...]) -> Array:
    """The memory that `x` looks into, from its first element on, in this shape; longer memory if need be."""
    whole = owner(x).reshape(-1, order="A").view(x.dtype)
    start = (address(x) - address(whole)) // x.itemsize if x.size else 0
    needed = start + int(np.prod(shape))
    if needed > whole.size:
        longer = np.zeros(needed, x.dtype)
        longer[: whole.size] = whole
        whole = longer
    return whole[start:needed].reshape(shape)


def resize(input: Tensor, shape: tuple[int, ...]) -> Tensor:
    if input.requires_grad_slot or edge(input) is not None:
        raise GradientError(
            "cannot resize variables that require grad", help="detach it first, or reshape it"
        )
    if any(n < 0 for n in shape):
        raise ShapeError("numel: integer multiplication overflow", help="every size must be at least 0")
    refuse_write(input)
    if input.is_meta:
        of = input.spec.with_shape(shape)
        context.current().journal.save_attributes(input, "array", "spec")
        input.array, input.spec = of.placeholder, of
        return input
    return exchange(input, resized(input.array, shape))


@composite("Tensor.resize_(Tensor input, any... size, format? memory_format=None)")
def resize_(input, size, memory_format):
    """Give the tensor another shape in place, over the memory it has or, where that is too short, over more.

    >>> x = tensor([1, 2, 3, 4])
    >>> x.resize_(2, 2);
    >>> x
    tensor([[1, 2],
            [3, 4]])
    """
    return resize(input, sizes(size, "resize_", "size", 1))


@composite(
    "Tensor.resize_as_(Tensor input, Tensor the_template, *, format? memory_format=None)",
    names=("Tensor.resize_as_", "torch.resize_as_"),
)
def resize_as_(input, the_template, memory_format):
    """Give the tensor the shape of another in place.

    >>> x = tensor([1, 2, 3, 4])
    >>> x.resize_as_(zeros(3));
    >>> x
    tensor([1, 2, 3])
    """
    return resize(input, the_template.spec.shape)


# ------------------------------------------------------------------ set_


@op("set_(Tensor input)", infer=same, names=(), grad_fn="NotImplemented")
def exchanged(x):
    """What stands in the graph for memory that was exchanged; it has no derivative."""
    return x


@exchanged.derivative("input")
def _(grad):
    raise GradientError("derivative for set_ is not implemented", code="derivative-not-implemented")


@composite(
    "Tensor.set_(Tensor input, any source=None, int? storage_offset=None, ints? size=None, ints? stride=None)"
)
def set_(input, source, storage_offset, size, stride):
    """Let the tensor look at the memory of `source`, a tensor or a storage: in the tensor's shape, along the
    storage, or with the size, stride and offset given (in elements); at nothing where no source is given.

    >>> x, y = zeros(2), ones(3)
    >>> x.set_(y);
    >>> x
    tensor([1., 1., 1.])
    """
    check_writable(input)
    recorded = context.current().grad_enabled and any(
        edge(t) is not None for t in (input, source) if isinstance(t, Tensor)
    )
    node = InPlaceNode(exchanged, (input,), (input.spec,), (input.spec,)) if recorded else None
    exchange(input, memory_seen(input, source, storage_offset, size, stride))
    if node is not None:
        context.current().journal.save_attributes(input, "node", "output_index")
        node.output_specs = (input.spec,)
        input.node, input.output_index = node, 0
    return input


def memory_seen(target: Tensor, source: Any, start: int | None, size: Any, stride: Any) -> Array:
    """What a tensor that is set to a source looks at."""
    if source is None:
        return np.zeros(0, target.spec.np)
    if (start is None) is not (size is None) or (size is None and stride is not None):
        raise ArgumentError("set_() takes an offset and a size, or neither", code="signature")
    check_source(target, source)
    if isinstance(source, Tensor) and size is None:
        return source.array
    first = strided_memory(source.array)[1] if isinstance(source, Tensor) else 0
    whole = wrap(elements(storage_behind(source) if isinstance(source, Tensor) else source, target.dtype))
    if start is None:
        return whole.array
    if any(n < 0 for n in size):
        raise ShapeError("numel: integer multiplication overflow")
    if stride is not None and len(stride) != len(size):
        raise ShapeError(f"unequal size length ({len(size)}) and stride length ({len(stride)})")
    # PyTorch makes the storage longer where it is too short; here it is as long as it was made
    return as_strided(whole, size, steps(size) if stride is None else stride, first + start).array


def check_source(target: Tensor, source: Any) -> None:
    """Only a storage of bytes has no dtype of its own."""
    if isinstance(source, UntypedStorage) or source.dtype is target.dtype:
        return
    names = dt.c_names
    raise DTypeError(
        f"Could not set tensor of type {names[source.dtype]} to a tensor of type {names[target.dtype]}"
        if isinstance(source, Tensor)
        else f"Expected a Storage of type {names[target.dtype]} or an UntypedStorage, but got type "
        f"{source.dtype.title} for argument 1 'storage'"
    )


def steps(size: tuple[int, ...]) -> list[int]:
    """The strides of a contiguous tensor, in elements."""
    return [math.prod(size[d + 1 :]) for d in range(len(size))]


# ------------------------------------------------------------------ functions of the program


def mapper(name: str, others: str, example: str) -> None:
    """`x.NAME_(…, f)`: each element becomes `f` of it and of the elements of the other tensors there."""
    callable_name = "callable"
    tensors = [f"Tensor {other}" for other in others.split()]

    @composite(
        f"Tensor.{name}_({', '.join(['Tensor input', *tensors, f'any {callable_name}'])})",
        doc=f"""Put a function's result in place of each element{" of several tensors" if tensors else ""}.

        {example}
        """,
    )
    def change(input, *arguments):
        *given, function = arguments
        for other, t in zip(others.split(), given, strict=True):
            if t.dtype is not input.dtype:
                raise ArgumentError(
                    f"{name}_: expected {input.dtype.tensor_title} for '{other}' (got {t.dtype.tensor_title})"
                )
        if input.is_meta:
            return input
        if any(t.requires_grad_slot for t in (input, *given)):
            raise GradientError(
                f"Can't call {name}_() on Variable that requires grad. Use var.detach().{name}_() instead."
            )
        columns = [t.expand(input.spec.shape).reshape(-1).tolist() for t in (input, *given)]
        found = [single(called(function, *row), input.dtype) for row in zip(*columns, strict=True)]
        context.current().journal.save_array(input.array)
        input.array[...] = stored(found, input.dtype, set(map(type, found))).reshape(input.spec.shape)
        return input


def single(value: Any, dtype: DType) -> Any:
    """What a program's function gave, as a number for an element of a dtype."""
    if isinstance(value, Tensor | np.generic):
        value = value.item()
    if isinstance(value, int | float | complex):
        return value
    kind = type_name(value)
    raise ArgumentError(
        f"'{kind}' object cannot be interpreted as an integer"
        if dtype.category < dt.FLOAT
        else f"must be real number, not {kind}"
    )


mapper(
    "apply",
    "",
    ">>> x = tensor([1., 2.])\n        >>> x.apply_(lambda v: v * 10);\n        >>> x\n        tensor([10., 20.])",
)
mapper(
    "map",
    "other",
    ">>> x = tensor([1., 2.])\n        >>> x.map_(x, lambda v, w: v + w);\n        >>> x\n        tensor([2., 4.])",
)
mapper(
    "map2",
    "x y",
    ">>> x = tensor([1., 2.])\n        >>> x.map2_(x, x, lambda v, w, u: v + w * u);\n        >>> x\n"
    "        tensor([2., 6.])",
)


@composite("Tensor.share_memory_(Tensor input)")
def share_memory_(input):
    """The tensor itself: all memory here is the session's.

    >>> ones(2).share_memory_() + 0
    tensor([1., 1.])
    """
    return input
