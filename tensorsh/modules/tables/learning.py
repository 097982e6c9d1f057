"""What programs take from scikit-learn and pandas."""

from __future__ import annotations

from typing import Any

from ..table import Table

#: in `learning.MODULES`, which is only read once one is imported
NAMES = ("sklearn.datasets", "sklearn.metrics", "sklearn.model_selection", "sklearn.preprocessing")
#: in `frame_names.MODULES`
OF_PANDAS = ("pandas.api.types", "pandas.errors", "pandas.testing", "pandas.tseries.offsets")


def _module(name: str) -> Any:
    def make(modules: Any) -> dict[str, Any]:
        from .. import learning

        return learning.names(name, modules)

    return make


def _of_pandas(name: str) -> Any:
    def make(modules: Any) -> dict[str, Any]:
        from .. import frames

        return frames.module(name, modules)

    return make


def _pandas(modules: Any) -> dict[str, Any]:
    from .. import frames

    return frames.package(modules)


def _options() -> Any:
    from .. import frame_options

    return frame_options.exchanged()


TABLES = {
    "sklearn": Table(),
    **{name: Table(made=_module(name)) for name in NAMES},
    "pandas": Table(
        made=_pandas, setting=_options, submodules="api api.types errors testing tseries tseries.offsets"
    ),
    "pandas.api": Table(),
    "pandas.tseries": Table(),
    **{name: Table(made=_of_pandas(name)) for name in OF_PANDAS},
}
