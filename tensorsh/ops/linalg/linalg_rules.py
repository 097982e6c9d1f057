"""What all of linear algebra shares: checks of matrices in PyTorch's words, LAPACK on batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.mode import EAGER
from ...engine.core.spec import Spec, broadcast_shapes, spec
from ...engine.records.op import registry
from ...engine.values.tensor import Tensor
from ...errors import DTypeError, GradientError, ShapeError
from ..rules.families import conj

Array = np.ndarray[Any, Any]


# ------------------------------------------------------------------ checks


def need_matrix(name: str, a: Spec, what: str = "A") -> None:
    if a.ndim < 2:
        raise ShapeError(
            f"{name}: The input tensor {what} must have at least 2 dimensions.",
            help="unsqueeze(-1) makes a column of a vector, unsqueeze(0) a row",
        )


def need_square_shape(name: str, a: Spec) -> None:
    need_matrix(name, a)
    square(name, a)


def square(name: str, a: Spec) -> None:
    prefix = f"{name}: " if name else ""
    if a.shape[-1] != a.shape[-2]:
        raise ShapeError(
            f"{prefix}A must be batches of square matrices, but they are "
            f"{a.shape[-2]} by {a.shape[-1]} matrices",
            help="linalg.lstsq, pinv, qr and svd take matrices of any shape",
        )


def need_float(name: str, a: Spec, low_precision: bool = True) -> None:
    if a.dtype.category < dt.FLOAT:
        raise DTypeError(
            f"{name}: Expected a floating point or complex tensor as input. Got {a.dtype.title}",
            help="convert it: x.float()",
        )
    if a.dtype.is_half and not low_precision:
        raise DTypeError(
            f"{name}: Low precision dtypes not supported. Got {a.dtype.title}", help="convert it: x.float()"
        )


def need_kernel(kernel: str, a: Spec) -> None:
    """LAPACK has float32, float64 and their complex types."""
    if a.dtype.category < dt.FLOAT or a.dtype.is_half:
        raise DTypeError(
            f"\"{kernel}\" not implemented for '{a.dtype.title}'",
            raises=NotImplementedError,
            code="not-implemented",
            help="convert it: x.float()",
        )


def need_square(name: str, a: Spec, low_precision: bool = True) -> None:
    """A (batch of) square float matrices, checked in PyTorch's order."""
    need_square_shape(name, a)
    need_float(name, a, low_precision)


def equation_shapes(name: str, a: Spec, b: Spec, left: bool) -> None:
    """A X = B, or X A = B where not `left`."""
    n = b.shape[-2] if left else b.shape[-1]
    if a.shape[-1] != n:
        raise ShapeError(
            f"{name}: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
            f"({a.shape[-2]}x{a.shape[-1]} and {b.shape[-2]}x{b.shape[-1]})",
            help=f"B needs {a.shape[-1]} {'rows' if left else 'columns'}",
        )


def equal_dtypes(name: str, a: Spec, b: Spec, names: tuple[str, str] = ("A", "B")) -> None:
    if a.dtype is not b.dtype:
        raise DTypeError(
            f"{name}: Expected {names[0]} and {names[1]} to have the same dtype, but found {names[0]} of type "
            f"{a.dtype.title} and {names[1]} of type {b.dtype.title} instead",
            code="dtype-mismatch",
            help=f"convert one: {names[1]}.to({a.dtype.name})",
        )


def batched(a: Spec, b: Spec) -> tuple[int, ...]:
    """The common batch of A and B; a mismatch names B's size first."""
    return broadcast_shapes(b.shape[:-2], a.shape[:-2])


def real_spec(a: Spec, shape: tuple[int, ...]) -> Spec:
    return spec(shape, a.dtype.to_real(), a.device)


def info_spec(a: Spec, shape: tuple[int, ...]) -> Spec:
    """LAPACK's `info`, or pivots."""
    return spec(shape, dt.int32, a.device)


# ------------------------------------------------------------------ kernels


def lapack(name: str, a: Array) -> Any:
    """The LAPACK routine for the dtype of `a`: `lapack("getrf", a)` is `sgetrf` for float32."""
    from scipy.linalg import lapack as routines

    return getattr(routines, "sdcz"["fdFD".index(a.dtype.char)] + name)


def matrices(a: Array, *others: Array) -> Iterator[tuple[int, ...]]:
    """The indexes of a batch's matrices, none where they are empty."""
    if a.shape[-1] and a.shape[-2]:
        yield from np.ndindex(a.shape[:-2])


def batch_label(index: int, batch: tuple[int, ...]) -> str:
    """PyTorch's `(Batch element 3): ` in errors about one matrix of a batch."""
    return f"(Batch element {index}): " if batch else ""


def failure(info: Tensor) -> int | None:
    """Where a decomposition of a batch has failed, as its `info` says; a trace takes it that it has not, and looks."""
    if info.spec.is_meta or (context.current().mode is not EAGER and not info.mapped and _expected(info)):
        return None
    return first_failure(info.array)


def _expected(info: Tensor) -> bool:
    return context.current().mode.holds(registry["all"](registry["eq"](info, 0)))


def first_failure(info: Array) -> int | None:
    """The flat index of the first matrix whose `info` reports a failure."""
    failed = np.flatnonzero(info)
    return int(failed[0]) if failed.size else None


def turned(a: Array) -> Array:
    """The conjugate transpose."""
    return a.swapaxes(-1, -2).conj()


def column_major(a: Array) -> Array:
    """The same matrices column by column in memory, as LAPACK leaves its results."""
    return np.ascontiguousarray(a.swapaxes(-1, -2)).swapaxes(-1, -2)


# ------------------------------------------------------------------ parts of derivatives


def transposed(x: Tensor) -> Tensor:
    return registry["transpose"](x, -2, -1)


def adjoint(x: Tensor) -> Tensor:
    """The conjugate transpose of the last two dimensions."""
    return conj(transposed(x))


def diagonal(x: Tensor) -> Tensor:
    return registry["diagonal"](x, 0, -2, -1)


def diag_embed(x: Tensor) -> Tensor:
    return registry["diag_embed"](x)


def narrow(x: Tensor, dim: int, start: int, length: int) -> Tensor:
    return registry["narrow"](x, dim, start, length)


def eye_like(x: Tensor) -> Tensor:
    """The identity, as wide as the matrices of `x`."""
    return registry["eye"](x.spec.shape[-1], dtype=x.dtype, device=x.device)


def skew(x: Tensor) -> Tensor:
    return x - adjoint(x)


def gauge_free(name: str, what: str, *parts: Tensor | None) -> None:
    """The phase of complex vectors is arbitrary: a loss that depends on it has no gradient."""
    total = None
    for part in parts:
        if part is not None and not part.spec.is_meta:
            phase = part.array.diagonal(0, -2, -1).imag / 2
            total = phase if total is None else total + phase
    if total is not None and total.size and np.abs(total).max() > 1e-2:
        raise GradientError(
            f"{name}: The {what} in the complex case are specified up to multiplication by e^{{i phi}}. "
            "The specified loss function depends on this quantity, so it is ill-defined.",
            help="use what no phase changes, such as U @ U.mH or abs(U)",
        )
