"""`matplotlib`: drawing where it is installed, behind a wall; where it is not, drawing that does nothing.

`show()` draws what is open in the terminal, where there is one, and pictures go to files through `savefig`. Without
matplotlib a program runs as it is: `plots_absent` stands for everything that is drawn, and only `savefig` is an error.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import types
from collections.abc import Callable, Iterator
from typing import Any

from .behind import Wall

PYPLOT = """
annotate arrow autoscale axes axhline axhspan axis axline axvline axvspan bar bar_label barbs barh box boxplot
broken_barh xkcd
cla clabel clf clim close cm colorbar colormaps contour contourf cool delaxes draw ecdf errorbar eventplot
figimage figlegend fignum_exists figtext figure fill fill_between fill_betweenx gca gcf gci get_cmap get_figlabels
get_fignums getp gray grid hexbin hist hist2d hlines hot imread imsave imshow inferno ioff ion isinteractive jet legend
locator_params loglog magma margins matshow minorticks_off minorticks_on pause pcolor pcolormesh pie plasma plot
plot_date polar quiver quiverkey rc rc_context rcdefaults rcParams rgrids savefig sca scatter sci semilogx semilogy
set_cmap setp show spy stackplot stairs stem step streamplot style subplot subplot2grid subplot_mosaic
subplots subplots_adjust suptitle switch_backend table text thetagrids tick_params ticklabel_format tight_layout title
tricontour tricontourf tripcolor triplot twinx twiny viridis violinplot vlines xlabel xlim xscale xticks ylabel ylim
yscale yticks Axes Circle Figure GridSpec Line2D MaxNLocator Normalize Polygon Rectangle
"""
#: of figures, axes, what is drawn, colour maps
OBJECTS = """
add_artist add_axes add_collection add_gridspec add_line add_patch add_subplot adjust_subplotpars align_labels
align_xlabels align_ylabels artists axes bar3d by_key clear collections color colors contains_point copy dpi
figimage figure flat has_data height images invert_xaxis invert_yaxis items keys label_outer lines markerline
mappable minorticks N name number numpy patch patches plot3D plot_surface plot_trisurf plot_wireframe relim remove
reversed reverse scatter3D secondary_xaxis secondary_yaxis sharex sharey spines stemlines subfigures
suptitle supxlabel supylabel texts tick_bottom tick_left tick_right tick_top title top bottom left right
transAxes transData transFigure transforms update values view_init width x xaxis y yaxis zaxis autoscale_view
autoscale_enable resampled with_extremes norm cmap canvas inset_axes indicate_inset_zoom twin
ax fig autofmt_xdate draw_idle flush_events zorder set
"""
NAMES = frozenset((PYPLOT + OBJECTS).split())
REFUSED_NAMES = frozenset(
    {"set_canvas", "set_usetex", "set_fontproperties", "set_font_properties", "set_font", "set_url"}
)
#: keyword arguments that start LaTeX, read files, or name modules
REFUSED = frozenset({"usetex", "backend", "fontproperties", "font_properties", "font", "backend_kwargs"})

#: matplotlib's other modules, and what programs take from them
MODULES = {
    "matplotlib.cm": "ScalarMappable get_cmap viridis plasma inferno magma cividis coolwarm hot cool gray jet tab10 "
    "tab20 Blues Greens Reds Greys Oranges Purples Set1 Set2 Set3 Paired rainbow RdBu RdYlGn Spectral "
    "winter summer spring autumn bone seismic twilight hsv",
    "matplotlib.colors": "BoundaryNorm CSS4_COLORS LinearSegmentedColormap ListedColormap LogNorm Normalize "
    "PowerNorm TABLEAU_COLORS TwoSlopeNorm hsv_to_rgb rgb_to_hsv to_hex to_rgb to_rgba",
    "matplotlib.gridspec": "GridSpec GridSpecFromSubplotSpec",
    "matplotlib.lines": "Line2D",
    "matplotlib.patches": "Arc Arrow Circle Ellipse FancyArrow FancyArrowPatch FancyBboxPatch Patch Polygon "
    "Rectangle Wedge",
    "matplotlib.ticker": "AutoMinorLocator FixedLocator FormatStrFormatter FuncFormatter LogLocator MaxNLocator "
    "MultipleLocator NullFormatter NullLocator PercentFormatter ScalarFormatter StrMethodFormatter",
    "matplotlib.figure": "Figure",
    "matplotlib.axes": "Axes",
    "matplotlib.collections": "LineCollection PatchCollection PolyCollection",
    "mpl_toolkits.mplot3d": "Axes3D",
    "mpl_toolkits.axes_grid1": "make_axes_locatable",
}
#: the settings of `rcParams` that are about what a picture looks like; others start programs, read files, or name
#: modules
SETTINGS = (
    "agg.", "axes", "boxplot.", "contour.", "date.", "errorbar.", "figure.", "font.", "grid.", "hatch.", "hist.",
    "image.", "legend.", "lines.", "markers.", "mathtext.", "patch.", "path.", "pcolor", "polaraxes.", "savefig.bbox",
    "savefig.dpi", "savefig.edgecolor", "savefig.facecolor", "savefig.pad_inches", "savefig.transparent", "scatter.",
    "xaxis.", "xtick.", "yaxis.", "ytick.",
)  # fmt: skip
NO_SETTING = ("figure.hooks",)
#: the formats of pictures; LaTeX's would start it
FORMATS = ("png", "jpg", "jpeg", "svg", "svgz", "pdf", "eps", "ps", "tif", "tiff", "webp", "raw", "rgba")


def installed() -> bool:
    """Whether matplotlib is there."""
    return importlib.util.find_spec("matplotlib") is not None


def has(name: str) -> bool:
    """Whether programs have this name of an object that is drawn."""
    return name in NAMES or (name[:4] in ("set_", "get_") and name not in REFUSED_NAMES)


def pyplot(modules: Any) -> dict[str, Any]:
    """The names of `matplotlib.pyplot`."""
    if not installed():
        from .plots_absent import pyplot
        from .plots_shown import Sheet

        return pyplot(Sheet())
    plt = loaded("matplotlib.pyplot")
    wall = wall_of(modules)
    made = {name: _named(wall, plt, name) for name in PYPLOT.split() if hasattr(plt, name)}

    def savefig(*args: Any, **options: Any) -> None:
        """Write the current figure to a file."""
        wall.made["savefig"](plt.gcf(), *args, **options)

    def show(*args: Any, **options: Any) -> None:
        """Draw the open figures in the terminal, where there is one; they are closed."""
        from . import plots_shown

        if plots_shown.front["show"] is not None:
            plots_shown.show(plots_shown.of_figures(plt))
            plt.close("all")

    def imread(fname: Any, format: str | None = None) -> Any:
        """The picture in a file, as an array."""
        with modules.open(fname, "rb") as file:
            return plt.imread(file, format=format or _suffix(fname))

    def imsave(fname: Any, arr: Any, format: str | None = None, **options: Any) -> None:
        """Write an array to a file as a picture."""
        taken = {key: wall.take(each) for key, each in options.items() if key not in REFUSED}
        _check_format(format or _suffix(fname) or "png")
        with modules.open(fname, "wb") as file:
            plt.imsave(file, wall.take(arr), format=format or _suffix(fname) or "png", **taken)

    def rc(group: Any, **settings: Any) -> None:
        """Settings of one group."""
        for each in [group] if isinstance(group, str) else group:
            for key, value in settings.items():
                made["rcParams"][f"{each}.{key}"] = value

    def setp(obj: Any, *args: Any, **settings: Any) -> Any:
        """Set properties of what is drawn, by their names."""
        if args:
            raise TypeError("setp() takes properties by name here: plt.setp(obj, rotation=45)")
        return wall.call(plt.setp, (obj,), settings)

    @contextlib.contextmanager
    def rc_context(rc: dict[str, Any] | None = None) -> Iterator[None]:
        """Settings for the statements of a `with`."""
        with plt.rc_context():
            made["rcParams"].update(rc or {})
            yield

    def xkcd(scale: float = 1, length: float = 100, randomness: float = 2) -> Any:
        """Draw as if by hand: from now on, or for the statements of a `with`."""
        before = plt.xkcd(wall.take(scale), wall.take(length), wall.take(randomness))

        class Sketching:
            def __enter__(self) -> None:
                """It has begun."""

            def __exit__(self, *error: Any) -> None:
                before.close()

        return Sketching()

    for each in (savefig, imread, imsave, rc, setp, rc_context, xkcd):
        made[each.__name__] = each
    made |= {
        "show": show,
        "pause": _nothing,
        "draw": _nothing,
        "switch_backend": _nothing,
        "rcParams": Settings(wall),
        "style": _Style(),
    }
    return made | interactive()


def interactive() -> dict[str, Any]:
    """`ion`, `ioff` and `isinteractive`: a switch that nothing is drawn by; it is put back at the end of a `with`."""
    switch = {"on": False}

    def switched(on: bool) -> Callable[[], contextlib.ExitStack]:
        def switch_it() -> contextlib.ExitStack:
            """Set whether figures would show without being told to."""
            stack = contextlib.ExitStack()
            stack.callback(switch.update, switch.copy())
            switch["on"] = on
            return stack

        return switch_it

    return {"ion": switched(True), "ioff": switched(False), "isinteractive": lambda: switch["on"]}


def pylab(modules: Any) -> dict[str, Any]:
    """The names of `matplotlib.pylab`: those of pyplot and of NumPy in one; Python's own stay what they are."""
    pyplot = modules.find("matplotlib.pyplot")
    made = {name: value for name, value in vars(pyplot).items() if name[:1] != "_"}
    for name in ("numpy", "numpy.fft", "numpy.random", "numpy.linalg"):
        own = vars(modules.find(name))
        made |= {each: own[each] for each in importlib.import_module(name).__all__ if each in own}
    for name in ("bytes", "abs", "bool", "max", "min", "pow", "round"):
        made[name] = modules.builtins[name]
    return made | {"np": modules.find("numpy"), "plt": pyplot, "mpl": modules.find("matplotlib")}


def package(modules: Any) -> dict[str, Any]:
    """The names of `matplotlib` itself."""
    made: dict[str, Any] = {
        "use": _nothing,
        "get_backend": lambda: "agg",
        "rcParams": pyplot(modules)["rcParams"],
    }
    if installed():
        made["__version__"] = loaded("matplotlib").__version__
        made["rc"] = pyplot(modules)["rc"]
    return made


def module(name: str) -> Any:
    """What makes the names of another of its modules."""

    def make(modules: Any) -> dict[str, Any]:
        names = MODULES[name].split()
        if not installed():
            from .plots_absent import Undrawn

            return {each: Undrawn(f"{name.rpartition('.')[2]}.{each}") for each in names}
        source, wall = loaded(name), wall_of(modules)
        return {each: _named(wall, source, each) for each in names if hasattr(source, each)}

    return make


class Settings:
    """`plt.rcParams`: the settings that are about what a picture looks like."""

    def __init__(self, wall: Wall | None):
        self._take = (lambda value: value) if wall is None else wall.take

    def __getitem__(self, key: str) -> Any:
        return self._give(loaded("matplotlib").rcParams[str.__str__(key)])

    @staticmethod
    def _give(value: Any) -> Any:
        return Cycle(value.by_key()) if hasattr(value, "by_key") else value

    def __setitem__(self, key: str, value: Any) -> None:
        key = str.__str__(key)
        if not key.startswith(SETTINGS) or key in NO_SETTING:
            return  # nothing here would follow it
        loaded("matplotlib").rcParams[key] = self._take(value)

    def update(self, *settings: Any, **more: Any) -> None:
        """Set several."""
        for key, value in dict(*settings, **more).items():
            self[key] = value

    def get(self, key: str, default: Any = None) -> Any:
        """One setting, or `default`."""
        return self[key] if key in self else default  # noqa: SIM401

    def __contains__(self, key: object) -> bool:
        return key in loaded("matplotlib").rcParams


class Cycle:
    """The colours that lines take in turn."""

    def __init__(self, values: dict[str, list[Any]]):
        self._values = values

    def by_key(self) -> dict[str, list[Any]]:
        """The values by what they are for."""
        return {key: list(values) for key, values in self._values.items()}


class _Style:
    """`plt.style`."""

    @property
    def available(self) -> list[str]:
        """The names of the styles there are."""
        return list(loaded("matplotlib.style").available)

    def use(self, style: Any) -> None:
        """Draw in a style, by its name; files and addresses are none."""
        loaded("matplotlib.style").use(self._known(style))

    def context(self, style: Any, after_reset: bool = False) -> Any:
        """A style for the statements of a `with`."""
        return loaded("matplotlib.style").context(self._known(style), after_reset=after_reset)

    def _known(self, style: Any) -> Any:
        names = [style] if isinstance(style, str) else list(style)
        for name in names:
            if name != "default" and name not in self.available:
                raise OSError(f"{name!r} is not a valid package style, path of style file, URL of style file")
        return [str.__str__(name) for name in names]


def wall_of(modules: Any) -> Wall:
    """The wall of what is drawn, for one session."""

    def savefig(figure: Any, fname: Any, *, format: str | None = None, **options: Any) -> None:
        """Write a figure to a file; the format is the suffix's."""
        taken = {key: wall.take(each) for key, each in options.items() if key not in REFUSED}
        figure = getattr(figure, "figure", figure)
        if hasattr(fname, "write"):
            import io

            _check_format(format or "png")
            picture = io.BytesIO()
            figure.savefig(picture, format=format or "png", **taken)
            fname.write(picture.getvalue())
            return
        kind = format or _suffix(fname)
        if not kind:
            fname, kind = f"{fname}.png", "png"
        _check_format(kind)
        with modules.open(fname, "wb") as file:
            figure.savefig(file, format=kind, **taken)

    def show(figure: Any, *args: Any, **options: Any) -> None:
        """Nothing: there is no display."""

    wall = Wall(("matplotlib", "mpl_toolkits", "cycler"), has, REFUSED, {"savefig": savefig, "show": show})
    return wall


def _named(wall: Wall, source: Any, name: str) -> Any:
    found = getattr(source, name)
    if isinstance(found, types.ModuleType):
        return _part(wall, found)
    return wall.function(found) if isinstance(found, types.FunctionType) else wall.give(found)


def _part(wall: Wall, source: Any) -> Any:
    """`plt.cm`: the colour maps of a module, as a module of ours."""
    from .module import Module

    part = Module(source.__name__)
    for each in MODULES["matplotlib.cm"].split():
        if hasattr(source, each):
            setattr(part, each, _named(wall, source, each))
    return part


def loaded(name: str) -> Any:
    """One of matplotlib's modules, which draws into files."""
    import logging

    import matplotlib

    # that what it knows of fonts cannot be kept is nobody's concern
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    matplotlib.use("Agg")
    return importlib.import_module(name)


def _suffix(path: Any) -> str:
    return os.path.splitext(os.fspath(path))[1].lstrip(".").lower() if not hasattr(path, "read") else ""


def _check_format(kind: str) -> None:
    if kind.lower() not in FORMATS:
        raise ValueError(
            f"Format {kind!r} is not supported (supported formats: {', '.join(sorted(FORMATS))})"
        )


def _nothing(*args: Any, **options: Any) -> None:
    """Nothing: there is no display."""
