"""`matplotlib.pyplot` where it is not installed: a program runs, and nothing is drawn.

Calls give `Undrawn`, which has the names that drawn things have, in the shapes that programs unpack
(`fig, ax = plt.subplots(2, 2)`, `line, = ax.plot(x)`, `n, bins, patches = plt.hist(x)`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import Facts, know
from ..train.charts import Chart
from .plots import MODULES, PYPLOT, Cycle, has, interactive
from .plots_shown import Sheet

COLOURS = (
    "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf",
)  # fmt: skip
DRAWINGS = ("show", "pause", "draw", "close", "switch_backend", "savefig")


class Undrawn:
    """What would have been drawn: `name` says as what; `sheet` notes it for the screen, `chart` being its axes."""

    __slots__ = ("_chart", "_name", "_sheet")

    def __init__(self, name: str, sheet: Sheet | None = None, chart: Chart | None = None):
        self._name = name
        self._sheet = sheet
        self._chart = chart

    def __getattr__(self, name: str) -> Any:
        if not has(name):
            raise AttributeError(f"{self._name!r} object has no attribute {name!r}")
        return Undrawn(f"{self._name}.{name}", self._sheet, self._chart)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in Undrawn.__slots__:
            object.__setattr__(self, name, value)
        elif not has(name):
            raise AttributeError(f"{self._name!r} object has no attribute {name!r}")

    def __call__(self, *args: Any, **options: Any) -> Any:
        owner, _, name = self._name.rpartition(".")
        sheet = self._sheet
        if name == "subplots":
            made = _subplots(*args, sheet=sheet, **options)
            return made if owner == "pyplot" else made[1]  # of a figure: the axes alone
        if sheet is not None:
            if name in ("figure", "clf", "close", "cla"):
                sheet.clear()
            elif name == "show":
                sheet.show()
            elif name in ("subplot", "add_subplot", "axes", "add_axes"):
                return Undrawn("Axes", sheet, sheet.new())
            elif name in ("gca", "gcf"):
                return Undrawn("Axes" if name == "gca" else "Figure", sheet, sheet.charts[-1])
            else:
                sheet.call(self._chart or sheet.charts[-1], name, args, options)
        if owner.endswith("cm") or name == "cmap":
            return _colours(*args[:1])
        make = RESULTS.get(name)
        if make is not None:
            return make(*args, **options)
        if name.startswith("set_") or name in DRAWINGS:
            return None
        return Undrawn("cmap" if name in ("get_cmap", "ListedColormap") else name)

    def __getitem__(self, key: Any) -> Any:
        return Undrawn("cmap" if self._name.endswith("colormaps") else self._name)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Nothing is set."""

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> Undrawn:
        return self

    def __exit__(self, *error: Any) -> None:
        """Nothing was begun."""

    def __repr__(self) -> str:
        return f"<{self._name.rpartition('.')[2]}, not drawn: matplotlib is not installed>"


class Settings(dict[str, Any]):
    """`plt.rcParams`: a program finds what it has set."""

    def __missing__(self, key: str) -> Any:
        return Cycle({"color": list(COLOURS)}) if key == "axes.prop_cycle" else None


class Style:
    """`plt.style`."""

    def __init__(self) -> None:
        self.available: list[str] = []

    def use(self, style: Any) -> None:
        """Nothing is drawn in any style."""

    def context(self, style: Any, after_reset: bool = False) -> Undrawn:
        """Nothing is drawn in any style."""
        return Undrawn("style")


def pyplot(sheet: Sheet) -> dict[str, Any]:
    """The names of `matplotlib.pyplot`."""
    from .module import Module

    maps = Module("matplotlib.cm")
    vars(maps).update({name: Undrawn(f"cm.{name}") for name in MODULES["matplotlib.cm"].split()})
    made: dict[str, Any] = {name: Undrawn(f"pyplot.{name}", sheet) for name in PYPLOT.split()}
    return made | {"cm": maps, "rcParams": Settings(), "style": Style()} | interactive()


def _savefig(*args: Any, **options: Any) -> None:
    error = ModuleNotFoundError("savefig needs matplotlib, which is not installed", name="matplotlib")
    raise know(error, Facts("data", "import", help="pip install 'tensorsh[plot]'"))


def _subplots(
    nrows: int = 1,
    ncols: int = 1,
    *args: Any,
    squeeze: bool = True,
    sheet: Sheet | None = None,
    **options: Any,
) -> Any:
    """The figure, and one of Axes or an array of them."""
    axes = np.empty((nrows, ncols), dtype=object)
    if sheet is not None:
        sheet.clear()
        sheet.charts.clear()
    for at in np.ndindex(axes.shape):
        chart = Chart([])
        if sheet is not None:
            sheet.charts.append(chart)
        axes[at] = Undrawn("Axes", sheet, chart)
    if squeeze:
        axes = axes.item() if axes.size == 1 else axes.squeeze()
    return Undrawn("Figure", sheet), axes


def _plot(*args: Any, **options: Any) -> list[Undrawn]:
    """One line for each of y, x and y, x, y and format."""
    ys = [each for each in args if not isinstance(each, str)]
    return [Undrawn("Line2D") for _ in range(max(1, len(ys) // 2))]


def _hist(x: Any = (), bins: Any = None, range: Any = None, density: bool = False, **options: Any) -> Any:
    values = np.asarray(x.detach().numpy() if hasattr(x, "detach") else x, dtype=float).ravel()
    counts, edges = np.histogram(values, 10 if bins is None else bins, range, density=density)
    return counts.astype(float), edges, Undrawn("BarContainer")


def _pie(x: Any = (), *args: Any, autopct: Any = None, **options: Any) -> Any:
    parts = tuple([Undrawn(name) for _ in x] for name in ("Wedge", "Text", "Text"))
    return parts if autopct is not None else parts[:2]


def _colours(x: Any = 0.0) -> Any:
    """Black, for a number or for each of an array."""
    shape = np.shape(x.detach().numpy() if hasattr(x, "detach") else x)
    return np.tile([0.0, 0.0, 0.0, 1.0], (*shape, 1)) if shape else (0.0, 0.0, 0.0, 1.0)


def _limits(*args: Any, **options: Any) -> tuple[float, float]:
    if len(args) == 2:
        return args[0], args[1]
    return tuple(args[0]) if args and args[0] is not None and np.ndim(args[0]) == 1 else (0.0, 1.0)


def _ticks(ticks: Any = (), labels: Any = (), **options: Any) -> Any:
    return list(ticks if ticks is not None else ()), [
        Undrawn("Text") for _ in (ticks if ticks is not None else ())
    ]


#: name of the call → what it gives
RESULTS: dict[str, Any] = {
    "savefig": _savefig,
    "imsave": _savefig,
    "plot": _plot,
    "semilogx": _plot,
    "semilogy": _plot,
    "loglog": _plot,
    "step": _plot,
    "fill": _plot,
    "plot3D": _plot,
    "hist": _hist,
    "hist2d": lambda *args, **options: (np.zeros((10, 10)), np.zeros(11), np.zeros(11), Undrawn("QuadMesh")),
    "pie": _pie,
    "stem": lambda *args, **options: Undrawn("StemContainer"),
    "xlim": _limits,
    "ylim": _limits,
    "clim": lambda *args, **options: None,
    "get_xlim": lambda: (0.0, 1.0),
    "get_ylim": lambda: (0.0, 1.0),
    "xticks": _ticks,
    "yticks": _ticks,
    "get_xticks": lambda **options: np.linspace(0, 1, 6),
    "get_yticks": lambda **options: np.linspace(0, 1, 6),
    "get_legend_handles_labels": lambda *args, **options: ([], []),
    "get_fignums": list,
    "axis": lambda *args, **options: (0.0, 1.0, 0.0, 1.0),
}
