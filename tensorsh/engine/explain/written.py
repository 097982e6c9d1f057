"""What made each tensor, and how that is written: the ears of `explain`, and its hand.

While a `KnownFormulas` listens, every operation that runs is remembered with what it was given. `express` reads that
back as a formula: a tensor that has a name is called by it, one that was made is written as the operation
of what it was made from, one that the graph made as the operation that its node remembers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..compile.frame import ReplayedNode
from ..core import context
from ..core.mode import Listening
from ..core.spec import Spec
from ..graph.copy_slices import CopySlices
from ..graph.node import FREED, InPlaceNode, Node, ViewNode
from ..records.op import Op, registry
from ..records.spelling import OWN, Spelling
from ..values.tensor import TENSORS, Tensor, make_tensor
from ..values.view_bases import steps_of
from .formula import Formula, arguments, of_call, of_literal, of_name, part, unknown

Key = tuple[Any, ...]

#: what made a tensor: the operation, its arguments, which of several results
Made = tuple[Op, tuple[Any, ...], int | None]


class KnownFormulas(Listening):
    """Formulas of the tensors that are known: named ones, traced ones, and those with a graph."""

    def __init__(self, names: Mapping[str, Tensor], spelling: Spelling = OWN, literals: int = 64):
        self.names: dict[Key, str] = {}
        self.held: dict[Key, Tensor] = {}  # what has a name in the program
        for name, t in names.items():
            self.names.setdefault(identity(t), name)
            self.held.setdefault(identity(t), t)
        self.spelling = spelling
        self.literals = literals  # how many elements a literal may have
        self.made: dict[int, Made] = {}  # id of a tensor → its maker
        self.memo: dict[int, Formula] = {}
        self.keep: list[Any] = []  # an id must stay taken while it is a key
        self.joined: dict[Key, Made] = {}  # nodes that are shown as one call
        self.origins: dict[int, Made | None] = {}

    def heard(self, op: Op, args: tuple[Any, ...], result: Any) -> None:
        """An operation has run."""
        if isinstance(result, tuple):
            for i, t in enumerate(result):
                self._note(t, (op, args, i))
        else:
            self._note(result, (op, args, None))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While it hears what runs; nothing that runs is recorded in graphs."""
        with self, context.GradMode(False):
            yield

    def _note(self, t: Any, made: Made) -> None:
        if type(t) in TENSORS and id(t) not in self.made:
            self.made[id(t)] = made
            self.keep.append(t)

    def name(self, t: Tensor, text: str) -> None:
        """Call a tensor by this name from now on."""
        self.names[identity(t)] = text
        self.memo[id(t)] = of_name(text, t.spec.shape)
        self.keep.append(t)

    # -- reading back

    def express(self, t: Tensor) -> Formula:
        """The tensor as a formula; inputs are expressed before what they flow into (no recursion)."""
        stack: list[Tensor] = [t]
        while stack:
            current = stack[-1]
            if id(current) in self.memo:
                stack.pop()
                continue
            made = self.origin(current)
            if made is None:
                self._remember(current, self.leaf(current))
                continue
            missing = [a for a in tensors_in(made[1]) if id(a) not in self.memo]
            if missing:
                stack.extend(missing)
                continue
            self._remember(current, self.call(current, made))
        return self.memo[id(t)]

    def call(self, t: Tensor, made: Made) -> Formula:
        """A tensor as the call that made it, of arguments whose formulas are known."""
        op, args, index = made
        formulas = arguments(op, args, lambda a: self.memo[id(a)])
        if index is None:
            return of_call(op, args, formulas, t.spec, self.spelling)
        return part(of_call(op, args, formulas, None, self.spelling), index, t.spec.shape)

    def _remember(self, t: Tensor, formula: Formula) -> None:
        self.memo[id(t)] = formula
        self.keep.append(t)

    def leaf(self, t: Tensor) -> Formula:
        """A tensor that nothing is known to have made."""
        name = self.names.get(identity(t))
        if name:
            return of_name(name, t.spec.shape)
        return unknown(t.spec.shape) if is_stand_in(t) else of_literal(t, self.spelling, self.literals)

    def origin(self, t: Tensor) -> Made | None:
        """What made the tensor, if that is known and it has no name."""
        if id(t) not in self.origins:
            self.origins[id(t)] = self._find_origin(t)
            self.keep.append(t)
        return self.origins[id(t)]

    def _find_origin(self, t: Tensor) -> Made | None:
        if identity(t) in self.names:
            return None
        made = (
            self.joined.get(identity(t))
            or self.made.get(id(t))
            or of_node(t)
            or self._of_write(t)
            or self._of_view(t)
        )
        return None if made is None else self._in_public(made)

    def _of_write(self, t: Tensor) -> Made | None:
        """A tensor that was written to through a view of it, a copy with another region; or a view of one."""
        node = t.node
        if type(node) is ViewNode:
            seen = self._seen(stand_in(node.edges[0], node.input_specs[0], node, 0), node.steps)
            return None if seen is None else self.made.get(id(seen))
        if type(node) is not CopySlices or (args := recovered(node.inner)) is None:
            return None
        base = stand_in(node.edges[0], node.input_specs[0], node, 0)
        region = self._seen(base, node.steps)
        if region is None:
            return None
        patch = make_tensor(t.spec.placeholder, node.inner.output_specs[0])
        self._note(patch, (node.inner.op, (region, *args[1:]), None))
        return registry["engine.view_scatter"], (base, patch, node.steps, node.layout), None

    def _seen(self, base: Tensor, steps: tuple[Any, ...]) -> Tensor | None:
        """A stand-in for what `steps` see of a tensor."""
        at, made = base, base.spec
        for op, args, index in steps:
            if op.from_base is not None:
                return None
            out = op.infer(made, *args)
            made = out if index is None else out[index]
            found = make_tensor(made.placeholder, made)
            self._note(found, (op, (at, *args), index))
            at = found
        return at

    def _of_view(self, t: Tensor) -> Made | None:
        """A view of a tensor that has a name, where nothing needs a gradient."""
        view = t.view_of
        if view is None or t.node is not None or identity(view.base) not in self.names:
            return None
        found = self._seen(view.base, steps_of(t))
        return None if found is None else self.made.get(id(found))

    def _in_public(self, made: Made) -> Made | None:
        """An operation that programs cannot call, as those it is written in."""
        op, args, index = made
        if op.written is None:
            return made
        with self.aside():
            result = op.written(*args)
        if index is not None:
            result = result[index]
        if type(result) not in TENSORS:
            return None
        self.keep.append(result)
        found = self.made.get(id(result))
        return None if found is None else self._in_public(found)


def of_node(t: Tensor) -> Made | None:
    """What the graph remembers of how a tensor was made."""
    node = t.node
    if node is None or type(node) not in (Node, InPlaceNode, ReplayedNode):
        return None
    args = recovered(node)
    if args is None:
        return None
    return node.op, args, t.output_index if len(node.output_specs) > 1 else None


def recovered(node: Node) -> tuple[Any, ...] | None:
    """A node's arguments: those it saved, and stand-ins for those its edges lead to and those it let go."""
    if node.args is FREED:
        return None
    args = list(node.args)
    for i in node.op.tensors:
        if args[i] is None and isinstance(node.input_specs[i], Spec):
            args[i] = stand_in(node.edges[i], node.input_specs[i], node, i)
    for i in node.op.lists:
        if args[i] is None:
            edges = node.edges[i] or [None] * len(node.input_specs[i])
            each = enumerate(zip(edges, node.input_specs[i], strict=True))
            args[i] = tuple(stand_in(e, s, node, (i, k)) for k, (e, s) in each)
    return tuple(args)


def stand_in(e: tuple[Any, int] | None, of: Any, node: Node, place: Any) -> Tensor:
    """The argument at a place; a tensor of its shape where only the graph remembers it, or nobody does."""
    if e is not None and isinstance(e[0], Tensor):
        return e[0]
    recollection = context.current().recollection
    known = None if recollection is None or e is not None else recollection.constant(node, place)
    if known is not None:
        return known
    t = make_tensor(of.placeholder, of)
    if e is not None:
        t.node, t.output_index = e
    return t


def is_stand_in(t: Tensor) -> bool:
    return t.array is t.spec.placeholder


def identity(t: Tensor) -> Key:
    """What names are kept by: a node's output is the same in whatever tensor it comes."""
    return ("leaf", id(t)) if t.node is None else ("node", id(t.node), t.output_index)


def tensors_in(args: tuple[Any, ...]) -> list[Tensor]:
    found = []
    for a in args:
        if isinstance(a, Tensor):
            found.append(a)
        elif isinstance(a, tuple):
            found.extend(t for t in a if isinstance(t, Tensor))
    return found
