"""Distances and similarities between vectors: rows of matrices, pairs of rows, along a dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, broadcast_shapes
from ...engine.numerics import vector_sqrt
from ...engine.numerics.cascade import total
from ...engine.numerics.small_products import matrix_product
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import promoted
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import wrap
from ...errors import BadValue, DTypeError, ShapeError
from ..elementwise.powers import exact_power
from ..rules.families import not_implemented
from .linalg_norm import vector_norm_primitive
from .matmul import batches, multiply

_MM = "use_mm_for_euclid_dist"
_MM_IF_LARGE = "use_mm_for_euclid_dist_if_necessary"
_NO_MM = "donot_use_mm_for_euclid_dist"

#: elements of the differences held at once
_BLOCK = 1 << 20


def distances(diff: Any, p: float) -> Any:
    """The p-norms of the last dimension."""
    size = np.abs(diff)
    if p == 0:
        return np.count_nonzero(size, axis=-1).astype(size.dtype)
    if p == 1:
        return _in_lanes(size)
    if p == 2:
        return np.sqrt(_in_lanes(size * size))
    if p == np.inf:
        return size.max(-1, initial=0)
    # the root is that of a double in PyTorch
    total = _in_lanes(exact_power(size, size.dtype.type(p)))
    return np.power(total.astype(np.float64), 1 / p).astype(size.dtype)


def _in_lanes(x: Any) -> Any:
    """The sums of rows as PyTorch adds them up: in the lanes of a vector, which meet in the end."""
    lanes = 32 // x.itemsize
    whole = x.shape[-1] // lanes * lanes
    if not whole:
        return x.sum(-1)
    found = x[..., :lanes].copy()
    for i in range(lanes, whole, lanes):
        found += x[..., i : i + lanes]
    found[..., : x.shape[-1] - whole] += x[..., whole:]
    while found.shape[-1] > 1:
        half = found.shape[-1] // 2
        found = found[..., :half] + found[..., half:]
    return found[..., 0]


def slopes(diff: Tensor, distance: Tensor, p: float) -> Tensor:
    """d distance / d diff, for each coordinate; 0 where it is undefined."""
    d = distance.unsqueeze(-1)
    if p == 0:
        return diff * 0
    if p == 1:
        return diff.sign()
    if p == 2:
        return (diff / d).masked_fill(d == 0, 0)
    size = diff.abs()
    if p == np.inf:
        return diff.sign() * (size == d)
    if p < 1:
        return (diff.sign() * (size / d) ** (p - 1)).masked_fill((size == 0) | (d == 0), 0)
    if p < 2:
        return (diff.sign() * (size / d) ** (p - 1)).masked_fill(d == 0, 0)
    return (diff * size ** (p - 2) / d ** (p - 1)).masked_fill(d == 0, 0)


# ------------------------------------------------------------------ cdist


def _cdist_infer(a: Spec, b: Spec, p: float) -> Spec:
    for name, s in (("X1", a), ("X2", b)):
        if s.dtype.category != dt.FLOAT:
            raise DTypeError(
                f"cdist only supports floating-point dtypes, {name} got: {s.dtype.title}",
                code="dtype",
                help="convert it: x.float()",
            )
    for name, s in (("X1", a), ("X2", b)):
        if s.ndim < 2:
            raise ShapeError(
                f"cdist only supports at least 2D tensors, {name} got: {s.ndim}D",
                code="cdist-rank",
                help="rows are points: x.unsqueeze(0) makes a single one",
            )
    if a.shape[-1] != b.shape[-1]:
        raise ShapeError(
            f"X1 and X2 must have the same number of columns. X1: {a.shape[-1]} X2: {b.shape[-1]}",
            code="cdist-shape",
        )
    if p < 0:
        raise BadValue("cdist only supports non-negative p values", code="cdist-p")
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    if a.dtype is not b.dtype:
        raise DTypeError(
            f"expected scalar type {a.dtype.title} but found {b.dtype.title}", code="dtype-mismatch"
        )
    return a.with_shape((*batch, a.shape[-2], b.shape[-2]))


def _direct_infer(a: Spec, b: Spec, p: float) -> Spec:
    if a.dtype is b.dtype or a.dtype.itemsize != 2:
        out = _cdist_infer(a, b, p)
    else:  # PyTorch looks for a kernel before it compares the dtypes
        out = _cdist_infer(a, b.with_dtype(a.dtype), p)
    if a.dtype.itemsize == 2 and out.numel:
        raise not_implemented("cdist", a)
    return out


@op("cdist(Tensor x1, Tensor x2, float p)", batching="aligned", infer=_direct_infer, names=())
def cdist_direct(a, b, p):
    """The norm of each difference, taken over blocks of rows of `x1`."""
    step = max(_BLOCK // max(b.size, 1), 1)
    parts = [
        distances(a[..., i : i + step, None, :] - b[..., None, :, :], p)
        for i in range(0, max(a.shape[-2], 1), step)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, -2)


@cdist_direct.derivative("x1", "x2", one="")
def _(grad, x1, x2, output, p, needs):
    diff = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    each = grad.unsqueeze(-1) * slopes(diff, output, p)
    # PyTorch adds to zeros, so that no gradient is -0
    return each.sum(-2) + 0 if needs[0] else None, (-each).sum(-3) + 0 if needs[1] else None


@op(
    "cdist(Tensor x1, Tensor x2, float p)",
    batching="aligned",
    infer=_cdist_infer,
    names=(),
    grad_fn="ViewBackward0",
)
def cdist_by_product(a, b, p):
    """|a - b|² = -2ab + |a|² + |b|², PyTorch's one product of matrices with two more columns."""
    left = total(a * a, (a.ndim - 1,), True)
    right = total(b * b, (b.ndim - 1,), True)
    rows = np.concatenate([a * a.dtype.type(-2), left, np.ones_like(left)], -1)
    columns = np.concatenate([b, np.ones_like(right), right], -1).swapaxes(-1, -2)
    product = matrix_product if rows.ndim == columns.ndim == 2 else batches
    return vector_sqrt.sqrt(np.maximum(product(rows, columns), 0))


@cdist_by_product.derivative("x1", "x2", one="")
def _(grad, x1, x2, output, needs):
    ratio = (grad / output).masked_fill(output == 0, 0)
    return (
        x1 * ratio.sum(-1, keepdim=True) - multiply(ratio, x2) if needs[0] else None,
        x2 * ratio.sum(-2).unsqueeze(-1) - multiply(ratio.transpose(-2, -1), x1) if needs[1] else None,
    )


@composite(
    f"cdist(Tensor x1, Tensor x2, float p=2.0, str compute_mode='{_MM_IF_LARGE}')",
    names=("torch.cdist",),
    sample=([[1.0, 2.0], [0.5, -1.0]], [[0.0, 0.5]]),
)
def cdist(x1, x2, p, compute_mode):
    """The p-norm distance of each row of `x1` from each row of `x2`, (…, P, M), (…, R, M) → (…, P, R).

    >>> cdist([[0., 0.], [3., 0.]], [[0., 4.]])
    tensor([[4.],
            [5.]])
    """
    if compute_mode not in (_MM, _MM_IF_LARGE, _NO_MM):
        raise BadValue(
            f"{compute_mode} is not a valid value for compute_mode", raises=ValueError, code="cdist-mode"
        )
    wide = p == 2 and min(x1.ndim, x2.ndim) >= 2 and x1.spec.numel and x2.spec.numel
    large = wide and max(x1.shape[-2], x2.shape[-2]) > 25
    if wide and (compute_mode == _MM or (compute_mode == _MM_IF_LARGE and large)):
        return cdist_by_product(x1, x2, p)
    return cdist_direct(x1, x2, p)


# ------------------------------------------------------------------ pdist


def _pdist_infer(x: Spec, p: float) -> Spec:
    if x.ndim != 2:
        raise ShapeError(f"pdist only supports 2D tensors, got: {x.ndim}D", code="pdist-rank")
    if x.dtype.category != dt.FLOAT:
        raise DTypeError(
            "pdist only supports floating-point dtypes", code="dtype", help="convert it: x.float()"
        )
    if p < 0:
        raise BadValue("pdist only supports non-negative p values", code="pdist-p")
    if x.dtype.itemsize == 2 and x.shape[0] > 1:
        raise not_implemented("pdist", x)
    n = x.shape[0]
    return x.with_shape((n * (n - 1) // 2,))


@op(
    "nn.functional.pdist(Tensor input, float p=2.0)",
    infer=_pdist_infer,
    names=("nn.functional.pdist", "torch.pdist"),
    sample=([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]],),
)
def pdist(x, p):
    """The p-norm distances of all pairs of rows, (n, m) → (n(n-1)/2), in the order of the upper triangle.

    >>> nn.functional.pdist([[0., 0.], [3., 4.], [0., 1.]])
    tensor([5.0000, 1.0000, 4.2426])
    """
    first, second = np.triu_indices(x.shape[0], 1)
    return distances(x[first] - x[second], p)


@pdist.derivative("input", one="")
def _(grad, input, output, p):
    n = input.spec.shape[0]
    first, second = (wrap(i) for i in np.triu_indices(n, 1))
    each = grad.unsqueeze(-1) * slopes(input[first] - input[second], output, p)
    zero = input * 0
    return zero.index_add(0, first, each) - zero.index_add(0, second, each)


# ------------------------------------------------------------------ along a dimension


def _norm_infer(x: Spec, ord: float, dim: Any, keepdim: bool, dtype: Any) -> Spec:
    return vector_norm_primitive.infer(x, ord, dim, keepdim, dtype)


norm_along = op(
    "norm(Tensor x, float ord, int[]? dim, bool keepdim, dtype? dtype)",
    batching="along all",
    infer=_norm_infer,
    names=(),
    grad_fn="NormBackward1",
    formula=lambda *_: "{0}.norm({1}, {2}, {3})",
)(vector_norm_primitive.kernel)
norm_along.derivatives = vector_norm_primitive.derivatives


@composite(
    "nn.functional.pairwise_distance(Tensor x1, Tensor x2, float p=2.0, float eps=1e-6, bool keepdim=False)",
    names=("nn.functional.pairwise_distance", "torch.pairwise_distance"),
    sample=([[1.0, 2.0]], [[0.5, -1.0]]),
)
def pairwise_distance(x1, x2, p, eps, keepdim):
    """The p-norm of `x1 - x2 + eps` over the last dimension.

    >>> nn.functional.pairwise_distance([[0., 0.], [3., 0.]], [[0., 4.], [0., 4.]])
    tensor([4.0000, 5.0000])
    """
    last = max(x1.ndim, x2.ndim) - 1
    return norm_along(x1 - x2 + eps, p, (max(last, 0),), keepdim, None)


@composite(
    "nn.functional.cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-8)",
    names=("nn.functional.cosine_similarity", "torch.cosine_similarity"),
    sample=([[1.0, 2.0]], [[0.5, -1.0]]),
)
def cosine_similarity(x1, x2, dim, eps):
    """The cosine of the angle between vectors along `dim`: `x1·x2 / (max(|x1|, eps) max(|x2|, eps))`.

    >>> nn.functional.cosine_similarity([[1., 0.]], [[1., 1.]])
    tensor([0.7071])
    """
    common = promoted([x1.spec, x2.spec], context.current().dtype)
    if common.category != dt.FLOAT:
        raise DTypeError(
            f"expected common dtype to be floating point, yet common dtype is {common.title}",
            code="dtype",
            help="convert them: x.float()",
            operands=(x1, x2),
        )
    if eps < 0:
        raise BadValue(f"eps must be non-negative, got: {eps:g}", code="cosine-eps")
    shape = broadcast_shapes(x1.spec.shape, x2.spec.shape)
    x1, x2 = x1.to(common).expand(shape), x2.to(common).expand(shape)
    return (_unit(x1, dim, eps) * _unit(x2, dim, eps)).sum(dim)


def _unit(x: Tensor, dim: int, eps: float) -> Tensor:
    """`x / max(|x|, eps)`; the gradient of the norm goes through as if it were not clamped."""
    norm = registry["linalg.vector_norm"](x, 2, dim, True).clone()
    with context.GradMode(False):
        norm.clamp_min_(eps)
    return x / norm
