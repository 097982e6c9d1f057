"""`plot`, `scatter`, `hist`, `heatmap`, `image`: charts of tensors, as data; a front end draws them.

A chart is a value: shown, it is drawn in the terminal; `save="loss.svg"` or `chart.save("loss.svg")` draws it into a
file, with matplotlib.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..engine.records.op import registry
from ..engine.values.tensor import Tensor
from ..errors import ArgumentError, BadValue, DataError, ShapeError, facts_of

Array = np.ndarray[Any, Any]

COMPLEX = "complex numbers have no place on an axis"


@dataclass(slots=True, eq=False)
class Series:
    """`kind`: line, points, bars (whose `x` are edges, one more than `y`)."""

    kind: str
    x: Array
    y: Array
    label: str = ""


class Drawn:
    """What every chart can do."""

    public = frozenset({"save"})
    title: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Draw it into a file: .png, .svg, .pdf; all or nothing."""
        from ..io import files

        if not isinstance(path, str | os.PathLike):
            raise ArgumentError(f"save() wants a path, not {type(path).__name__}", code="argument-type")
        name = os.fspath(path)
        kind = os.path.splitext(name)[1].lower()
        files.replace(name, lambda stream: stream.write(picture(self, kind)))


@dataclass(slots=True, eq=False)
class Chart(Drawn):
    """Series in one frame; `xlog`, `ylog`: logarithmic axes."""

    series: list[Series]
    title: str = ""
    xlabel: str = ""
    ylabel: str = ""
    xlog: bool = False
    ylog: bool = False

    def __repr__(self) -> str:
        return f"<chart of {len(self.series)} series>"


@dataclass(slots=True, eq=False)
class Picture(Drawn):
    """Numbers as colours.

    cells    (height, width) numbers, or (height, width, 3) red, green, blue in 0…1; one for each tile
    labels   what stands above each tile
    colours  whether numbers become colours and a scale is shown, else they are grey
    """

    cells: list[Array]
    title: str = ""
    labels: list[str] = field(default_factory=list)
    colours: bool = True

    def __repr__(self) -> str:
        return f"<picture of {len(self.cells)} tile{'s' if len(self.cells) > 1 else ''}>"


# ------------------------------------------------------------------ the functions


def plot(
    x: Any,
    y: Any = None,
    *,
    labels: Any = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    xlog: bool = False,
    ylog: bool = False,
    save: Any = None,
) -> Chart | None:
    """Lines: `plot(y)`, `plot(x, y)`; a matrix, a list or a dictionary of vectors for y is several.

    x, y          vectors of one length; without x the numbers 0, 1, …
    labels        a name for each line
    xlog, ylog    logarithmic axes
    save          a file to draw into instead: .png, .svg, .pdf (wants matplotlib)
    """
    return _series("line", x, y, labels, title, xlabel, ylabel, xlog, ylog, save)


def scatter(
    x: Any,
    y: Any = None,
    *,
    labels: Any = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    xlog: bool = False,
    ylog: bool = False,
    save: Any = None,
) -> Chart | None:
    """Points: `scatter(x, y)`, or the two columns of a matrix. Arguments as those of `plot`."""
    if y is None and not isinstance(x, dict):
        points = _numbers(x)
        if points.ndim == 2 and points.shape[1] == 2:
            x, y = points[:, 0], points[:, 1]
    return _series("points", x, y, labels, title, xlabel, ylabel, xlog, ylog, save)


def hist(
    x: Any,
    bins: int = 20,
    *,
    labels: Any = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "count",
    save: Any = None,
) -> Chart | None:
    """How often values lie in each of `bins` equal ranges; what is not finite is left out."""
    if isinstance(bins, bool) or not isinstance(bins, int) or bins < 1:
        raise BadValue(f"hist() wants a positive number of bins, got {bins!r}", raises=ValueError)
    named = _named(x, labels)
    finite = [(label, v[np.isfinite(v)]) for label, v in ((n, _numbers(v).ravel()) for n, v in named)]
    every = np.concatenate([v for _, v in finite]) if finite else np.empty(0)
    edges = np.histogram_bin_edges(every, bins) if every.size else np.linspace(0, 1, bins + 1)
    series = [Series("bars", edges, np.histogram(v, edges)[0].astype(float), label) for label, v in finite]
    return _done(Chart(series, title, xlabel, ylabel), save)


def heatmap(x: Any, *, title: str = "", save: Any = None) -> Picture | None:
    """A matrix as colours, with the scale below."""
    cells = _numbers(x)
    if cells.ndim == 1:
        cells = cells[None]
    if cells.ndim != 2:
        raise ShapeError(f"heatmap() wants a matrix, got {list(cells.shape)}", help="choose one: x[0]")
    return _done(Picture([cells], title), save)


def image(x: Any, labels: Any = None, *, title: str = "", save: Any = None) -> Picture | None:
    """A picture: (height, width) in grey, (3, height, width) or (height, width, 3) in colour; many side by side.

    A vector of n * n numbers is a picture of n rows, a matrix of such rows (n of 8 or more) many. `labels` stand above.
    """
    values = _numbers(x)
    side = round(values.shape[-1] ** 0.5) if values.ndim else 0
    square = side * side == values.shape[-1] if values.ndim else False
    if square and (values.ndim == 1 or (values.ndim == 2 and side >= 8 and values.shape[0] != side * side)):
        values = values.reshape(-1, side, side)
        tiles = list(values)
    else:
        tiles = _tiles(values)
    names = (
        []
        if labels is None
        else [str(v) for v in (labels.tolist() if isinstance(labels, Tensor) else labels)]
    )
    return _done(Picture(tiles, title, names, colours=False), save)


# ------------------------------------------------------------------ what they share


def _tiles(values: Array) -> list[Array]:
    if values.ndim == 4:
        return [tile for each in values for tile in _tiles(each)]
    if values.ndim == 3 and values.shape[0] in (1, 3) and values.shape[2] not in (1, 3):
        return _tiles(values[0] if values.shape[0] == 1 else np.moveaxis(values, 0, -1))
    if values.ndim == 3 and values.shape[2] == 1:
        return [values[:, :, 0]]
    if values.ndim == 3 and values.shape[2] != 3:
        return list(values)
    if values.ndim not in (2, 3):
        raise ShapeError(
            f"image() wants (height, width) or (3, height, width), got {list(values.shape)}",
            help="give it its shape: image(x.view(28, 28))",
        )
    return [values / 255 if values.ndim == 3 and values.size and values.max() > 1 else values]


def _numbers(value: Any) -> Array:
    """Values as an array of floats; a graph that they have is left alone."""
    if isinstance(value, complex):
        raise ArgumentError(COMPLEX, help="draw x.real, x.imag or x.abs()")
    if isinstance(value, Tensor):
        if value.is_meta:
            raise ArgumentError("a tensor on the device meta has no values to draw")
        if value.dtype.is_complex:
            raise ArgumentError(COMPLEX, help="draw x.real, x.imag or x.abs()")
        return np.asarray(value.array, np.float64)
    try:
        if isinstance(value, list | tuple) and any(isinstance(v, Tensor) for v in value):
            return np.stack([_numbers(v) for v in value])
        if isinstance(value, list | tuple) and any(isinstance(v, complex) for v in value):
            raise ArgumentError(COMPLEX, help="draw x.real, x.imag or x.abs()")
        return np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        if facts_of(error) is not None:
            raise
        raise ArgumentError(f"cannot draw {type(value).__name__}", code="argument-type") from None


def _named(values: Any, labels: Any) -> list[tuple[str, Any]]:
    """(label, vector) of each line."""
    if isinstance(values, dict):
        return [(str(name), each) for name, each in values.items()]
    if isinstance(values, list | tuple) and any(np.ndim(_numbers(v)) for v in values):
        rows: list[Any] = list(values)
    else:
        array = _numbers(values)
        rows = list(array) if array.ndim == 2 else [array]
    if labels is None:
        names = [""] * len(rows)
    else:
        names = [labels] if isinstance(labels, str) else [str(name) for name in labels]
    if len(names) != len(rows):
        raise ArgumentError(f"got {len(rows)} series and {len(names)} labels", help="one label for each")
    return list(zip(names, rows, strict=True))


def _series(
    kind: str,
    x: Any,
    y: Any,
    labels: Any,
    title: str,
    xlabel: str,
    ylabel: str,
    xlog: bool,
    ylog: bool,
    save: Any,
) -> Chart | None:
    given = _numbers(x) if y is not None else None
    series = []
    for label, values in _named(x if y is None else y, labels):
        ys = _numbers(values).ravel()
        xs = np.arange(len(ys), dtype=float) if given is None else given.ravel()
        if len(xs) != len(ys):
            raise ShapeError(f"x has {len(xs)} values and y has {len(ys)}", help="one x for each y")
        series.append(Series(kind, xs, ys, label))
    return _done(Chart(series, title, xlabel, ylabel, xlog, ylog), save)


def _done(chart: Any, save: Any) -> Any:
    if save is None:
        return chart
    chart.save(save)
    return None


# ------------------------------------------------------------------ into files


def picture(chart: Any, kind: str) -> bytes:
    """The chart as the bytes of a file of this suffix."""
    if kind not in (".png", ".svg", ".pdf"):
        raise DataError(
            f"a chart cannot be drawn into a {kind or 'file without a suffix'}",
            code="graph-format",
            help="the file's name says what is drawn: .png .svg .pdf",
        )
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise DataError(
            "charts are drawn into files by matplotlib, which is not installed",
            code="graph-format",
            help="pip install 'tensorsh[plot]'; without `save` a chart is drawn in the terminal",
        ) from None
    import io

    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    if isinstance(chart, Picture):
        _picture_axes(figure, chart)
    else:
        axes = figure.subplots()
        for each in chart.series:
            _draw_series(axes, each)
        axes.set(title=chart.title, xlabel=chart.xlabel, ylabel=chart.ylabel)
        if chart.xlog:
            axes.set_xscale("log")
        if chart.ylog:
            axes.set_yscale("log")
        if any(each.label for each in chart.series):
            axes.legend()
    out = io.BytesIO()
    figure.savefig(out, format=kind[1:])
    return out.getvalue()


def _draw_series(axes: Any, each: Series) -> None:
    label = each.label or None
    if each.kind == "bars":
        axes.stairs(each.y, each.x, fill=True, alpha=0.7, label=label)
    elif each.kind == "points":
        axes.scatter(each.x, each.y, s=12, label=label)
    else:
        axes.plot(each.x, each.y, label=label)


def _picture_axes(figure: Any, chart: Picture) -> None:
    columns = min(len(chart.cells), 10)
    rows = -(-len(chart.cells) // columns)
    grid: Sequence[Any] = figure.subplots(rows, columns, squeeze=False).ravel()
    for i, axes in enumerate(grid):
        axes.axis("off")
        if i < len(chart.cells):
            shown = axes.imshow(chart.cells[i], cmap="viridis" if chart.colours else "gray")
            axes.set_title(chart.labels[i] if i < len(chart.labels) else "")
            if chart.colours:
                figure.colorbar(shown, ax=axes)
    figure.suptitle(chart.title)


for function in (plot, hist, heatmap, image):  # `scatter` is an operation too: see `lang.names.host`
    registry[function.__name__] = function
