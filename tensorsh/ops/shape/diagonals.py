"""Diagonals and triangles of matrices, and replacing a region of a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.graph.copy_slices import replay
from ...engine.graph.node import zeros
from ...engine.records.op import Op, composite, op, registry
from ...engine.run.apply import apply
from ...errors import DTypeError, ShapeError
from ..index.getitem import select_at, slice_range
from ..rules.infer import wrap_dim
from .broadcast import expand
from .shape_views import view_size
from .split import index_in
from .strided import strided_view
from .view_gradients import embed, scattered_text, view_array

# ------------------------------------------------------------------ the diagonal


def diagonal_size(n: int, m: int, offset: int) -> int:
    """How many elements lie `offset` above the main diagonal of an n×m matrix."""
    return max(min(n, m - offset) if offset >= 0 else min(n + offset, m), 0)


def different(dim1: int, dim2: int, ndim: int) -> tuple[int, int]:
    d1, d2 = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if d1 == d2:
        raise ShapeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return d1, d2


def diagonal_infer(x: Spec, offset: int, dim1: int, dim2: int) -> Spec:
    d1, d2 = different(dim1, dim2, x.ndim)
    rest = [n for i, n in enumerate(x.shape) if i not in (d1, d2)]
    return x.with_shape((*rest, diagonal_size(x.shape[d1], x.shape[d2], offset)))


def diagonal_view(x: np.ndarray[Any, Any], offset: int, dim1: int, dim2: int) -> np.ndarray[Any, Any]:
    out = np.diagonal(x, offset, dim1, dim2)
    if x.flags.writeable:
        out.flags.writeable = True
    return out


@op(
    "diagonal(Tensor input, int offset=0, int dim1=0, int dim2=1)",
    batching="along",
    infer=diagonal_infer,
    view=True,
    scattered="diagonal_scatter({0}, {1}, {2}, {3}, {4})",
    sample=([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 1),
)
def diagonal(x, offset, dim1, dim2):
    """The diagonal of two dimensions, `offset` above the main one, as the last dimension; a view.

    >>> diagonal([[1, 2], [3, 4]])
    tensor([1, 4])
    """
    return diagonal_view(x, offset, dim1, dim2)


@diagonal.derivative("input")
def _(grad, input_spec, offset, dim1, dim2):
    return apply(embed, (grad, input_spec.shape, ((diagonal, (offset, dim1, dim2), None),)))


@op(
    "diagonal_copy(Tensor input, int offset)",
    infer=lambda x, offset: diagonal_infer(x, offset, 0, 1),
    names=(),
    half="native",
    grad_fn="DiagonalBackward0_copy",
)
def diagonal_copy(x, offset):
    """The diagonal in memory of its own."""
    return np.diagonal(x, offset).copy()


@diagonal_copy.derivative("input")
def _(grad, input_spec, offset):
    return apply(embed, (grad, input_spec.shape, ((diagonal, (offset, 0, 1), None),)))


def diag_embed_infer(x: Spec, offset: int, dim1: int, dim2: int) -> Spec:
    d1, d2 = different(dim1, dim2, x.ndim + 1)
    n = x.shape[-1] + abs(offset)
    rest = iter(x.shape[:-1])
    return x.with_shape([n if i in (d1, d2) else next(rest) for i in range(x.ndim + 1)])


@op(
    "diag_embed(Tensor input, int offset=0, int dim1=-2, int dim2=-1)",
    batching="along new",
    infer=diag_embed_infer,
    half="native",
    sample=([1.0, 2.0],),
)
def diag_embed(x, offset, dim1, dim2):
    """Matrices of zeros with the last dimension on their diagonal.

    >>> diag_embed([1, 2])
    tensor([[1, 0],
            [0, 2]])
    """
    n, ndim = x.shape[-1] + abs(offset), x.ndim + 1
    places = (dim1 % ndim, dim2 % ndim)
    rest = iter(x.shape[:-1])
    out = np.zeros([n if i in places else next(rest) for i in range(ndim)], x.dtype)
    diagonal_view(out, offset, dim1, dim2)[...] = x
    return out


@diag_embed.derivative("input")
def _(grad, offset, dim1, dim2):
    return apply(diagonal, (grad, offset, dim1, dim2))


@composite("diag(Tensor input, int diagonal=0)", sample=([1.0, 2.0],))
def diag(input, diagonal):
    """The diagonal of a matrix, or the matrix with a vector on its diagonal.

    >>> diag([[1, 2], [3, 4]])
    tensor([1, 4])
    >>> diag([1, 2])
    tensor([[1, 0],
            [0, 2]])
    """
    if input.ndim == 1:
        return apply(diag_embed, (input, diagonal, -2, -1))
    if input.ndim == 2:
        return apply(diagonal_copy, (input, diagonal))
    raise ShapeError(
        f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D",
        help="diagonal takes the diagonals of batches, diag_embed makes matrices of their last dimension",
    )


@composite("diagflat(Tensor input, int offset=0)", sample=([[1.0, 2.0]],))
def diagflat(input, offset):
    """A matrix with all elements of the tensor on its diagonal.

    >>> diagflat([[1, 2]])
    tensor([[1, 0],
            [0, 2]])
    """
    return apply(diag_embed, (apply(view_size, (input.contiguous(), (-1,))), offset, -2, -1))


def trace_infer(x: Spec) -> Spec:
    if x.ndim != 2:
        raise ShapeError(f"trace: expected a matrix, but got tensor with dim {x.ndim}")
    if x.dtype is dt.bool_:
        raise DTypeError(
            "\"trace\" not implemented for 'Bool'",
            raises=NotImplementedError,
            help="trace of x.int() counts the true ones",
        )
    if x.dtype.category == dt.INT:
        x = x.with_dtype(dt.int64)
    return x.with_shape(())


@op("trace(Tensor input)", infer=trace_infer, sample=([[1.0, 2.0], [3.0, 4.0]],))
def trace(x):
    """The sum of a matrix's diagonal.

    >>> trace([[1., 2.], [3., 4.]])
    tensor(5.)
    """
    return np.trace(x, dtype=np.int64 if x.dtype.kind in "bui" else x.dtype)


@trace.derivative("input")
def _(grad, input_spec):
    n = min(input_spec.shape)
    return apply(
        embed, (apply(expand, (grad, (n,), False)), input_spec.shape, ((diagonal, (0, 0, 1), None),))
    )


@trace.batched
def _(slices, x):
    return registry["sum"](apply(diagonal, (x.value, 0, 1, 2)), -1)


# ------------------------------------------------------------------ triangles


def triangle(name: str, keep: Any, which: str, example: str) -> None:
    def infer(x: Spec, diagonal: int) -> Spec:
        if x.ndim < 2:
            raise ShapeError(f"{name}: input tensor must have at least 2 dimensions")
        return x

    @op(
        f"{name}(Tensor input, int diagonal=0)",
        batching="aligned",
        infer=infer,
        inplace=True,
        expanded="",
        half="native",
        sample=([[1.0, 2.0], [3.0, 4.0]],),
        doc=f"""The {which} triangle of matrices, zeros elsewhere; `diagonal` moves its edge up.

        {example}
        """,
    )
    def part(x, diagonal):
        return keep(x, diagonal)

    @part.derivative("input")
    def _(grad, diagonal):
        return apply(part, (grad, diagonal))


triangle(
    "tril", np.tril, "lower", ">>> tril([[1, 2], [3, 4]])\n        tensor([[1, 0],\n                [3, 4]])"
)
triangle(
    "triu", np.triu, "upper", ">>> triu([[1, 2], [3, 4]])\n        tensor([[1, 2],\n                [0, 4]])"
)

# ------------------------------------------------------------------ a region replaced


def scatter_record(name: str) -> Op:
    """A copy of `input` in which the region of `steps` is `src`."""

    def infer(input: Spec, src: Spec, steps: Any) -> Spec:
        record, rest, _ = steps[0]
        region = record.infer(input, *rest)
        if region.shape != src.shape:
            raise ShapeError(
                "expected src to have a size equal to the slice of self. "
                f"src size = {list(src.shape)}, slice size = {list(region.shape)}",
                code="scatter-shape",
            )
        return input

    @op(
        f"{name}(Tensor input, Tensor src, any steps)",
        infer=infer,
        names=(),
        half="native",
        formula=lambda input, src, steps: scattered_text("{0}", "{1}", input.spec, steps),
    )
    def scatter(x, src, steps):
        out = x.copy()
        view_array(out, steps)[...] = src.real if src.dtype.kind == "c" and x.dtype.kind != "c" else src
        return out

    @scatter.derivative("input")
    def _(grad, src_spec, steps):
        return apply(scatter, (grad, zeros(src_spec.with_dtype(grad.dtype)), steps))

    @scatter.derivative("src")
    def _(grad, steps):
        return replay(steps, grad)

    return scatter


select_record, slice_record, diagonal_record, strided_record = map(
    scatter_record, ("select_scatter", "slice_scatter", "diagonal_scatter", "as_strided_scatter")
)


@composite("select_scatter(Tensor input, Tensor src, int dim, int index)")
def select_scatter(input, src, dim, index):
    """A copy of `input` in which `input.select(dim, index)` is `src`.

    >>> select_scatter([[1, 2], [3, 4]], [5, 6], 0, 1)
    tensor([[1, 2],
            [5, 6]])
    """
    shape = input.spec.shape
    d = wrap_dim(dim, len(shape))
    step = (select_at, (d, index_in(index, shape, d)), None)
    return apply(select_record, (input, src, (step,)))


@composite("slice_scatter(Tensor input, Tensor src, int dim=0, int? start=None, int? end=None, int step=1)")
def slice_scatter(input, src, dim, start, end, step):
    """A copy of `input` in which the slice `start:end:step` of a dimension is `src`.

    >>> slice_scatter([1, 2, 3, 4], [8, 9], 0, 2)
    tensor([1, 2, 8, 9])
    """
    if step <= 0:
        raise ShapeError("slice step must be positive")
    d = wrap_dim(dim, input.ndim)
    first, last, _ = slice(start, end, step).indices(input.spec.shape[d])
    return apply(slice_record, (input, src, ((slice_range, (d, first, max(first, last), step), None),)))


@composite("diagonal_scatter(Tensor input, Tensor src, int offset=0, int dim1=0, int dim2=1)")
def diagonal_scatter(input, src, offset, dim1, dim2):
    """A copy of `input` in which a diagonal is `src`.

    >>> diagonal_scatter([[1, 2], [3, 4]], [8, 9])
    tensor([[8, 2],
            [3, 9]])
    """
    return apply(diagonal_record, (input, src, ((diagonal, (offset, dim1, dim2), None),)))


@composite("as_strided_scatter(Tensor input, Tensor src, ints size, ints stride, int? storage_offset=None)")
def as_strided_scatter(input, src, size, stride, storage_offset):
    """A copy of `input` in which `as_strided(input, size, stride, storage_offset)` is `src`.

    >>> as_strided_scatter(arange(5), [7, 8], (2,), (3,))
    tensor([7, 1, 2, 8, 4])
    """
    return apply(
        strided_record, (input, src, ((strided_view, (size, stride, storage_offset or 0, None), None),))
    )
