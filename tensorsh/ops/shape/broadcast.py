"""Broadcasting: dimensions of size 1 seen as larger ones, without copying, and the sum that undoes it."""

from __future__ import annotations

import numpy as np

from ...engine.core.spec import Spec, broadcast_shapes
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...errors import ShapeError
from .shape_views import view_size


def expanded_size(x: Spec, size: tuple[int, ...], implicit: bool = False) -> tuple[int, ...]:
    """The size after `expand`; -1 keeps a dimension."""
    ndim, extra = x.ndim, len(size) - x.ndim
    if extra < 0:
        raise ShapeError(
            f"expand(torch.{x.dtype.title}Tensor{{{list(x.shape)}}}, size={list(size)}): the number of sizes "
            f"provided ({len(size)}) must be greater or equal to the number of dimensions in the tensor "
            f"({ndim})",
            code="expand",
        )
    found = list(size)
    for i in range(len(size) - 1, -1, -1):
        n = size[i]
        if i < extra:
            if n < 0:
                raise ShapeError(
                    f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing "
                    f"dimension {i}",
                    code="expand",
                )
            continue
        have = x.shape[i - extra]
        if n == -1:
            found[i] = have
        elif have not in (1, n) or n < 0:
            raise ShapeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({have}) at "
                "non-singleton "
                f"dimension {i}.  Target sizes: {list(size)}.  Tensor sizes: {list(x.shape)}",
                code="expand",
                help="only dimensions of size 1 expand; unsqueeze puts one where it is needed",
            )
    return tuple(found)


@op(
    "expand(Tensor input, int... size, bool implicit=False)",
    infer=lambda *a: a[0].with_shape(expanded_size(*a)),
    names=("Tensor.expand",),
    view=True,
)
def expand(x, size, implicit):
    """Dimensions of size 1 repeated to a larger size without copying; new ones in front; -1 keeps a size.

    >>> tensor([[1], [2]]).expand(2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    extra = len(size) - x.ndim
    shape = tuple([x.shape[i - extra] if n == -1 else n for i, n in enumerate(size)])
    if shape == x.shape:
        return x[...]
    out = np.broadcast_to(x, shape)
    if x.flags.writeable:
        out.flags.writeable = True
    return out


@expand.derivative("input")
def _(grad, input_spec):
    return sum_to_size(grad, input_spec.shape)


@expand.batched
def _(slices, x, size, implicit):
    return slices.run(slices.front(x, len(size)), (slices.size, *size), implicit)


@composite("Tensor.expand_as(Tensor input, Tensor other)")
def expand_as(input, other):
    """`input.expand(other.shape)`.

    >>> tensor([1, 2]).expand_as(ones(2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return apply(expand, (input, other.spec.shape, False))


@composite("broadcast_to(Tensor input, int... size)")
def broadcast_to(input, size):
    """The tensor broadcast to a shape: `input.expand(size)`.

    >>> broadcast_to([1, 2], (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return apply(expand, (input, size, False))


@composite("Tensor.sum_to_size(Tensor input, int... size)")
def sum_to_size(input, size):
    """The sum over the dimensions that broadcasting `size` to the tensor's shape would repeat.

    >>> ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    shape = input.spec.shape
    if not size:
        return registry["sum"](input)
    if shape == size:
        return input
    lead = len(shape) - len(size)
    if lead < 0 or any(n not in (1, have) for n, have in zip(size, shape[lead:], strict=True)):
        raise ShapeError(
            f"size {{{list(size)}}} is not expandable to size {{{list(shape)}}}.", code="sum-to-size"
        )
    dims = (*range(lead), *[lead + i for i, n in enumerate(size) if n == 1 and shape[lead + i] != 1])
    out = registry["sum"](input, dims, True) if dims else input
    return apply(view_size, (out, size)) if lead else out


@composite("broadcast_tensors(Tensor... tensors)", names=("torch.broadcast_tensors",))
def broadcast_tensors(tensors):
    """Tensors expanded to their common shape.

    >>> broadcast_tensors([1, 2], [[3], [4]])[0]
    tensor([[1, 2],
            [1, 2]])
    """
    shape = broadcast_shapes(*[x.spec.shape for x in tensors])
    return tuple([x if x.spec.shape == shape else apply(expand, (x, shape, False)) for x in tensors])
