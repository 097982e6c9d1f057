"""The node of a `Function` in the graph: what its `ctx` holds, and the checks of what `backward` returns."""

from __future__ import annotations

from typing import Any

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.journal import sequence
from ...engine.core.mode import EAGER
from ...engine.graph.hooks import called
from ...engine.graph.node import FREED, SECOND_TIME, Node, edge, fit, version_error, zeros
from ...engine.graph.saved import Packed
from ...engine.run.inplace import bump, rebase
from ...engine.values.tensor import TENSORS, Tensor, make_tensor
from ...engine.values.view import View
from ..namespace import torch

LEAF_IN_PLACE = "a leaf Variable that requires grad has been used in an in-place operation."


class FunctionNode(Node):
    """`state` holds the attributes of `ctx`; `kept` the saved tensors with their versions.

    A saved output is kept as its array, counter, version and number: the tensor itself would be a cycle.
    """

    __slots__ = ("kept", "maker", "state")

    def __init__(
        self,
        maker: Any,
        state: dict[str, Any],
        edges: list[Any],
        input_specs: tuple[Any, ...],
        outputs: list[Any],
    ):
        self.op = None  # type: ignore[assignment]
        self.maker = maker
        self.title = maker.__name__
        self.state = state
        self.seq = next(sequence)
        self.edges = edges
        self.needs = tuple([e is not None for e in edges])
        self.input_specs = input_specs
        self.output_specs = tuple([o.spec if type(o) in TENSORS else None for o in outputs])  # type: ignore[misc]
        self.args = ()
        self.versions = ()
        self.outputs = None
        self.saves = True
        self.hooks = None
        self.kept: Any = ()
        current = context.current()
        current.journal.listened = True
        noting = current.noting
        if noting is not None:
            noting.note(self)

    def face(self) -> Any:
        """The `ctx` again."""
        ctx = object.__new__(self.maker)
        ctx.__dict__ = self.state
        ctx._node = self
        return ctx

    def arguments(self) -> list[Any]:
        return [e for e, spec in zip(self.edges, self.input_specs, strict=True) if spec is not None]

    def inputs(self) -> list[Any]:
        return self.arguments()

    # -- saved tensors

    def save(self, tensors: tuple[Any, ...], outputs: list[Any]) -> None:
        packing = context.current().packing
        kept: list[Any] = []
        for i, t in enumerate(tensors):
            if t is None:
                kept.append(None)
                continue
            if not isinstance(t, Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {i} is of type {type(t).__name__}"
                )
            own = next((n for n, o in enumerate(outputs) if o is t), None)
            if packing and packing[-1] is not None:
                kept.append(Packed(t, packing[-1], None if own is None else self))
            elif own is None:
                kept.append((t, t.version))
            else:
                kept.append((t.array, t.shared_counter(), t.version, own))
        self.kept = tuple(kept)

    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What was saved, as it was."""
        if self.kept is FREED:
            raise RuntimeError(SECOND_TIME)
        return tuple([self._kept(saved) for saved in self.kept])

    def _kept(self, saved: Any) -> Tensor | None:
        if saved is None:
            return None
        if type(saved) is Packed:
            return saved.tensor()
        if len(saved) == 2:
            t, version = saved
        else:
            array, counter, version, own = saved
            t = make_tensor(array, self.output_specs[own])
            t.counter = counter
            if t.spec.dtype.category >= dt.FLOAT:
                t.node, t.output_index, t.requires_grad_slot = self, own, True
        if t.version != version:
            raise version_error(t, version)
        return t

    def is_empty(self) -> bool:
        kept = self.kept is not FREED and self.kept
        return not kept and all(is_plain(value) for value in self.state.values() if value is not self)

    def is_used_up(self) -> bool:
        return self.kept is FREED

    def free(self) -> None:
        if self.kept:
            journal = context.current().journal
            if journal.active and self.seq < journal.start:
                journal.save_attributes(self, "kept")
            self.kept = FREED

    # -- backward

    def differentiate(self, grads: list[Tensor | None]) -> list[tuple[Any, Tensor]]:
        if self.state.get("materialize_grads", True):
            grads = [
                zeros(spec) if g is None and spec is not None else g
                for g, spec in zip(grads, self.output_specs, strict=True)
            ]
        from ...engine.graph.grad_fn import shown

        mode = context.current().mode
        mode.operation(self.maker._forward_cls)
        found = called((shown(self) if mode is EAGER else self.face()).apply, *grads)
        values = found if type(found) is tuple else (found,)
        name, n = self.title, len(self.edges)
        if len(values) > n and all(v is None for v in values[n:]):
            values = values[:n]
        if len(values) != n:
            raise RuntimeError(
                f"function {name} returned an incorrect number of gradients (expected {n}, got {len(values)})"
            )
        passed = []
        for i, (g, e, spec) in enumerate(zip(values, self.edges, self.input_specs, strict=True)):
            if g is None:
                continue
            if spec is None:
                raise RuntimeError(
                    f"function {name} returned a gradient different than None at position {i + 1}, but the "
                    "corresponding forward input was not a Variable"
                )
            if not isinstance(g, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type(g).__name__})")
            if e is not None:
                passed.append((e, g if g.spec is spec else self._fit(g, spec, i)))
        return passed

    def _fit(self, g: Tensor, spec: Any, i: int) -> Tensor:
        have, want = g.spec.shape, spec.shape
        if have != want and (
            len(have) < len(want)
            or any(w not in (1, h) for h, w in zip(have[len(have) - len(want) :], want, strict=True))
        ):
            raise RuntimeError(
                f"Function {self.title} returned an invalid gradient at index {i} - got {list(have)} but expected "
                f"shape compatible with {list(want)}"
            )
        return fit(g, spec)


def is_plain(value: Any) -> bool:
    """Whether an attribute of `ctx` is a constant of Python's."""
    return type(value) in (bool, int, float, str, type(None)) or (
        type(value) is tuple and all(map(is_plain, value))
    )


def record(ctx: Any, args: tuple[Any, ...], needs: tuple[bool, ...], output: Any, recorded: bool) -> Any:
    """The outputs of a function as it returns them, in the graph if that is `recorded`."""
    several = type(output) is tuple
    outputs: list[Any] = list(output) if several else [output]
    dirty = ctx.dirty_tensors or ()
    constant = ctx.non_differentiable or ()
    for t in dirty:
        if not any(t is o for o in outputs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as output. The inputs that "
                "are modified inplace must all be outputs of the Function."
            )
        bump(t)
    node: Any = None
    if recorded:
        edges = [edge(a) if need else None for a, need in zip(args, needs, strict=True)]
        specs = tuple([a.spec if isinstance(a, Tensor) else None for a in args])
    made = []
    for o in outputs:
        if not isinstance(o, Tensor):
            made.append(o)
        elif any(o is t for t in dirty):
            if recorded and o.requires_grad and o.is_leaf:
                raise RuntimeError(LEAF_IN_PLACE)
            made.append(o)
        elif any(o is a for a in args):
            with context.GradMode(False):
                made.append(torch.Tensor.view_as(o, o))
        elif o.node is not None or (recorded and o.requires_grad_slot):
            made.append(o.alias())  # what the function found elsewhere
        else:
            made.append(o)
    if recorded:
        node = FunctionNode(type(ctx), ctx.__dict__, edges, specs, made)
        ctx._node = node
        if ctx.to_save is not None:
            node.save(tuple([as_made(t, args, outputs, made) for t in ctx.to_save]), made)
            del ctx.to_save
        for i, (o, t) in enumerate(zip(outputs, made, strict=True)):
            if type(t) not in TENSORS or t.spec.dtype.category < dt.FLOAT or any(o is c for c in constant):
                continue
            if any(o is d for d in dirty):
                rebase(node, t)
                t.output_index = i if t.view_of is None else t.output_index
                continue
            if t.view_of is not None:
                view = t.view_of
                t.view_of = View(view.base, view.steps, view.version, "function")
            t.node, t.output_index, t.requires_grad_slot = node, i, True
    elif ctx.to_save is not None:
        for i, t in enumerate(ctx.to_save):
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {i} is of type {type(t).__name__}"
                )
    return tuple(made) if several else made[0]


def as_made(t: Any, args: tuple[Any, ...], outputs: list[Any], made: list[Any]) -> Any:
    """What is to be saved: an input as it is, an output as the function returns it."""
    if any(t is a for a in args):
        return t
    return next((m for o, m in zip(outputs, made, strict=True) if o is t), t)
