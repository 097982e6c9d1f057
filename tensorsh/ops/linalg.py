"""Linear algebra on (batches of) matrices: inverse, determinant, solving, Cholesky.

Derivatives follow Giles (2008), "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", in conjugate-transpose form so that they hold for complex matrices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import dtype as dt
from ..engine.apply import apply
from ..engine.op import composite, op, registry
from ..engine.results import named_result
from ..engine.spec import Spec, broadcast_shapes, spec
from ..engine.tensor import Tensor
from ..errors import DTypeError, LinalgError, ShapeError

FIX_FLOAT = "convert it: x.float() or x.double()"


def adjoint(x: Tensor) -> Tensor:
    """The conjugate transpose of the last two dimensions."""
    flipped = registry["transpose"](x, -2, -1)
    return flipped.conj() if x.dtype.is_complex else flipped


def need_float(name: str, a: Spec) -> None:
    if a.dtype.category < dt.FLOAT:
        raise DTypeError(
            f"{name}: Expected a floating point or complex tensor as input. Got {a.dtype.title}",
            help=FIX_FLOAT,
        )


def need_matrix(name: str, a: Spec, what: str = "A") -> None:
    if a.ndim < 2:
        raise ShapeError(f"{name}: The input tensor {what} must have at least 2 dimensions.")


def need_square(name: str, a: Spec) -> None:
    """The checks that PyTorch makes of a square float matrix, in its order."""
    need_matrix(name, a)
    if a.shape[-1] != a.shape[-2]:
        raise ShapeError(
            f"{name}: A must be batches of square matrices, but they are {a.shape[-2]} by {a.shape[-1]} matrices"
        )
    need_float(name, a)


def real_spec(a: Spec, shape: tuple[int, ...]) -> Spec:
    return spec(shape, a.dtype.to_real(), a.device)


def batch_suffix(index: tuple[int, ...]) -> str:
    """PyTorch's `(Batch element 3): ` where a batch has more than one matrix."""
    return f"(Batch element {index[0]}): " if index else ""


# ------------------------------------------------------------------ inverse


def _inv_infer(a: Spec) -> Spec:
    need_square("linalg.inv", a)
    return a


@op(
    "linalg.inv(Tensor A)",
    infer=_inv_infer,
    names=("linalg.inv", "torch.inverse", "Tensor.inverse"),
    grad_fn="LinalgInvExBackward0",
    sample=([[2.0, 1.0], [1.0, 3.0]],),
)
def inv(a):
    """The inverse of a square matrix, or of each in a batch. Error: a matrix is singular.

    >>> linalg.inv([[2., 0.], [0., 4.]])
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        raise singular("linalg.inv", a) from None


def singular(name: str, a: np.ndarray[Any, Any]) -> LinalgError:
    for index in np.ndindex(a.shape[:-2]):
        try:
            np.linalg.inv(a[index])
        except np.linalg.LinAlgError:
            diagonal = zero_pivot(a[index])
            return LinalgError(
                f"{name}: {batch_suffix(index)}The diagonal element {diagonal} is zero, the inversion could not "
                "be completed because the input matrix is singular.",
                code="singular",
                help="linalg.pinv(A) is defined for every matrix; linalg.matrix_rank(A) tells how far it is from full",
            )
    raise AssertionError("no matrix was singular")


def zero_pivot(a: np.ndarray[Any, Any]) -> int:
    """1-based index of the first zero on U's diagonal."""
    from scipy.linalg import lu_factor

    factored, _ = lu_factor(a, check_finite=False)
    zeros = np.flatnonzero(factored.diagonal() == 0)
    return int(zeros[0]) + 1 if zeros.size else a.shape[-1]


@inv.derivative("A")
def _(grad, output):
    h = adjoint(output)
    return -(h @ grad @ h)


# ------------------------------------------------------------------ determinant


def _det_infer(a: Spec) -> Spec:
    need_square("linalg.det", a)
    return a.with_shape(a.shape[:-2])


@op(
    "linalg.det(Tensor A)",
    infer=_det_infer,
    names=("linalg.det", "torch.det", "Tensor.det"),
    sample=([[2.0, 1.0], [1.0, 3.0]],),
)
def det(a):
    """The determinant of a square matrix, or of each in a batch.

    >>> det([[2., 1.], [1., 3.]])
    tensor(5.)
    """
    return np.linalg.det(a)


@det.derivative("A")
def _(grad, A, output):
    # the gradient is grad · conj(cofactors); the cofactors need no inverse, so singular matrices work
    return (grad.unsqueeze(-1).unsqueeze(-1)) * cofactor(A).conj()


@op("cofactor(Tensor A)", infer=lambda a: a, names=(), grad_fn="CofactorBackward0")
def cofactor(a):
    """The matrix of cofactors: d det(A) / d A, from the SVD so that it holds for singular matrices."""
    if a.shape[-1] == 1:
        return np.ones_like(a)
    u, s, vh = np.linalg.svd(a)
    phase = np.linalg.det(u) * np.linalg.det(vh)
    n = a.shape[-1]
    others = np.ones_like(s)
    for i in range(n):
        others[..., i] = np.prod(np.delete(s, i, -1), -1)
    return (phase[..., None, None]) * (u.conj() * others[..., None, :]) @ vh.conj()


@cofactor.derivative("A")
def _(grad, A):
    # C = det(A) A^-T; exact where A is invertible, which second derivatives need anyway
    it = registry["transpose"](inv(A), -2, -1)
    d = det(A).unsqueeze(-1).unsqueeze(-1)
    inner = (grad * it.conj()).sum(dim=(-2, -1), keepdim=True)
    d_conj = d.conj()
    return d_conj * (inner * it.conj() - it.conj() @ registry["transpose"](grad, -2, -1) @ it.conj())


def _slogdet_infer(a: Spec) -> tuple[Spec, Spec]:
    need_square("linalg.slogdet", a)
    return a.with_shape(a.shape[:-2]), real_spec(a, a.shape[:-2])


@op("slogdet_pair(Tensor A)", infer=_slogdet_infer, names=(), grad_fn="LinalgSlogdetBackward0")
def slogdet_pair(a):
    """(sign, log|det|) as two outputs."""
    return tuple(np.linalg.slogdet(a))


@slogdet_pair.derivative("A")
def _(grads, A, outputs):
    h = adjoint(inv(A))
    sign_grad, log_grad = grads
    total = None
    if log_grad is not None:
        total = h * log_grad.unsqueeze(-1).unsqueeze(-1)
    if sign_grad is not None and A.dtype.is_complex:
        sign = outputs[0]
        turn = registry["Tensor.imag"] if "Tensor.imag" in registry else registry["imag"]
        im = turn(sign_grad.conj() * sign)
        part = h * (registry["complex"](registry["zeros_like"](im), -im)).unsqueeze(-1).unsqueeze(-1)
        total = part if total is None else total + part
    return total


@composite("linalg.slogdet(Tensor A)", names=("linalg.slogdet", "torch.slogdet", "Tensor.slogdet"))
def slogdet(A):
    """Sign and natural logarithm of the absolute value of the determinant.

    >>> linalg.slogdet([[2., 0.], [0., 4.]]).logabsdet
    tensor(2.0794)
    """
    return named_result("linalg_slogdet", ("sign", "logabsdet"))(apply(slogdet_pair, (A,)))


@composite("logdet(Tensor input)")
def logdet(input):
    """The logarithm of the determinant; nan where the determinant is negative.

    >>> logdet([[2., 0.], [0., 4.]])
    tensor(2.0794)
    """
    sign, value = apply(slogdet_pair, (input,))
    if input.dtype.is_complex:
        return registry["log"](sign) + value
    return registry["where"](sign == -1, float("nan"), value)


# ------------------------------------------------------------------ solving


def solve_shapes(name: str, a: Spec, b: Spec, left: bool) -> tuple[tuple[int, ...], bool]:
    """The shape of the solution, and whether `b` is a batch of vectors."""
    if a.dtype is not b.dtype:
        raise DTypeError(
            f"{name}: Expected A and B to have the same dtype, but found A of type {a.dtype.title} "
            f"and B of type {b.dtype.title} instead",
            help=f"convert one: B.to({a.dtype.name})",
        )
    vector = b.ndim == 1 or (a.ndim - 1 == b.ndim and b.shape == a.shape[:-1])
    matrix = (*b.shape, 1) if vector else b.shape
    if left:
        if a.shape[-1] != matrix[-2]:
            raise ShapeError(
                f"{name}: Incompatible shapes of A and B for the equation AX = B "
                f"({a.shape[-2]}x{a.shape[-1]} and {matrix[-2]}x{matrix[-1]})"
            )
    elif a.shape[-1] != matrix[-1]:
        raise ShapeError(
            f"{name}: Incompatible shapes of A and B for the equation XA = B "
            f"({a.shape[-2]}x{a.shape[-1]} and {matrix[-2]}x{matrix[-1]})"
        )
    shape = broadcast_shapes(a.shape[:-2], matrix[:-2]) + matrix[-2:]
    return (shape[:-1] if vector else shape), vector


def _solve_infer(a: Spec, b: Spec, left: bool) -> Spec:
    need_square("linalg.solve", a)
    shape, vector = solve_shapes("linalg.solve", a, b, left)
    if vector and not left:
        raise ShapeError(
            "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False."
        )
    return b.with_shape(shape)


@op(
    "linalg.solve(Tensor A, Tensor B, *, bool left=True)",
    infer=_solve_infer,
    grad_fn="LinalgSolveExBackward0",
    sample=([[2.0, 1.0], [1.0, 3.0]], [[1.0, 2.0], [0.5, -1.0]]),
)
def solve(a, b, left):
    """The X with A X = B (X A = B for left=False). Error: A is singular.

    >>> linalg.solve([[2., 0.], [0., 4.]], [2., 4.])
    tensor([1., 1.])
    """
    vector = b.ndim == 1 or (a.ndim - 1 == b.ndim and b.shape == a.shape[:-1])
    try:
        if vector:
            return np.linalg.solve(a, b[..., None])[..., 0]
        if left:
            return np.linalg.solve(a, b)
        return np.linalg.solve(a.swapaxes(-1, -2), b.swapaxes(-1, -2)).swapaxes(-1, -2)
    except np.linalg.LinAlgError:
        raise LinalgError(
            "torch.linalg.solve: The solver failed because the input matrix is singular.",
            code="singular",
            help="linalg.lstsq(A, B) or linalg.pinv(A) @ B gives the least-squares solution",
        ) from None


@solve.derivative("A", "B")
def _(grad, A, B_spec, output, left, needs):
    vector = B_spec.ndim == 1 or (A.ndim - 1 == B_spec.ndim and B_spec.shape == A.spec.shape[:-1])
    g, x = (grad.unsqueeze(-1), output.unsqueeze(-1)) if vector else (grad, output)
    gb = solve(adjoint(A), g, left=left)
    ga = None
    if needs[0]:
        ga = -(gb @ adjoint(x)) if left else -(adjoint(x) @ gb)
    return ga, (gb.squeeze(-1) if vector else gb)


# ------------------------------------------------------------------ Cholesky


def _cholesky_infer(a: Spec, upper: bool) -> Spec:
    need_square("linalg.cholesky", a)
    return a


@op(
    "linalg.cholesky(Tensor A, *, bool upper=False)",
    infer=_cholesky_infer,
    grad_fn="LinalgCholeskyExBackward0",
)
def cholesky(a, upper):
    """The lower triangular L with A = L Lᴴ (upper: A = Uᴴ U). Error: A is not positive-definite.

    >>> linalg.cholesky([[4., 2.], [2., 5.]])
    tensor([[2., 0.],
            [1., 2.]])
    """
    return cholesky_kernel(a, upper, "linalg.cholesky")


def cholesky_kernel(a: np.ndarray[Any, Any], upper: bool, name: str) -> np.ndarray[Any, Any]:
    source = a.swapaxes(-1, -2).conj() if upper else a
    try:
        low = np.linalg.cholesky(source)
        if not np.isnan(low).any():
            return low.swapaxes(-1, -2).conj() if upper else low
    except np.linalg.LinAlgError:
        pass
    for index in np.ndindex(a.shape[:-2]):
        order = leading_minor(source[index])
        if order:
            raise LinalgError(
                f"{name}: {batch_suffix(index)}The factorization could not be completed because the input is not "
                f"positive-definite (the leading minor of order {order} is not positive-definite).",
                code="not-positive-definite",
                help="Cholesky wants a symmetric matrix with positive eigenvalues: see linalg.eigvalsh(A)",
            )
    return np.full_like(a, np.nan)


def leading_minor(a: np.ndarray[Any, Any]) -> int:
    """The order of the first leading minor that is not positive-definite; 0 if all are."""
    for order in range(1, a.shape[-1] + 1):
        try:
            low = np.linalg.cholesky(a[:order, :order])
        except np.linalg.LinAlgError:
            return order
        if np.isnan(low).any():
            return order
    return 0


@cholesky.derivative("A")
def _(grad, output, upper):
    if upper:
        return cholesky_gradient(adjoint(grad), adjoint(output))
    return cholesky_gradient(grad, output)


def cholesky_gradient(grad: Tensor, low: Tensor) -> Tensor:
    """Murray (2016): A̅ = ½ L⁻ᴴ (Φ + Φᴴ) L⁻¹ with Φ the lower half of Lᴴ L̅ (diagonal halved)."""
    phi = registry["tril"](adjoint(low) @ grad)
    both = phi + adjoint(registry["tril"](phi, -1)) if not low.dtype.is_complex else _hermitian(phi)
    inner = solve_triangular(adjoint(low), both, upper=True)
    return registry["mul"](solve_triangular(adjoint(low), adjoint(inner), upper=True), 0.5)


def _hermitian(phi: Tensor) -> Tensor:
    """phi + phiᴴ with the (real) diagonal counted once."""
    strict = registry["tril"](phi, -1)
    diagonal = registry["diag_embed"](registry["real"](registry["diagonal"](phi, 0, -2, -1)))
    return strict + adjoint(strict) + diagonal


def _triangular_infer(a: Spec, b: Spec, upper: bool, left: bool, unitriangular: bool) -> Spec:
    need_square("linalg.solve_triangular", a)
    need_matrix("linalg.solve_triangular", b, "B")
    if a.dtype is not b.dtype:
        solve_shapes("linalg.solve_triangular", a, b, left)
    n = b.shape[-2] if left else b.shape[-1]
    if a.shape[-1] != n:
        equation = "AX = B" if left else "XA = B"
        raise ShapeError(
            f"linalg.solve_triangular: Incompatible shapes of A and B for the equation {equation} "
            f"({a.shape[-2]}x{a.shape[-1]} and {b.shape[-2]}x{b.shape[-1]})"
        )
    return b.with_shape(broadcast_shapes(a.shape[:-2], b.shape[:-2]) + b.shape[-2:])


@op(
    "linalg.solve_triangular(Tensor A, Tensor B, *, bool upper, bool left=True, bool unitriangular=False)",
    infer=_triangular_infer,
)
def solve_triangular(a, b, upper, left, unitriangular):
    """The X with A X = B (X A = B for left=False) where A is triangular; its other half is not read.

    >>> linalg.solve_triangular([[2., 1.], [0., 4.]], [[4.], [4.]], upper=True)
    tensor([[1.5000],
            [1.0000]])
    """
    from scipy.linalg import solve_triangular as solve_one

    shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    if b.size == 0 or a.size == 0:
        return np.zeros(shape + b.shape[-2:], b.dtype)
    all_a = np.broadcast_to(a, shape + a.shape[-2:])
    all_b = np.broadcast_to(b, shape + b.shape[-2:])
    out = np.empty(all_b.shape, b.dtype)
    for index in np.ndindex(shape):
        try:
            if left:
                out[index] = solve_one(
                    all_a[index],
                    all_b[index],
                    lower=not upper,
                    unit_diagonal=unitriangular,
                    check_finite=False,
                )
            else:
                out[index] = solve_one(
                    all_a[index].T,
                    all_b[index].T,
                    lower=upper,
                    unit_diagonal=unitriangular,
                    check_finite=False,
                ).T
        except np.linalg.LinAlgError:
            out[index] = np.inf
    return out


@solve_triangular.derivative("A", "B")
def _(grad, A, output, upper, left, unitriangular, needs):
    gb = solve_triangular(adjoint(A), grad, upper=not upper, left=left, unitriangular=unitriangular)
    ga = None
    if needs[0]:
        ga = -(gb @ adjoint(output)) if left else -(adjoint(output) @ gb)
        k = int(unitriangular)
        ga = registry["triu"](ga, k) if upper else registry["tril"](ga, -k)
    return ga, gb
