"""Putting tensors together: `cat`, `stack` and the functions made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.calls.combinations import invalid_combination
from ...engine.core import context
from ...engine.core.spec import Spec
from ...engine.graph.node import zeros
from ...engine.records.op import composite, converters, op, registry
from ...engine.run.apply import apply
from ...engine.values.as_argument import converters_tensor
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, ShapeError
from ..rules.infer import wrap_dim
from ..rules.memory_order import row_by_row
from .shape_views import reshape, unsqueeze
from .split import narrow, unbind_at

# ------------------------------------------------------------------ cat


def skipped(s: Spec) -> bool:
    """A 1-d tensor without elements goes with any shape: it adds nothing."""
    return s.shape == (0,)


def cat_check(tensors: tuple[Spec, ...], dim: int) -> None:
    if not tensors:
        raise BadValue("torch.cat(): expected a non-empty list of Tensors", raises=ValueError)


def cat_infer(tensors: tuple[Spec, ...], dim: int) -> Spec:
    """Equal sizes but along `dim`, where they add up."""
    for i, s in enumerate(tensors):
        if not s.shape:
            raise ShapeError(
                f"zero-dimensional tensor (at position {i}) cannot be concatenated",
                code="cat",
                help="stack joins 0-d tensors; reshape(1) makes a vector of one",
            )
    used = [(i, s) for i, s in enumerate(tensors) if not skipped(s)]
    first = used[0][1] if used else tensors[0]
    d = wrap_dim(dim, first.ndim)
    total = 0
    for i, s in used:
        if s.ndim != first.ndim:
            raise ShapeError(
                f"Tensors must have same number of dimensions: got {first.ndim} and {s.ndim}", code="cat"
            )
        for have, want, at in zip(s.shape, first.shape, range(s.ndim), strict=True):
            if at != d and have != want:
                raise ShapeError(
                    f"Sizes of tensors must match except in dimension {d}. Expected size {want} but got "
                    f"size {have} "
                    f"for tensor number {i} in the list.",
                    code="cat",
                )
        total += s.shape[d]
    return first.with_shape((*first.shape[:d], total, *first.shape[d + 1 :])) if used else first


@op(
    "cat(Tensor[] tensors, int dim=0)",
    batching="along",
    infer=cat_infer,
    picks=True,
    check=cat_check,
    promote="types",
    names=(),
    half="native",
)
def cat_at(tensors, dim):
    """The tensors one after another along `dim`."""
    used = [x for x in tensors if x.shape != (0,)]
    return row_by_row(np.concatenate(used, axis=dim)) if used else tensors[0].copy()


@cat_at.derivative("tensors")
def _(grad, tensors_spec, dim):
    start, parts = 0, []
    for s in tensors_spec:
        if skipped(s):
            parts.append(zeros(s))
            continue
        n = s.shape[dim % s.ndim]
        parts.append(narrow(grad, dim, start, n))
        start += n
    return tuple(parts)


for spelling in ("cat", "concat", "concatenate"):

    @composite(
        f"{spelling}(Tensor[] tensors, int dim=0)",
        names=(f"torch.{spelling}",),
        sample=([[1.0, 2.0], [3.0]], 0),
        doc=f"""Tensors joined along a dimension; their other sizes must be equal.

        >>> {spelling}([[1, 2], [3]])
        tensor([1, 2, 3])
        """,
    )
    def cat(tensors, dim):
        return apply(cat_at, (tensors, dim))


# ------------------------------------------------------------------ stack


def stack_check(tensors: tuple[Spec, ...], dim: int) -> None:
    if not tensors:
        raise ShapeError("stack expects a non-empty TensorList", code="stack")


def stack_infer(tensors: tuple[Spec, ...], dim: int) -> Spec:
    """Equal shapes; a new dimension as long as the list."""
    first = tensors[0]
    d = wrap_dim(dim, first.ndim + 1)
    for i, s in enumerate(tensors):
        if s.shape != first.shape:
            raise ShapeError(
                f"stack expects each tensor to be equal size, but got {list(first.shape)} at entry 0 and "
                f"{list(s.shape)} at entry {i}",
                code="stack",
                help="rnn.pad_sequence brings them to one size; cat joins them",
            )
    return first.with_shape((*first.shape[:d], len(tensors), *first.shape[d:]))


@op(
    "stack(Tensor[] tensors, int dim=0)",
    batching="along new",
    infer=stack_infer,
    picks=True,
    check=stack_check,
    promote="types",
    names=("torch.stack",),
    half="native",
    sample=([[1.0, 2.0], [3.0, 4.0]], 1),
)
def stack(tensors, dim):
    """Tensors of one shape joined along a new dimension.

    >>> stack([[1, 2], [3, 4]], 1)
    tensor([[1, 3],
            [2, 4]])
    """
    if dim == 0 and type(tensors[0]) is np.ndarray:
        return np.array(tensors)  # of samples: without a view of each
    return np.stack(tensors, axis=dim)


@stack.derivative("tensors")
def _(grad, dim):
    return apply(unbind_at, (grad, dim))


# ------------------------------------------------------------------ at least so many dimensions


def at_least(n: int, name: str, example: str, shape: Any) -> Any:
    """`atleast_1d` and its like: one tensor, or a tuple of several."""

    @composite(
        f"{name}(any... tensors)",
        names=(f"torch.{name}",),
        doc=f"""The tensor (or each of several) with at least {n} dimension{"s" * (n > 1)}.

        {example}
        """,
    )
    def expand_dims(tensors):
        several = tuple if context.current().lists else tuple | list
        if len(tensors) == 1 and isinstance(tensors[0], several):
            return tuple([shape(t) for t in converters["Tensor[]"](tensors[0], name, "tensors", 1)])
        if len(tensors) == 1 and not isinstance(tensors[0], Tensor | list):
            both = ["(Tensor input)", "(tuple of Tensors tensors)"]
            raise ArgumentError(invalid_combination(name, both, tensors, {}), code="argument-type")
        if len(tensors) == 1:
            return shape(converters_tensor(tensors[0], name, "tensors", 1))
        return tuple([shape(t) for t in converters["Tensor..."](tensors, name, "tensors", 1)])

    return expand_dims


def to_1d(t: Tensor) -> Tensor:
    return reshape(t, (1,)) if t.ndim == 0 else t


def to_2d(t: Tensor) -> Tensor:
    return reshape(t, (1, 1)) if t.ndim == 0 else unsqueeze(t, 0) if t.ndim == 1 else t


def to_3d(t: Tensor) -> Tensor:
    if t.ndim == 0:
        return reshape(t, (1, 1, 1))
    if t.ndim == 1:
        return unsqueeze(unsqueeze(t, 0), -1)
    return unsqueeze(t, -1) if t.ndim == 2 else t


at_least(1, "atleast_1d", ">>> atleast_1d(tensor(1.))\n        tensor([1.])", to_1d)
at_least(2, "atleast_2d", ">>> atleast_2d([1, 2])\n        tensor([[1, 2]])", to_2d)
at_least(3, "atleast_3d", ">>> atleast_3d([1, 2])\n        tensor([[[1],\n                 [2]]])", to_3d)

# ------------------------------------------------------------------ cat along a fixed dimension


def joined(name: str, tensors: tuple[Tensor, ...], prepare: Any, dim: int) -> Tensor:
    if not tensors:
        raise ShapeError(f"{name} expects a non-empty TensorList", code="cat")
    ready = tuple([prepare(t) for t in tensors])
    return apply(cat_at, (ready, dim))


@composite("hstack(Tensor[] tensors)", names=("torch.hstack",), sample=([[1.0, 2.0], [3.0]],))
def hstack(tensors):
    """Tensors side by side: joined along dimension 1 (vectors along their only one).

    >>> hstack([[1, 2], [3]])
    tensor([1, 2, 3])
    """
    first = tensors[0] if tensors else None
    return joined("hstack", tensors, to_1d, 0 if first is None or first.ndim <= 1 else 1)


for spelling in ("vstack", "row_stack"):

    @composite(
        f"{spelling}(Tensor[] tensors)",
        names=(f"torch.{spelling}",),
        sample=([[1.0, 2.0], [3.0, 4.0]],),
        doc=f"""Tensors below each other: joined along dimension 0, vectors as rows.

        >>> {spelling}([[1, 2], [3, 4]])
        tensor([[1, 2],
                [3, 4]])
        """,
    )
    def vstack(tensors):
        return joined("vstack", tensors, to_2d, 0)


@composite("dstack(Tensor[] tensors)", names=("torch.dstack",), sample=([[1.0, 2.0], [3.0, 4.0]],))
def dstack(tensors):
    """Tensors behind each other: joined along dimension 2.

    >>> dstack([[1, 2], [3, 4]])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return joined("dstack", tensors, to_3d, 2)


@composite(
    "column_stack(Tensor[] tensors)", names=("torch.column_stack",), sample=([[1.0, 2.0], [3.0, 4.0]],)
)
def column_stack(tensors):
    """Tensors side by side, vectors as columns.

    >>> column_stack([[1, 2], [3, 4]])
    tensor([[1, 3],
            [2, 4]])
    """

    def column(t: Tensor) -> Tensor:
        return reshape(t, (t.spec.numel, 1)) if t.ndim <= 1 else t

    return joined("column_stack", tensors, column, 1)


# ------------------------------------------------------------------ blocks along the diagonal


def block_sizes(s: Any) -> tuple[int, int]:
    """Rows and columns of a block: a vector is a row, a 0-d tensor one element."""
    shape = s.shape
    return (1, 1) if not shape else (1, shape[0]) if len(shape) == 1 else shape


def block_diag_infer(tensors: tuple[Spec, ...]) -> Spec:
    for i, s in enumerate(tensors):
        if s.ndim > 2:
            raise ShapeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. "
                f"Input {i} has {s.ndim} dimensions"
            )
    sizes = [block_sizes(s) for s in tensors]
    return tensors[0].with_shape((sum(n for n, _ in sizes), sum(m for _, m in sizes)))


@op(
    "block_diag(Tensor[] tensors)",
    infer=block_diag_infer,
    promote="types",
    names=(),
    half="native",
    formula="block_diag(*{0})",
)
def block_diagonal(tensors):
    """The blocks along the diagonal of a matrix of zeros."""
    sizes = [block_sizes(x) for x in tensors]
    out = np.zeros((sum(n for n, _ in sizes), sum(m for _, m in sizes)), tensors[0].dtype)
    row = column = 0
    for x, (n, m) in zip(tensors, sizes, strict=True):
        out[row : row + n, column : column + m] = x
        row, column = row + n, column + m
    return out


@block_diagonal.derivative("tensors")
def _(grad, tensors_spec):
    row = column = 0
    found = []
    for s in tensors_spec:
        n, m = block_sizes(s)
        found.append(reshape(narrow(narrow(grad, 0, row, n), 1, column, m), s.shape))
        row, column = row + n, column + m
    return tuple(found)


@composite("block_diag(Tensor... tensors)", names=("torch.block_diag",))
def block_diag(tensors):
    """Matrices along the diagonal of a matrix of zeros; a vector counts as a row.

    >>> block_diag([[1, 2], [3, 4]], [5])
    tensor([[1, 2, 0],
            [3, 4, 0],
            [0, 0, 5]])
    """
    return apply(block_diagonal, (tensors,)) if tensors else registry["zeros"]((1, 0))
