"""Instances that a run reaches: while it is traced, each attribute it reads or sets is seen.

A trace executes the program's own methods and the library's, which read attributes as Python does. So for as long
as it lasts, classes look attributes up through here. A program then relies on what was read and on nothing else:
which instance it is, what its class says for that name, and the value as `Reach` guards every value. What is set
is set again by each replay, and put back when the trace is over.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cache
from types import FunctionType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

from ..engine.compile.values import Number, TraceStopped
from ..engine.sealed import changing
from ..engine.tensor import TENSORS, Tensor
from ..kinds.ownership import mro_of, own_class, own_function

if TYPE_CHECKING:
    from .reach import Reach

MISSING: Any = object()
#: methods that Python calls to make an instance
MAKING = ("__new__", "__init__", "__init_subclass__", "__class_getitem__", "__set_name__", "__del__")
#: methods that say themselves what an attribute is
ANSWERING = ("__getattribute__", "__getattr__", "__setattr__", "__delattr__")
#: where a module keeps what is registered in it
REGISTERED = ("_parameters", "_buffers", "_modules")
#: attributes of an optimiser that only the compiler looks at
OF_OPTIMIZERS = frozenset({"param_groups", "state", "defaults"})

#: an attribute by the id of its instance and its name
Attribute = tuple[int, str]


class History:
    """What earlier traces of a run found out: attributes that differ from round to round, and numbers seen."""

    def __init__(self) -> None:
        self.varying: set[Attribute] = set()
        self.numbers: dict[Attribute, Any] = {}


class Instances:
    """The instances of one trace.

    known     the instances by their ids, each with its name in the program's scope
    read      the attributes that the program relies on
    changed   attributes that are set: how the program writes it, where it is kept, the key there, the value before
    """

    def __init__(self, reach: Reach, history: History):
        self.reach = reach
        self.history = history
        self.known: dict[int, str] = {}
        self.kept: list[Any] = []  # so that ids stay theirs
        self.read: set[Attribute] = set()
        self.changed: dict[Attribute, tuple[str, Any, str, Any]] = {}
        self.patches: list[tuple[type, str, Any]] = []
        self.classes: dict[type, str] = {}
        self.relied: set[tuple[str, str]] = set()
        self.optimizers: dict[int, list[dict[str, Any]]] = {}
        self.numbers: dict[Attribute, Number] = {}
        self.wholes: set[type] = set()

    # ---------------------------------------------------------------- arriving

    def arrive(self, value: Any, path: str) -> None:
        """An instance is found: the program is for this very one."""
        name = self.known.get(id(value))
        if name is None:
            kind = type(value)
            self.watch(kind)
            name = self.known[id(value)] = self.reach.constant(value)
            self.kept.append(value)
            self.reach.paths[id(value)] = name
            self.reach.guards.append(f"{path} is {name}")
            if own_class(kind):
                self.reach.guards.append(f"type({name}) is {self.classes[kind]}")
        elif path != name:
            self.reach.guards.append(f"{path} is {name}")

    def sees(self, value: Any) -> bool:
        return id(value) in self.known

    def watch(self, kind: type) -> None:
        """Look up attributes of a class's instances here."""
        if kind in self.classes:
            return
        line = mro_of(kind)
        own = [each for each in line if own_class(each)]
        rest = [
            each for each in line if each not in own and each.__name__ not in ("object", "ABC", "Generic")
        ]
        root = library_root(rest)
        if root is None and (rest or not own):
            raise TraceStopped(f"a {kind.__name__}")
        if root is not None and own and root.__name__ == "Optimizer":
            raise TraceStopped("an optimiser of the program's own")
        if type(kind).__name__ not in ("type", "ABCMeta"):
            raise TraceStopped("a class of a class of its own")
        if any(self.original(each, name) is not MISSING for each in own for name in ANSWERING):
            raise TraceStopped("a class that answers for its attributes itself")
        if root is not None and root.__name__ == "Module":
            self._no_hooks_for_all()
        self.classes[kind] = self.reach.constant(kind)
        for each in own:
            self._watch_methods(each)
        top = kind if root is None else root
        if not any(cls is top and name == "__getattribute__" for cls, name, _ in self.patches):
            self.patch(top, "__getattribute__", lambda value, name: self.get(value, name))
            self.patch(top, "__setattr__", lambda value, name, new: self.set(value, name, new))
            self.patch(top, "__delattr__", stops("an attribute is deleted"))
            if root is not None:  # whose own would look at the dictionary of what `get` has not found
                self.patch(top, "__getattr__", not_there)

    def _no_hooks_for_all(self) -> None:
        """Hooks for every module there is are functions of the program's."""
        from ..torch.nn.modules import calls

        hooks = (calls.forward_hooks, calls.forward_pre_hooks, calls.backward_hooks, calls.backward_pre_hooks)
        if any(hooks):
            raise TraceStopped("a hook of every module")
        names = " or ".join(self.reach.constant(each) for each in hooks)
        self.reach.guards.append(f"not ({names})")

    def _watch_methods(self, kind: type) -> None:
        """A method of the program is gone through before it is called, by whoever calls it."""
        if any(cls is kind and name == "" for cls, name, _ in self.patches):
            return
        self.patches.append((kind, "", None))
        for name, found in list(vars(kind).items()):
            if name in MAKING:
                self.patch(kind, name, stops(f"a {kind.__name__} is made"))
            elif type(found) is FunctionType:
                self.patch(kind, name, self._method(kind, name, found))
            elif type(found) is staticmethod:
                self.patch(kind, name, staticmethod(self._method(kind, name, found.__func__)))
            elif type(found) is classmethod:
                self.patch(kind, name, classmethod(self._method(kind, name, found.__func__)))
            elif type(found) is property:
                read, write = (part and self._method(kind, name, part) for part in (found.fget, found.fset))
                self.patch(kind, name, property(read, write, found.fdel))

    def _method(self, kind: type, name: str, function: Any) -> Callable[..., Any]:
        if not own_function(function):
            return stops("a method that is no function of the program")

        def watched(*args: Any, **kwargs: Any) -> Any:
            first = type(args[0]) if args and type(args[0]) in self.classes else kind
            if args and issubclass(type(args[0]), type):
                self.whole(args[0])
            self.rely(first if self.find(first, name)[1] is kind else kind, name)
            self.reach.method(function)
            return function(*args, **kwargs)

        return watched

    def patch(self, kind: type, name: str, new: Any) -> None:
        self.patches.append((kind, name, vars(kind).get(name, MISSING)))
        with changing(kind):
            type.__setattr__(kind, name, new)

    def leave(self) -> None:
        """Put back the attributes that were set, and how classes look up theirs."""
        for kind, name, before in reversed(self.patches):
            if not name:
                continue
            with changing(kind):
                if before is MISSING:
                    type.__delattr__(kind, name)
                else:
                    type.__setattr__(kind, name, before)
        self.patches.clear()
        for _, holder, key, before in reversed(self.changed.values()):
            if type(holder) is dict:
                holder[key] = before
            else:
                object.__setattr__(holder, key, before)

    # ---------------------------------------------------------------- reading

    def original(self, kind: type, name: str) -> Any:
        """What a class had under a name before it was watched."""
        for cls, patched, before in self.patches:
            if cls is kind and patched == name:
                return before
        return vars(kind).get(name, MISSING)

    def find(self, kind: type, name: str) -> tuple[Any, type]:
        """What a class and those it comes from have under a name, and which of them has it."""
        for each in mro_of(kind):
            if name in vars(each):
                return vars(each)[name], each
        return MISSING, kind

    def rely(self, kind: type, name: str) -> None:
        """The class has the same under this name; those of the library always have."""
        place = self.classes.get(kind)
        if place is None or not own_class(kind) or (place, name) in self.relied:
            return
        self.relied.add((place, name))
        _, owner = self.find(kind, name)
        found = self.original(owner, name)
        text = f"{place}.{name}"
        if type(found) is classmethod:
            text, found = f"{text}.__func__", found.__func__
        elif type(found) is staticmethod:
            found = found.__func__
        self.reach.guards.append(f"{text} is {self.reach.constant(found)}")

    def get(self, value: Any, name: str) -> Any:
        """`value.name`, and the program relies on it."""
        kind = type(value)
        if name == "__class__":
            self.whole(kind)
            return kind
        place = self.known.get(id(value))
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
            if type(above) is property:
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
        if own_class(owner) and hasattr(type(above), "__get__"):
            raise TraceStopped(f"a {type(above).__name__}")
        if own_class(owner):
            self.of_class(f"{self.classes[kind]}.{name}", above)
        return above

    def nowhere(self, value: Any, name: str, place: str) -> None:
        """There is no attribute of that name, as Python will say."""
        kind = type(value)
        self.absent(value, name, place)
        if own_class(kind):
            self.reach.guards.append(f"not hasattr({self.classes[kind]}, {name!r})")
        for part, _ in registered(value):
            self.reach.guards.append(f"{name!r} not in {place}.{part}")
        not_there(value, name)

    def whole(self, kind: type) -> None:
        """A class itself is at hand, whose attributes are read unseen: all of them are gone through."""
        for each in mro_of(kind) if kind in self.classes else ():
            if not own_class(each) or each in self.wholes:
                continue
            self.wholes.add(each)
            place = self.classes.setdefault(each, self.reach.constant(each))
            self.reach.guards.append(f"len({place}.__dict__) == {self.size(each)}")
            for name in list(vars(each)):
                found = self.original(each, name)
                if name[:2] != "__" and found is not MISSING and not hasattr(type(found), "__get__"):
                    self.of_class(f"{place}.{name}", found)

    def of_class(self, text: str, found: Any) -> None:
        """What a class has for all of its instances."""
        if ("", text) not in self.relied:
            self.relied.add(("", text))
            self.reach.thing(found, self.reach.fetched(text, text.rpartition(".")[2]), False, 0)

    def size(self, kind: type) -> int:
        """How many attributes a class has when it is not watched."""
        return sum(self.original(kind, name) is not MISSING for name in vars(kind))

    def absent(self, value: Any, name: str, place: str) -> None:
        """The instance has no attribute of its own that would come before its class's."""
        if (place, name) not in self.relied and attributes_of(value) is not None:
            self.relied.add((place, name))
            self.reach.guards.append(f"{name!r} not in {place}.__dict__")

    def _attribute(self, value: Any, name: str, place: str, holder: Any, key: str) -> Any:
        """One attribute, where it is kept; what is read for the first time is gone through."""
        found = holder[key] if type(holder) is dict else object.__getattribute__(holder, key)
        attribute = id(value), name
        if attribute in self.read or attribute in self.changed:
            return found
        self.read.add(attribute)
        inside = place.rpartition(".")[2] in REGISTERED
        text = f"{place}[{key!r}]" if inside else f"{place}.{key}"
        if type(found) is OrderedDict and name.endswith(("_hooks", "_hooks_with_kwargs")):
            if found:
                raise TraceStopped("a hook of a module")
            self.reach.guards.append(f"not {text}")
            return found
        if type(found) is FunctionType and is_optimizer(value):  # `step`, as a scheduler has wrapped it
            self.reach.guards.append(f"{text} is {self.reach.constant(found)}")
            return found
        path = self.reach.fetched(text, name)
        if type(found) in (int, float):
            if self.history.numbers.setdefault(attribute, found) != found:
                self.history.varying.add(attribute)
            if attribute in self.history.varying:
                guards = self.reach.guards
                guards.append(f"type({path}) is {type(found).__name__}")
                number = self.numbers[attribute] = Number(found, path, guards)
                self._put(attribute, text, holder, key, found, number)
                return number
        self.reach.thing(found, path, attribute in self.history.varying, 0, name)
        return found

    # ---------------------------------------------------------------- setting

    def set(self, value: Any, name: str, new: Any) -> None:
        """`value.name = new`, which each replay does as well."""
        place = self.known.get(id(value))
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
            if isinstance(new, parameter_class()) or is_module(new):
                raise TraceStopped("a module gets another part")
            if name in holder["_parameters"] or name in holder["_modules"] or is_buffer(new):
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
        attribute = id(value), name
        if type(holder) is dict:
            before = holder.get(name, MISSING)
        else:
            before = object.__getattribute__(holder, name)
        if before is MISSING:
            raise TraceStopped(f"a new attribute {name!r}")
        self._put(attribute, text, holder, name, before, new)

    def _put(self, attribute: Attribute, text: str, holder: Any, key: str, before: Any, new: Any) -> None:
        self.changed.setdefault(attribute, (text, holder, key, before))
        if type(holder) is dict:
            holder[key] = new
        else:
            object.__setattr__(holder, key, new)

    def results(self) -> list[tuple[str, Any]]:
        """What a replay sets: (how it is written, the value). Stops where a value read was taken for a constant."""
        found = []
        for attribute, (text, holder, key, before) in self.changed.items():
            now = holder[key] if type(holder) is dict else object.__getattribute__(holder, key)
            if attribute in self.read and (now is before or now is self.numbers.get(attribute)):
                continue
            if attribute in self.read and attribute not in self.history.varying:
                if type(before) in (int, float) or type(before) in TENSORS:
                    self.history.varying.add(attribute)
                    raise Again(f"the attribute {attribute[1]!r} differs from round to round")
            found.append((text, now))
        return found

    # ---------------------------------------------------------------- optimisers

    def groups(self, optimizer: Any) -> list[dict[str, Any]]:
        """The parameter groups of an optimiser of the library, with the parameters reached."""
        known = self.optimizers.get(id(optimizer))
        if known is not None:
            return known
        place = self.known.get(id(optimizer))
        if place is None:
            raise TraceStopped("an optimiser that the program cannot find")
        reach, own = self.reach, attributes_of(optimizer)
        groups: list[dict[str, Any]] = own["param_groups"]
        all_of = reach.constant(groups)
        reach.guards.append(f"{place}.param_groups is {all_of} and len({all_of}) == {len(groups)}")
        for i, group in enumerate(groups):
            this, params = reach.constant(group), group["params"]
            listed = reach.constant(params)
            reach.guards.append(
                f"{all_of}[{i}] is {this} and {this}['params'] is {listed} and len({listed}) == {len(params)}"
            )
            for k, p in enumerate(params):
                if type(p) not in TENSORS:
                    raise TraceStopped("a tensor of a class of its own")
                reach.tensor(p, reach.fetched(f"{listed}[{k}]", "parameter"), False)
        self.optimizers[id(optimizer)] = groups
        return groups

    def states(self, optimizer: Any, parameters: Iterable[Tensor]) -> list[dict[str, Tensor]]:
        """What an optimiser remembers of parameters: the very tensors."""
        reach, place = self.reach, self.known[id(optimizer)]
        states: dict[Any, Any] = attributes_of(optimizer)["state"]
        reach.guards.append(f"{place}.state is {reach.constant(states)}")
        found: list[dict[str, Tensor]] = []
        for p in parameters:
            state = states.get(p, {})
            tensors = {key: each for key, each in state.items() if type(each) in TENSORS}
            if tensors:
                this = reach.constant(state)
                reach.guards.append(f"{reach.constant(states)}.get({reach.constant(p)}) is {this}")
                for key, each in tensors.items():
                    one = reach.constant(each)
                    reach.guards.append(
                        f"{this}.get({key!r}) is {one} and {one}.array is {reach.constant(each.array)}"
                    )
            found.append(tensors)
        return found


def registered(value: Any) -> list[tuple[str, dict[str, Any]]]:
    """What is registered in a module, by the name of the attribute that has it."""
    own = attributes_of(value)
    return [(part, own[part]) for part in REGISTERED] if is_module(value) else []


class Again(TraceStopped):
    """The next trace will know more."""


def stops(reason: str) -> Callable[..., Any]:
    def stop(*_: Any, **__: Any) -> Any:
        raise TraceStopped(reason)

    return stop


def not_there(value: Any, name: str) -> Any:
    raise AttributeError(f"'{type(value).__name__}' object has no attribute '{name}'", name=name, obj=value)


def attributes_of(value: Any) -> Any:
    """The dictionary of an instance's attributes; None where there are slots only."""
    try:
        return object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None


def library_root(line: Iterable[type]) -> type | None:
    """The class of the library that what is in a line of classes is all of: a module, an optimiser."""
    roots = tuple(line)
    for known in (module_class(), optimizer_class()):
        if known is not None and known in roots and all(issubclass(each, known) for each in roots):
            return known
    return None


def loaded(module: str, name: str) -> Any:
    import sys

    return getattr(sys.modules.get(module), name, None)


def module_class() -> type | None:
    return loaded("tensorsh.torch.nn.modules.module", "Module")


def optimizer_class() -> type | None:
    return loaded("tensorsh.torch.optim.optimizer", "Optimizer")


@cache
def parameter_class() -> type:
    from ..engine.tensor import Parameter

    return Parameter


def is_buffer(value: Any) -> bool:
    from ..engine.tensor import Buffer

    return isinstance(value, Buffer)


def is_module(value: Any) -> bool:
    kind = module_class()
    return kind is not None and issubclass(type(value), kind)


def is_optimizer(value: Any) -> bool:
    kind = optimizer_class()
    return kind is not None and issubclass(type(value), kind)
