"""Grids and combinations: coordinates, products of sets, indices of triangles."""

from __future__ import annotations

from itertools import chain
from itertools import combinations as distinct
from itertools import combinations_with_replacement as repeated
from math import comb

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.memory_errors import MOST_BYTES
from ...engine.core.warn import warn
from ...engine.records.op import composite, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, DTypeError, ShapeError
from ..shape.broadcast import expand
from ..shape.join import stack
from ..shape.shape_views import flatten, view_size
from .of_data import leaf

# ------------------------------------------------------------------ coordinates


@composite(
    "meshgrid(Tensors... tensors, str? indexing=None)", names=("torch.meshgrid",), sample=([1.0, 2.0], [3.0])
)
def meshgrid(tensors, indexing):
    """Coordinates of a grid: each 1-d tensor spread over the others' lengths ("ij", or "xy" as in NumPy).

    >>> meshgrid(tensor([1, 2]), tensor([3, 4]), indexing="ij")[0]
    tensor([[1, 1],
            [2, 2]])
    """
    if not tensors:
        raise BadValue("meshgrid expects a non-empty TensorList")
    for t in tensors:
        if t.ndim > 1:
            row = (
                " ".join(f"{v:2g}" for v in t.array.reshape(-1, t.spec.shape[-1])[0]) if t.spec.numel else ""
            )
            raise ShapeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {row}", code="meshgrid"
            )
        if t.dtype is not tensors[0].dtype:
            raise DTypeError("meshgrid expects all tensors to have the same dtype")
    if indexing not in (None, "ij", "xy"):
        raise ArgumentError(
            f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}',
            raises=RuntimeError,
        )
    if indexing is None:
        warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.",
            once=True,
            internal="aten/src/ATen/native/TensorShape.cpp:4215",
            help='indexing="ij" is what it does now; NumPy\'s is indexing="xy"',
        )
    if indexing == "xy" and len(tensors) > 1:
        grids = list(spread((tensors[1], tensors[0], *tensors[2:])))
        grids[0], grids[1] = grids[1], grids[0]
        return tuple(grids)
    return spread(tensors)


def spread(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Each tensor along its own dimension, expanded along the others."""
    shape = tuple([t.spec.numel for t in tensors])
    return tuple(
        [
            apply(
                expand,
                (apply(view_size, (t, (1,) * i + (-1,) + (1,) * (len(tensors) - 1 - i))), shape, False),
            )
            for i, t in enumerate(tensors)
        ]
    )


def check_vector(t: Tensor) -> None:
    if t.ndim != 1:
        raise ShapeError(f"Expect a 1D vector, but got shape {list(t.spec.shape)}")


@composite("cartesian_prod(Tensor... tensors)", names=("torch.cartesian_prod",), sample=([1.0, 2.0], [3.0]))
def cartesian_prod(tensors):
    """All combinations of an element of each 1-d tensor, one a row.

    >>> cartesian_prod(tensor([1, 2]), tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    for t in tensors:
        check_vector(t)
    if len(tensors) == 1:
        return tensors[0]
    return apply(stack, (tuple([flatten(g) for g in meshgrid(*tensors, indexing="ij")]), 1))


@composite("combinations(Tensor input, int r=2, bool with_replacement=False)", names=("torch.combinations",))
def combinations(input, r, with_replacement):
    """All choices of r elements of a 1-d tensor, one a row.

    >>> combinations([1, 2, 3])
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    check_vector(input)
    if r < 0:
        raise BadValue(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return registry["Tensor.new_empty"](input, 0)
    n = input.spec.numel
    if n**r > MOST_BYTES:
        raise BadValue("numel: integer multiplication overflow", code="out-of-memory")
    chosen = chain.from_iterable((repeated if with_replacement else distinct)(range(n), r))
    rows = comb(n + r - 1, r) if with_replacement and n else comb(n, r)
    columns = (
        np.fromiter(chosen, np.int64, rows * r).reshape(-1, r).T
    )  # memory for all of them is asked for first
    pick = registry["index_select"]
    return apply(stack, (tuple([pick(input, 0, leaf(c.copy(), dt.int64, None, False)) for c in columns]), 1))


# ------------------------------------------------------------------ triangles


def triangle_indices(name: str, lower: bool, shown: str) -> None:
    @composite(
        f"{name}_indices(int row, int col, int offset=0, *, dtype? dtype=None, device? device=None, any "
        "layout=None)",
        names=(f"torch.{name}_indices",),
        factory=True,
        doc=f"""Row and column numbers of the {"lower" if lower else "upper"} triangle of a matrix, int64[2, n].

        >>> {name}_indices(2, 2)
        {shown}
        """,
    )
    def indices(row, col, offset, dtype, device, layout):
        for which, size in (("row", row), ("col", col)):
            if size < 0:
                raise BadValue(f"{which} must be non-negative, got{size}")
        dtype = dtype or dt.int64
        if dtype not in (dt.int64, dt.int32):
            raise DTypeError(
                f"\"{name}_indices\" not implemented for '{dtype.title}'", raises=NotImplementedError
            )
        below = np.tri(row, col, offset if lower else offset - 1, dtype=bool)
        return leaf(np.stack(np.nonzero(below if lower else ~below)), dtype, device, False)


triangle_indices("tril", True, "tensor([[0, 1, 1],\n                [0, 0, 1]])")
triangle_indices("triu", False, "tensor([[0, 0, 1],\n                [0, 1, 1]])")
