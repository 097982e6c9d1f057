"""`torch.func`'s jacrev, jacfwd and hessian: whole Jacobians by one walk of the graph inside `vmap`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...engine.core import dtype as dt
from ...engine.core.tree import flatten, map_leaves, unflatten
from ...engine.records.op import composite, registry
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError
from .func import JVP, Chosen, checked_vjp, named, output_tensors, with_aux
from .recording import Recording, basis, filled
from .vmap import over_rows


def refuse_complex(what: str, leaves: Sequence[Any], side: str) -> None:
    for i, t in enumerate(leaves):
        if isinstance(t, Tensor) and t.dtype.is_complex:
            raise DTypeError(
                f"{what}: Expected all {side} to be real but received complex tensor at flattened input idx: {i}"
            )


def chunks(rows: Sequence[Tensor], size: int | None) -> list[list[Tensor]]:
    total = rows[0].spec.shape[0]
    if size is None or size >= total:
        return [list(rows)]
    return [
        [registry["narrow"](t, 0, start, min(size, total - start)) for t in rows]
        for start in range(0, total, size)
    ]


@composite(
    "jacrev(any func, any argnums=0, *, bool has_aux=False, int? chunk_size=None, bool _preallocate_and_copy=False)",
    names=("func.jacrev",),
)
def jacrev(func, argnums, has_aux, chunk_size, _preallocate_and_copy):
    """A function that returns the Jacobian of `func`: all rows by one walk back, or `chunk_size` at a time.

    >>> jacrev(lambda x: x ** 2)(tensor([1., 3.]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    if chunk_size is not None and chunk_size <= 0:
        raise BadValue("jacrev: `chunk_size` should be greater than 0.", raises=ValueError)

    def transformed(*args: Any) -> Any:
        refuse_complex("jacrev", flatten(args)[0], "inputs")
        tape, outputs, structure, chosen, aux = checked_vjp(func, args, argnums, has_aux, "vjp(f, ...)")
        refuse_complex("jacrev", outputs, "outputs")
        found = rows_of(tape, outputs, chunk_size)
        nested = unflatten([chosen.nested(row) for row in found], structure)
        return (nested, map_leaves(tape.released, aux)) if has_aux else nested

    return named(transformed, func)


def rows_of(
    tape: Recording, outputs: Sequence[Tensor], chunk_size: int | None, create: bool | None = None
) -> list[list[Tensor]]:
    """The Jacobian of each output by each input, of shape output.shape + input.shape."""
    parts = [
        over_rows(lambda weights: tuple(filled(tape.pull(weights, create), tape.inputs)), rows)
        for rows in chunks(basis(outputs), chunk_size)
    ]
    return in_blocks(tape, outputs, parts)


def rows_one_by_one(tape: Recording, outputs: Sequence[Tensor], create: bool) -> list[list[Tensor]]:
    """The same by a walk back for each row, so that hooks see plain tensors."""
    parts = []
    for i, out in enumerate(outputs):
        for row in registry["unbind"](basis([out])[0], 0):
            found = filled(tape.pull([row], create, only=[i]), tape.inputs)
            parts.append(tuple([registry["unsqueeze"](t, 0) for t in found]))
    return in_blocks(tape, outputs, parts)


def in_blocks(
    tape: Recording, outputs: Sequence[Tensor], parts: Sequence[Sequence[Tensor]]
) -> list[list[Tensor]]:
    """Rows of all outputs, one after the other, as the Jacobian of each output by each input."""
    stacks = [
        registry["cat"](list(column)) if len(column) > 1 else column[0] for column in zip(*parts, strict=True)
    ]
    sizes = [out.spec.numel for out in outputs]
    split = [registry["split"](stack, sizes) for stack in stacks]
    return [
        [
            registry["reshape"](split[k][i], (*out.spec.shape, *t.spec.shape))
            for k, t in enumerate(tape.inputs)
        ]
        for i, out in enumerate(outputs)
    ]


@composite(
    "jacfwd(any func, any argnums=0, bool has_aux=False, *, str randomness='error')", names=("func.jacfwd",)
)
def jacfwd(func, argnums, has_aux, randomness):
    """A function that returns the Jacobian of `func`, column by column: fewer columns than rows are cheaper.

    >>> jacfwd(lambda x: x ** 2)(tensor([1., 3.]))
    tensor([[2., 0.],
            [0., 6.]])
    """

    def transformed(*args: Any) -> Any:
        refuse_complex("jacfwd", flatten(args)[0], "inputs")
        chosen = Chosen(args, argnums)
        for primal in chosen.leaves:
            if primal.dtype.category < dt.FLOAT:
                raise BadValue(
                    f"Expected primal to be floating point or complex, but got: {primal.dtype}",
                    raises=ValueError,
                    code="transform",
                    help="convert it first: x.float()",
                )
        tape = Recording(chosen.leaves)
        tape.outer = 1  # the vmap over the columns
        out, aux = with_aux(chosen.call(tape, func, {}), has_aux, JVP)
        outputs, structure = output_tensors(out, JVP)
        refuse_complex("jacfwd", outputs, "outputs")
        tape.record(outputs)
        found = [chosen.nested(row) for row in columns_of(tape, outputs)]
        nested = unflatten(found, structure)
        return (nested, map_leaves(tape.released, aux)) if has_aux else nested

    return named(transformed, func)


def columns_of(tape: Recording, outputs: Sequence[Tensor]) -> list[list[Tensor]]:
    """As `rows_of`, by walking forward."""
    stacks = over_rows(lambda tangents: tuple(filled(tape.push(tangents), outputs)), basis(tape.inputs))
    sizes = [t.spec.numel for t in tape.inputs]
    found = []
    for out, stack in zip(outputs, stacks, strict=True):
        parts = registry["split"](registry["movedim"](stack, 0, -1), sizes, -1)
        found.append(
            [
                registry["reshape"](part, (*out.spec.shape, *t.spec.shape))
                for part, t in zip(parts, tape.inputs, strict=True)
            ]
        )
    return found


@composite("func.hessian(any func, any argnums=0)", names=("func.hessian",))
def func_hessian(func, argnums):
    """A function that returns the second derivatives of a scalar function: `jacfwd(jacrev(func))`.

    >>> torch.func.hessian(lambda x: (x ** 3).sum())(tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
