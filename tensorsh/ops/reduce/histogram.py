"""Histograms: histc, histogram, histogramdd.

Equal bins are found by arithmetic on the value and, for histogram, corrected against the edges, step
by step as PyTorch does, so that values on an edge fall on the same side.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.results import named_result
from ...engine.core.spec import Spec, spec
from ...engine.records.op import composite, op
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, ShapeError
from ..create.ranges import spaced

Array = np.ndarray[Any, Any]


def edges_between(low: Any, high: Any, bins: int, like: Array) -> Array:
    """`bins` + 1 evenly spaced edges, of the dtype of `like`."""
    return spaced(float(low), float(high), bins + 1, dt.of(like))


def bounds(values: Array, given: Sequence[float] | None, name: str) -> tuple[Any, Any]:
    """The ends of the range: as given, or the smallest and largest value, moved apart if equal."""
    if given is not None:
        low, high = (values.dtype.type(v) for v in given)
    elif values.size:
        low, high = values.min(), values.max()
    else:
        low, high = values.dtype.type(0), values.dtype.type(1)
    if not (isfinite(low) and isfinite(high)):
        raise BadValue(f"{name}: range of [{_number(low)}, {_number(high)}] is not finite")
    if low > high:
        raise BadValue(f"{name}: max must be larger than min", help="give the smaller bound first")
    half = values.dtype.type(0.5)
    return (low - half, high + half) if low == high else (low, high)


def _number(value: Any) -> str:
    return "-nan" if value != value else f"{value:g}"


def linear_bins(values: Array, low: Any, high: Any, edges: Array, search: bool) -> Array:
    """The bin of each value by its distance from `low`; `search` looks at the neighbouring edges too."""
    bins = len(edges) - 1
    at = ((values - low) * values.dtype.type(bins) / (high - low)).astype(np.int64)
    if search:
        first = np.maximum(at - 1, 0)
        last = np.minimum(at + 2, bins + 1)
        at = first - 1
        for offset in range(3):
            candidate = np.minimum(first + offset, bins)
            at += (first + offset < last) & (edges[candidate] <= values)
    return np.minimum(at, bins - 1)


def searched_bins(values: Array, edges: Array) -> Array:
    """The bin of each value among arbitrary edges."""
    return np.minimum(np.searchsorted(edges, values, "right") - 1, len(edges) - 2)


def counted(points: Array, bins: list[Array], edges: list[Array], weight: Array | None, dtype: Any) -> Array:
    """Points (rows) counted, or their weights added up, in the grid of bins."""
    inside = np.ones(len(points), np.bool_)
    for d, e in enumerate(edges):
        inside &= (points[:, d] >= e[0]) & (points[:, d] <= e[-1])
    shape = [len(e) - 1 for e in edges]
    flat = np.zeros(int(inside.sum()), np.int64)
    for b, n in zip(bins, shape, strict=True):
        flat = flat * n + b[inside]
    weights = None if weight is None else weight.reshape(-1)[inside]
    return np.bincount(flat, weights, int(np.prod(shape))).astype(dtype).reshape(shape)


def _check_bins(bins: int) -> None:
    if bins <= 0:
        raise BadValue(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")


def _histc_rule(input: Spec, bins: int, min: float, max: float) -> Spec:
    if input.dtype.category != dt.FLOAT:
        kernel = "histogram_cpu"
        if input.dtype is dt.bool_:
            kernel = "linspace_cpu"  # which the edges come from
        elif input.dtype.is_complex and min == max:
            kernel = "aminmax_cpu"
        raise DTypeError(
            f"\"{kernel}\" not implemented for '{input.dtype.title}'",
            raises=NotImplementedError,
            help="x.float()",
        )
    _check_bins(bins)
    return input.with_shape((bins,))


@op(
    "histc(Tensor input, int bins=100, Number min=0, Number max=0)",
    infer=_histc_rule,
    half="native",
    nondifferentiable=True,
)
def histc(x, bins, min, max):
    """How many elements fall into each of `bins` equal bins between `min` and `max` (by default the
    smallest and the largest element).

    >>> histc([1., 2., 2.], bins=4, min=0, max=3)
    tensor([0., 1., 2., 0.])
    """
    values = x.reshape(-1)
    low, high = bounds(values, None if min == max else (min, max), "torch.histc")
    edges = edges_between(low, high, bins, x)
    inside = values[(values >= low) & (values <= high)]
    return np.bincount(linear_bins(inside, low, high, edges, False), minlength=bins).astype(x.dtype)


def _rule(input: Spec, weight: Spec | None, bins: tuple[Any, ...], *_: Any) -> tuple[Spec, ...]:
    if input.dtype.category != dt.FLOAT:
        raise DTypeError(
            f"\"histogramdd\" not implemented for '{input.dtype.title}'",
            raises=NotImplementedError,
            help="x.float()",
        )
    if weight is not None and weight.shape != input.shape[:-1]:
        raise ShapeError(
            "histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
            f"excluding its innermost dimension, but got input with shape {list(input.shape)} and weight "
            f"with shape {list(weight.shape)}"
        )
    if weight is not None and weight.dtype is not input.dtype:
        raise DTypeError(
            "histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
            f"dtype, but got input(), and weight({weight.dtype.name})"
        )
    for n in bins:
        _check_bins(n)
    hist = spec(tuple(bins), input.dtype, input.device)
    return (hist, *[spec((n + 1,), input.dtype, input.device) for n in bins])


@op(
    "histogramdd(Tensor input, Tensor? weight, any bins, any range, bool density)",
    infer=_rule,
    names=(),
    nondifferentiable=True,
)
def even_bins(x, weight, bins, range, density):
    points = x.reshape(-1, x.shape[-1])
    edges, places = [], []
    for d, n in enumerate(bins):
        values = points[:, d]
        given = None if range is None else (range[2 * d], range[2 * d + 1])
        low, high = bounds(values, given, "torch.histogramdd")
        e = edges_between(low, high, n, x)
        edges.append(e)
        inside = np.clip(values, low, high)
        places.append(linear_bins(np.where(np.isnan(inside), low, inside), low, high, e, True))
    hist = counted(points, places, edges, weight, x.dtype)
    return (_dense(hist, edges) if density else hist, *edges)


def _given_rule(input: Spec, weight: Spec | None, edges: tuple[Spec, ...], density: bool) -> tuple[Spec, ...]:
    return (_rule(input, weight, tuple([e.shape[0] - 1 for e in edges]))[0], *edges)


@op(
    "histogramdd(Tensor input, Tensor? weight, Tensor[] edges, bool density)",
    infer=_given_rule,
    names=(),
    nondifferentiable=True,
)
def given_bins(x, weight, edges, density):
    points = x.reshape(-1, x.shape[-1])
    places = [searched_bins(points[:, d], e) for d, e in enumerate(edges)]
    hist = counted(points, places, list(edges), weight, x.dtype)
    return (_dense(hist, list(edges)) if density else hist, *edges)


def _dense(hist: Array, edges: list[Array]) -> Array:
    """Counts as a density: divided by their sum and the bins' volumes."""
    hist = hist / hist.sum()
    for d, e in enumerate(edges):
        shape = [1] * len(edges)
        shape[d] = -1
        hist = hist / np.diff(e).reshape(shape)
    return hist


def _pairs(range: Any) -> tuple[float, ...] | None:
    return None if range is None else tuple(float(v) for v in range)


@composite(
    "histogram(Tensor input, any bins=100, *, any range=None, Tensor? weight=None, bool density=False)",
    names=("torch.histogram", "Tensor.histogram"),
)
def histogram(input, bins, range, weight, density):
    """Counts in equal bins (`bins` of them, over `range` or all values) or between given edges, and
    the edges.

    >>> histogram([1., 2., 2.], bins=2, range=(0., 4.))
    torch.return_types.histogram(
    hist=tensor([1., 2.]),
    bin_edges=tensor([0., 2., 4.]))
    """
    points = input.detach().reshape(-1, 1)
    weight = None if weight is None else weight.reshape(-1)
    if isinstance(bins, Tensor):
        found = apply(given_bins, (points, weight, (bins,), density))
    else:
        found = apply(even_bins, (points, weight, (bins,), _pairs(range), density))
    return named_result("histogram", ("hist", "bin_edges"))(found)


@composite(
    "histogramdd(Tensor input, any bins, *, any range=None, Tensor? weight=None, bool density=False)",
    names=("torch.histogramdd",),
)
def histogramdd(input, bins, range, weight, density):
    """Counts of points (the last dimension holds the coordinates) in a grid, and the edges of its axes.

    >>> histogramdd([[0., 1.], [1., 0.], [1., 1.]], bins=[2, 2])[0]
    tensor([[0., 1.],
            [1., 1.]])
    """
    if input.ndim < 2:
        raise ShapeError(
            "histogramdd: The input tensor must have at least 2 dimensions, but got " + str(input.ndim)
        )
    size = input.shape[-1]
    if isinstance(bins, Tensor):
        bins = bins.tolist()
    bins = (bins,) * size if isinstance(bins, int) else tuple(bins)
    if len(bins) != size:
        raise ShapeError(
            "histogramdd: The size of bins must be equal to the innermost dimension of the input."
        )
    if isinstance(bins[0], Tensor):
        found = apply(given_bins, (input, weight, bins, density))
    else:
        found = apply(even_bins, (input, weight, bins, _pairs(range), density))
    return named_result("histogramdd", ("hist", "bin_edges"))((found[0], found[1:]))
