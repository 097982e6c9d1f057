"""How operations run inside `vmap`: rules on values that have the mapped dimension in front.

Most operations need nothing of their own: their record says of which kind they are (`Op.batching`). `aligned` serves
those that compute each element, or each trailing matrix, from what stands at the same place: further dimensions in
front change nothing. `along` serves those that name dimensions: the names move up by one. `folded` serves those that
work on (N, C, …): the batch goes into N. Other rules are for the operations of one name. What has no rule runs slice
by slice. A test runs recorded cases both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...engine.core import context
from ...engine.records.op import Op, registry
from ...engine.run.apply import promoted
from ...engine.values.batched import Mapped, Rule, expanded, kinds, rules
from ...engine.values.tensor import Tensor
from ..rules.infer import wrap_dim, wrap_dims
from ..shape.shape_views import resolve_size, viewable


def kind(name: str) -> Callable[[Rule], Rule]:
    """Use the decorated function for operations whose record names this kind."""

    def declare(function: Rule) -> Rule:
        kinds[name] = function
        return function

    return declare


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Use the decorated function for these operations."""

    def declare(function: Rule) -> Rule:
        for name in names:
            rules[name] = function
        return function

    return declare


# ------------------------------------------------------------------ bringing the batch to the front


def is_tensor(a: Any) -> bool:
    return isinstance(a, Tensor | Mapped)


def front(a: Any, rank: int) -> Any:
    """An argument with the batch in front of `rank` dimensions; what does not vary broadcasts anyway."""
    if type(a) is not Mapped:
        return a
    shape = a.spec.shape
    if len(shape) == rank:
        return a.value
    ones = (1,) * (rank - len(shape))
    return registry["reshape"](a.value, (a.value.spec.shape[0], *ones, *shape))


def full(a: Any, size: int) -> Any:
    """An argument with the batch in front, also where it does not vary."""
    if type(a) is Mapped:
        return a.value
    if type(a) is tuple:
        return tuple([full(x, size) for x in a])
    return expanded(a, size) if isinstance(a, Tensor) else a


def highest(args: Sequence[Any]) -> int:
    """The most dimensions that a tensor among the arguments has."""
    return max([len(t.spec.shape) for a in args for t in (a if type(a) is tuple else (a,)) if is_tensor(t)])


def same_dtype(op: Op, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments that promote as slices do: a slice of no dimensions must not weigh like a vector."""
    if not op.promote:
        return args
    seen = [args[i] for i in op.joined]
    specs = [a.spec if is_tensor(a) else a for a in seen]
    if all(is_tensor(a) and a.spec.dtype is specs[0].dtype for a in seen):
        return args
    wanted = promoted(specs, context.current().dtype)
    found = list(args)
    for i in op.joined:
        a = args[i]
        if is_tensor(a) and a.spec.dtype is not wanted:
            found[i] = cast(a, wanted)
    return tuple(found)


def cast(a: Any, dtype: Any) -> Any:
    if type(a) is not Mapped:
        return registry["Tensor.to"](a, dtype)
    return Mapped(registry["Tensor.to"](a.value, dtype), a.spec.with_dtype(dtype))


# ------------------------------------------------------------------ element by element, matrix by matrix


@kind("aligned")
def aligned(op: Op, args: tuple[Any, ...], size: int) -> Any:
    args = same_dtype(op, args)
    rank = highest(args)
    return op.run(*[front(a, rank) for a in args])


@kind("together")
def together(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """As `aligned`, for operations whose tensors must all have the batch."""
    values = [full(a, size) if is_tensor(a) else a for a in args]
    if op.elementwise:
        rank = highest(args) + 1
        values = [raised(v, rank) if isinstance(v, Tensor) else v for v in values]
    return op.run(*values)


def raised(x: Tensor, rank: int) -> Tensor:
    """Dimensions of size 1 after the first, up to `rank`."""
    shape = x.spec.shape
    if len(shape) == rank:
        return x
    return registry["reshape"](x, (shape[0], *[1] * (rank - len(shape)), *shape[1:]))


@rule("masked_fill")
def masked_fill(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, mask, value = args
    if not is_tensor(value):
        return aligned(op, args, size)
    value = cast(value, x.spec.dtype)
    rank = highest(args)
    return registry["where"](front(mask, rank), front(value, rank), front(x, rank))


@rule("fill", "copy")
def fill(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, value, *rest = args
    if not is_tensor(value):
        return op.run(full(x, size), value, *rest)
    x = full(x, size)
    return registry["copy"].run(x, front(value, x.ndim - 1), False)


# ------------------------------------------------------------------ along dimensions


#: parameters that name dimensions of the input
NAMES = frozenset(("dim", "dims", "dim0", "dim1", "dim2", "dimension"))


@kind("along")
@kind("along all")
@kind("along flat")
def along(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """The dimensions named are those of a slice; all tensors get the batch in front."""
    parameters = op.schema.parameters
    if not any(p.name in NAMES for p in parameters):
        return NotImplemented
    x = args[0]
    rank = highest(args[:1])
    values = [full(a, size) for a in args]
    if op.batching == "along flat" and any(
        p.name in NAMES and a in (None, ()) for p, a in zip(parameters, args, strict=True)
    ):
        return flat(op, args, size)
    if rank == 0 and type(x) is not tuple:
        values = [registry["unsqueeze"](v, 1) if isinstance(v, Tensor) else v for v in values]
    for i, (p, a) in enumerate(zip(parameters, args, strict=True)):
        if p.name not in NAMES:
            continue
        if a is None or (a == () and (op.batching == "along all" or rank == 0)):
            if op.batching != "along all":
                return NotImplemented
            values[i] = tuple(range(1, max(rank, 1) + 1))
        elif type(a) is tuple:
            values[i] = tuple([wrap_dim(d, rank) + 1 for d in a])
        else:
            values[i] = wrap_dim(a, rank) + 1
    result = op.run(*values)
    return result if rank else each(result, lambda t: registry["reshape"](t, (size,)))


def flat(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """Along the one dimension of a slice laid out in a row."""
    x = args[0]
    row = registry["reshape"](x.value, (size, x.spec.numel))
    values = [1 if p.name in NAMES else a for p, a in zip(op.schema.parameters, args, strict=True)]
    if op.name == "roll":
        rolled = op.run(row, args[1], (1,))
        return registry["reshape"](rolled, (size, *x.spec.shape))
    result = op.run(row, *values[1:])
    if "keepdim" in [p.name for p in op.schema.parameters] and args[-1] is True:
        return each(result, lambda t: registry["reshape"](t, (size, *[1] * len(x.spec.shape))))
    return result


def each(result: Any, change: Callable[[Tensor], Tensor]) -> Any:
    return tuple([change(t) for t in result]) if isinstance(result, tuple) else change(result)


#: the whole tensor reduced, as the same operation along dimensions
WHOLE = {"sum": "sum", "mean": "mean", "prod": "prod", "max": "max", "min": "min", "median": "median"}


@rule("sum", "mean", "prod", "max", "min", "median", "nanmedian")
def reduced(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """One name, two operations: of all elements, or along a dimension."""
    if any(p.name == "dim" for p in op.schema.parameters):
        return along(op, args, size)
    x = args[0]
    dims = tuple(range(1, len(x.spec.shape) + 1))
    match op.name:
        case "sum" | "mean":
            return registry[op.name](x.value, dims, dtype=args[1]) if dims else registry["clone"](x.value)
        case "max" | "min":
            return registry["a" + op.name](x.value, dims) if dims else registry["clone"](x.value)
        case "prod":
            row = registry["reshape"](x.value, (size, x.spec.numel))
            return registry["prod"](row, 1, dtype=args[1])
    row = registry["reshape"](x.value, (size, x.spec.numel))
    return registry[op.name](row, 1)[0]


@rule("fft_c2r")
def fft_c2r(op: Op, args: tuple[Any, ...], size: int) -> Any:
    return along(op, args, size)


# ------------------------------------------------------------------ shapes


@rule("view", "_reshape_alias", "_unsafe_view", "expand")
def resized(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, shape, *rest = args
    if not isinstance(shape, tuple):  # view(dtype)
        return NotImplemented
    if op.name == "expand":
        return op.run(front(x, len(shape)), (size, *shape), *rest)
    if -1 in shape and 0 in x.spec.shape:
        return NotImplemented
    if -1 in shape and size == 0:
        shape = op.infer(x.spec, shape).shape
    whole = resolve_size((size, *shape), x.value.spec.numel)
    if viewable(x.value.array, whole):  # PyTorch does not ask whether it lies in order
        return registry["Tensor.view"](x.value, whole)
    return registry["reshape"](x.value, whole)


@rule("permute")
def permute(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, dims = args
    return op.run(x.value, (0, *[wrap_dim(d, len(x.spec.shape)) + 1 for d in dims]))


@rule("t")
def t(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x = args[0]
    return registry["transpose"](x.value, 1, 2) if len(x.spec.shape) == 2 else registry["alias"](x.value)


@rule("squeeze")
def squeeze(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, *dims = args
    rank = len(x.spec.shape)
    named = wrap_dims(dims[0], rank) if dims and dims[0] != () else () if dims else tuple(range(rank))
    gone = tuple(d + 1 for d in named if rank and x.spec.shape[d] == 1)
    return registry["squeeze"](x.value, gone) if gone else registry["alias"](x.value)


@rule("unsqueeze")
def unsqueeze(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, dim = args
    return op.run(x.value, wrap_dim(dim, len(x.spec.shape) + 1) + 1)


@rule("diag_embed")
def diag_embed(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, offset, *dims = args
    rank = len(x.spec.shape) + 1
    return op.run(x.value, offset, *[wrap_dim(d, rank) + 1 for d in dims])


@rule("stack")
def stack(op: Op, args: tuple[Any, ...], size: int) -> Any:
    tensors, dim = args
    return op.run(full(tensors, size), wrap_dim(dim, len(tensors[0].spec.shape) + 1) + 1)


@rule("repeat")
def repeat(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, times = args
    return op.run(front(x, len(times)), (1, *times))


@rule("select", "slice")
def part(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, dim, *rest = args
    return op.run(x.value, wrap_dim(dim, len(x.spec.shape)) + 1, *rest)


@rule("select_backward", "slice_backward", "unfold_backward")
def part_backward(op: Op, args: tuple[Any, ...], size: int) -> Any:
    grad, shape, dim, *rest = args
    return op.run(grad.value, (size, *shape), wrap_dim(dim, len(shape)) + 1, *rest)


@rule("trace")
def trace(op: Op, args: tuple[Any, ...], size: int) -> Any:
    return registry["sum"](registry["diagonal"](args[0].value, 0, 1, 2), -1)
