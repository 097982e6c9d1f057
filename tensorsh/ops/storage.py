"""A tensor's memory as such: resized, exchanged for another tensor's, changed by a function of the program."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import context
from ..engine.arguments import sizes
from ..engine.inplace import bump, check_writable
from ..engine.node import InPlaceNode, edge
from ..engine.op import composite, op
from ..engine.spec import spec
from ..engine.tensor import Tensor
from ..errors import GradientError, ShapeError
from .rules import same
from .strided import address, owner

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


@composite("Tensor.set_(Tensor input, Tensor? source=None)")
def set_(input, source):
    """Let the tensor look at the memory of `source`, in its shape; at nothing where no source is given.

    >>> x, y = zeros(2), ones(3)
    >>> x.set_(y);
    >>> x
    tensor([1., 1., 1.])
    """
    check_writable(input)
    recorded = context.current().grad_enabled and edge(input) is not None
    node = InPlaceNode(exchanged, (input,), (input.spec,), (input.spec,)) if recorded else None
    exchange(input, np.zeros(0, input.spec.np) if source is None else source.array)
    if node is not None:
        context.current().journal.save_attributes(input, "node", "output_index")
        node.output_specs = (input.spec,)
        input.node, input.output_index = node, 0
    return input


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
        if any(t.requires_grad_slot for t in (input, *given)):
            raise GradientError(
                f"Can't call {name}_() on Variable that requires grad. Use var.detach().{name}_() instead."
            )
        columns = [np.broadcast_to(t.array, input.spec.shape).ravel().tolist() for t in (input, *given)]
        found = [function(*row) for row in zip(*columns, strict=True)]
        context.current().journal.save_array(input.array)
        input.array[...] = np.array(found).reshape(input.spec.shape)
        return input


mapper(
    "apply",
    "",
    ">>> x = tensor([1., 2.])\n        >>> x.apply_(lambda v: v * 10);\n        >>> x\n        tensor([10., 20.])",
)
mapper(
    "map",
    "tensor",
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
