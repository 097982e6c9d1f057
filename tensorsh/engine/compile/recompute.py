"""A traced round's operations, to be run once more for somebody who asks how a value came about.

A program keeps no values of the graph that its backward used up. What it notes instead costs a replay one
tuple: what the round was given. `explain` then runs the operations again, evaluated, with what these tensors
hold now, and explains the graph that this makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..core import context
from ..core.spec import Spec
from ..records.op import Op
from ..run import inplace
from ..values.tensor import TENSORS, Tensor, make_tensor
from .draws import Draw
from .frame import ReplayedNode
from .steps import External
from .values import Number, Value

if TYPE_CHECKING:
    from .trace import Trace


class Made(NamedTuple):
    """An argument that a call of this round made: the call's number, and which of its results."""

    call: int
    result: int


class Given(NamedTuple):
    """An argument that the round was given, by its place among these."""

    place: int


class Detached(NamedTuple):
    """An argument that has the values of another, and no part in the graph."""

    of: Any


class NotNoted(Exception):
    """An argument of which nothing was noted."""


class Recalled(NamedTuple):
    """An operation, or a draw of random numbers; `in_place` where it writes into its first argument."""

    run: Callable[..., Any]
    args: tuple[Any, ...]
    grad_enabled: bool
    in_place: bool


class Recomputation:
    """The operations of one trace, without a tensor of it.

    calls   in the order they came
    paths   the texts that fetch what the round is given
    given   what the last round was given
    named   the results that variables are bound to
    """

    def __init__(self) -> None:
        self.calls: list[Recalled] = []
        self.paths: list[str] = []
        self.given: tuple[Any, ...] = ()
        self.named: dict[str, Made] = {}

    def needed(self, last: int) -> list[int]:
        """The calls without which there is no result of call `last`, in order."""
        found = {last}
        for n in range(last, -1, -1):
            call = self.calls[n]
            if n in found or call.in_place:
                args = (a.of if type(a) is Detached else a for a in leaves(call.args))
                found |= {n} | {a.call for a in args if type(a) is Made}
        return sorted(found)


class Heard:
    """What a trace hears of while it runs, in a session in which somebody may ask."""

    def __init__(self, trace: Trace):
        self.trace = trace
        self.found = Recomputation()
        self.made: dict[int, Made] = {}
        self.arrays: dict[int, Made] = {}  # the same by their Values, which detached tensors share
        self.held: list[Any] = []  # the tensors, so that their ids stay theirs

    def called(self, op: Op, args: tuple[Any, ...], result: Any, in_place: bool = False) -> None:
        """An operation has been traced."""
        found = tuple([self._argument(a) for a in args])
        if in_place and type(found[0]) is not Made:
            return  # what the round was given holds it already
        number = len(self.found.calls)
        run = partial(inplace.apply_inplace, op) if in_place else op.run
        self.found.calls.append(Recalled(run, found, context.current().grad_enabled, in_place))
        for i, t in enumerate(result if type(result) is tuple else (result,)):
            self.held.append(t)
            self.made.setdefault(id(t), Made(number, i))
            self.arrays.setdefault(id(t.array), Made(number, i))
            recollection = context.current().recollection
            if t.node is not None and recollection is not None and not in_place:
                recollection.recomputations.setdefault(t.node, (self.found, number))

    def named(self, name: str, t: Any) -> None:
        """A variable is bound to what a call made."""
        if (found := self.made.get(id(t))) is not None:
            self.found.named[name] = found

    def _argument(self, a: Any) -> Any:
        if type(a) is tuple:
            return tuple([self._argument(each) for each in a])
        if type(a) is Number:
            return self._given(a.text)
        if type(a) not in TENSORS:
            return a
        if (known := self.made.get(id(a))) is not None:
            return known
        if (e := self.trace.by_tensor.get(id(a))) is not None:
            return self._outside(e)
        if (path := self.trace.foreign_paths.get(id(a))) is not None:
            return self._given(path)
        if type(a.array) is not Value:
            return a
        source: Any = a.array.source
        if (known := self.arrays.get(id(a.array))) is not None:
            return Detached(known)
        if type(source) is External:
            return Detached(self._outside(source))
        if isinstance(source, np.ndarray):
            return make_tensor(source, a.spec)
        steps = self.trace.steps
        draw = next((s.function for s in reversed(steps) if any(out is a.array for out in s.outs)), None)
        if type(draw) is not Draw:
            return NotNoted()
        self.held.append(a)
        self.found.calls.append(Recalled(partial(drawn, draw, a.spec), (), False, False))
        self.made[id(a)] = Made(len(self.found.calls) - 1, 0)
        return self.made[id(a)]

    def _outside(self, e: External) -> Any:
        return e.tensor if e.fixed else self._given(e.path)

    def _given(self, path: str) -> Given:
        if path not in self.found.paths:
            self.found.paths.append(path)
        return Given(self.found.paths.index(path))


class Again:
    """One running of what was noted, for all tensors that come from compiled rounds."""

    def __init__(self) -> None:
        self.results: dict[Recomputation, dict[int, tuple[Tensor, ...]]] = {}
        self.running: list[Recomputation] = []

    def tensor(self, t: Tensor) -> Tensor:
        """The tensor, or what it is when it is computed again; raises NotNoted where that is not known."""
        found = origin(t)
        if found is None:
            return t
        recomputation, call = found
        if call not in self.results.get(recomputation, ()):
            if recomputation in self.running:
                raise NotNoted  # the round before's
            self.running.append(recomputation)
            self._run(recomputation, call)
            self.running.pop()
        return self.results[recomputation][call][t.output_index]

    def known(self, t: Tensor) -> Tensor:
        """The same of a tensor that only matters if it has been computed already."""
        found = origin(t)
        results = () if found is None else self.results.get(found[0], {}).get(found[1], ())
        return results[t.output_index] if results else t

    def named(self) -> Iterator[tuple[str, Tensor]]:
        """What has been computed for variables."""
        for recomputation, results in self.results.items():
            for name, (call, i) in recomputation.named.items():
                if call in results:
                    yield name, results[call][i]

    def _run(self, recomputation: Recomputation, last: int) -> None:
        results = self.results.setdefault(recomputation, {})
        given = [self.tensor(a) if type(a) in TENSORS else a for a in recomputation.given]
        state = context.current()
        enabled, stream = state.grad_enabled, state._generator
        drawn = None if stream is None else stream.get_state()
        try:
            for n in recomputation.needed(last):
                if n in results:
                    continue
                call = recomputation.calls[n]
                state.grad_enabled = call.grad_enabled
                args = argued(call.args, given, results)
                result = call.run(args) if call.in_place else call.run(*args)
                results[n] = result if type(result) is tuple else (result,)
        finally:
            state.grad_enabled = enabled
            if stream is not None and drawn is not None:
                stream.set_state(drawn)


def drawn(draw: Draw, spec: Spec) -> Tensor:
    return make_tensor(draw(), spec)


def argued(args: tuple[Any, ...], given: list[Any], results: dict[int, tuple[Tensor, ...]]) -> Any:
    """The arguments of a call."""
    found: list[Any] = []
    for a in args:
        if type(a) is Made:
            a = results[a.call][a.result]
        elif type(a) is Given:
            a = given[a.place]
        elif type(a) is Detached:
            a = argued((a.of,), given, results)[0].detach()
        elif type(a) is tuple:
            a = argued(a, given, results)
        elif type(a) is NotNoted:
            raise a
        found.append(a)
    return tuple(found)


def leaves(args: tuple[Any, ...]) -> Iterator[Any]:
    """Arguments, those in lists one by one."""
    for a in args:
        if type(a) is tuple:
            yield from leaves(a)
        else:
            yield a


def origin(t: Tensor) -> tuple[Recomputation, int] | None:
    """The call that made a tensor in a compiled round."""
    recollection = context.current().recollection
    if recollection is None or t.node is None:
        return None
    node = t.node.origin if type(t.node) is ReplayedNode else t.node
    found: tuple[Recomputation, int] | None = recollection.recomputations.get(node)
    return found
