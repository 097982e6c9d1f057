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
from ..node import FREED
from ..parallel import spread
from ..tensor import Tensor
from .frame import Frame, Passage, passage_of
from .fuse import GroupWriter, fuse
from .trace import External, Step, Trace
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


def save_state(journal: Journal, state: dict[str, Any]) -> None:
    """Before an optimiser's memory of one parameter changes."""
    if not journal.first(state):
        return
    before = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in state.items()}

    def undo() -> None:
        state.clear()
        state.update(before)

    journal.record(undo)


class Builder:
    """Writes the program of one finished trace."""

    def __init__(self, trace: Trace, fetch: list[str], results: dict[str, Any]):
        """`fetch`: the lines that get and check what comes from outside. `results`: name → value."""
        self.trace = trace
        self.fetch = fetch
        self.results = results
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
        self.outputs, self.live = self._outputs()
        self.passage = self.program.passage = passage_of(trace, self.live)
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
        self._finish(passage)
        head = ["def replay(v):", *self.fetch, *self._guards(), *self._protection()]
        self.program.steps = body
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
        found = [self.trace.value(t) for t in self.outputs]
        for e in self.trace.externals:
            grad = e.tensor.grad_slot
            if grad is not None and grad is not e.had_grad:
                found.append(self.trace.value(grad))
        found += self.passage.values
        return found

    # ---------------------------------------------------------------- what leaves the program

    def _outputs(self) -> tuple[list[Tensor], list[Tensor]]:
        """The tensors that results are made of, and those of them that have a graph."""
        made: dict[int, Tensor] = {}

        def look(value: Any) -> None:
            if type(value) is Tensor:
                if id(value) not in self.trace.by_tensor:
                    made[id(value)] = value
            elif type(value) in (tuple, list):
                for item in value:
                    look(item)

        self.items = self.trace.changed_items()
        for value in (*self.results.values(), *(value for _, _, value in self.items)):
            look(value)
        tensors = list(made.values())
        return tensors, [t for t in tensors if t.node is not None]

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
            return a.text
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
        self.scope.update(self.trace.scope)
        return [f"if not ({guard}): return False" for guard in guards]

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

    def _finish(self, passage: Passage) -> None:
        """Versions, gradients, variables."""
        for e in self.trace.externals:
            if e.written:
                counter = f"{e.path}.shared_counter()"
                self.lines.append(f"{counter}[0] += {e.written}")
        shared: dict[int, str] = {}
        for e in self.trace.externals:
            grad = e.tensor.grad_slot
            if grad is e.had_grad:
                continue
            if grad is None:
                self.lines.append(f"{e.path}.grad_slot = None")
            else:
                self.lines.append(f"{e.path}.grad_slot = {self._tensor(grad, shared)}")
                label = self.labels.get(e.path, e.path)
                self.program.results.append((f"{label}.grad", self.place(self.trace.value(grad))))
        self.lines += self.freed
        self._graphs(passage, shared)
        if self.items:
            lists = "".join(f"{path}, " for path in dict.fromkeys(path for path, _, _ in self.items))
            self.lines.append(f"for items in ({lists}): journal.save_list(items)")
        for path, i, value in self.items:
            self.lines.append(f"{path}[{i}] = {self._rebuilt(value, shared)}")
        for name, value in self.results.items():
            if type(value) is Tensor and id(value) in shared:
                self.program.results.append((name, self.place(self.trace.value(value))))
            self.lines.append(f"v[{name!r}] = {self._rebuilt(value, shared)}")

    def _tensor(self, t: Tensor, shared: dict[int, str]) -> str:
        """The name of a tensor that the program has made."""
        found = shared.get(id(t))
        if found is None:
            spec = self.named(t.spec, "spec")
            found = shared[id(t)] = self.new()
            v = self.trace.value(t)
            array = self.place(v)
            if isinstance(v.source, np.ndarray) or id(v) in self.trace.aliased:
                array = f"{array}.copy()"
            self.lines.append(f"{found} = Tensor({array}, {spec})")
            if t.requires_grad_slot and t.node is None:
                self.lines.append(f"{found}.requires_grad_slot = True")
        return found

    def _graphs(self, passage: Passage, shared: dict[int, str]) -> None:
        """The outputs' place in a graph, which is only made where somebody looks."""
        if not self.live:
            return
        if self._used_up(passage):
            for t in self.live:
                name = self._tensor(t, shared)
                self.lines.append(f"{name}.node = {self.named(t.node, 'n')}")
                self.lines.append(f"{name}.index = {t.index}; {name}.requires_grad_slot = True")
            return
        kept = "".join(f"{self.place(v)}, " for v in passage.values)
        outside = "".join(f"{path}, " for path in passage.paths)
        parents = "".join(f"{path}, " for path in self.parents)
        frame = self.new()
        home = self.named(passage, "passage")
        self.lines.append(f"{frame} = Frame({home}, ({kept}), ({outside}), ({parents}))")
        for t in self.live:
            name = self._tensor(t, shared)
            self.lines.append(f"{name}.node = {frame}.node({self.named(t.node, 'n')})")
            self.lines.append(f"{name}.index = {t.index}; {name}.requires_grad_slot = True")

    def _used_up(self, passage: Passage) -> bool:
        """Whether the graph holds nothing of this replay: the traced nodes themselves will do."""
        fixed = {id(e.tensor) for e in self.trace.externals if e.fixed}
        return (
            not passage.values
            and not self.parents
            and all(id(t) in fixed for t in passage.tensors)
            and all(node.args is FREED or not node.saves for node in passage.nodes)
        )

    def _rebuilt(self, value: Any, shared: dict[int, str]) -> str:
        if type(value) is Tensor:
            known = self.trace.by_tensor.get(id(value))
            return known.path if known is not None else self._tensor(value, shared)
        if type(value) is Number:
            return value.text
        if type(value) in (tuple, list):
            inside = "".join(f"{self._rebuilt(item, shared)}, " for item in value)
            return f"({inside})" if type(value) is tuple else f"[{inside}]"
        if value is None or type(value) in (bool, int, str):
            return repr(value)
        if type(value) is float:
            return self.named(value, "k")
        raise TraceStopped(f"a {type(value).__name__} is bound")


def arrays_of(args: Iterable[Any]) -> list[Value]:
    """The Values among arguments."""
    found: list[Value] = []
    for a in args:
        if type(a) is Value:
            found.append(a)
        elif type(a) is tuple:
            found.extend(x for x in a if type(x) is Value)
    return found


def as_array(x: Any, kind: Any) -> Array:
    """What a kernel gave, as an array of the dtype it is known to have."""
    x = np.asarray(x)
    return x if kind is None or x.dtype == kind else x.astype(kind)
