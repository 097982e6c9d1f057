"""One module as a program sees it: the names it has, where they come from, and what its functions change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Table(NamedTuple):
    """The harmless names of a module.

    `names` are read from Python's module, or from the session's copy of it when `copied`; a name the running
    Python does not have is left out. `made` gives names of our own, which go before. `changes` says which
    arguments (by place) a function changes. `submodules` are there as soon as the module is. `source`
    is the module the names come from when it is another one. Of an `own` module there is only what `made` gives,
    whether or not the running Python has it. `setting` gives what it sets for the whole process, which is exchanged.
    A module that is `pure` has only functions whose results their arguments decide; of a `numeric` one some are so, of
    numbers.
    """

    names: str = ""
    changes: Mapping[str, tuple[int, ...]] = MappingProxyType({})
    copied: bool = False
    made: Callable[[Any], dict[str, Any]] | None = None
    submodules: str = ""
    source: str = ""
    own: bool = False
    setting: Callable[[], Any] | None = None
    pure: bool = False
    numeric: bool = False
