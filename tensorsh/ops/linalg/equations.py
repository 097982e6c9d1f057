"""Inverses, determinants and linear equations, of matrices and of batches of them.

Derivatives are those of Giles (2008), "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", with conjugate transposes, so that they hold for complex matrices too.
"""

from __future__ import annotations

import numpy as np

from ...engine.core import context
from ...engine.core.results import named_result
from ...engine.core.spec import Spec
from ...engine.numerics import cascade
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import LinalgError, ShapeError
from .linalg_rules import (
    Array,
    adjoint,
    batch_label,
    batched,
    column_major,
    diag_embed,
    equal_dtypes,
    equation_shapes,
    failure,
    info_spec,
    need_float,
    need_kernel,
    need_matrix,
    need_square,
    need_square_shape,
    real_spec,
)
from .lu_kernels import getrf, getrs, permutation_sign, solves_here, solves_such

# ------------------------------------------------------------------ inverse


def _inv_infer(a: Spec) -> tuple[Spec, Spec]:
    need_square("linalg.inv", a, low_precision=False)
    return a, info_spec(a, a.shape[:-2])


@op(
    "linalg.inv(Tensor A)",
    batching="aligned",
    infer=_inv_infer,
    names=(),
    grad_fn="LinalgInvExBackward0",
    formula="linalg.inv_ex({0})",
    sample=([[2.0, 1.0], [1.0, 3.0]],),
    steep=True,
)
def inv_primitive(a):
    """The inverses, and for each 0 or the 1-based position of the first zero pivot."""
    identity = np.eye(a.shape[-1], dtype=a.dtype)
    if solves_here(a, identity):
        lu, pivots, info = getrf(a)
        return getrs(lu, pivots, identity), info
    info = np.zeros(a.shape[:-2], np.int32)
    try:
        return column_major(np.linalg.inv(a)), info
    except np.linalg.LinAlgError:
        lu, pivots, info = getrf(a)
        return getrs(lu, pivots, np.broadcast_to(identity, a.shape)), info


@inv_primitive.derivative("A")
def _(grad, output):
    h = adjoint(output)
    return -(h @ (grad @ h))


@composite("linalg.inv(Tensor A)", names=("linalg.inv", "torch.inverse", "Tensor.inverse"))
def inv(A):
    """The inverse of a square matrix, or of each in a batch. Error: a matrix is singular.

    >>> linalg.inv([[2., 0.], [0., 4.]])
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    inverse, info = apply(inv_primitive, (A,))
    _check_inverse("linalg.inv", info)
    return inverse


@composite("linalg.inv_ex(Tensor A, *, bool check_errors=False)")
def inv_ex(A, check_errors):
    """The inverse without an error where there is none: `info` tells which pivot was zero, 0 for success.

    >>> linalg.inv_ex([[1., 1.], [1., 1.]]).info
    tensor(2, dtype=torch.int32)
    """
    result = apply(inv_primitive, (A,))
    if check_errors:
        _check_inverse("linalg.inv_ex", result[1])
    return named_result("linalg_inv_ex", ("inverse", "info"))(result)


def _check_inverse(name: str, info: Tensor) -> None:
    at = failure(info)
    if at is not None:
        raise LinalgError(
            f"{name}: {batch_label(at, info.spec.shape)}The diagonal element {info.array.flat[at]} is zero, the "
            "inversion could not be completed because the input matrix is singular.",
            code="singular",
            help="linalg.pinv(A) exists for every matrix; linalg.matrix_rank(A) tells how far A is from full rank",
        )


# ------------------------------------------------------------------ determinant


def _det_infer(a: Spec) -> Spec:
    need_square("linalg.det", a)
    need_kernel("lu_cpu", a)
    return a.with_shape(a.shape[:-2])


@op(
    "linalg.det(Tensor A)",
    batching="aligned",
    infer=_det_infer,
    names=("linalg.det", "torch.det", "Tensor.det"),
    sample=([[2.0, 1.0], [1.0, 3.0]],),
    steep=True,
)
def det(a):
    """The determinant of a square matrix, or of each in a batch.

    >>> det([[2., 1.], [1., 3.]])
    tensor(5.)
    """
    lu, pivots, _ = getrf(_as_factored(a))
    return permutation_sign(pivots, a.dtype) * lu.diagonal(0, -2, -1).prod(-1)


def _as_factored(a: Array) -> Array:
    """PyTorch factors the transpose of a matrix that lies row by row, as it is what LAPACK reads there."""
    return a.swapaxes(-1, -2) if np.isrealobj(a) and a.flags.c_contiguous else a


@det.derivative("A")
def _(grad, A, output):
    scaled = grad * _conj(output)
    if not context.current().grad_enabled:
        return apply(adjoint_solve, (A, _times_identity(scaled, A), True))
    if output.spec.is_meta or not bool((output == 0).any()):
        return solve_ex(adjoint(A), _times_identity(scaled, A))[0]
    return _adjugate_gradient(grad, A)


def _times_identity(scale: Tensor, A: Tensor) -> Tensor:
    n = A.spec.shape[-1]
    return diag_embed(scale.unsqueeze(-1).expand(*scale.spec.shape, n))


def _conj(x: Tensor) -> Tensor:
    return x.conj() if x.dtype.is_complex else x


def _adjugate_gradient(grad: Tensor, A: Tensor) -> Tensor:
    """The adjugate through the SVD: det(U Vᴴ) U diag(product of the other singular values) Vᴴ."""
    U, S, Vh = registry["linalg.svd"](A)
    n = S.spec.shape[-1]
    cat, stack = registry["cat"], registry["stack"]
    others = [cat((S[..., :i], S[..., i + 1 :]), -1).prod(-1) for i in range(n)]
    phase = _conj(det(U) * det(Vh)) * grad
    return (U * (phase.unsqueeze(-1) * stack(others, -1)).unsqueeze(-2)) @ Vh


def _adjoint_solve_infer(a: Spec, b: Spec, perturb: bool) -> Spec:
    return b


@op(
    "adjoint_solve(Tensor A, Tensor B, bool perturb)",
    batching="together",
    infer=_adjoint_solve_infer,
    names=(),
    nondifferentiable=True,
    steep=True,
)
def adjoint_solve(a, b, perturb):
    """The X with Aᴴ X = B, whatever A is; `perturb`: as if zero pivots were the dtype's epsilon."""
    factored = _as_factored(a)
    lu, pivots, _ = getrf(factored)
    if perturb:
        diagonal = np.einsum("...ii->...i", lu)
        diagonal[diagonal == 0] = np.finfo(a.dtype).eps
    return getrs(lu, pivots, b, trans=2 if factored is a else 0)


@op(
    "transposed_solve(Tensor A, Tensor B)",
    batching="together",
    infer=lambda a, b: b,
    names=(),
    nondifferentiable=True,
    steep=True,
)
def transposed_solve(a, b):
    """The X with Aᵀ X = B."""
    lu, pivots, _ = getrf(a)
    return getrs(lu, pivots, b, trans=1)


def _slogdet_infer(a: Spec) -> tuple[Spec, Spec]:
    need_square("linalg.slogdet", a, low_precision=False)
    return a.with_shape(a.shape[:-2]), real_spec(a, a.shape[:-2])


@op(
    "linalg.slogdet(Tensor A)",
    batching="aligned",
    infer=_slogdet_infer,
    names=(),
    sample=([[2.0, 1.0], [1.0, 3.0]],),
    steep=True,
)
def slogdet_primitive(a):
    """(sign, log|det|)."""
    lu, pivots, _ = getrf(_as_factored(a))
    diagonal = lu.diagonal(0, -2, -1)
    size = np.abs(diagonal)
    phase = (
        np.sign(diagonal)
        if np.isrealobj(a)
        else np.divide(diagonal, size, where=size != 0, out=np.zeros_like(diagonal))
    )
    logs = registry["log"].kernel(np.ascontiguousarray(size))  # its digits are those of PyTorch's loop
    return permutation_sign(pivots, a.dtype) * phase.prod(-1), cascade.total(logs, (logs.ndim - 1,), False)


@slogdet_primitive.derivative("A")
def _(grads, A, outputs):
    sign_grad, total = grads
    if sign_grad is not None and A.dtype.is_complex:
        turn = registry["imag"](_conj(sign_grad) * outputs[0]) * 1j
        total = -turn if total is None else total - turn
    if total is None:
        return registry["zeros_like"](A)
    right = _times_identity(total.to(A.dtype), A)
    if not context.current().grad_enabled:
        return apply(adjoint_solve, (A, right, False))
    return solve(adjoint(A), right)


@composite("linalg.slogdet(Tensor A)")
def linalg_slogdet(A):
    """Sign and natural logarithm of the absolute value of the determinant.

    >>> linalg.slogdet([[2., 0.], [0., 4.]]).logabsdet
    tensor(2.0794)
    """
    return named_result("linalg_slogdet", ("sign", "logabsdet"))(apply(slogdet_primitive, (A,)))


@composite("slogdet(Tensor input)")
def slogdet(input):
    """The older name of linalg.slogdet.

    >>> slogdet([[2., 0.], [0., 4.]]).sign
    tensor(1.)
    """
    return named_result("slogdet", ("sign", "logabsdet"))(apply(slogdet_primitive, (input,)))


@composite("logdet(Tensor input)")
def logdet(input):
    """The logarithm of the determinant; nan where the determinant is negative.

    >>> logdet([[2., 0.], [0., 4.]])
    tensor(2.0794)
    """
    need_square("logdet", input.spec, low_precision=False)
    sign, value = apply(slogdet_primitive, (input,))
    if input.dtype.is_complex:
        return registry["log"](sign) + value
    return registry["where"](sign == -1, float("nan"), value)


# ------------------------------------------------------------------ linear equations


def is_vector(a: Spec, b: Spec) -> bool:
    """Whether B is one vector for each matrix A (or one for all)."""
    return b.ndim == 1 or (a.ndim - 1 == b.ndim and b.shape == a.shape[:-1])


def _solve_infer(a: Spec, b: Spec, left: bool) -> tuple[Spec, Spec]:
    need_square_shape("linalg.solve", a)
    need_float("linalg.solve", a)
    equal_dtypes("linalg.solve", a, b)
    vector = is_vector(a, b)
    matrix = b.with_shape((*b.shape, 1)) if vector else b
    need_matrix("linalg.solve", matrix, "B")
    equation_shapes("linalg.solve", a, matrix, left)
    if vector and not left:
        raise ShapeError(
            "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False.",
            help="use B.unsqueeze(-1)",
        )
    need_kernel("lu_cpu", a)
    shape = batched(a, matrix) + matrix.shape[-2:]
    return b.with_shape(shape[:-1] if vector else shape), info_spec(a, a.shape[:-2])


@op(
    "linalg.solve(Tensor A, Tensor B, bool left)",
    infer=_solve_infer,
    names=(),
    grad_fn="LinalgSolveExBackward0",
    formula="linalg.solve_ex({0}, {1}, left={2})",
    sample=([[2.0, 1.0], [1.0, 3.0]], [[1.0, 2.0], [0.5, -1.0]], True),
    steep=True,
)
def solve_primitive(a, b, left):
    """The solutions, and for each A 0 or the 1-based position of the first zero pivot."""
    vector = b.ndim == 1 or (a.ndim - 1 == b.ndim and b.shape == a.shape[:-1])
    right = b[..., None] if vector else b
    if left and solves_here(a, right):
        lu, pivots, info = getrf(a)
        x = getrs(lu, pivots, right)
        return (x[..., 0] if vector else x), info
    info = np.zeros(a.shape[:-2], np.int32)
    try:
        x = _numpy_solve(a, right, left)
    except np.linalg.LinAlgError:
        lu, pivots, info = getrf(a)
        x = (
            getrs(lu, pivots, right)
            if left
            else getrs(lu, pivots, right.swapaxes(-1, -2), trans=1).swapaxes(-1, -2)
        )
    return (x[..., 0] if vector else x), info


def _numpy_solve(a: Array, b: Array, left: bool) -> Array:
    if left:
        return column_major(np.linalg.solve(a, b))
    return column_major(np.linalg.solve(a.swapaxes(-1, -2), b.swapaxes(-1, -2))).swapaxes(-1, -2)


@solve_primitive.derivative("A", "B")
def _(grad, A, B_spec, output, left, needs):
    vector = is_vector(A.spec, B_spec)
    g, x = (grad.unsqueeze(-1), output.unsqueeze(-1)) if vector else (grad, output)
    if left and not context.current().grad_enabled and solves_such(A.spec, g.spec):
        gb = apply(transposed_solve, (A, g))  # by the factors that gave the solution
    else:
        gb = apply(solve_primitive, (adjoint(A), g, left))[0]
    ga = None
    if needs[0]:
        ga = -(gb @ adjoint(x)) if left else -(adjoint(x) @ gb)
    return ga, (gb.squeeze(-1) if vector else gb)


@solve_primitive.batched
def _(slices, A, B, left):
    a, b = slices.full(A), slices.full(B)
    if len(B.spec.shape) == 1:
        solution, info = slices.run(a, b.unsqueeze(-1), left)
        return solution.squeeze(-1), info
    return slices.run(a, b, left) if a.ndim == b.ndim else NotImplemented


@composite("linalg.solve(Tensor A, Tensor B, *, bool left=True)")
def solve(A, B, left):
    """The X with A X = B (X A = B for left=False). Error: A is singular.

    >>> linalg.solve([[2., 0.], [0., 4.]], [2., 4.])
    tensor([1., 1.])
    """
    x, info = apply(solve_primitive, (A, B, left))
    _check_solved("torch.linalg.solve", info)
    return x


@composite("linalg.solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False)")
def solve_ex(A, B, left, check_errors):
    """The X with A X = B without an error where A is singular: `info` is then not 0.

    >>> linalg.solve_ex([[2., 0.], [0., 4.]], [2., 4.]).result
    tensor([1., 1.])
    """
    result = apply(solve_primitive, (A, B, left))
    if check_errors:
        _check_solved("torch.linalg.solve_ex", result[1])
    return named_result("linalg_solve_ex", ("result", "info"))(result)


def _check_solved(name: str, info: Tensor) -> None:
    at = failure(info)
    if at is not None:
        raise LinalgError(
            f"{name}: {batch_label(at, info.spec.shape)}The solver failed because the input matrix is singular.",
            code="singular",
            help="linalg.lstsq(A, B) or linalg.pinv(A) @ B gives a least-squares solution",
        )
