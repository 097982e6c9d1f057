"""Fractional max pooling: windows whose places are drawn at random, so that any output size is possible."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.dtype import int64
from ...engine.core.spec import Spec
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, ShapeError
from ..activation.piecewise import floating
from .pool import pick
from .windows import Ints

AXES = {2: ("height", "width"), 3: ("time", "height", "width")}


def starts(sample: Any, size: int, out: int, kernel: int) -> Any:
    """Where the `out` windows of a line begin, from one random number."""
    kind = sample.dtype.type
    alpha = kind(size - kernel) / kind(max(out - 1, 1))
    found = ((np.arange(out).astype(kind) + sample) * alpha).astype(np.int64) - np.int64(sample * alpha)
    found[-1:] = size - kernel
    return found


def _infer(x: Spec, samples: Spec, kernel: Ints, out: Ints) -> Spec:
    n = len(kernel)
    name = f"fractional_max_pool{n}d" + ("_out" if n == 3 else "")
    for axis, size, k, o in zip(AXES[n], x.shape[-n:], kernel, out, strict=True):
        if o + k - 1 > size:
            raise ShapeError(
                f"{name}(): pool {axis} {k} too large relative to input {axis} {size}", code="pool-size"
            )
    floating(f"fractional_max_pool{n}d_out_frame", x)
    return x.with_shape((*x.shape[:-n], *out)).with_dtype(int64)


@op(
    "fractional_max_pool_indices(Tensor input, Tensor samples, int[] kernel, int[] out)",
    infer=_infer,
    names=(),
    nondifferentiable=True,
)
def largest(x, samples, kernel, out):
    """The flat position of the first largest element of each window."""
    n = len(kernel)
    spatial = x.shape[-n:]
    planes = x.reshape(-1, *spatial)
    draws = samples.reshape(len(planes), n)
    if n == 2:  # the first number is the width's there
        draws = draws[:, ::-1]
    found = np.empty((len(planes), *out), np.int64)
    for plane, draw, places in zip(planes, draws, found, strict=True):
        lines = [starts(*each) for each in zip(draw, spatial, out, kernel, strict=True)]
        windows = _windows(lines, spatial, kernel)
        best = plane.ravel()[windows].argmax(-1)
        places[...] = np.take_along_axis(windows, best[..., None], -1)[..., 0]
    return found.reshape(*x.shape[:-n], *out)


def _windows(lines: list[Any], spatial: Ints, kernel: Ints) -> Any:
    """The flat positions of each window's elements: (*out, elements of a window)."""
    n = len(kernel)
    found: Any = 0
    for axis, (line, size, k) in enumerate(zip(lines, spatial, kernel, strict=True)):
        along = (line[:, None] + np.arange(k)).reshape(
            [len(line) if d == axis else k if d == n + axis else 1 for d in range(2 * n)]
        )
        found = found * size + along
    return found.reshape(*found.shape[:n], -1)


def pooled(
    input: Tensor, n: int, kernel: Ints, output_size: Any, output_ratio: Any, samples: Tensor | None
) -> tuple[Tensor, Tensor]:
    name = f"fractional_max_pool{n}d"
    if output_size is None and output_ratio is None:
        raise BadValue(
            f"{name} requires specifying either an output_size or an output_ratio", raises=ValueError
        )
    spatial = input.shape[-n:]
    kernel = kernel * n if len(kernel) == 1 else kernel
    if output_size is None:
        ratios = output_ratio if isinstance(output_ratio, list | tuple) else (output_ratio,) * n
        out = tuple([int(size * ratio) for size, ratio in zip(spatial, ratios, strict=True)])
    else:
        out = tuple(output_size) if isinstance(output_size, list | tuple) else (int(output_size),) * n
    if samples is None:
        channels = input.size(-n - 1)
        batch = 1 if input.ndim == n + 1 else input.size(0)
        samples = registry["rand"](batch, channels, n, dtype=input.dtype, device=input.device)
    formula = f"{{0}}.flatten({-n}).gather(-1, {{1}}.flatten({-n})).view({{1}}.shape)"
    indices = apply(largest, (input, samples, kernel, out))
    return pick(input, indices, n, f"FractionalMaxPool{n}DBackward0", formula), indices


def declare(n: int, call: str, shown: str) -> None:
    parameters = (
        "(Tensor input, int[] kernel_size, any output_size=None, any output_ratio=None, "
        "bool return_indices=False, Tensor? _random_samples=None)"
    )

    @composite(
        f"nn.functional.fractional_max_pool{n}d{parameters}",
        doc=f"""The largest elements of {n}-d windows at random places, as many as `output_size` says.

        >>> nn.functional.fractional_max_pool{n}d({call})
        {shown}
        """,
    )
    def pool(input, kernel, output_size, output_ratio, return_indices, samples):
        values, indices = pooled(input, n, kernel, output_size, output_ratio, samples)
        return (values, indices) if return_indices else values


declare(2, "ones(1, 3, 3), 2, output_size=2", "tensor([[[1., 1.],\n                 [1., 1.]]])")
declare(3, "ones(1, 2, 2, 2), 2, output_size=1", "tensor([[[[1.]]]])")
