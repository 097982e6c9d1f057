"""Looking elements up: `x[i]` with index tensors, gather, index_select, take, embedding, nonzero.

`index` is what `x[…]` calls with the index tensors and the dimensions they stand at. As in NumPy and
PyTorch the index tensors broadcast together; their common shape takes the place of the indexed
dimensions where those are neighbours, and comes first where they are not.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine import dtype as dt
from ..engine.apply import apply
from ..engine.inplace import apply_inplace, write
from ..engine.op import Op, composite, op, registry
from ..engine.spec import Spec, broadcast_shapes, spec
from ..engine.tensor import Tensor, full_spec, wrap
from ..errors import ArgumentError, DeviceError, DTypeError, IndexError, ShapeError, ValueError
from .overload import overloaded
from .positions import check_bounds, require_integers, zeros_of
from .rules import wrap_dim

Array = np.ndarray[Any, Any]

# ------------------------------------------------------------------ x[i, j] and x[i, j] = v


def resolve(x: Tensor, indices: Sequence[Tensor | None]) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
    """Index tensors as int64 and the dimension each stands at; a mask becomes where it is true."""
    found: list[Tensor] = []
    slots: list[int] = []
    dim = 0
    for given in indices:
        if given is None:
            dim += 1
            continue
        if given.dtype in (dt.bool_, dt.uint8):
            _check_mask(x, given, dim)
            if given.spec.is_meta:
                raise DeviceError("a mask on meta has no values to select with", code="meta-values")
            parts = [wrap(p) for p in np.atleast_1d(given.array).nonzero()]
        else:
            parts = [given if given.dtype is dt.int64 else wrap(given.array.astype(np.int64))]
        for part in parts:
            if x.spec.is_meta and not part.spec.is_meta:
                part = full_spec(spec(part.spec.shape, dt.int64, x.device), 0)
            found.append(part)
            slots.append(dim)
            dim += 1
    if dim > x.ndim:
        raise IndexError(
            f"too many indices for tensor of dimension {x.ndim} (got {dim})", code="too-many-indices"
        )
    return tuple(found), tuple(slots)


def _check_mask(x: Tensor, mask: Tensor, dim: int) -> None:
    for j, n in enumerate(mask.shape):
        if dim + j >= x.ndim or x.shape[dim + j] != n:
            raise IndexError(
                f"The shape of the mask {list(mask.shape)} at index {j} does not match the shape of the "
                f"indexed tensor {list(x.shape)} at index {dim + j}",
                code="mask-shape",
                help="a mask has the sizes of the dimensions it stands for",
            )


def _index_rule(input: Spec, indices: tuple[Spec, ...], slots: tuple[int, ...]) -> Spec:
    try:
        common = broadcast_shapes(*[i.shape for i in indices])
    except ShapeError:
        shapes = ", ".join(str(list(i.shape)) for i in indices)
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}",
            code="index-broadcast",
            help="index tensors pair up element by element; x[i][:, j] takes every combination",
        ) from None
    rest = [n for d, n in enumerate(input.shape) if d not in slots]
    at = slots[0] if slots[-1] - slots[0] == len(slots) - 1 else 0
    if 0 not in common and any(input.shape[d] == 0 for d in slots):
        raise IndexError("index is out of bounds for dimension with size 0", code="index-range")
    return input.with_shape((*rest[:at], *common, *rest[at:]))


def numpy_key(indices: tuple[Array, ...], slots: tuple[int, ...]) -> tuple[Any, ...]:
    """The NumPy index of `indices` at `slots`."""
    key: list[Any] = [slice(None)] * (slots[-1] + 1)
    for i, d in zip(indices, slots, strict=True):
        key[d] = i
    return tuple(key)


@op("index(Tensor input, Tensor[] indices, any slots)", infer=_index_rule, half="native", names=())
def index(x, indices, slots):
    try:
        if len(slots) == 1:
            return x.take(indices[0], axis=slots[0])
        return x[numpy_key(indices, slots)]
    except builtins.IndexError:
        for i, d in zip(indices, slots, strict=True):
            check_bounds(i, x.shape[d], d, negative=True)
        raise


@index.derivative("input")
def _(grad, input_spec, indices, slots):
    return apply(index_gradient, (zeros_of(input_spec, grad), indices, slots, grad, True))


def _index_put_rule(
    input: Spec, indices: tuple[Spec, ...], slots: tuple[int, ...], values: Spec, accumulate: bool
) -> Spec:
    if values.dtype is not input.dtype:
        raise DTypeError(
            f"Index put requires the source and destination dtypes match, got {input.dtype.title} for the "
            f"destination and {values.dtype.title} for the source.",
            code="index-put-dtype",
            help=f"convert the values: v.to({input.dtype.name})",
        )
    region = _index_rule(input, indices, slots).shape
    try:
        fits = broadcast_shapes(values.shape, region) == region
    except ShapeError:
        fits = False
    if not fits:
        raise ShapeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing "
            f"result of shape {list(region)}",
            code="index-put-shape",
        )
    return input


def _index_put_kernel(
    x: Array, indices: tuple[Array, ...], slots: tuple[int, ...], values: Array, accumulate: bool
) -> Array:
    for i, d in zip(indices, slots, strict=True):
        check_bounds(i, x.shape[d], d, negative=True)
    out = x.copy()
    key = numpy_key(indices, slots)
    if not accumulate:
        out[key] = values
    else:
        positions = np.arange(x.size).reshape(x.shape)[key]
        add_at(out, positions, np.broadcast_to(values, positions.shape))
    return out


def add_at(out: Array, positions: Array, values: Array) -> None:
    """Add values at row-major positions of a contiguous array; positions may repeat."""
    np.add.at(out.reshape(-1), positions.ravel(), values.ravel())


def _index_put_record(grad_fn: str) -> Op:
    record = op(
        "index_put(Tensor input, Tensor[] indices, any slots, Tensor values, bool accumulate)",
        infer=_index_put_rule,
        names=(),
        grad_fn=grad_fn,
    )(_index_put_kernel)

    @record.derivative("input")
    def _(grad, indices, slots, values_spec, accumulate):
        if accumulate:
            return grad
        return apply(index_put, (grad, indices, slots, zeros_of(values_spec, grad), False))

    @record.derivative("values")
    def _(grad, indices, slots):
        return apply(index, (grad, indices, slots))

    return record


index_put = _index_put_record("IndexPutBackward0")
index_gradient = _index_put_record("IndexPutImplBackward0")


def lookup(x: Tensor, indices: Sequence[Tensor | None]) -> Tensor:
    """`x[indices]`, one index tensor or None for each leading dimension."""
    found, slots = resolve(x, indices)
    return apply(index, (x, found, slots))


def store(x: Tensor, indices: Sequence[Tensor | None], value: Any) -> None:
    """`x[indices] = value`."""
    if not isinstance(value, Tensor):
        value = full_spec(x.spec.with_shape(()), value)
    found, slots = resolve(x, indices)
    apply_inplace(index_put, (x, found, slots, value, False))


@overloaded(
    "index_put(Tensor input, Tensor[] indices, Tensor values, bool accumulate=False)",
    sample=([1.0, 2.0, 3.0], (np.array([0, 2]),), [5.0, 6.0]),
)
def _index_put(input, indices, values, accumulate):
    """`input` with `values` at the places `input[indices]`; `accumulate` adds them instead.

    >>> zeros(3).index_put((tensor([0, 2]),), tensor([5., 6.]))
    tensor([5., 0., 6.])
    """
    found, slots = resolve(input, indices)
    return index_put, (input, found, slots, values, accumulate)


# ------------------------------------------------------------------ along one dimension


def _gather_rule(input: Spec, dim: int, index: Spec, sparse_grad: bool = False) -> Spec:
    at = wrap_dim(dim, input.ndim)
    if not index.numel:
        return input.with_shape(index.shape)
    require_integers(index, "gather(): Expected dtype int32/int64 for index")
    if max(index.ndim, 1) != max(input.ndim, 1):
        raise ShapeError(
            "Index tensor must have the same number of dimensions as input tensor",
            code="index-ndim",
            help=f"input has {input.ndim} dimensions, the index {index.ndim}; unsqueeze the index",
        )
    for d, n in enumerate(index.shape):
        if d != at and n > input.shape[d]:
            raise ShapeError(
                f"Size does not match at dimension {d} expected index {list(index.shape)} to be no larger "
                f"than self {list(input.shape)} apart from dimension {at}",
                code="index-shape",
            )
    return input.with_shape(index.shape)


@op(
    "gather(Tensor input, int dim, Tensor index, *, bool sparse_grad=False)",
    infer=_gather_rule,
    half="native",
    sample=([[1.0, 2.0], [3.0, 4.0]], 1, np.array([[0, 0], [1, 0]])),
)
def gather(x, dim, index, sparse_grad):
    """The element that `index` names along `dim`, at each place of `index`.

    >>> gather([[1, 2], [3, 4]], 1, [[0, 0], [1, 0]])
    tensor([[1, 1],
            [4, 3]])
    """
    if not index.size:
        return np.empty(index.shape, x.dtype)
    x = np.atleast_1d(x)
    at = dim % x.ndim
    check_bounds(index, x.shape[at], at)
    if x.ndim == 1:
        return x[index]
    region = tuple([slice(None) if d == at else slice(n) for d, n in enumerate(index.shape)])
    return np.take_along_axis(x[region], index, at)


@gather.derivative("input")
def _(grad, input_spec, dim, index):
    return zeros_of(input_spec, grad).scatter_add(dim, index, grad)


def _index_select_rule(input: Spec, dim: int, index: Spec) -> Spec:
    at = wrap_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector", code="index-ndim")
    require_integers(index, "index_select(): Expected dtype int32 or int64 for index")
    if not input.shape:
        if index.numel != 1:
            raise ShapeError(
                f"index_select(): Index to scalar can have only 1 value, got {index.numel} value(s)"
            )
        return input
    return input.with_shape((*input.shape[:at], index.numel, *input.shape[at + 1 :]))


@op(
    "index_select(Tensor input, int dim, Tensor index)",
    infer=_index_select_rule,
    half="native",
    sample=([[1.0, 2.0], [3.0, 4.0]], 1, np.array([1, 1, 0])),
)
def index_select(x, dim, index):
    """The slices of `input` along `dim` that `index` lists.

    >>> index_select([[1, 2], [3, 4]], 0, [1, 1])
    tensor([[3, 4],
            [3, 4]])
    """
    whole = np.atleast_1d(x)
    at = dim % whole.ndim
    message = (
        "INDICES element is out of DATA bounds, id={index} axis_dim={size}"
        if at
        else "index out of range in self"
    )
    check_bounds(index, whole.shape[at], at, message=message)
    found = whole.take(index.reshape(-1), axis=at)
    return found if x.ndim else found.reshape(())


@index_select.derivative("input")
def _(grad, input_spec, dim, index):
    return zeros_of(input_spec, grad).index_add(dim, index, grad)


# ------------------------------------------------------------------ in the flattened tensor


def _take_rule(input: Spec, index: Spec) -> Spec:
    require_integers(index, "take(): Expected a long tensor for index, but got {dtype}", (dt.int64,))
    if index.numel and not input.numel:
        raise IndexError("take(): tried to take from an empty tensor", code="index-range")
    return input.with_shape(index.shape)


TAKE_RANGE = "out of range: tried to access index {index} on a tensor of {size} elements."


@op(
    "take(Tensor input, Tensor index)",
    infer=_take_rule,
    half="native",
    sample=([[1.0, 2.0], [3.0, 4.0]], np.array([0, 3, 0])),
)
def take(x, index):
    """The elements at `index` of the flattened tensor.

    >>> take([[1, 2], [3, 4]], [0, 3])
    tensor([1, 4])
    """
    check_bounds(index, x.size, 0, negative=True, message=TAKE_RANGE)
    return x.reshape(-1)[index]


@take.derivative("input")
def _(grad, input_spec, index):
    return zeros_of(input_spec, grad).put(index, grad, True)


@composite(
    "take_along_dim(Tensor input, Tensor indices, int? dim=None)",
    sample=([[1.0, 2.0], [3.0, 4.0]], np.array([[1], [0]]), 1),
)
def take_along_dim(input, indices, dim):
    """The element that `indices` names along `dim`; both broadcast apart from `dim`. What argmax and
    argsort return can be used here.

    >>> x = tensor([[3, 1, 2]]); take_along_dim(x, argsort(x), 1)
    tensor([[1, 2, 3]])
    """
    require_integers(
        indices.spec, "torch.take_along_dim(): dtype of indices should be Long but got {dtype}", (dt.int64,)
    )
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    if input.ndim != indices.ndim:
        raise ShapeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices",
            code="index-ndim",
        )
    at = wrap_dim(dim, input.ndim)
    here, there = list(input.shape), list(indices.shape)
    size, here[at : at + 1], there[at : at + 1] = here[at], [1], [1]
    common = list(broadcast_shapes(tuple(here), tuple(there)))
    x = input.expand([*common[:at], size, *common[at + 1 :]])
    i = indices.expand([*common[:at], indices.shape[at], *common[at + 1 :]])
    return gather(x, at, registry["remainder"](i, size) if size else i)


# ------------------------------------------------------------------ masks and what is not zero


def _masked_select_rule(input: Spec, mask: Spec) -> None:
    if mask.dtype is not dt.bool_:
        raise DTypeError(
            "masked_select: expected BoolTensor for mask", code="mask-dtype", help="compare: mask > 0"
        )
    broadcast_shapes(mask.shape, input.shape)


@op(
    "masked_select(Tensor input, Tensor mask)",
    infer=_masked_select_rule,
    half="native",
    sample=([1.0, 2.0, 3.0], np.array([True, False, True])),
)
def masked_select(x, mask):
    """The elements where `mask` is true, in one dimension.

    >>> masked_select([1, 2, 3], [True, False, True])
    tensor([1, 3])
    """
    if x.shape != mask.shape:
        x, mask = np.broadcast_arrays(x, mask)
    return np.atleast_1d(x)[np.atleast_1d(mask)]


@masked_select.derivative("input")
def _(grad, input_spec, mask):
    shape = broadcast_shapes(input_spec.shape, mask.spec.shape)
    return zeros_of(input_spec, grad, shape).masked_scatter(mask, grad)


@op("nonzero(Tensor input)", names=(), nondifferentiable=True)
def nonzero_rows(x):
    if not x.ndim:
        return np.zeros((int(x != 0), 0), np.int64)
    return np.stack(x.nonzero(), 1)


@composite("nonzero(Tensor input, *, bool as_tuple=False)")
def nonzero(input, as_tuple):
    """Where the elements that are not zero are: a row of indices for each, or one tensor a dimension.

    >>> nonzero([[0, 7], [8, 0]])
    tensor([[0, 1],
            [1, 0]])
    """
    if not as_tuple:
        return apply(nonzero_rows, (input,))
    rows = apply(nonzero_rows, (input if input.spec.shape else input.reshape(1),))
    return rows.unbind(1)


@op(
    "nonzero_static(Tensor input, *, int size, int fill_value=-1)",
    infer=lambda input, size, fill_value: spec((size, input.ndim), dt.int64, input.device),
    nondifferentiable=True,
)
def nonzero_static(x, size, fill_value):
    """The first `size` rows of `nonzero`, filled up with `fill_value`.

    >>> nonzero_static(tensor([0, 7, 8]), size=3)
    tensor([[ 1],
            [ 2],
            [-1]])
    """
    out = np.full((size, x.ndim), fill_value, np.int64)
    rows = np.argwhere(x)[:size]
    out[: len(rows)] = rows
    return out


@composite("argwhere(Tensor input)")
def argwhere(input):
    """A row of indices for each element that is not zero.

    >>> argwhere([0, 7, 8])
    tensor([[1],
            [2]])
    """
    return apply(nonzero_rows, (input,))


@op(
    "unravel_index(Tensor indices, any shape)",
    infer=lambda indices, shape: tuple([indices.with_dtype(dt.int64)] * len(shape)),
    names=(),
    nondifferentiable=True,
)
def unravel(indices, shape):
    indices = indices.astype(np.int64)
    found = []
    for size in reversed(shape):
        found.append(indices % size if size else indices)
        indices = indices // size if size else indices
    return tuple(reversed(found))


@composite("unravel_index(Tensor indices, int[] shape)", names=("torch.unravel_index",))
def unravel_index(indices, shape):
    """Positions in a flattened tensor as one index tensor for each dimension of `shape`.

    >>> unravel_index([5, 7], (3, 4))
    (tensor([1, 1]), tensor([1, 3]))
    """
    if indices.dtype.category != dt.INT:
        raise ArgumentError(f"expected 'indices' to be integer dtype, but got {indices.dtype!r}")
    if any(n < 0 for n in shape):
        raise ValueError(f"'shape' cannot have negative values, but got {shape}")
    return apply(unravel, (indices, shape))


# ------------------------------------------------------------------ tables


def _one_hot_rule(tensor: Spec, num_classes: int) -> Spec | None:
    if tensor.dtype is not dt.int64:
        raise DTypeError(
            "one_hot is only applicable to index tensor of type LongTensor.", help="convert it: x.long()"
        )
    if not tensor.numel:
        if num_classes <= 0:
            raise ValueError("Can not infer total number of classes from empty tensor.")
    elif num_classes < 0:
        return None
    return tensor.with_shape((*tensor.shape, num_classes))


@op(
    "nn.functional.one_hot(Tensor tensor, int num_classes=-1)",
    infer=_one_hot_rule,
    nondifferentiable=True,
)
def one_hot(x, num_classes):
    """A row for each class number, 1 at the class and 0 elsewhere.

    >>> nn.functional.one_hot(tensor([0, 2]), num_classes=3)
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    if x.size and x.min() < 0:
        raise ValueError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(x.max()) + 1
    elif x.size and x.max() >= num_classes:
        raise ValueError("Class values must be smaller than num_classes.")
    return (x[..., None] == np.arange(num_classes)).astype(np.int64)


def _embedding_rule(
    weight: Spec, indices: Spec, padding_idx: int, scale_grad_by_freq: bool, sparse: bool
) -> Spec:
    if weight.ndim != 2:
        raise ShapeError("'weight' must be 2-D", code="embedding-weight")
    require_integers(
        indices,
        "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
        "but got torch.{dtype}Tensor instead (while checking arguments for embedding)",
    )
    return weight.with_shape((*indices.shape, weight.shape[1]))


@op(
    "embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, "
    "bool sparse=False)",
    infer=_embedding_rule,
    half="native",
    names=("torch.embedding",),
    sample=([[1.0, 2.0], [3.0, 4.0]], np.array([1, 1, 0])),
)
def embedding(weight, indices, padding_idx, scale_grad_by_freq, sparse):
    """The rows of a table that `indices` names.

    >>> embedding(tensor([[1., 2.], [3., 4.]]), tensor([1, 0]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    check_bounds(indices, weight.shape[0], 0, message="index out of range in self")
    return weight.take(indices, axis=0)


@embedding.derivative("weight")
def _(grad, weight_spec, indices, padding_idx, scale_grad_by_freq):
    flat = indices.reshape(-1)
    rows = grad.reshape((flat.spec.numel, weight_spec.shape[1]))
    if padding_idx >= 0:
        rows = rows.masked_fill((flat == padding_idx).unsqueeze(1), 0)
    if scale_grad_by_freq:
        counts = registry["bincount"](flat, minlength=weight_spec.shape[0])
        rows = rows / counts.index_select(0, flat).unsqueeze(1)
    return zeros_of(weight_spec, grad).index_add(0, flat, rows)


@composite(
    "nn.functional.embedding(Tensor input, Tensor weight, int? padding_idx=None, float? max_norm=None, "
    "float norm_type=2.0, bool scale_grad_by_freq=False, bool sparse=False)",
)
def functional_embedding(input, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse):
    """The rows of the table `weight` that `input` names. Row `padding_idx` gets no gradient; rows
    longer than `max_norm` are shortened in place first.

    >>> nn.functional.embedding(tensor([1, 0]), tensor([[1., 2.], [3., 4.]]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    if padding_idx is not None:
        n = weight.shape[0]
        if not -n <= padding_idx < n:
            raise ValueError("Padding_idx must be within num_embeddings")
        padding_idx %= n
    if max_norm is not None and not weight.spec.is_meta:
        write(weight, shortened(weight.array, input.array, max_norm, norm_type))
    return apply(
        embedding, (weight, input, -1 if padding_idx is None else padding_idx, scale_grad_by_freq, sparse)
    )


def shortened(weight: Array, indices: Array, max_norm: float, norm_type: float) -> Array:
    """The table with the used rows scaled to at most `max_norm`."""
    check_bounds(indices, weight.shape[0], 0, message="index out of range in self")
    out = weight.copy()
    rows = np.unique(indices)
    norms = np.linalg.norm(out[rows].astype(np.float64), norm_type, axis=1)
    scale = np.where(norms > max_norm, max_norm / (norms + 1e-7), 1.0)
    out[rows] = out[rows] * scale[:, None]
    return out
