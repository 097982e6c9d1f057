"""Tables of rows looked up by number: one_hot, embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.run.inplace import write
from ...errors import BadIndex, BadValue, DTypeError, ShapeError
from ..linalg.linalg_norm import vector_norm_primitive
from ..rules.memory_order import row_by_row
from ..rules.positions import check_bounds, require_integers, zeros_of

Array = np.ndarray[Any, Any]

# ------------------------------------------------------------------ tables


def _one_hot_rule(tensor: Spec, num_classes: int) -> Spec | None:
    if tensor.dtype is not dt.int64:
        raise DTypeError(
            "one_hot is only applicable to index tensor of type LongTensor.", help="convert it: x.long()"
        )
    if not tensor.numel:
        if num_classes <= 0:
            raise BadValue("Can not infer total number of classes from empty tensor.")
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
        raise BadValue("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(x.max()) + 1
    elif x.size and x.max() >= num_classes:
        raise BadValue("Class values must be smaller than num_classes.")
    return row_by_row((x[..., None] == np.arange(num_classes)).astype(np.int64))


def _embedding_rule(
    weight: Spec, indices: Spec, padding_idx: int, scale_grad_by_freq: bool, sparse: bool
) -> Spec:
    if weight.ndim != 2:
        raise ShapeError("'weight' must be 2-D", code="embedding-weight")
    require_integers(
        indices,
        "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
        "but got {dtype.tensor_title} instead (while checking arguments for embedding)",
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
def _(grad, weight_spec, indices, padding_idx, scale_grad_by_freq, sparse):
    flat = indices.reshape(-1)
    rows = grad.reshape((flat.spec.numel, weight_spec.shape[1]))
    if sparse:
        return rows_read(weight_spec, flat, rows, padding_idx, scale_grad_by_freq)
    if padding_idx >= 0:
        rows = rows.masked_fill((flat == padding_idx).unsqueeze(1), 0)
    if scale_grad_by_freq:
        counts = registry["bincount"](flat, minlength=weight_spec.shape[0])
        rows = rows / counts.index_select(0, flat).unsqueeze(1)
    return zeros_of(weight_spec, grad).index_add(0, flat, rows)


def rows_read(of: Spec, flat: Any, rows: Any, padding_idx: int, scale_grad_by_freq: bool) -> Any:
    """The gradient of a table as a sparse tensor: a row for each number that was looked up, as they were."""
    from ..sparse import construct

    context.current().mode.change("a gradient is sparse")
    if scale_grad_by_freq:
        raise BadValue("embedding_backward: scale_grad_by_freq not supported with sparse gradients")
    if padding_idx >= 0:
        kept = (flat != padding_idx).nonzero().reshape(-1)
        flat, rows = flat.index_select(0, kept), rows.index_select(0, kept)
    return construct.rows_of(of, flat, rows)


@embedding.batched
def _(slices, weight, indices, *rest):
    return NotImplemented if slices.any_varies(weight) else slices.run(weight, indices.value, *rest)


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
            raise BadValue("Padding_idx must be within num_embeddings", raises=AssertionError)
        padding_idx %= n
    if max_norm is not None:
        if input.dtype not in (dt.int64, dt.int32):
            raise DTypeError(
                "Expected tensor for argument #2 'indices' to have one of the following scalar types: Long, Int; but "
                f"got {input.type()} instead (while checking arguments for embedding_renorm_)",
                code="index-dtype",
            )
    if max_norm is not None and not weight.spec.is_meta:
        write(weight, shortened(weight.array, input.array, max_norm, norm_type))
    return apply(
        embedding, (weight, input, -1 if padding_idx is None else padding_idx, scale_grad_by_freq, sparse)
    )


@composite(
    "embedding_renorm_(Tensor weight, Tensor indices, float max_norm, float norm_type)",
    names=("torch.embedding_renorm_",),
)
def embedding_renorm_(weight, indices, max_norm, norm_type):
    """Shorten those rows of the table `weight` that `indices` names to at most `max_norm`, in place.

    >>> weight = tensor([[3., 4.], [3., 4.]])
    >>> embedding_renorm_(weight, tensor([1]), 1., 2.);
    >>> weight
    tensor([[3.0000, 4.0000],
            [0.6000, 0.8000]])
    """
    write(weight, shortened(weight.array, indices.array, max_norm, norm_type))
    return weight


def shortened(weight: Array, indices: Array, max_norm: float, norm_type: float) -> Array:
    """The table with the used rows scaled to at most `max_norm`."""
    far = indices[(indices < -len(weight)) | (indices >= len(weight))]
    if far.size:  # rows are taken one by one, in order
        raise BadIndex(
            f"select(): index {far.min()} out of range for tensor of size {list(weight.shape)} at dimension 0",
            code="index-range",
            help=f"valid indices are 0 to {len(weight) - 1}",
        )
    check_bounds(indices, weight.shape[0], 0, message="index out of range in self")
    out = weight.copy()
    rows = np.unique(indices)
    norms = vector_norm_primitive.kernel(out[rows], norm_type, (1,), False, None).astype(np.float64)
    scale = np.where(norms > max_norm, max_norm / (norms + 1e-7), 1.0)
    out[rows] *= scale.astype(out.dtype)[:, None]
    return out
