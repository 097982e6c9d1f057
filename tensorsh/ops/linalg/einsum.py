"""Einstein summation, as products of matrices.

    einsum("ij,jk->ik", a, b)     or     einsum(a, [0, 1], b, [1, 2], [0, 2])

Every operand is brought to one order of dimensions, (output subscripts, then those summed over), with
size 1 where it lacks a subscript. Then two operands at a time are contracted, from left to right: the
dimensions that no other operand has any more are summed by one batched matrix product, and where there
are none the operands are multiplied element by element.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from ...engine.records.op import composite, registry
from ...engine.values.as_argument import converters_tensor, type_name
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, ShapeError
from .einsum_equation import ELLIPSIS, LETTERS, Equation, plan


@composite("einsum(any... args)", names=("torch.einsum",))
def einsum(args):
    """Products and sums over named subscripts: those missing after `->` are summed over.

    Without `->` the output has the subscripts that appear once, in alphabetical order. `...` stands for
    all dimensions not named, a subscript that is repeated in one operand takes the diagonal.

    >>> einsum("ij,j->i", [[1., 2.], [3., 4.]], [1., 1.])
    tensor([3., 7.])
    """
    if len(args) < 2:
        raise BadValue(
            "einsum(): must specify the equation string and at least one operand, or at least one operand "
            "and its subscripts list",
            raises=ValueError,
            help='for example einsum("ij,jk->ik", a, b)',
        )
    equation, operands = args[0], args[1:]
    if isinstance(equation, Tensor):
        equation, operands = from_sublists(args)
    elif not isinstance(equation, str):
        raise ArgumentError(
            f"einsum(): argument 'equation' (position 1) must be str, not {type_name(equation)}",
            code="argument-type",
        )
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = operands[0]
    return contract(equation, [_operand(i, x) for i, x in enumerate(operands)])


def _operand(i: int, value: Any) -> Tensor:
    if isinstance(value, list | tuple):
        return converters_tensor(value, "einsum", "operands", i + 2)
    if not isinstance(value, Tensor):
        raise ArgumentError(
            f"expected Tensor as element {i} in argument 1, but got {type_name(value)}",
            code="argument-type",
        )
    return value


def from_sublists(args: Sequence[Any]) -> tuple[str, list[Any]]:
    """The equation of `einsum(a, [0, 1], b, [1, 2], [0, 2])`, and its operands."""

    def letters(sublist: Any) -> str:
        return "".join(map(letter, sublist.tolist() if isinstance(sublist, Tensor) else sublist))

    equation = ",".join(letters(sublist) for sublist in args[1::2])
    if len(args) % 2:
        return f"{equation}->{letters(args[-1])}", list(args[:-1:2])
    return equation, list(args[::2])


def letter(subscript: Any) -> str:
    if subscript is Ellipsis:
        return ELLIPSIS
    if isinstance(subscript, Tensor):
        subscript = subscript.item()
    if not isinstance(subscript, int):
        raise ArgumentError(f"'>=' not supported between instances of '{type(subscript).__name__}' and 'int'")
    if not 0 <= subscript < len(LETTERS):
        raise BadValue(
            f"einsum(): subscript in subscript list is not within the valid range [0, {len(LETTERS)})",
            raises=ValueError,
            help="subscripts are numbers from 0 to 51, or ... for all other dimensions",
        )
    return LETTERS[subscript]


def contract(equation: str, operands: list[Tensor]) -> Tensor:
    layout = plan(equation, operands)
    aligned = align(layout, operands)
    many = len(aligned) > 1
    for i, j in contraction_path(equation, operands):
        rest = [x for k, x in enumerate(aligned) if k not in (i, j)]
        aligned = [*rest, contract_pair(layout, aligned[i], aligned[j], len(operands) == 2)]
    result = aligned[0]
    summed = range(layout.outputs, layout.dims)
    if not summed:
        return result
    if many:  # they are all of size 1 by now
        return result.view(result.spec.shape[: layout.outputs])
    return result.sum(tuple(summed))


# ------------------------------------------------------------------ one order of dimensions


def align(layout: Equation, operands: list[Tensor]) -> list[Tensor]:
    """Each operand with the dimensions of `layout`; counts the sizes above 1, checks that they agree."""
    sizes = [1] * layout.dims  # as seen so far
    start, covered = layout.ellipsis
    aligned = []
    for i, (labels, operand) in enumerate(zip(layout.inputs, operands, strict=True)):
        x = operand
        order = [-1] * layout.dims
        dim = 0
        for label in labels:
            if label == ELLIPSIS:
                hidden = operand.ndim - (len(labels) - 1)
                for at in range(start + covered - hidden, start + covered):
                    size = x.spec.shape[dim]
                    if not agrees(layout, sizes, at, size):
                        raise _mismatch(
                            f"dimension {dim} covered by ellipsis in operand {i}has size {size} which does not "
                            f"broadcast with previously seen ellipsis with size {sizes[at]} for the respective "
                            "dimension",
                            operands,
                        )
                    order[at] = dim
                    dim += 1
                continue
            at, size = layout.place[label], x.spec.shape[dim]
            if order[at] != -1:
                x = diagonal(x, label, i, order[at], dim, operands)
                continue
            if not agrees(layout, sizes, at, size):
                raise _mismatch(
                    f"subscript {label} has size {size} for operand {i} which does not broadcast with "
                    f"previously seen size {sizes[at]}",
                    operands,
                )
            order[at] = dim
            dim += 1
        for at, found in enumerate(order):
            if found == -1:
                x = x.unsqueeze(dim)
                order[at] = dim
                dim += 1
        aligned.append(x.permute(order))
    return aligned


def agrees(layout: Equation, sizes: list[int], at: int, size: int) -> bool:
    """Whether an operand may have this size in dimension `at`, as far as `sizes` are known, which takes note of it."""
    if size == 1:
        return True
    if sizes[at] not in (1, size):
        return False
    sizes[at] = size
    layout.counts[at] += 1
    return True


def diagonal(x: Tensor, label: str, i: int, first: int, second: int, operands: list[Tensor]) -> Tensor:
    """The elements where both dimensions have the same index, as dimension `first`."""
    a, b = x.spec.shape[first], x.spec.shape[second]
    if a != b:
        raise _mismatch(
            f"subscript {label} is repeated for operand {i} but the sizes don't match, {b} != {a}", operands
        )
    return registry["movedim"](registry["diagonal"](x, 0, first, second), -1, first)


def _mismatch(message: str, operands: list[Tensor]) -> Exception:
    return ShapeError(
        f"einsum(): {message}",
        code="einsum",
        help="a letter stands for one size everywhere (or 1)",
        operands=tuple(operands),
    )


# ------------------------------------------------------------------ contracting


def contraction_path(equation: str, operands: list[Tensor]) -> list[tuple[int, int]]:
    """Which two operands to contract next; the result goes to the end of the list.

    opt_einsum finds a good order for three or more operands; without it they go from left to right.
    """
    n = len(operands)
    if n > 2 and find_spec("opt_einsum") is not None:
        import opt_einsum

        shapes = [t.spec.shape for t in operands]
        path = opt_einsum.contract_path(equation, *shapes, shapes=True)[0]
        if all(len(pair) == 2 for pair in path):
            return [(min(pair), max(pair)) for pair in path]
    return [(0, 1) if left == n else (left - 1, 0) for left in range(n, 1, -1)]


def contract_pair(layout: Equation, a: Tensor, b: Tensor, alone: bool) -> Tensor:
    """The product of two aligned operands, summed over what nothing else has; `alone` if there are no others."""
    both: list[int] = []
    only_a: list[int] = []
    only_b: list[int] = []
    counts = layout.counts
    for dim in range(layout.outputs, layout.dims):
        in_a, in_b = a.spec.shape[dim] != 1, b.spec.shape[dim] != 1
        if in_a and in_b:
            counts[dim] -= 1
            if counts[dim] == 1:
                both.append(dim)
                counts[dim] = 0
        elif counts[dim] == 1 and (in_a or in_b):
            (only_a if in_a else only_b).append(dim)
            counts[dim] = 0
    if only_a:
        a = a.sum(tuple(only_a), True)
    if only_b:
        b = b.sum(tuple(only_b), True)
    if not both:
        return registry["mul"](a, b)
    return batched_product(b, a, both) if alone and comes_first(b, a, layout) else batched_product(a, b, both)


def comes_first(a: Tensor, b: Tensor, layout: Equation) -> bool:
    """Whether what the first alone gives to the output stands before what the second gives."""
    x, y = a.spec.shape, b.spec.shape
    mine = [dim for dim in range(layout.outputs) if x[dim] != 1 and y[dim] == 1]
    theirs = [dim for dim in range(layout.outputs) if y[dim] != 1 and x[dim] == 1]
    return bool(mine and theirs) and max(mine) < min(theirs)


def batched_product(a: Tensor, b: Tensor, summed: list[int]) -> Tensor:
    """(batch, rows, summed) @ (batch, summed, columns), back in the order of the dimensions."""
    batch: list[int] = []
    rows: list[int] = []
    columns: list[int] = []
    x, y = a.spec.shape, b.spec.shape
    for dim in range(len(x)):
        if dim not in summed:
            (columns if x[dim] == 1 else batch if y[dim] != 1 else rows).append(dim)

    def size(shape: tuple[int, ...], dims: list[int]) -> int:
        return math.prod(shape[d] for d in dims)

    batches, inner = size(x, batch), size(x, summed)
    left = a.permute(batch + rows + summed + columns).reshape(batches, size(x, rows), inner)
    right = b.permute(batch + summed + columns + rows).reshape(batches, inner, size(y, columns))
    product = registry["bmm"](left, right)
    order = batch + rows + summed + columns
    full = [x[d] for d in batch + rows] + [1] * len(summed) + [y[d] for d in columns]
    back = [order.index(dim) for dim in range(len(order))]
    return product.view(full).permute(back)
