"""Running statements once under `infer`, and noting every array call they amount to.

While a `Trace` is in force, operations make no arrays: their outputs hold a
`Value`, and what computes it is noted as a `Step`. Tensors from outside (`External`) hold a Value too
until the trace ends. Everything else is the engine as it is: promotion, shape rules, the graph, backward.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...interrupt import unbroken
from ...kinds import kind_of
from ..core import context
from ..core import dtype as dt
from ..core.mode import ABSENT, TRAINED, Mode, tracing
from ..core.spec import spec
from ..graph.inference import Marking
from ..graph.node import InPlaceNode, Node, edge
from ..numerics.true_places import TruePlaces
from ..records.op import Op
from ..run.apply import any_requires_grad, attach_view, planned, record
from ..run.inplace import check_history, check_overlap, check_result, rebase
from ..run.overlapping import reads_written
from ..values.tensor import TENSORS, Tensor, make_tensor
from ..values.view import View, sees_graph
from ..values.view_bases import turns
from ..values.wrapping import wrap
from .changing_numbers import ChangingNumbers, keeps
from .draws import TracedStream
from .machine.instructions import has_code
from .reading import read, seen
from .steps import External, Step
from .tape import source_of
from .training import Training
from .values import Number, OwnLoop, TraceAgain, Value, reshape, turn
from .watch import Watch

if TYPE_CHECKING:
    from .recompute import Heard


class Trace(Training, ChangingNumbers, Mode):
    """The notes of one run.

    externals  the tensors from outside, by_tensor the same by their ids
    guards     conditions under which the notes hold
    foreign    what another program keeps: Values by the ids of its own, or of the tensors it kept
    through    view → the view from outside that it goes on from, and how many steps are that one's
    """

    def __init__(self, externals: list[External], guards: list[str]):
        super().__init__()
        self.externals = externals
        self.by_tensor = {id(e.tensor): e for e in externals}
        self.guards = guards
        self.through: dict[View, tuple[External, int]] = {
            view: (e, len(view.steps)) for e in externals if (view := e.tensor.view_of) is not None
        }
        self.foreign: dict[int, Value] = {}
        self.foreign_paths: dict[int, str] = {}  # what fetches those tensors
        self.borders: set[int] = set()  # ids of nodes of graphs that were used up before
        self.inlets: dict[int, str] = {}  # id of a stand-in for a graph from elsewhere → its tensor's path
        self.moved: dict[
            int, tuple[External, Value]
        ] = {}  # tensors from outside with other memory → what they got
        self.shared: set[int] = set()  # ids of the Values of these
        self.rebased: dict[int, External] = {}  # those that are changed where gradients go through
        self.containers: list[tuple[Any, Any, str]] = []  # (list or dictionary, its entries, its path)
        self.instances: Any = None  # `lang.loops.instances`, which sees the attributes of instances
        self.attributes: list[tuple[str, Any]] = []  # those that are set: (how that is written, value)
        self.appended: list[tuple[str, Any]] = []  # (path of a list, what is added to it)
        self.notes: Heard | None = None  # where somebody may ask how a value came about
        self.start = 0  # the statement that it begins at
        self.creations = 0  # how many tensors no operation has made
        self.given: list[np.ndarray[Any, Any]] = []  # and what was in them
        self.makers: dict[
            int, Any
        ] = {}  # id of a constant → the operation, or the creation, that has made it
        self.fresh: set[Any] = set()  # those whose constants are changed
        self.masks: dict[int, TruePlaces] = {}  # the questions about masks, by the ids of their Values
        self.segment: Any = None  # whose statements are traced
        self.home: tuple[Any, int] = None, 0  # see `passage.Passage`
        self.accumulated = 0  # how many gradients leaves have got, and graphs have given
        self.memories: dict[
            tuple[int, ...], dict[str, Any]
        ] = {}  # what optimisers remember, for all their steps
        self.rounds: dict[Any, tuple[int, int]] = {}  # loop → (rounds with a backward each, `accumulated`)

    # ---------------------------------------------------------------- entering and leaving

    def run(self, work: Callable[[], None]) -> None:
        """Do the work under this trace, then `finish` is called by the caller before `leave`."""
        self._enter()
        enabled = context.current().grad_enabled
        work()
        if context.current().grad_enabled is not enabled:  # no replay changes it
            self.stop("a grad mode is changed")

    @unbroken
    def _enter(self) -> None:
        """Tensors from outside have values in place of arrays until `leave`: both are done whole."""
        state = context.current()
        self.before = state.journal
        self.journal = state.journal = Watch(self)
        state.journal.begin()
        tracing.on += 1
        for e in self.externals:
            e.tensor.array = Value(e.array, e)  # type: ignore[assignment]
        if state.recollection is not None:
            from .recompute import Heard

            self.notes = Heard(self)
        self.below, state.mode = state.mode, self

    def adopt(self, e: External) -> None:
        """One more tensor from outside is found while the trace runs."""
        self.by_tensor[id(e.tensor)] = e
        if e.tensor.view_of is not None:
            self.through[e.tensor.view_of] = e, len(e.tensor.view_of.steps)
        e.tensor.array = Value(e.array, e)  # type: ignore[assignment]

    def sees(self, value: Any) -> bool:
        return self.instances is not None and self.instances.sees(value)

    def hung(self, t: Tensor, name: str) -> Any:
        return ABSENT if self.instances is None else self.instances.own.get(t, name)

    def base(self, t: Tensor) -> None:
        if type(t.array) is not Value:
            self.stop("what a view looks into")

    def round(self, loop: Any) -> None:
        """A loop whose rounds end in a backward each is no part of this: its rounds do the same each time."""
        if loop is self.segment:
            self.stop("a function that calls itself")
        trained, accumulated = self.rounds.get(loop, (-1, -1))
        trained = trained + 1 if self.accumulated > accumulated else 0
        if trained == TRAINED:
            raise OwnLoop("a loop of its own")
        self.rounds[loop] = trained, self.accumulated

    def relies_on(self, table: dict[str, Any], key: str) -> None:
        self.expect(table, **{key: table[key]})

    def holds(self, t: Tensor) -> bool:
        """It is taken for true, and looked at when the program comes there."""
        if self.is_constant(t):
            return bool(self.real(t))
        found = self.element_of(self.value(t))
        found.guards.append(f"{found.text} != 0")
        return True

    def walked(self) -> None:
        self.accumulated += 1

    @unbroken
    def leave(self) -> None:
        """Put everything back as it was."""
        state = context.current()
        tracing.on -= 1
        state.mode = self.below
        self.journal.rollback()
        self.journal.trace = None
        state.journal = self.before
        for e in self.externals:
            e.tensor.array = e.array

    def topped(self, mode: Mode) -> Mode:
        """A trace follows inference mode, whose marks its tensors do without; anything else has stopped it."""
        return self if type(mode) is Marking else mode

    def by_parts(self, whole: bool) -> bool:
        return not whole

    def look(self, t: Tensor) -> None:
        if type(t.array) is Value or id(t) in self.foreign:
            self.stop("values are looked at")

    def item(self, t: Tensor) -> Any:
        """An integer is a place somewhere, most often: the program gets it when it comes there."""
        if t.spec.dtype.category != dt.INT or t.is_meta or self.is_constant(t):
            return super().item(t)
        v = self.value(t)
        return self.element_of(self.view(reshape, v, ()) if v.ndim else v)

    def truth(self, t: Tensor) -> bool:
        """Of what is computed of a count from outside the program expects the same answer."""
        found = self.of_count(self.value(t))
        if found is None:
            return t.truth()
        count, how = found
        answer = bool(how(count.array))
        if not self.demand(self.value(count.tensor), lambda now: bool(how(now.array)) is answer):
            self.stop("values are looked at")
        return answer

    def observe(self, what: str, *kinds: type) -> None:
        self.stop(what.format(*[kind.__name__ for kind in kinds]))

    change = observe

    def operation(self, kind: type) -> None:
        if kind not in self.instances.operations:
            self.stop("an operation that is no part of what the run can reach")

    def change_items(self, items: Any) -> None:
        if self._from_outside(items):
            self.journal.note(items)

    def change_length(self, items: Any) -> None:
        if self._from_outside(items):
            self.stop(f"a {type(items).__name__} is changed")

    def _from_outside(self, items: Any) -> bool:
        """Whether the run has found a container; any other it has made, and may change it as it likes."""
        return any(known is items for known, _, _ in self.containers)

    def change_attribute(self, value: Any) -> None:
        if self.instances is None or not self.instances.hears(value):
            self.stop(f"an attribute of a {type(value).__name__} is set")

    def put_part(self, holder: Any, name: str, value: Any) -> None:
        self.instances.put_part(holder, name, value)

    def changed_items(self) -> list[tuple[str, Any, Any]]:
        """The items that are not what they were: (path of the list or dictionary, position or key, value)."""
        found: list[tuple[str, Any, Any]] = []
        for items, before, path in self.containers:
            entries = kind_of(type(items)).entries
            assert entries is not None
            now = dict(entries(items))
            if now.keys() != before.keys():
                self.stop(f"a {type(items).__name__} changes its length")
            found += [(path, key, item) for key, item in now.items() if item is not before[key]]
        return found

    # ---------------------------------------------------------------- values

    def value(self, t: Tensor) -> Any:
        """The Value of a tensor; arrays that were made during the trace are constants."""
        held: Any = t.array
        if type(held) is Value:
            found = self.foreign.get(id(held))
            if found is not None:
                return found
            return held
        found = self.foreign.get(id(t))
        if found is not None:
            return found
        return self.constant(held)

    def is_constant(self, a: Any) -> bool:
        held: Any = a.array
        if type(held) is Value:
            return isinstance(held.source, np.ndarray) and id(held) not in self.foreign
        return id(a) not in self.foreign

    def real(self, a: Any) -> Any:
        """A constant tensor with its array."""
        if type(a) is tuple:
            return tuple([self.real(each) for each in a])
        if type(a) not in TENSORS or type(a.array) is not Value:
            return a
        return make_tensor(a.array.source, a.spec)

    # ---------------------------------------------------------------- operations

    def apply(self, op: Op, args: tuple[Any, ...]) -> Any:
        """What `apply` does, without arrays."""
        args = self.renamed(op, args)
        tensors = [a for a in args if type(a) in TENSORS]
        for i in op.lists:
            tensors.extend(t for t in args[i] if type(t) in TENSORS)
        constant = tensors and all(self.is_constant(t) and not t.requires_grad for t in tensors)
        mark = len(self.steps)
        concrete = tuple([a.value if type(a) is Number else a for a in args])
        state = context.current()
        self.check_numbers(op, args)
        key, plan = self._plan(op, concrete, state.dtype)
        outs = self.compute(op, plan, args)
        if constant and not op.view and not any(type(a) is Number for a in args):
            if len(self.steps) > mark:
                del self.steps[mark:]
                found = self._constant_result(op, args)
                if type(found) in TENSORS:
                    found.array = self._made(op, found.array)
                return found
            outs = source_of(outs)  # an array, which may be looked at
        if not (op.view or plan.many):
            outs = self._made(op, outs)
        if plan.many:
            result: Any = tuple([make_tensor(v, s) for v, s in zip(outs, plan.out, strict=True)])
        else:
            result = make_tensor(outs, plan.out)
        if op.view:
            self._attach_view(op, args, result)
        if state.grad_enabled and not op.nondifferentiable and any_requires_grad(args):
            record(op, args, key, result)
        if self.notes is not None:
            self.notes.called(op, args, result)
        return result

    def _made(self, op: Op, made: Any) -> Any:
        """The constant that an operation has made; each run has its own where one like it is changed."""
        array = source_of(made)
        if not isinstance(array, np.ndarray):
            return made
        v = self.constant(array)
        if op.name in self.fresh:
            return self.owned(v)
        self.makers[id(v)] = op.name
        return made

    def created(self, t: Tensor) -> None:
        """Data and zeros are constants, but for leaves and those that the run changes."""
        if not t.spec.is_meta:
            self.given.append(t.array)
            self.creations += 1
            maker, v = (self.start, self.creations), self.constant(t.array)
            if maker in self.fresh or t.requires_grad_slot:
                t.array = self.owned(v)  # type: ignore[assignment]
            else:
                self.makers[id(v)] = maker

    def moves_into(self, t: Tensor, other: Tensor) -> Any:
        """A tensor from outside gets what the run has computed for it alone, laid out as what it had."""
        v = self.value(other)
        e = self.by_tensor.get(id(t))
        if e is None:
            return v
        if e.fixed:
            self.instances.reach.moves(e.path)
        if (
            other.spec is not t.spec
            or v.strides != t.array.strides
            or v.source is not None
            or id(v) in self.foreign
        ):
            self.stop("a tensor's array is changed")
        own = self.owned(v)
        self.moved[id(t)] = e, v
        self.shared.update((id(v), id(own)))
        return own

    def element(self, t: Tensor) -> Any:
        return int(self.real(t)) if self.is_constant(t) else self.element_of(self.value(t))

    def places(self, mask: Tensor) -> list[Tensor]:
        """Of a mask from outside: the program holds for as many true elements as it has now."""
        if self.is_constant(mask):
            return [wrap(at) for at in np.atleast_1d(source_of(self.value(mask))).nonzero()]
        v = self.value(mask)
        holds = self.masks.get(id(v))
        if holds is None:
            holds = TruePlaces()
            if not v.ndim or not self.demand(v, holds):
                self.stop("the values decide the shape")
            self.masks[id(v)] = holds
            for k, at in enumerate(holds.answer):
                self.marks[holds, k] = Value(at, f"{self.named(holds)}.answer[{k}]")
        places: list[Any] = [self.marks[holds, k] for k in range(v.ndim)]
        return [make_tensor(at, spec(at.shape, dt.int64)) for at in places]

    def _plan(self, op: Op, concrete: tuple[Any, ...], default: Any) -> tuple[Any, Any]:
        key, plan = planned(op, concrete, default)
        try:
            hash(key)
        except TypeError:
            return self.stop("an argument that cannot be remembered")
        if plan.meta or plan.out is None:
            self.stop("the values decide the shape")
        return key, plan

    def _constant_result(self, op: Op, args: tuple[Any, ...]) -> Any:
        """An operation on constants gives constants."""
        state = context.current()
        state.mode = self.below
        try:
            return op.run(*[self.real(a) for a in args])
        finally:
            state.mode = self

    def _attach_view(self, op: Op, args: tuple[Any, ...], result: Any) -> None:
        outs = result if type(result) is tuple else (result,)
        held = [out.array for out in outs]
        layout = self.value(args[0]).layout
        if not all(
            np.may_share_memory(v.layout, layout) or (v.base is not None and not v.size) for v in held
        ):
            return
        for out, v in zip(outs, held, strict=True):  # a base that is reached again is a view as well
            out.array = Value(v.layout.view())
        attach_view(op, args, result, context.current())
        through = self.through.get(args[0].view_of)
        for out, v in zip(outs, held, strict=True):
            out.array = v
            if through is not None and out.view_of is not None:
                self.through[out.view_of] = through

    def compute(self, op: Op, plan: Any, args: tuple[Any, ...]) -> Any:
        """The steps of an operation's kernel; its Value, or a tuple of them."""
        casts = plan.casts or (None,) * len(args)
        arrays: list[Any] = []
        for a, cast in zip(args, casts, strict=True):
            if type(a) in TENSORS:
                v = self.value(a)
                arrays.append(v if cast is None else self._cast(v, cast))
            elif type(a) is tuple and any(type(t) in TENSORS for t in a):
                items = tuple([self.value(t) if type(t) in TENSORS else t for t in a])
                if cast is not None:
                    self.stop("a list of several dtypes")
                arrays.append(items)
            elif type(a) is Number:
                arrays.append(a if keeps(plan, cast, a) else self.stop("a changing integer"))
            else:
                arrays.append(a if cast is None else cast(a))
        if op.view:
            return self._views(op, plan, arrays)
        label = op.name.rpartition(".")[2]
        specs = plan.out if plan.many else (plan.out,)
        if not any(s.dtype.is_half for s in specs) and not any(_is_half(a) for a in arrays):
            blocked = plan.blocked and op.takes_out and not plan.many
            if not (blocked and has_code(label)) and not op.draws:
                found = read(self, op.kernel, arrays, [s.shape for s in specs], plan.many)
                if type(found) is not str:
                    return self._as_planned(op, specs, found, arrays)
                self.opaque[op.name] = found
            if blocked:
                return self.by_element(op.kernel, tuple(arrays), plan.out, label)
        outs = self.kernel(op.kernel, tuple(arrays), specs, op.name, op.elementwise)
        if op.draws:
            own = next(a for a, p in zip(args, op.schema.parameters, strict=True) if p.name == "generator")
            self.streams.append(None if own is None or own._own is None else own)
        if op.picks:
            self.picked[id(outs[0])] = arrays[0]
        return outs if plan.many else outs[0]

    def _as_planned(self, op: Op, specs: Any, found: Any, arrays: list[Any]) -> Any:
        """What a kernel that was read has made, in the dtypes that it is to have."""
        several = type(found) is tuple
        outs = [
            v if v.dtype == s.np else self.ufunc_cast(v, s.np)
            for v, s in zip(found if several else (found,), specs, strict=True)
        ]
        if op.picks and outs[0] is not arrays[0]:
            self.picked[id(outs[0])] = arrays[0]
        return tuple(outs) if several else outs[0]

    def _views(self, op: Op, plan: Any, arrays: list[Any]) -> Any:
        x, *rest = arrays
        assert op.kernel is not None
        if plan.many or any(type(a) is Number for a in rest):
            return seen(self, op.kernel, x, rest)
        if x.ndim == 2 and turns(op.kernel(x.layout, *rest), x.layout):
            return self.view(turn, x, label="turn")
        return self.view(op.kernel, x, *rest, label=op.name)

    def _cast(self, v: Value, cast: Callable[..., Any]) -> Value:
        target = cast(np.empty(0, v.dtype)).dtype
        return self.ufunc_cast(v, target)

    def apply_inplace(self, op: Op, args: tuple[Any, ...]) -> Tensor:
        """What `apply_inplace` does, without arrays."""
        args = self.renamed(op, args)
        concrete = tuple([a.value if type(a) is Number else a for a in args])
        target = args[0]
        state = context.current()
        self.check_numbers(op, args)
        key, plan = self._plan(op, concrete, state.dtype)
        check_result(plan.out, op, args)
        wants_grad = state.grad_enabled and any_requires_grad(args) and not op.unwatched
        if wants_grad:
            check_history(target)
            wants_grad = not op.nondifferentiable
        check_overlap(op, args)
        if reads_written(op, args):
            self.stop("an operand that lies over a part of what is written")
        place = self.value(target)
        self._check_place(place, self._going_on(target) if wants_grad else None, wants_grad)
        node = self._changing(op, args, key, place) if wants_grad else None
        mark, aliased = len(self.steps), {*self.aliased}
        out = self.compute(op, plan, args)
        if out is not place:
            self.write(place, out, len(self.steps) > mark)
            self.aliased.intersection_update(aliased)  # what is written has no name of its own
        self.bump(target)
        if node is not None:
            if node.rules.saved(node.needs)[1]:
                node.keep((target,))
            rebase(node, target)
        if self.notes is not None:
            self.notes.called(op, args, target, in_place=True)
        return target

    def _going_on(self, target: Tensor) -> External | None:
        """The tensor from outside whose history goes on with a change that is recorded: the target, or its base."""
        e = self.by_tensor.get(id(target))
        if e is None and target.view_of is not None:
            e = self.by_tensor.get(id(target.view_of.base))
        if e is None or e.tensor.view_of is not None or e.tensor.retains:
            return None
        self.rebased[id(e.tensor)] = e
        return e

    def _check_place(self, place: Value, going_on: External | None, wants_grad: bool) -> None:
        """Whether a program can change this memory."""
        around = self.lookers(place)
        if isinstance(around[-1].source, np.ndarray):
            maker = self.makers.get(id(around[-1]))
            if maker is None or maker in self.fresh:
                self.stop("a constant is changed")
            self.fresh.add(maker)
            raise TraceAgain("a constant is changed")
        for v in around:
            outside = type(v.source) is External and (not wants_grad or v.source is going_on)
            if v.source is not None and not outside:
                self.stop("an in-place change that gradients go through")
        if any(id(v) in self.aliased or id(v) in self.shared for v in around):
            self.stop("memory that another tensor shares is changed")

    def _changing(self, op: Op, args: tuple[Any, ...], key: Any, place: Value) -> InPlaceNode:
        """The node of a change: it keeps what its derivative needs of the values that are there before."""
        target = args[0]
        if target.spec.dtype.category < dt.FLOAT:
            self.stop("an in-place change that gradients go through")
        needs = tuple([edge(a) is not None for a in args])
        if 0 in (op.replacing or op).saved(needs)[0]:
            before = make_tensor(self.owned(place), target.spec, target.requires_grad_slot)  # type: ignore[arg-type]
            e = edge(target)
            if e is not None and type(e[0]) not in TENSORS:
                before.node, before.output_index = e
            args = (before, *args[1:])
        return InPlaceNode(op, args, key[1:], (target.spec,))

    def bump(self, target: Tensor) -> None:
        """Count an in-place change, now and in the program."""
        counter = target.shared_counter()
        if any(e.tensor.counter is counter and sees_graph(e.tensor) for e in self.externals):
            self.stop("a view of what needs a gradient is written to")
        self.journal.count(counter)
        root = target.view_of.base if target.view_of is not None else target
        owner = self.by_tensor.get(id(root)) or self.by_tensor.get(id(target))
        if owner is None:
            for e in self.externals:
                if e.tensor.counter is counter:
                    owner = e
        if owner is not None:
            owner.versions += 1
        elif type(root.array) is Value and isinstance(root.array.source, External):
            owner = root.array.source  # by way of `.data`
        if owner is not None:
            owner.written = True

    def draw(self, state: context.Context, own: Any) -> TracedStream:
        return TracedStream(self, own)


def _is_half(a: Any) -> bool:
    return type(a) is Value and a.dtype.itemsize == 2 and a.dtype.kind in "fV"


__all__ = ["External", "Node", "Step", "Trace"]
