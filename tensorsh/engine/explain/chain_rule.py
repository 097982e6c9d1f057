"""The chain rule of a computation, line by line: what `explain y wrt x` shows.

The graph is walked backward once, with a mode in force that listens, so that every gradient is known by the operations
that made it. Then all is written down: the values on the way, oldest first, each as the operation that made
it of values above; the gradients, newest first, each in terms of values and of gradients above. Each line is
code, and all lines together are a program: run where the variables are, it computes the gradient. What
occurs twice has a line of its own, so that a listing is as long as the graph is large.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ..graph.backward import check_input
from ..graph.gradient_walk import GradientWalk, remembered
from ..graph.node import Node, edge
from ..graph.walk import slot
from ..records.op import registry
from ..records.spelling import OWN, Spelling
from ..values.tensor import Tensor, make_tensor
from .explanation import Explanation, Line
from .formula import Formula, of_name, parsed
from .written import Key, KnownFormulas, identity, is_stand_in, recovered, tensors_in

#: a part that is used twice is written twice while it is shorter than this
SHORT = 14
#: a part that is longer than this has a line of its own: a sum of a thousand terms is read, and written, in parts
LONG = 400
#: literals of more elements than this have a line of their own
LITERAL = 12


def explain(
    root: Tensor,
    wrt: Sequence[Tensor],
    names: Mapping[str, Tensor],
    texts: Sequence[str],
    taken: Collection[str] = (),
    spelling: Spelling = OWN,
) -> Explanation:
    """The chain rule from `root` (weighted by ones) to each of `wrt`.

    names     what the program may call tensors: variables, `model.fc1.weight`, `layers[0]`
    texts     how root and wrt are written
    taken     names that mean something already
    """
    for t in wrt:
        check_input(t)
    found = Explanation(texts[0])
    with remembered(root) as changed:
        if edge(root) is None:
            found.inputs = [(text, None, None) for text in texts[1:]]
            return found
        spelled: set[tuple[int, int]] = set()
        while True:
            found = Explanation(texts[0])
            trace = KnownFormulas(names, spelling, LITERAL)
            walk = GradientWalk(root, wrt)
            with trace.aside():
                walk.run()
            writer = LineWriter(trace, walk, found, {*taken, *names}, spelled)
            writer.write(root, wrt, texts)
            if writer.unnamed <= spelled:
                break
            spelled |= writer.unnamed  # what must have a name to be asked about
    if changed:
        listed = ", ".join(sorted({trace.names.get(identity(t), "a value") for t in changed}))
        found.notes.append(f"{listed} changed in place after this was computed: the values are those of now")
    return found


class LineWriter:
    """Writes the lines of one walk."""

    def __init__(
        self,
        trace: KnownFormulas,
        walk: GradientWalk,
        found: Explanation,
        taken: set[str],
        spelled: set[tuple[int, int]],
    ):
        self.spelled = spelled  # views that get a line although they have no name
        self.unnamed: set[tuple[int, int]] = set()  # views that need one
        self.trace = trace
        self.walk = walk
        self.found = found
        self.taken = taken
        self.counts: Counter[str] = Counter()
        self.uses: Counter[int] = Counter()
        self.lines = found.gradients  # where a part that has a line of its own goes
        self.constants: dict[str, Tensor] = {}  # values that no variable holds, by their names
        self.skipped: set[Key] = set()  # values between two operations that are shown as one
        self.inlined: dict[Key, Formula] = {}  # views without a name, written where they are used
        self.mentioned: list[Tensor] = []  # what the gradients are made of that no operation of the walk made

    def write(self, root: Tensor, wrt: Sequence[Tensor], texts: Sequence[str]) -> None:
        self._join()
        ends = [self.walk.captured.get(slot(t)) for t in wrt]
        gradients = [g for _, grads in self.walk.visits for g in grads if g is not None]
        outputs = [
            output_of(node, i)
            for node, grads in self.walk.visits
            for i, g in enumerate(grads)
            if g is not None and ("node", id(node), i) not in self.skipped
        ]
        self._count([*gradients, *(e for e in ends if e is not None)])
        self._values(root, outputs, texts[0])
        self._gradients(root, texts[0])
        for t, text, end in zip(wrt, texts[1:], ends, strict=True):
            if end is None:
                self.found.inputs.append((text, None, None))
                continue
            name = self._new("d" + as_name(self.trace.names.get(identity(t), text)))
            self._line(name, end)  # also where it came through unchanged: `dw = dh1`
            self.found.inputs.append((text, name, end))

    def _join(self) -> None:
        """Find operations that are shown as one: `cross_entropy` for the loss of a `log_softmax`."""
        trace, walk = self.trace, self.walk
        uses = Counter((id(e[0]), e[1]) for node, _ in walk.visits for e in node.all_edges())
        for node, grads in walk.visits:
            first = node.edges[0] if node.op is not None and node.op.after else None
            inner = None if first is None else first[0]
            if not isinstance(inner, Node) or (both := node.op.after.get(inner.op)) is None:
                continue
            key = ("node", id(inner), 0)
            args, rest = recovered(inner), recovered(node)
            if key in trace.names or uses[id(inner), 0] != 1 or args is None or rest is None:
                continue
            terms = walk.passed.get(id(inner), [])
            if len(terms) != 1 or grads[0] is None:
                continue
            call, gradient = both
            with trace.aside():
                made = trace.made.get(id(gradient(grads[0], *args, *rest[1:])))
            if made is not None:
                trace.joined["node", id(node), 0] = (*call(*args, *rest[1:]), None)
                trace.made[id(terms[0])] = made
                self.skipped.add(key)

    # -- values

    def _values(self, root: Tensor, outputs: list[Tensor], text: str) -> None:
        """A line for every value on the way to the inputs, and for those that the gradients mention."""
        trace = self.trace
        user = dict(trace.names)
        wanted: dict[Key, Tensor] = {}
        work = [t for t in self.mentioned if t.node is not None and identity(t) not in user]
        work += outputs
        while work:
            t = work.pop()
            if identity(t) in wanted or t.node is None:
                continue
            wanted[identity(t)] = t
            named = trace.names.pop(identity(t), None)
            made = trace.origin(t)
            if named is not None:
                trace.names[identity(t)] = named
            for a in tensors_in(made[1]) if made is not None else ():
                if a.node is not None and identity(a) not in user:
                    work.append(a)
        if identity(root) not in user:
            known = text if text.isidentifier() and text not in self.taken else self._new("out")
            trace.names[identity(root)] = known
        self.lines = self.found.values
        for t in sorted(wanted.values(), key=lambda t: (t.node.seq, t.output_index)):  # type: ignore[union-attr]
            self._value(t, identity(t) in user or identity(t) == identity(root))
        self.lines = self.found.gradients

    def _value(self, t: Tensor, named: bool) -> None:
        trace = self.trace
        node = t.node
        assert node is not None
        name = trace.names.pop(identity(t), None)
        trace.memo.pop(id(t), None)
        made = trace.origin(t)
        if made is None and (text := opaque(node)):
            formula = Formula(of_name(text).tree, complete=False)
        else:
            formula = self._expressed(t)
        inline = node.op is not None and node.op.view and (id(node), t.output_index) not in self.spelled
        if not named and inline and formula.complete:
            trace.memo[id(t)] = formula
            self.inlined[identity(t)] = formula
            return
        if name is None:
            name = self._numbered("h")
        self._append(
            Line(name, formula.text, t.spec, trace.held.get(identity(t)), formula.complete, node.name())
        )
        trace.name(t, name)

    # -- gradients

    def _gradients(self, root: Tensor, text: str) -> None:
        trace = self.trace
        for node, grads in self.walk.visits:
            for i, g in enumerate(grads):
                if g is None or identity(g) in trace.names:
                    continue
                key = ("node", id(node), i)
                if g is self.walk.seed and g.spec.numel == 1:
                    trace.memo[id(g)] = self._expressed(g)
                    continue
                if key in self.inlined or key in self.skipped:
                    continue  # of a view without a name: read where it is used
                name = self._new("d" + as_name(trace.names.get(key, "y")))
                self._line(name, g, node.name())

    def _line(self, name: str, t: Tensor, node: str = "") -> None:
        formula = self._expressed(t)
        self._append(Line(name, formula.text, t.spec, t, formula.complete, node))
        self.trace.name(t, name)

    def _append(self, line: Line) -> None:
        """Add a line, after those of the constants that it mentions."""
        for name in re.findall(r"\bc\d+_*", line.text):
            t = self.constants.pop(name, None)
            if t is not None:
                self.found.values.append(Line(name, "", t.spec, t, False))
        self.lines.append(line)

    # -- parts

    def _count(self, roots: list[Tensor]) -> None:
        """How often each traced result is used, and which tensors are mentioned that no operation made."""
        trace = self.trace
        seen: set[int] = set()
        work = list(roots)
        while work:
            t = work.pop()
            if id(t) in seen:
                continue
            seen.add(id(t))
            if t.node is not None or id(t) not in trace.made:
                self.mentioned.append(t)
                if t.node is not None:
                    continue
            made = trace.origin(t)
            for a in tensors_in(made[1]) if made is not None else ():
                self.uses[id(a)] += 1
                work.append(a)

    def _expressed(self, t: Tensor) -> Formula:
        """A tensor's formula; long parts, parts that are used twice, and values without a source, get lines before."""
        trace = self.trace
        stack = [t]
        while stack:
            current = stack[-1]
            if id(current) in trace.memo:
                stack.pop()
                continue
            if identity(current) in self.inlined:
                trace.memo[id(current)] = self.inlined[identity(current)]
                continue
            made = trace.origin(current)
            if made is None:
                trace.memo[id(current)] = self._constant(current)
                trace.keep.append(current)
                continue
            missing = [a for a in tensors_in(made[1]) if id(a) not in trace.memo]
            if missing:
                stack.extend(missing)
                continue
            formula = trace.call(current, made)
            if not formula.complete and id(current) in self.walk.terms:
                formula = self._asked(current) or formula
            trace.keep.append(current)
            trace.memo[id(current)] = formula
            most = SHORT if self.uses[id(current)] > 1 else LONG
            if current is not t and len(formula.text) > most:
                name = self._numbered("s")
                value = None if is_stand_in(current) else current
                self._append(Line(name, formula.text, current.spec, value, formula.complete))
                trace.name(current, name)
        return trace.memo[id(t)]

    def _asked(self, g: Tensor) -> Formula | None:
        """A gradient of which no formula is known, as the question that `autograd.grad` answers."""
        trace = self.trace
        node, (target, index) = self.walk.terms[id(g)]
        key = ("leaf", id(target)) if isinstance(target, Tensor) else ("node", id(target), index)
        grads = next(grads for visited, grads in self.walk.visits if visited is node)
        outputs = [(trace.names.get(("node", id(node), i)), d) for i, d in enumerate(grads) if d is not None]
        to = trace.names.get(key)
        if to is None or any(name is None for name, _ in outputs):
            if key in self.inlined:
                self.unnamed.add((id(target), index))
            self.unnamed |= {
                (id(node), i) for i, d in enumerate(grads) if ("node", id(node), i) in self.inlined
            }
            return None
        whats = ", ".join(name for name, _ in outputs if name is not None)
        given = ", ".join(self._expressed(d).text for _, d in outputs)
        several = len(outputs) > 1
        function = trace.spelling.function(registry["autograd.grad"]) or "autograd.grad"
        text = (
            f"{function}({f'({whats})' if several else whats}, {to}, {f'({given})' if several else given}, "
        )
        return Formula(parsed(text + "retain_graph=True)[0]"), shape=g.spec.shape)

    def _constant(self, t: Tensor) -> Formula:
        """A value that no variable holds: written out if it is small, else called by a name."""
        formula = self.trace.leaf(t)
        if formula.complete or is_stand_in(t):
            return formula
        name = self._numbered("c")
        self.constants[name] = t
        self.trace.names[identity(t)] = name
        return Formula(of_name(name).tree, complete=False, shape=t.spec.shape)

    def _numbered(self, letter: str) -> str:
        """The next of `h1`, `h2`, … that means nothing yet."""
        while True:
            self.counts[letter] += 1
            name = f"{letter}{self.counts[letter]}"
            if name not in self.taken and f"d{name}" not in self.taken:
                self.taken.add(name)
                return name

    def _new(self, name: str) -> str:
        """A name that means nothing yet."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


def as_name(text: str) -> str:
    """`model.fc1.weight` → `model_fc1_weight`."""
    return re.sub(r"\W+", "_", text).strip("_") or "x"


def output_of(node: Node, index: int) -> Tensor:
    """A stand-in for a node's output."""
    spec = node.output_specs[index]
    t = make_tensor(spec.placeholder, spec)
    t.node, t.output_index, t.requires_grad_slot = node, index, True
    return t


def opaque(node: Node) -> str:
    """How a node is written whose operation the graph does not remember; empty where that is not known."""
    maker = getattr(node, "maker", None)
    name = getattr(maker, "__name__", "")
    return f"{name.removesuffix('Backward')}.apply(_)" if name else ""
