"""`vmap`: a function of one slice as a function of all of them, computed at once (see `engine.values.batched`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...engine.core import context
from ...engine.core.tree import TreeSpec, flatten, spread, unflatten
from ...engine.graph.hooks import called
from ...engine.modes.levels import Mapping
from ...engine.records.op import composite, registry
from ...engine.values.as_argument import type_name
from ...engine.values.batched import Batched
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue

Function = Callable[..., Any]
RANDOMNESS = ("error", "different", "same")


def function_name(f: Any) -> str:
    return getattr(f, "__name__", None) or repr(f)


@composite(
    "vmap(any func, any in_dims=0, any out_dims=0, str randomness='error', *, int? chunk_size=None)",
    names=("torch.vmap", "func.vmap"),
)
def vmap(func, in_dims, out_dims, randomness, chunk_size):
    """A function that applies `func` to each slice along `in_dims` and stacks the results along `out_dims`.

    `in_dims` has one entry for each input, or is nested as the inputs are: a dimension, or None for what is
    the same for all slices. `randomness` says what random operations do: "error", draw numbers of their own
    for each slice ("different"), or the "same" for all. `chunk_size` slices at a time bound the memory.

    >>> vmap(dot)(ones(3, 2), ones(3, 2))
    tensor([2., 2., 2.])
    """
    if randomness not in RANDOMNESS:
        raise ArgumentError(
            f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}",
            raises=RuntimeError,
        )
    if chunk_size is not None and chunk_size <= 0:
        raise BadValue(
            f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})", raises=ValueError
        )
    name = function_name(func)

    def mapped(*args: Any, **kwargs: Any) -> Any:
        check_out_dims(out_dims, name)
        leaves, structure, dims, size = inputs(name, in_dims, args)
        if chunk_size is None:
            return run(func, leaves, structure, dims, size, out_dims, randomness, kwargs)
        parts = []
        for start in range(0, size, chunk_size) or [0]:
            length = min(chunk_size, size - start)
            chunk = [
                a if d is None else registry["narrow"](a, d, start, length)
                for a, d in zip(leaves, dims, strict=True)
            ]
            parts.append(run(func, chunk, structure, dims, length, out_dims, randomness, kwargs))
        return joined(parts, out_dims)

    return mapped


def run(
    func: Function, leaves: Sequence[Any], structure: TreeSpec, dims: Sequence[Any], size: int,
    out_dims: Any, randomness: str, kwargs: dict[str, Any],
) -> Any:  # fmt: skip
    """Call `func` once, on batched arguments."""
    with Mapping(size, randomness) as batch:
        batched = [
            a if d is None else Batched(registry["movedim"](a, d, 0) if d else a, batch.level)
            for a, d in zip(leaves, dims, strict=True)
        ]
        result = called(func, *unflatten(batched, structure), **kwargs)
        level = batch.level
    outputs, shape = flatten(result)
    name = function_name(func)
    if shape.type is None:
        one = out_dims[0] if isinstance(out_dims, tuple) and len(out_dims) == 1 else out_dims
        places = [one] if one is None or isinstance(one, int) else None
    else:
        places = spread(out_dims, shape)
    if places is None:
        raise BadValue(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of "
            f"`outputs`. out_dims has structure {flatten(out_dims)[1]} but outputs has structure {shape}.",
            raises=ValueError,
            code="vmap",
        )
    return unflatten(
        [unbatched(name, t, level, size, d) for t, d in zip(outputs, places, strict=True)], shape
    )


def unbatched(name: str, t: Any, level: int, size: int, dim: int | None) -> Any:
    """One output with the mapped dimension at `dim`."""
    mine = type(t) is Batched and t.level == level
    if dim is None:
        if mine:
            raise BadValue(
                f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None",
                raises=ValueError,
                code="vmap",
            )
        return t
    if not isinstance(t, Tensor):
        raise BadValue(
            f"vmap({name}, ...): `{name}` must only return Tensors, got type {python_type(t)}. "
            "Did you mean to set out_dims= to None for output?",
            raises=ValueError,
            code="vmap",
        )
    value = t.value if type(t) is Batched and mine else registry["Tensor.expand"](t, size, *t.spec.shape)
    return registry["movedim"](value, 0, dim) if dim else value


def python_type(value: Any) -> str:
    """A type as Python writes it in PyTorch's messages."""
    return "<class 'torch.Tensor'>" if isinstance(value, Tensor) else f"<class '{type_name(value)}'>"


# ------------------------------------------------------------------ arguments


def inputs(name: str, in_dims: Any, args: tuple[Any, ...]) -> tuple[list[Any], TreeSpec, list[Any], int]:
    """The leaves of the arguments, how they are nested, the mapped dimension of each, and its size."""
    head = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): "
    if isinstance(in_dims, list) and context.current().lists:  # brackets of numbers in a call are a list
        in_dims = tuple(in_dims)
    if not isinstance(in_dims, int | tuple):
        raise BadValue(
            f"{head}expected `in_dims` to be int or a (potentially nested) tuple matching the structure of "
            f"inputs, got: {python_type(in_dims)}.",
            raises=ValueError,
            code="vmap",
        )
    if not args:
        raise BadValue(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap "
            "over a function with no inputs. The latter is unsupported.",
            raises=ValueError,
            code="vmap",
        )
    leaves, structure = flatten(args)
    dims = spread(in_dims, structure)
    if dims is None:
        raise BadValue(
            f"{head}in_dims is not compatible with the structure of `inputs`. in_dims has structure "
            f"{flatten(in_dims)[1]} but inputs has structure {structure}.",
            raises=ValueError,
            code="vmap",
            help="one entry for each argument, None for what is not mapped over",
        )
    sizes = []
    for i, (a, d) in enumerate(zip(leaves, dims, strict=True)):
        if d is None:
            continue
        if not isinstance(d, int):
            raise BadValue(
                f"{head}Got in_dim={d} for an input but in_dim must be either an integer dimension or None.",
                raises=ValueError,
                code="vmap",
            )
        if not isinstance(a, Tensor):
            raise BadValue(
                f"{head}Got in_dim={d} for an input but the input is of type {python_type(a)}. We cannot vmap "
                "over non-Tensor arguments, please use None as the respective in_dim",
                raises=ValueError,
                code="vmap",
            )
        if not -a.ndim <= d < a.ndim:
            raise BadValue(
                f"{head}Got in_dim={d} for some input, but that input is a Tensor of dimensionality {a.ndim} so "
                f"expected in_dim to satisfy -{a.ndim} <= in_dim < {a.ndim}.",
                raises=ValueError,
                code="vmap",
            )
        dims[i] = d % a.ndim
        sizes.append(a.spec.shape[dims[i]])
    if not sizes:
        raise BadValue(
            "vmap: Expected at least one Tensor to vmap over",
            raises=ValueError,
            code="vmap",
            help="in_dims is None for all",
        )
    if any(n != sizes[0] for n in sizes):
        raise BadValue(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension",
            raises=ValueError,
            code="vmap",
            help="use None in in_dims for an argument that is the same for all slices",
        )
    return leaves, structure, dims, sizes[0]


def check_out_dims(out_dims: Any, name: str) -> None:
    if any(d is not None and not isinstance(d, int) for d in flatten(out_dims)[0]):
        raise BadValue(
            f"vmap({name}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python collection of "
            "ints representing where in the outputs the vmapped dimension should appear.",
            raises=ValueError,
            code="vmap",
        )


def joined(parts: Sequence[Any], out_dims: Any) -> Any:
    """The results of all chunks, put together along the mapped dimension."""
    structure = flatten(parts[0])[1]
    dims = spread(out_dims, structure) or []
    columns = zip(*[flatten(part)[0] for part in parts], strict=True)
    return unflatten(
        [registry["cat"](list(column), d) for column, d in zip(columns, dims, strict=True)], structure
    )


def over_rows(function: Function, rows: Any) -> Any:
    """`vmap(function)(rows)` for the transforms themselves, which have no random numbers of their own."""
    leaves, structure = flatten((rows,))
    batches = context.current().mode.batches
    randomness = batches[-1].randomness if batches else "different"
    size = leaves[0].spec.shape[0]
    return run(function, leaves, structure, [0] * len(leaves), size, 0, randomness, {})
