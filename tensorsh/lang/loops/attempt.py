"""One attempt to trace statements of a run, and the program that it gives.

While it lasts, numbers that change stand as `Number`s where the statements find them, and graphs of other programs are
linked. When it is over, whatever came of it, all is as it was before.
"""

from __future__ import annotations

from types import CodeType
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.compile.builder import Builder
from ...engine.compile.frame import ReplayedNode
from ...engine.compile.program import Program
from ...engine.compile.trace import Trace
from ...engine.compile.values import TooLittle, TraceAgain, TraceStopped
from ...engine.core import context
from ...engine.core.mode import EAGER
from ...engine.graph.hooks import hooked
from ...engine.values.tensor import Tensor
from ...interrupt import unbroken
from ..code.runs import read_first
from .items import appended, indexed
from .reach import Reach

if TYPE_CHECKING:
    from .segments import Segment

#: elements of data from which on it is not compared
MOST_DATA = 4096

#: a program of fewer calls than this is not worth its guards
LEAST_STEPS = 2
#: the same of one that goes on from a graph from elsewhere, whose share of the walk back begins and ends by itself
LEAST_GOING_ON = 4


class Attempt:
    """A trace of statements i to end of a segment.

    at      the statement that it has come to
    local   the names that the statements run with: the session's, or a copy of a function's
    bound   those that the statements bind; `own` those that they bind before they read them
    before  what was bound to these
    """

    trace: Trace | None = None

    def __init__(self, segment: Segment, i: int, end: int, names: dict[str, Any], strict: bool):
        self.segment = segment
        self.i, self.end, self.at = i, end, i
        self.state = context.current()
        self.grad_enabled = self.state.grad_enabled
        self.inside = names is not segment.variables  # in a function
        self.local = dict(names) if self.inside else names
        self.bound: frozenset[str] = frozenset().union(*segment.bound[i:end])
        self.before = {name: self.local[name] for name in self.bound if name in self.local}
        self.own = self.bound - read_first(segment.run[i:end])
        self.reach = Reach(
            segment.varying,
            self.bound,
            self.own,
            segment.assigned,
            strict,
            self.inside,
            segment.follows,
            segment.history,
            indexed(segment.run[i:end], segment.varying) - self.bound,
            appended(segment.run[i:end]) - self.bound,
        )
        self.home = self.reach.home = segment.history, i
        self.lists: dict[str, Any] = {}  # what `Items` stand for
        self.linked: list[tuple[Tensor, ReplayedNode]] = []
        self.versions: list[tuple[Any, Any]] = []
        self.given: dict[int, list[Any]] = {}  # statement → the data of the tensors that it has made

    def program(self) -> Program:
        """The program. TraceStopped where there is none; what a statement raises."""
        clock = self.state.clock
        return self._program() if clock is None else clock.compiled(self._program)

    def _program(self) -> Program:
        try:
            codes = self._look()
            trace = self.trace = self._begin()
            scope = self._scope()
            self._run(trace, codes, scope)
            return self._build(trace, self._results(scope))
        finally:
            self._put_back()

    def _look(self) -> list[CodeType]:
        """The codes of the statements; everything that they can reach is looked at."""
        segment = self.segment
        self.reach.instances.watch_making()
        codes = [segment.codes[k]() for k in range(self.i, self.end)]
        prelude = segment.variables["__builtins__"]
        for k, code in enumerate(codes):
            self.at = self.i + k
            self.reach.names(code, self.local, segment.variables, prelude)
        self.at = self.i
        return codes

    def _begin(self) -> Trace:
        reach = self.reach
        trace = Trace(reach.externals, reach.guards)
        trace.clock = self.state.clock
        trace.containers = reach.containers
        trace.instances = reach.instances
        trace.segment, trace.start, trace.fresh = self.segment, self.i, self.segment.history.fresh
        trace.foreign, trace.foreign_paths = reach.foreign, reach.foreign_paths
        trace.borders = reach.borders
        trace.inlets, trace.home = reach.inlets, self.home
        for t, node, _ in reach.links:
            self._join(t, node)
        reach.join = self._join  # from now on at once
        return trace

    def _join(self, t: Tensor, node: ReplayedNode) -> None:
        """The graph of another program becomes the trace's."""
        self.linked.append((t, node))
        for n in node.frame.passage.nodes:
            self.versions.append((n, n.versions))
            n.versions = [(held, held.version) for held, _ in n.versions]
        t.node = node.origin

    def _scope(self) -> dict[str, Any]:
        """What the statements run with: one for all, so that a lambda of the run finds the function's names in it."""
        self.lists = {name: self.local[name] for name in self.reach.items_of}
        self.local.update(self.reach.numbers)
        self.local.update(self.reach.items_of)
        for container, key, number in self.reach.items:
            container[key] = number
        for name in self.own:  # what is read too early is not what it will be
            self.local.pop(name, None)
        if not self.inside:
            return self.local
        segment = self.segment
        return {k: v for k, v in segment.variables.items() if k not in segment.assigned} | self.local

    def _run(self, trace: Trace, codes: list[CodeType], scope: dict[str, Any]) -> None:
        def work() -> None:
            self.reach.trace = trace
            for k, code in enumerate(codes):
                self.at = self.i + k
                known = len(trace.given)
                exec(code, scope)
                self.given[self.at] = [*map(contents, trace.given[known:])]

        trace.run(work)
        if any(e.fixed for e, _ in trace.moved.values()):
            raise TraceAgain("a tensor that gets other memory")
        if any(np.may_share_memory(a, e.array) for a in self.reach.arrays for e in self.reach.externals):
            raise TraceStopped("an array whose memory is a tensor's")
        trace.attributes = self.reach.instances.results()
        trace.appended = [(path, value) for _, path, value in self.reach.appended]
        if len(trace.steps) < LEAST_STEPS and not trace.externals:
            raise TooLittle("too little to do")
        if trace.inlets and len(trace.steps) < LEAST_GOING_ON:
            raise TraceStopped("too little to do")

    def _results(self, scope: dict[str, Any]) -> dict[str, Any]:
        """What the program binds: of the session's names those that are bound to something else than before.

        Before, a number that the loop changes was whatever it will be: one like it is something else.
        """
        before = {**self.before, **self.reach.numbers}
        return {
            name: scope[name]
            for name in sorted(self.bound)
            if name in scope and (self.inside or name in self.own or scope[name] is not before.get(name))
        }

    def _build(self, trace: Trace, results: dict[str, Any]) -> Program:
        reach, state = self.reach, self.state
        trace.guards[:0] = (
            "current() is state and state.mode is EAGER",
            f"state.dtype is {reach.constant(state.dtype)} and state.grad_enabled is {self.grad_enabled}",
            "state.noting is None and state.autocast is None and not state.function_modes and not hooked_leaves",
            "not state.replaced",
        )
        reach.instances.own.finish()
        trace.guards += reach.instances.distinct()
        if trace.appended or trace.changed_items():  # what is changed in one is not changed in another
            lists = {id(items): path for items, path, _ in reach.appended}
            paths = {**{id(items): path for items, _, path in reach.containers}, **lists}.values()
            if len(paths) > 1:
                trace.guards.append(f"len({{{', '.join(f'id({path})' for path in paths)}}}) == {len(paths)}")
        if reach.identities:
            each = [f"id({e.path})" for e in trace.externals]
            trace.guards.append(f"len({{{', '.join(each)}}}) == {len(each)}")
        builder = Builder(trace, [*reach.fetch], results, reach.paths)
        builder.scope.update(
            reach.scope,
            g=self.segment.variables,
            EAGER=EAGER,
            ReplayedNode=ReplayedNode,
            current=context.current,
            id=id,
            hooked_leaves=hooked,
            len=len,
            str=str,
            hasattr=hasattr,
        )
        builder.labels = reach.labels
        builder.freed = self._freed(builder)
        builder.parents = list({id(node.frame): place for _, node, place in reach.links}.values())
        program = builder.build()
        program.trains = trace.accumulated > 0
        numbers = [*reach.numbers.values(), *(number for _, _, number in reach.items)]
        numbers += (*reach.instances.numbers.values(), *reach.kept)
        program.numbers = {n.text: (builder.label(n.text), n.value) for n in numbers}
        return program

    def _freed(self, builder: Builder) -> list[str]:
        """The lines that note which nodes of a linked graph this run has used up."""
        from ...engine.graph.node import FREED

        lines = []
        for frame, place in {id(n.frame): (n.frame, place) for _, n, place in self.reach.links}.values():
            used = frozenset(id(n) for n in frame.passage.nodes if n.args is FREED)
            if used:
                lines.append(f"{place}.free({builder.named(used, 'u')})")
        return lines

    @unbroken
    def _put_back(self) -> None:
        """All is as it was before."""
        reach, local = self.reach, self.local
        if self.trace is not None and self.state.mode is self.trace:
            self.trace.leave()
        for t, node in self.linked:
            t.node = node
        for n, old in reversed(self.versions):
            n.versions = old
        self.state.grad_enabled = self.grad_enabled
        reach.instances.leave()
        for put_back in reach.undo:
            put_back()
        for container, key, number in reach.items:
            container[key] = number.value
        if self.inside:
            return
        local.update(self.lists)
        for name in self.bound:
            if name in self.before:
                local[name] = self.before[name]
            else:
                local.pop(name, None)
        for name, number in reach.numbers.items():
            if name not in self.bound:
                local[name] = number.value


def contents(array: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    """What is in an array, to be compared."""
    return array.dtype, array.shape, array.tobytes() if array.size <= MOST_DATA else b""
