"""Instances that a run reaches: while it is traced, each attribute it reads or sets is seen.

A trace executes the program's own methods and the library's, which read attributes as Python does. So for as long
as it lasts, classes look attributes up through here. A program then relies on what was read and on nothing else:
which instance it is, what its class says for that name, and the value as `Reach` guards every value. What is set
is set again by each replay, and put back when the trace is over.
"""

from __future__ import annotations

from collections import OrderedDict
from types import FunctionType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

from ...engine.compile.values import Number, TooLittle, TraceAgain, TraceStopped
from ...engine.values.parameters import Buffer, Parameter
from ...engine.values.tensor import TENSORS
from ...kinds.ownership import attributes_of, mro_of, own_class
from ...kinds.sequences import fields_of
from ..names.library_parts import (
    REGISTERED,
    is_distribution,
    is_module,
    is_optimizer,
    module_class,
    registered,
)
from .history import Attribute, History
from .optimizers import Optimizers
from .own_attributes import OwnAttributes
from .settings import follow, has_own_functions
from .watched import MISSING, Watched, makes_plainly, not_there, stops

if TYPE_CHECKING:
    from .reach import Reach

#: attributes of an optimiser that only the compiler looks at
OF_OPTIMIZERS = frozenset({"param_groups", "state", "defaults"})
#: more attributes that are set for each call of arrays, once there are so many, are Python's work: it takes some forty
#: times as long where it is seen
SETS, FEWEST_SETS = 10, 1000


class Instances(Watched):
    """The instances of one trace.

    known     the instances by their ids, each with its name in the program's scope
    read      the attributes that the program relies on
    changed   attributes that are set: how the program writes it, where it is kept, the key there, the value before
    numbers   attributes that are changing numbers
    """

    def __init__(self, reach: Reach, history: History):
        super().__init__(reach)
        self.history = history
        self.known: dict[int, str] = {}
        self.kept: list[Any] = []  # so that ids stay theirs
        self.followed: set[int] = set()  # ids of classes and of what settings are kept in
        self.read: set[Attribute] = set()
        self.changed: dict[Attribute, tuple[str, Any, str, Any]] = {}
        self.numbers: dict[Attribute, Number] = {}
        self.modules: dict[int, Any] = {}  # that the run has made
        self.sets = 0  # how many attributes the run has set
        self.others: dict[int, str] = {}  # instances that are others each time, by their ids: their places
        self.placed: dict[tuple[int, str], Any] = {}  # (id of a dictionary, key) → the module's own tensor
        self.optimizers = Optimizers(reach, self.known)
        self.own = OwnAttributes(self)

    def arrive(self, value: Any, path: str) -> None:
        """An instance is found: the program is for this very one; or an operation, which is a class."""
        if self.is_operation(value):
            self.operation(value, path)
            return
        if follow(value, self.reach, path):
            self.followed.add(id(self.reach.scope[self.reach.constant(value)]))
            return
        if isinstance(value, type):
            self.at_hand(value, path)
            return
        name = self.known.get(id(value))
        if name is None:
            kind = type(value)
            self.watch(kind)
            place = self._place_of_another(value, path)
            if place:
                name = path
                self.others[id(value)] = place
            else:
                name = self.reach.constant(value)
                self.reach.guards.append(f"{path} is {name}")
            self.known[id(value)] = name
            self.kept.append(value)
            self.reach.paths[id(value)] = name
            if own_class(kind):
                self.reach.guards.append(f"type({name}) is {self.classes[kind]}")
        elif path != name:
            self.reach.guards.append(f"{path} is {name}")

    def _place_of_another(self, value: Any, path: str) -> str:
        """The place of an instance of a plain class, if earlier traces have found others there; else ""."""
        if not makes_plainly(type(value)) or not path.isidentifier():
            return ""
        place, history = self.reach.place_of(path), self.history
        if history.instances.setdefault(place, id(value)) != id(value):
            history.moving.add(place)
        return place if place in history.moving else ""

    def _attribute_of(self, value: Any, name: str) -> Attribute:
        """What histories know an attribute by: that of an instance that is another one each time by its place."""
        return self.others.get(id(value), id(value)), name

    def distinct(self) -> list[str]:
        """Conditions under which those of several places are as many: what is set in one is not set in another."""
        found = []
        for kind in {type(each) for each in self.kept if id(each) in self.others}:
            names = [self.known[id(each)] for each in self.kept if type(each) is kind]
            if len(names) > 1:
                found.append(f"len({{{', '.join(f'id({name})' for name in names)}}}) == {len(names)}")
        return found

    def at_hand(self, kind: type, path: str) -> None:
        """A class of the program's is found: what its instances share is gone through."""
        self.watch(kind)
        # `__init__`, for `__new__` could not be taken away again
        if "__init__" not in vars(kind) and not makes_plainly(kind):
            self.patch(kind, "__init__", stops(f"a {kind.__name__} is made"))
        elif "__init__" not in vars(kind):

            def make(value: Any, *args: Any, **kwargs: Any) -> None:
                self.made(value)
                super(kind, value).__init__(*args, **kwargs)  # type: ignore[arg-type]

            self.patch(kind, "__init__", make)
        self.reach.guards.append(f"{path} is {self.classes[kind]}")
        self.followed.add(id(kind))
        self.whole(kind)

    def named(self, kind: type) -> None:
        """Named tuples of a class of the program's are found."""
        if kind in self.classes or not has_own_functions(kind):
            return
        self.classes[kind] = self.reach.constant(kind)
        for each in mro_of(kind):
            if own_class(each):
                self._watch_methods(each)

    def sees(self, value: Any) -> bool:
        return (
            id(value) in self.known
            or id(value) in self.followed
            or self.is_of_operation(value)
            or self.is_made(value)
            or self.is_named(type(value))
        )

    def hears(self, value: Any) -> bool:
        """Whether what is set of an instance comes to `set`."""
        return id(value) in self.known or self.is_made(value)

    def is_named(self, kind: type) -> bool:
        """Whether it is a class of named tuples whose methods are seen."""
        return fields_of(kind) is not None and (kind in self.classes or not has_own_functions(kind))

    def is_made(self, value: Any) -> bool:
        """Whether the run has made it, and each replay makes one like it: a distribution or module of the library, an
        instance of a plain class of the program's."""
        return id(value) in self.modules or (is_distribution(value) and id(value) not in self.known)

    def made(self, value: Any) -> None:
        self.modules[id(value)] = value

    def some_modules(self, whole: Any, parts: Any) -> Any:
        """A container like `whole` with some of its modules, of which nothing is seen outside of the run."""
        kind = type(whole)
        if own_class(kind) or id(whole) not in self.known:
            raise TraceStopped(f"a {kind.__name__} is made")
        made = object.__new__(kind)
        module_class().__init__(made)  # type: ignore[misc]
        entries = parts.items() if isinstance(parts, dict) else enumerate(parts)
        made._modules.update((str(name), module) for name, module in entries)
        return made

    def leave(self) -> None:
        """Put back the attributes that were set, and how classes look up theirs."""
        self.settings.put_back()
        self.unwatch()
        for _, holder, key, before in reversed(self.changed.values()):
            put(holder, key, before)
        self.own.put_back()

    # ---------------------------------------------------------------- reading

    def get(self, value: Any, name: str) -> Any:
        """`value.name`, and the program relies on it."""
        kind = type(value)
        if name == "__class__":
            self.whole(kind)
            return kind
        place = self.known.get(id(value))
        if self.is_made(value):
            return self._of_made(value, name)
        if place is None:
            raise TraceStopped(f"a {kind.__name__} that is no part of what the run can reach")
        if name == "__dict__":
            raise TraceStopped("all attributes of an instance are looked at")
        if name in OF_OPTIMIZERS and is_optimizer(value):
            raise TraceStopped("hyperparameters are looked at")
        above, owner = self.find(kind, name)
        if above is not MISSING and hasattr(type(above), "__set__"):
            self.rely(kind, name)
            if type(above) is MemberDescriptorType:
                return self._attribute(value, name, place, value, name)
            if type(above) is property or (issubclass(type(above), property) and not own_class(owner)):
                return object.__getattribute__(value, name)
            raise TraceStopped(f"a {type(above).__name__}")
        own = attributes_of(value)
        if own is not None and name in own:
            return self._attribute(value, name, place, own, name)
        if above is MISSING:
            for part, inside in registered(value):
                if name in inside:
                    return self._attribute(value, name, f"{place}.{part}", inside, name)
            self.nowhere(value, name, place)
        if own_class(owner) or not name.startswith("_"):
            self.absent(value, name, place)
        self.rely(kind, name)
        if type(above) in (FunctionType, staticmethod, classmethod):
            return object.__getattribute__(value, name)
        if hasattr(type(above), "__get__"):
            if own_class(owner):
                raise TraceStopped(f"a {type(above).__name__}")
            return object.__getattribute__(value, name)
        if own_class(owner):
            self.of_class(f"{self.classes[kind]}.{name}", above)
        return above

    def _of_made(self, value: Any, name: str) -> Any:
        """An attribute of an instance that the run has made."""
        try:
            return object.__getattribute__(value, name)
        except AttributeError:
            for _, inside in registered(value):
                if name in inside:
                    return inside[name]
            raise

    def nowhere(self, value: Any, name: str, place: str) -> None:
        """There is no attribute of that name, as Python will say."""
        kind = type(value)
        self.absent(value, name, place)
        if own_class(kind):
            self.reach.guards.append(f"not hasattr({self.classes[kind]}, {name!r})")
        for part, _ in registered(value):
            self.reach.guards.append(f"{name!r} not in {place}.{part}")
        not_there(value, name)

    def _attribute(self, value: Any, name: str, place: str, holder: Any, key: str) -> Any:
        """One attribute, where it is kept; what is read for the first time is gone through."""
        found = held(holder, key)
        attribute = self._attribute_of(value, name)
        moves = id(value) in self.others
        if attribute in self.read or attribute in self.changed or (id(holder), key) in self.placed:
            return found
        if name in REGISTERED and any((id(value), part) in self.changed for part in found):
            raise TraceStopped("a module's parts after one was set")
        self.read.add(attribute)
        inside = place.rpartition(".")[2] in REGISTERED
        text = f"{place}[{key!r}]" if inside else f"{place}.{key}"
        if type(found) is OrderedDict and name.endswith(("_hooks", "_hooks_with_kwargs")):
            self._hooks(found, text, name)
            return found
        if type(found) is FunctionType and is_optimizer(value):  # `step`, as a scheduler has wrapped it
            self.reach.guards.append(f"{text} is {self.reach.constant(found)}")
            return found
        if moves:  # another may be of another class, or not have it
            text = f"{place}.__dict__.get({key!r}) if type({place}) is {self.classes[type(value)]} else None"
        path = self.reach.fetched(text, name)
        return self.value_of(attribute, holder, key, path, f"{place}.{key}" if moves else text, moves)

    def _hooks(self, found: OrderedDict[int, Any], text: str, name: str) -> None:
        """A module's hooks: those that its call calls are gone through."""
        if not found:
            self.reach.guards.append(f"not {text}")
            return
        if not name.startswith("_forward"):
            raise TraceStopped("a hook of a module")
        path = self.reach.fetched(text, name)
        self.reach.guards.append(f"[*{path}] == {[*found]!r}")
        for key, hook in found.items():
            self.reach.thing(hook, f"{path}[{key!r}]", False, 0)

    def value_of(
        self, attribute: Attribute, holder: Any, key: str, path: str, text: str, moves: bool = False
    ) -> Any:
        """What an attribute is, of which `path` is what a replay has found; one that is set is written as `text`.

        A number that differs from round to round is a Number. `moves`: it is another instance's each time.
        """
        self.read.add(attribute)
        found = held(holder, key)
        if type(found) in (int, float):
            differs = self.history.differs(attribute, found)
            if differs and not (moves and type(found) is int):  # of others it is a size, most likely
                self.history.varying.add(attribute)
            if attribute in self.history.varying:
                guards = self.reach.guards
                guards.append(f"type({path}) is {type(found).__name__}")
                number = self.numbers[attribute] = Number(found, path, guards)
                self._put(attribute, text, holder, key, found, number)
                return number
        self.reach.thing(found, path, moves or attribute in self.history.varying, 0, attribute[1])
        return found

    # ---------------------------------------------------------------- setting

    def set(self, value: Any, name: str, new: Any) -> None:
        """`value.name = new`, which each replay does as well."""
        self.sets += 1
        trace = self.reach.trace
        if self.sets > FEWEST_SETS and (trace is None or self.sets > SETS * len(trace.steps)):
            raise TooLittle("too little to do")
        place = self.known.get(id(value))
        if self.is_made(value):
            if isinstance(new, Parameter):
                raise TraceStopped("parameters are made")
            root = module_class()
            plain = object if root is None or not is_module(value) else root
            self.original(plain, "__setattr__")(value, name, new)
            return
        if place is None:
            raise TraceStopped(f"a {type(value).__name__} that is no part of what the run can reach")
        above, _ = self.find(type(value), name)
        holder: Any = attributes_of(value)
        text = f"{place}.{name}"
        if above is not MISSING and hasattr(type(above), "__set__"):
            self.rely(type(value), name)
            if type(above) is property:
                object.__setattr__(value, name, new)
                return
            if type(above) is not MemberDescriptorType:
                raise TraceStopped(f"a {type(above).__name__}")
            holder = value
        elif is_module(value):
            if isinstance(new, Parameter) or is_module(new):
                raise TraceStopped("a module gets another part")
            if name in holder["_parameters"] or name in holder["_modules"] or isinstance(new, Buffer):
                raise TraceStopped("a module gets another part")
            if name in holder["_buffers"]:
                if new is not None and type(new) not in TENSORS:
                    raise TraceStopped("a module gets another part")
                holder, text = holder["_buffers"], f"{place}._buffers[{name!r}]"
            else:
                text = f"{place}.__dict__[{name!r}]"
        elif is_optimizer(value):
            if name in OF_OPTIMIZERS:
                raise TraceStopped("an optimiser is changed")
            text = f"{place}.__dict__[{name!r}]"
        if (id(holder), name) in self.placed:  # which the call takes away again
            put(holder, name, new)
            return
        attribute = self._attribute_of(value, name)
        before = held(holder, name)
        if before is MISSING:
            raise TraceStopped(f"a new attribute {name!r}")
        self._put(attribute, text, holder, name, before, new)

    def _put(self, attribute: Attribute, text: str, holder: Any, key: str, before: Any, new: Any) -> None:
        self.changed.setdefault(attribute, (text, holder, key, before))
        put(holder, key, new)

    def put_part(self, holder: Any, key: str, value: Any) -> None:
        """Another tensor in the place of a module's own is none that the program can rely on."""
        if self.placed.setdefault((id(holder), key), holder[key]) is value:
            del self.placed[id(holder), key]

    def results(self) -> list[tuple[str, Any]]:
        """What a replay sets: (how it is written, the value). Stops where a value read was taken for a constant."""
        if self.settings.changed():
            raise TraceStopped("settings are changed")
        found, differing = [], []
        for attribute, (text, holder, key, before) in self.changed.items():
            now = held(holder, key)
            if attribute in self.read and now is self.numbers.get(attribute, before):
                continue  # a number like the one before need not be like those that it was in other rounds
            if attribute in self.read and attribute not in self.history.varying:
                if type(before) in (int, float) or type(before) in TENSORS:
                    differing.append(attribute)
            found.append((text, now))
        if differing:
            self.history.varying.update(differing)
            names = ", ".join(sorted({name for _, name in differing}))
            raise TraceAgain(f"attributes that differ from round to round: {names}")
        return found


def held(holder: Any, key: str) -> Any:
    """What an attribute is: one in a dictionary, which may not be there, or in a slot of the instance."""
    return holder.get(key, MISSING) if type(holder) is dict else object.__getattribute__(holder, key)


def put(holder: Any, key: str, value: Any) -> None:
    if type(holder) is dict:
        holder[key] = value
    else:
        object.__setattr__(holder, key, value)
