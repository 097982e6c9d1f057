"""The chain rule of a computation as formulas: what `explain y wrt x` shows.

The graph is walked backward once, with a mode in force that listens: every operation a derivative performs is
written down with what it was given. A gradient's formula is that trace, read back: saved values are
named by the variables that hold them or by the expression that made them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .backward import Walk, check_input, edge, slot
from .formula import Formula, arguments, of_call, of_literal
from .mode import Listening
from .node import FREED, Node
from .tensor import Tensor, full_spec, make_tensor


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One operation on the way: from the gradient of its output to that of one input.

    output, input   what the operation made and what it was given, as formulas
    incoming        name of the gradient that came in (`g0`, …)
    name            name of the gradient that went out
    local           the outgoing gradient as a formula in `incoming`
    value           the outgoing gradient
    """

    node: str
    output: str
    input: str
    incoming: str
    name: str
    local: str
    value: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """The chain rule from one root to one input; `formula` is complete where it can be pasted back."""

    root: str
    input: str
    steps: tuple[Step, ...]
    formula: str
    complete: bool
    value: Tensor | None


class Trace(Listening):
    """Formulas of the tensors that are known: named ones, traced ones, and those with a graph."""

    def __init__(self, names: Mapping[str, Tensor]):
        self.names: dict[Any, str] = {}
        for name, t in names.items():
            self.names.setdefault(_identity(t), name)
        self.made: dict[int, tuple[Any, tuple[Any, ...], Tensor]] = {}
        self.memo: dict[int, Formula] = {}
        self.keep: list[Any] = []

    def heard(self, op: Any, args: tuple[Any, ...], result: Any) -> None:
        """An operation has run."""
        outputs = result if isinstance(result, tuple) else (result,)
        if len(outputs) == 1:
            self.made[id(outputs[0])] = (op, args, outputs[0])

    def name(self, t: Tensor, text: str) -> None:
        self.names[_identity(t)] = text
        self.memo[id(t)] = Formula(text, shape=t.spec.shape)
        self.keep.append(t)

    def express(self, t: Tensor) -> Formula:
        """The tensor as a formula; inputs are expressed before what they flow into (no recursion)."""
        stack: list[Any] = [t]
        while stack:
            current = stack[-1]
            if id(current) in self.memo:
                stack.pop()
                continue
            made = self._origin(current)
            if made is None:
                self._remember(current, self._leaf(current))
                continue
            op, args, _ = made
            missing = [a for a in _tensors(args) if id(a) not in self.memo]
            if missing:
                stack.extend(missing)
                continue
            formulas = arguments(op, args, lambda a: self.memo[id(a)])
            self._remember(current, of_call(op, args, formulas, current.spec.shape))
        return self.memo[id(t)]

    def _remember(self, t: Tensor, formula: Formula) -> None:
        self.memo[id(t)] = formula
        self.keep.append(t)  # an id must stay taken while it is a key

    def _leaf(self, t: Tensor) -> Formula:
        name = self.names.get(_identity(t))
        return Formula(name, shape=t.spec.shape) if name else of_literal(t)

    def _origin(self, t: Tensor) -> Any:
        """(op, args, output) that made the tensor, if that is known and it has no name."""
        if _identity(t) in self.names:
            return None
        made = self.made.get(id(t))
        if made is not None:
            return made
        node = t.node
        if node is None or type(node) is not Node or node.args is FREED:
            return None
        args = _recovered(node)
        if args is None:
            return None
        self.made[id(t)] = (node.op, args, t)  # the same stand-ins each time it is asked for
        return self.made[id(t)]


def _recovered(node: Node) -> tuple[Any, ...] | None:
    """A node's arguments: those it saved, and stand-ins for those its edges lead to."""
    args = list(node.args)
    for i in node.op.tensors:
        if args[i] is None and node.input_specs[i] is not None:
            e = node.edges[i]
            if e is None:
                return None
            args[i] = _stand_in(e, node.input_specs[i])
    for i in node.op.lists:
        if args[i] is None:
            if any(e is None for e in node.edges[i]):
                return None
            args[i] = tuple(_stand_in(e, s) for e, s in zip(node.edges[i], node.input_specs[i], strict=True))
    return tuple(args)


def _stand_in(e: tuple[Any, int], of: Any) -> Tensor:
    """A tensor in the place of one that only the graph remembers."""
    target, index = e
    if isinstance(target, Tensor):
        return target
    t = make_tensor(of.placeholder, of)
    t.node, t.index = target, index
    return t


def _identity(t: Tensor) -> Any:
    return ("leaf", id(t)) if t.node is None else ("node", id(t.node), t.index)


def _tensors(args: tuple[Any, ...]) -> list[Tensor]:
    found = []
    for a in args:
        if isinstance(a, Tensor):
            found.append(a)
        elif isinstance(a, tuple):
            found.extend(t for t in a if isinstance(t, Tensor))
    return found


class TracedWalk(Walk):
    """A backward walk that writes down each step; the graph stays as it is."""

    def __init__(self, root: Tensor, seed: Tensor, wrt: Tensor, trace: Trace):
        super().__init__([root], [seed], True, False, [wrt])
        self.trace = trace
        self.steps: list[Step] = []
        self.counter = 0

    def step(self, node: Node, grads: list[Tensor | None]) -> list[tuple[Any, Tensor]]:
        """Differentiate one node, its incoming gradient under a short name of its own."""
        incoming = next((g for g in grads if g is not None), None)
        assert incoming is not None
        name = f"g{self.counter}"
        local = Trace({})
        local.names = dict(self.trace.names)
        local.made = self.trace.made
        local.name(incoming, name)
        found = node.differentiate(grads)
        for e, g in found:
            if (id(e[0]), e[1]) not in (self.wanted or ()) and id(e[0]) not in (self.needed or ()):
                continue
            self.counter += 1
            output = make_tensor(node.output_specs[0].placeholder, node.output_specs[0])
            output.node = node
            self.steps.append(
                Step(
                    node.name(),
                    self._text(output),
                    self._text(_stand_in(e, g.spec)),
                    name,
                    f"g{self.counter}",
                    local.express(g).text,
                    g,
                )
            )
        return found

    def _text(self, t: Tensor) -> str:
        return self.trace.express(t).text


def leaves(root: Tensor) -> list[Tensor]:
    """The leaves that a tensor's gradient reaches, in the order its graph mentions them."""
    found: dict[int, Tensor] = {}
    seen: set[int] = set()
    work = [e[0]] if (e := edge(root)) is not None else []
    while work:
        at = work.pop()
        if id(at) in seen:
            continue
        seen.add(id(at))
        if isinstance(at, Tensor):
            found[id(at)] = at
        else:
            work.extend(e[0] for e in reversed(at.all_edges()))
    return list(found.values())


def explain(
    root: Tensor, wrt: Sequence[Tensor], names: Mapping[str, Tensor], texts: Sequence[str]
) -> list[Chain]:
    """The chain rule from `root` (weighted by ones) to each of `wrt`.

    names   the variables that formulas may mention; texts: how root and wrt are written
    """
    for t in wrt:
        check_input(t)
    chains = []
    for t, text in zip(wrt, texts[1:], strict=True):
        trace = Trace(names)
        seed = full_spec(root.spec, 1)
        if edge(root) is None:
            chains.append(Chain(texts[0], text, (), "0", True, None))
            continue
        walk = TracedWalk(root, seed, t, trace)
        with trace:
            walk.run()
        value = walk.captured.get(slot(t))
        if value is None:
            chains.append(Chain(texts[0], text, (), "0", True, None))
            continue
        formula = trace.express(value)
        chains.append(Chain(texts[0], text, tuple(walk.steps), formula.text, formula.complete, value))
    return chains
