"""The statements about gradients: `backward y`, `grad w`, `grad y wrt x`, `graph y`, `explain y wrt x`."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from ...engine.core import context
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, GradientError, Help, facts_of

if TYPE_CHECKING:
    from ...engine.compile.recompute import Again
    from ...engine.explain.explanation import Explanation
    from ...engine.explain.graph_rows import Row
    from ...engine.records.spelling import Spelling


class Graph:
    """What `graph y` displays: the computation graph of a tensor.

    rows       the leaves and operations
    gradients  whether what has been accumulated is shown
    to         the file that it is drawn into instead
    """

    def __init__(self, value: Tensor, rows: list[Row], gradients: bool = False, to: str | None = None):
        self.value = value
        self.to = to
        self.rows = rows
        self.gradients = gradients


def _tensor(value: Any, what: str) -> Tensor:
    if isinstance(value, Tensor):
        return value
    from ..names import attributes
    from . import runtime

    if isinstance(value, list | tuple) and attributes.holds_tensor(value):
        return runtime.as_tensor(value)
    raise ArgumentError(f"{what} wants a tensor, not {type(value).__name__}", code="not-a-tensor")


def backward(roots: tuple[Any, ...], gradients: tuple[Any, ...], retain: bool, create: bool) -> None:
    """`backward y, z with g, h retain create`."""
    from ...engine.graph.backward import backward

    tensors = tuple(_tensor(root, "backward") for root in roots)
    if gradients and len(gradients) != len(tensors):
        raise ArgumentError(
            f"got {len(tensors)} tensors and {len(gradients)} gradients",
            help="one gradient for each: with g, h",
        )
    given = tuple(
        None if gradient is None else _as(gradient, y)
        for gradient, y in zip(gradients, tensors, strict=False)
    )
    backward(tensors, given or (None,) * len(tensors), retain_graph=retain or create, create_graph=create)


def _as(gradient: Any, y: Tensor) -> Tensor:
    """A gradient as a tensor; of integers (`with [1, 0]`) it becomes one of what it flows into."""
    from . import runtime

    given: Any = runtime.as_tensor(gradient)
    return given if given.dtype.is_floating_point or given.dtype.is_complex else given.to(y.dtype)


def grad_of(value: Any, text: str) -> Tensor:
    """`grad w`: what has been accumulated in w, or why there is nothing."""
    tensor = _tensor(value, "grad")
    found = tensor.grad_slot
    if found is not None:
        return found
    maker = tensor.grad_fn
    if maker is not None:
        if tensor.retains_grad:
            raise GradientError(f"{text} has no gradient yet", help="run backward first: backward y")
        raise GradientError(
            f"{text} has no gradient: it is not a leaf (it was made by {maker.name()})",
            code="grad-not-leaf",
            help=f"`{text}.retain_grad()` before backward keeps it, or ask for it: grad y wrt {text}",
        )
    if not tensor.requires_grad:
        raise GradientError(
            f"{text} has no gradient: its requires_grad is False",
            code="grad-not-required",
            help=f"declare it with `param {text} = …`, or `{text}.requires_grad_()` before it is used",
        )
    raise GradientError(
        f"{text} has no gradient yet: no backward has reached it",
        code="grad-no-backward",
        help=f"compute something from {text}, a loss, and run: backward loss",
    )


def grad_wrt(value: Any, wrt: tuple[Any, ...], many: bool, create: bool) -> Any:
    """`grad y wrt x` and `grad y wrt (w, b)`; nothing is accumulated, and the graph stays."""
    from ...engine.graph.backward import grad

    inputs = tuple(_tensor(each, "wrt") for each in wrt)
    found = grad((_tensor(value, "grad"),), inputs, retain_graph=True, create_graph=create)
    return tuple(found) if many else found[0]


def graph(value: Any, names: dict[str, Tensor], to: Any = None, gradients: bool = False) -> Graph:
    """`graph y`, `graph y --grads`, `graph y to "y.svg"`."""
    from ...engine.explain.graph_rows import graph_rows

    if to is not None:
        import os

        if not isinstance(to, str | os.PathLike):
            raise ArgumentError(
                f"graph … to wants a path, not {type(to).__name__}",
                code="argument-type",
                help='a path in quotes: graph y to "y.svg"',
            )
        to = os.fspath(to)
        admit = context.current().admit
        if admit is not None:
            admit(to, "write")
    root = _tensor(value, "graph")
    return Graph(root, graph_rows(root, names), gradients, to)


def explain(
    value: Any,
    wrt: tuple[Any, ...],
    names: dict[str, Tensor],
    texts: tuple[str, ...],
    taken: Collection[str] = (),
    spelling: Spelling | None = None,
) -> Explanation:
    """`explain y wrt x`, or `explain y` for every leaf; `texts` is how value and wrt are written."""
    from ...engine.explain.chain_rule import explain
    from ...engine.graph.gradient_walk import leaves
    from ...engine.records.spelling import OWN

    root = _tensor(value, "explain")
    inputs = [_tensor(each, "wrt") for each in wrt]
    again = recollected(root)
    changed = again is not None and not _alike(root, again.tensor(root))
    if again is not None:
        root, inputs = again.tensor(root), [again.known(t) for t in inputs]
        names = {name: again.known(t) for name, t in names.items()} | {
            name: t for name, t in again.named() if name in names and _alike(names[name], t)
        }
    if not wrt:
        inputs = leaves(root)
        if not inputs:
            of = next((name for name, t in names.items() if t.grad_slot is value), None)
            raise GradientError(
                f"{texts[0]} depends on nothing that requires a gradient",
                code="no-grad-required",
                help="declare what it is computed from as a parameter: param x = …"
                if of is None
                else f"it is a gradient: explain what backward was called on, as in `explain loss wrt {of}`",
            )
        called = {id(t): name for name, t in reversed(names.items())}
        order = {key: n for n, key in enumerate(reversed(called))}
        inputs.sort(key=lambda t: order.get(id(t), len(order)))
        texts = (texts[0], *(called.get(id(t)) or _described(t) for t in inputs))
    try:
        found = explain(root, inputs, names, texts, taken, spelling or OWN)
        if changed:
            found.notes.append(
                f"a compiled round keeps no values: {texts[0]} is computed again from what its variables hold now"
            )
        return found
    except RuntimeError as error:
        facts = facts_of(error)
        if facts is None or facts.code != "graph-freed":
            raise
        raise GradientError(
            f"{texts[0]} cannot be explained any more: backward has freed what its graph saved",
            code="graph-freed",
            help=Help(
                f"compute {texts[0]} again, and explain it before `backward`, "
                f"or keep the graph: `backward {texts[0]} retain`",
                f"compute {texts[0]} again, and explain it before the backward, "
                f"or keep the graph: {texts[0]}.backward(retain_graph=True)",
            ),
        ) from None


def recollected(root: Tensor) -> Again | None:
    """A value of a compiled round, which keeps no graph, computed again; None of any other."""
    from ...engine.compile.recompute import Again, NotNoted, origin

    if origin(root) is None:
        return None
    again = Again()
    try:
        again.tensor(root)
    except NotNoted:
        return None
    return again


def _alike(old: Tensor, new: Tensor) -> bool:
    """Whether it has come out again as it was; compiled sums may differ in the last bits."""
    from ...engine.records.op import registry

    if old.spec != new.spec:
        return False
    alike = registry["allclose"](old.detach(), new.detach(), rtol=1e-4, atol=1e-6, equal_nan=True)
    return bool(alike)


def _described(leaf: Tensor) -> str:
    """A leaf that no variable holds."""
    from ...engine.explain.formula import of_literal

    formula = of_literal(leaf)
    return formula.text if formula.complete else f"a leaf of {leaf.spec!r}"
