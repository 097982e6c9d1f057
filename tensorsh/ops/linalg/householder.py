"""Householder reflections, in LAPACK's form: geqrf makes them, householder_product and ormqr apply them.

Column i of `input` holds below its diagonal the vector vᵢ (a 1 stands on the diagonal, zeros above);
Hᵢ = 1 - τᵢ vᵢ vᵢᴴ, and Q = H₁ H₂ … Hₖ.
"""

from __future__ import annotations

import numpy as np

from ...engine.core.results import named_result
from ...engine.core.spec import Spec
from ...engine.records.op import composite, op, registry
from ...engine.values.tensor import Tensor
from ...errors import DTypeError, ShapeError
from ..rules.by_text import written
from .linalg_rules import adjoint, column_major, lapack, matrices, narrow, need_kernel


def _geqrf_infer(a: Spec) -> tuple[Spec, Spec]:
    if a.ndim < 2:
        raise ShapeError("torch.geqrf: input must have at least 2 dimensions.")
    need_kernel("geqrf_cpu", a)
    return a, a.with_shape((*a.shape[:-2], min(a.shape[-2:])))


@op("geqrf(Tensor input)", infer=_geqrf_infer, names=(), steep=True)
def geqrf_primitive(a):
    """(R with the vectors below its diagonal, τ)."""
    out = column_major(np.array(a))
    tau = np.zeros((*a.shape[:-2], min(a.shape[-2:])), a.dtype)
    for index in matrices(a):
        out[index], tau[index], *_ = lapack("geqrf", a)(a[index])
    return out, tau


@composite("geqrf(Tensor input)")
def geqrf(input):
    """The QR decomposition as LAPACK keeps it: R, below its diagonal the Householder vectors, and their τ.

    >>> a, tau = geqrf([[3., 1.], [4., 2.]])
    >>> a.triu()
    tensor([[-5.0000, -2.2000],
            [ 0.0000,  0.4000]])
    """
    return named_result("geqrf", ("a", "tau"))(geqrf_primitive(input))


def _check(name: str, a: Spec, tau: Spec, other: Spec | None = None) -> None:
    short = name.rpartition(".")[2]
    if a.ndim < 2:
        raise ShapeError(f"{name}: input must have at least 2 dimensions.")
    if other is None and a.shape[-2] < a.shape[-1]:
        raise ShapeError(
            f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]",
            help="the product has as many columns as `input`, and no more than rows",
        )
    if other is None and a.shape[-1] < tau.shape[-1]:
        raise ShapeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if a.ndim - tau.ndim != 1:
        raise ShapeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to "
            f"{tau.ndim} and input.ndim is equal to {a.ndim}"
        )
    if tau.shape[:-1] != a.shape[:-2]:
        raise ShapeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
            f"{list(tau.shape[:-1])}"
        )
    if tau.dtype is not a.dtype:
        raise DTypeError(
            f"{name}: tau dtype {tau.dtype.title} does not match input dtype {a.dtype.title}",
            code="dtype-mismatch",
            help=f"convert one: tau.to({a.dtype.name})",
        )
    need_kernel("orgqr_cpu" if other is None else short + "_cpu", a)


def reflected(x: Tensor, vectors: Tensor, tau: Tensor, i: int, turn: bool = False) -> Tensor:
    """Hᵢ x, or Hᵢᴴ x."""
    v, t = narrow(vectors, -1, i, 1), narrow(tau, -1, i, 1).unsqueeze(-1)
    return x - (t.conj() if turn else t) * (v @ (adjoint(v) @ x))


def householder_vectors(input: Tensor) -> Tensor:
    unit = registry["eye"](*input.spec.shape[-2:], dtype=input.dtype, device=input.device)
    return registry["tril"](input, -1) + unit


def _product_infer(a: Spec, tau: Spec) -> Spec:
    _check("torch.linalg.householder_product", a, tau)
    return a


@written(
    "linalg.householder_product(Tensor input, Tensor tau)",
    ("input", "tau"),
    infer=_product_infer,
    names=("linalg.householder_product", "torch.orgqr", "Tensor.orgqr"),
    sample=([[1.0, 0.5], [0.3, 2.0], [-0.7, 0.4]], [0.8, 1.1]),
)
def householder_product(input, tau):
    """The first columns of Q = H₁ H₂ … Hₖ, as many as `input` has.

    >>> linalg.householder_product(*geqrf([[3.], [4.]]))
    tensor([[-0.6000],
            [-0.8000]])
    """
    vectors = householder_vectors(input)
    out = registry["eye"](*input.spec.shape[-2:], dtype=input.dtype, device=input.device).expand(
        input.spec.shape
    )
    for i in reversed(range(tau.spec.shape[-1])):
        out = reflected(out, vectors, tau, i)
    return out


def _ormqr_infer(a: Spec, tau: Spec, other: Spec, left: bool, transpose: bool) -> Spec:
    if a.ndim < 2:
        raise ShapeError("torch.ormqr: input must have at least 2 dimensions.")
    rows = other.shape[-2 if left else -1] if other.ndim > 1 else 0
    side = -2 if left else -1
    if other.ndim < 2:
        raise ShapeError("torch.ormqr: other must have at least 2 dimensions.")
    if rows < tau.shape[-1]:
        raise ShapeError(f"torch.ormqr: other.shape[{side}] must be greater than or equal to tau.shape[-1]")
    if rows != a.shape[-2]:
        raise ShapeError(f"torch.ormqr: other.shape[{side}] must be equal to input.shape[-2]")
    if tau.shape[-1] != min(rows, a.shape[-1]):
        raise ShapeError(
            f"torch.ormqr: tau.shape[-1] must be equal to min(other.shape[{side}], input.shape[-1])"
        )
    _check("torch.ormqr", a, tau, other)
    return other


@written(
    "ormqr(Tensor input, Tensor tau, Tensor other, bool left=True, bool transpose=False)",
    ("input", "tau", "other"),
    infer=_ormqr_infer,
    sample=([[1.0, 0.5], [0.3, 2.0], [-0.7, 0.4]], [0.8, 1.1], [[1.0], [2.0], [-1.0]]),
)
def ormqr(input, tau, other, left, transpose):
    """Q @ other (other @ Q for left=False; Qᴴ for Q with transpose=True), where Q is the whole product.

    >>> ormqr(tensor([[1.], [1.]]), [1.], [[3.], [4.]])
    tensor([[-4.],
            [-3.]])
    """
    vectors = householder_vectors(input)
    # (C Q)ᴴ = Qᴴ Cᴴ
    turn = transpose == left
    out = other if left else adjoint(other)
    each = range(tau.spec.shape[-1])
    for i in each if turn else reversed(each):
        out = reflected(out, vectors, tau, i, turn)
    return out if left else adjoint(out)
