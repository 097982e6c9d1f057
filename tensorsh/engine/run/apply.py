"""The one way an operation runs: plan (infer, promotion, devices) → kernel → record.

`apply(op, arguments)` takes bound arguments in the order of the signature. The plan depends only on
the specs of the tensors and on the other arguments, so it is made once and looked up after that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import DeviceError, facts_of
from ..core import context
from ..core import dtype as dt
from ..core.memory_errors import MOST_BYTES, too_large
from ..core.meta import reword
from ..core.mode import EAGER
from ..core.spec import Spec, broadcast_shapes, spec
from ..graph.node import Node
from ..records.op import Op
from ..values.tensor import TENSORS, Tensor, make_tensor
from ..values.view import View
from ..values.view_bases import memory, steps_of
from . import blocks


class Plan:
    """What is known before the kernel runs.

    out     Spec of the output, a tuple of Specs, or None where only the values tell
    casts   for each argument a converter or None; None as a whole when nothing is converted
    blocked the arrays are large, and the kernel is given them in blocks
    aside   the kernel may take long, and is waited for (`aside`)
    """

    __slots__ = ("aside", "blocked", "casts", "many", "meta", "out", "simple")

    def __init__(
        self, out: Any, casts: tuple[Any, ...] | None, meta: bool, lists: bool, blocked: bool, aside: bool
    ):
        self.out = out
        self.many = type(out) is tuple
        self.casts = casts
        self.meta = meta
        self.blocked = blocked
        self.aside = aside
        #: one output, nothing to convert: the kernel can be called as it is
        self.simple = type(out) is Spec and casts is None and not (meta or lists or blocked or aside)


#: elements of a tensor below which no call takes long, and nobody needs to know what would (`aside`)
MAY_BE_LONG = 1 << 15
#: plans an operation remembers; parameters with ever new values must not fill the memory
MOST_PLANS = 2_000
#: factors below it fit into each floating dtype
FITS = 6e4


def apply(op: Op, args: tuple[Any, ...]) -> Any:
    """Run `op` on bound arguments; returns a Tensor or a tuple of them."""
    return op.run(*args)


def apply_any(op: Op, args: tuple[Any, ...]) -> Any:
    """The steps of `apply` for any operation; `runner` writes them out for one."""
    state = context.current()
    return compute(op, args) if state.mode is EAGER else state.mode.apply(op, args)


def compute(op: Op, args: tuple[Any, ...]) -> Any:
    """What `EAGER` does with an operation."""
    state = context.current()
    key, plan = planned(op, args, state.dtype)
    if plan.simple:
        result = wrap_output(op.kernel(*[a.array if type(a) in TENSORS else a for a in args]), plan.out)
    else:
        result = run_kernel(op, plan, args)

    if op.view:
        attach_view(op, args, result, state)
    if state.grad_enabled and not op.nondifferentiable and any_requires_grad(args):
        record(op, args, key, result)
    return result


def any_requires_grad(args: tuple[Any, ...]) -> bool:
    """Whether one of the tensors among the arguments, or in a list of them, requires a gradient."""
    for a in args:
        if type(a) in TENSORS:
            if a.requires_grad_slot or (a.view_of is not None and a.view_of.base.requires_grad_slot):
                return True
        elif type(a) is tuple and any_requires_grad(a):
            return True
    return False


def planned(op: Op, args: tuple[Any, ...], default: dt.DType) -> tuple[tuple[Any, ...], Plan]:
    """(what the plan is remembered by, the plan)."""
    key = key_of(op, args, default)
    try:
        plan = op.plans.get(key)
    except TypeError:  # an argument that cannot be hashed
        return key, make_plan(op, args)
    return key, new_plan(op, args, key) if plan is None else plan


def new_plan(op: Op, args: tuple[Any, ...], key: tuple[Any, ...]) -> Plan:
    """Make a plan and remember it."""
    plan = make_plan(op, args)
    if len(op.plans) > MOST_PLANS:
        op.plans.clear()
    op.plans[key] = plan
    return plan


def key_of(op: Op, args: tuple[Any, ...], default: dt.DType) -> tuple[Any, ...]:
    """Specs of the tensors, types of the numbers that promote like tensors, everything else as it is.

    Types of other numbers come first, beside the default dtype, unless they are what they always are: 1 == True.
    Of ints that say where something lies (`moving`) there is only how far they are from the first of them: a loop
    over rows or slices has one plan. Of `factors` that fit into every dtype there is the type.
    """
    first: Any = default
    if any(args[i] is not op.schema.parameters[i].default for i in op.numbers):
        first = (default, *[type(args[i]) for i in op.numbers])
    if op.lists:
        args = tuple([_specs(a) if type(a) is tuple else a for a in args])
    if op.factors:
        args = tuple([factor(a) if i in op.factors else a for i, a in enumerate(args)])
    if op.moving:
        start = args[op.moving[0]]
        args = tuple([a - start if i in op.moving else a for i, a in enumerate(args)])
    return (
        first,
        *[
            a.spec if type(a) in TENSORS else type(a) if tensorlike else a
            for a, tensorlike in zip(args, op.tensorlike, strict=True)
        ],
    )


def factor(number: Any) -> Any:
    """What is remembered of a factor."""
    return float if type(number) is float and -FITS < number < FITS else number


def _specs(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([t.spec if type(t) in TENSORS else t for t in items])


def run_kernel(op: Op, plan: Plan, args: tuple[Any, ...]) -> Any:
    """The kernel on arrays, its results as fresh tensors outside the graph."""
    if plan.meta:
        if op.view and args[0].view_of is not None and op.from_base is None:
            op.kernel(memory(args[0]), *args[1:])  # it may have no strides for that
        if plan.out is None:
            raise DeviceError(
                f"{op.name}: the output shape depends on the values, which meta tensors do not have",
                raises=NotImplementedError,
                code="meta-values",
            )
        if plan.many:
            return tuple([make_tensor(s.placeholder, s) for s in plan.out])
        return make_tensor(plan.out.placeholder, plan.out)
    casts = plan.casts
    if plan.blocked:
        return make_tensor(blocks.run(op, plan.out, casts, args), plan.out)
    if casts is None:
        arrays = [a.array if type(a) in TENSORS else _arrays(a) if type(a) is tuple else a for a in args]
    else:
        arrays = []
        for a, cast in zip(args, casts, strict=True):
            if type(a) in TENSORS:
                a = a.array
            elif type(a) is tuple:
                a = _arrays(a)
            arrays.append(a if cast is None else cast(a))
    out = long(op.kernel, arrays) if plan.aside else op.kernel(*arrays)
    if plan.many:
        return tuple([wrap_output(o, s) for o, s in zip(out, plan.out, strict=True)])
    if type(out) is tuple or type(out) is list:  # outputs whose number or shapes the values decide
        return tuple([wrap_output(o, None) for o in out])
    return wrap_output(out, plan.out)


def _arrays(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([t.array if type(t) in TENSORS else t for t in items])


def wrap_output(out: Any, known: Spec | None) -> Tensor:
    """What a kernel gave as a tensor of the spec that `infer` told (None: of its own)."""
    if known is None:
        out = np.asarray(out)
        return make_tensor(out, spec(out.shape, dt.of(out)))
    if type(out) is not np.ndarray:
        out = np.asarray(out, known.np)
    elif out.dtype is not known.np and out.dtype != known.np:
        out = out.astype(known.np)
    return make_tensor(out, known)


# ------------------------------------------------------------------ planning


def make_plan(op: Op, args: tuple[Any, ...]) -> Plan:
    """Check devices, bring dtypes together, infer the output; raises what PyTorch raises."""
    try:
        try:
            return _make_plan(op, args)
        except NotImplementedError:
            if op.elementwise:
                result_of(op, args)  # PyTorch looks for a kernel when it knows that the shapes fit
            raise
    except Exception as error:
        facts = facts_of(error)
        if facts is not None:
            reword(error, [a.spec for a in args if type(a) in TENSORS])
            if facts.operands is None:
                facts.operands = tuple(a for i, a in enumerate(args) if i in op.tensors or i in op.lists)
        raise


def _make_plan(op: Op, args: tuple[Any, ...]) -> Plan:
    given: list[Any] = [a.spec if type(a) in TENSORS else a for a in args]
    for i in op.lists:
        given[i] = tuple([t.spec if type(t) in TENSORS else t for t in args[i]])
    if op.check is not None:
        op.check(*given)
    device = common_device(given)
    default = context.current().dtype
    wanted: dt.DType | None = None
    if op.promote:
        wanted = promoted([given[i] for i in op.joined] + [s for i in op.lists for s in given[i]], default)
        if op.promote == "float" and wanted.category < dt.FLOAT:
            wanted = default
    seen = [
        _with_dtype(g, wanted) if wanted is not None and (i in op.joined or i in op.lists) else g
        for i, g in enumerate(given)
    ]
    out: Any = op.infer(*seen) if op.infer is not None else None
    if device is not None and out is not None:
        out = tuple([_on(s, device) for s in out]) if isinstance(out, tuple) else _on(out, device)
    for each in out if isinstance(out, tuple) else (out,):
        if type(each) is Spec and each.numel * each.np.itemsize > MOST_BYTES:
            raise too_large(each.shape)
    casts = [
        _cast(op, g, wanted, i in op.unrounded) if i in op.joined or i in op.lists else None
        for i, g in enumerate(given)
    ]
    meta = device is not None and device.is_meta
    blocked = blocks.wanted(op, out)
    aside = not (meta or blocked) and may_take_long(op, given, out)
    return Plan(out, tuple(casts) if any(casts) else None, meta, bool(op.lists), blocked, aside)


def may_take_long(op: Op, given: list[Any], out: Any) -> bool:
    """Whether a call is large enough to be computed beside the program."""
    if max((s.numel for s in [*given, out] if type(s) is Spec), default=0) < MAY_BE_LONG and not op.lists:
        return False
    from . import aside

    return aside.wanted(op, given, out)


def long(kernel: Callable[..., Any], arrays: list[Any]) -> Any:
    """A kernel's result, which an interrupt does not wait for."""
    from . import aside

    return aside.run(kernel, arrays)


def result_of(op: Op, args: tuple[Any, ...]) -> Spec:
    """What an element-wise operation would make, if there were a kernel for the dtype."""
    given = [a.spec if type(a) in TENSORS else a for a in args]
    tensors = [g for g in given if type(g) is Spec]
    joined = [given[i] for i in op.joined]
    wanted = promoted(joined, context.current().dtype) if op.promote else tensors[0].dtype
    out = tensors[0].with_shape(broadcast_shapes(*[s.shape for s in tensors]))
    for stand_in in (dt.float32, dt.int64):  # a comparison makes bool of both
        seen = [
            _with_dtype(g, stand_in) if i in op.joined or type(g) is Spec else g for i, g in enumerate(given)
        ]
        try:
            like = op.infer(*seen) if op.infer is not None else out
        except NotImplementedError:
            continue
        return out.with_dtype(wanted if like.dtype is stand_in else like.dtype)
    return out.with_dtype(wanted)


def promoted(operands: list[Any], default: dt.DType) -> dt.DType:
    """PyTorch's result_type of specs and numbers (None entries do not count)."""
    return dt.result_type(
        [(g.dtype, bool(g.shape)) if type(g) is Spec else type(g) for g in operands if g is not None], default
    )


def common_device(given: list[Any]) -> Any:
    """The device all tensors are on; a 0-d cpu tensor goes with any."""
    found = None
    for g in given:
        for s in g if type(g) is tuple else (g,):
            if type(s) is not Spec:
                continue
            if found is None or (not found.shape and found.device.type == "cpu"):
                if found is not None and found.device != s.device and not s.shape and s.device.type == "cpu":
                    continue
                found = s
            elif s.device != found.device and (s.shape or s.device.type != "cpu"):
                raise DeviceError(
                    f"Tensor on device {s.device} is not on the expected device {found.device}!",
                    code="device-mismatch",
                    help=f"move one of them: x.to('{found.device}')",
                )
    return None if found is None else found.device


def _on(s: Spec, device: Any) -> Spec:
    return s if s.device == device else spec(s.shape, s.dtype, device)


def _with_dtype(g: Any, dtype: dt.DType) -> Any:
    if type(g) is Spec:
        return g if g.dtype is dtype else g.with_dtype(dtype)
    if type(g) is tuple:
        return tuple([_with_dtype(s, dtype) for s in g])
    return None if g is None else spec((), dtype)


def _cast(op: Op, g: Any, wanted: dt.DType | None, unrounded: bool = False) -> Any:
    """The converter that brings one argument to the dtype the kernel computes in.

    Beside 16-bit floats, which are computed in float32, other dtypes are rounded to 16 bits first, unless
    `unrounded`.
    """
    if type(g) is tuple:
        each = [_cast(op, s, wanted) for s in g]
        if not any(each):
            return None
        return lambda arrays: tuple([a if c is None else c(a) for a, c in zip(arrays, each, strict=True)])
    compute = wanted
    if compute is None and type(g) is Spec:
        compute = g.dtype
    if compute is None or g is None:
        return None
    if compute.is_half and op.half == "float32" and not op.view:
        if type(g) is int:
            half = compute.np
            return lambda number: (
                np.asarray(in_64_bits(number), np.float32).astype(half).astype(np.float32)[()]
            )
        if not unrounded and not (type(g) is Spec and g.dtype is compute):
            return lambda value: np.asarray(value, np.float32).astype(compute.np).astype(np.float32)[()]
        compute = dt.float32
    target = compute.np
    if type(g) is Spec:
        return None if g.dtype is compute else lambda array: array.astype(target)
    if compute.category == dt.INT:
        return lambda number: (
            np.array(number).astype(target) if abs(number) < 2**63 else wrap_int(number, target)
        )
    if type(g) is int:
        return lambda number: target.type(number if abs(number) < 2**63 else in_64_bits(number))
    return target.type


def wrap_int(number: int, target: Any) -> Any:
    """A Python integer of 64 bits without a sign, wrapped into an integer dtype."""
    return np.array(in_64_bits(number) % 2**64, np.uint64).astype(target)


def in_64_bits(number: int) -> int:
    """The number; Python's own error for one of more bits."""
    if not -(2**63) <= number < 2**64:
        raise OverflowError(
            "can't convert negative int to unsigned" if number < 0 else "int too big to convert"
        )
    return number


# ------------------------------------------------------------------ recording


def record(op: Op, args: tuple[Any, ...], key: tuple[Any, ...], result: Any) -> None:
    """Put the operation into the graph: its float outputs remember the node that made them."""
    if type(result) is not tuple:
        if result.spec.dtype.category >= dt.FLOAT:
            result.node = Node(op, args, key[1:], (result.spec,), (result,))
            result.requires_grad_slot = True
        return
    node = None
    for i, out in enumerate(result):
        if out.spec.dtype.category >= dt.FLOAT and i not in op.constants:
            node = node or Node(op, args, key[1:], tuple([o.spec for o in result]), result)
            out.node, out.output_index, out.requires_grad_slot = node, i, True


def attach_view(op: Op, args: tuple[Any, ...], result: Any, state: context.Context) -> None:
    """Say of what an operation that is a view gave, in which memory and how it looks."""
    if type(result) is tuple:
        for i, out in enumerate(result):
            _attach(op, args, out, i, state)
    else:
        _attach(op, args, result, None, state)


def _attach(op: Op, args: tuple[Any, ...], out: Any, which: int | None, state: context.Context) -> None:
    source = args[0]
    if out.array.base is None and not source.spec.is_meta and out.array is not source.array:
        return  # the kernel had to copy
    counter = source.counter
    if counter is None:
        counter = source.counter = [0]
    out.counter = counter
    if op.nondifferentiable:
        return
    origin = None
    if state.inference or not state.grad_enabled:
        origin = "inference" if state.inference else "no_grad"
    elif which is not None:
        origin = "many"
    inside = source.view_of
    if inside is None:
        out.view_of = View(source, ((op, args[1:], which),), counter[0], origin)
        return
    if op.from_base is not None:
        steps: tuple[Any, ...] = ((op, op.from_base(inside.base, args), None),)
    else:
        steps = (*steps_of(source), (op, args[1:], which))
    out.view_of = View(inside.base, steps, counter[0], origin or inside.origin)
