"""What a program leaves behind: variables, gradients, versions, and how all of these hang together.

Two names for one tensor, a view and its base, a list and what is in it come out of a replay as they come out
of eager evaluation. What could not be made again stops the trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...kinds import kind_of
from ..run.inplace import rebase
from ..values.tensor import TENSORS, Tensor
from ..values.view import View
from .frame import lasting
from .lifetimes import memory_of
from .passage import KINDS, Passage
from .values import Number, TraceStopped, Value

new = object.__new__

if TYPE_CHECKING:
    from .builder import Builder
    from .recompute import Heard


class Leaving:
    """Writes the last lines of a program.

    results   name → value
    paths     what things from outside are called, by their ids
    head      lines that come before anything is changed
    """

    def __init__(self, builder: Builder, results: dict[str, Any], paths: dict[int, str]):
        self.builder = builder
        self.trace = builder.trace
        self.results = results
        self.paths = paths
        self.head: list[str] = []
        self.items: list[tuple[str, Any, Any]] = []  # (path of a list or dictionary, position or key, value)
        self.made: dict[int, str] = {}  # names of what the program makes, by id
        self.counters: dict[int, str] = {}
        self.copies: dict[tuple[int, int], str] = {}
        #: ids of tensors whose memory is theirs in the trace only: each gets a copy
        self.lent: set[int] = set()
        self.firsts: dict[str, str] = {}  # path → the name of what was there at first

    # ---------------------------------------------------------------- which tensors

    def tensors(self) -> list[Tensor]:
        """All tensors that were made and that somebody can get hold of afterwards."""
        found: dict[int, Tensor] = {}
        self.items = self.trace.changed_items()
        work = [*self.results.values(), *(grad for _, grad in self._graded())]
        work += [value for _, _, value in self.items]
        work += [value for _, value in (*self.trace.attributes, *self.trace.appended)]
        while work:
            value = work.pop()
            if id(value) in self.paths or id(value) in found:
                continue
            if type(value) in TENSORS:
                found[id(value)] = value
                if value.grad_slot is not None:
                    work.append(value.grad_slot)
                if value.view_of is not None and value.view_of not in self.trace.through:
                    work.append(value.view_of.base)
                continue
            kind = kind_of(type(value))
            if kind.leave is None and self._is_made(value):
                work.extend(vars(value).values())
            if kind.leave is not None and kind.entries is not None:
                work.extend(item for _, item in kind.entries(value))
        made = list(found.values())[::-1]
        self._check_constants(made)
        self._check_moved(made)
        return made

    def _graded(self) -> list[tuple[Any, Tensor | None]]:
        """The tensors from outside that get another gradient."""
        return [(e, e.tensor.grad_slot) for e in self.trace.externals if e.tensor.grad_slot is not e.had_grad]

    def _check_constants(self, made: list[Tensor]) -> None:
        """Each gets memory of its own, with its views; two that share it would not any longer."""
        values = [(t if t.view_of is None else t.view_of.base, self.trace.value(t)) for t in made]
        arrays = [(base, v.source) for base, v in values if isinstance(v.source, np.ndarray)]
        for i, (base, array) in enumerate(arrays):
            if any(base is not other and np.may_share_memory(array, o) for other, o in arrays[:i]):
                raise TraceStopped("two names for one constant")
        self.lent = {id(base) for base, v in values if self._is_lent(v)}

    def _check_moved(self, made: list[Tensor]) -> None:
        """What a tensor from outside gets for its memory is nobody else's."""
        if self.trace.moved:
            memory = memory_of(self.trace.steps)
            given = {memory(v) for _, v in self.trace.moved.values()}
            others = {memory(self.trace.value(t)) for t in made}
            if len(given) < len(self.trace.moved) or given & others:
                raise TraceStopped("two names for the memory that a tensor gets")

    def _is_lent(self, v: Value) -> bool:
        return isinstance(v.source, np.ndarray) or id(v) in self.trace.aliased

    # ---------------------------------------------------------------- the lines

    def write(self, passage: Passage) -> None:
        """Versions, gradients, graphs, variables."""
        lines = self.builder.lines
        for e in self.trace.externals:
            if e.versions:
                lines.append(f"{e.path}.shared_counter()[0] += {e.versions}")
        for t in self.builder.outputs:
            self.tensor(t)
        for e, grad in self._graded():
            lines.append(f"{self.before(e.path)}.grad_slot = {self.value(grad)}")
            if grad is not None and id(grad) in self.made:
                label = self.builder.labels.get(e.path, e.path)
                self._show(f"{label}.grad", grad)
        for e, _ in self.trace.moved.values():
            lines.append(f"{self.before(e.path)}.array = {self.builder.place(self.trace.value(e.tensor))}")
        lines += self.builder.freed
        self._graphs(passage)
        for path, key, value in self.items:
            lines.append(f"{self.before(path)}[{key!r}] = {self.value(value)}")
        for target, value in self.trace.attributes:
            lines.append(f"{target} = {self.value(value)}")
        for path, value in self.trace.appended:
            lines.append(f"{self.before(path)}.append({self.value(value)})")
        for name, value in self.results.items():
            lines.append(f"v[{name!r}] = {self.value(value)}")
            if type(value) in TENSORS and id(value) in self.made:
                self._show(name, value)
        if self.trace.notes is not None:
            self._note(self.trace.notes)

    def _note(self, notes: Heard) -> None:
        """What the round was given is kept for who asks how a value came about."""
        for name, value in self.results.items():
            notes.named(name, value)
        if notes.found.calls:
            given = "".join(f"{path}, " for path in notes.found.paths)
            self.head.append(f"{self.builder.named(notes.found, 'recomputation')}.given = ({given})")

    def _show(self, name: str, t: Tensor) -> None:
        """What a listing of the program says of a result."""
        builder = self.builder
        builder.program.results.append((name, builder.place(self.trace.value(t))))

    def before(self, path: str) -> str:
        """A name for what a text means before anything is changed."""
        if path.isidentifier():
            return path
        found = self.firsts.get(path)
        if found is None:
            found = self.firsts[path] = self.builder.new()
            self.head.append(f"{found} = {path}")
        return found

    def number(self, n: Number) -> str:
        """The text of a number; what may fail, and what an item is, is computed before anything is changed."""
        if n.late or not any(sign in n.text for sign in ("/", "%", "**", "[", "math.")):
            return n.text
        if n.text not in self.firsts:
            self.builder.program.steps.append(f"{self.before(n.text)} = {n.text}")
        return self.before(n.text)

    def tensor(self, t: Tensor) -> str:
        """The name of a tensor that the program makes."""
        found = self.made.get(id(t))
        if found is not None:
            return found
        builder, lines = self.builder, self.builder.lines
        view = None if t.view_of is None else self._view(t, t.view_of)
        v = self.trace.value(t)
        if t.view_of is not None and id(t.view_of.base) in self.lent:
            array = self._part(t.view_of)
        elif id(t) in self.lent or self._is_lent(v):
            array = self._copy(v, t)
        elif type(v.source) is str:
            raise TraceStopped("what another program keeps is bound")
        else:
            array = builder.place(v)
        found = self.made[id(t)] = builder.new()
        lines.append(f"{found} = make_tensor({array}, {builder.named(t.spec, 'spec')})")
        if t.counter is not None:
            lines.append(f"{found}.counter = {self._counter(t.counter)}")
        if view is not None:
            lines.append(f"{found}.view_of = {view}")
        if t.requires_grad_slot and t.node is None:
            lines.append(f"{found}.requires_grad_slot = True")
        if t.retains:
            lines.append(f"{found}.retains = True")
        if t.grad_slot is not None:
            lines.append(f"{found}.grad_slot = {self.value(t.grad_slot)}")
        return found

    def _copy(self, v: Value, t: Tensor) -> str:
        """Memory of its own for what stands for several tensors, and for those that do share it."""
        key = id(v), id(t) if t.counter is None else id(t.counter)
        found = self.copies.get(key)
        if found is None:
            steps = zip(v.shape, v.strides, v.layout.copy("K").strides, strict=True)
            if any(n > 1 and mine != copied for n, mine, copied in steps):
                raise TraceStopped("part of a constant by itself")
            array = self.builder.place(v)
            found = self.copies[key] = self.builder.new()
            self.builder.lines.append(f"{found} = {array}.copy('K')")
        return found

    def _part(self, view: View) -> str:
        """What a view shows of a base with a copy for its memory."""
        v = self.trace.value(view.base)
        if view in self.trace.through or any(op.from_base is not None for op, _, _ in view.steps):
            raise TraceStopped("a view of what stands for several tensors")
        if v.layout.copy("K").strides != v.strides:
            raise TraceStopped("a view of what is laid out anew")
        self.builder.scope["part"] = part
        return f"part({self.value(view.base)}.array, {self._steps(view.steps)})"

    def _counter(self, counter: list[int]) -> str:
        """The version that a tensor shares with all that share its memory."""
        for e in self.trace.externals:
            if e.tensor.counter is counter:
                return f"{self.before(e.path)}.shared_counter()"
        found = self.counters.get(id(counter))
        if found is None:
            found = self.counters[id(counter)] = self.builder.new()
            self.builder.lines.append(f"{found} = {counter!r}")
        return found

    def _view(self, t: Tensor, view: View) -> str:
        """How a tensor looks into its base."""
        if any(type(a) in (Tensor, Value) for _, rest, _ in view.steps for a in rest):
            raise TraceStopped("a view by a changing index")
        self.builder.scope["View"] = View
        through = self.trace.through.get(view)
        if through is not None:  # what that one looks into, and how, may be something else the next time
            outside, known = through
            inside = self.before(f"{outside.path}.view_of")
            more = self._steps(view.steps[known:])
            base, steps = f"{inside}.base", f"(*{inside}.steps, *{more})"
        else:
            base, steps = self.value(view.base), self._steps(view.steps)
        version = f"{self._counter(t.shared_counter())}[0] - {t.version - view.version}"
        return f"View({base}, {steps}, {version}, {view.origin!r})"

    def _steps(self, steps: tuple[Any, ...]) -> str:
        """The text of a view's steps, whose places may change."""
        if not any(type(a) is Number for _, rest, _ in steps for a in rest):
            return self.builder.named(steps, "steps")
        texts = [
            f"({self.builder.named(op, 'view')}, ({''.join(f'{self.builder.argument(a)}, ' for a in rest)}), "
            f"{which!r}), "
            for op, rest, which in steps
        ]
        return f"({''.join(texts)})"

    def value(self, value: Any) -> str:
        """The text of a value that is bound."""
        path = self.paths.get(id(value))
        if path is not None:
            return self.before(path)
        kind = kind_of(type(value))
        if kind.leave is None:
            return self._instance(value)
        if kind.entries is None:
            return kind.leave(value, self)
        found = self.made.get(id(value))
        if found is None:
            found = self.made[id(value)] = self.builder.new()
            self.builder.lines.append(f"{found} = {kind.leave(value, self)}")
        return found

    def _is_made(self, value: Any) -> bool:
        return self.trace.instances is not None and self.trace.instances.is_made(value)

    def _instance(self, value: Any) -> str:
        """The name of an instance like one that the run has made."""
        if not self._is_made(value):
            raise TraceStopped(f"a {type(value).__name__} is bound")
        found = self.made.get(id(value))
        if found is None:
            builder = self.builder
            found = self.made[id(value)] = builder.new()
            builder.lines.append(
                f"{found} = {builder.named(new, 'new')}({builder.named(type(value), 'kind')})"
            )
            for name, part in vars(value).items():
                builder.lines.append(f"{found}.__dict__[{name!r}] = {self.value(part)}")
        return found

    def named(self, constant: Any) -> str:
        """A name for a value that is the same in all replays."""
        return self.builder.named(constant, "k")

    # ---------------------------------------------------------------- the graph

    def _graphs(self, passage: Passage) -> None:
        """The outputs' place in a graph, which is only made where somebody looks."""
        builder, lines = self.builder, self.builder.lines
        if not builder.heads:
            return
        if self._used_up(passage):
            for t in builder.heads:
                assert t.node is not None
                self._place(t, builder.named(t.node, "n"))
                lasting.add(t.node)
            return
        if any(t.retains for t in builder.outputs):
            raise TraceStopped("a gradient that is still to be retained")
        if not all(type(node) in KINDS for node in passage.nodes):
            raise TraceStopped("a graph through an operation of the program's own")
        kept = "".join(f"{builder.place(v)}, " for v in passage.values)
        around = zip(passage.tensors, passage.paths, strict=True)
        outside = "".join(f"{path or self.tensor(t)}, " for t, path in around)
        parents = "".join(f"{path}, " for path in builder.parents)
        inlets = "".join(f"{path}.node, " for path in passage.ways)
        counters = "".join(f"{self._counter(counter)}, " for counter in passage.counters)
        numbers = "".join(f"{self.number(n)}, " for n in passage.numbers)
        frame = builder.new()
        home = builder.named(passage, "passage")
        lines.append(
            f"{frame} = Frame({home}, ({kept}), ({outside}), ({parents}), ({counters}), ({numbers}), ({inlets}))"
        )
        for t in builder.heads:
            self._place(t, f"{frame}.node({builder.named(t.node, 'n')})")

    def _place(self, t: Tensor, node: str) -> None:
        e = self.trace.rebased.get(id(t))
        if e is not None:
            self.builder.lines.append(f"{self.named(rebase)}({node}, {self.before(e.path)})")
            return
        name = self.tensor(t)
        self.builder.lines.append(
            f"{name}.node = {node}; {name}.output_index = {t.output_index}; {name}.requires_grad_slot = True"
        )

    def _used_up(self, passage: Passage) -> bool:
        """Whether the graph holds nothing of this replay, and no walk gets through it: the traced nodes will do.

        Where one does, each round's nodes have their own hooks and gradients.
        """
        fixed = {id(e.tensor) for e in self.trace.externals if e.fixed}
        over = {*passage.borders, *(id(node) for node in passage.nodes if node.is_used_up())}
        for node in passage.nodes:
            if any(id(target) in over for target, _ in node.all_edges()):
                over.add(id(node))
        return (
            all(id(t.node) in over for t in self.builder.heads)
            and not passage.values
            and not passage.numbers
            and not self.builder.parents
            and not passage.ways
            and all(id(t) in fixed for t in passage.tensors)
            and all(node.is_empty() for node in passage.nodes)
        )


def part(array: Any, steps: tuple[Any, ...]) -> Any:
    """What a view's steps show of an array."""
    for op, rest, which in steps:
        seen = op.kernel(array, *rest)
        array = seen if which is None else seen[which]
    return array
