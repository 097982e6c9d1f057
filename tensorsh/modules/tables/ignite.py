"""ignite, which is ours: `tensorsh.ignite`."""

from __future__ import annotations

from typing import Any

from ...ignite import CONTENTS, names
from ..table import Table


def _module(name: str) -> Any:
    return lambda modules: names(name)


TABLES = {name: Table(made=_module(name), own=True) for name in CONTENTS}
