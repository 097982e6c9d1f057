"""The rules of `vmap` that many operations share: each is a kind, which records name (`Op.batching`).

A wrong kind on a record would compute wrong numbers, so a test runs recorded calls of every operation that has a rule
by the rule and slice by slice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..core import context
from ..core.spec import wrap_dim
from ..records.op import registry
from ..values.tensor import Tensor
from .slices import Mapped, Slices, is_tensor

# ------------------------------------------------------------------ element by element, matrix by matrix


def aligned(slices: Slices, *args: Any) -> Any:
    """What is computed from what stands at the same place: further dimensions in front change nothing."""
    return slices.run(*slices.fronts(*_promoted(slices, args)))


def _promoted(slices: Slices, args: tuple[Any, ...]) -> Sequence[Any]:
    """Arguments that promote as slices do: a slice of no dimensions must not weigh like a vector."""
    op = slices.op
    if not op.promote:
        return args
    seen = [args[i] for i in op.joined]
    specs = [a.spec if is_tensor(a) else a for a in seen]
    if all(is_tensor(a) and a.spec.dtype is specs[0].dtype for a in seen):
        return args
    from ..run.apply import promoted

    wanted = promoted(specs, context.current().dtype)
    found = list(args)
    for i in op.joined:
        a = args[i]
        if is_tensor(a) and a.spec.dtype is not wanted:
            found[i] = slices.converted(a, wanted)
    return found


def together(slices: Slices, *args: Any) -> Any:
    """As `aligned`, for operations whose tensors must all have the batch."""
    values = [slices.full(a) if is_tensor(a) else a for a in args]
    if slices.op.elementwise:
        rank = slices.rank(*args) + 1
        values = [slices.raised(v, rank) if isinstance(v, Tensor) else v for v in values]
    return slices.run(*values)


def drawn(slices: Slices, *args: Any) -> Any:
    """Random numbers of its own for each slice; the same numbers for all where vmap was asked for that."""
    if context.current().mode.batches[-1].randomness == "same":
        return NotImplemented
    return aligned(slices, *args)


# ------------------------------------------------------------------ along dimensions


#: parameters that name dimensions
NAMES = frozenset(("dim", "dims", "dim0", "dim1", "dim2", "dimension"))


def along(slices: Slices, *args: Any) -> Any:
    """The dimensions named are those of a slice, so they move up by one; all tensors get the batch in front.

    A parameter `shape` is that of a slice of the result, whose dimensions are then named.
    """
    op = slices.op
    parameters = op.schema.parameters
    if not any(p.name in NAMES for p in parameters):
        return NotImplemented
    shapes = [i for i, p in enumerate(parameters) if p.name == "shape"]
    x = args[0]
    rank = len(args[shapes[0]]) if shapes else slices.rank(x) + (op.batching == "along new")
    values = [slices.full(a) for a in args]
    if op.batching == "along flat" and any(
        p.name in NAMES and a in (None, ()) for p, a in zip(parameters, args, strict=True)
    ):
        return in_a_row(slices, *args)
    if rank == 0 and type(x) is not tuple:
        if shapes:
            return NotImplemented
        values = [registry["unsqueeze"](v, 1) if isinstance(v, Tensor) else v for v in values]
    for i in shapes:
        values[i] = (slices.size, *args[i])
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
    result = slices.run(*values)
    return result if rank else each(result, lambda t: registry["reshape"](t, (slices.size,)))


def in_a_row(slices: Slices, x: Mapped, *rest: Any) -> Any:
    """Along the one dimension of a slice laid out in a row."""
    row = slices.rows(x)
    found = zip(slices.op.schema.parameters[1:], rest, strict=True)
    result = slices.run(row, *[((1,) if type(a) is tuple else 1) if p.name in NAMES else a for p, a in found])
    shape = x.spec.shape

    def as_slices(t: Tensor) -> Tensor:
        if t.ndim == 1:
            return t
        return t.reshape(slices.size, *(shape if t.spec is row.spec else [1] * len(shape)))

    return each(result, as_slices)


def each(result: Any, change: Callable[[Tensor], Any]) -> Any:
    return tuple([change(t) for t in result]) if isinstance(result, tuple) else change(result)


# ------------------------------------------------------------------ (N, C, …)


def folded(slices: Slices, *args: Any) -> Any:
    """The batch as part of N (of C, where there is no N)."""
    values = []
    for a in args:
        if is_tensor(a):
            shape = a.spec.shape
            a = registry["reshape"](slices.full(a), (slices.size * shape[0], *shape[1:]))
        values.append(a)
    return unfolded(slices, slices.run(*values))


def folded_first(slices: Slices, x: Any, *rest: Any) -> Any:
    """The same where only the first tensor has an N; the others must be the same for all slices."""
    if slices.any_varies(*rest):
        return NotImplemented
    shape = x.spec.shape
    return unfolded(
        slices, slices.run(registry["reshape"](x.value, (slices.size * shape[0], *shape[1:])), *rest)
    )


def unfolded(slices: Slices, result: Tensor) -> Any:
    n = result.spec.shape[0] // slices.size if slices.size else 0
    return registry["reshape"](result, (slices.size, n, *result.spec.shape[1:]))


# ------------------------------------------------------------------ losses


def elementwise_loss(slices: Slices, *args: Any) -> Any:
    """The loss of each element, then the reduction of each slice."""
    at = [p.name for p in slices.op.schema.parameters].index("reduction")
    reduction = args[at]
    rank = slices.rank(*args)
    values = [slices.raised(slices.full(a), rank + 1) if is_tensor(a) else a for a in args]
    values[at] = "none"
    losses = slices.run(*values)
    if reduction == "none":
        return losses
    dims = tuple(range(1, losses.ndim))
    return registry[reduction](losses, dims) if dims else losses


KINDS: dict[str, Callable[..., Any]] = {
    "aligned": aligned,
    "together": together,
    "drawn": drawn,
    "along": along,
    "along all": along,
    "along flat": along,
    "along new": along,
    "folded": folded,
    "folded first": folded_first,
    "loss": elementwise_loss,
}
