"""Class patterns with positions: what Python looks at in the subject is fixed before it looks.

`case K(x)` reads the attribute that `K.__match_args__` names, which a metaclass, or code that runs while the
case is tried, could turn into any name. So Python matches with a class of ours in K's place: its instances are
K's, and its names are those that were checked.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary, ref

from ...kinds.ownership import mro_of
from ...modules.guarded import is_guarded

#: classes that match their subject whole where they have no names
WHOLE = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)


class Fixed(type):
    """The kind of the classes that stand for others."""

    kind: ref[type]
    names: Any

    def __instancecheck__(cls, value: Any) -> bool:
        kind = cls.kind()
        return kind is not None and isinstance(value, kind)


#: what stands for a class of the program, as long as that lives
made: WeakKeyDictionary[type, Fixed] = WeakKeyDictionary()


def pattern_class(kind: Any) -> Any:
    """What Python is to match with in the place of `kind`; TypeError for names that are not to be looked at."""
    if not isinstance(kind, type) or any(kind is whole for whole in WHOLE):
        return kind
    names = getattr(kind, "__match_args__", None)
    for name in names if type(names) is tuple else ():
        if type(name) is str and is_guarded(name):
            raise TypeError(f"{kind.__name__}.__match_args__ cannot name {name!r}")
    try:
        known = made.get(kind)
    except TypeError:  # its metaclass has no hash
        return fixed(kind, names)
    if known is None or known.kind() is not kind or known.names is not names:
        known = made[kind] = fixed(kind, names)
    return known


def fixed(kind: type, names: Any) -> Fixed:
    base = next((whole for whole in WHOLE if whole is not bool and issubclass_of(kind, whole)), object)
    standing = Fixed(kind.__name__, (base,), {} if names is None else {"__match_args__": names})
    standing.kind, standing.names = ref(kind), names
    return standing


def issubclass_of(kind: type, base: type) -> bool:
    """Whether `base` is really among the bases of `kind`, whatever a metaclass says."""
    return any(each is base for each in mro_of(kind))
