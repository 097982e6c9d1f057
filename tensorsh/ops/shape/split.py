"""Taking tensors apart along a dimension: the pieces are views."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ...engine.calls.accepts import is_int
from ...engine.calls.arguments import integer, integers
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.graph.node import zeros
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadIndex, DTypeError, ShapeError
from ..index.getitem import select_at, slice_range
from ..rules.infer import bad_call, wrap_dim
from ..rules.numbers import check_bits

# ------------------------------------------------------------------ one piece


@composite("select(Tensor input, int dim, int index)", sample=([[1.0, 2.0], [3.0, 4.0]], 0, 1))
def select(input, dim, index):
    """The slice at one index of a dimension, which goes away.

    >>> select([[1, 2], [3, 4]], 0, 1)
    tensor([3, 4])
    """
    shape = input.spec.shape
    if not shape:
        raise BadIndex("select() cannot be applied to a 0-dim tensor.")
    d = wrap_dim(dim, len(shape))
    return apply(select_at, (input, d, index_in(index, shape, d)))


def index_in(index: int, shape: tuple[int, ...], d: int) -> int:
    """An index of dimension `d` counted from the front; PyTorch's error when it is out of range."""
    n = shape[d] if shape else 0
    if not -n <= index < n:
        check_bits(index)
        raise BadIndex(
            f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {d}",
            code="index-range",
        )
    return index % n


@composite("narrow(Tensor input, int dim, any start, int length)", sample=([1.0, 2.0, 3.0], 0, 1, 2))
def narrow(input, dim, start, length):
    """`length` elements of a dimension from `start` on.

    >>> narrow([1, 2, 3, 4], 0, 1, 2)
    tensor([2, 3])
    """
    shape = input.spec.shape
    if not shape:
        raise ShapeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise ShapeError("narrow(): length must be non-negative.")
    d = wrap_dim(dim, len(shape))
    n = shape[d]
    if isinstance(start, Tensor) and (start.ndim or start.dtype.category != dt.INT):
        raise BadIndex("start must be an 0-dim integral Tensor.", raises=RuntimeError, code="index-range")
    if not isinstance(start, Tensor) and not is_int(start):
        raise bad_call("narrow", input, dim, start, length)
    start = int(start)
    if not -n <= start <= n:
        raise BadIndex(
            f"start out of range (expected to be in range of [{-n}, {n}], but got {start})",
            code="index-range",
        )
    if start < 0:
        start += n
    if start + length > n:
        raise ShapeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).", code="narrow")
    return apply(slice_range, (input, d, start, start + length, 1))


# ------------------------------------------------------------------ all pieces


def unbound(x: Spec, dim: int) -> tuple[Spec, ...]:
    d = wrap_dim(dim, x.ndim)
    if not x.shape:
        raise BadIndex(f"Dimension specified as {d} but tensor has no dimensions")
    return (x.with_shape((*x.shape[:d], *x.shape[d + 1 :])),) * x.shape[d]


@op(
    "unbind(Tensor input, int dim=0)",
    batching="along",
    infer=unbound,
    view=True,
    sample=([[1.0, 2.0], [3.0, 4.0]], 1),
)
def unbind_at(x, dim):
    """The slices along a dimension, as a tuple.

    >>> unbind([[1, 2], [3, 4]], 1)
    (tensor([1, 3]), tensor([2, 4]))
    """
    before = (slice(None),) * (dim % x.ndim)
    return tuple([x[(*before, i, ...)] for i in range(x.shape[dim])])


@unbind_at.derivative("input")
def _(grads, input_spec, dim):
    return registry["stack"](present(grads, unbound(input_spec, dim)), dim)


def present(grads: Sequence[Any], specs: Sequence[Spec]) -> list[Any]:
    """The gradients of all outputs, zeros where there is none."""
    return [zeros(s) if g is None else g for g, s in zip(grads, specs, strict=True)]


# ------------------------------------------------------------------ pieces of given sizes


def piece_specs(x: Spec, sizes: Sequence[int], dim: int) -> tuple[Spec, ...]:
    d = wrap_dim(dim, x.ndim)
    return tuple([x.with_shape((*x.shape[:d], n, *x.shape[d + 1 :])) for n in sizes])


def equal_sizes(n: int, size: int) -> list[int]:
    """`n` in pieces of `size`; the last may be smaller."""
    if size == 0 or n == 0:
        return [n]
    return [min(size, n - at) for at in range(0, n, size)]


def split_infer(x: Spec, split_size: int, dim: int) -> tuple[Spec, ...]:
    if not x.shape:
        raise ShapeError("split expects at least a 1-dimensional tensor")
    if split_size < 0:
        raise ShapeError(f"split expects split_size be non-negative, but got split_size={split_size}")
    n = x.shape[wrap_dim(dim, x.ndim)]
    if split_size == 0 and n:
        raise ShapeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}", code="split"
        )
    return piece_specs(x, equal_sizes(n, split_size), dim)


def split_sizes_infer(x: Spec, split_sizes: tuple[int, ...], dim: int) -> tuple[Spec, ...]:
    if not x.shape:
        raise ShapeError("split expects at least a 1-dimensional tensor")
    d = wrap_dim(dim, x.ndim)
    if any(n < 0 for n in split_sizes):
        raise ShapeError(
            "split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={list(split_sizes)}",
            code="split",
        )
    if sum(split_sizes) != x.shape[d]:
        raise ShapeError(
            f"split_with_sizes expects split_sizes to sum exactly to {x.shape[d]} (input tensor's size at "
            f"dimension {d}), but got split_sizes={list(split_sizes)}",
            code="split",
        )
    return piece_specs(x, split_sizes, dim)


def pieces(x: np.ndarray[Any, Any], sizes: Sequence[int], dim: int) -> tuple[np.ndarray[Any, Any], ...]:
    before, at, found = (slice(None),) * (dim % x.ndim), 0, []
    for n in sizes:
        found.append(x[(*before, slice(at, at + n))])
        at += n
    return tuple(found)


@op(
    "split(Tensor input, int split_size, int dim)",
    batching="along",
    infer=split_infer,
    names=(),
    view=True,
    formula="{0}.split({1}, {2})",
)
def split_at(x, split_size, dim):
    """Pieces of one size."""
    return pieces(x, equal_sizes(x.shape[dim], split_size), dim)


@split_at.derivative("input")
def _(grads, input_spec, split_size, dim):
    return registry["cat"](present(grads, split_infer(input_spec, split_size, dim)), dim)


@op(
    "split_with_sizes(Tensor input, int[] split_sizes, int dim)",
    batching="along",
    infer=split_sizes_infer,
    names=(),
    view=True,
    formula="{0}.split({1}, {2})",
)
def split_sizes_at(x, split_sizes, dim):
    """Pieces of the sizes given."""
    return pieces(x, split_sizes, dim)


@split_sizes_at.derivative("input")
def _(grads, input_spec, split_sizes, dim):
    return registry["cat"](present(grads, piece_specs(input_spec, split_sizes, dim)), dim)


@composite(
    "split(Tensor tensor, any split_size_or_sections, int dim=0)",
    names=("torch.split",),
    sample=([1.0, 2.0, 3.0], 2),
)
def split(tensor, split_size_or_sections, dim):
    """Pieces of a size (the last may be smaller), or of a list of sizes; views, as a tuple.

    >>> split([1, 2, 3], 2)
    (tensor([1, 2]), tensor([3]))
    >>> split([1, 2, 3], (1, 2))
    (tensor([1]), tensor([2, 3]))
    """
    size = split_size_or_sections
    if isinstance(size, list | tuple):
        sizes = integers(tuple(size), "split_with_sizes", "split_sizes", 2)
        return apply(split_sizes_at, (tensor, sizes, dim))
    if isinstance(size, Tensor) and size.spec.numel == 1:
        size = int(size)
    elif not isinstance(size, int):  # an int of NumPy's neither
        raise ArgumentError(
            "split_with_sizes(): argument 'split_sizes' (position 2) must be tuple of ints, not "
            + type_name(size),
            code="argument-type",
        )
    return apply(split_at, (tensor, integer(size, "split", "split_size", 2), dim))


@composite("split(Tensor input, any split_size, int dim=0)", names=("Tensor.split",))
def split_method(input, split_size, dim):
    """Pieces of a size (the last may be smaller), or of a list of sizes; views, as a tuple.

    >>> tensor([1, 2, 3]).split(2)
    (tensor([1, 2]), tensor([3]))
    """
    return split(input, split_size, dim)


@composite("split_with_sizes(Tensor input, int[] split_sizes, int dim=0)", sample=([1.0, 2.0, 3.0], (1, 2)))
def split_with_sizes(input, split_sizes, dim):
    """Pieces of the sizes given; views, as a tuple.

    >>> split_with_sizes([1, 2, 3], (1, 2))
    (tensor([1]), tensor([2, 3]))
    """
    return apply(split_sizes_at, (input, split_sizes, dim))


@composite("chunk(Tensor input, int chunks, int dim=0)", sample=([1.0, 2.0, 3.0], 2))
def chunk(input, chunks, dim):
    """At most `chunks` pieces of equal size (the last may be smaller); views, as a tuple.

    >>> chunk([1, 2, 3, 4, 5], 2)
    (tensor([1, 2, 3]), tensor([4, 5]))
    """
    if not input.spec.shape:
        raise ShapeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise ShapeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    n = input.spec.shape[wrap_dim(dim, input.ndim)]
    if n == 0:
        return apply(split_sizes_at, (input, (0,) * chunks, dim))
    return apply(split_at, (input, -(-n // chunks), dim))


@composite(
    "tensor_split(Tensor input, any indices_or_sections=None, int dim=0, *, any sections=None, any "
    "indices=None)"
)
def tensor_split(input, indices_or_sections, dim, sections, indices):
    """Pieces as equal as possible in number, or cut before each of the indices; views, as a tuple.

    >>> tensor_split([1, 2, 3, 4], 3)
    (tensor([1, 2]), tensor([3]), tensor([4]))
    >>> tensor_split([1, 2, 3, 4], (1, 3))
    (tensor([1]), tensor([2, 3]), tensor([4]))
    """
    how = next((v for v in (indices_or_sections, sections, indices) if v is not None), None)
    if not input.spec.shape:
        raise ShapeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    d = wrap_dim(dim, input.ndim)
    if isinstance(how, Tensor):
        if how.spec.dtype is not dt.int64:
            raise DTypeError(
                "tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                f"{how.spec.dtype.title}"
            )
        if how.ndim > 1:
            raise ShapeError(
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or "
                "one-dimensional "
                f"tensor, but got a tensor with {how.ndim} dims"
            )
        how = how.tolist()
    n = input.spec.shape[d]
    if isinstance(how, list | tuple):
        cuts = [0, *integers(tuple(how), "tensor_split", "indices", 2), n]
        ends = [slice(a, b).indices(n) for a, b in pairwise(cuts)]
        parts = [(a, max(b, a)) for a, b, _ in ends]
    else:
        count = integer(how, "tensor_split", "indices_or_sections", 2)
        if count <= 0:
            raise ShapeError(f"number of sections must be larger than 0, got {count}")
        small, larger = divmod(n, count)
        cuts = [i * small + min(i, larger) for i in range(count + 1)]
        parts = list(pairwise(cuts))
    return tuple([apply(slice_range, (input, d, a, b, 1)) for a, b in parts])


def axis_split(name: str, axis: int, least: int, example: str) -> None:
    """`hsplit`, `vsplit`, `dsplit`: `tensor_split` along a fixed dimension, which must divide evenly."""

    @composite(
        f"{name}(Tensor input, any indices_or_sections)",
        doc=f"""`tensor_split` along dimension {axis}; a number of pieces must divide its size.

        {example}
        """,
    )
    def split_along(input, indices_or_sections):
        if input.ndim < least:
            raise ShapeError(
                f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with "
                f"{input.ndim} dimensions!"
            )
        d = 0 if input.ndim == 1 else axis
        if isinstance(indices_or_sections, int):
            n = input.spec.shape[d]
            if not indices_or_sections or n % indices_or_sections:
                raise ShapeError(
                    f"torch.{name} attempted to split along dimension {d}, but the size of the dimension "
                    f"{n} is "
                    f"not divisible by the split_size {indices_or_sections}!"
                )
            return tensor_split(input, indices_or_sections, d)
        if not isinstance(indices_or_sections, list | tuple):
            raise ArgumentError(
                f"{name}() received an invalid combination of arguments - got (Tensor, "
                f"{type_name(indices_or_sections)}), but expected one of:",
                code="signature",
            )
        return tensor_split(input, integers(indices_or_sections, name, "indices", 2), d)


axis_split(
    "hsplit",
    1,
    1,
    ">>> hsplit([[1, 2], [3, 4]], 2)\n        (tensor([[1],\n                [3]]), tensor([[2],\n       "
    "         [4]]))",
)
axis_split("vsplit", 0, 2, ">>> vsplit([[1, 2], [3, 4]], 2)\n        (tensor([[1, 2]]), tensor([[3, 4]]))")
axis_split("dsplit", 2, 3, ">>> dsplit([[[1, 2]]], 2)\n        (tensor([[[1]]]), tensor([[[2]]]))")
