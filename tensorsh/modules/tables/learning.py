"""What programs take from scikit-learn."""

from __future__ import annotations

from typing import Any

from ..table import Table

#: in `learning.MODULES`, which is only read once one is imported
NAMES = ("sklearn.datasets", "sklearn.metrics", "sklearn.model_selection", "sklearn.preprocessing")


def _module(name: str) -> Any:
    def make(modules: Any) -> dict[str, Any]:
        from .. import learning

        return learning.names(name)

    return make


TABLES = {"sklearn": Table(), **{name: Table(made=_module(name)) for name in NAMES}}
