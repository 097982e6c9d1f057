"""NumPy's docstrings of what it has in C, put on when somebody may read them.

Two modules of NumPy's do nothing else, and take a twelfth of its import. The command `tensorsh` has them wait until a
program imports NumPy or help is asked for; who imports tensorsh from Python has NumPy as it always is.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

#: where they are missing, in another version of NumPy, nothing waits
MODULES = ("numpy._core._add_newdocs", "numpy._core._add_newdocs_scalars")


class _Waiting(ModuleType):
    """Stands for one of them while it is not imported."""


def defer() -> None:
    """Let NumPy, which is not imported yet, be imported without them."""
    if "numpy" not in sys.modules:
        sys.modules.update((name, _Waiting(name)) for name in MODULES)


def load() -> None:
    """Import those that wait."""
    waiting = [name for name in MODULES if isinstance(sys.modules.get(name), _Waiting)]
    if not waiting:
        return
    from .engine.core import sealed

    for name in waiting:
        del sys.modules[name]
    with sealed.lifted():  # for what programs may not see of arrays has a docstring, too
        for name in waiting:
            import_module(name)
