"""The record of an operation: what backward needs, and where its gradients go.

A node is plain data. It holds the arguments its derivatives asked for (with the versions they had),
and for every tensor argument an edge: `(Node, output index)`, or `(Tensor, 0)` for a leaf.
"""

from __future__ import annotations

from typing import Any

from ...errors import GradientError, Help
from ..core import context
from ..core.dtype import float32
from ..core.journal import sequence
from ..core.mode import EAGER
from ..core.spec import Spec
from ..records.op import Op, registry
from ..records.recorded import Recorded
from ..values.tensor import TENSORS, Tensor, make_tensor
from ..values.view_bases import check_origin, producer, steps_of
from .hooks import hooks_of
from .inference import refuse_saving
from .saved import PACKED, Packed, restored, unpacked

Edge = tuple[Any, int]

#: classes of saved arguments in which a program may have packed a tensor
MAY_BE_PACKED = frozenset({Packed, tuple})

#: what `input_specs` has of a number
NUMBERS = frozenset({bool, int, float, complex})

FREED: Any = object()  # what a node's arguments become once they are given up

SECOND_TIME = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have "
    "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
    "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or "
    "if you need to access saved tensors after calling backward."
)


def edge(t: Any) -> Edge | None:
    """Where the gradient of this argument goes; None if nowhere."""
    if type(t) not in TENSORS:
        return None
    if t.view_of is not None:
        refresh(t)
    if t.node is not None:
        return t.node, t.output_index
    return (t, 0) if t.requires_grad_slot else None


def versions_of(saved: Any) -> list[tuple[Tensor, int]]:
    """The tensors in an argument that is saved, with the versions they have now."""
    if type(saved) is Tensor or type(saved) in TENSORS:
        counter = saved.counter
        if counter is None:
            return [(saved, 0)]
        if type(counter) is not list:
            refuse_saving(counter)
        return [(saved, counter[0])]
    if type(saved) is tuple:
        for t in saved:
            if type(t) in TENSORS:
                refuse_saving(t.counter)
    return [(t, t.version) for t in saved if type(t) in TENSORS] if type(saved) is tuple else []


class Node:
    """One operation that ran with gradients recorded; `grad_fn` of its outputs."""

    __slots__ = (
        "__weakref__",
        "args",
        "edges",
        "hooks",
        "input_specs",
        "needs",
        "op",
        "output_specs",
        "outputs",
        "saves",
        "seq",
        "title",
        "versions",
    )

    def __init__(
        self,
        op: Op,
        args: tuple[Any, ...],
        input_specs: tuple[Any, ...],
        output_specs: tuple[Spec, ...],
        outputs: tuple[Tensor, ...] | None = None,
    ):
        """`input_specs` holds, for each argument, its Spec (a tuple of them for a list of tensors)."""
        self.op = op
        self.title: str | None = None
        self.input_specs = input_specs
        self.output_specs = output_specs
        self.hooks: Any = None  # `hooks.NodeHooks`, once there are some
        self.outputs: Any = None
        edges: list[Any] = [None] * len(args)
        kept = list(args)
        for i in op.tensors:
            a = args[i]
            if type(a) is Tensor or type(a) in TENSORS:
                kept[i] = None
                if a.view_of is not None:
                    refresh(a)
                if a.node is not None:
                    edges[i] = (a.node, a.output_index)
                elif a.requires_grad_slot:
                    edges[i] = (a, 0)
        for i in op.lists:
            kept[i] = None
            each = [edge(t) for t in args[i]]
            edges[i] = each if any(each) else None
        self.seq = next(sequence)  # after those of views, whose nodes were made anew by now
        self.edges = edges
        self.needs = needs = tuple([e is not None for e in edges])
        rules = op if op.replacing is None else self.rules
        positions, keep_outputs = rules.saves.get(needs) or rules.saved(needs)
        self.saves = keep_outputs or bool(positions)
        self.versions: Any = ()
        if positions:
            for i in positions:
                kept[i] = args[i]
            self.versions = [pair for i in positions for pair in versions_of(args[i])]
        self.args: Any = kept
        if keep_outputs and outputs is not None:
            self.keep(outputs)
        state = context.current()
        if state.recollection is not None:
            state.recollection.recorded(self, args)
        if state.noting is not None:
            state.noting.note(self)

    def keep(self, outputs: tuple[Tensor, ...]) -> None:
        """Save the outputs: their arrays, not the tensors, which would be a cycle."""
        self.outputs = [(o.array, o.shared_counter(), o.version) for o in outputs]

    # -- what it is

    @property
    def rules(self) -> Recorded:
        """What it is called, and how it is differentiated."""
        return self.op

    @property
    def called(self) -> str:
        """What the operation was called as."""
        return self.op.name

    def name(self) -> str:
        if self.title is not None:
            return self.title
        name = self.rules.grad_fn
        return name if isinstance(name, str) else name(self.input_specs)

    def face(self) -> Any:
        """What programs see of it."""
        from .grad_fn import class_named

        return class_named(self.name().rpartition("::")[2])()

    def arguments(self) -> list[Any]:
        """The edge of each tensor argument, a list of edges for a list of tensors; None where none is wanted."""
        found: list[Any] = []
        for i, e in enumerate(self.edges):
            if i in self.op.lists:
                found.append(e or [None] * len(self.input_specs[i]))
            elif i in self.op.tensors:
                found.append(e)
        return found

    def inputs(self) -> list[Edge | None]:
        """The edges that PyTorch's node has: of arguments with a derivative, lists among the others."""
        if not self.rules.derivatives:
            return list(self.all_edges())
        found: list[Edge | None] = []
        for i, e in enumerate(self.edges):
            if i not in self.rules.derivatives:
                continue
            if i in self.op.lists:
                found.extend(e or [None] * len(self.input_specs[i]))
            elif i in self.op.tensors and (self.input_specs[i] not in NUMBERS or self.rules.wraps(i)):
                found.append(e)
        # a number in front is that of a reflected operator, which is called with the tensor in front
        return found[::-1] if self.input_specs[0] in NUMBERS else found

    def all_edges(self) -> list[Edge]:
        found: list[Edge] = []
        for e in self.edges:
            if type(e) is list:
                found.extend(x for x in e if x is not None)
            elif e is not None:
                found.append(e)
        return found

    def loses(self, t: Tensor) -> None:
        """An output is about to get another history (`compile.frame`)."""

    # -- backward

    def pulled(self, grads: list[Any], pending: Any, keep: bool) -> Any:
        """What all that this depends on passes on to leaves, where a program knows it (`compile.pullbacks`)."""
        return None

    def differentiate(self, grads: list[Tensor | None]) -> list[tuple[Edge, Tensor]]:
        """The gradients of the inputs that want one, from those of the outputs."""
        if self.args is FREED:
            raise GradientError(
                SECOND_TIME,
                code="graph-freed",
                help=Help(
                    "keep it the first time: `backward y retain`, or y.backward(retain_graph=True)",
                    "keep it the first time: y.backward(retain_graph=True)",
                ),
            )
        if self.versions is PACKED:
            return restored(self).differentiate(grads)
        for t, version in self.versions:
            if t.version != version:
                raise version_error(t, version)
        found: list[tuple[Edge, Tensor]] = []
        edges, specs, args, first, lists = self.edges, self.input_specs, self.args, grads[0], self.op.lists
        wanted = self.rules.wanted(self.needs)
        recorded = len(wanted) > 1 and context.current().grad_enabled
        if recorded:  # in PyTorch's order, in which walks of what is recorded add up
            wanted = sorted(wanted, key=self.rules.native_order)
        for derivative, inputs in wanted:
            if derivative is None:
                raise GradientError(
                    f"derivative for aten::{self.called} is not implemented",
                    code="derivative-not-implemented",
                )
            sources = [
                first
                if kind == "grad" and first is not None
                else args[i]
                if kind == "input" and type(args[i]) not in MAY_BE_PACKED
                else self._source(kind, i, derivative, grads)
                for kind, i in derivative.sources
            ]
            if self.op.wide_gradient and self.op.wide_gradient in (True, self.output_specs[0].dtype.name):
                sources = [widened(s) for s in sources]
            values = derivative.function(*sources)
            for i in inputs:
                grad = values if derivative.alone else values[derivative.inputs.index(i)]
                if grad is None:
                    continue
                if derivative.one is not None and i not in lists:
                    made = grad.node
                    if made is not None and not any(grad is s for s in sources):
                        made.title = derivative.one or f"{self.name().removesuffix('0')}Backward0"
                if i in lists:
                    for g, e, s in zip(grad, edges[i], specs[i], strict=True):
                        if e is not None and g is not None:
                            found.append((e, fit(g, s)))
                else:
                    found.append((edges[i], grad if grad.spec is specs[i] else fit(grad, specs[i])))
        if recorded and len(found) > 1:
            places = {id(e): place for place, e in enumerate(edges)}
            found.sort(key=lambda each: places.get(id(each[0]), 0))
        return found

    def _source(self, kind: str, i: int, derivative: Any, grads: list[Tensor | None]) -> Any:
        match kind:
            case "input":
                return unpacked(self.args[i])
            case "grad":
                return zeros(self.output_specs[0])  # another output's gradient is all there is
            case "grads":
                return tuple(grads)
            case "input_spec":
                return self.input_specs[i]
            case "output":
                return self._output(0)
            case "outputs":
                return tuple(self._output(n) for n in range(len(self.outputs)))
            case "output_spec":
                return self.output_specs[0]
            case _:
                return tuple(self.needs[n] for n in derivative.inputs)

    def _output(self, n: int) -> Tensor:
        if type(self.outputs[n]) is not tuple:  # packed, or restored from that
            out = self.outputs[n]
            return out.tensor() if type(out) is Packed else out
        array, counter, version = self.outputs[n]
        out = make_tensor(array, self.output_specs[n])
        out.counter = counter
        if out.spec.dtype.is_floating_point or out.spec.dtype.is_complex:
            out.node, out.output_index, out.requires_grad_slot = self, n, True
        if counter[0] != version:
            raise version_error(out, version)
        return out

    def is_empty(self) -> bool:
        """Whether nothing is saved."""
        return self.args is FREED or not self.saves

    def is_used_up(self) -> bool:
        """Whether what was saved was given up: no walk gets through."""
        return self.args is FREED

    def free(self) -> None:
        """Give up what was saved; an operation that saved nothing can be walked again."""
        if self.saves:
            state = context.current()
            if state.journal.active and self.seq < state.journal.start:
                state.journal.save_attributes(self, "args", "versions", "outputs")
            if state.recollection is not None and state.mode is EAGER:  # a trace has no values to keep
                state.recollection.freed(self)
            self.args = FREED
            self.versions = ()
            self.outputs = None


class InPlaceNode(Node):
    """An operation whose result replaced its target."""

    __slots__ = ()

    @property
    def rules(self) -> Recorded:
        return self.op.replacing or self.op

    @property
    def called(self) -> str:
        return self.op.name.removesuffix("_") + "_"


def fit(grad: Tensor, to: Spec) -> Tensor:
    """Bring a gradient to its input: sum over broadcast dimensions, real part, dtype."""
    have = grad.spec
    if have is to:
        return grad
    if have.dtype.is_complex and not to.dtype.is_complex:
        grad = registry["real"](grad)
    if have.shape != to.shape:
        grad = registry["Tensor.sum_to_size"](grad, to.shape)
    if grad.spec.dtype is not to.dtype:
        grad = registry["Tensor.to"](grad, to.dtype)
    return grad


def widened(value: Any) -> Any:
    """A 16-bit float tensor (or those of a tuple) as float32."""
    if type(value) is tuple:
        return tuple([widened(v) for v in value])
    if type(value) in TENSORS and value.spec.dtype.is_half:
        return registry["Tensor.to"](value, float32)
    return value


def zeros(of: Spec) -> Tensor:
    from ..values.wrapping import full_spec

    return full_spec(of, 0)


def version_error(t: Tensor, expected: int) -> Exception:
    """A value that a derivative needs was changed in place after it was saved."""
    kind = "torch." + ("" if t.device.type == "cpu" else t.device.type + ".") + t.dtype.title + "Tensor"
    node = None if t.grad_fn is None else t.node
    made = "" if node is None else f", which is output {t.output_index} of {producer(node)},"
    return GradientError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{kind} {list(t.spec.shape)}]{made} is at version {t.version}; "
        f"expected version {expected} instead. "
        "Hint: enable anomaly detection to find the operation that failed to compute its gradient, "
        "with torch.autograd.set_detect_anomaly(True, check_nan=False).",
        code="version",
        help="the backward needs the old value: write `h = h + …` instead of `h += …`, or change a clone()",
    )


def titled(title: str, result: Any) -> Any:
    """What an operation gave; its node has this name: PyTorch has several for what is one operation here."""
    for out in result if type(result) is tuple else (result,):
        if out.node is not None:
            out.node.title = title
    return result


# ------------------------------------------------------------------ views and in-place changes


class ViewNode(Node):
    """The remade `grad_fn` of a view whose base was changed in place: PyTorch's AsStridedBackward0."""

    __slots__ = ("steps",)

    def __init__(self, base_edge: Edge | None, base_spec: Spec, steps: tuple[Any, ...], out: Tensor):
        self.op = registry["as_strided"]
        self.title = "AsStridedBackward0"
        self.seq = next(sequence)
        self.steps = steps
        self.edges = [base_edge]
        self.needs = (base_edge is not None,)
        self.input_specs = (base_spec,)
        self.args = ()
        self.versions = ()
        self.outputs = None
        self.output_specs = (out.spec,)
        self.saves = False
        self.hooks = None

    def differentiate(self, grads: list[Tensor | None]) -> list[tuple[Edge, Tensor]]:
        grad, base_edge = grads[0], self.edges[0]
        assert grad is not None
        if base_edge is None:
            return []
        return [(base_edge, registry["engine.view_gradient"](grad, self.input_specs[0], self.steps))]


def refresh(t: Tensor) -> None:
    """Remake the grad_fn of a view when its base has been changed in place since."""
    view = t.view_of
    assert view is not None
    base = view.base
    if t.counter is None or view.version == t.counter[0]:
        return
    if t.node is None and not base.requires_grad_slot:
        return
    check_origin(t, "its base or another view of its base has been")
    e = edge(base)
    journal = context.current().journal
    if journal.active:
        journal.save_attributes(view, "version")
        journal.save_attributes(t, "node", "output_index", "requires_grad_slot")
    view.version = t.counter[0]
    node = ViewNode(e, base.spec, steps_of(t), t)
    move_retained(t, node)
    t.node, t.output_index, t.requires_grad_slot = node, 0, True


def move_retained(t: Tensor, node: Node) -> None:
    """A tensor that keeps its gradient keeps that of its new value."""
    if t.node is not None:
        t.node.loses(t)
    if t.retains and t.node is not None:
        have = t.node.hooks
        before = have.retained
        context.current().journal.save_attributes(have, "retained")
        have.retained = [(i, r) for i, r in before if r() is not t]
        hooks_of(node).retained += [(0, r) for i, r in before if r() is t]
