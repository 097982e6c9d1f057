"""How close a matrix is to having no inverse: rank and condition number; the tolerances of both ways."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, broadcast_shapes, spec
from ...engine.records.op import composite, op, registry
from ...engine.records.schema import ABSENT
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, ShapeError
from ..rules.infer import bad_call
from .linalg_norm import matrix_norm
from .linalg_rules import Array, need_matrix, square

# ------------------------------------------------------------------ tolerances


def given_tolerances(name: str, A: Tensor, old: Any, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """atol and rtol, which belong to other overloads than the one tolerance there was before."""
    if old is None or (old is not ABSENT and (atol is not ABSENT or rtol is not ABSENT)):
        raise bad_call(name.replace(".", "_"), A, old, atol=atol, rtol=rtol)
    return None if atol is ABSENT else atol, None if rtol is ABSENT else rtol


def tolerance_pair(
    name: str, A: Tensor, atol: Any, rtol: Any, labels: tuple[str, str] = ("atol", "rtol")
) -> tuple[Any, Any]:
    """Both as float64 tensors. Without either, rtol is the dtype's epsilon times the larger size."""
    found = []
    for label, value in zip(labels, (atol, rtol), strict=True):
        if isinstance(value, Tensor):
            if value.dtype.is_complex:
                raise DTypeError(
                    f"torch.{name}: {label} tensor of complex type is not supported. Got {value.dtype.title}"
                )
            value = value.to(dt.float64)
        found.append(value)
    atol, rtol = found
    if rtol is None:
        width = max(A.spec.shape[-2:])
        epsilon = float(np.finfo(A.spec.np).eps) * width
        if isinstance(atol, Tensor):
            rtol = registry["where"](atol > 0, 0.0, epsilon)
        else:
            rtol = 0.0 if atol is not None and atol > 0 else epsilon
    as_tensor = registry["tensor"]
    atol = 0.0 if atol is None else atol
    pair = [x if isinstance(x, Tensor) else as_tensor(float(x), dtype=dt.float64) for x in (atol, rtol)]
    atol, rtol = (x.detach().to(A.device) for x in pair)
    return atol, rtol


def cutoff(largest: Array, atol: Array, rtol: Array) -> Array:
    """Singular values not above it count as zero; one for each matrix."""
    return np.maximum(atol, rtol * largest)[..., None]


# ------------------------------------------------------------------ rank and condition


def _rank_infer(a: Spec, atol: Spec, rtol: Spec, hermitian: bool) -> Spec:
    if hermitian:
        square("linalg.eigh", a)
    return spec(broadcast_shapes(a.shape[:-2], atol.shape, rtol.shape), dt.int64, a.device)


@op(
    "linalg.matrix_rank(Tensor A, Tensor atol, Tensor rtol, bool hermitian)",
    infer=_rank_infer,
    names=(),
    nondifferentiable=True,
    steep=True,
)
def rank_primitive(a, atol, rtol, hermitian):
    """How many singular values are above max(atol, rtol * the largest)."""
    if not a.size:
        return np.zeros(np.broadcast_shapes(a.shape[:-2], atol.shape, rtol.shape), np.int64)
    s = np.abs(np.linalg.eigvalsh(a)) if hermitian else np.linalg.svd(a, compute_uv=False)
    return (s > cutoff(s.max(-1), atol, rtol)).sum(-1)


@composite(
    "linalg.matrix_rank(Tensor A, any tol=..., bool hermitian=False, *, any atol=..., any rtol=...)",
    names=("linalg.matrix_rank",),
)
def matrix_rank(A, tol, hermitian, atol, rtol):
    """The number of singular values above max(atol, rtol * largest); tol is atol with rtol=0.

    >>> linalg.matrix_rank([[1., 2.], [2., 4.]])
    tensor(1)
    """
    name = "linalg.matrix_rank"
    need_matrix(f"torch.{name}", A.spec, "input")
    need_finfo(A.spec)
    atol, rtol = given_tolerances(name, A, tol, atol, rtol)
    if tol is not ABSENT:
        atol, rtol = tol, 0.0
    return apply(rank_primitive, (A, *tolerance_pair(name, A, atol, rtol), hermitian))


def need_finfo(a: Spec) -> None:
    if a.dtype.category < dt.FLOAT or a.dtype.is_half:
        raise DTypeError(
            "This function doesn't handle types other than float and double", help="convert it: A.float()"
        )


@composite("linalg.cond(Tensor A, any p=None)")
def cond(A, p):
    """The condition number: norm(A) * norm(inverse), for p=None (or 2) largest over smallest singular value.

    >>> linalg.cond([[4., 0.], [0., 2.]])
    tensor(2.)
    """
    if A.ndim < 2:
        raise ShapeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    p = p.item() if isinstance(p, Tensor) else p
    if p is None or (not isinstance(p, str) and abs(p) == 2):
        s = registry["linalg.svdvals"](A)
        if not s.spec.shape[-1]:
            return s.sum(-1)
        first, last = s[..., :1], s[..., -1:]
        return (last / first if p == -2 else first / last).squeeze(-1)
    shown = p if isinstance(p, str) else f"{p:g}"
    if p not in ("fro", "nuc", 1, -1, inf, -inf):
        raise BadValue(f"linalg.cond got an invalid norm type: {shown}")
    if A.spec.numel == 0:
        return registry["zeros"](A.spec.shape[:-2], dtype=A.dtype.to_real(), device=A.device)
    square(f"linalg.cond(ord={shown})", A.spec)
    if p == "nuc":
        s = registry["linalg.svdvals"](A)
        return s.sum(-1) * s.reciprocal().sum(-1)
    inverse, info = registry["linalg.inv_ex"](A)
    inverse = inverse.masked_fill((info > 0).unsqueeze(-1).unsqueeze(-1), inf)
    return (matrix_norm(A, p) * matrix_norm(inverse, p)).nan_to_num(inf, inf, -inf)
