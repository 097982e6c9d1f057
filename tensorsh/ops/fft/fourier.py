"""Discrete Fourier transforms.

Three primitives do all of them: complex to complex, real to (half of a Hermitian) complex, and back.
`norm` says where the factor 1/n goes: "backward" (default) to the inverse transforms, "forward" to the
others, "ortho" 1/√n to both. `n` and `s` cut or pad with zeros before the transform.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.device import resolve
from ...engine.records.op import composite, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError
from ..create.of_data import OPTIONS, leaf
from ..rules.families import conj
from ..rules.infer import wrap_dim
from .fft_rules import (
    at_least_one,
    fft_c2c,
    fft_c2r,
    fft_r2c,
    fitted,
    half_shape_and_dims,
    need_real,
    norm_mode,
    one_dim,
    positive,
    promoted,
    shape_and_dims,
)

# ------------------------------------------------------------------ one dimension


def complex_1d(x: Tensor, n: int | None, dim: int, norm: str | None, forward: bool) -> Tensor:
    if not x.dtype.is_complex:
        return real_1d(x, n, dim, norm, forward, onesided=False)
    at = one_dim(x, dim)
    size = positive(x.spec.shape[at] if n is None else n)
    return apply(fft_c2c, (fitted(x, [at], [size]), (at,), norm_mode(norm, forward), forward))


def real_1d(
    x: Tensor, n: int | None, dim: int, norm: str | None, forward: bool, onesided: bool, name: str = ""
) -> Tensor:
    need_real(name, x, "real")
    x = promoted(x)
    at = one_dim(x, dim)
    size = positive(x.spec.shape[at] if n is None else n)
    out = apply(fft_r2c, (fitted(x, [at], [size]), (at,), norm_mode(norm, forward), onesided))
    return out if forward else out.conj()


def hermitian_1d(x: Tensor, n: int | None, dim: int, norm: str | None, forward: bool) -> Tensor:
    x = promoted(x, to_complex=True)
    at = one_dim(x, dim)
    last = positive(2 * (x.spec.shape[at] - 1) if n is None else n)
    if n is not None:
        x = fitted(x, [at], [last // 2 + 1])
    mode = norm_mode(norm, forward)
    return apply(fft_c2r, (conj(x) if forward else x, (at,), mode, last))


ONE = "Tensor input, int? n=None, int dim=-1, str? norm=None"


@composite(f"fft.fft({ONE})")
def fft(input, n, dim, norm):
    """The discrete Fourier transform along one dimension.

    >>> fft.fft([1., 2., 3., 4.])
    tensor([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
    """
    return complex_1d(input, n, dim, norm, True)


@composite(f"fft.ifft({ONE})")
def ifft(input, n, dim, norm):
    """The inverse of fft.fft.

    >>> fft.ifft([10.+0j, -2.+2j, -2.+0j, -2.-2j])
    tensor([1.+0.j, 2.+0.j, 3.+0.j, 4.+0.j])
    """
    return complex_1d(input, n, dim, norm, False)


@composite(f"fft.rfft({ONE})")
def rfft(input, n, dim, norm):
    """The transform of a real signal, without the half that symmetry tells: n // 2 + 1 values.

    >>> fft.rfft([1., 2., 3., 4.])
    tensor([10.+0.j, -2.+2.j, -2.+0.j])
    """
    return real_1d(input, n, dim, norm, True, True, "rfft")


@composite(f"fft.irfft({ONE})")
def irfft(input, n, dim, norm):
    """The inverse of fft.rfft; say n for an odd length.

    >>> fft.irfft([6., 0., 0.])
    tensor([1.5000, 1.5000, 1.5000, 1.5000])
    """
    return hermitian_1d(input, n, dim, norm, False)


@composite(f"fft.hfft({ONE})")
def hfft(input, n, dim, norm):
    """The real transform of a Hermitian signal, of which half is given.

    >>> fft.hfft([1., 2., 3.])
    tensor([ 8., -2.,  0., -2.])
    """
    return hermitian_1d(input, n, dim, norm, True)


@composite(f"fft.ihfft({ONE})")
def ihfft(input, n, dim, norm):
    """The inverse of fft.hfft.

    >>> fft.ihfft([1., 2., 3., 4.])
    tensor([ 2.5000-0.0000j, -0.5000-0.5000j, -0.5000-0.0000j])
    """
    return real_1d(input, n, dim, norm, False, True, "ihfft")


# ------------------------------------------------------------------ several dimensions


def complex_nd(x: Tensor, s: Any, dim: Any, norm: str | None, forward: bool) -> Tensor:
    sizes, dims = shape_and_dims(x, s, dim)
    x = fitted(promoted(x, to_complex=True), dims, sizes)
    return apply(fft_c2c, (x, tuple(dims), norm_mode(norm, forward), forward))


def real_nd(x: Tensor, s: Any, dim: Any, norm: str | None) -> Tensor:
    need_real("rfftn", x, "real-valued")
    sizes, dims = shape_and_dims(x, s, dim)
    at_least_one("rfftn", dims)
    x = fitted(promoted(x), dims, sizes)
    return apply(fft_r2c, (x, tuple(dims), norm_mode(norm, True), True))


def inverse_real_nd(x: Tensor, s: Any, dim: Any, norm: str | None) -> Tensor:
    sizes, dims, last = half_shape_and_dims("irfftn", x, s, dim)
    x = fitted(promoted(x, to_complex=True), dims, sizes)
    return apply(fft_c2r, (x, tuple(dims), norm_mode(norm, False), last))


def hermitian_nd(x: Tensor, s: Any, dim: Any, norm: str | None) -> Tensor:
    sizes, dims, last = half_shape_and_dims("hfftn", x, s, dim)
    mode = norm_mode(norm, True)
    x = fitted(promoted(x, to_complex=True), dims, sizes)
    if len(dims) > 1:
        x = apply(fft_c2c, (x, tuple(dims[:-1]), mode, True))
    return apply(fft_c2r, (conj(x), (dims[-1],), mode, last))


def inverse_hermitian_nd(x: Tensor, s: Any, dim: Any, norm: str | None) -> Tensor:
    if x.dtype.is_complex:
        raise DTypeError(f"Only supports floating-point dtypes, but found: {x.dtype.title}")
    sizes, dims = shape_and_dims(x, s, dim)
    at_least_one("ihfftn", dims)
    mode = norm_mode(norm, False)
    x = apply(fft_r2c, (fitted(promoted(x), dims, sizes), (dims[-1],), mode, True))
    if len(dims) == 1:
        return x.conj()
    return apply(fft_c2c, (registry["conj_physical"](x), tuple(dims[:-1]), mode, False))


ND = {
    "fft": (
        lambda x, s, dim, norm: complex_nd(x, s, dim, norm, True),
        "The discrete Fourier transform along {dims}.",
        "fft.{name}([[1., 2.], [3., 4.]])",
        "tensor([[10.+0.j, -2.+0.j],\n        [-4.+0.j,  0.+0.j]])",
    ),
    "ifft": (
        lambda x, s, dim, norm: complex_nd(x, s, dim, norm, False),
        "The inverse transform along {dims}.",
        "fft.{name}([[4., 0.], [0., 0.]])",
        "tensor([[1.+0.j, 1.+0.j],\n        [1.+0.j, 1.+0.j]])",
    ),
    "rfft": (
        real_nd,
        "The transform of a real signal along {dims}; the last keeps n // 2 + 1 values.",
        "fft.{name}([[1., 2.], [3., 4.]])",
        "tensor([[10.+0.j, -2.+0.j],\n        [-4.+0.j,  0.+0.j]])",
    ),
    "irfft": (
        inverse_real_nd,
        "The inverse of a real signal's transform along {dims}; say s for an odd last size.",
        "fft.{name}([[4., 0.], [0., 0.]])",
        "tensor([[1., 1.],\n        [1., 1.]])",
    ),
    "hfft": (
        hermitian_nd,
        "The real transform of a signal that is Hermitian along {dims}.",
        "fft.{name}([[1., 2.], [3., 4.]])",
        "tensor([[10., -2.],\n        [-4.,  0.]])",
    ),
    "ihfft": (
        inverse_hermitian_nd,
        "The inverse of the real transform of a Hermitian signal along {dims}.",
        "fft.{name}([[4., 0.], [0., 0.]]).real",
        "tensor([[1., 1.],\n        [1., 1.]])",
    ),
}


def _nd_transform(name: str, transform: Any, dim: str, dims: str, row: tuple[str, str, str]) -> None:
    says, call, shown = row
    shown = shown.replace("\n", "\n    ")
    ints = "int[]" if dim != "None" else "int[]?"
    doc = f"{says.format(dims=dims)}\n\n    >>> {call.format(name=name)}\n    {shown}\n"

    @composite(f"fft.{name}(Tensor input, int[]? s=None, {ints} dim={dim}, str? norm=None)", doc=doc)
    def _(input, s, dim, norm):
        return transform(input, s, dim, norm)


for _name, (_transform, _says, _call, _shown) in ND.items():
    _row = _says, _call, _shown
    _nd_transform(f"{_name}2", _transform, "(-2, -1)", "two dimensions", _row)
    _nd_transform(f"{_name}n", _transform, "None", "all dimensions, or those of `dim`", _row)


# ------------------------------------------------------------------ frequencies


def _frequencies(
    name: str, steps: Any, n: int, d: float, dtype: Any, device: Any, requires_grad: bool
) -> Tensor:
    dtype = dtype or context.current().dtype
    if dtype.category < dt.FLOAT:
        raise DTypeError(f"{name} requires a floating point or complex dtype")
    if n < 0:
        raise BadValue(f"Trying to create tensor with negative dimension {n}: [{n}]", code="negative-size")
    compute = np.float32 if dtype.is_half else dtype.np.type
    scale = np.divide(1.0, n * d)
    values = (steps.astype(compute) * compute(scale)).astype(dtype.np)
    return leaf(values, dtype, resolve(device, context.current().device), requires_grad)


FREQUENCIES = f"int n, Number d=1.0, *, {OPTIONS}"


@composite(f"fft.fftfreq({FREQUENCIES})", factory=True)
def fftfreq(n, d, dtype, layout, device, requires_grad, pin_memory):
    """The frequencies that fft.fft's values belong to, for n samples d apart.

    >>> fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    steps = np.concatenate((np.arange((n + 1) // 2), np.arange(-(n // 2), 0)))
    return _frequencies("fftfreq", steps, n, d, dtype, device, requires_grad)


@composite(f"fft.rfftfreq({FREQUENCIES})", factory=True)
def rfftfreq(n, d, dtype, layout, device, requires_grad, pin_memory):
    """The frequencies that fft.rfft's values belong to, for n samples d apart.

    >>> fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    return _frequencies("rfftfreq", np.arange(n // 2 + 1), n, d, dtype, device, requires_grad)


def _shift(x: Tensor, dim: Any, forward: bool) -> Tensor:
    dims = tuple(range(x.ndim)) if dim is None else tuple(wrap_dim(d, x.ndim) for d in dim)
    sizes = [x.spec.shape[d] for d in dims]
    return registry["roll"](x, tuple(n // 2 if forward else (n + 1) // 2 for n in sizes), dims)


@composite("fft.fftshift(Tensor input, int[]? dim=None)")
def fftshift(input, dim):
    """Frequency zero in the middle.

    >>> fft.fftshift([0, 1, 2, -2, -1])
    tensor([-2, -1,  0,  1,  2])
    """
    return _shift(input, dim, True)


@composite("fft.ifftshift(Tensor input, int[]? dim=None)")
def ifftshift(input, dim):
    """The inverse of fft.fftshift.

    >>> fft.ifftshift([-2, -1, 0, 1, 2])
    tensor([ 0,  1,  2, -2, -1])
    """
    return _shift(input, dim, False)
