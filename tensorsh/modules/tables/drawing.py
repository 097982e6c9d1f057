"""What shows how far a program is and what it has found: tqdm's bars, matplotlib, a notebook's `display`."""

from __future__ import annotations

from typing import Any

from ..table import Table


def _bars(modules: Any) -> dict[str, Any]:
    from .. import bars

    return {
        "tqdm": bars.tqdm,
        "trange": bars.trange,
        "tqdm_notebook": bars.tqdm,
        "tnrange": bars.trange,
        "TqdmKeyError": bars.TqdmKeyError,
        "TqdmTypeError": bars.TqdmTypeError,
        "TqdmWarning": bars.TqdmWarning,
        "__version__": "4.67.1",
    }


def _auto_bars(modules: Any) -> dict[str, Any]:
    from .. import bars

    return {"tqdm": bars.tqdm_asyncio, "trange": bars.auto_trange}


def _bars_of_more(modules: Any) -> dict[str, Any]:
    from .. import bars

    return {"tenumerate": bars.tenumerate, "tzip": bars.tzip, "tmap": bars.tmap}


def _pyplot(modules: Any) -> dict[str, Any]:
    from .. import plots

    return plots.pyplot(modules)


def _matplotlib(modules: Any) -> dict[str, Any]:
    from .. import plots

    return plots.package(modules)


def _pylab(modules: Any) -> dict[str, Any]:
    from .. import plots

    return plots.pylab(modules)


def _part(name: str) -> Any:
    def make(modules: Any) -> dict[str, Any]:
        from .. import plots

        return plots.module(name)(modules)

    return make


def _notebook(modules: Any) -> dict[str, Any]:
    from ..notebook import names

    return names()


#: modules of matplotlib beside pyplot that programs import
PARTS = (
    "matplotlib.cm",
    "matplotlib.colors",
    "matplotlib.gridspec",
    "matplotlib.lines",
    "matplotlib.patches",
    "matplotlib.ticker",
    "matplotlib.figure",
    "matplotlib.axes",
    "matplotlib.collections",
    "mpl_toolkits.mplot3d",
    "mpl_toolkits.axes_grid1",
)

TABLES = {
    "tqdm": Table(made=_bars, own=True),
    "tqdm.std": Table(made=_bars, own=True),
    "tqdm.auto": Table(made=_auto_bars, own=True),
    "tqdm.autonotebook": Table(made=_bars, own=True),
    "tqdm.asyncio": Table(made=_auto_bars, own=True),
    "tqdm.notebook": Table(made=_bars, own=True),
    "tqdm.contrib": Table(made=_bars_of_more, own=True),
    "matplotlib": Table(made=_matplotlib, own=True),
    "matplotlib.pyplot": Table(made=_pyplot, own=True),
    "matplotlib.pylab": Table(made=_pylab, own=True),
    "pylab": Table(made=_pylab, own=True),
    "mpl_toolkits": Table(made=lambda modules: {}, own=True),
    **{name: Table(made=_part(name), own=True) for name in PARTS},
    "IPython": Table(made=_notebook, own=True),
    "IPython.display": Table(made=_notebook, own=True),
}
