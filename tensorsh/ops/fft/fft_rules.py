"""The three Fourier primitives, and how the arguments of a transform are read."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, spec
from ...engine.records.op import op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadIndex, BadValue, DTypeError, ShapeError
from ..rules.infer import wrap_dim

#: how a primitive scales: not at all, by 1/√n, by 1/n
NONE, ROOT, BY_N = range(3)
Norm = Literal["backward", "ortho", "forward"]
FORWARD_NORM: tuple[Norm, ...] = ("backward", "ortho", "forward")  # NumPy's names, for a forward transform
INVERSE_NORM: tuple[Norm, ...] = ("forward", "ortho", "backward")

# ------------------------------------------------------------------ primitives


def resized(a: Spec, dim: int, size: int) -> tuple[int, ...]:
    return (*a.shape[:dim], size, *a.shape[dim + 1 :])


@op(
    "fft_c2c(Tensor input, int[] dim, int norm, bool forward)",
    batching="along",
    infer=lambda a, dim, norm, forward: a,
    names=(),
    grad_fn="FftC2CBackward0",
    formula=lambda a, dim, norm, forward: (
        f"fft.fftn({{0}}, dim={dim}, norm='{FORWARD_NORM[norm]}')"
        if forward
        else f"fft.ifftn({{0}}, dim={dim}, norm='{INVERSE_NORM[norm]}')"
    ),
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
    batching="along",
    infer=_r2c_infer,
    names=(),
    grad_fn="FftR2CBackward0",
    formula=lambda a, dim, norm, onesided: (
        f"fft.{'r' if onesided else ''}fftn({{0}}, dim={dim}, norm='{FORWARD_NORM[norm]}')"
    ),
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
    batching="along",
    infer=lambda a, dim, norm, last: spec(resized(a, dim[-1], last), a.dtype.to_real(), a.device),
    names=(),
    grad_fn="FftC2RBackward0",
    formula=lambda a, dim, norm, last: (
        f"fft.irfftn({{0}}, s={(*(a.spec.shape[d] for d in dim[:-1]), last)}, dim={dim}, norm='{INVERSE_NORM[norm]}')"
    ),
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
    raise BadValue(f'Invalid normalization mode: "{norm}"', help='use "backward", "forward" or "ortho"')


def promoted(x: Tensor, to_complex: bool = False) -> Tensor:
    """Integers become the default float; complex where the transform wants it."""
    dtype = x.dtype if x.dtype.category >= dt.FLOAT else context.current().dtype
    if dtype.is_half:
        raise DTypeError(f"Unsupported dtype {dtype.title}", help="convert it: x.float()")
    if to_complex:
        dtype = dtype.to_complex()
    return x if x.dtype is dtype else x.to(dtype)


def positive(n: int) -> int:
    if n < 1:
        raise BadValue(f"Invalid number of data points ({n}) specified")
    return n


def one_dim(x: Tensor, dim: int) -> int:
    if x.ndim == 0:
        raise BadIndex(f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, x.ndim)


def shape_and_dims(x: Tensor, s: Any, dim: Any) -> tuple[list[int], list[int]]:
    """The size of each transformed dimension, and the dimensions, counted from the front."""
    ndim = x.ndim
    dims = None
    if dim is not None:
        dims = [one_dim(x, d) for d in dim]
        if len(set(dims)) < len(dims):
            raise BadValue("FFT dims must be unique")
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
