"""Adaptive pools: as many windows as the output has elements, window i from ⌊i·S/n⌋ to ⌈(i+1)·S/n⌉.

A window is a product of intervals, so means and maxima are taken one dimension after another.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.memory_format import in_format_of
from ...engine.core.spec import Spec
from ...engine.records.op import Op, composite, op
from ...engine.run.apply import apply
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, ShapeError
from ..activation.piecewise import floating
from ..rules.steady import steady
from .pool import pick
from .pool_rules import check_1d
from .windows import Ints


def _bounds(size: int, out: int) -> list[tuple[int, int]]:
    return [(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]


def _check_input(name: str, x: Spec, n: int, shown: str, channels: bool = False) -> None:
    """The right rank and nothing empty but the batch; `channels` says whether these are looked at, too."""
    if x.ndim not in (n + 1, n + 2):
        raise ShapeError(
            f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got{shown} {list(x.shape)}",
            code="pool-rank",
        )
    for i in range(1 if channels else x.ndim - n, x.ndim):
        if x.shape[i] == 0:
            raise ShapeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has "
                "sizes "
                f"{list(x.shape)} with dimension {i} being empty",
                code="pool-shape",
            )


def output_size(name: str, n: int, given: Any, x: Tensor) -> Ints:
    """One number for each dimension; None keeps the input's where there are several."""
    values = given
    if n > 1 and not isinstance(given, int):
        values = with_sizes(given, x.shape)
    values = tuple(values) if isinstance(values, list | tuple) else (values,) * n
    for value in values:
        if type(value) is not int and not isinstance(value, Tensor | np.integer):
            raise ArgumentError(
                f"{name}(): argument 'output_size' (position 2) must be tuple of ints, not {type_name(given)}"
            )
    if len(values) != n:
        raise BadValue(
            f"{name}() argument 'output_size' should contain one int (got {len(values)})"
            if n == 1
            else f"{name}: output_size must be {n}"
            if "avg" in name
            else f"{name}(): internal error: output_size.size() must be {n}",
            code="pool-geometry",
        )
    return tuple(map(int, values))


def with_sizes(given: Any, shape: Ints) -> list[Any]:
    """What was given, the input's size in the place of None, as PyTorch's function in Python does it."""
    if len(shape) <= len(given):
        raise BadValue(
            f"Input dimension should be at least {len(given) + 1}", raises=ValueError, code="pool-rank"
        )
    return [size if v is None else v for v, size in zip(given, shape[-len(given) :], strict=False)]


# ------------------------------------------------------------------ averages


def _windows(spatial: Ints, size: Ints) -> Iterator[tuple[Any, Any]]:
    """Each output's place and the window that it sees, behind the dimensions before."""
    each = [list(enumerate(_bounds(n, out))) for n, out in zip(spatial, size, strict=True)]
    for chosen in product(*each):
        yield (..., *[i for i, _ in chosen]), (..., *[slice(a, b) for _, (a, b) in chosen])


def _divided(x: Any, window: Any) -> Any:
    """By the window's size, one dimension after the other, as PyTorch divides."""
    for part in window[1:]:
        x = x / x.dtype.type(part.stop - part.start)
    return x


def _avg_infer(x: Spec, size: Ints) -> Spec:
    n = len(size)
    name = f"adaptive_avg_pool{n}d"
    if min(size) < 0:
        raise BadValue(
            f"{name}: elements of output_size must be greater than or equal to 0 but received "
            f"{{{', '.join(map(str, size[:2]))}{''.join(f',{n}' for n in size[2:])}}}",
            code="pool-geometry",
        )
    _check_input(name, x, n, "", n == 3)
    floating(name + "_cpu" * (n == 3), x)
    return x.with_shape((*x.shape[:-n], *size))


def _avg_records(n: int) -> Op:
    @op(
        "adaptive_avg_pool(Tensor input, int[] size)",
        batching="folded",
        infer=_avg_infer,
        names=(),
        grad_fn=f"AdaptiveAvgPool{n}DBackward0",
        formula=f"nn.functional.adaptive_avg_pool{n}d({{0}}, {{1}})",
    )
    def forward(x, size):
        out = np.empty((*x.shape[:-n], *size), x.dtype)
        for place, window in _windows(x.shape[-n:], size):
            seen = x[window]
            rows = seen.reshape(*x.shape[:-n], prod(seen.shape[-n:]))
            one_by_one = np.add.accumulate(rows, -1)[..., -1]
            out[place] = _divided(one_by_one, window)
        return in_format_of(out, x)

    @op(
        "adaptive_avg_pool_spread(Tensor cotangent, int[] spatial)",
        batching="aligned",
        infer=lambda c, spatial: c.with_shape((*c.shape[:-n], *spatial)),
        names=(),
    )
    def backward(c, spatial):
        spread = np.zeros((*c.shape[:-n], *spatial), c.dtype)
        for place, window in _windows(spatial, c.shape[-n:]):
            spread[window] += _divided(c[place], window).reshape(*c.shape[:-n], *[1] * n)
        return spread

    @forward.derivative("input", one="")
    def _(grad, input):
        return steady(apply(backward, (grad, input.spec.shape[-n:])), input)

    @backward.derivative("cotangent")
    def _(grad, cotangent_spec):
        return apply(forward, (grad, cotangent_spec.shape[-n:]))

    return forward


_AVG = {2: _avg_records(2), 3: _avg_records(3)}


def _average(x: Tensor, size: Ints) -> Tensor:
    n = len(size)
    if size == (1,) * n and x.ndim in (n + 1, n + 2):
        return x.mean(list(range(-n, 0)), keepdim=True)
    return apply(_AVG[n], (x, size))


@composite(
    "adaptive_avg_pool1d(Tensor input, int[] output_size)",
    names=("nn.functional.adaptive_avg_pool1d", "torch.adaptive_avg_pool1d"),
    sample=([[0.5, -1.0, 2.0, 0.3, 1.5]], 2),
)
def adaptive_avg_pool1d(input, size):
    """Means over `output_size` windows of the last dimension.

    >>> nn.functional.adaptive_avg_pool1d([[1., 2., 3., 4.]], 2)
    tensor([[1.5000, 3.5000]])
    """
    check_1d("adaptive_avg_pool1d", input.spec)
    windows = output_size("adaptive_avg_pool1d", 1, size, input)
    return _average(input.unsqueeze(-2), (1, *windows)).squeeze(-2)


# ------------------------------------------------------------------ maxima


def _max_infer(x: Spec, size: Ints) -> Spec:
    n = len(size)
    name = f"adaptive_max_pool{n}d"
    if min(size) < 0:
        raise BadValue(
            f"Trying to create tensor with negative dimension {min(size)}: {[*x.shape[:-n], *size]}",
            code="negative-size",
        )
    _check_input(name, x, n, ":", True)
    floating(name + "_cpu" * (n == 3), x)
    return x.with_shape((*x.shape[:-n], *size)).with_dtype(dt.int64)


@op(
    "adaptive_max_pool_indices(Tensor input, int[] size)",
    batching="folded",
    infer=_max_infer,
    names=(),
    nondifferentiable=True,
)
def max_indices(x, size):
    """The flat position of the first largest element of each window."""
    n, given = len(size), x
    spatial = x.shape[-n:]
    flat = np.broadcast_to(np.arange(int(np.prod(spatial))).reshape(spatial), x.shape)
    for axis, out in zip(range(-1, -n - 1, -1), reversed(size), strict=True):
        values, places = np.moveaxis(x, axis, -1), np.moveaxis(flat, axis, -1)
        best, where = [], []
        for a, b in _bounds(values.shape[-1], out):
            first = values[..., a:b].argmax(-1)[..., None]
            best.append(np.take_along_axis(values[..., a:b], first, -1))
            where.append(np.take_along_axis(places[..., a:b], first, -1))
        x = np.moveaxis(np.concatenate(best, -1) if best else values[..., :0], -1, axis)
        flat = np.moveaxis(np.concatenate(where, -1) if where else places[..., :0], -1, axis)
    return in_format_of(np.ascontiguousarray(flat), given)


def _maximum(x: Tensor, size: Ints) -> tuple[Tensor, Tensor]:
    n = len(size)
    indices = apply(max_indices, (x, size))
    formula = f"nn.functional.adaptive_max_pool{n}d({{0}}, {size})"
    return pick(x, indices, n, f"AdaptiveMaxPool{n}DBackward0", formula), indices


def _max_1d(input: Tensor, size: Any) -> tuple[Tensor, Tensor]:
    check_1d("adaptive_max_pool1d", input.spec)
    _check_input("adaptive_max_pool1d", input.spec, 1, ":", True)
    values, indices = _maximum(input.unsqueeze(-2), (1, *output_size("adaptive_max_pool1d", 1, size, input)))
    return values.squeeze(-2), indices.squeeze(-2)


def _declare(n: int, call: str, mean: str, largest: str) -> None:
    if n > 1:

        def average(input, size):
            name = f"adaptive_avg_pool{n}d"
            if not isinstance(size, list | tuple):
                _check_rank(input, n, name)
            return _average(input, output_size(name, n, size, input))

        composite(
            f"adaptive_avg_pool{n}d(Tensor input, any output_size)",
            names=(f"nn.functional.adaptive_avg_pool{n}d",),
            doc=f"Means over `output_size` {n}-d windows; None keeps a dimension.\n\n"
            f">>> nn.functional.adaptive_avg_pool{n}d({call})\n{mean}",
        )(average)

    def both(input, size):
        if n == 1:
            return _max_1d(input, size)
        if not isinstance(size, list | tuple):
            _check_rank(input, n, f"adaptive_max_pool{n}d", ":")
        return _maximum(input, output_size(f"adaptive_max_pool{n}d", n, size, input))

    def maximum(input, size, return_indices):
        values, indices = both(input, size)
        return (values, indices) if return_indices else values

    name = f"adaptive_max_pool{n}d"
    composite(
        f"{name}(Tensor input, any output_size, bool return_indices=False)",
        names=(f"nn.functional.{name}",),
        doc=f"The largest elements of `output_size` {n}-d windows; None keeps a dimension.\n\n"
        f">>> nn.functional.{name}({call})\n{largest}",
    )(maximum)
    composite(
        f"{name}_with_indices(Tensor input, any output_size, bool return_indices=False)",
        names=(f"nn.functional.{name}_with_indices", *(("torch.adaptive_max_pool1d",) if n == 1 else ())),
        doc=f"`{name}` with return_indices=True.\n\n>>> nn.functional.{name}_with_indices({call})[0]\n{largest}",
    )(lambda input, size, _: both(input, size))


def _check_rank(input: Tensor, n: int, name: str, colon: str = "") -> None:
    if input.ndim < n:
        _check_input(name, input.spec, n, colon)


_declare(1, "[[1., 2., 3., 4.]], 2", "tensor([[1.5000, 3.5000]])", "tensor([[2., 4.]])")
_declare(2, "[[[1., 2.], [3., 4.]]], (1, 2)", "tensor([[[2., 3.]]])", "tensor([[[3., 4.]]])")
_declare(3, "[[[[1., 2., 3., 4.]]]], (1, 1, 2)", "tensor([[[[1.5000, 3.5000]]]])", "tensor([[[[2., 4.]]]])")
