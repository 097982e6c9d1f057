"""What a program hangs on tensors and functions: `weight.decay = 0.1`, `step.rate = 0.5`.

Tensors are read as Python reads them, by the library as by the program, and nothing tells of it. So while a trace
lasts, those from outside lie bare: what hangs on them lies aside, and who asks for it comes to `Tensor.__getattr__`,
which asks here. The program relies on what was read, and that there is nothing where nothing was found. Of a
function it relies on every attribute that has a name in code that the run reaches.
"""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from ...engine.compile.values import TraceStopped
from ...engine.core.mode import ABSENT
from ...engine.values.tensor import Tensor
from ..code.runs import words
from ..code.scopes import codes

if TYPE_CHECKING:
    from .instances import Instances

#: functions that ask for an attribute which may not be there
ASKING = words("getattr hasattr")


class OwnAttributes:
    """The attributes of one trace.

    aside      the tensors by their ids, each with what hung on it
    found      (id of a tensor or function, name) of what is relied on
    written    names in code that the run reaches; `asks` whether that asks for what may not be there
    functions  the program's functions by their paths
    """

    def __init__(self, instances: Instances):
        self.instances = instances
        self.guards = instances.reach.guards
        self.aside: dict[int, tuple[Tensor, dict[str, Any]]] = {}
        self.found: set[tuple[int, str]] = set()
        self.written: set[str] = set()
        self.asks = False
        self.functions: dict[str, FunctionType] = {}

    def lay_aside(self, t: Tensor) -> None:
        """A tensor from outside lies bare until `put_back`."""
        names = t.__dict__
        if names and id(t) not in self.aside:
            kind = type(t)
            if any(hasattr(kind, name) for name in names):
                raise TraceStopped("a tensor with an attribute in the place of its class's")
            self.aside[id(t)] = t, names
            t.__dict__ = {}

    def put_back(self) -> None:
        for t, names in self.aside.values():
            t.__dict__ = names
        self.aside.clear()

    def get(self, t: Tensor, name: str) -> Any:
        """What hangs on a tensor under a name; ABSENT where nothing does."""
        reach = self.instances.reach
        path = reach.paths.get(id(t))
        if path is None or id(t) not in reach.trace.by_tensor:
            return ABSENT  # the run has made it
        names = self.aside[id(t)][1] if id(t) in self.aside else {}
        if name in names:
            place: int | str = reach.place_of(path)
            return self._rely(t, place, names, name, path)
        self.guards.append(f"{name!r} not in {path}.__dict__")
        return ABSENT

    def function(self, function: FunctionType, path: str) -> None:
        """A function of the program is reached."""
        self.functions[path] = function
        self._of_functions()

    def code(self, code: CodeType) -> None:
        """Code of the program is reached."""
        known = len(self.written)
        for each in codes(code):
            self.written.update(each.co_names)
            if not ASKING.isdisjoint(each.co_names):
                self.asks = True
                self.written.update(text for text in each.co_consts if type(text) is str)
        if len(self.written) > known:
            self._of_functions()

    def _of_functions(self) -> None:
        for path, function in [*self.functions.items()]:
            for name in [*function.__dict__] if function.__dict__ else ():
                if name in self.written:
                    self._rely(function, id(function), function.__dict__, name, path)

    def _rely(self, owner: Any, place: int | str, names: dict[str, Any], name: str, path: str) -> Any:
        """What is read for the first time is gone through."""
        if (id(owner), name) in self.found:
            return names[name]
        self.found.add((id(owner), name))
        reach = self.instances.reach
        here = f"own{len(self.found)}"
        absent = reach.constant(ABSENT)
        self.guards.append(f"({here} := {path}.__dict__.get({name!r}, {absent})) is not {absent}")
        reach.label(here, name)
        return self.instances.value_of((place, name), names, name, here, f"{path}.{name}")

    def finish(self) -> None:
        """Where code asks for what may not be there, functions get nothing more."""
        if self.asks:
            for path, function in self.functions.items():
                self.guards.append(f"len({path}.__dict__) == {len(function.__dict__)}")
