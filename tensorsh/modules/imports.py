"""What `from m import a, *` and `case C(x, k=y)` read, by the attribute rules.

Python's own instructions for both read attributes that no check sees: a missing name of a module is looked up in
the real `sys.modules`, `import *` reads whatever `__all__` names from whatever a program put into
`sys.modules`, and a class pattern reads what `__match_args__` names. So the language calls these instead.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ..errors import facts_of, know

MISSING: Any = object()
_MATCHES_ITSELF = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)


def import_name(host: Any, module: Any, name: str) -> Any:
    """`from module import name`: an attribute, or a module in the package; ImportError in Python's words."""
    try:
        return host.attribute(module, name)
    except AttributeError as error:
        why = facts_of(error)
    package = host.attribute(module, "__name__", None)
    if not isinstance(package, str):
        raise ImportError(f"cannot import name {name!r} from '<unknown module name>' (unknown location)")
    inner = host.modules.find(f"{package}.{name}") if host.modules.loaded.get(package) is module else None
    if inner is not None:
        return inner
    where = host.attribute(module, "__file__", None) or "unknown location"
    absent = ImportError(f"cannot import name {name!r} from {package!r} ({where})", name=package)
    raise absent if why is None else know(absent, why)


def import_all(host: Any, module: Any) -> dict[str, Any]:
    """`from module import *`: what `__all__` lists, or every name without an underscore before it."""
    names = host.attribute(module, "__all__", None)
    if names is None:
        variables = host.attribute(module, "__dict__", None)
        if not isinstance(variables, Mapping):
            raise ImportError("from-import-* object has no __dict__ and no __all__")
        return {name: value for name, value in variables.items() if isinstance(name, str) and name[:1] != "_"}
    return {str.__str__(name): host.attribute(module, name) for name in names}


def match_class(
    host: Any, value: Any, kind: Any, positional: int, names: tuple[str, ...] = ()
) -> tuple[Any, ...] | None:
    """The values that `case kind(…)` goes on to match, positional ones first; None where the value does not match.

    TypeError as Python raises it, for a pattern that is no class or has more parts than the class names.
    """
    if not isinstance(kind, type):
        raise TypeError(
            f"called match pattern must be a {'class' if sys.version_info >= (3, 12) else 'type'}"
        )
    if not isinstance(value, kind):
        return None
    wanted, itself = _positional(host, kind, positional)
    for place, name in enumerate((*wanted, *names)):
        if name in (*wanted, *names)[:place]:
            raise TypeError(f"{kind.__name__}() got multiple sub-patterns for attribute {name!r}")
    found = [value] if itself else []
    for name in (*wanted, *names):
        part = host.attribute(value, name, MISSING)
        if part is MISSING:
            return None
        found.append(part)
    return tuple(found)


def _positional(host: Any, kind: type, count: int) -> tuple[tuple[str, ...], bool]:
    """The attributes that positional patterns mean, and whether the one there is means the value itself."""
    if not count:
        return (), False
    title = kind.__name__
    names = host.attribute(kind, "__match_args__", MISSING)
    if names is MISSING:
        itself = issubclass(kind, _MATCHES_ITSELF)
        names = ()
    else:
        itself = False
    if type(names) is not tuple:
        raise TypeError(f"{title}.__match_args__ must be a tuple (got {type(names).__name__})")
    most = 1 if itself else len(names)
    if count > most:
        plural = "" if most == 1 else "s"
        raise TypeError(f"{title}() accepts {most} positional sub-pattern{plural} ({count} given)")
    for name in names[:count]:
        if type(name) is not str:
            raise TypeError(f"__match_args__ elements must be strings (got {type(name).__name__})")
    return names[:count], itself
