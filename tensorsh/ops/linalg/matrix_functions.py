"""Powers, the exponential, chains of products; cross and dot products; equations of tensors."""

from __future__ import annotations

import math

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, broadcast_shapes
from ...engine.core.warn import warn
from ...engine.numerics.fma import FLOAT32, FLOAT64, combined
from ...engine.records.op import composite, op, registry
from ...engine.values.tensor import Tensor
from ...errors import BadIndex, BadValue, DTypeError, ShapeError
from ..rules.families import conj
from ..rules.infer import wrap_dim
from .exponential import exponential
from .linalg_rules import adjoint, equal_dtypes, eye_like, narrow, need_float, need_square, need_square_shape

# ------------------------------------------------------------------ powers and the exponential


@composite(
    "linalg.matrix_power(Tensor A, int n)",
    names=("linalg.matrix_power", "torch.matrix_power", "Tensor.matrix_power"),
)
def matrix_power(A, n):
    """A multiplied n times with itself, by repeated squaring; a negative n takes the inverse.

    >>> linalg.matrix_power([[1., 1.], [0., 1.]], 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    need_square_shape("linalg.matrix_power", A.spec)
    if n == 0:
        return A.clone().copy_(eye_like(A).expand(*A.spec.shape))
    if n < 0:
        A, n = registry["linalg.inv"](A), -n
        if n == 1:
            return A
    elif n == 1:
        return A.clone()
    if n == 3:
        return (A @ A) @ A
    result = square = None
    while n:
        n, bit = divmod(n, 2)
        square = A if square is None else square @ square
        if bit:
            result = square if result is None else result @ square
    return result


def _exp_infer(a: Spec) -> Spec:
    need_square("linalg.matrix_exp", a)
    return a


@op(
    "linalg.matrix_exp(Tensor A)",
    batching="aligned",
    infer=_exp_infer,
    names=("linalg.matrix_exp", "torch.matrix_exp", "Tensor.matrix_exp"),
    sample=([[0.5, 1.0], [-0.2, 0.3]],),
    steep=True,
)
def matrix_exp(a):
    """The matrix exponential: I + A + A²/2! + A³/3! + …

    >>> linalg.matrix_exp([[0., 2.], [0., 0.]])
    tensor([[1., 2.],
            [0., 1.]])
    """
    return exponential(a) if a.size else np.array(a)


@matrix_exp.derivative("A")
def _(grad, A):
    """exp of [[Aᴴ, A̅], [0, Aᴴ]] has the gradient in its upper right block."""
    h = adjoint(A)
    cat = registry["cat"]
    block = cat((cat((h, grad), -1), cat((registry["zeros_like"](h), h), -1)), -2)
    n = A.spec.shape[-1]
    return narrow(narrow(matrix_exp(block), -2, 0, n), -1, n, n)


# ------------------------------------------------------------------ chains of products


@composite("linalg.multi_dot(Tensor[] tensors)")
def multi_dot(tensors):
    """The product of all matrices, in the order that takes the fewest multiplications.

    The first and the last may be vectors.

    >>> linalg.multi_dot(([[1., 2.]], [[3.], [4.]], [[2., 0.]]))
    tensor([[22.,  0.]])
    """
    n = len(tensors)
    if n < 2:
        raise ShapeError(f"multi_dot(): expected at least 2 tensors but got {n}")
    chain = list(tensors)
    shape: list[int] = []
    for where, i in (("first", 0), ("last", n - 1)):
        ndim = chain[i].ndim
        if ndim not in (1, 2):
            raise ShapeError(f"multi_dot(): the {where} tensor must be 1D or 2D but got {ndim}D")
        if ndim == 1:
            chain[i] = chain[i].unsqueeze(0 if i == 0 else -1)
        else:
            shape.append(chain[i].spec.shape[0 if i == 0 else 1])
    for i, t in enumerate(chain[1:-1], 1):
        if t.ndim != 2:
            raise ShapeError(f"multi_dot(): tensor {i} must be 2D but got {t.ndim}D")
    for i, t in enumerate(chain[1:], 1):
        if t.dtype is not chain[0].dtype:
            raise DTypeError(
                "multi_dot(): all tensors must have be the same dtype but tensor 0 is "
                f"{dt.c_names[chain[0].dtype]} and tensor {i} {dt.c_names[t.dtype]}",
                code="dtype-mismatch",
                help=f"convert it: .to({chain[0].dtype.name})",
            )
    for i in range(n - 1):
        if chain[i].spec.shape[1] != chain[i + 1].spec.shape[0]:
            raise ShapeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {list(chain[i].spec.shape)} and "
                f"{list(chain[i + 1].spec.shape)} cannot be multiplied",
                operands=tuple(tensors),
            )
    sizes = [t.spec.shape[0] for t in chain] + [chain[-1].spec.shape[1]]
    return _multiply(chain, cheapest_splits(sizes), 0, n - 1).view(shape)


def cheapest_splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """For each run i…j of matrices (k-th: sizes[k] × sizes[k+1]) after which one to split it."""
    n = len(sizes) - 1
    cost = dict.fromkeys(((i, i) for i in range(n)), 0)
    split = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = {
                k: cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)
            }
            # of three matrices, equal costs go from left to right
            split[i, j] = min(costs, key=lambda k: (costs[k], -k if n == 3 else k))
            cost[i, j] = costs[split[i, j]]
    return split


def _multiply(chain: list[Tensor], split: dict[tuple[int, int], int], i: int, j: int) -> Tensor:
    if i == j:
        return chain[i]
    k = split[i, j]
    return registry["mm"](_multiply(chain, split, i, k), _multiply(chain, split, k + 1, j))


# ------------------------------------------------------------------ products of vectors


#: dtypes whose products PyTorch's kernel subtracts with a fused step
FUSED = (FLOAT32, FLOAT64)


def _cross_infer(a: Spec, b: Spec, dim: int) -> Spec:
    if a.ndim != b.ndim:
        raise ShapeError("linalg.cross: inputs must have the same number of dimensions.")
    if not a.ndim:
        raise BadIndex(f"Dimension specified as {dim} but tensor has no dimensions")
    at = wrap_dim(dim, a.ndim)
    sizes = [s.shape[at] for s in (a, b)]
    if sizes != [3, 3]:
        raise ShapeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {sizes[0]} and {sizes[1]}"
        )
    if a.dtype is dt.bool_:
        raise DTypeError(
            "\"cross\" not implemented for 'Bool'", raises=NotImplementedError, code="not-implemented"
        )
    shape = broadcast_shapes(a.shape, b.shape)
    if a.dtype is not b.dtype:
        raise DTypeError(
            f"expected scalar type {a.dtype.title} but found {b.dtype.title}",
            code="dtype-mismatch",
            help=f"convert one: other.to({a.dtype.name})",
        )
    return a.with_shape(shape)


@op(
    "linalg.cross(Tensor input, Tensor other, *, int dim=-1)",
    batching="along",
    infer=_cross_infer,
    sample=([1.0, 2.0, 3.0], [0.5, -1.0, 2.0]),
    steep=True,
)
def linalg_cross(a, b, dim):
    """The cross product of vectors of three elements along `dim`.

    >>> linalg.cross([1., 0., 0.], [0., 1., 0.])
    tensor([0., 0., 1.])
    """
    a, b = np.broadcast_arrays(a, b)
    (x, y, z), (u, v, w) = np.moveaxis(a, dim, 0), np.moveaxis(b, dim, 0)
    return np.stack((_difference(y, w, z, v), _difference(z, u, x, w), _difference(x, v, y, u)), dim)


def _difference(a, b, c, d):
    """a b - c d, of floats with one rounding of the first product and the difference."""
    return combined(-(c * d), a, b) if a.dtype in FUSED else a * b - c * d


@linalg_cross.derivative("input")
def _(grad, other, dim):
    return linalg_cross(conj(other), grad, dim=dim)


@linalg_cross.derivative("other")
def _(grad, input, dim):
    return linalg_cross(grad, conj(input), dim=dim)


@composite("cross(Tensor input, Tensor other, int? dim=None)")
def cross(input, other, dim):
    """The cross product along `dim`, by default the first dimension of size 3.

    >>> cross([1., 0., 0.], [0., 1., 0.])
    tensor([0., 0., 1.])
    """
    if dim is None:
        warn(
            "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim "
            "explicitly or simply use torch.linalg.cross.\nThe default value of dim will change to agree with "
            "that of linalg.cross in a future release.",
            once=True,
            internal="aten/src/ATen/native/Cross.cpp:63",
            help="dim=-1, or linalg.cross(a, b)",
            operands=(input, other),
        )
        dim = next((i for i, size in enumerate(input.spec.shape) if size == 3), None)
        if dim is None:
            raise ShapeError("no dimension of size 3 in input", help="a cross product is of three numbers")
    return linalg_cross(input, other, dim=dim)


@composite("linalg.vecdot(Tensor x, Tensor y, *, int dim=-1)")
def vecdot(x, y, dim):
    """The dot products of vectors along `dim`, of the conjugate of `x` with `y`; batches broadcast.

    >>> linalg.vecdot([[1., 2.], [3., 4.]], [1., 1.])
    tensor([3., 7.])
    """
    need_float("linalg.vecdot", x.spec)
    equal_dtypes("linalg.vecdot", x.spec, y.spec, ("x", "y"))
    if x.ndim == y.ndim == 1:
        return registry["vdot"](x, y)
    return (conj(x) * y).sum(dim=dim)


@composite("linalg.diagonal(Tensor A, *, int offset=0, int dim1=-2, int dim2=-1)")
def diagonal(A, offset, dim1, dim2):
    """The diagonals of (a batch of) matrices, as a view.

    >>> linalg.diagonal([[1., 2.], [3., 4.]])
    tensor([1., 4.])
    """
    return registry["diagonal"](A, offset, dim1, dim2)


@composite("linalg.vander(Tensor x, *, int? N=None)")
def vander(x, N):
    """The powers x⁰ … xᴺ⁻¹ of each element, along a new last dimension.

    >>> linalg.vander([1, 2, 3])
    tensor([[1, 1, 1],
            [1, 2, 4],
            [1, 3, 9]])
    """
    if x.dtype is dt.bool_:
        raise DTypeError("linalg.vander supports floating point, complex, and integer tensors, but got Bool")
    x = x.unsqueeze(-1) if x.ndim == 0 else x
    n = x.spec.shape[-1] if N is None else N
    if n <= 1:
        raise BadValue("N must be greater than 1.")
    powers = x.unsqueeze(-1).expand(*x.spec.shape, n - 1).cumprod(-1)
    ones = registry["ones"](*x.spec.shape, 1, dtype=powers.dtype, device=x.device)
    return registry["cat"]((ones, powers), -1)


@composite("vander(Tensor x, int? N=None, bool increasing=False)", names=("torch.vander",))
def vander_of_vector(x, N, increasing):
    """The powers of each element as rows, the highest first unless `increasing`.

    >>> vander([1, 2, 3])
    tensor([[1, 1, 1],
            [4, 2, 1],
            [9, 3, 1]])
    """
    if x.ndim != 1:
        raise ShapeError("x must be a one-dimensional tensor.")
    n = x.spec.shape[0] if N is None else N
    if n < 0:
        raise BadValue("N must be non-negative.")
    powers = x.unsqueeze(-1) ** registry["arange"](n, device=x.device)
    return powers if increasing else powers.flip(-1)


# ------------------------------------------------------------------ equations of tensors


@composite("linalg.tensorinv(Tensor A, int ind=2)")
def tensorinv(A, ind):
    """The inverse of A as a map from its last dimensions to its first `ind` ones.

    >>> linalg.tensorinv(ones(1, 1, 1), ind=1).shape
    torch.Size([1, 1, 1])
    """
    if ind <= 0:
        raise BadValue(f"Expected a strictly positive integer for 'ind', but got {ind}")
    shape = A.spec.shape
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise ShapeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{columns} != {rows}"
        )
    return registry["linalg.inv"](A.reshape(columns, rows)).reshape(shape[ind:] + shape[:ind])


@composite("linalg.tensorsolve(Tensor A, Tensor B, int[]? dims=None)")
def tensorsolve(A, B, dims):
    """The X with tensordot(A, X, X.ndim) == B; `dims` of A are moved to its end first.

    >>> linalg.tensorsolve(eye(2).reshape(2, 1, 2), [[3.], [4.]])
    tensor([3., 4.])
    """
    if dims is not None:
        last = tuple(range(A.ndim - len(dims), A.ndim))
        A = registry["movedim"](A, dims, last)
    shape = A.spec.shape
    columns = math.prod(shape[B.ndim :])
    if B.spec.numel != columns:
        raise ShapeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {columns} != {B.spec.numel}"
        )
    x = registry["linalg.solve"](A.reshape(columns, columns), B.flatten())
    return x.reshape(shape[B.ndim :])
