"""What `plt.show()` shows on a terminal: the charts of a figure, by what was drawn.

With matplotlib the figure's own axes are read; without it a `Sheet` notes the calls that draw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..train.charts import Chart, Picture, Series

Show = Callable[[Chart | Picture], None]

#: what a front end does with a chart; None: nothing, there is no screen
front: dict[str, Show | None] = {"show": None}


def show(charts: list[Chart | Picture]) -> None:
    """Hand charts over to the screen, if there is one."""
    draw = front["show"]
    for chart in charts if draw is not None else ():
        if isinstance(chart, Picture) or chart.series:
            draw(chart)  # type: ignore[misc]


# ------------------------------------------------------------------ with matplotlib


def of_figures(plt: Any) -> list[Chart | Picture]:
    """The charts of all open figures."""
    return [
        chart for number in plt.get_fignums() for axes in plt.figure(number).axes for chart in of_axes(axes)
    ]


def of_axes(axes: Any) -> list[Chart | Picture]:
    if axes.images:
        grey = axes.images[0].get_cmap().name in ("gray", "grey", "binary", "Greys")
        return [Picture([np.asarray(axes.images[0].get_array(), float)], axes.get_title(), colours=not grey)]
    series = [
        Series("line", *_columns(line.get_xydata()), label=_label(line))
        for line in axes.lines
        if line.get_linestyle() not in ("None", "")
    ]
    series += [
        Series("points", *_columns(line.get_xydata()), label=_label(line))
        for line in axes.lines
        if line.get_linestyle() in ("None", "")
    ]
    series += [
        Series("points", *_columns(each.get_offsets()), label=_label(each))
        for each in axes.collections
        if hasattr(each, "get_offsets") and len(each.get_offsets())
    ]
    boxes = [p for p in axes.patches if hasattr(p, "get_height")]
    if boxes:
        edges = np.array([p.get_x() for p in boxes] + [boxes[-1].get_x() + boxes[-1].get_width()], float)
        series.append(Series("bars", edges, np.array([p.get_height() for p in boxes], float)))
    return [
        Chart(
            series,
            axes.get_title(),
            axes.get_xlabel(),
            axes.get_ylabel(),
            axes.get_xscale() == "log",
            axes.get_yscale() == "log",
        )
    ]


def _columns(points: Any) -> tuple[Any, Any]:
    array = np.asarray(points, float)
    return array[:, 0], array[:, 1]


def _label(artist: Any) -> str:
    label = str(artist.get_label())
    return "" if label.startswith("_") else label


# ------------------------------------------------------------------ without


class Sheet:
    """What a program has drawn on which axes since the figure began."""

    def __init__(self) -> None:
        self.charts: list[Chart] = [Chart([])]
        self.pictures: dict[int, Picture] = {}

    def clear(self) -> None:
        self.charts = [Chart([])]
        self.pictures = {}

    def new(self) -> Chart:
        """Axes of their own; what was not drawn on gives its place."""
        chart = Chart([])
        if self.charts and not self.charts[-1].series and id(self.charts[-1]) not in self.pictures:
            self.charts.pop()
        self.charts.append(chart)
        return chart

    def show(self) -> None:
        found: list[Chart | Picture] = []
        for chart in self.charts:
            picture = self.pictures.get(id(chart))
            if picture is not None:
                picture.title = chart.title
            found.append(picture or chart)
        self.clear()
        show(found)

    def call(self, chart: Chart, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Note a call that draws; one with arguments of which nothing can be made draws nothing."""
        note = getattr(self, f"_{name.removeprefix('set_')}", None)
        if note is not None and front["show"] is not None:
            try:
                note(chart, *args, **options)
            except (TypeError, ValueError, IndexError):
                return

    def _plot(self, chart: Chart, *args: Any, label: Any = "", linestyle: Any = None, **options: Any) -> None:
        values: list[Any] = []
        form = ""
        found = []
        for each in args:
            if isinstance(each, str):
                form = each
                continue
            values.append(_numbers(each))
        if len(values) == 1:
            values.insert(0, np.arange(len(values[0]), dtype=float))
        kind = "points" if form.strip("rgbcmykw").strip() in ("o", ".", "x", "+", "*", "^", "s") else "line"
        for x, y in zip(values[::2], values[1::2], strict=False):
            columns = y.T if y.ndim == 2 else [y]
            found += [Series(kind, x.ravel(), np.asarray(column), str(label or "")) for column in columns]
        chart.series += found

    _step = _plot

    def _semilogy(self, chart: Chart, *args: Any, **options: Any) -> None:
        chart.ylog = True
        self._plot(chart, *args, **options)

    def _semilogx(self, chart: Chart, *args: Any, **options: Any) -> None:
        chart.xlog = True
        self._plot(chart, *args, **options)

    def _loglog(self, chart: Chart, *args: Any, **options: Any) -> None:
        chart.xlog = chart.ylog = True
        self._plot(chart, *args, **options)

    def _scatter(self, chart: Chart, x: Any, y: Any, *args: Any, label: Any = "", **options: Any) -> None:
        chart.series.append(Series("points", _numbers(x).ravel(), _numbers(y).ravel(), str(label or "")))

    def _bar(self, chart: Chart, x: Any, height: Any, *args: Any, label: Any = "", **options: Any) -> None:
        heights = _numbers(height).ravel()
        chart.series.append(Series("bars", np.arange(len(heights) + 1) - 0.5, heights, str(label or "")))

    def _hist(
        self, chart: Chart, x: Any, bins: Any = 10, *args: Any, label: Any = "", **options: Any
    ) -> None:
        density = bool(options.get("density"))
        counts, edges = np.histogram(_numbers(x).ravel(), 10 if bins is None else bins, density=density)
        chart.series.append(Series("bars", edges, counts.astype(float), str(label or "")))

    def _imshow(self, chart: Chart, x: Any, *args: Any, cmap: Any = None, **options: Any) -> None:
        grey = isinstance(cmap, str) and cmap in ("gray", "grey", "binary", "Greys")
        self.pictures[id(chart)] = Picture([_numbers(x)], colours=not grey)

    _matshow = _imshow
    _pcolormesh = _imshow

    def _title(self, chart: Chart, text: Any = "", *args: Any, **options: Any) -> None:
        chart.title = str(text)

    _suptitle = _title

    def _xlabel(self, chart: Chart, text: Any = "", *args: Any, **options: Any) -> None:
        chart.xlabel = str(text)

    def _ylabel(self, chart: Chart, text: Any = "", *args: Any, **options: Any) -> None:
        chart.ylabel = str(text)

    def _xscale(self, chart: Chart, kind: Any, *args: Any, **options: Any) -> None:
        chart.xlog = kind == "log"

    def _yscale(self, chart: Chart, kind: Any, *args: Any, **options: Any) -> None:
        chart.ylog = kind == "log"

    def _set(self, chart: Chart, **settings: Any) -> None:
        for name, value in settings.items():
            self.call(chart, name, (value,), {})


def _numbers(value: Any) -> Any:
    if hasattr(value, "detach"):
        value = value.detach().numpy()
    elif isinstance(value, list | tuple) and any(hasattr(v, "detach") for v in value):
        value = [v.detach().numpy() if hasattr(v, "detach") else v for v in value]
    return np.asarray(value, float)
