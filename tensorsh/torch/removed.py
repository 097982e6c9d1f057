"""Functions that PyTorch has taken away or left for old programs: what they say, and what two of them still compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.core.warn import warn
from ..engine.values.tensor import Tensor
from .namespace import torch

__all__ = ["eig", "frobenius_norm", "lstsq", "matrix_rank", "nuclear_norm", "solve", "symeig"]

GONE = "This function was deprecated since version 1.9 and is now removed."
SAID = {
    "eig": (
        " `torch.linalg.eig` returns complex tensors of dtype `cfloat` or `cdouble` rather than real tensors mimicking "
        "complex tensors.\n\nL, _ = torch.eig(A) should be replaced with:\nL_complex = torch.linalg.eigvals(A)\n\nand"
        "\n\nL, V = torch.eig(A, eigenvectors=True) should be replaced with:\n"
        "L_complex, V_complex = torch.linalg.eig(A)"
    ),
    "symeig": (
        " The default behavior has changed from using the upper triangular portion of the matrix by default to using "
        "the lower triangular portion.\n\nL, _ = torch.symeig(A, upper=upper) should be replaced with:\n"
        "L = torch.linalg.eigvalsh(A, UPLO='U' if upper else 'L')\n\nand\n\n"
        "L, V = torch.symeig(A, eigenvectors=True) should be replaced with:\n"
        "L, V = torch.linalg.eigh(A, UPLO='U' if upper else 'L')"
    ),
    "lstsq": (
        " `torch.lstsq` is deprecated in favor of `torch.linalg.lstsq`.\n`torch.linalg.lstsq` has reversed arguments "
        "and does not return the QR decomposition in the returned tuple (although it returns other information about "
        "the problem).\n\nTo get the QR decomposition consider using `torch.linalg.qr`.\n\nThe returned solution in "
        "`torch.lstsq` stored the residuals of the solution in the last m - n columns of the returned value whenever "
        "m > n. In torch.linalg.lstsq, the residuals are in the field 'residuals' of the returned named tuple.\n\n"
        "The unpacking of the solution, as in\nX, _ = torch.lstsq(B, A).solution[:A.size(1)]\n"
        "should be replaced with:\nX = torch.linalg.lstsq(A, B).solution"
    ),
    "solve": (
        " `torch.solve` is deprecated in favor of `torch.linalg.solve`. `torch.linalg.solve` has its arguments "
        "reversed and does not return the LU factorization.\n\nTo get the LU factorization see `torch.lu`, which can "
        "be used with `torch.lu_solve` or `torch.lu_unpack`.\nX = torch.solve(B, A).solution should be replaced with:"
        "\nX = torch.linalg.solve(A, B)"
    ),
    "matrix_rank": (
        "\nPlease use the `torch.linalg.matrix_rank` function instead. The parameter 'symmetric' was renamed in "
        "`torch.linalg.matrix_rank()` to 'hermitian'."
    ),
}


def _gone(name: str) -> Callable[..., Any]:
    def function(*_: Any, **__: Any) -> Any:
        raise RuntimeError(GONE + SAID[name])

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Taken away: torch.linalg has what `torch.{name}` was for."
    return function


eig, lstsq, matrix_rank, solve, symeig = map(_gone, ("eig", "lstsq", "matrix_rank", "solve", "symeig"))


def _left(name: str, instead: str, line: int) -> None:
    warn(
        f"at::{name} is deprecated and it is just left for JIT compatibility. It will be removed in a future PyTorch "
        f"release. Please use `{instead}` instead (Triggered internally at "
        f"/__w/pytorch/pytorch/aten/src/ATen/native/LinearAlgebra.cpp:{line}.)"
    )


def frobenius_norm(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """The square root of the sum of squares over dimensions."""
    _left("frobenius_norm", "linalg.vector_norm(A, 2., dim, keepdim)", 3175)
    return torch.linalg.vector_norm(input, 2.0, dim, keepdim)


def nuclear_norm(input: Tensor, dim: Any = (-2, -1), keepdim: bool = False) -> Tensor:
    """The sum of the singular values."""
    _left("nuclear_norm", "linalg.matrix_norm(A, 'nuc', dim, keepdim)", 3229)
    return torch.linalg.matrix_norm(input, "nuc", dim, keepdim)
