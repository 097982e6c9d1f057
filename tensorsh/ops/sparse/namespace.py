"""`torch.sparse`: what PyTorch has there, for dense tensors what its functions say of those."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.records.op import composite, registry
from ...errors import BadValue
from . import reduced, sparse_products
from .parts import coalesce, placed, sparse, taken


@composite("sparse.mm(Tensor mat1, Tensor mat2, str? reduce=None)", names=("torch.sparse.mm",))
def sparse_mm(mat1, mat2, reduce):
    """The product of a sparse matrix and a dense or sparse one.

    >>> sparse.mm(eye(2).to_sparse(), ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    return sparse_products.sparse_mm(mat1, mat2)


@composite(
    "sparse.addmm(Tensor mat, Tensor mat1, Tensor mat2, *, Number beta=1, Number alpha=1)",
    names=("torch.sparse.addmm",),
)
def sparse_addmm(mat, mat1, mat2, beta, alpha):
    """`beta * mat + alpha * (mat1 @ mat2)`, mat1 sparse.

    >>> sparse.addmm(ones(2, 1), eye(2).to_sparse(), ones(2, 1))
    tensor([[2.],
            [2.]])
    """
    return sparse_products.addmm(mat, mat1, mat2, beta=beta, alpha=alpha)


def of_sparse(name: str, signature: str, function: Any, doc: str) -> None:
    """A function of sparse tensors alone."""

    @composite(f"sparse.{name}({signature})", names=(f"torch.sparse.{name}",), doc=doc)
    def found(input, *options):
        raise BadValue(f"torch.sparse.{name} expected a sparse tensor", help="x.to_sparse()")


of_sparse(
    "sum",
    "Tensor input, any dim=None, dtype? dtype=None",
    reduced.sparse_sum,
    "The sum of what is stored, over dimensions or all.\n\n>>> sparse.sum(eye(2).to_sparse())\ntensor(2.)\n",
)
of_sparse(
    "softmax",
    "Tensor input, int dim, *, dtype? dtype=None",
    reduced.softmax,
    "Softmax over what is stored along a dimension.\n\n"
    ">>> sparse.softmax(eye(2).to_sparse(), 1).values()\ntensor([1., 1.])\n",
)
of_sparse(
    "log_softmax",
    "Tensor input, int dim, *, dtype? dtype=None",
    reduced.log_softmax,
    "The logarithm of `sparse.softmax`.\n\n"
    ">>> sparse.log_softmax(eye(2).to_sparse(), 1).values()\ntensor([0., 0.])\n",
)


@composite(
    "sparse.spdiags(Tensor diagonals, Tensor offsets, int[] shape, any layout=None)",
    names=("torch.sparse.spdiags",),
)
def spdiags(diagonals, offsets, shape, layout):
    """A sparse matrix with these diagonals; `offsets` says how far above the main one each is.

    >>> sparse.spdiags(ones(1, 2), tensor([0]), (2, 2)).to_dense()
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows = diagonals if diagonals.ndim == 2 else diagonals.unsqueeze(0)
    where = offsets.array.reshape(-1).tolist()
    picked, places = [], []
    for i, k in enumerate(where):
        columns = np.arange(max(k, 0), min(shape[1], shape[0] + k, rows.shape[1]))
        places.append(np.stack([columns - k, columns]))
        picked.append(np.stack([np.full_like(columns, i), columns]))
    elements = taken(rows, placed(np.concatenate(picked, axis=1)))
    return coalesce(sparse(placed(np.concatenate(places, axis=1)), elements, tuple(shape)))


def _legacy(name: str, dtype: str, shown: str) -> None:
    @composite(
        f"sparse.{name}(any indices, any values, any size=None)",
        names=(f"torch.sparse.{name}",),
        doc="PyTorch's old constructor of a sparse tensor: `sparse_coo_tensor`.\n\n"
        f">>> sparse.{name}(tensor([[1]]), tensor([1]), (2,)).to_dense()\ntensor({shown})\n",
    )
    def made(indices, values, size):
        from ...engine.core.dtype import dtypes

        if isinstance(indices, int):
            sizes = [n for n in (indices, values, size) if n is not None]
            return registry["sparse_coo_tensor"](size=sizes, dtype=dtypes[dtype])
        return registry["sparse_coo_tensor"](indices, values, size, dtype=dtypes[dtype])


for _title, _dtype, _shown in (
    ("FloatTensor", "float32", "[0., 1.]"),
    ("DoubleTensor", "float64", "[0., 1.], dtype=torch.float64"),
    ("LongTensor", "int64", "[0, 1]"),
    ("IntTensor", "int32", "[0, 1], dtype=torch.int32"),
):
    _legacy(_title, _dtype, _shown)
