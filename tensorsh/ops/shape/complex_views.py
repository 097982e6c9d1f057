"""Complex tensors seen as pairs of real numbers, and pairs as complex numbers, in the same memory."""

from __future__ import annotations

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.addresses import address, owner
from ...engine.core.spec import Spec
from ...engine.records.op import op
from ...engine.run.apply import apply
from ...errors import DTypeError, ShapeError, Unsupported


def as_real_infer(x: Spec) -> Spec:
    if not x.dtype.is_complex:
        raise DTypeError("view_as_real is only supported for complex tensors")
    return x.with_shape((*x.shape, 2)).with_dtype(x.dtype.to_real())


@op(
    "view_as_real(Tensor input)",
    batching="aligned",
    infer=as_real_infer,
    names=("torch.view_as_real",),
    view=True,
    sample=([1.0 + 2.0j],),
)
def view_as_real(x):
    """A complex tensor as a real one whose last dimension holds real and imaginary part; a view.

    >>> view_as_real([1+2j])
    tensor([[1., 2.]])
    """
    real = x.real.dtype
    if x.flags.c_contiguous:
        return x.reshape((*x.shape, 1)).view(real)
    return np.lib.stride_tricks.as_strided(x.real, (*x.shape, 2), (*x.strides, real.itemsize))


@view_as_real.derivative("input")
def _(grad):
    return apply(view_as_complex, (grad.contiguous(),))


def no_half(x: Spec) -> None:
    if x.dtype is dt.float16:
        raise Unsupported(
            "complex numbers of 16-bit parts are not available", help="convert first: x.float()"
        )


def as_complex_infer(x: Spec) -> Spec:
    if x.dtype not in (dt.float16, dt.float32, dt.float64):
        raise DTypeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of "
            "scalar "
            f"type: {x.dtype.title}"
        )
    no_half(x)
    if not x.shape:
        raise ShapeError("Input tensor must have one or more dimensions")
    if x.shape[-1] != 2:
        raise ShapeError("Tensor must have a last dimension of size 2")
    return x.with_shape(x.shape[:-1]).with_dtype(x.dtype.to_complex())


@op(
    "view_as_complex(Tensor input)",
    batching="aligned",
    infer=as_complex_infer,
    names=("torch.view_as_complex",),
    view=True,
    sample=([[1.0, 2.0]],),
)
def view_as_complex(x):
    """A tensor whose last dimension holds real and imaginary part as a complex one; a view.

    >>> view_as_complex([[1., 2.]])
    tensor([1.+2.j])
    """
    step = x.itemsize
    if x.size and x.strides[-1] != step:
        raise ShapeError("Tensor must have a last dimension with stride 1", help="x.contiguous() has it")
    if any(st % (2 * step) for st, n in zip(x.strides[:-1], x.shape[:-1], strict=True) if n > 1):
        raise ShapeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if (address(x) - address(owner(x))) // step % 2:
        raise ShapeError("Tensor must have a storage_offset divisible by 2")
    return x.view(np.result_type(x.dtype, np.complex64))[..., 0]


@view_as_complex.derivative("input")
def _(grad):
    return apply(view_as_real, (grad,))
