"""Discrete Fourier transforms.

Three primitives do all of them: complex to complex, real to (half of a Hermitian) complex, and back.
`norm` says where the factor 1/n goes: "backward" (default) to the inverse transforms, "forward" to the
others, "ortho" 1/√n to both. `n` and `s` cut or pad with zeros before the transform.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import context
from ..engine import dtype as dt
from ..engine.apply import apply
from ..engine.device import resolve
from ..engine.op import composite, op, registry
from ..engine.spec import Spec, spec
from ..engine.tensor import Tensor
from ..errors import DTypeError, IndexError, ShapeError, ValueError
from .elementwise import conj
from .rules import wrap_dim

#: how a primitive scales: not at all, by 1/√n, by 1/n
NONE, ROOT, BY_N = range(3)
FORWARD_NORM = ("backward", "ortho", "forward")  # NumPy's names, for a forward transform
INVERSE_NORM = ("forward", "ortho", "backward")

# ------------------------------------------------------------------ primitives


def resized(a: Spec, dim: int, size: int) -> tuple[int, ...]:
    return (*a.shape[:dim], size, *a.shape[dim + 1 :])


@op(
    "fft_c2c(Tensor input, int[] dim, int norm, bool forward)",
    infer=lambda a, dim, norm, forward: a,
    names=(),
    grad_fn="FftC2CBackward0",
)
def fft_c2c(a, dim, norm, forward):
    """Complex to complex over the dimensions `dim`."""
    if not dim:
        return np.array(a)
    if forward:
        return np.fft.fftn(a, axes=dim, norm=FORWARD_NORM[norm])
    return np.fft.ifftn(a, axes=dim, norm=INVERSE_NORM[norm])


@fft_c2c.derivative("input")
def _(grad, dim, norm, forward):
    return apply(fft_c2c, (_complex(grad), dim, norm, not forward))


def _r2c_infer(a: Spec, dim: tuple[int, ...], norm: int, onesided: bool) -> Spec:
    shape = resized(a, dim[-1], a.shape[dim[-1]] // 2 + 1) if onesided else a.shape
    return spec(shape, a.dtype.to_complex(), a.device)


@op(
    "fft_r2c(Tensor input, int[] dim, int norm, bool onesided)",
    infer=_r2c_infer,
    names=(),
    grad_fn="FftR2CBackward0",
)
def fft_r2c(a, dim, norm, onesided):
    """Real to complex; `onesided` leaves out what symmetry tells in the last of `dim`."""
    half = np.fft.rfftn(a, axes=dim, norm=FORWARD_NORM[norm])
    if onesided:
        return half
    at = dim[-1]
    mirrored = np.flip(np.take(half, range(1, a.shape[at] - half.shape[at] + 1), at), dim).conj()
    for other in dim[:-1]:
        mirrored = np.roll(mirrored, 1, other)
    return np.concatenate((half, mirrored), at)


@fft_r2c.derivative("input")
def _(grad, input_spec, dim, norm, onesided):
    grad = _complex(grad)
    if onesided:
        missing = input_spec.shape[dim[-1]] - grad.spec.shape[dim[-1]]
        if missing > 0:
            grad = pad_end(grad, dim[-1], missing)
    return registry["real"](apply(fft_c2c, (grad, dim, norm, False)))


@op(
    "fft_c2r(Tensor input, int[] dim, int norm, int last)",
    infer=lambda a, dim, norm, last: spec(resized(a, dim[-1], last), a.dtype.to_real(), a.device),
    names=(),
    grad_fn="FftC2RBackward0",
)
def fft_c2r(a, dim, norm, last):
    """Half of a Hermitian signal to real; `last` is the size the last of `dim` gets."""
    sizes = [a.shape[d] for d in dim[:-1]] + [last]
    return np.fft.irfftn(a, sizes, axes=dim, norm=INVERSE_NORM[norm])


@fft_c2r.derivative("input")
def _(grad, input_spec, dim, norm, last):
    """The half that the output was mirrored from counts twice, but for what mirrors onto itself."""
    out = apply(fft_r2c, (grad, dim, norm, True))
    at, mirrored = dim[-1], last - out.spec.shape[dim[-1]]
    if mirrored <= 0:
        return out
    weights = np.ones(out.spec.shape[at], grad.spec.np)
    weights[1 : mirrored + 1] = 2
    shape = [1] * out.ndim
    shape[at] = -1
    return out * registry["tensor"](weights, device=out.device).reshape(shape)


def _complex(x: Tensor) -> Tensor:
    return x if x.dtype.is_complex else x.to(x.dtype.to_complex())


def pad_end(x: Tensor, dim: int, count: int) -> Tensor:
    """Zeros after the end of one dimension."""
    return registry["nn.functional.pad"](x, (0, 0) * (x.ndim - 1 - dim) + (0, count))


# ------------------------------------------------------------------ arguments


def norm_mode(norm: str | None, forward: bool) -> int:
    if norm is None or norm == "backward":
        return NONE if forward else BY_N
    if norm == "forward":
        return BY_N if forward else NONE
    if norm == "ortho":
        return ROOT
    raise ValueError(f'Invalid normalization mode: "{norm}"', help='use "backward", "forward" or "ortho"')


def promoted(x: Tensor, to_complex: bool = False) -> Tensor:
    """Integers become the default float; complex where the transform wants it."""
    dtype = x.dtype if x.dtype.category >= dt.FLOAT else context.current.dtype
    if dtype.is_half:
        raise DTypeError(f"Unsupported dtype {dtype.title}", help="convert it: x.float()")
    if to_complex:
        dtype = dtype.to_complex()
    return x if x.dtype is dtype else x.to(dtype)


def positive(n: int) -> int:
    if n < 1:
        raise ValueError(f"Invalid number of data points ({n}) specified")
    return n


def one_dim(x: Tensor, dim: int) -> int:
    if x.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, x.ndim)


def shape_and_dims(x: Tensor, s: Any, dim: Any) -> tuple[list[int], list[int]]:
    """The size of each transformed dimension, and the dimensions, counted from the front."""
    ndim = x.ndim
    dims = None
    if dim is not None:
        dims = [one_dim(x, d) for d in dim]
        if len(set(dims)) < len(dims):
            raise ValueError("FFT dims must be unique")
    if s is not None:
        if dims is not None and len(dims) != len(s):
            raise ShapeError("When given, dim and shape arguments must have the same length")
        if len(s) > ndim:
            raise ShapeError(f"Got shape with {len(s)} values but input tensor only has {ndim} dimensions.")
        if dims is None:
            dims = list(range(ndim - len(s), ndim))
        sizes = [x.spec.shape[d] if n == -1 else n for n, d in zip(s, dims, strict=True)]
    else:
        dims = list(range(ndim)) if dims is None else dims
        sizes = [x.spec.shape[d] for d in dims]
    for n in sizes:
        positive(n)
    return sizes, dims


def half_shape_and_dims(name: str, x: Tensor, s: Any, dim: Any) -> tuple[list[int], list[int], int]:
    """As above for a Hermitian input, of which the last dimension holds half; and its full size."""
    sizes, dims = shape_and_dims(x, s, dim)
    at_least_one(name, dims)
    last = sizes[-1] if s is not None and s[-1] != -1 else 2 * (x.spec.shape[dims[-1]] - 1)
    sizes[-1] = positive(last) // 2 + 1
    return sizes, dims, last


def at_least_one(name: str, dims: list[int]) -> None:
    if not dims:
        raise ShapeError(f"{name} must transform at least one axis")


def fitted(x: Tensor, dims: list[int], sizes: list[int]) -> Tensor:
    """Cut or pad with zeros at the end."""
    padding = [0] * (2 * x.ndim)
    for dim, size in zip(dims, sizes, strict=True):
        have = x.spec.shape[dim]
        if have < size:
            padding[2 * (x.ndim - dim) - 1] = size - have
        elif have > size:
            x = registry["narrow"](x, dim, 0, size)
    return registry["nn.functional.pad"](x, tuple(padding)) if any(padding) else x


def need_real(name: str, x: Tensor, kind: str) -> None:
    if x.dtype.is_complex:
        raise DTypeError(
            f"{name} expects a {kind} input tensor, but got {x.dtype.title}", help="use the complex transform"
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

    >>> fft.ifft([4., 0., 0., 0.])
    tensor([1.-0.j, 1.-0.j, 1.-0.j, 1.-0.j])
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
        "fft.{name}([[4., 0.], [0., 0.]])",
        "tensor([[1.+0.j, 1.+0.j],\n        [1.+0.j, 1.+0.j]])",
    ),
}


def _nd_transform(name: str, transform: Any, dim: str, dims: str, row: tuple[str, str, str]) -> None:
    says, call, shown = row
    shown = shown.replace("\n", "\n    ")
    doc = f"{says.format(dims=dims)}\n\n    >>> {call.format(name=name)}\n    {shown}\n"

    @composite(f"fft.{name}(Tensor input, int[]? s=None, int[]? dim={dim}, str? norm=None)", doc=doc)
    def _(input, s, dim, norm):
        return transform(input, s, dim, norm)


for _name, (_transform, *_row) in ND.items():
    _nd_transform(f"{_name}2", _transform, "(-2, -1)", "two dimensions", tuple(_row))
    _nd_transform(f"{_name}n", _transform, "None", "all dimensions, or those of `dim`", tuple(_row))


# ------------------------------------------------------------------ frequencies


def _frequencies(
    name: str, steps: Any, n: int, d: float, dtype: Any, device: Any, requires_grad: bool
) -> Tensor:
    from .create import leaf

    dtype = dtype or context.current.dtype
    if dtype.category < dt.FLOAT:
        raise DTypeError(f"{name} requires a floating point or complex dtype")
    if n < 0:
        raise ValueError(f"Trying to create tensor with negative dimension {n}: [{n}]", code="negative-size")
    compute = np.float32 if dtype.is_half else dtype.np.type
    scale = np.divide(1.0, n * d)
    values = (steps.astype(compute) * compute(scale)).astype(dtype.np)
    return leaf(values, dtype, resolve(device, context.current.device), requires_grad)


FREQUENCIES = "int n, Number d=1.0, *, dtype? dtype=None, any layout=None, device? device=None, bool requires_grad=False"


@composite(f"fft.fftfreq({FREQUENCIES})", factory=True)
def fftfreq(n, d, dtype, layout, device, requires_grad):
    """The frequencies that fft.fft's values belong to, for n samples d apart.

    >>> fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    steps = np.concatenate((np.arange((n + 1) // 2), np.arange(-(n // 2), 0)))
    return _frequencies("fftfreq", steps, n, d, dtype, device, requires_grad)


@composite(f"fft.rfftfreq({FREQUENCIES})", factory=True)
def rfftfreq(n, d, dtype, layout, device, requires_grad):
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
