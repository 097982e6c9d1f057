"""A trace as one Python function: guards, calls into memory that is there already, results.

`build` sees how long each array is needed (`lifetimes`), gives every array a place (`memory`), writes a line or
two for each step (`calls`), and what is left behind (`leaving`). Views of memory that stays where it is are
made beforehand and cost nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import context
from ..values.tensor import TENSORS, Tensor, make_tensor
from .draws import Draw, Source
from .frame import Frame
from .fuse import fuse
from .leaving import Leaving
from .lifetimes import alive, escaping, gifts, last_uses, memory_of, written
from .lines import Calls, as_array
from .machine.assembler import available
from .passage import passage_of
from .program import Program, as_function
from .spelled import together
from .steps import Step, arrays_of
from .trace import Trace
from .values import Number, TraceStopped

if TYPE_CHECKING:
    from .metered import Meter


class Builder(Calls):
    """Writes the program of one finished trace."""

    def __init__(self, trace: Trace, fetch: list[str], results: dict[str, Any], paths: dict[int, str]):
        """`fetch`: the lines that get what comes from outside, `paths` what it is then called, by its id.
        `results`: name → value."""
        self.trace = trace
        self.fetch = fetch
        self.leaving = Leaving(self, results, paths)
        super().__init__()
        self.freed: list[str] = []  # lines for graphs that this run has used up
        self.parents: list[str] = []  # what fetches the frames that this run goes on from

    def build(self) -> Program:
        trace, state = self.trace, context.current()
        self.scope.update(
            TENSORS=TENSORS, make_tensor=make_tensor, ndarray=np.ndarray, as_array=as_array, state=state,
            journal=trace.before, context=context, program=self.program, inf=float("inf"),
            nan=float("nan"), Frame=Frame, bool=bool,
            abs=abs, int=int, float=float, type=type, round=round, math=math,
        )  # fmt: skip
        self._settle()
        self.outputs = self.leaving.tensors()
        changed = [e.tensor for e in trace.rebased.values()]
        if any(t.node is None for t in changed):
            raise TraceStopped("a tensor's node is changed")
        self.heads = [t for t in (*self.outputs, *changed) if t.node is not None]
        self.passage = self.program.passage = passage_of(trace, self.heads, self.outputs)
        roots = [trace.value(t) for t in self.outputs] + self.passage.values
        roots += [trace.value(e.tensor) for e, _ in trace.moved.values()]
        steps = alive(trace.steps, roots)
        trace.steps = steps = fuse(steps, memory_of(steps), {id(v) for v in roots})
        self.escape = escaping(steps, roots)
        self.given = gifts(steps, roots, trace.aliased, self.escape)
        self.last = last_uses(steps)
        self.together = together(steps, memory_of(steps))
        meter = self._meter(steps)
        spans: list[tuple[int, int]] = []
        for self.now, step in enumerate(steps):
            start = len(self.lines)
            self.write_step(step)
            if meter is not None and len(self.lines) > start:
                marks = meter.before(self.now)
                self.lines[start:start] = marks
                start += len(marks)
            spans.append((start, len(self.lines)))
        body = self.lines
        self.program.calls = len(steps)
        self.program.opaque = trace.opaque
        self.lines = []
        self.leaving.write(self.passage)
        head = [*self.fetch, *self._guards(), *self._protection(), *self._rescue(), *self.leaving.head]
        self.program.steps += body
        if meter is not None:
            self.scope.update(meter.scope())
            head, self.lines = [*meter.head(), *head], [*meter.tail(), *self.lines, meter.over()]
            self.program.steps = meter.unmarked(self.program.steps)
        if available():
            from .warm import warm

            becomes = warm(self, (head, body, self.lines), spans)
            if becomes is not None:
                becomes.meter = meter
                self.scope["warm"] = becomes
                body = ["warm()", *body]
        self.program.text = as_function([*head, *body, *self.lines])
        exec(compile(self.program.text, "<tensorsh program>", "exec"), self.scope)
        self.program.replay = self.scope["replay"]
        del self.leaving.builder  # no cycle keeps the arrays of the trace
        return self.program

    def _meter(self, steps: list[Step]) -> Meter | None:
        """What writes marks between lines of the user's text, where somebody measures them."""
        if self.trace.clock is None:
            return None
        from .metered import Meter

        return Meter(self.trace.clock, steps)

    def number(self, n: Number) -> str:
        return self.leaving.number(n)

    def _guards(self) -> list[str]:
        guards = list(dict.fromkeys(self.trace.guards))
        guards += [f"{self.named(holds, 'fits')}({e.path})" for e, holds in self.trace.demands]
        guards += self._apart()
        self.scope.update(self.trace.scope)
        return [f"if not ({guard}): return False" for guard in guards]

    def _settle(self) -> None:
        """Gradients that stay where they are belong to the program as their parameters do."""
        for e in self.trace.externals:
            if e.grad is None or not e.grad.lasts or e.tensor.grad_slot is not e.had_grad:
                continue
            e.grad.fixed = True
            tensor, array = self.named(e.grad.tensor, "k"), self.named(e.grad.array, "w")
            self.trace.guards.append(
                f"{e.grad.path} is {tensor} and {tensor}.array is {array} and "
                f"{tensor}.node is None and not {tensor}.requires_grad_slot"
            )

    def _apart(self) -> list[str]:
        """What shares memory shares it still, and what is written shares none with anything else."""
        externals = self.trace.externals
        fixed = [e for e in externals if e.fixed]
        guards = []
        written: list[str] = []
        others: list[str] = []
        for i, e in enumerate(externals):
            if e.fixed:
                continue
            counter = e.tensor.counter
            known = (*fixed, *externals[:i])
            near = next((o for o in known if counter is not None and o.tensor.counter is counter), None)
            if near is not None:
                guards.append(f"{e.path}.counter is {near.path}.counter")
                continue
            far = frozenset(id(o.tensor.shared_counter()) for o in fixed if o.written or e.written)
            if far:
                self.scope["id"] = id
                guards.append(f"id({e.path}.counter) not in {self.named(far, 'k')}")
            (written if e.written else others).append(e.path)
        if written and len(written) + len(others) > 1:
            self.scope["apart"] = apart
            guards.append(f"apart({', '.join(written)}, others=({''.join(f'{o}, ' for o in others)}))")
        return guards

    def _rescue(self) -> list[str]:
        """Saving what is changed before a call that may fail."""
        steps = self.trace.steps
        changed = written(steps)
        last = max((i for i, step in enumerate(steps) if may_fail(step)), default=0)
        early = [
            step
            for step in steps[:last]
            if step.kind in ("write", "effect") or any(id(out) in changed for out in step.outs)
        ]
        draws: list[Source] = [step.function for step in steps[: last + 1] if type(step.function) is Draw]
        draws += map(Source, self.trace.streams)
        if not early and not draws:
            return []
        place = memory_of(steps)
        places = {place(v) for step in early for v in (*arrays_of(step.args[:1]), *step.outs)}
        externals = self.trace.externals
        soiled = [e.array for e in externals if id(e.tensor.shared_counter()) in places]
        arrays = ", ".join(
            f"{e.path}.array"
            for e in externals
            if e.written and any(np.may_share_memory(e.array, other) for other in soiled)
        )
        states = ", ".join(self.named(step.args[2], "k") for step in early if step.kind == "effect")
        streams = ", ".join(f"{self.named(draw, 'k')}.source()" for draw in one_of_each(draws))
        self.lines.append("program.backup = program.streams = ()")
        return [f"program.save([{arrays}], [{states}], [{streams}])"]

    def _protection(self) -> list[str]:
        """Noting how to undo what the program changes, once in a statement."""
        written = [e.path for e in self.trace.externals if e.written]
        graded = [e.path for e in self.trace.externals if e.tensor.grad_slot is not e.had_grad]
        states = [self.named(s.args[2], "k") for s in self.trace.steps if s.kind == "effect"]
        moved = [e.path for e, _ in self.trace.moved.values()]
        if not (written or graded or states or moved):
            return []
        varying = moved or any(not e.fixed for e in self.trace.externals if e.written)
        call = "program.protect(journal, [{}], [{}], [{}], [{}])".format(
            *(", ".join(part) for part in (written, graded, states, moved))
        )
        again = "" if varying else " and journal.start != program.epoch"
        return [f"if journal.active{again}: {call}"]


def apart(*written: Tensor, others: Iterable[Tensor]) -> bool:
    """Whether tensors that are written share memory with none of these tensors, as their versions tell."""
    seen: set[int] = set()
    for t in written:
        if id(t) in seen or id(t.counter) in seen:
            return False
        seen.add(id(t))
        if t.counter is not None:
            seen.add(id(t.counter))
    return all(id(t) not in seen and id(t.counter) not in seen for t in others)


def may_fail(step: Step) -> bool:
    """Whether a call may refuse the values that it gets."""
    numbers = any(type(a) is Number and type(a.value) is not float for a in step.args)
    if step.kind == "kernel":
        return numbers or type(step.function) is not Draw or bool(step.args)
    return numbers or step.kind == "check"


def one_of_each(draws: list[Source]) -> list[Source]:
    """A draw from each stream."""
    return list({id(draw.own): draw for draw in draws}.values())
