"""Classes whose instances a trace looks into: how they look attributes up for as long as it lasts.

Python reads an attribute by what the class says. `Watched` makes classes say that `get` and `set` do it, and wraps
the program's methods, so that each is gone through before it runs, whoever calls it. A program relies on what classes
had under the names that were used; `unwatch` leaves no trace of all this.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any

from ...engine.compile.values import TraceStopped
from ...engine.core.sealed import changing
from ...kinds.ownership import attributes_of, dict_of, mro_of, own_class, own_function
from ..names.library_parts import library_root, loaded, module_class
from .settings import Settings, is_namespace

if TYPE_CHECKING:
    from .reach import Reach

MISSING: Any = object()
#: methods that Python calls to make an instance
MAKING = ("__new__", "__init__", "__init_subclass__", "__class_getitem__", "__set_name__", "__del__")
#: methods that say themselves what an attribute is
ANSWERING = ("__getattribute__", "__getattr__", "__setattr__", "__delattr__")


class Watched:
    """The classes of one trace.

    patches   what was put in classes: (class, name, what it had there)
    classes   those that are watched, each with its name in the program's scope
    relied    what is guarded already
    operations   the program's classes of operations with a backward of their own
    """

    def __init__(self, reach: Reach):
        self.reach = reach
        self.patches: list[tuple[type, str, Any]] = []
        self.classes: dict[type, str] = {}
        self.relied: set[tuple[str, str]] = set()
        self.wholes: set[type] = set()
        self.operations: set[type] = set()
        self.settings = Settings()

    def get(self, value: Any, name: str) -> Any:
        raise NotImplementedError

    def set(self, value: Any, name: str, new: Any) -> None:
        raise NotImplementedError

    def watch(self, kind: type) -> None:
        """Look up attributes of a class's instances here."""
        if kind in self.classes:
            return
        line = mro_of(kind)
        own = [each for each in line if own_class(each) or is_namespace(each)]
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

    def watch_making(self) -> None:
        """The run may make modules of the library's classes: losses, activations."""
        root = module_class()
        if root is None:
            return
        init = vars(root)["__init__"]

        def make(module: Any, *args: Any, **kwargs: Any) -> None:
            if own_class(type(module)):
                raise TraceStopped(f"a {type(module).__name__} is made")
            self.made(module)
            init(module, *args, **kwargs)

        self.patch(root, "__init__", make)

    def made(self, value: Any) -> None:
        raise NotImplementedError

    def _no_hooks_for_all(self) -> None:
        """Hooks for every module there is are functions of the program's."""
        from ...torch.nn.modules import calls

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
            if name == "__init__" and makes_plainly(kind):
                self.patch(kind, name, self._making(kind, found))
            elif name in MAKING:
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
        if not (own_function(function) or self.reach.of_library(function)):
            return stops("a method that is no function of the program")

        def watched(*args: Any, **kwargs: Any) -> Any:
            first = type(args[0]) if args and type(args[0]) in self.classes else kind
            if args and issubclass(type(args[0]), type):
                self.whole(args[0])
            self.rely(first if self.find(first, name)[1] is kind else kind, name)
            self.reach.method(function)
            return function(*args, **kwargs)

        return watched

    def _making(self, kind: type, init: Any) -> Callable[..., Any]:
        """`__init__` of a plain class: what it has got by the end is what an instance is that each replay makes."""
        if not own_function(init) and not of_dataclass(kind, init):
            return stops(f"a {kind.__name__} is made")

        def make(value: Any, *args: Any, **kwargs: Any) -> None:
            if not makes_plainly(type(value)) or type(value) not in self.classes:
                raise TraceStopped(f"a {type(value).__name__} is made")
            self.made(value)
            self.rely(kind, "__init__")
            if own_function(init):
                self.reach.method(init)
            init(value, *args, **kwargs)

        return make

    def patch(self, kind: type, name: str, new: Any) -> None:
        self.patches.append((kind, name, vars(kind).get(name, MISSING)))
        with changing(kind):
            type.__setattr__(kind, name, new)

    def unwatch(self) -> None:
        """Classes look attributes up as before."""
        for kind, name, before in reversed(self.patches):
            if not name:
                continue
            with changing(kind):
                if before is MISSING:
                    type.__delattr__(kind, name)
                else:
                    type.__setattr__(kind, name, before)
        self.patches.clear()

    # ---------------------------------------------------------------- what a program relies on

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

    def absent(self, value: Any, name: str, place: str) -> None:
        """The instance has no attribute of its own that would come before its class's."""
        if (place, name) not in self.relied and attributes_of(value) is not None:
            self.relied.add((place, name))
            self.reach.guards.append(f"{name!r} not in {place}.__dict__")

    def whole(self, kind: type) -> None:
        """A class itself is at hand, whose attributes are read unseen: all of them are gone through."""
        for each in mro_of(kind) if kind in self.classes else ():
            if not own_class(each) or each in self.wholes:
                continue
            self.wholes.add(each)
            place = self.classes.setdefault(each, self.reach.constant(each))
            self.reach.guards.append(f"len({place}.__dict__) == {self.size(each)}")
            self.note_class(each)
            for name in list(vars(each)):
                found = self.original(each, name)
                if name[:2] != "__" and found is not MISSING and not hasattr(type(found), "__get__"):
                    self.of_class(f"{place}.{name}", found)

    def note_class(self, kind: type) -> None:
        """What a class has is to be the same when the trace is over; what is watched does not count."""

        def look() -> dict[str, Any]:
            found = {name: self.original(kind, name) for name in dict_of(kind)}
            return {name: value for name, value in found.items() if value is not MISSING}

        self.settings.note(look, partial(type.__setattr__, kind), partial(type.__delattr__, kind))

    def is_operation(self, value: Any) -> bool:
        """Whether it is a class of the program's, an operation with a backward of its own."""
        meta = loaded("tensorsh.torch.autograd.function", "FunctionMeta")
        return meta is not None and type(value) is meta and own_class(value)

    def is_of_operation(self, value: Any) -> bool:
        """Whether it is such a class that was gone through, or what the run has made for one (`ctx`)."""
        kind = type(value)
        return getattr(kind, "_forward_cls", value if issubclass(kind, type) else None) in self.operations

    def operation(self, kind: type, path: str) -> None:
        """An operation of the program's: its functions are gone through."""
        self.reach.guards.append(f"{path} is {self.reach.constant(kind)}")
        for each in mro_of(kind):
            if not own_class(each) or each in self.operations:
                continue
            self.operations.add(each)
            place, members = self.reach.constant(each), vars(each)
            self.reach.guards.append(f"len({place}.__dict__) == {len(members)}")
            for name, found in [*members.items()]:
                function: Any = found.__func__ if type(found) is staticmethod else None
                if function is not None and own_function(function):
                    self.reach.guards.append(f"{place}.{name} is {self.reach.constant(function)}")
                    self.reach.method(function)
                elif name[:2] != "__" and name != "_backward_cls":
                    if hasattr(type(found), "__get__"):
                        raise TraceStopped(f"a {type(found).__name__}")
                    self.of_class(f"{place}.{name}", found)

    def of_class(self, text: str, found: Any) -> None:
        """What a class has for all of its instances."""
        if ("", text) not in self.relied:
            self.relied.add(("", text))
            self.reach.thing(found, self.reach.fetched(text, text.rpartition(".")[2]), False, 0)

    def size(self, kind: type) -> int:
        """How many attributes a class has when it is not watched."""
        return sum(self.original(kind, name) is not MISSING for name in vars(kind))


def makes_plainly(kind: type) -> bool:
    """Whether instances of a program's class are made by `__init__` alone, and keep all of it in a dictionary."""
    line = [each for each in mro_of(kind) if each.__name__ not in ("object", "ABC", "Generic")]
    if not line or not all(own_class(each) for each in line) or type(kind) is not type:
        return False
    if any(name in vars(each) for each in line for name in ("__new__", "__del__", "__slots__")):
        return False
    return kind.__dictoffset__ != 0


def of_dataclass(kind: type, init: Any) -> bool:
    """Whether an `__init__` is one that sets the fields of a dataclass."""
    return (
        "__dataclass_fields__" in vars(kind)
        and type(init) is FunctionType
        and init.__code__.co_filename == "<string>"
        and not any(own_function(f.default_factory) for f in vars(kind)["__dataclass_fields__"].values())
    )


def stops(reason: str) -> Callable[..., Any]:
    def stop(*_: Any, **__: Any) -> Any:
        raise TraceStopped(reason)

    return stop


def not_there(value: Any, name: str) -> Any:
    raise AttributeError(f"'{type(value).__name__}' object has no attribute '{name}'", name=name, obj=value)
