"""Size, direction and angle of numbers, real and complex."""

from __future__ import annotations

import numpy as np

from ...engine.core import dtype as dt
from ...engine.records.op import composite, op, registry
from ...engine.run.inplace import apply_inplace
from ...engine.values.tensor import install
from ...errors import DTypeError
from ..rules.families import conj, not_implemented, where, zeros_like
from ..rules.infer import default_float, same
from .rounding import sign_kernel


def abs_spec(input):
    if input.dtype is dt.bool_:
        raise not_implemented("abs_cpu", input)
    return input.with_dtype(input.dtype.to_real())


@op(
    "abs(Tensor input)",
    infer=abs_spec,
    names=("torch.abs", "Tensor.abs", "torch.absolute", "Tensor.absolute"),
    formula="abs({0})",
    sample=([1.0, -2.0],),
    elementwise=True,
)
def absolute(x, out=None):
    """The size of each element; of a complex number, its distance from 0.

    >>> abs([1., -2.])
    tensor([1., 2.])
    """
    return np.absolute(x, out)


@absolute.derivative("input")
def _(grad, input):
    return grad * input.sgn()


@composite("abs_(Tensor input)", names=("Tensor.abs_", "Tensor.absolute_", "torch.abs_"))
def absolute_in_place(input):
    """`abs` in place.

    >>> x = [1., -2.]
    >>> x.abs_();
    >>> x
    tensor([1., 2.])
    """
    if input.dtype.is_complex:
        raise DTypeError(
            "In-place abs is not supported for complex tensors.", help="x.abs() gives the real sizes"
        )
    return apply_inplace(absolute, (input,))


def sgn_kernel(x):
    """x / |x|, and 0 at 0."""
    if x.dtype.kind != "c":
        return sign_kernel(x)
    size = np.abs(x)
    return np.where(size == 0, 0, x / size)


@op("sgn(Tensor input)", infer=same, inplace="method", sample=([1.0, -2.0],), elementwise=True)
def sgn(x):
    """The direction of each element: `x / |x|`, and 0 at 0; the sign of real numbers.

    >>> sgn([3+4j, 0j])
    tensor([0.6000+0.8000j, 0.0000+0.0000j])
    """
    return sgn_kernel(x)


@sgn.derivative("input")
def _(grad, input, output):
    if not input.dtype.is_complex:
        return zeros_like(grad)
    size = input.abs()
    across = grad - registry["real"](grad * conj(output)) * output
    return where(size == 0, 0.0, across / size)


def angle_spec(input):
    return input.with_dtype(default_float() if input.dtype.category < dt.FLOAT else input.dtype.to_real())


@op("angle(Tensor input)", infer=angle_spec, sample=([1.0, -2.0],), elementwise=True)
def angle(x):
    """The angle of each element to the positive axis: of a real number 0 or π.

    >>> angle([1j, -1+0j])
    tensor([1.5708, 3.1416])
    """
    if x.dtype.kind == "c":
        return np.angle(x)
    if x.dtype.kind != "f":
        return np.where(np.less(x, 0), np.pi, 0.0)
    return np.where(np.isnan(x), x, np.where(x < 0, x.dtype.type(np.pi), x.dtype.type(0)))


@angle.derivative("input")
def _(grad, input):
    if not input.dtype.is_complex:
        return zeros_like(grad)
    size = input.abs()
    return where(input == 0, 0.0, grad * input / (size * size) * 1j)


install("__abs__", absolute)
