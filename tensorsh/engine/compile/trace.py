"""Running statements once under `infer`, and noting every array call they amount to.

While a `Trace` is in force (`context.current.trace`), operations make no arrays: their outputs hold a
`Value`, and what computes it is noted as a `Step`. Tensors from outside (`External`) hold a Value too
until the trace ends. Everything else is the engine as it is: promotion, shape rules, the graph, backward.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import context
from .. import dtype as dt
from ..apply import _key, attach_view, new_plan, record
from ..inplace import check_overlap, check_result
from ..node import Node
from ..op import Op
from ..spec import Spec, spec
from ..tensor import Tensor
from . import values
from .lower import lowering
from .values import Number, TraceStopped, Value, reshape, turn
from .watch import Watch

#: a run that amounts to more array calls than this is left to eager evaluation
MOST_STEPS = 2_000


class External:
    """A tensor that was there before: `path` is the text that fetches it.

    fixed   the program is for this very tensor with this very array (a parameter), not for any such
    """

    __slots__ = ("array", "fixed", "grad", "had_grad", "path", "tensor", "used", "written")

    def __init__(self, tensor: Tensor, path: str, fixed: bool):
        self.tensor = tensor
        self.path = path
        self.fixed = fixed
        self.array = tensor.array
        self.had_grad = tensor.grad_slot
        self.grad: External | None = None
        self.used = False
        self.written = 0


class Step:
    """One array call.

    elementwise: each element of the result comes from the elements at its place.

    kind    "ufunc" (element-wise or matmul: function(*args, out)), "reduce" (function.reduce),
            "view" (out shares memory with args[0]), "kernel" (any function of arrays),
            "write" (values of args[1] into args[0]), "effect" (a function that changes args[0])
    """

    __slots__ = ("args", "function", "kind", "label", "options", "outs")

    @property
    def elementwise(self) -> bool:
        return (self.kind == "ufunc" and self.function is not np.matmul) or (
            self.kind == "call" and self.options[0]
        )

    def __init__(
        self,
        kind: str,
        function: Any,
        args: tuple[Any, ...],
        outs: tuple[Value, ...],
        label: str,
        options: tuple[Any, ...] = (),
    ):
        self.kind = kind
        self.function = function
        self.args = args
        self.outs = outs
        self.label = label
        self.options = options


class Trace:
    """The notes of one run."""

    def __init__(self, externals: list[External], guards: list[str]):
        self.externals = externals
        self.guards = guards
        self.steps: list[Step] = []
        self.constants: dict[int, tuple[np.ndarray[Any, Any], Value]] = {}
        self.foreign: dict[int, Value] = {}  # by the id of another program's Value, or of a tensor it kept
        self.foreign_paths: dict[int, str] = {}  # what fetches those tensors
        self.mixing: Number | None = None
        self.mixed: Any = None
        self.stopped: str | None = None
        self.by_tensor = {id(e.tensor): e for e in externals}
        self.marks: dict[Any, Value] = {}  # what lowerings remember of a Value, by its id
        self.hot: dict[int, Any] = {}
        self.bases: dict[int, Value] = {}  # what a reshaped Value is another shape of
        self.aliased: set[int] = set()  # Values that stand for two tensors
        self.scope: dict[str, Any] = {}
        self.lists: list[tuple[list[Any], list[Any], str]] = []
        self.demands: list[tuple[External, Any]] = []

    # ---------------------------------------------------------------- entering and leaving

    def run(self, work: Callable[[], None]) -> None:
        """Do the work under this trace, then `finish` is called by the caller before `leave`."""
        state = context.current
        self.before = state.journal
        self.journal = state.journal = Watch(self)
        state.journal.begin()
        for e in self.externals:
            e.tensor.array = Value(e.array, e)  # type: ignore[assignment]
        values.mixed.insert(0, self.mix)
        state.trace = self
        work()

    def leave(self) -> None:
        """Put everything back as it was."""
        state = context.current
        state.trace = None
        values.mixed.pop(0)
        self.journal.rollback()
        state.journal = self.before
        for e in self.externals:
            e.tensor.array = e.array

    def stop(self, reason: str) -> Any:
        raise TraceStopped(reason)

    def changes(self, items: Any) -> None:
        """An item of a list gets another value."""
        if not any(known is items for known, _, _ in self.lists):
            self.stop("a list is changed that the program cannot find")

    def changed_items(self) -> list[tuple[str, int, Any]]:
        """The items of lists that are not what they were: (path of the list, position, value)."""
        found = []
        for items, before, path in self.lists:
            if len(items) != len(before):
                self.stop("a list changes its length")
            found += [
                (path, i, new)
                for i, (new, old) in enumerate(zip(items, before, strict=True))
                if new is not old
            ]
        return found

    def wrap(self, array: Any) -> Tensor:
        """`engine.tensor.wrap` of what may be a Value."""
        return Tensor(array, spec(array.shape, dt.of(array)))

    # ---------------------------------------------------------------- values

    def value(self, t: Tensor) -> Any:
        """The Value of a tensor; arrays that were made during the trace are constants."""
        held: Any = t.array
        if type(held) is Value:
            found = self.foreign.get(id(held))
            if found is not None:
                return found
            if isinstance(held.source, External):
                held.source.used = True
            return held
        found = self.foreign.get(id(t))
        if found is not None:
            return found
        return self.constant(held)

    def constant(self, array: np.ndarray[Any, Any]) -> Value:
        known = self.constants.get(id(array))
        if known is None:
            known = self.constants[id(array)] = (array, Value(array, array))
        return known[1]

    def is_constant(self, a: Any) -> bool:
        held: Any = a.array
        if type(held) is Value:
            return isinstance(held.source, np.ndarray) and id(held) not in self.foreign
        return id(a) not in self.foreign

    def real(self, a: Any) -> Any:
        """A constant tensor with its array."""
        if type(a) is tuple:
            return tuple([self.real(each) for each in a])
        if type(a) is not Tensor or type(a.array) is not Value:
            return a
        return Tensor(a.array.source, a.spec)

    def note(self, step: Step) -> None:
        if len(self.steps) >= MOST_STEPS:
            self.stop("too long a run")
        self.steps.append(step)

    def demand(self, v: Value, holds: Callable[[Tensor], bool]) -> bool:
        """Guard the program by a question about the values of a tensor from outside that is not written."""
        e = v.source
        if not isinstance(e, External) or e.written or not holds(Tensor(e.array, e.tensor.spec)):
            return False
        self.demands.append((e, holds))
        return True

    def ufunc(self, function: Any, *args: Any) -> Value:
        """A call of a NumPy ufunc as a step; of constants it is a constant."""
        layout = _layout(function, args)
        args = tuple([_uniform(a, layout.shape) for a in args])
        same = _unchanged(function, args, layout)
        if same is not None:
            self.aliased.add(id(same))
            return same
        if all(isinstance(a.source, np.ndarray) if type(a) is Value else type(a) is not Number for a in args):
            found = function(*[a.source if type(a) is Value else a for a in args])
            return self.constant(np.broadcast_to(np.asarray(found, layout.dtype), layout.shape))
        out = Value(layout)
        self.note(Step("ufunc", function, args, (out,), f"np.{function.__name__}"))
        return out

    def call(
        self, function: Any, args: tuple[Any, ...], shape: tuple[int, ...], dtype: Any, alike: bool = False
    ) -> Value:
        """A function of ours that takes `out` last, as a step; `alike`: it may be its first argument."""
        out = Value(np.empty_like(args[0].layout, dtype=dtype) if alike else np.empty(shape, dtype))
        self.note(Step("call", function, args, (out,), function.__name__, (alike,)))
        return out

    def scan(self, function: Any, x: Value) -> Value:
        """`function.accumulate` over axis 0 as a step."""
        out = Value(np.empty(x.shape, x.dtype))
        self.note(Step("accumulate", function, (x,), (out,), f"np.{function.__name__}.accumulate"))
        return out

    def reduce(self, function: Any, x: Value, axes: tuple[int, ...] | None, keepdims: bool) -> Value:
        """`function.reduce` as a step."""
        axes = tuple(range(x.ndim)) if axes is None else tuple(axes)
        shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes)
        kind = np.bool_ if function in (np.logical_and, np.logical_or) else x.dtype
        out = Value(np.empty(shape, kind))
        self.note(Step("reduce", function, (x,), (out,), f"np.{function.__name__}.reduce", (axes, keepdims)))
        return out

    def view(self, function: Callable[..., Any], x: Value, *options: Any, label: str = "view") -> Value:
        """A view of `x` as a step; the function must return one."""
        if isinstance(x.source, np.ndarray):
            return self.constant(function(x.source, *options))
        if label in ("reshape", "view") and x.flags.c_contiguous:
            return self._reshaped(x, function(x.layout, *options))
        layout = function(x.layout, *options)
        if layout is x.layout or not np.may_share_memory(layout, x.layout):
            layout = np.asarray(layout)
        out = Value(layout)
        self.note(Step("view", function, (x,), (out,), label, options))
        return out

    def _reshaped(self, x: Value, layout: np.ndarray[Any, Any]) -> Value:
        """Contiguous memory under another shape: never a view of a view."""
        base = self.bases.get(id(x), x)
        if base.shape == layout.shape:
            return base
        out = Value(layout)
        self.bases[id(out)] = base
        self.note(Step("view", reshape, (base,), (out,), "reshape", (layout.shape,)))
        return out

    def kernel(self, function: Any, args: tuple[Any, ...], specs: tuple[Spec, ...], label: str) -> Any:
        """Any function of arrays as a step."""
        outs = tuple(Value(np.empty(s.shape, s.np)) for s in specs)
        self.note(Step("kernel", function, args, outs, label))
        return outs

    def write(self, target: Value, value: Any) -> None:
        """Put values into memory; a call that has just made them can put them there itself."""
        last = self.steps[-1] if self.steps else None
        if (
            last is not None
            and last.kind == "ufunc"
            and last.outs[0] is value
            and value.shape == target.shape
            and value.dtype == target.dtype
        ):
            last.outs = (target,)
            target.again = True
        else:
            self.note(Step("write", np.copyto, (target, value), (), "np.copyto"))

    # ---------------------------------------------------------------- numbers that change

    def mix(self, work: Callable[..., Any], left: Any, right: Any) -> Any:
        """Arithmetic between a tensor and a Number: the operator runs on its present value, which
        `apply` recognises and replaces by the Number."""
        self.mixing = left if type(left) is Number else right
        self.mixed = type(self.mixing.value)(self.mixing.value)
        try:
            left, right = (self.mixed if side is self.mixing else side for side in (left, right))
            return work(left, right)
        finally:
            self.mixing = self.mixed = None

    def change(self, work: Callable[..., Any], target: Tensor, other: Any) -> Any:
        """`target += other` where that is no tensor and no number of Python's."""
        return self.mix(work, target, other) if type(other) is Number else NotImplemented

    def _renamed(self, op: Op, args: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.mixing is None:
            return args
        for i in op.tensors:
            if args[i] is self.mixed:
                number, self.mixing, self.mixed = self.mixing, None, None
                return (*args[:i], number, *args[i + 1 :])
        return args

    # ---------------------------------------------------------------- operations

    def apply(self, op: Op, args: tuple[Any, ...]) -> Any:
        """What `apply` does, without arrays."""
        args = self._renamed(op, args)
        tensors = [a for a in args if type(a) is Tensor]
        for i in op.lists:
            tensors.extend(t for t in args[i] if type(t) is Tensor)
        if tensors and all(self.is_constant(t) and not t.requires_grad for t in tensors):
            if not op.view and lowering(op) is None and not any(type(a) is Number for a in args):
                return self._constant_result(op, args)
        concrete = tuple([a.value if type(a) is Number else a for a in args])
        if any(type(a) is Number and not self._value_only(op, i) for i, a in enumerate(args)):
            self.stop("a changing number shapes the operation")
        state = context.current
        key, plan = self._plan(op, concrete, state.dtype)
        outs = self.compute(op, plan, args)
        if plan.many:
            result: Any = tuple([Tensor(v, s) for v, s in zip(outs, plan.out, strict=True)])
        else:
            result = Tensor(outs, plan.out)
        if op.view:
            self._attach_view(op, args, result)
        if state.grad_enabled and not op.nondifferentiable and any(t.requires_grad for t in tensors):
            record(op, args, key, result)
        return result

    def _value_only(self, op: Op, i: int) -> bool:
        """Whether a parameter is a factor or a term, on which no shape depends."""
        return op.tensorlike[i] or op.schema.parameters[i].type == "Number"

    def number(self, value: Any) -> Number:
        """An argument that wants a number and gets one that changes."""
        return value if type(value) is Number else self.stop("an argument of the wrong type")

    def _plan(self, op: Op, concrete: tuple[Any, ...], default: Any) -> tuple[Any, Any]:
        key = _key(op, concrete, default)
        try:
            plan = op.plans.get(key)
            if plan is None:
                plan = new_plan(op, concrete, key)
        except TypeError:
            return self.stop("an argument that cannot be remembered")
        if plan.meta or plan.out is None:
            self.stop("the values decide the shape")
        return key, plan

    def _constant_result(self, op: Op, args: tuple[Any, ...]) -> Any:
        """An operation on constants gives constants."""
        state = context.current
        state.trace = None
        try:
            return op.run(*[self.real(a) for a in args])
        finally:
            state.trace = self

    def _attach_view(self, op: Op, args: tuple[Any, ...], result: Any) -> None:
        outs = result if type(result) is tuple else (result,)
        held = [out.array for out in outs]
        layout = self.value(args[0]).layout
        if not all(
            np.may_share_memory(v.layout, layout) or (v.base is not None and not v.size) for v in held
        ):
            return
        for out, v in zip(outs, held, strict=True):  # a base that is reached again is a view as well
            out.array = Value(v.layout.view())
        attach_view(op, args, result, context.current)
        for out, v in zip(outs, held, strict=True):
            out.array = v

    def compute(self, op: Op, plan: Any, args: tuple[Any, ...]) -> Any:
        """The steps of an operation's kernel; its Value, or a tuple of them."""
        casts = plan.casts or (None,) * len(args)
        arrays: list[Any] = []
        for a, cast in zip(args, casts, strict=True):
            if type(a) is Tensor:
                v = self.value(a)
                arrays.append(v if cast is None else self._cast(v, cast))
            elif type(a) is tuple and any(type(t) is Tensor for t in a):
                items = tuple([self.value(t) if type(t) is Tensor else t for t in a])
                if cast is not None:
                    self.stop("a list of several dtypes")
                arrays.append(items)
            elif type(a) is Number:
                arrays.append(a if cast is None or plan_is_float(plan) else self.stop("a changing integer"))
            else:
                arrays.append(a if cast is None else cast(a))
        if op.view:
            return self._views(op, plan, arrays)
        if not plan.many and not plan.out.dtype.is_half and not any(_is_half(a) for a in arrays):
            lower = lowering(op)
            if lower is not None:
                mark = len(self.steps)
                out = lower(self, *arrays)
                if out is not None:
                    return out if out.dtype == plan.out.np else self.ufunc_cast(out, plan.out.np)
                del self.steps[mark:]
        specs = plan.out if plan.many else (plan.out,)
        outs = self.kernel(op.kernel, tuple(arrays), specs, op.name)
        return outs if plan.many else outs[0]

    def _views(self, op: Op, plan: Any, arrays: list[Any]) -> Any:
        if any(type(a) is Number for a in arrays):
            self.stop("a changing number shapes the view")
        x, *rest = arrays
        assert op.kernel is not None
        if plan.many:
            return tuple(
                [
                    self.view(lambda x, *rest, i=i: op.kernel(x, *rest)[i], x, *rest, label=op.name)  # type: ignore[misc]
                    for i in range(len(plan.out))
                ]
            )
        if x.ndim == 2 and op.name in ("transpose", "t", "permute"):
            layout = op.kernel(x.layout, *rest)
            if layout.shape == x.shape[::-1] and layout.strides == x.strides[::-1]:
                return self.view(turn, x, label="turn")
        return self.view(op.kernel, x, *rest, label=op.name)

    def _cast(self, v: Value, cast: Callable[..., Any]) -> Value:
        target = cast(np.empty(0, v.dtype)).dtype
        return self.ufunc_cast(v, target)

    def ufunc_cast(self, v: Value, target: Any) -> Value:
        """The same numbers in another dtype."""
        return self.call(cast_into, (v,), v.shape, target, alike=True)

    def apply_inplace(self, op: Op, args: tuple[Any, ...]) -> Tensor:
        """What `apply_inplace` does, without arrays."""
        args = self._renamed(op, args)
        concrete = tuple([a.value if type(a) is Number else a for a in args])
        target = args[0]
        state = context.current
        _, plan = self._plan(op, concrete, state.dtype)
        check_result(plan, target, op)
        if state.grad_enabled and not op.nondifferentiable:
            for a in args:
                for t in a if type(a) is tuple else (a,):
                    if type(t) is Tensor and t.requires_grad:
                        self.stop("an in-place change that gradients go through")
        check_overlap(op, args)
        place = self.value(target)
        if place.source is not None and type(place.source) is not External:
            self.stop("a constant is changed")
        if id(place) in self.aliased:
            self.stop("memory that another tensor shares is changed")
        out = self.compute(op, plan, args)
        if out is not place:
            self.write(place, out)
        self.bump(target)
        return target

    def bump(self, target: Tensor) -> None:
        """Count an in-place change, now and in the program."""
        counter = target.shared_counter()
        self.journal.count(counter)
        root = target.view_of.base if target.view_of is not None else target
        owner = self.by_tensor.get(id(root)) or self.by_tensor.get(id(target))
        if owner is None:
            for e in self.externals:
                if e.tensor.counter is counter:
                    owner = e
        if owner is not None:
            owner.written += 1
            owner.used = True
        elif type(root.array) is Value and isinstance(root.array.source, External):
            self.stop("memory from elsewhere is changed")

    @property
    def stream(self) -> Stream:
        return Stream(self)

    # ---------------------------------------------------------------- gradients and optimisers

    def accumulate(self, t: Tensor, g: Tensor, create: bool) -> None:
        """What `backward.accumulate` does, without arrays."""
        have = t.grad_slot
        context.current.journal.save_attributes(t, "grad_slot")
        if create and (g.requires_grad_slot or (have is not None and have.requires_grad_slot)):
            self.stop("gradients with a graph of their own")
        if have is None:
            t.grad_slot = Tensor(self.owned(self.value(g)), g.spec)  # type: ignore[arg-type]
        elif have.requires_grad_slot:
            self.stop("gradients with a graph of their own")
        else:
            place = self.value(have)
            self.write(place, self.ufunc(np.add, place, self.value(g)))
            self.bump(have)

    def owned(self, v: Value) -> Value:
        """A Value whose memory is nobody else's: the gradient that a leaf keeps."""
        out = Value(np.empty(v.shape, v.dtype))
        self.note(Step("own", np.array, (v,), (out,), "np.array"))
        return out

    def step(self, optimizer: Any) -> None:
        """An optimiser's step: the rule runs on the arrays as it is."""
        for parameter, state in zip(optimizer.parameters, optimizer.state, strict=True):
            gradient = parameter.grad_slot
            if gradient is None or parameter.is_meta:
                continue
            owner = self.by_tensor.get(id(parameter))
            if owner is None:
                self.stop("a parameter that the program cannot find")
            w, g = self.value(parameter), self.value(gradient)
            lowered = getattr(optimizer.rule, "lowered", None)
            if lowered is None or not lowered(self, w, g, state, optimizer.options):
                self.note(
                    Step("effect", optimizer.rule, (w, g, state, optimizer.options), (), optimizer.name)
                )
            self.bump(parameter)

    def option(self, options: dict[str, Any], name: str) -> Number:
        """An entry of a dictionary as it will be."""
        return Number(options[name], f"{self.named(options)}[{name!r}]", self.guards)

    def expect(self, options: dict[str, Any], **expected: Any) -> bool:
        """Guard the program by what a dictionary holds."""
        if any(options.get(name) != value for name, value in expected.items()):
            return False
        text = self.named(options)
        self.guards.extend(f"{text}.get({name!r}) == {value!r}" for name, value in expected.items())
        return True

    def named(self, thing: Any) -> str:
        """A name for an object of the program's scope."""
        for name, known in self.scope.items():
            if known is thing:
                return name
        name = f"o{len(self.scope)}"
        self.scope[name] = thing
        return name


#: the draws a program can make, and where each is told the shape; the dtype comes next
DRAWS = {"uniform": 0, "normal": 0, "bernoulli": 1, "randint": 2}


class Stream:
    """The session's random numbers during a trace: a draw becomes a step that draws."""

    def __init__(self, trace: Trace):
        self.trace = trace

    def __getattr__(self, method: str) -> Any:
        if method not in DRAWS:
            raise TraceStopped("random numbers are drawn")
        at = DRAWS[method]

        def draw(*args: Any) -> Value:
            if any(type(a) in (Value, Number) for a in args) or len(args) < at + 2:
                raise TraceStopped("random numbers are drawn")
            shape, kind = args[at], np.dtype(args[at + 1])
            out = Value(np.empty(shape, kind))
            self.trace.note(Step("kernel", Draw(method, args), (), (out,), method))
            return out

        return draw


class Draw:
    """Draws again what was drawn in a trace."""

    def __init__(self, method: str, args: tuple[Any, ...]):
        self.method = method
        self.args = args

    def __call__(self) -> Any:
        return np.asarray(getattr(context.current.generator, self.method)(*self.args))


def plan_is_float(plan: Any) -> bool:
    s = plan.out[0] if plan.many else plan.out
    return s.dtype.category >= dt.FLOAT


def _is_half(a: Any) -> bool:
    return type(a) is Value and a.dtype.itemsize == 2 and a.dtype.kind in "fV"


def cast_into(x: Any, out: Any) -> Any:
    """The same numbers in the dtype of `out`."""
    np.copyto(out, x, casting="unsafe")
    return out


def _unchanged(function: Any, args: tuple[Any, ...], layout: np.ndarray[Any, Any]) -> Value | None:
    """The factor that is the product, because the other one is 1."""
    if function is not np.multiply:
        return None
    for x, one in (args, args[::-1]):
        if type(x) is Value and type(one) is Value and isinstance(one.source, np.ndarray) and not one.ndim:
            if one.source == 1 and x.source is None and (x.shape, x.dtype) == (layout.shape, layout.dtype):
                return x
    return None


def _uniform(a: Any, shape: tuple[int, ...]) -> Any:
    """A constant of one and the same number as a 0-d array, where that broadcasts as well."""
    if type(a) is Value and isinstance(a.source, np.ndarray) and a.ndim and not any(a.strides):
        if a.size and len(shape) >= a.ndim:
            flat = np.asarray(a.source[(0,) * a.ndim])
            return Value(flat, flat)
    return a


def _layout(function: Any, args: tuple[Any, ...]) -> np.ndarray[Any, Any]:
    """An array laid out as the ufunc's result will be, as NumPy lays it out."""
    kinds, shapes, odd = [], [], False
    for a in args:
        if type(a) is Value:
            kinds.append(a.dtype)
            shapes.append(a.shape)
            odd = odd or (a.ndim > 1 and not a.flags.c_contiguous)
        elif type(a) is Number:
            kinds.append(type(a.value))
        elif isinstance(a, np.ndarray | np.generic):
            kinds.append(a.dtype)
            shapes.append(a.shape)
        else:
            kinds.append(type(a))
    if function is np.matmul:
        left, right = args[0].shape, args[1].shape
        batch = np.broadcast_shapes(left[:-2], right[:-2])
        shape: tuple[int, ...] = (*batch, *left[-2:-1], *(right[-1:] if len(right) > 1 else ()))
    else:
        shape = np.broadcast_shapes(*shapes)
    result = function.resolve_dtypes((*kinds, None))[-1]
    if not odd or function is np.matmul:
        return np.empty(shape, result)
    arrays: Any = [a.layout if type(a) is Value else a for a in args if type(a) in (Value, np.ndarray)]
    flags: Any = [["readonly"]] * len(arrays) + [["writeonly", "allocate"]]
    made = np.nditer([*arrays, None], ["zerosize_ok"], flags, [None] * len(arrays) + [result])
    return made.operands[-1]


__all__ = ["External", "Node", "Step", "Trace"]
