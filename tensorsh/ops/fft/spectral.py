"""The short-time Fourier transform and its inverse."""

from __future__ import annotations

from typing import Any

from ...engine.core import dtype as dt
from ...engine.core.warn import warn
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, Kind, ShapeError
from ..shape.strided import unfold_sum
from .fft_rules import BY_N, NONE, ROOT, fft_c2c, fft_c2r, fft_r2c, one_dim

# ------------------------------------------------------------------ views under PyTorch's names


@op(
    "transpose(Tensor input)",
    batching="along",
    infer=lambda x: x.with_shape((x.shape[0], x.shape[2], x.shape[1])),
    names=(),
    view=True,
    grad_fn="TransposeBackward1",
)
def frames_last(x):
    """(batch, frames, frequencies) → (batch, frequencies, frames)."""
    return x.swapaxes(1, 2)


@frames_last.derivative("input")
def _(grad):
    return registry["transpose"](grad, 1, 2)


@op(
    "squeeze(Tensor input)",
    infer=lambda x: x.with_shape(x.shape[1:]),
    names=(),
    view=True,
    grad_fn="SqueezeBackward4",
)
def without_batch(x):
    """The only element of a batch."""
    return x[0]


@without_batch.derivative("input")
def _(grad):
    return grad.unsqueeze(0)


@without_batch.batched
def _(slices, x):
    return x.value.squeeze(1)


# ------------------------------------------------------------------ forward


def _call(name: str, x: Tensor, n_fft: int, hop: int, win: int, window: Tensor | None, **rest: Any) -> str:
    """The call in PyTorch's errors: flags are 0, 1 or None."""
    shown = "None" if window is None else f"{window.dtype.tensor_title}{{{list(window.spec.shape)}}}"
    flags = ", ".join(f"{k}={int(v) if isinstance(v, bool) else v}" for k, v in rest.items())
    return (
        f"{name}({x.dtype.tensor_title}{list(x.spec.shape)}, n_fft={n_fft}, hop_length={hop}, win_length={win}, "
        f"window={shown}, {flags})"
    )


STFT = (
    "Tensor input, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, "
    "bool center=True, str pad_mode='reflect', bool normalized=False, bool? onesided=None, "
    "bool? return_complex=None, bool? align_to_window=None"
)


def warn_rectangular(advice: str, line: int) -> None:
    """No window was given."""
    warn(
        f"A window was not provided. A rectangular window will be applied{advice}To suppress this warning and use "
        "a rectangular window, explicitly set `window=torch.ones(n_fft, device=<device>)`.",
        once=True,
        internal=f"aten/src/ATen/native/SpectralOps.cpp:{line}",
        help="window=hann_window(n_fft)",
    )


@composite(f"stft({STFT})")
def stft(
    input,
    n_fft,
    hop_length,
    win_length,
    window,
    center,
    pad_mode,
    normalized,
    onesided,
    return_complex,
    align_to_window,
):
    """The spectra of overlapping windows of a signal: (…, frequencies, frames).

    A window of `win_length` samples (default: n_fft ones) moves on by `hop_length` (default: n_fft // 4).

    >>> stft(ones(8), 4, return_complex=True).abs()[0]
    tensor([4., 4., 4., 4., 4., 4., 4., 4., 4.])
    """
    pad = registry["nn.functional.pad"]
    if center:
        if align_to_window is not None:
            raise BadValue("stft align_to_window should only be set when center = false")
        shape = (1,) * (3 - input.ndim) + input.spec.shape
        padded = pad(input.view(shape), (n_fft // 2, n_fft // 2), pad_mode)
        input = padded.view(padded.spec.shape[3 - input.ndim :] if input.ndim < 3 else padded.spec.shape)
    x, hop, win = input, n_fft // 4 if hop_length is None else hop_length, win_length or n_fft
    complex_ = x.dtype.is_complex or (window is not None and window.dtype.is_complex)
    if window is None:
        warn_rectangular(
            ",which is known to cause spectral leakage. Other windows such as torch.hann_window or "
            "torch.hamming_window are recommended to reduce spectral leakage.",
            835,
        )
    if return_complex is None and not complex_:
        raise BadValue(
            "stft requires the return_complex parameter be given for real inputs, and will further require that "
            "return_complex=True in a future PyTorch release.",
            help="give return_complex=True",
        )
    _check_stft(x, n_fft, hop, win, window, normalized, onesided, return_complex, align_to_window)
    if return_complex is False:
        warn(
            "stft with return_complex=False is deprecated. In a future pytorch release, stft will return complex "
            "tensors for all inputs, and return_complex=False will raise an error.\nNote: you can still call "
            "torch.view_as_real on the complex output to recover the old return format.",
            once=True,
            internal="aten/src/ATen/native/SpectralOps.cpp:874",
            help="view_as_real(stft(…, return_complex=True))",
        )
    batch = x if x.ndim == 2 else x.unsqueeze(0)
    window = _centred(window, x, n_fft, win)
    length = batch.spec.shape[1]
    frames = 1 + (length - n_fft) // hop
    if not center and align_to_window:
        frames = 1 + (length - win) // hop
        extra = (n_fft - win) // 2
        batch = pad(batch, (extra, extra))
    strides = batch.stride()
    batch = registry["as_strided"](
        batch, (batch.spec.shape[0], frames, n_fft), (strides[0], hop * strides[1], strides[1])
    )
    if window is not None:
        batch = batch * window
    norm = ROOT if normalized else NONE
    if batch.dtype.is_complex:
        if onesided:
            raise BadValue("Cannot have onesided output if window or input is complex")
        out = apply(fft_c2c, (batch, (2,), norm, True))
    else:
        out = apply(fft_r2c, (batch, (2,), norm, onesided is None or onesided))
    out = apply(frames_last, (out,))
    if input.ndim == 1:
        out = apply(without_batch, (out,))
    return out if return_complex or (return_complex is None and complex_) else registry["view_as_real"](out)


def _check_stft(
    x: Tensor, n_fft: int, hop: int, win: int, window: Tensor | None, normalized: bool, *rest: bool | None
) -> None:
    onesided, return_complex, align_to_window = rest

    def error(what: str, kind: Kind = BadValue) -> Exception:
        call = _call(
            "stft",
            x,
            n_fft,
            hop,
            win,
            window,
            normalized=normalized,
            onesided=onesided,
            return_complex=return_complex,
            align_to_window=align_to_window,
        )
        return kind(f"{call} : {what}")

    if x.dtype.category < dt.FLOAT:
        raise error("expected a tensor of floating point or complex values", DTypeError)
    if x.ndim not in (1, 2):
        raise error("expected a 1D or 2D tensor", ShapeError)
    length = x.spec.shape[-1]
    if not 0 < n_fft <= length:
        raise error(f"expected 0 < n_fft < {length}, but got n_fft={n_fft}")
    if hop <= 0:
        raise error(f"expected hop_length > 0, but got hop_length={hop}")
    if not 0 < win <= n_fft:
        raise error(f"expected 0 < win_length <= n_fft, but got win_length={win}")
    if window is not None and window.spec.shape != (win,):
        raise error(
            f"expected a 1D window tensor of size equal to win_length={win}, but got window with size "
            f"{list(window.spec.shape)}",
            ShapeError,
        )
    if x.dtype.is_half:
        raise DTypeError(f"MKL FFT doesn't support tensors of type: {x.dtype.title}", help="use x.float()")


def _centred(window: Tensor | None, x: Tensor, n_fft: int, win: int) -> Tensor | None:
    """The window with zeros on both sides up to n_fft samples."""
    if win == n_fft:
        return window
    if window is None:
        window = registry["ones"](win, dtype=x.dtype, device=x.device)
    left = (n_fft - win) // 2
    return registry["nn.functional.pad"](window, (left, n_fft - win - left))


# ------------------------------------------------------------------ inverse


@composite(
    "istft(Tensor input, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, "
    "bool center=True, bool normalized=False, bool? onesided=None, int? length=None, bool return_complex=False)"
)
def istft(input, n_fft, hop_length, win_length, window, center, normalized, onesided, length, return_complex):
    """The signal whose stft is closest to `input` (Griffin and Lim, 1984).

    The inverse spectra are windowed and added up where they overlap, then divided by the sum of the
    squared windows.

    >>> istft(stft(ones(8), 4, return_complex=True), 4)
    tensor([1., 1., 1., 1., 1., 1., 1., 1.])
    """
    hop, win = n_fft // 4 if hop_length is None else hop_length, win_length or n_fft
    half = _check_istft(input, n_fft, hop, win, window, center, normalized, onesided, length, return_complex)
    if window is None:
        warn_rectangular(".Please provide the same window used by stft to make the inversion lossless.", 1035)
    x = input if input.ndim == 3 else input.unsqueeze(0)
    batch, frames = x.spec.shape[0], x.spec.shape[2]
    x = registry["transpose"](x, 1, 2)
    real = x.dtype.to_real()
    window = _centred(
        registry["ones"](win, dtype=real, device=x.device) if window is None else window, x, n_fft, win
    )
    norm = ROOT if normalized else BY_N
    if return_complex:
        if half:
            raise BadValue("Cannot have onesided output if window or input is complex")
        x = apply(fft_c2c, (x, (2,), norm, False))
    else:
        if window.dtype.is_complex:
            raise DTypeError("Complex windows are incompatible with return_complex=False")
        x = x if half else registry["narrow"](x, 2, 0, n_fft // 2 + 1)
        x = apply(fft_c2r, (x, (2,), norm, n_fft))
    total = n_fft + hop * (frames - 1)
    added = apply(unfold_sum, (x * window.view((1, 1, n_fft)), (batch, total), 1, n_fft, hop))
    weight = apply(unfold_sum, ((window**2).expand(1, frames, n_fft), (1, total), 1, n_fft, hop))
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else total - start
    added, weight = added[:, start:end], weight[:, start:end]
    if not weight.spec.is_meta and weight.spec.numel and bool(weight.abs().min() < 1e-11):
        call = _call_istft(
            input, n_fft, hop, win, window, center, normalized, onesided, length, return_complex
        )
        raise BadValue(
            f"{call} window overlap add min: 1",
            help="some samples are under no window: use center=True, or a smaller hop_length",
        )
    out = added / weight
    out = out if input.ndim == 3 else out.squeeze(0)
    return registry["nn.functional.pad"](out, (0, end - total)) if end > total else out


def _call_istft(
    x: Tensor,
    n_fft: int,
    hop: int,
    win: int,
    window: Tensor | None,
    center: bool,
    normalized: bool,
    onesided: bool | None,
    length: int | None,
    return_complex: bool,
) -> str:
    flags = {"center": center, "normalized": normalized, "onesided": onesided, "length": length}
    return _call("istft", x, n_fft, hop, win, window, **flags, return_complex=return_complex)


def _check_istft(x: Tensor, n_fft: int, hop: int, win: int, window: Tensor | None, *flags: Any) -> bool:
    """Whether the input holds half of the frequencies."""
    if not x.dtype.is_complex:
        raise DTypeError(
            "istft requires a complex-valued input tensor matching the output from stft with "
            "return_complex=True."
        )
    one_dim(registry["view_as_real"](x), -3)

    def error(what: str) -> Exception:
        return ShapeError(f"{_call_istft(x, n_fft, hop, win, window, *flags)} : {what}")

    if x.spec.numel == 0:
        raise error("input tensor cannot be empty.")
    if x.ndim not in (2, 3):
        raise error(f"expected a tensor with 3 or 4 dimensions, but got {x.ndim + 1}")
    size, onesided = x.spec.shape[-2], flags[2]
    half = size != n_fft if onesided is None else onesided
    if size != (n_fft // 2 + 1 if half else n_fft):
        wanted = "n_fft / 2 + 1 when onesided=True" if half else "n_fft when onesided=False"
        raise error(
            f"expected the frequency dimension (3rd to the last) of the input tensor to match {wanted}, "
            f"but got {size}"
        )
    if not 0 < hop <= win:
        raise error("expected 0 < hop_length <= win_length")
    if not 0 < win <= n_fft:
        raise error("expected 0 < win_length <= n_fft")
    if window is not None and window.spec.shape != (win,):
        raise error("Invalid window shape. window has to be 1D and length of `win_length`")
    return half
