"""functorch, which is ours: `tensorsh.torch.functorch`."""

from __future__ import annotations

from typing import Any

from ..table import Table


def _names(modules: Any) -> dict[str, Any]:
    from ...torch import functorch

    return {name: getattr(functorch, name) for name in functorch.__all__}


TABLES = {"functorch": Table(made=_names, own=True)}
