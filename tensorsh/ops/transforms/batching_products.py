"""Rules of `ops.transforms.batching` for products, convolutions, losses, look-ups and random numbers."""

from __future__ import annotations

from typing import Any

from ...engine.core import context
from ...engine.records.op import Op, registry
from ...engine.values.batched import Mapped
from ...engine.values.tensor import Tensor
from ...errors import ShapeError
from .batching import aligned, front, full, highest, is_tensor, kind, raised, rule

# ------------------------------------------------------------------ products


#: how many dimensions the slices of these products have
DIMENSIONS = {"mm": (2, 2), "bmm": (3, 3), "mv": (2, 1)}


def check_dimensions(name: str, args: tuple[Any, ...]) -> None:
    have, want = tuple([len(a.spec.shape) for a in args]), DIMENSIONS[name]
    if have != want:
        raise ShapeError(
            f"Shape mismatch: Got incorrect dims for {name}(a, b). a has dim {have[0]}and b has dim {have[1]}"
            f"but expected them to have dim {want[0]} and dim {want[1]}"
        )


@rule("mm", "bmm")
def mm(op: Op, args: tuple[Any, ...], size: int) -> Any:
    check_dimensions(op.name, args)
    return registry["matmul"](*[front(a, highest(args)) for a in args])


@rule("mv")
def mv(op: Op, args: tuple[Any, ...], size: int) -> Any:
    check_dimensions(op.name, args)
    a, v = args
    if type(v) is not Mapped:
        return registry["matmul"](a.value, v)
    return registry["squeeze"](registry["matmul"](full(a, size), registry["unsqueeze"](v.value, -1)), -1)


@rule("dot", "vdot")
def dot(op: Op, args: tuple[Any, ...], size: int) -> Any:
    if any(len(a.spec.shape) != 1 for a in args):
        raise ShapeError(f"Got wrong shapes for {op.name}")
    a, b = (full(x, size) for x in args)
    if op.name == "vdot" and a.dtype.is_complex:
        a = registry["conj"](a)
    product = registry["matmul"](registry["unsqueeze"](a, 1), registry["unsqueeze"](b, 2))
    return registry["reshape"](product, (size,))


@rule("matmul")
def matmul(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """Vectors become matrices for the while; a batch goes in front of the batches there are."""
    a, b = args
    left, right = len(a.spec.shape) == 1, len(b.spec.shape) == 1
    rank = max(highest(args), 2)
    x, y = full(a, size), full(b, size)
    if left:
        x = registry["unsqueeze"](x, 1)
    if right:
        y = registry["unsqueeze"](y, 2)
    product = registry["matmul"](raised(x, rank + 1), raised(y, rank + 1))
    if right:
        product = registry["squeeze"](product, -1)
    return registry["squeeze"](product, -1 if right else -2) if left else product


def product_added(name: str, product: Any) -> None:
    """beta * input + alpha * product(first, second)."""

    @rule(name)
    def added(op: Op, args: tuple[Any, ...], size: int) -> Any:
        x, a, b, beta, alpha = args
        if not x.spec.dtype.is_floating_point and not x.spec.dtype.is_complex:
            return NotImplemented
        found = product(full(a, size), full(b, size))
        if alpha != 1:
            found = found * alpha
        if beta == 0:
            return found
        x = front(x, found.ndim - 1)
        return found + (x if beta == 1 else x * beta)


def columns(a: Tensor, v: Tensor) -> Tensor:
    return registry["squeeze"](registry["matmul"](a, registry["unsqueeze"](v, -1)), -1)


product_added("addmm", lambda a, b: registry["matmul"](a, b))
product_added("addmv", columns)
product_added("baddbmm", lambda a, b: registry["matmul"](a, b))
product_added("addbmm", lambda a, b: registry["sum"](registry["matmul"](a, b), 1))
product_added("addr", lambda a, b: registry["unsqueeze"](a, 2) * registry["unsqueeze"](b, 1))


@rule("linalg.solve")
def solve(op: Op, args: tuple[Any, ...], size: int) -> Any:
    a, b, left = args
    if len(b.spec.shape) == 1:
        found = op.run(full(a, size), registry["unsqueeze"](full(b, size), -1), left)
        solution, *rest = found if isinstance(found, tuple) else (found,)
        solution = registry["squeeze"](solution, -1)
        return (solution, *rest) if rest else solution
    if len(a.spec.shape) != len(b.spec.shape):
        return NotImplemented
    return op.run(full(a, size), full(b, size), left)


# ------------------------------------------------------------------ (N, C, …)


@kind("folded")
def folded(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """The batch as part of N (of C, where there is no N)."""
    values = []
    for a in args:
        if is_tensor(a):
            shape = a.spec.shape
            a = registry["reshape"](full(a, size), (size * shape[0], *shape[1:]))
        values.append(a)
    result = op.run(*values)
    n = result.spec.shape[0] // size if size else 0
    return registry["reshape"](result, (size, n, *result.spec.shape[1:]))


@rule("convolution")
def convolution(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """With one weight for all slices; else slice by slice."""
    x, *rest = args
    if type(x) is not Mapped or any(type(a) is Mapped for a in rest):
        return NotImplemented
    n = x.spec.shape[0]
    result = op.run(registry["reshape"](x.value, (size * n, *x.spec.shape[1:])), *rest)
    return registry["reshape"](result, (size, n, *result.spec.shape[1:]))


@rule("layer_norm")
def layer_norm(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, shape, weight, bias, eps = args
    if type(weight) is not Mapped and type(bias) is not Mapped:
        return op.run(x.value, shape, weight, bias, eps)
    rank = highest(args)
    found = op.run(full(x, size), shape, None, None, eps)
    if weight is not None:
        found = found * front(weight, rank)
    return found if bias is None else found + front(bias, rank)


# ------------------------------------------------------------------ losses


@kind("loss")
def elementwise_loss(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """The loss of each element, then the reduction of each slice."""
    at = [p.name for p in op.schema.parameters].index("reduction")
    reduction = args[at]
    rank = highest(args)
    values = [raised(full(a, size), rank + 1) if is_tensor(a) else a for a in args]
    values[at] = "none"
    each = op.run(*values)
    if reduction == "none":
        return each
    dims = tuple(range(1, each.ndim))
    return registry[reduction](each, dims) if dims else each


# ------------------------------------------------------------------ look-ups


@rule("embedding")
def embedding(op: Op, args: tuple[Any, ...], size: int) -> Any:
    weight, indices, *rest = args
    return op.run(weight, indices.value, *rest) if type(weight) is not Mapped else NotImplemented


@rule("index_select")
def index_select(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, dim, index = args
    if type(index) is Mapped or not x.spec.shape:
        return NotImplemented
    return op.run(x.value, dim % len(x.spec.shape) + 1, index)


@rule("index")
def index(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, indices, slots = args
    moved = tuple(d + 1 for d in slots)
    if not any(type(i) is Mapped for i in indices):
        if slots[-1] - slots[0] != len(slots) - 1:
            return NotImplemented  # the indexed dimensions would go in front of the batch
        return op.run(x.value, indices, moved)
    if slots != tuple(range(len(slots))):
        return NotImplemented
    rank = highest(indices)
    found = tuple([front(i, rank) for i in indices])
    if type(x) is not Mapped:
        return op.run(x, found, slots)
    return op.run(x.value, (each_slice(size, rank), *found), (0, *moved))


@rule("index_put")
def index_put(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, indices, slots, values, accumulate = args
    if slots != tuple(range(len(slots))):
        return NotImplemented
    rank = highest(indices)
    found = tuple([front(i, rank) for i in indices])
    target = full(x, size)
    region = rank + target.ndim - 1 - len(slots)
    rows = each_slice(size, rank)
    return op.run(target, (rows, *found), (0, *[d + 1 for d in slots]), front(values, region), accumulate)


def each_slice(size: int, rank: int) -> Tensor:
    """0, 1, 2, … as an index of the batch beside indices of `rank` dimensions."""
    return registry["reshape"](registry["arange"](size), (size, *[1] * rank))


# ------------------------------------------------------------------ random numbers


@kind("drawn")
def drawn(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """Numbers of its own for each slice; the same numbers for all where vmap was asked for that."""
    if context.current().mode.batches[-1].randomness == "same":
        return NotImplemented
    return aligned(op, args, size)
