"""Products of vectors, matrices and batches of matrices.

`matmul` looks at the ranks of its operands and hands them to one primitive:

    1 @ 1  dot          2 @ 1  mv           2 @ 2  mm          1 @ 2  a row times a matrix
    more   a batch of matrices, broadcast over the leading dimensions

All derivatives are products again: of the gradient with the conjugate transpose of the other factor.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.core.spec import Spec, broadcast_shapes
from ...engine.graph.node import titled
from ...engine.numerics import complex_products
from ...engine.numerics.product_lanes import dot as vector_product
from ...engine.numerics.small_products import batch_product, is_batch_ordered, matrix_product, matrix_vector
from ...engine.numerics.threaded_products import matmul as matrices
from ...engine.numerics.threaded_products import products, shares
from ...engine.records.op import Op, composite, op, registry
from ...engine.run.apply import apply
from ...engine.run.operators import install_work
from ...engine.values.tensor import TENSORS, Tensor
from ...errors import ShapeError
from ..rules.families import conj
from ..rules.infer import real_dim
from .product_rules import (
    bmm_dtype,
    check_batch_sizes,
    check_bmm,
    check_mm,
    check_mv,
    check_slices,
    mv_dtype,
    no_bool,
    same_dtype,
)


def adjoint(x: Tensor) -> Tensor:
    """The conjugate transpose of the last two dimensions."""
    return conj(registry["transpose"](x, -2, -1))


# ------------------------------------------------------------------ the four plain products


def _mm_infer(a: Spec, b: Spec) -> Spec:
    if a.ndim != 2:
        raise ShapeError("self must be a matrix", code="matmul-rank", help="use a @ b, which takes any ranks")
    if b.ndim != 2:
        raise ShapeError("mat2 must be a matrix", code="matmul-rank", help="use a @ b, which takes any ranks")
    check_mm(a.shape, b.shape, a.shape, b.shape)
    same_dtype(a, b, "expected m1 and m2 to have the same dtype, but got: {} != {}")
    no_bool("addmm_impl_cpu_", a)
    return a.with_shape((a.shape[0], b.shape[1]))


@op(
    "mm(Tensor input, Tensor mat2)",
    infer=_mm_infer,
    names=("torch.mm", "Tensor.mm", "torch.spmm", "torch.dsmm"),
    formula="{0} @ {1}",
    sample=([[1.0, 2.0, 0.5]], [[3.0], [4.0], [-1.0]]),
)
def mm(a, b):
    """The product of two matrices, (m, k) @ (k, n) → (m, n).

    >>> mm([[1., 2.]], [[3.], [4.]])
    tensor([[11.]])
    """
    return matrix_product(a, b)


def _mm_rules(record: Op, left: bool, right: bool) -> None:
    """The gradients of a product of matrices, the left or the right one stored by columns, as they then are.

    The order in which PyTorch multiplies shows in the last digit.
    """

    @record.batched
    def _(slices, a, b):
        check_slices("mm", a, b, (2, 2))
        return multiply(*slices.fronts(a, b))

    @record.derivative("input")
    def _(grad, mat2):
        if left:
            return apply(mm, (conj(mat2), grad.t())).t()
        return apply(mm, (grad, adjoint(mat2)))

    @record.derivative("mat2")
    def _(grad, input):
        if right:
            return apply(mm, (grad.t(), conj(input))).t()
        return apply(mm, (adjoint(input), grad))


def _mm_record(left: bool, right: bool) -> Op:
    record = op(
        "mm(Tensor input, Tensor mat2)",
        infer=_mm_infer,
        grad_fn="MmBackward0",
        names=(),
        formula="{0} @ {1}",
    )(matrix_product)
    _mm_rules(record, left, right)
    return record


_mm_rules(mm, False, False)
_mm_turned = {(a, b): _mm_record(a, b) for a, b in ((False, True), (True, False), (True, True))}


def is_turned(x: Tensor) -> bool:
    """Whether a matrix is stored by columns, one behind the other; a slice of a vmap has no storage to look at."""
    if type(x) not in TENSORS:
        return False
    (rows, _), (down, right) = x.spec.shape, x.array.strides
    item = x.array.itemsize
    return down == item and right == rows * item


def matrices_multiplied(a: Tensor, b: Tensor) -> Tensor:
    """`a @ b` of matrices, recorded by how they are stored."""
    if (a.requires_grad_slot or b.requires_grad_slot) and type(a) in TENSORS and type(b) in TENSORS:
        left, right = is_turned(a), is_turned(b)
        if left or right:
            return apply(_mm_turned[left, right], (a, b))
    return apply(mm, (a, b))


def _mv_infer(a: Spec, b: Spec) -> Spec:
    real_dim(0, a)
    if a.ndim != 2 or b.ndim != 1:
        raise ShapeError(
            f"vector + matrix @ vector expected, got 1, {a.ndim}, {b.ndim}",
            code="matmul-rank",
            help="use a @ b, which takes any ranks",
        )
    check_mv(a.shape, b.shape[0], None if a.shape[1] == b.shape[0] else a.shape[0], a.shape, b.shape)
    mv_dtype(a, b)
    return a.with_shape(a.shape[:1])


@op(
    "mv(Tensor input, Tensor vec)",
    infer=_mv_infer,
    formula="{0} @ {1}",
    sample=([[1.0, 2.0], [0.5, -1.0]], [3.0, 4.0]),
)
def mv(a, b):
    """The product of a matrix and a vector, (m, k) @ (k) → (m).

    >>> mv([[1., 2.], [3., 4.]], [1., 1.])
    tensor([3., 7.])
    """
    return matrix_vector(a, b)


@mv.derivative("input")
def _(grad, vec):
    return grad.unsqueeze(1) * conj(vec)


@mv.derivative("vec")
def _(grad, input):
    return apply(mv, (adjoint(input), grad))


@mv.batched
def _(slices, a, v):
    check_slices("mv", a, v, (2, 1))
    return columns(slices.full(a), v.value) if slices.any_varies(v) else multiply(a.value, v)


def columns(a: Tensor, v: Tensor) -> Tensor:
    """The products of each matrix and its vector."""
    return multiply(a, v.unsqueeze(-1)).squeeze(-1)


def _dot_infer(a: Spec, b: Spec) -> Spec:
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(
            f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors",
            code="matmul-rank",
            help="a @ b multiplies matrices, (a * b).sum() adds up all products",
        )
    same_dtype(a, b, "dot : expected both vectors to have same dtype, but found {} and {}", "title")
    n, m = a.shape[0], b.shape[0]
    if n != m:
        raise ShapeError(
            f"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same number of "
            f"elements, but got {n} and {m} elements respectively",
            code="matmul-shape",
            help="outer(a, b) multiplies each with each",
        )
    no_bool("dot", a)
    return a.with_shape(())


@op("dot(Tensor input, Tensor tensor)", infer=_dot_infer, sample=([1.0, 2.0], [3.0, 4.0]))
def dot(a, b):
    """The sum of the products of two vectors' elements.

    >>> dot([2, 3], [2, 1])
    tensor(7)
    """
    return vector_product(a, b)


@dot.derivative("input")
def _(grad, tensor):
    return grad * conj(tensor)


@dot.derivative("tensor")
def _(grad, input):
    return grad * conj(input)


@dot.batched
def _(slices, a, b):
    return _dots(slices, a, b)


def _dots(slices, a, b):
    if len(a.spec.shape) != 1 or len(b.spec.shape) != 1:
        raise ShapeError(f"Got wrong shapes for {slices.op.name}")
    a, b = slices.full(a), slices.full(b)
    if slices.op is vdot:
        a = conj(a)
    return multiply(a.unsqueeze(1), b.unsqueeze(2)).reshape((slices.size,))


@op("vdot(Tensor input, Tensor other)", infer=_dot_infer, sample=([1.0, 2.0], [3.0, 4.0]))
def vdot(a, b):
    """The dot product with the first vector conjugated.

    >>> vdot([1j, 2.], [1j, 2.])
    tensor(5.+0.j)
    """
    return np.dot(a.conj(), b)


@vdot.derivative("input")
def _(grad, other):
    return conj(grad) * other


@vdot.derivative("other")
def _(grad, input):
    return grad * input


vdot.batched(_dots)


def _bmm_infer(a: Spec, b: Spec) -> Spec:
    for name, s in (("batch1", a), ("batch2", b)):
        if s.ndim != 3:
            raise ShapeError(
                f"{name} must be a 3D tensor", code="matmul-rank", help="use a @ b, which takes any ranks"
            )
    check_batch_sizes(a, b)
    bmm_dtype(a, b)
    return a.with_shape((*a.shape[:2], b.shape[2]))


@op("bmm(Tensor input, Tensor mat2)", infer=_bmm_infer, sample=([[[1.0, 2.0]]], [[[3.0], [4.0]]]))
def bmm(a, b):
    """The products of two batches of matrices, (b, m, k) @ (b, k, n) → (b, m, n).

    >>> bmm([[[1., 2.]]], [[[3.], [4.]]])
    tensor([[[11.]]])
    """
    return batches(a, b)


def batches(a: Any, b: Any) -> Any:
    if a.shape[:-2] != b.shape[:-2] and a.dtype == b.dtype == np.float32:  # made alike, as PyTorch does
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        alike = [_expanded(x, batch) for x in (a, b)]
        if is_batch_ordered(*alike):
            return batch_product(*alike)
    if is_batch_ordered(a, b):
        return batch_product(a, b)
    if a.shape[:-2] == b.shape[:-2] and complex_products.takes(a, b):
        return complex_products.product(a, b)
    return products(a, b) if shares(a, b) else matrices(a, b)


def _expanded(x: Any, batch: tuple[int, ...]) -> Any:
    """A copy of the matrices for each of a batch, stored as they are."""
    if x.shape[:-2] == batch:
        return x
    if x.strides[-1] != x.itemsize and x.strides[-2] == x.itemsize:
        return _expanded(x.swapaxes(-1, -2), batch).swapaxes(-1, -2)
    return np.broadcast_to(x, (*batch, *x.shape[-2:])).copy()


@bmm.derivative("input")
def _(grad, mat2):
    return apply(bmm, (grad, adjoint(mat2)))


@bmm.derivative("mat2")
def _(grad, input):
    return apply(bmm, (adjoint(input), grad))


@bmm.batched
def _(slices, a, b):
    check_slices("bmm", a, b, (3, 3))
    return multiply(*slices.fronts(a, b))


# ------------------------------------------------------------------ matmul of any ranks


def _row_infer(a: Spec, b: Spec) -> Spec:
    check_mm((1, a.shape[0]), b.shape, a.shape, b.shape)
    same_dtype(a, b, "expected m1 and m2 to have the same dtype, but got: {} != {}")
    no_bool("addmm_impl_cpu_", a)
    return a.with_shape(b.shape[1:])


def _folded_infer(a: Spec, b: Spec) -> Spec:
    """A batch and a single matrix or vector, multiplied as one large matrix."""
    given, out = (a.shape, b.shape), a.with_shape(_product_shape(a.shape, b.shape))
    if a.ndim == b.ndim == 3:  # a batch of one is folded as a matrix
        a = a.with_shape(a.shape[1:])
    larger, smaller = (a, b) if a.ndim >= b.ndim else (b, a)
    shape = larger.shape if larger is a else (*b.shape[:-2], b.shape[-1], b.shape[-2])
    rows = math.prod(shape[:-1])
    if smaller.ndim == 1:
        check_mv((rows, shape[-1]), smaller.shape[0], None, *given)
        mv_dtype(larger, smaller)
    else:
        k, n = smaller.shape if larger is a else smaller.shape[::-1]
        check_mm((rows, shape[-1]), (k, n), *given)
        same_dtype(larger, smaller, "expected m1 and m2 to have the same dtype, but got: {} != {}")
        no_bool("addmm_impl_cpu_", a)
    return out


def _batched_infer(a: Spec, b: Spec) -> Spec:
    shape = _product_shape(a.shape, b.shape)
    left = a if a.ndim > 1 else a.with_shape((1, *a.shape))
    right = b if b.ndim > 1 else b.with_shape((*b.shape, 1))
    batch = 1
    for size in broadcast_shapes(a.shape[:-2], b.shape[:-2]):
        batch *= size
    check_bmm(left, right, batch, (a.shape, b.shape))
    return a.with_shape(shape)


def _product_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    batch = broadcast_shapes(a[:-2], b[:-2])
    return (*batch, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


def _product(a: Any, b: Any) -> Any:
    if a.ndim > 2 and b.ndim <= 2:  # one large product instead of a loop over the batch
        rows = math.prod(a.shape[:-1])
        product = matrix_product if b.ndim == 2 else matrix_vector
        return product(a.reshape(rows, a.shape[-1]), b).reshape(_product_shape(a.shape, b.shape))
    if a.ndim == 1 and b.ndim == 2:
        return matrix_product(a[None], b)[0]
    if a.ndim == 1 and b.ndim > 2:
        return batches(a[None], b)[..., 0, :]
    return batches(a, b)


def _folded_product(a: Any, b: Any) -> Any:
    """The same; a matrix or a vector times a batch is the product of all the batch's columns and its transpose."""
    if not (a.ndim <= 2 < b.ndim):
        return _product(a, b)
    columns = b.swapaxes(-1, -2)
    rows = columns.reshape(math.prod(columns.shape[:-1]), b.shape[-2])
    if a.ndim == 1:
        return matrix_vector(rows, a).reshape(columns.shape[:-1])
    found = matrix_product(rows, a.T).reshape(*columns.shape[:-1], len(a))
    return np.ascontiguousarray(found.swapaxes(-1, -2))


def _folded_gradients(grad: Tensor, a: Tensor, b: Tensor, needs: Any) -> tuple[Any, Any]:
    """The gradients of that product: of matrices, and of a vector."""
    columns = b.transpose(-1, -2)
    rows = columns.reshape(math.prod(columns.spec.shape[:-1]), b.spec.shape[-2])
    if len(a.spec.shape) == 1:
        grad = grad.reshape(-1)
        left = apply(mv, (adjoint(rows), grad)) if needs[0] else None
        right = grad.unsqueeze(1) * conj(a) if needs[1] else None
    else:
        grad = grad.transpose(-1, -2).reshape(rows.spec.shape[0], a.spec.shape[0])
        left = apply(mm, (grad.t(), conj(rows))) if needs[0] else None
        right = apply(mm, (grad, conj(a))) if needs[1] else None
    return left, None if right is None else right.reshape(columns.spec.shape).transpose(-1, -2)


def _laid_out(x: Tensor) -> Tensor:
    """Matrices as they are multiplied: copied behind one another where their batches do not lie like one."""
    shape, strides = x.spec.shape[:-2], x.array.strides
    if len(shape) < 2:
        return x
    apart = any(stride != strides[i + 1] * shape[i + 1] for i, stride in enumerate(strides[: len(shape) - 1]))
    return x.contiguous() if apart and not x.spec.is_meta else x


def _product_record(grad_fn: str, infer: Any, kernel: Any = _product) -> Op:
    """One of the primitives behind `matmul`; they differ in their errors."""
    record = op(
        "matmul(Tensor input, Tensor other)", infer=infer, grad_fn=grad_fn, names=(), formula="{0} @ {1}"
    )(kernel)

    @record.derivative("input", "other")
    def _(grad, input, other, needs):
        a, b = input, other
        if kernel is _folded_product and a.ndim <= 2 < b.ndim:
            return _folded_gradients(grad, a, b, needs)
        a, b = _laid_out(a), _laid_out(b)
        if a.ndim == 1:
            a, grad = a.unsqueeze(0), grad.unsqueeze(-2)
        if b.ndim == 1:
            b, grad = b.unsqueeze(1), grad.unsqueeze(-1)
        left = right = None
        if needs[0]:
            left = multiply(grad, adjoint(b))
            left = left.squeeze(-2) if input.ndim == 1 else left
        if needs[1]:
            if b.ndim == 2 and a.ndim > 2:  # never make a gradient for each matrix of the batch
                rows, (k, n) = math.prod(a.spec.shape[:-1]), b.spec.shape
                a, grad = a.reshape(rows, k), grad.reshape(rows, n)
                if is_turned(b):
                    right = apply(mm, (grad.t(), conj(a))).t()
                else:
                    right = apply(mm, (adjoint(a), grad))
            else:
                right = multiply(adjoint(a), grad)
            right = right.squeeze(-1) if other.ndim == 1 else right
        return left, right

    @record.batched
    def _(slices, a, b):
        """Vectors become matrices for the while; a batch goes in front of the batches there are."""
        left, right = len(a.spec.shape) == 1, len(b.spec.shape) == 1
        rank = max(slices.rank(a, b), 2) + 1
        x, y = slices.full(a), slices.full(b)
        x = x.unsqueeze(1) if left else x
        y = y.unsqueeze(2) if right else y
        product = multiply(slices.raised(x, rank), slices.raised(y, rank))
        if right:
            product = product.squeeze(-1)
        return product.squeeze(-1 if right else -2) if left else product

    return record


_row = _product_record("SqueezeBackward4", _row_infer)
_folded = _product_record("UnsafeViewBackward0", _folded_infer, _folded_product)
_batched = _product_record("UnsafeViewBackward0", _batched_infer)


def multiply(a: Tensor, b: Tensor) -> Tensor:
    x, y = a.spec.shape, b.spec.shape
    n, m = len(x), len(y)
    if n == 2:
        if m == 2:
            return matrices_multiplied(a, b)
        if m == 1:
            return apply(mv, (a, b))
    elif n == 1:
        if m == 1:
            return apply(dot, (a, b))
        if m == 2:
            return apply(_row, (a, b))
    if n == 0 or m == 0:
        raise ShapeError(
            f"both arguments to matmul need to be at least 1D, but they are {n}D and {m}D",
            code="matmul-rank",
            help="multiply by a number with *",
            operands=(a, b),
        )
    return _batches_multiplied(a, b)


def _batches_multiplied(a: Tensor, b: Tensor) -> Tensor:
    """As PyTorch multiplies batches: it folds the larger operand into a matrix where that saves memory."""
    x, y = a.spec.shape, b.spec.shape
    if len(x) == len(y) == 3 and y[0] != x[0] == 1 and a.requires_grad_slot:
        x = x[1:]
    if len(y) > 2 and (len(x) > 2 or not a.requires_grad_slot):
        return apply(_batched, (a, b))
    found = apply(_folded, (a, b))
    if len(y) <= 2 or len(x) == 1:
        return found
    no_copy = x[0] <= 1 or y[-1] <= 1 or 0 in y[:-2]
    return titled("TransposeBackward0" if no_copy else "CloneBackward0", found)


@composite(
    "matmul(Tensor input, Tensor other)",
    names=("torch.matmul", "Tensor.matmul", "linalg.matmul"),
    sample=([[1.0, 2.0], [3.0, -1.0]], [0.5, 2.0]),
)
def matmul(input, other):
    """`input @ other`: the dot product of vectors, products of matrices, or of batches of them.

    >>> matmul([[1., 2.], [3., 4.]], [1., 1.])
    tensor([3., 7.])
    """
    return multiply(input, other)


def _operator(self: Tensor, other: Any) -> Any:
    return multiply(self, other) if isinstance(other, Tensor) else NotImplemented


def _swapped_operator(self: Tensor, other: Any) -> Any:
    return multiply(other, self) if isinstance(other, Tensor) else NotImplemented


install_work("matmul", _operator)
install_work("rmatmul", _swapped_operator)
