"""A program evaluated and compiled, compared in everything that can be observed afterwards.

`difference(program)` is None, or says what differs first.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, Protocol

import numpy as np
import pytest

from tensorsh import Session, TensorshError
from tensorsh.engine.compile import apart, pullbacks, walks, warm
from tensorsh.engine.values.tensor import Tensor
from tensorsh.lang.loops import loops
from tensorsh.train.optim import Optimizer

GRAPH_DEPTH = 60
#: instances of classes from these modules are looked into
OBSERVED = ("__main__",)
LIBRARY = ("torch.nn", "torch.optim")
#: how often something is done before it is compiled, if that is to be soon
SOON: dict[Any, dict[str, int]] = {
    loops: {"OUTER": 2, "INNER": 3, "CALLED": 3, "METHOD": 6},
    walks: {"PATIENCE": 4},
    pullbacks: {"PATIENCE": 3},
}


def warm_at_once(patch: pytest.MonkeyPatch) -> None:
    """Programs become machine code at their first run."""
    for name in ("LOOK", "LOADING", "EACH"):
        patch.setattr(warm, name, 0)


def learn_soon(patch: pytest.MonkeyPatch) -> None:
    """Programs are made after as few rounds, calls and walks as can be."""
    for module, counts in SOON.items():
        for name, count in counts.items():
            patch.setattr(module, name, count)


class Program(Protocol):
    """What a writer has written, and the statements to try after it."""

    seed: int
    program: str
    after: list[str]


class Observer:
    """Describes values, and remembers the tensors it meets for what they share."""

    def __init__(self) -> None:
        self.tensors: list[tuple[str, Tensor]] = []
        self.known: dict[int, int] = {}

    def value(self, value: Any, path: str, depth: int = 0) -> Any:
        if isinstance(value, Tensor):
            return self.tensor(value, path)
        if isinstance(value, list | tuple):
            return type(value).__name__, [
                self.value(v, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)
            ]
        if isinstance(value, dict):
            return {k: self.value(v, f"{path}[{k!r}]", depth + 1) for k, v in value.items()}
        if isinstance(value, Optimizer):
            state = [self.value(each, f"{path}.state", depth + 1) for each in value.state]
            return (
                "optimizer",
                repr(value),
                state,
                [self.value(p, f"{path}.p", depth + 1) for p in value.parameters],
            )
        if isinstance(value, np.ndarray):
            return "array", str(value.dtype), value.shape, value.tobytes()
        if isinstance(value, FunctionType):
            return "function", value.__name__
        if type(value).__module__ in OBSERVED or type(value).__module__.startswith(LIBRARY):
            return self.instance(value, path, depth)
        return type(value).__name__, nowhere(repr(value))

    def instance(self, value: Any, path: str, depth: int) -> Any:
        """The class and the attributes, each instance once."""
        if id(value) in self.known:
            return "the same as", self.known[id(value)]
        self.known[id(value)] = len(self.known)
        slots = [name for kind in type(value).__mro__ for name in kind.__dict__.get("__slots__", ())]
        inside = {name: getattr(value, name) for name in slots if hasattr(value, name)}
        inside |= getattr(value, "__dict__", {})
        found: dict[str, Any] = {}
        for name, each in inside.items():
            if name == "state" and isinstance(each, dict):  # the keys are tensors
                each = [*each.keys(), *each.values()]
            if name.endswith("_hooks"):  # the keys are numbers, of which there is one more for each hook
                each = [*each.values()]
            found[name] = self.value(each, f"{path}.{name}", depth + 1)
        return type(value).__name__, found

    def tensor(self, t: Tensor, path: str) -> Any:
        if id(t) in self.known:
            return "the same tensor as", self.known[id(t)]
        self.known[id(t)] = len(self.known)
        self.tensors.append((path, t))
        array = t.array
        return {
            "spec": repr(t.spec),
            "requires_grad": t.requires_grad,
            "graph": self.history(t),
            "index": t.output_index if t.node is not None else 0,
            "retains": t.retains,
            "version": t.version,
            "view": self.view(t, path) if t.view_of is not None and t.spec.numel > 0 else None,
            "strides": None
            if t.is_meta
            else [s for s, n in zip(array.strides, t.shape, strict=True) if n > 1],
            "type": (type(array).__name__, str(array.dtype), array.shape),
            "writable": t.is_meta or array.flags.writeable,
            "values": None if t.is_meta else bits(array),
            "grad": None if t.grad_slot is None else self.tensor(t.grad_slot, f"{path}.grad"),
        }

    def view(self, t: Tensor, path: str) -> Any:
        """How a tensor looks into its base."""
        view = t.view_of
        assert view is not None
        steps = [(op.name, nowhere(repr(rest)), which) for op, rest, which in view.steps]
        return steps, view.origin, t.version - view.version, self.tensor(view.base, f"{path}.base")

    def history(self, t: Tensor) -> Any:
        """The graph, or why there is none: a view may be forbidden to have one."""
        try:
            return self.graph(t.grad_fn)
        except RuntimeError as error:
            return str(error)

    def graph(self, root: Any) -> list[Any]:
        """The nodes in the order of a walk, each with what it leads to."""
        found: list[Any] = []
        stack = [root]
        while stack and len(found) < GRAPH_DEPTH:
            node = stack.pop()
            if node is None:
                found.append(None)
                continue
            variable = getattr(node, "variable", None)
            if variable is not None:
                found.append((node.name(), repr(variable.spec), variable.requires_grad))
                continue
            nexts = node.next_functions
            found.append((node.name(), len(nexts), [i for _, i in nexts]))
            stack.extend(n for n, _ in nexts)
        return found

    def sharing(self) -> list[str]:
        """Which tensors share memory, and which share a version."""
        found = []
        for n, (path, t) in enumerate(self.tensors):
            for other_path, other in self.tensors[:n]:
                memory = not t.is_meta and not other.is_meta and np.may_share_memory(t.array, other.array)
                counter = t.counter is not None and t.counter is other.counter
                if memory or counter:
                    found.append(f"{other_path} ~ {path}: memory {memory}, version {counter}")
        return found


def bits(array: np.ndarray[Any, Any]) -> bytes:
    """The values. Which sign a NaN has is nobody's business."""
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), array.dtype.type(np.nan), array)
    return array.tobytes()


def state_of(session: Session) -> dict[str, Any]:
    """Everything that a program can see of a session."""
    observer = Observer()
    evaluator, context = session._evaluator, session.context
    with session.active():
        found = {name: observer.value(evaluator.variables[name], name) for name in sorted(evaluator.names())}
        if "_" in evaluator.prelude.bound:
            found["_"] = observer.value(evaluator.prelude.bound["_"], "_")
        generator = context._generator
        found["(random)"] = (
            None if generator is None else repr(observer.value(generator.get_state(), "random"))
        )
        found["(modes)"] = context.grad_enabled, repr(context.dtype), context.journal.active, context.mode
        found["(sharing)"] = observer.sharing()
    return found


def run(program: str, compile: bool, after: list[str]) -> list[Any]:
    """What a program and then each of some statements print, show, raise and leave behind."""
    session = Session(seed=0, compile=compile)
    report: list[Any] = []
    for text in (program, *after):
        shown: list[str] = []
        error = None
        with contextlib.redirect_stdout(io.StringIO()) as out:
            try:
                session.execute(
                    text, "<input>", lambda s, shown=shown: shown.append(nowhere(f"{s.name}: {s.value!r}"))
                )
            except TensorshError as raised:
                said = raised.message, raised.help, repr(raised.labels)
                error = raised.code, span_of(raised), *(nowhere(str(each)) for each in said)
        report.append(("printed", text, nowhere(out.getvalue()), shown))
        report.append(("error", text, error))
        report.append(("state", text, state_of(session)))
    return report


def nowhere(text: str) -> str:
    """Without addresses of objects, which differ from run to run."""
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def span_of(error: TensorshError) -> Any:
    return None if error.span is None else (error.span.start, error.span.end)


def difference(program: str, after: list[str]) -> str | None:
    """What differs between evaluating and compiling a program, and then some statements."""
    eager, compiled = run(program, False, after), run(program, True, after)
    for (kind, text, *expected), (_, _, *found) in zip(eager, compiled, strict=True):
        if expected == found:
            continue
        where = "" if text is program else f" after {text!r}"
        if kind != "state":
            return f"{kind}{where}:\n  eager    {expected}\n  compiled {found}"
        a, b = expected[0], found[0]
        for name in sorted({*a, *b}):
            if a.get(name) != b.get(name):
                return f"{name}{where}:\n{explain(a.get(name), b.get(name))}"
    return None


def explain(a: Any, b: Any, path: str = "") -> str:
    """Where two descriptions part."""
    if type(a) is type(b):
        if isinstance(a, dict) and set(a) == set(b):
            return next(explain(a[k], b[k], f"{path}.{k}") for k in a if a[k] != b[k])
        if isinstance(a, list | tuple) and len(a) == len(b):
            return next(
                explain(x, y, f"{path}[{i}]") for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y
            )
        if isinstance(a, bytes) and len(a) == len(b) and len(a) % 4 == 0:
            a, b = np.frombuffer(a, "f4"), np.frombuffer(b, "f4")
        if isinstance(a, list) and isinstance(b, list):
            a, b = [x for x in a if x not in b], [x for x in b if x not in a]
    return f"  {path}\n  eager    {a}\n  compiled {b}"


def seeds(argv: list[str]) -> range:
    """The arguments FIRST COUNT of a campaign."""
    first, count = map(int, argv[1:3])
    return range(first, first + count)


def report(programs: Iterable[Program]) -> None:
    """Print each program that is another when compiled, and what differs first."""
    found = [0, 0]
    for each in programs:
        what = difference(each.program, each.after)
        found[what is not None] += 1
        if what is not None:
            print(f"{'=' * 30} {each.seed}\n{what}\n{each.program}", flush=True)
    print(f"{sum(found)} programs, {found[1]} differ")


def campaign(writer: Callable[[int], Program], argv: list[str]) -> None:
    """`FIRST COUNT [--machine-code] [--soon]`: random programs of a writer, compiled as those who ask for it want."""
    with pytest.MonkeyPatch.context() as patch:
        if "--machine-code" in argv:
            warm_at_once(patch)
            patch.setattr(apart, "possible", lambda: False)  # this process makes it
        if "--soon" in argv:
            learn_soon(patch)
        report(map(writer, seeds(argv)))
