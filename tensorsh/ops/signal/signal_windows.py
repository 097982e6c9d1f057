"""Windows that taper a signal: torch.signal.windows and the older torch.*_window functions.

`sym=True` gives a symmetric window, for designing filters; `sym=False` (periodic) one that a symmetric
window of M + 1 samples becomes without its last, for spectra.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.dtype import DType
from ...engine.records.op import composite, registry
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, DTypeError
from ..create.of_data import OPTIONS as FACTORY
from ..create.of_data import leaf

OPTIONS = "dtype? dtype=None, any layout=None, device? device=None, bool requires_grad=False"

# ------------------------------------------------------------------ torch.signal.windows


def checked(name: str, M: int, dtype: DType | None) -> DType:
    dtype = dtype or context.current().dtype
    if M < 0:
        raise BadValue(
            f"{name} requires non-negative window length, got M={M}", raises=ValueError, code="negative-size"
        )
    if dtype not in (dt.float32, dt.float64):
        raise BadValue(f"{name} expects float32 or float64 dtypes, got: {dtype!r}", raises=ValueError)
    return dtype


def short(M: int, like: dict[str, Any]) -> Tensor | None:
    """The windows of no sample and of one."""
    return registry["ones"](M, **like) if M < 2 else None


def positions(start: float, end: float, M: int, like: dict[str, Any]) -> Tensor:
    return registry["linspace"](start, end, M, **like)


def options(dtype: DType, device: Any, requires_grad: bool) -> dict[str, Any]:
    return {"dtype": dtype, "device": device, "requires_grad": requires_grad}


@composite(f"signal.windows.general_cosine(int M, *, any a, bool sym=True, {OPTIONS})", factory=True)
def general_cosine(M, a, sym, dtype, layout, device, requires_grad):
    """A sum of cosines: a₀ - a₁ cos(2πk/N) + a₂ cos(4πk/N) - …

    >>> signal.windows.general_cosine(4, a=(0.5, 0.5))
    tensor([0.0000, 0.7500, 0.7500, 0.0000])
    """
    dtype = checked("general_cosine", M, dtype)
    like = options(dtype, device, requires_grad)
    window = short(M, like)
    if window is not None:
        return window
    a = a.tolist() if isinstance(a, Tensor) else a
    if not isinstance(a, list | tuple):
        raise ArgumentError("Coefficients must be a list/tuple")
    if not a:
        raise BadValue("Coefficients cannot be empty", raises=ValueError)
    constant = 2 * pi / (M - 1 if sym else M)
    k = positions(0, (M - 1) * constant, M, like)
    weights = registry["tensor"]([(-1) ** i * w for i, w in enumerate(a)], **like)
    order = registry["arange"](len(a), **like)
    return (weights.unsqueeze(-1) * (order.unsqueeze(-1) * k).cos()).sum(0)


def _cosine_window(name: str, coefficients: tuple[float, ...], doc: str) -> None:
    @composite(f"signal.windows.{name}(int M, *, bool sym=True, {OPTIONS})", factory=True, doc=doc)
    def _(M, sym, dtype, layout, device, requires_grad):
        if name == "blackman":  # the one that PyTorch checks under its own name
            checked(name, M, dtype)
        return general_cosine(
            M, a=coefficients, sym=sym, dtype=dtype, device=device, requires_grad=requires_grad
        )


_cosine_window(
    "hamming",
    (0.54, 1.0 - 0.54),
    """Hamming's window: 0.54 - 0.46 cos(2πk/N).

    >>> signal.windows.hamming(4)
    tensor([0.0800, 0.7700, 0.7700, 0.0800])
    """,
)
_cosine_window(
    "hann",
    (0.5, 0.5),
    """Von Hann's window: (1 - cos(2πk/N)) / 2.

    >>> signal.windows.hann(4, sym=False)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """,
)
_cosine_window(
    "blackman",
    (0.42, 0.5, 0.08),
    """Blackman's window: 0.42 - 0.5 cos(2πk/N) + 0.08 cos(4πk/N).

    >>> signal.windows.blackman(5).round(decimals=2).abs()
    tensor([0.0000, 0.3400, 1.0000, 0.3400, 0.0000])
    """,
)
_cosine_window(
    "nuttall",
    (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    """Nuttall's window with four terms.

    >>> signal.windows.nuttall(4)
    tensor([3.6280e-04, 5.2923e-01, 5.2923e-01, 3.6280e-04])
    """,
)


@composite(
    f"signal.windows.general_hamming(int M, *, float alpha=0.54, bool sym=True, {OPTIONS})", factory=True
)
def general_hamming(M, alpha, sym, dtype, layout, device, requires_grad):
    """alpha - (1 - alpha) cos(2πk/N).

    >>> signal.windows.general_hamming(4, alpha=0.5)
    tensor([0.0000, 0.7500, 0.7500, 0.0000])
    """
    return general_cosine(
        M, a=(alpha, 1.0 - alpha), sym=sym, dtype=dtype, device=device, requires_grad=requires_grad
    )


@composite(f"signal.windows.bartlett(int M, *, bool sym=True, {OPTIONS})", factory=True)
def bartlett(M, sym, dtype, layout, device, requires_grad):
    """A triangle that is zero at its ends.

    >>> signal.windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    like = options(checked("bartlett", M, dtype), device, requires_grad)
    window = short(M, like)
    if window is not None:
        return window
    constant = 2 / (M - 1 if sym else M)
    return 1 - positions(-1, -1 + (M - 1) * constant, M, like).abs()


@composite(f"signal.windows.cosine(int M, *, bool sym=True, {OPTIONS})", factory=True)
def cosine(M, sym, dtype, layout, device, requires_grad):
    """The arch of a sine.

    >>> signal.windows.cosine(3)
    tensor([0.5000, 1.0000, 0.5000])
    """
    like = options(checked("cosine", M, dtype), device, requires_grad)
    if M == 0:
        return short(M, like)
    constant = pi / (M + 1 if not sym and M > 1 else M)
    return positions(0.5 * constant, (0.5 + (M - 1)) * constant, M, like).sin()


@composite(
    f"signal.windows.exponential(int M, *, Number? center=None, Number tau=1.0, bool sym=True, {OPTIONS})",
    factory=True,
)
def exponential(M, center, tau, sym, dtype, layout, device, requires_grad):
    """exp(-|k - center| / tau).

    >>> signal.windows.exponential(3)
    tensor([0.3679, 1.0000, 0.3679])
    """
    if tau <= 0:
        raise BadValue(f"Tau must be positive, got: {tau} instead.", raises=ValueError)
    if sym and center is not None:
        raise BadValue("Center must be None for symmetric windows", raises=ValueError)
    like = options(checked("exponential", M, dtype), device, requires_grad)
    if M == 0:
        return short(M, like)
    if center is None:
        center = (M if not sym and M > 1 else M - 1) / 2.0
    constant = 1 / tau
    return (-positions(-center * constant, (-center + (M - 1)) * constant, M, like).abs()).exp()


@composite(f"signal.windows.gaussian(int M, *, Number std=1.0, bool sym=True, {OPTIONS})", factory=True)
def gaussian(M, std, sym, dtype, layout, device, requires_grad):
    """A bell of standard deviation `std`, in samples.

    >>> signal.windows.gaussian(3)
    tensor([0.6065, 1.0000, 0.6065])
    """
    if std <= 0:
        raise BadValue(f"Standard deviation must be positive, got: {std} instead.", raises=ValueError)
    like = options(checked("gaussian", M, dtype), device, requires_grad)
    if M == 0:
        return short(M, like)
    start = -(M if not sym and M > 1 else M - 1) / 2.0
    constant = 1 / (std * sqrt(2))
    return (-(positions(start * constant, (start + (M - 1)) * constant, M, like) ** 2)).exp()


@composite(f"signal.windows.kaiser(int M, *, Number beta=12.0, bool sym=True, {OPTIONS})", factory=True)
def kaiser(M, beta, sym, dtype, layout, device, requires_grad):
    """Kaiser's window: I₀(β √(1 - x²)) / I₀(β) for x from -1 to 1.

    >>> signal.windows.kaiser(3, beta=3.)
    tensor([0.2049, 1.0000, 0.2049])
    """
    if beta < 0:
        raise BadValue(f"beta must be non-negative, got: {beta} instead.", raises=ValueError)
    dtype = checked("kaiser", M, dtype)
    like = options(dtype, device, requires_grad)
    window = short(M, like)
    if window is not None:
        return window
    rounded = dtype.np.type(beta)
    constant = rounded * dtype.np.type(2) / (M - 1 if sym else M)
    end = min(rounded, -rounded + (M - 1) * constant)
    k = positions(float(-rounded), float(end), M, like)
    top = registry["tensor"](float(rounded), dtype=dtype, device=device)
    return (top * top - k**2).sqrt().i0() / top.i0()


# ------------------------------------------------------------------ torch.*_window


def older(name: str, length: int, periodic: bool, samples: Any, like: dict[str, Any]) -> Tensor:
    """`samples(k, n)` of a symmetric window of n = length (+ 1, without the last, if periodic)."""
    dtype = like["dtype"] or context.current().dtype
    if dtype.category < dt.FLOAT:
        raise DTypeError(
            f"{name} expects floating point dtypes, got: TensorOptions(dtype={dt.c_names[dtype]}, device=cpu, "
            "layout=Strided (default), requires_grad=false (default), pinned_memory=false, "
            "memory_format=(nullopt))",
            help="leave out dtype=, or give a float dtype",
        )
    if length < 0:
        raise BadValue(f"{name} requires non-negative window_length, got window_length={length}")
    if dtype.is_complex:
        raise DTypeError(
            f"\"arange_cpu\" not implemented for '{dtype.title}'",
            raises=NotImplementedError,
            code="not-implemented",
        )
    compute = dt.float32 if dtype.is_half else dtype
    if length < 2:
        values = np.ones(length, compute.np)
    else:
        n = length + periodic
        values = samples(np.arange(n, dtype=compute.np), n)[:length]
    return leaf(values, dtype, like["device"], like["requires_grad"])


WINDOW = "int window_length, bool periodic=True"


def _cosine_sum(alpha: float, beta: float) -> Any:
    def samples(k, n):
        kind = k.dtype.type
        return np.cos(k * kind(2 * pi / (n - 1))) * kind(-beta) + kind(alpha)

    return samples


@composite(f"hann_window({WINDOW}, *, {FACTORY})", names=("torch.hann_window",), factory=True)
def hann_window(window_length, periodic, dtype, layout, device, requires_grad, pin_memory):
    """Von Hann's window: (1 - cos(2πk/N)) / 2.

    >>> hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    like = options(dtype, device, requires_grad)
    return older("hann_window", window_length, periodic, _cosine_sum(0.5, 0.5), like)


@composite(
    f"hamming_window({WINDOW}, float alpha=0.54, float beta=0.46, *, {FACTORY})",
    names=("torch.hamming_window",),
    factory=True,
)
def hamming_window(window_length, periodic, alpha, beta, dtype, layout, device, requires_grad, pin_memory):
    """Hamming's window: alpha - beta cos(2πk/N).

    >>> hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    like = options(dtype, device, requires_grad)
    return older("hamming_window", window_length, periodic, _cosine_sum(alpha, beta), like)


@composite(f"blackman_window({WINDOW}, *, {FACTORY})", names=("torch.blackman_window",), factory=True)
def blackman_window(window_length, periodic, dtype, layout, device, requires_grad, pin_memory):
    """Blackman's window: 0.42 - 0.5 cos(2πk/N) + 0.08 cos(4πk/N).

    >>> blackman_window(4).round(decimals=2).abs()
    tensor([0.0000, 0.3400, 1.0000, 0.3400])
    """

    def samples(k, n):
        kind = k.dtype.type
        angle = k * kind(pi / (n - 1))
        return np.cos(angle * 4) * kind(0.08) - np.cos(angle * 2) * kind(0.5) + kind(0.42)

    like = options(dtype, device, requires_grad)
    return older("blackman_window", window_length, periodic, samples, like)


@composite(f"bartlett_window({WINDOW}, *, {FACTORY})", names=("torch.bartlett_window",), factory=True)
def bartlett_window(window_length, periodic, dtype, layout, device, requires_grad, pin_memory):
    """A triangle that is zero at its ends.

    >>> bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """

    def samples(k, n):
        rising = k * k.dtype.type(2 / (n - 1))
        falling = np.arange(n) > (n - 1) // 2
        return np.where(falling, 2 - rising, rising)

    like = options(dtype, device, requires_grad)
    return older("bartlett_window", window_length, periodic, samples, like)


@composite(
    f"kaiser_window({WINDOW}, Number beta=12.0, *, {FACTORY})", names=("torch.kaiser_window",), factory=True
)
def kaiser_window(window_length, periodic, beta, dtype, layout, device, requires_grad, pin_memory):
    """Kaiser's window: I₀(β √(1 - x²)) / I₀(β) for x from -1 to 1.

    >>> kaiser_window(4, True, 3.)
    tensor([0.2049, 0.7269, 1.0000, 0.7269])
    """

    def samples(k, n):
        kind = k.dtype.type
        i0 = registry["special.i0"].kernel
        half = kind((n - 1) / 2)
        inside = np.sqrt(np.maximum(1 - np.square((k - half) / half), 0))
        return i0(kind(beta) * inside) / i0(np.asarray(beta, k.dtype))

    like = options(dtype, device, requires_grad)
    return older("kaiser_window", window_length, periodic, samples, like)
