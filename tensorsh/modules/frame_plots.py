"""`df.plot` and its like: drawn by matplotlib where it is installed; where it is not, nothing is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .behind import Wall
from .frame_names import PLOTS


def beside(modules: Any) -> dict[str, Callable[[], Wall]]:
    """The wall of what pandas draws on."""
    from . import plots

    return {"matplotlib": lambda: plots.wall_of(modules)}


class Plots:
    """What draws tables in one session."""

    def __init__(self, modules: Any, frames: Wall):
        from . import plots

        self.wall = Wall(("pandas",), PLOTS.__contains__, plots.REFUSED | {"backend"}, beside=beside(modules))
        self.frames = frames

    def of(self, real: Any, name: str) -> Any:
        """`plot`, `hist` or `boxplot` of a table, a column or groups of them."""
        from . import plots

        if isinstance(real, type):
            raise self.frames.missing(real, name)
        if not plots.installed():
            return Unplotted()
        plots.loaded("matplotlib.pyplot")
        draw = getattr(real, name)
        return self.wall.give(draw) if name == "plot" else self.function(draw)

    def function(self, draw: Callable[..., Any]) -> Callable[..., Any]:
        """A function that draws; which backend does is among its later arguments."""

        def call(column: Any = None, by: Any = None, **options: Any) -> Any:
            given = {"column": column, "by": by}
            named = {key: value for key, value in given.items() if value is not None} | options
            return self.wall.call(draw, (), named)

        return call


class Unplotted:
    """`df.plot` without matplotlib."""

    __slots__ = ()

    def __call__(self, *args: Any, **options: Any) -> Any:
        from .plots_absent import Undrawn

        return Undrawn("Axes")

    def __getattr__(self, name: str) -> Any:
        if name not in PLOTS:
            raise AttributeError(f"'PlotAccessor' object has no attribute {name!r}")
        return self
