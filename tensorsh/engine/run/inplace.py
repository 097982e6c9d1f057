"""In-place operations: the same record, written into the tensor's own memory.

`add_` is `add` whose result replaces the target: checked before anything is written, recorded as the
target's new history, seen by every view of the same memory through the version counter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import BadValue, DTypeError, GradientError, ShapeError
from ..core import context
from ..core import dtype as dt
from ..core.addresses import address
from ..core.device import hollow
from ..core.meta import reword
from ..core.mode import EAGER
from ..core.spec import Spec
from ..core.warn import warn
from ..graph.copy_slices import CopySlices
from ..graph.inference import refuse_write
from ..graph.node import InPlaceNode, Node, edge, move_retained, refresh
from ..records import schema as schemas
from ..records.op import Op, converters, in_c, registry
from ..records.schema import Schema
from ..values.tensor import TENSORS, Tensor, make_tensor
from ..values.view_bases import check_origin, memory, steps_of
from ..values.wrapping import layout
from .apply import any_requires_grad, planned, result_of, run_kernel
from .overlapping import in_order, reads_written


def inplace_form(record: Op) -> None:
    """Give an operation its in-place form."""
    install_forms(record, lambda schema: InPlace(record, schema), record.inplace)


def install_forms(record: Op, form: Callable[[Schema], InPlace], inplace: bool | str) -> None:
    """Make it a method `name_` for each method name of the operation, and a function where PyTorch has one."""
    function = inplace == "function" or (inplace is True and len(record.schema.parameters) == 1)
    for name in method_names(record):
        made = form(Schema(name + "_", record.schema.parameters))
        converters["method"](made.name, made)
        registry[f"Tensor.{made.name}"] = made
        if function:
            registry[made.name] = made


def method_names(record: Op) -> list[str]:
    """What the operation is called as a method of tensors."""
    methods = [n.removeprefix("Tensor.") for n in record.names if n.startswith("Tensor.")]
    return methods or [record.name.rpartition(".")[2]]


class InPlace(Op):
    """The in-place form of an operation; what it computes is the operation's own record."""

    def __init__(self, of: Op, schema: Schema):
        super().__init__(schema, kernel=of.kernel, names=(f"Tensor.{schema.name}",), doc=of.raw_doc)
        self.of = of
        self.names = (f"Tensor.{schema.name}",)

    def bind(self, converters: dict[str, Any]) -> Any:
        target = (lambda *args: self.through_body(args)) if self.of.body else self.through_apply
        return schemas.binder(self.schema, target, converters, packed=self.of.body is None)

    def through_apply(self, args: tuple[Any, ...]) -> Tensor:
        return apply_inplace(self.of, args)

    def through_body(self, args: tuple[Any, ...]) -> Tensor:
        """In-place form of a composite: compute it, then copy into the target."""
        assert self.of.body is not None
        check_writable(args[0])
        return apply_inplace(registry["copy"], (args[0], self.of.body(*args), False))


in_c(InPlace)


def apply_inplace(op: Op, args: tuple[Any, ...]) -> Tensor:
    """Run `op` and let its result replace the values of `args[0]`."""
    mode = context.current().mode
    return write_result(op, args) if mode is EAGER else mode.apply_inplace(op, args)


def write_result(op: Op, args: tuple[Any, ...]) -> Tensor:
    """`apply_inplace` on arrays."""
    target = args[0]
    state = context.current()
    refuse_write(target)
    wants_grad = state.grad_enabled and any_requires_grad(args) and not op.unwatched
    needs: tuple[bool, ...] = ()
    if wants_grad:
        check_history(target)
        wants_grad = not op.nondifferentiable
    if wants_grad:
        needs = tuple([edge(a) is not None for a in args])
    check_overlap(op, args)
    try:
        key, plan = planned(op, args, state.dtype)
    except NotImplementedError:
        if op.elementwise:
            check_result(result_of(op, args), op, args)
        raise
    try:
        check_result(plan.out, op, args)
    except RuntimeError as error:
        reword(error, [a.spec for a in args if type(a) in TENSORS])
        raise

    saved = args
    if wants_grad:
        rules = op.replacing or op
        if 0 in rules.saved(needs)[0]:
            # the derivative needs the values that are about to be overwritten
            before = make_tensor(target.array.copy(), target.spec, target.requires_grad_slot)
            e = edge(target)
            if e is not None and type(e[0]) not in TENSORS:
                before.node, before.output_index = e
            saved = (before, *args[1:])
    values = in_order(op, args) if reads_written(op, args) else run_kernel(op, plan, args).array
    # the record comes before the write, so that a saved argument sharing this memory is found changed
    node = (
        InPlaceNode(op, saved, key[1:], (target.spec,))
        if wants_grad and target.spec.dtype.category >= dt.FLOAT
        else None
    )
    write(target, values, once=op.expanded is not None and is_expanded(target.array))
    if node is not None:
        if node.rules.saved(node.needs)[1]:
            node.keep((target,))
        rebase(node, target)
    return target


def check_result(out: Spec | None, op: Op, args: tuple[Any, ...]) -> None:
    """The result must fit the target's shape and be castable to its dtype."""
    target = args[0]
    if out is None:
        return
    if out.shape != target.spec.shape:
        raise ShapeError(
            f"output with shape {list(target.spec.shape)} "
            f"doesn't match the broadcast shape {list(out.shape)}",
            code="inplace-shape",
            help=f"an in-place operation keeps the shape; write `x = x.{op.name}(…)` for a new tensor",
        )
    have, want = out.dtype, target.spec.dtype
    if have.category > want.category and not op.lossy:
        in_c = op.c_titles and not any(type(a) in TENSORS for a in args[1:])
        title = dt.c_names[want] if in_c else want.title
        raise DTypeError(
            f"result type {have.title} can't be cast to the desired output type {title}",
            code="inplace-dtype",
            help=f"an in-place operation keeps the dtype; convert first: x = x.to({have.name})",
        )


def check_writable(target: Tensor) -> None:
    """Refuse what PyTorch refuses, before anything is written."""
    refuse_write(target)
    if context.current().grad_enabled and target.requires_grad:
        check_history(target)
    check_overlap(None, (target,))


def check_history(target: Tensor) -> None:
    """A leaf has no history that a change could be put on top of."""
    if target.view_of is not None:
        check_origin(target, "is being")
        if target.requires_grad and target.view_of.base.node is None:
            raise GradientError(
                "a view of a leaf Variable that requires grad is being used in an in-place operation.",
                code="inplace-leaf-view",
                help="update parameters under `with no_grad():`, or change a clone() of the leaf",
            )
    if target.requires_grad and target.node is None:
        raise GradientError(
            "a leaf Variable that requires grad is being used in an in-place operation.",
            code="inplace-leaf",
            help="update parameters under `with no_grad():`, or write `x = x + …` for a new tensor",
        )


def check_overlap(op: Op | None, args: tuple[Any, ...]) -> None:
    """Each element that is written has memory of its own, which no other operand shares in another order."""
    target = args[0]
    if target.spec.is_meta and target.spec.device is not hollow:
        return
    array = memory(target)
    if is_expanded(array):
        if op is None or op.expanded is None:
            raise overlap("more than one element of the written-to tensor refers")
        if op.expanded:
            warn(
                f"Use of {op.name}_ on expanded tensors is deprecated. Please clone() the tensor before "
                f"performing this operation. This also applies to advanced indexing e.g. {op.expanded}",
                help="x.clone() has memory of its own for each element",
            )
    if op is not None and not target.spec.is_meta:
        for a in args[1:]:
            for t in a if type(a) is tuple else (a,):
                if type(t) in TENSORS and shares(array, t.array, op.separate):
                    raise overlap(
                        "some elements of the input tensor and the written-to tensor refer",
                    )


def is_expanded(array: Any) -> bool:
    """Whether a stride of zero makes several elements of one place in memory."""
    if array.size <= 1 or 0 not in array.strides:
        return False
    return any(st == 0 and size > 1 for st, size in zip(array.strides, array.shape, strict=True))


def shares(target: Any, operand: Any, separate: bool) -> bool:
    """Whether two dense arrays lie over each other; exactly over each other counts only if `separate`."""
    if operand is target:
        return separate and target.size > 0
    if (operand.base is None and target.base is None) or not target.size or not operand.size:
        return False
    first, second = span(target), span(operand)
    if first is None or second is None or first[1] <= second[0] or second[1] <= first[0]:
        return False
    return separate or first != second or target.strides != operand.strides


def span(array: Any) -> tuple[int, int] | None:
    """Where the memory of an array begins and ends, if its elements fill it."""
    start = address(layout(array))
    if not array.flags.forc:
        step = array.itemsize
        for stride, size in sorted((s, n) for s, n in zip(array.strides, array.shape, strict=True) if n != 1):
            if stride != step:
                return None
            step *= size
    return start, start + array.nbytes


def overlap(what: str) -> Exception:
    return BadValue(
        f"unsupported operation: {what} to a single memory location. Please clone() the tensor before "
        "performing the operation.",
        code="inplace-overlap",
        help="x.clone() has memory of its own for each element",
    )


def write(target: Tensor, values: Any, once: bool = False) -> None:
    """Put values into a tensor's memory; every view of it sees them, and its version goes up.

    `once`: several elements may share a place; only those are written that change, one after the other.
    """
    state = context.current()
    journal = state.journal
    if state.mode is not EAGER:
        state.mode.change("memory is written")
    if not target.spec.is_meta:
        array = target.array
        if journal.active:
            journal.save_array(array)
        if not array.flags.writeable:
            if array.base is not None:
                raise BadValue("the tensor's memory is read-only", help="clone() it first")
            array.flags.writeable = True
        with np.errstate(invalid="ignore", over="ignore"):
            if once:
                values = np.broadcast_to(values, array.shape).astype(array.dtype)
                changed = bits(values) != bits(array)
                array[changed.any(-1)] = values[changed.any(-1)]
            else:
                np.copyto(array, values, casting="unsafe")
    bump(target)


def bits(array: Any) -> Any:
    """The bytes of each element, in a last dimension."""
    whole = np.ascontiguousarray(array)
    return whole.view(np.uint8).reshape(*array.shape, array.itemsize)


def bump(target: Tensor) -> None:
    """Count an in-place change."""
    state = context.current()
    if state.mode is not EAGER:
        state.mode.change("memory is written")
    counter = target.shared_counter()
    journal = state.journal
    if journal.active:
        journal.save_count(counter)
    counter[0] += 1


def rebase(node: Node, target: Tensor) -> None:
    """Make an in-place operation the target's history (through its base, if it is a view)."""
    journal = context.current().journal
    view = target.view_of
    if view is None:
        if journal.active:
            journal.save_attributes(target, "node", "output_index", "requires_grad_slot")
        move_retained(target, node)
        target.node, target.output_index, target.requires_grad_slot = node, 0, True
        return
    base = view.base
    if journal.active:
        journal.save_attributes(base, "node", "output_index", "requires_grad_slot")
        journal.save_attributes(target, "node", "output_index", "requires_grad_slot")
        journal.save_attributes(view, "version")
    if base.view_of is not None:
        refresh(base)
    written = CopySlices(base, steps_of(target), node)
    move_retained(base, written)
    base.node = written
    base.output_index = 0
    base.requires_grad_slot = True
    view.version = -1  # remade when it is next asked for
    refresh(target)
