"""`:why` as text: why a tensor has no gradient, and where a NaN or Inf in it first appeared.

The first is read off the graphs of all variables. For the second the statement that bound the name is run again with an
ear for its operations, and taken back; for a gradient the walk back is made again.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.core import context
from ..engine.core.mode import Listening
from ..engine.explain.written import tensors_in
from ..engine.graph.anomaly import finite, worst
from ..engine.graph.gradient_walk import GradientWalk, leaves, remembered
from ..engine.graph.node import FREED, Node, edge
from ..engine.graph.walk import reachable
from ..engine.values.tensor import Tensor
from ..errors import TensorshError
from ..lang.code.runs import walk
from ..lang.faults.places import describe
from ..lang.syntax import ast
from ..lang.syntax.binding import bound_names
from ..lang.syntax.parse import parse
from ..session import Session
from ..source import Source
from .stats import tensors_in as tensors_of

if TYPE_CHECKING:
    from .loop import Entry

#: what takes a value out of the graph, as programs write it
CUTS = ("detach", "no_grad", "inference_mode", ".data", ".item(", ".numpy(", ".tolist(", "tensor(")


def why(session: Session, name: str, t: Tensor, entries: list[Entry]) -> str:
    """Lines about a tensor's gradient, and about what is not finite in it."""
    lines = [gradient(session, name, t, entries)]
    if not finite(t):
        lines += first(session, name, entries, set())
    elif t.grad_slot is not None and not finite(t.grad_slot):
        lines.append(on_the_way_back(session, name, t, t.grad_slot))
    return "\n".join(lines)


# ------------------------------------------------------------------ gradients


def gradient(session: Session, name: str, t: Tensor, entries: list[Entry]) -> str:
    """Why there is none, or that there is one."""
    if t.grad_slot is not None:
        return f"{name} has a gradient: {describe(t.grad_slot)}"
    if not (t.dtype.is_floating_point or t.dtype.is_complex):
        return f"{name} is {t.dtype.name}: only floating point tensors have gradients. `{name} as float32` gives one"
    if not t.is_leaf:
        place = made_at(session, t)
        return (
            f"{name} is not a leaf: {t.grad_fn.name()} made it{place}. Gradients are kept for leaves; "
            f"`{name}.retain_grad()` before backward keeps its own, `grad y wrt {name}` asks for it"
        )
    if not t.requires_grad:
        text = bound_by(name, entries)
        cut = f" by `{text}`, which leaves the graph" if leaves_graph(text) else ""
        made = f" It was bound by `{text}`." if text and not cut else ""
        return (
            f"{name}.requires_grad is False{cut}: nothing is recorded of it.{made} "
            f"`param {name} = …` or `{name}.requires_grad_()` before it is used changes that"
        )
    roots = reaching(session, t, name)
    if not roots:
        texts = (each.span.text for each in statements(entries))
        cuts = list(islice((text for text in texts if name in text and leaves_graph(text)), 3))
        where = f"; these leave the graph: `{'`, `'.join(reversed(cuts))}`" if cuts else ""
        return f"no loss has reached {name}: nothing that a variable holds depends on it{where}"
    freed = [root for root, value in roots if any(n.args is FREED for n in reachable([edge(value)]))]
    if freed:
        return (
            f"{name} had a gradient from `{freed[-1]}`, and it has been taken away since: zero_grad() "
            "puts None in its place"
        )
    return f"no gradient yet: `{roots[-1][0]}` depends on {name}, `backward {roots[-1][0]}` fills it"


def reaching(session: Session, t: Tensor, name: str) -> list[tuple[str, Tensor]]:
    """The tensors of variables that were computed from a leaf."""
    found = []
    for each in session.names():
        for path, value in tensors_of(each, session[each]):
            if value is not t and value.requires_grad and not value.is_leaf:
                if any(leaf is t for leaf in leaves(value)):
                    found.append((path, value))
    return found


def made_at(session: Session, t: Tensor) -> str:
    recollection = session.context.recollection
    place = recollection.place(t.node) if recollection is not None and t.node is not None else ""
    return f" in `{place}`" if place else ""


# ------------------------------------------------------------------ texts


def statements(entries: list[Entry]) -> Iterator[ast.Stmt]:
    """The statements that have succeeded, the last first."""
    for entry in reversed(entries):
        with contextlib.suppress(TensorshError):
            yield from reversed(parse(Source(entry.done), entry.pythonic).body)


def bound_by(name: str, entries: list[Entry]) -> str:
    """The last statement that bound a name; nothing where none did."""
    return next((each.span.text for each in statements(entries) if name in bound_names(each)), "")


def leaves_graph(text: str) -> bool:
    return any(each in text for each in CUTS)


# ------------------------------------------------------------------ what is not finite


def what(t: Tensor) -> str:
    return "NaN" if np.isnan(t.array).any() else "Inf"


class Ear(Listening):
    """Hears the first operation that makes something infinite of what is finite, or NaN of what has none."""

    def __init__(self) -> None:
        self.found: tuple[str, Tensor, str] | None = None

    def heard(self, op: Any, args: tuple[Any, ...], result: Any) -> None:
        if self.found is not None:
            return
        for t in result if type(result) is tuple else (result,):
            if isinstance(t, Tensor) and worst(t) > worst(*tensors_in(args)):
                self.found = (op.name, t, here())


def here() -> str:
    """The line of the program that is running."""
    recollection = context.current().recollection
    frame: Any = sys._getframe(2)
    while recollection is not None and frame is not None:
        if frame.f_code.co_filename.startswith(recollection.text):
            return recollection.located(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return ""


def first(session: Session, name: str, entries: list[Entry], seen: set[str]) -> list[str]:
    """Where the value of a variable stopped being finite, by way of the variables it was computed from."""
    kind = what(session[name]) if name in session else "NaN"
    seen.add(name)
    text = bound_by(name, entries)
    if not text:
        return [f"{kind} in {name}: it was not computed by an input of this session"]
    source, ear = Source(text), Ear()

    def work(run: Any) -> None:
        with ear:
            run()

    program = parse(source, session.reads_as_torch(source))
    names = {node.id for statement in program.body for node in walk(statement) if hasattr(node, "id")}
    for each in sorted(names - seen, key=session.names().index if names <= set(session.names()) else str):
        if each in session and isinstance(session[each], Tensor) and not finite(session[each]):
            return [f"{kind} in {name} comes from {each}: `{text}`", *first(session, each, entries, seen)]
    try:
        session.trial(source, work)
    except TensorshError as error:
        return [f"{kind} in {name} is from `{text}`, which does not run again: {error.message}"]
    if ear.found is None:
        return [f"{kind} in {name} was written in `{text}`"]
    operation, t, place = ear.found
    return [f"{what(t)} first appeared in {operation}: `{place or text}`"]


def on_the_way_back(session: Session, name: str, t: Tensor, infinite: Tensor) -> str:
    """Which step of the walk back made the gradient of `t` infinite."""
    for path, root in reaching(session, t, name):
        with remembered(root), context.GradMode(False):
            steps = Steps(root, [t])
            try:
                steps.run()
            except RuntimeError:
                continue
        if steps.found is not None:
            recollection = session.context.recollection
            place = recollection.place(steps.found) if recollection is not None else ""
            where = f", the derivative of `{place}`" if place else ""
            return (
                f"{what(infinite)} first appeared on the way back from {path}, in {steps.found.name()}{where}"
            )
    return f"the gradient holds {what(infinite)}; `:anomaly on` before the backward says which step makes it"


class Steps(GradientWalk):
    """A walk back that notes the first step that makes something infinite of what is finite."""

    found: Node | None = None

    def step(self, node: Node, grads: list[Tensor | None]) -> list[tuple[Any, Tensor]]:
        made = super().step(node, grads)
        if self.found is None and all(g is None or finite(g) for g in grads):
            self.found = node if not all(finite(g) for _, g in made) else None
        return made
