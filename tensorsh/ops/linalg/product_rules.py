"""What products of vectors and matrices ask of their operands, in PyTorch's words.

Products do not promote dtypes, and PyTorch names the two that differ in another way for each kind of
product. Where shapes do not fit, the help says which transpose would.
"""

from __future__ import annotations

from typing import Any

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, common_shape
from ...errors import DTypeError, ShapeError


def same_dtype(a: Spec, b: Spec, message: str, names: str = "c") -> None:
    """Products do not promote. `message` takes the two dtypes, by C++ names or by titles."""
    if a.dtype is not b.dtype:
        x, y = (dt.c_names[s.dtype] if names == "c" else s.dtype.title for s in (a, b))
        wider = dt.promote_types(a.dtype, b.dtype).name
        raise DTypeError(
            message.format(x, y), code="dtype-mismatch", help=f"convert one operand, e.g. x.to({wider})"
        )


def no_bool(kernel: str, of: Spec) -> None:
    """PyTorch has no such kernel for bool."""
    if of.dtype is dt.bool_:
        raise DTypeError(
            f"\"{kernel}\" not implemented for 'Bool'",
            raises=NotImplementedError,
            code="not-implemented",
            help="convert it: x.float()",
        )


def check_slices(name: str, a: Any, b: Any, want: tuple[int, int]) -> None:
    """How many dimensions the slices that `vmap` multiplies must have."""
    have = len(a.spec.shape), len(b.spec.shape)
    if have != want:
        raise ShapeError(
            f"Shape mismatch: Got incorrect dims for {name}(a, b). a has dim {have[0]}and b has dim {have[1]}"
            f"but expected them to have dim {want[0]} and dim {want[1]}"
        )


def transposes(a: tuple[int, ...], b: tuple[int, ...]) -> str | None:
    """Which transpose of matrices (or batches) of these shapes would make `a @ b` work."""
    if len(a) < 2 or len(b) < 2:
        if len(a) == 2 and a[0] == b[0]:
            return f"transpose the left operand: a.T gives [{a[1]}]"
        if len(b) == 2 and a[0] == b[1]:
            return f"transpose the right operand: b.T gives [{b[0]}]"
        return None
    batch = common_shape(a[:-2], b[:-2])
    if batch is None:
        return None
    turned = ".mT" if len(a) > 2 or len(b) > 2 else ".T"
    (m, k), (l, n) = a[-2:], b[-2:]
    if k == n:
        return f"transpose the right operand: b{turned} gives {[*batch, m, l]}"
    if m == l:
        return f"transpose the left operand: a{turned} gives {[*batch, k, n]}"
    if m == n:
        return f"swap the operands: b @ a gives {[*batch, l, k]}"
    return None


def check_mm(left: tuple[int, ...], right: tuple[int, ...], a: tuple[int, ...], b: tuple[int, ...]) -> None:
    """(m×k) times (l×n); `a` and `b` are the shapes the user gave."""
    (m, k), (l, n) = left, right
    if k != l:
        raise ShapeError(
            f"mat1 and mat2 shapes cannot be multiplied ({m}x{k} and {l}x{n})",
            code="matmul-shape",
            help=transposes(a, b),
        )


def check_batch_sizes(a: Spec, b: Spec) -> None:
    """Batches of matrices, one for one."""
    if a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        raise ShapeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{a.shape[0]}, {a.shape[2]}] but got: [{b.shape[0]}, {b.shape[1]}].",
            code="matmul-shape",
            help=transposes(a.shape, b.shape),
        )


def check_mv(mat: tuple[int, ...], vec: int, result: int | None, a: Any, b: Any) -> None:
    if mat[1] != vec or result not in (None, 1, mat[0]):
        raise ShapeError(
            f"size mismatch, got input ({mat[0] if result is None else result}), "
            f"mat ({mat[0]}x{mat[1]}), vec ({vec})",
            code="matmul-shape",
            help=transposes(a, b),
        )


def mv_dtype(mat: Spec, vec: Spec, input: Spec | None = None) -> None:
    input = input or vec
    if not (mat.dtype is vec.dtype is input.dtype):
        raise DTypeError(
            "addmv input tensors must have the same dtype, but got "
            f"{input.dtype.title}, {mat.dtype.title}, and {vec.dtype.title}",
            code="dtype-mismatch",
            help=f"convert one operand, e.g. x.to({dt.promote_types(mat.dtype, vec.dtype).name})",
        )
    no_bool("addmv_impl_cpu", mat)


def check_bmm(a: Spec, b: Spec, batch: int, shapes: tuple[Any, Any]) -> None:
    """The matrices of two batches whose leading dimensions make `batch`."""
    if a.shape[-1] != b.shape[-2]:
        raise ShapeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{batch}, {a.shape[-1]}] but got: [{batch}, {b.shape[-2]}].",
            code="matmul-shape",
            help=transposes(*shapes),
        )
    bmm_dtype(a, b)


def bmm_dtype(a: Spec, b: Spec) -> None:
    same_dtype(a, b, "expected scalar type {} but found {}", "title")
    no_bool("bmm", a)
