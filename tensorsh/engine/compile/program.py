"""A trace as one Python function: guards, calls into memory that is there already, results.

`build` goes through the steps once to see how long each array is needed, gives every array a place (memory
of the program, reused as soon as nobody needs it; fresh memory where it outlives the program), and writes
the function. Views of memory that stays where it is are made beforehand and cost nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from .. import context
from ..journal import Journal
from ..parallel import spread
from ..tensor import Tensor
from .frame import Frame, Passage, passage_of
from .fuse import GroupWriter, fuse
from .leaving import Leaving
from .trace import Draw, External, Step, Trace
from .values import Number, TraceStopped, Value

Array = np.ndarray[Any, Any]


class Program:
    """A function that does what the traced statements did, or returns False and has done nothing.

    text      the function as it is written
    scope     what its names stand for
    steps     the lines of the calls; inputs and results say for a reader what the names in them are
    replay    the function, of the namespace that holds the variables
    """

    def __init__(self) -> None:
        self.text = ""
        self.scope: dict[str, Any] = {}
        self.replay: Callable[[Any], bool] = lambda names: False
        self.passage: Passage | None = None
        self.epoch = -1
        self.steps: list[str] = []
        self.calls = 0
        self.inputs: dict[str, tuple[str, tuple[int, ...], str]] = {}
        self.results: list[tuple[str, str]] = []
        self.memory = 0
        self.stream: Any = (None, None)
        self.backup: Any = ()  # (memory or state, what was there) where a replay may fail after changes

    def save(self, arrays: Iterable[Array], states: Iterable[dict[str, Any]], stream: Any) -> None:
        """Before a replay that may fail after it has changed these."""
        self.stream = stream, None if stream is None else stream.get_state()
        self.backup = [(a, a.copy()) for a in arrays]
        self.backup += [(state, copied(state)) for state in states]

    def give_up(self) -> None:
        """A replay has failed: put everything back as it was."""
        for changed, before in self.backup:
            if isinstance(changed, dict):
                changed.clear()
                changed.update(before)
            else:
                np.copyto(changed, before)
        stream, before = self.stream
        if stream is not None:
            stream.set_state(before)
        self.backup, self.stream = (), (None, None)

    def protect(
        self, journal: Journal, written: Iterable[Any], graded: Iterable[Tensor], states: Any
    ) -> None:
        """Before the first run within a statement: what it changes can be undone."""
        self.epoch = journal.start
        for t in written:
            journal.save_array(t.array)
            counter = t.shared_counter()
            if journal.first(counter):
                journal.record(partial(counter.__setitem__, 0, counter[0]))
        for t in graded:
            journal.save_attributes(t, "grad_slot")
        for state in states:
            save_state(journal, state)


def copied(state: dict[str, Any]) -> dict[str, Any]:
    return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in state.items()}


def save_state(journal: Journal, state: dict[str, Any]) -> None:
    """Before an optimiser's memory of one parameter changes."""
    if not journal.first(state):
        return
    before = copied(state)

    def undo() -> None:
        state.clear()
        state.update(before)

    journal.record(undo)


class Builder:
    """Writes the program of one finished trace."""

    def __init__(self, trace: Trace, fetch: list[str], results: dict[str, Any], paths: dict[int, str]):
        """`fetch`: the lines that get what comes from outside, `paths` what it is then called, by its id.
        `results`: name → value."""
        self.trace = trace
        self.fetch = fetch
        self.leaving = Leaving(self, results, paths)
        self.program = Program()
        self.scope = self.program.scope
        self.lines: list[str] = []
        self.places: dict[int, str] = {}  # id of a Value → the name its array has
        self.fixed: dict[int, Array] = {}  # id of a Value → its array, where that never changes
        self.names: dict[int, tuple[str, Any]] = {}  # id of an object → its name in the scope
        self.fresh = 0
        self.free: dict[Any, list[Array]] = {}
        self.keep: list[Any] = []
        self.taken: set[int] = set()  # ids of Values whose memory a later one has got
        self.now = 0
        self.numbers: dict[Any, Array] = {}
        self.freed: list[str] = []  # lines for graphs that this run has used up
        self.labels: dict[str, str] = {}  # the variable behind each name that `fetch` binds
        self.parents: list[str] = []  # what fetches the frames that this run goes on from

    # ---------------------------------------------------------------- the whole

    def build(self) -> Program:
        trace, state = self.trace, context.current
        self.scope.update(
            Tensor=Tensor, ndarray=np.ndarray, as_array=as_array, state=state, journal=trace.before,
            context=context, program=self.program, inf=float("inf"), nan=float("nan"), Frame=Frame, bool=bool,
            abs=abs, int=int, float=float, type=type,
        )  # fmt: skip
        self.outputs = self.leaving.tensors()
        self.live = [t for t in self.outputs if t.node is not None]
        self.passage = self.program.passage = passage_of(trace, self.live, self.outputs)
        self.alive()
        passage = self.passage
        kept = {id(v) for v in self._roots()} | {id(v) for v in passage.values}
        trace.steps = fuse(trace.steps, self._root_finder(), kept)
        escaping = self._escaping(passage)
        self.given = self._gifts(escaping)
        self.last = self._last_uses(escaping)
        self.escaping = escaping
        for i, step in enumerate(trace.steps):
            self.now = i
            self._step(i, step)
            self._release(i)
        body = self.lines
        self.program.calls = len(trace.steps)
        self.lines = []
        self.leaving.write(passage)
        head = ["def replay(v):", *self.fetch, *self._guards(), *self._protection(), *self._rescue()]
        head += self.leaving.head
        self.program.steps += body
        self.program.text = "\n".join(
            [head[0], *(f"    {line}" for line in [*head[1:], *body, *self.lines, "return True"])]
        )
        exec(compile(self.program.text, "<tensorsh program>", "exec"), self.scope)
        self.program.replay = self.scope["replay"]
        return self.program

    def alive(self) -> None:
        """Drop the steps whose results nobody uses."""
        needed: set[int] = {id(v) for v in self._roots()}
        written = self._written()
        kept: list[Step] = []
        for step in reversed(self.trace.steps):
            writes = step.kind in ("write", "effect") or any(id(out) in written for out in step.outs)
            if writes or step.kind == "kernel" or any(id(out) in needed for out in step.outs):
                kept.append(step)
                needed.update(id(v) for v in arrays_of(step.args))
        self.trace.steps = kept[::-1]

    def _written(self) -> set[int]:
        """The ids of the Values that are changed after they were made, or come from outside and are changed."""
        made: set[int] = set()
        found: set[int] = set()
        for step in self.trace.steps:
            if step.kind in ("write", "effect"):
                found.add(id(step.args[0]))
            for out in step.outs:
                if id(out) in made or isinstance(out.source, External):
                    found.add(id(out))
                made.add(id(out))
        return found

    def _roots(self) -> list[Value]:
        return [self.trace.value(t) for t in self.outputs] + self.passage.values

    # ---------------------------------------------------------------- what leaves the program

    def _escaping(self, passage: Passage) -> set[int]:
        """The ids of the Values whose memory somebody may hold when the program is over."""
        escaping = {id(v) for v in self._roots() if v.source is None}
        escaping |= {id(v) for v in passage.values}
        for step in reversed(self.trace.steps):  # a view keeps its base, a kernel may hand back its input
            if step.kind in ("view", "kernel") and any(id(out) in escaping for out in step.outs):
                escaping.update(id(v) for v in arrays_of(step.args))
        return escaping

    def _last_uses(self, escaping: set[int]) -> dict[int, int]:
        """id of a Value → the last step that needs its memory, by itself or through what shares it."""
        last: dict[int, int] = {}
        for i, step in reversed(list(enumerate(self.trace.steps))):
            for v in arrays_of(step.args):
                last.setdefault(id(v), i)
                if step.kind in ("view", "kernel", "own"):
                    last[id(v)] = max(last[id(v)], *(last.get(id(out), i) for out in step.outs))
            for out in step.outs:
                last.setdefault(id(out), i)
        return last

    # ---------------------------------------------------------------- names

    def named(self, thing: Any, prefix: str) -> str:
        """The name of an object in the function's scope."""
        found = self.names.get(id(thing))
        if found is None:
            found = self.names[id(thing)] = (f"{prefix}{len(self.names)}", thing)
            self.scope[found[0]] = thing
        return found[0]

    def new(self) -> str:
        self.fresh += 1
        return f"t{self.fresh}"

    def place(self, v: Value) -> str:
        """The name of a Value's array."""
        found = self.places.get(id(v))
        if found is not None:
            return found
        source = v.source
        if isinstance(source, External):
            if source.fixed:
                self.fixed[id(v)] = source.array
                name = self.named(source.array, "w")
            else:
                name = self.new()
                self.lines.append(f"{name} = {source.path}.array")
            self._input(name, source.path, v)
        elif isinstance(source, np.ndarray):
            self.fixed[id(v)] = source
            name = self.named(source, "c")
        elif type(source) is str:
            name = self.new()
            self.lines.append(f"{name} = {source}")
            self._input(name, source, v)
        else:
            raise TraceStopped("an array from nowhere")
        self.places[id(v)] = name
        self.keep.append(v)
        return name

    def _input(self, name: str, path: str, v: Value) -> None:
        """What a reader calls an input: after the variable that leads to it."""
        root = path.partition(".")[0].partition("[")[0]
        rest = path[len(root) :].removesuffix(".array").replace("_slot", "").replace("node.frame.", "")
        label = self.labels.get(root, root) + re.sub(r"\W+", "_", rest).rstrip("_")
        self.program.inputs[name] = (label, v.shape, str(v.dtype))

    def argument(self, a: Any) -> str:
        if type(a) is Value:
            return self.place(a)
        if type(a) is Number:
            return self.leaving.number(a)
        if type(a) is tuple and any(type(x) is Value for x in a):
            return "(" + "".join(f"{self.argument(x)}, " for x in a) + ")"
        if a is None or type(a) in (bool, int):
            return repr(a)
        if isinstance(a, np.generic):
            key = (a.dtype, a.tobytes())  # NumPy takes an array without looking what it is
            a = self.numbers.setdefault(key, np.asarray(a))
        return self.named(a, "k")

    # ---------------------------------------------------------------- steps

    def _step(self, i: int, step: Step) -> None:
        writers = {
            "ufunc": self._call, "call": self._call, "reduce": self._reduce, "accumulate": self._reduce,
            "view": self._view, "kernel": self._kernel, "write": self._write, "effect": self._effect,
            "own": self._own, "group": self._group,
        }  # fmt: skip
        writer = writers[step.kind]
        writer(step)

    def _memory(self, out: Value, reused: Value | None) -> str | None:
        """Where a call puts its result: memory of the program's own, or None for fresh memory.

        `reused`: an argument whose memory may become the result's.
        """
        if id(out) in self.places:
            return self.places[id(out)]
        if isinstance(out.source, External):
            return self.place(out)
        if id(out) in self.escaping:
            return None
        like = out.layout
        key = (like.shape, like.dtype, like.strides)
        ready = self.free.get(key)
        if reused is not None:
            memory = self.fixed[id(reused)]
            self.taken.add(id(reused))
        elif ready:
            memory = ready.pop()
        else:
            memory = np.empty_like(like)
            self.program.memory += memory.nbytes
        self.fixed[id(out)] = memory
        name = self.places[id(out)] = self.named(memory, "b")
        self.keep.append(out)
        return name

    def _result(self, out: Value) -> str:
        """A fresh local name for a result."""
        name = self.places[id(out)] = self.new()
        self.keep.append(out)
        return name

    def _call(self, step: Step) -> None:
        """`function(*args, out)`."""
        arguments = [self.argument(a) for a in step.args]
        out = step.outs[0]
        ufunc = step.kind == "ufunc"
        function = self.named(step.function, f"np_{step.label[3:]}_" if ufunc else f"{step.label}_")
        memory = self._memory(out, self._reusable(step))
        if memory is None and ufunc and out.ndim:
            self.lines.append(f"{self._result(out)} = {function}({', '.join(arguments)})")
            return
        if memory is None:  # a ufunc would make a number of it, another function needs a place
            self.scope["empty"] = np.empty
            memory = self._result(out)
            place = f"({memory} := empty({out.shape!r}, {self.named(out.dtype, 'd')}))"
        else:
            place = memory
        if step.function in (np.maximum, np.minimum):  # which take no third argument for `out`
            place = f"out={place}"
        self.lines.append(f"{function}({', '.join([*arguments, place])})")

    def _reusable(self, step: Step) -> Value | None:
        """An argument whose memory is needed no longer, for a result of the same layout."""
        if (step.kind == "call" and not step.options[0]) or step.function is np.matmul:
            return None
        like = step.outs[0].layout
        values = arrays_of(step.args)
        for v in values if step.kind == "ufunc" else values[:1]:
            mine = self.fixed.get(id(v))
            if (
                self.last.get(id(v)) == self.now
                and v.source is None
                and id(v) not in self.escaping
                and mine is not None
                and mine.base is None
                and self.places[id(v)].startswith("b")
                and (v.shape, v.dtype, v.strides) == (like.shape, like.dtype, like.strides)
                and not any(w is not v and w.source is None and self._shares(w, mine) for w in values)
                and self._owner_done(mine, v)
            ):
                return v
        return None

    def _shares(self, w: Value, memory: Array) -> bool:
        other = self.fixed.get(id(w))
        return other is None or np.may_share_memory(other, memory)

    def _owner_done(self, memory: Array, v: Value) -> bool:
        """Whether no view of the memory is needed later."""
        return all(
            self.last.get(key, -1) <= self.now
            for key, other in self.fixed.items()
            if other.base is memory or other is memory
        )

    def _reduce(self, step: Step) -> None:
        """`function.reduce(x, axis, None, out, keepdims)`."""
        x = self.argument(step.args[0])
        out = step.outs[0]
        function = f"{self.named(step.function, f'np_{step.function.__name__}_')}.{step.kind}"
        memory = self._memory(out, None)
        if step.kind == "accumulate":
            self.lines.append(
                f"{function}({x}, 0, None, {memory})" if memory else f"{self._result(out)} = {function}({x})"
            )
            return
        axes, keepdims = step.options
        axis = repr(axes[0] if len(axes) == 1 else axes)
        if memory is not None:
            self.lines.append(f"{function}({x}, {axis}, None, {memory}, {keepdims!r})")
        else:
            call = f"{function}({x}, {axis}, None, None, {keepdims!r})"
            name = self._result(out)
            self.lines.append(f"{name} = {call}" if out.ndim else f"{name} = as_array({call}, None)")

    def _root_finder(self) -> Callable[[Value], Any]:
        """What memory a value lies in: the value it is a view of, or may be."""
        base: dict[int, Value] = {}
        for step in self.trace.steps:
            if step.kind == "view" or (step.kind in ("kernel", "own") and len(arrays_of(step.args)) == 1):
                for out in step.outs:
                    base[id(out)] = arrays_of(step.args)[0]

        def root(v: Value) -> Any:
            while id(v) in base:
                v = base[id(v)]
            return id(v)

        return root

    def _group(self, step: Step) -> None:
        """A block function, and its call."""
        group = step.options[0]
        name = f"group{self.now}"
        folded = {id(fold.outs[0]) for fold in group.folds}
        for v in step.args:
            self.place(v)
        outs: dict[int, str] = {}
        for out in step.outs:
            if id(out) in folded:
                continue
            memory = self._memory(out, None)
            if memory is None:
                self.scope["empty_like"] = np.empty_like
                memory = self._result(out)
                self.lines.append(f"{memory} = empty_like({self.named(out.layout, 'l')})")
            outs[id(out)] = memory
        self.scope["spread"] = spread
        writer = GroupWriter(group, name, self.argument, self.named)
        self.lines += writer.write(outs)
        self.scope[f"{name}_pool"] = []
        self.scope[f"{name}_scratch"] = writer.scratch()
        for k, fold in enumerate(group.folds):
            out = fold.outs[0]
            function = self.named(fold.function, f"{fold.label[3:].partition('.')[0]}_")
            kind = self.named(out.dtype, "d")
            self.scope.update(stack=np.stack, sorted=sorted)
            parts = f"stack([{name}_fold{k}[lo] for lo in sorted({name}_fold{k})])"
            self.lines.append(f"{self._result(out)} = as_array({function}.reduce({parts}, 0), {kind})")

    def _view(self, step: Step) -> None:
        base, out = step.args[0], step.outs[0]
        self.place(base)
        memory = self.fixed.get(id(base))
        if memory is not None:
            made = np.asarray(step.function(memory, *step.options))
            if np.may_share_memory(made, memory) or not made.size:
                self.fixed[id(out)] = made
                self.places[id(out)] = self.named(made, "v")
                self.keep.append(out)
                return
        function = self.named(step.function, "view_")
        arguments = [self.place(base), *(self.argument(a) for a in step.options)]
        self.lines.append(f"{self._result(out)} = {function}({', '.join(arguments)})")

    def _kernel(self, step: Step) -> None:
        function = self.named(step.function, f"{step.label.rpartition('.')[2]}_")
        call = f"{function}({', '.join([self.argument(a) for a in step.args])})"
        names = [self._result(out) for out in step.outs]
        self.lines.append(f"{', '.join(names)} = {call}")
        for name, out in zip(names, step.outs, strict=True):
            kind = self.named(out.dtype, "d")
            self.lines.append(
                f"if type({name}) is not ndarray or {name}.dtype is not {kind}: {name} = as_array({name}, {kind})"
            )
            if out.ndim > 1:
                self.scope["laid_out"] = laid_out
                self.lines.append(f"if {name}.strides != {out.strides}: laid_out({name}, {out.strides})")

    def _write(self, step: Step) -> None:
        self.scope.setdefault("copyto", np.copyto)
        target, value = step.args
        self.lines.append(f"copyto({self.place(target)}, {self.argument(value)}, 'unsafe')")

    def _effect(self, step: Step) -> None:
        function = self.named(step.function, f"{step.label}_")
        self.lines.append(f"{function}({', '.join([self.argument(a) for a in step.args])})")

    def _own(self, step: Step) -> None:
        """Memory that is nobody else's, which what a step has just made fresh is already."""
        source, out = step.args[0], step.outs[0]
        if id(out) in self.given:
            place = self.places[id(out)] = self.place(source)
            if id(source) in self.fixed:
                self.fixed[id(out)] = self.fixed[id(source)]
            self.keep.append(out)
            assert place
            return
        self.scope["array"] = np.array
        self.lines.append(f"{self._result(out)} = array({self.argument(source)}, order='C')")

    def _gifts(self, escaping: set[int]) -> set[int]:
        """The gradients that need no copy: nobody else uses what they are a copy of, or nobody changes it."""
        given: set[int] = set()
        uses: dict[int, int] = {}
        made: dict[int, Step] = {}
        for step in self.trace.steps:
            for v in arrays_of(step.args):
                uses[id(v)] = uses.get(id(v), 0) + 1
            for out in step.outs:
                made[id(out)] = step
        written = self._written()
        roots = {id(v) for v in self._roots()}
        for step in self.trace.steps:
            if step.kind != "own":
                continue
            source, out = step.args[0], step.outs[0]
            if id(source) in self.trace.aliased:
                continue
            if id(out) in written or not source.flags.c_contiguous or source.source is not None:
                continue
            if id(out) not in escaping:
                if id(source) not in written:
                    given.add(id(out))
                continue
            chain, v = [], source
            while uses.get(id(v)) == 1 and id(v) not in roots and id(v) not in written:
                chain.append(v)
                producer = made.get(id(v))
                if producer is None:
                    break
                if producer.kind in ("ufunc", "reduce", "call", "group"):
                    given.add(id(out))
                    escaping.update(id(each) for each in chain)
                    break
                if producer.kind != "view":
                    break
                v = producer.args[0]
        return given

    def _release(self, i: int) -> None:
        """Give memory back after the last step that needs it."""
        step = self.trace.steps[i]
        for v in {id(v): v for v in (*arrays_of(step.args), *step.outs)}.values():
            if id(v) in self.taken:
                continue
            if self.last.get(id(v)) == i and v.source is None and id(v) not in self.escaping:
                memory = self.fixed.get(id(v))
                if memory is not None and memory.base is None and self.places[id(v)].startswith("b"):
                    key = (v.layout.shape, v.layout.dtype, v.layout.strides)
                    self.free.setdefault(key, []).append(memory)

    # ---------------------------------------------------------------- before and after

    def _guards(self) -> list[str]:
        guards = list(dict.fromkeys(self.trace.guards))
        guards += [f"{self.named(holds, 'fits')}({e.path})" for e, holds in self.trace.demands]
        guards += self._apart()
        self.scope.update(self.trace.scope)
        return [f"if not ({guard}): return False" for guard in guards]

    def _apart(self) -> list[str]:
        """What shares memory shares it still, and what is written shares none with anything else."""
        externals = self.trace.externals
        fixed = [e for e in externals if e.fixed]
        guards = []
        for i, e in enumerate(externals):
            if e.fixed:
                continue
            counter = e.tensor.counter
            near = next(
                (o for o in externals[:i] if counter is not None and o.tensor.counter is counter), None
            )
            if near is not None:
                guards.append(f"{e.path}.counter is {near.path}.counter")
                continue
            far = frozenset(id(o.tensor.shared_counter()) for o in fixed if o.written or e.written)
            if far:
                self.scope["id"] = id
                guards.append(f"id({e.path}.counter) not in {self.named(far, 'k')}")
            for o in externals[:i]:
                if not o.fixed and (o.written or e.written):
                    guards.append(
                        f"{e.path} is not {o.path} and "
                        f"({e.path}.counter is None or {e.path}.counter is not {o.path}.counter)"
                    )
        return guards

    def _rescue(self) -> list[str]:
        """Saving what is changed before a call that may fail."""
        steps, written = self.trace.steps, self._written()
        last = max((i for i, step in enumerate(steps) if may_fail(step)), default=0)
        early = [
            step
            for step in steps[:last]
            if step.kind in ("write", "effect") or any(id(out) in written for out in step.outs)
        ]
        draws = any(type(step.function) is Draw for step in steps[:last])
        if not early and not draws:
            return []
        arrays = ", ".join(f"{e.path}.array" for e in self.trace.externals if e.written)
        states = ", ".join(self.named(step.args[2], "k") for step in early if step.kind == "effect")
        self.lines.append("program.backup, program.stream = (), (None, None)")
        return [f"program.save([{arrays}], [{states}], {'state.generator' if draws else None})"]

    def _protection(self) -> list[str]:
        """Noting how to undo what the program changes, once in a statement."""
        written = [e.path for e in self.trace.externals if e.written]
        graded = [e.path for e in self.trace.externals if e.tensor.grad_slot is not e.had_grad]
        states = [self.named(s.args[2], "k") for s in self.trace.steps if s.kind == "effect"]
        if not (written or graded or states):
            return []
        varying = any(not e.fixed for e in self.trace.externals if e.written)
        call = "program.protect(journal, [{}], [{}], [{}])".format(
            *(", ".join(part) for part in (written, graded, states))
        )
        again = "" if varying else " and journal.start != program.epoch"
        return [f"if journal.active{again}: {call}"]


def arrays_of(args: Iterable[Any]) -> list[Value]:
    """The Values among arguments."""
    found: list[Value] = []
    for a in args:
        if type(a) is Value:
            found.append(a)
        elif type(a) is tuple:
            found.extend(x for x in a if type(x) is Value)
    return found


def laid_out(x: Any, strides: Any) -> None:
    """Refuse what a kernel gave when it does not lie in memory as it was thought to."""
    if any(have != want and n > 1 for have, want, n in zip(x.strides, strides, x.shape, strict=True)):
        raise MemoryError("another layout")


def may_fail(step: Step) -> bool:
    """Whether a call may refuse the values that it gets."""
    numbers = any(type(a) is Number and type(a.value) is not float for a in step.args)
    return numbers or (step.kind == "kernel" and type(step.function) is not Draw)


def as_array(x: Any, kind: Any) -> Array:
    """What a kernel gave, as an array of the dtype it is known to have."""
    x = np.asarray(x)
    return x if kind is None or x.dtype == kind else x.astype(kind)
