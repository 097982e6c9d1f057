"""What a run of statements can reach: tensors, numbers, functions, instances and optimisers behind its names.

Each thing found gets the text that fetches it the next time, and the guards under which a program made for
it still holds. What is of no known kind stops the trace.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from types import CodeType, FunctionType
from typing import Any, TypeGuard

from ...engine.compile.frame import Inlet, ReplayedNode, lasting
from ...engine.compile.placing import numbered
from ...engine.compile.steps import External
from ...engine.compile.values import Number, TraceAgain, TraceStopped, Value
from ...engine.compile.watch import Notes
from ...engine.core import given
from ...engine.graph.node import FREED, Node
from ...engine.values.sparse import Sparse
from ...engine.values.tensor import Tensor
from ...engine.values.view import sees_graph
from ...kinds import ATOMS, FIXED, kind_of
from ...kinds.ownership import own_class, own_function
from ..code.runs import words
from ..code.scopes import codes, compares_identity, looked_up
from .history import History
from .instances import Instances
from .items import Appended, Items

#: functions of the host that only compute; any other stops a trace
PURE = words(
    "range enumerate zip len min max abs sum round any all isinstance tuple list str reversed sorted map filter "
    "no_grad enable_grad set_grad_enabled is_grad_enabled inference_mode get_default_dtype is_tensor promote_types "
    "finfo iinfo broadcast_shapes pow divmod super getattr hasattr int float bool dict set iter next "
)
#: modules of the library whose functions and classes only compute
FOLLOWED = (
    "torch.nn.functional", "torch.nn.modules", "torch.nn.utils.clip_grad", "torch.autograd.grad_mode",
    "torch.distributions", "torch.func.stateless", "torch.amp.autocast_mode",
    "torch.optim.swa_utils",
)  # fmt: skip


class Reach:
    """The things behind the names of some code.

    fetch      lines that get them from the namespaces `v` (where names are bound) and `g` (the session's)
    guards     conditions, each an expression over what `fetch` gets
    numbers    names whose numbers are others from round to round: name → Number
    links      (tensor, its node) where a tensor comes from another program
    bound      names that the run binds
    own        names that the run binds before it reads them
    assigned   names that are local to a function, and never the session's
    inside     whether the names that are bound are those of a function
    indexed    names of lists of which the run takes items at places that change: name → `Items` in `items_of`
    adds_to    names of lists that the run only adds to: name → `Appended` in `items_of`
    follows    whether a trace sees all that the function of a text at a line does
    """

    def __init__(
        self,
        varying: frozenset[str],
        bound: frozenset[str],
        own: frozenset[str],
        assigned: frozenset[str],
        strict: bool,
        inside: bool,
        follows: Callable[[str, int], bool],
        history: History,
        indexed: frozenset[str] = frozenset(),
        appended: frozenset[str] = frozenset(),
    ):
        self.follows = follows
        self.adds_to = appended
        self.appended: list[tuple[list[Any], str, Any]] = []  # (a list, its path, what is added to it)
        self.history = history
        self.indexed = indexed - history.whole
        self.items_of: dict[str, Items | Appended] = {}
        self.varying = varying
        self.bound = bound
        self.own = own
        self.assigned = assigned
        self.strict = strict
        self.inside = inside
        self.fetch: list[str] = []
        self.labels: dict[str, str] = {}
        self.taken: set[str] = set()  # labels
        self.guards: list[str] = []
        self.scope: dict[str, Any] = {}
        self.constants: dict[int, str] = {}  # id of a value in the scope → its name there
        self.externals: list[External] = []
        self.containers: list[tuple[Any, Any, str]] = []  # (a list or dictionary, its entries, its path)
        self.undo: list[Callable[[], Any]] = []  # what puts the containers back as they were
        self.items: list[tuple[Any, Any, Number]] = []  # numbers in containers: (container, key, Number)
        self.numbers: dict[str, Number] = {}
        self.arrays: list[Any] = []  # those of NumPy's that are constants
        self.kept: list[Number] = []  # those that graphs of other programs hold
        self.foreign: dict[int, Value] = {}
        self.foreign_paths: dict[int, str] = {}
        self.links: list[tuple[Tensor, ReplayedNode, str]] = []
        self.made_leaves: list[Tensor] = []  # as the runs that make them have made them now
        self.join: Callable[[Tensor, ReplayedNode], None] = lambda t, node: None  # once the trace runs
        self.borders: set[int] = set()  # ids of nodes of graphs that were used up before
        self.inlets: dict[int, str] = {}  # id of a stand-in for a graph from elsewhere → its tensor's path
        self.stand_ins: dict[int, Inlet] = {}  # by the id of the node
        self.home: tuple[Any, int] = history, 0  # see `passage.Passage`
        self.identities = False  # whether the run may ask which tensors are one
        self.paths: dict[int, str] = {}
        self.seen: set[tuple[str, str]] = set()
        self.trace: Any = None  # once it runs: what is found from then on becomes part of it at once
        self.instances = Instances(self, history)

    def names(
        self, code: CodeType, local: dict[str, Any], shared: dict[str, Any], prelude: dict[str, Any]
    ) -> None:
        """Everything that the names of a piece of code stand for."""
        self._attributes(code)
        for name in looked_up(code):
            if name in self.own:
                continue
            if name in local:
                self._root("v", name, local[name])
                continue
            if name in self.assigned:
                raise TraceStopped(f"'{name}' has no value")
            if self.inside and name[0] != ".":
                self.guards.append(f"{name!r} not in v")
            self._shared(name, shared, prelude)

    def _attributes(self, code: CodeType) -> None:
        """What a program gave classes and namespaces of the library is not looked into."""
        self.identities = self.identities or compares_identity(code)
        self.instances.own.code(code)
        if given.table:
            names = given.names() | {"getattr"}
            written = (name for each in codes(code) for name in (*each.co_names, *each.co_consts))
            found = next((name for name in written if type(name) is str and name in names), None)
            if found is not None:
                raise TraceStopped(f"'{found}', which the program gave the library")

    def _shared(self, name: str, shared: dict[str, Any], prelude: dict[str, Any]) -> None:
        """What a name of the session stands for."""
        if name in shared:
            self._root("g" if self.inside else "v", name, shared[name])
        elif name in prelude:
            if name[0] != ".":
                self.guards.append(f"{name!r} not in g")
            self._prelude(name, prelude[name])

    def _prelude(self, name: str, value: Any) -> None:
        helper = name[0] == "." and not getattr(value, "unseen", False)
        error = isinstance(value, type) and issubclass(value, BaseException)
        if not helper and not error and name not in PURE and kind_of(type(value)).follow not in FIXED:
            raise TraceStopped(f"'{name}' does more than compute")

    def _root(self, space: str, name: str, value: Any) -> None:
        if (space, name) in self.seen:
            return
        self.seen.add((space, name))
        path = self.fetched(f"{space}.get({name!r})", name)
        varies = space == "v" and name in self.varying
        if varies and type(value) in (int, float) and self.history.name_differs(name, value):
            if self.trace is not None:
                raise TraceStopped(f"a method reads '{name}', which the loop changes")
            self.guards.append(f"type({path}) is {type(value).__name__}")
            self.numbers[name] = Number(value, path, self.guards)
            return
        if space == "v" and name in self.indexed and type(value) in (list, tuple):
            self.items_of[name] = Items(self, value, path, name)
            return
        if space == "v" and name in self.adds_to and type(value) is list:
            self.items_of[name] = Appended(self, value, path)
            return
        self.thing(value, path, varies, 0, name)

    def fetched(self, text: str, label: str) -> str:
        """A name for what a text fetches at the start of a replay; `label` is what a reader knows it by."""
        path = f"s{len(self.fetch)}"
        self.fetch.append(f"{path} = {text}")
        self.label(path, label)
        return path

    def label(self, path: str, label: str) -> None:
        self.labels[path] = label = next(name for name in numbered(label) if name not in self.taken)
        self.taken.add(label)

    def constant(self, value: Any) -> str:
        known = self.constants.get(id(value))
        if known is None:
            known = self.constants[id(value)] = f"x{len(self.scope)}"
            self.scope[known] = value
        return known

    def thing(self, value: Any, path: str, varies: bool, depth: int, name: str = "") -> None:
        """One value and what is inside it; `name` is how the program may write it."""
        follow = kind_of(type(value)).follow
        if follow is None:
            self.instances.arrive(value, path)
        else:
            follow(value, self, path, varies, depth, name)

    def refuse(self, why: str) -> None:
        raise TraceStopped(why)

    def contents(self, container: Any, path: str, varies: bool, depth: int, name: str) -> None:
        """What is in a list, tuple or dictionary; a number that the loop sets anew is as it will be."""
        kind = kind_of(type(container))
        assert kind.entries is not None
        entries = dict(kind.entries(container))
        if any(known is container for known, _, _ in self.appended):
            raise TraceStopped("a list that has two names")
        if kind.changing is not None:
            self.containers.append((container, entries, path))
            for part in kind.parts or ():
                part.note(container, Notes(self.undo.append))
        for key, item in [*entries.items()]:
            place, written = f"{path}[{key!r}]", f"{name}[{key!r}]"
            if kind.changing is not None and written in self.varying and type(item) in (int, float):
                self.guards.append(f"type({place}) is {type(item).__name__}")
                entries[key] = Number(item, place, self.guards)
                self.items.append((container, key, entries[key]))
            else:
                self.thing(item, place, varies or written in self.varying, depth + 1, written)

    def known(self, value: Any, path: str) -> bool:
        """Whether a thing has been found in another place already, which then has to be that place."""
        found = self.paths.setdefault(id(value), path)
        if found == path:
            return False
        self.guards.append(f"{path} is {found}")
        return True

    def same(self, value: Any, path: str) -> None:
        self.guards.append(f"{path} is {self.constant(value)}")

    def computes(self, value: Any) -> bool:
        return only_computes(value)

    def of_library(self, function: Any) -> bool:
        """Whether one of the library's functions has made this one, which only computes but for what it is made of."""
        if type(function) is not FunctionType or own_function(function):
            return False
        return str(function.__globals__.get("__name__")).removeprefix("tensorsh.").startswith(FOLLOWED)

    def method(self, function: FunctionType) -> None:
        """A function of the program that its class has."""
        if id(function) not in self.paths:
            self.function(function, self.constant(function), 0)

    def function(self, function: FunctionType, path: str, depth: int) -> None:
        """What a function of the program can reach: its globals, its closure, its defaults."""
        if only_computes(function):
            return
        if depth > 8:
            raise TraceStopped("functions in functions in functions")
        if self.known(function, path):
            return
        code = function.__code__
        if not (self.of_library(function) or self.follows(code.co_filename, code.co_firstlineno)):
            raise TraceStopped(f"'{function.__qualname__}' may change more than tensors")
        self.instances.own.function(function, path)
        self._attributes(code)
        shared = function.__globals__
        known: Any = function  # mypy does not always know of `__builtins__`
        builtins = known.__builtins__
        for name in looked_up(function.__code__):
            if self.inside or name not in self.own:
                self._shared(name, shared, builtins)
        if self.inside and not self.bound.isdisjoint(function.__code__.co_freevars):
            raise TraceStopped("a function sees a name that the run binds")
        for i, cell in enumerate(function.__closure__ or ()):
            try:
                content = cell.cell_contents
            except ValueError:
                raise TraceStopped("an empty closure") from None
            if code.co_freevars[i] == "__class__" and own_class(content):  # for `super()`
                self.same(content, f"{path}.__closure__[{i}].cell_contents")
                self.instances.whole(content)
                continue
            self.thing(content, f"{path}.__closure__[{i}].cell_contents", True, depth + 1)
        for i, default in enumerate(function.__defaults__ or ()):
            self.thing(default, f"{path}.__defaults__[{i}]", False, depth + 1)
        for name, default in (function.__kwdefaults__ or {}).items():
            self.thing(default, f"{path}.__kwdefaults__[{name!r}]", False, depth + 1)

    # ---------------------------------------------------------------- tensors

    def tensor(self, t: Tensor, path: str, varies: bool, stays: bool = True) -> None:
        if self.known(t, path):
            return
        if any(t is leaf for leaf in self.made_leaves):
            raise TraceStopped("a leaf that another run has made, by its name")
        if t.is_meta:
            raise TraceStopped("a meta tensor")
        if type(t) is Sparse or type(t.grad_slot) is Sparse:
            raise TraceStopped("a sparse tensor")
        self.instances.own.lay_aside(t)
        stays = stays and (t.requires_grad_slot or (self.strict and not varies))
        fixed = t.node is None and stays and not self._moves(t, path, varies)
        e = External(t, path, fixed)
        self.externals.append(e)
        flag = t.requires_grad_slot
        if fixed:
            self.guards.append(
                f"{path} is {self.constant(t)} and {path}.array is {self.constant(t.array)} and "
                f"{path}.requires_grad_slot is {flag} and {path}.node is None"
            )
        else:
            node = f" and {path}.node is None" if t.node is None else ""
            self.guards.append(
                f"type({path}) in TENSORS and {path}.spec is {self.constant(t.spec)} and "
                f"{path}.requires_grad_slot is {flag} and {path}.array.strides == {t.array.strides!r}{node}"
            )
        if not fixed or t.view_of is not None:
            self._view(t, path)
        if t.node is not None:
            self._go_on(t, path)
        grad = t.grad_slot
        if grad is None:
            if flag:
                self.guards.append(f"{path}.grad_slot is None")
        else:
            self.guards.append(f"{path}.grad_slot is not None")
            if grad.requires_grad_slot or grad.node is not None:
                raise TraceStopped("a gradient with a graph")
            if id(grad) in self.paths:
                self.guards.append(f"{path}.grad_slot is {self.paths[id(grad)]}")
            else:
                self.paths[id(grad)] = f"{path}.grad_slot"
                self.instances.own.lay_aside(grad)
                inner = External(grad, f"{path}.grad_slot", False)
                inner.lasts = self.strict and grad.version > 0
                self.externals.append(inner)
                e.grad = inner
                if self.trace is not None:
                    self.trace.adopt(inner)
        if self.trace is not None:
            self.trace.adopt(e)

    def place_of(self, path: str) -> str:
        """What a path is called in all traces."""
        root, *rest = re.split(r"\b", path, maxsplit=2)[1:]
        return self.labels.get(root, root) + "".join(rest)

    def _moves(self, t: Tensor, path: str, varies: bool) -> bool:
        """Whether there is another tensor at a place, or one with other memory, each time."""
        history, place = self.history, self.place_of(path)
        seen = id(t) if varies else 0, id(t.array)
        if history.leaves.setdefault(place, seen) != seen:
            history.moving.add(place)
        return place in history.moving

    def moves(self, path: str) -> None:
        """From the next trace on, what is there need not have the same memory."""
        self.history.moving.add(self.place_of(path))

    def _view(self, t: Tensor, path: str) -> None:
        view = t.view_of
        if view is None:
            self.guards.append(f"{path}.view_of is None")
            return
        base = f"{path}.view_of.base"
        looks = f"{path}.view_of is not None and {path}.view_of.origin == {view.origin!r}"
        if not sees_graph(t):
            self.guards.append(f"{looks} and not {base}.requires_grad_slot and {base}.node is None")
        elif t.counter is not None and view.version != t.counter[0]:
            raise TraceStopped("a view of what has changed since")
        else:
            up_to_date = f"({path}.counter is None or {path}.view_of.version == {path}.counter[0])"
            self.guards.append(f"{looks} and {up_to_date}")

    def _go_on(self, t: Tensor, path: str) -> None:
        """A tensor with a graph: that of another run is part of this one's, of any other nothing is known.

        What the run has left in an earlier round, or evaluation has made, is such another, and so is a view. Then all
        are: no walk in the run could go through, and what other runs have made is walked sooner by itself
        (`compile.pullbacks`).
        """
        node = t.node
        assert node is not None
        if node in lasting and node.args is FREED:
            self._link(t, path)
        elif t.view_of is None and self._joins(node):
            if not self.inlets:
                self._link(t, path)
            else:
                self._inlet(t, node, path)
        elif self.links:
            self.history.inlets.add(self.home[1])
            raise TraceAgain("a graph from elsewhere")
        else:
            self._inlet(t, node, path)

    def _joins(self, node: Node) -> bool:
        """Whether a graph can be part of the run's: it is of one round of another run, which knows all of it."""
        if not linkable(node) or self.home[1] in self.history.inlets:
            return False
        passage = node.frame.passage
        history, start = passage.home
        if passage.ways or (history is self.home[0] and start == self.home[1]):
            return False
        return all(
            known.frame is node.frame or known.frame.passage is not passage for _, known, _ in self.links
        )

    def _inlet(self, t: Tensor, node: Node, path: str) -> None:
        first = id(node) not in self.stand_ins
        stand_in = self.stand_ins.setdefault(id(node), Inlet(node))
        way = self.inlets.setdefault(id(stand_in), path)
        self.guards.append(
            f"{path}.node is not None and {path}.requires_grad_slot"
            if first
            else f"{path}.node is {way}.node"
        )
        self.guards.append(f"{path}.output_index == {t.output_index}")
        self.undo.append(partial(setattr, t, "node", node))
        t.node = stand_in

    def _made_leaf(self, t: Tensor, now: Tensor, path: str) -> None:
        """A leaf that another run makes each time: for the trace that run's, `t`, is what it has made now."""
        known = id(now) in self.paths or any(now is leaf for leaf in self.made_leaves)
        if now.node is not None or not now.requires_grad_slot or known:
            raise TraceStopped("a graph from a tensor that another run has made")
        self.made_leaves.append(now)
        for name in ("array", "counter", "grad_slot", "requires_grad_slot"):
            self.undo.append(partial(setattr, t, name, getattr(t, name)))
            setattr(t, name, getattr(now, name))
        self.tensor(t, path, True, stays=False)

    def _link(self, t: Tensor, path: str) -> None:
        """A tensor that another program has made: go on with the arrays it has kept."""
        node, linked = t.node, t
        assert node is not None
        if node in lasting and node.args is FREED:
            self.guards.append(f"{path}.node is {self.constant(node)}")
            self.borders.add(id(node))
            return
        if not linkable(node):
            raise TraceStopped("a graph from elsewhere")
        frame, passage = node.frame, node.frame.passage
        place = f"{path}.node.frame"
        self.guards.append(
            f"type({path}.node) is ReplayedNode and {path}.node.origin is {self.constant(node.origin)} and "
            f"{place}.ready()"
        )
        known = any(linked.frame is frame for _, linked, _ in self.links)
        self.links.append((t, node, place))
        if known:
            self.join(t, node)
            return
        for held in passage.held:
            v = passage.values[passage.places[id(held)]]
            self.foreign[id(held)] = Value(v.layout, f"{place}.values[{passage.places[id(held)]}]")
        for k, (number, now) in enumerate(zip(passage.numbers, frame.numbers, strict=True)):
            where = f"{place}.numbers[{k}]"
            self.guards.append(f"type({where}) is {type(now).__name__}")
            self.undo.append(partial(number.become, number.value, number.text, number.guards))
            number.become(now, where, self.guards)
            self.kept.append(number)
        for k, t in enumerate(passage.tensors):
            where = f"{place}.tensors[{k}]"
            if id(t) in self.paths:
                self.guards.append(f"{where} is {self.paths[id(t)]}")
            elif not passage.paths[k]:
                self._made_leaf(t, frame.tensors[k], where)
            elif t.requires_grad_slot and t.node is None:
                self.tensor(t, where, False)
            else:
                now = frame.tensors[k]
                if t.node is not None:  # a program before that one has made it
                    if origin_of(now) is None or origin_of(now) is not origin_of(t):
                        raise TraceStopped("a graph from elsewhere")
                    self._link(now, where)
                self.guards.append(
                    f"{where}.spec is {self.constant(now.spec)} and "
                    f"{where}.array.strides == {now.array.strides!r}"
                )
                self.foreign[id(t)] = Value(now.array, f"{where}.array")
                self.foreign_paths[id(t)] = where
        self.join(linked, node)


def linkable(node: Any) -> TypeGuard[ReplayedNode]:
    """Whether a run can go on with what another one's frame has kept."""
    return type(node) is ReplayedNode and node.frame.ready() and not node.frame.passage.changed


def origin_of(t: Tensor) -> Any:
    """The node of the trace that a tensor's stands for."""
    return t.node.origin if type(t.node) is ReplayedNode else None


def only_computes(value: Any) -> bool:
    """Whether a function or class is of those in the library, or of Python's, that only compute."""
    if value is partial:
        return True
    module = getattr(value, "__module__", None)
    return (
        isinstance(value, FunctionType | type)
        and isinstance(module, str)
        and module.removeprefix("tensorsh.").startswith(FOLLOWED)
        and not own_function(value)
        and all(type(cell.cell_contents) in ATOMS for cell in getattr(value, "__closure__", None) or ())
    )
