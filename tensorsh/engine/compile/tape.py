"""The notes of a trace: array calls as steps, what is known of their results beforehand.

What reads kernels (`tracer`) writes them with these. A call of constants is done at once.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...kinds.ownership import PROGRAM_FILE
from ..core.readers import in_machine_code
from ..core.spec import Spec
from ..values.tensor import Tensor, make_tensor
from .one_hot import OneHot
from .steps import External, Step
from .values import Checks, Number, TraceStopped, Value, present, reshape

if TYPE_CHECKING:
    from ..core.line_clock import LineClock

#: a run that amounts to more array calls than this is left to eager evaluation
MOST_STEPS = 8_000


class Into:
    """A kernel whose `out=` is the last argument."""

    def __init__(self, kernel: Any):
        self.kernel = kernel

    def __call__(self, *args: Any) -> None:
        self.kernel(*args[:-1], out=args[-1])


class Tape:
    """Steps, and the arrays that they are about.

    constants  arrays that were made during the trace, by id
    aliased    Values that stand for two tensors
    bases      what a reshaped Value is another shape of
    marks      what else is known of a Value, by its id
    one_hot    which Values have one number in each row
    opaque     the operations whose kernels are called as they are → why they could not be read
    streams    generators from which such kernels draw, None for the session's own
    demands    questions about the values of tensors from outside, which guard the program
    viewed     id of a view → what it is a view of
    picked     id of another Value → the Value, or the tuple of them, that all its elements are from
    changed    ids of Values that were written, and of what they are views of
    """

    guards: list[str]
    clock: LineClock | None = None  # where somebody measures the lines of the program

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.given_up: list[Step] = []  # kept, for Values are told apart by their ids
        self.constants: dict[int, tuple[np.ndarray[Any, Any], Value]] = {}
        self.aliased: set[int] = set()
        self.bases: dict[int, Value] = {}
        self.marks: dict[Any, Value] = {}
        self.one_hot = OneHot(self)
        self.scope: dict[str, Any] = {}
        self.opaque: dict[str, str] = {}
        self.streams: list[Any] = []
        self.demands: list[tuple[External, Any]] = []
        self.elements = 0  # how many integers in arrays the program gets
        self.viewed: dict[int, Value] = {}
        self.picked: dict[int, Any] = {}
        self.changed: set[int] = set()

    def stop(self, reason: str) -> Any:
        raise TraceStopped(reason)

    def constant(self, array: np.ndarray[Any, Any]) -> Value:
        known = self.constants.get(id(array))
        if known is None:
            known = self.constants[id(array)] = (array, Value(array, array))
        return known[1]

    def note(self, step: Step) -> None:
        if len(self.steps) >= MOST_STEPS:
            self.stop("too long a run")
        if step.kind in ("write", "effect"):
            self._changed(step.args[0])
        if self.clock is not None:
            step.origin = self.clock.here()
        self.steps.append(step)

    def lookers(self, v: Value) -> list[Value]:
        """A Value, what it is a view of, and so on."""
        found = [v]
        while id(found[-1]) in self.viewed:
            found.append(self.viewed[id(found[-1])])
        return found

    def _changed(self, v: Value) -> None:
        self.changed.update(map(id, self.lookers(v)))

    def demand(self, v: Value, holds: Callable[[Tensor], bool]) -> bool:
        """Guard the program by a question about the values of a tensor from outside that is not written."""
        e = v.source
        if not isinstance(e, External) or e.written or not holds(make_tensor(e.array, e.tensor.spec)):
            return False
        self.demands.append((e, holds))
        return True

    def demand_of_all(self, v: Value, question: Callable[[], Any]) -> bool:
        """The same of each element of all tensors from outside that the elements of `v` are from."""
        sources: dict[int, Value] = {}
        work = [v]
        while work:
            *views, v = self.lookers(work.pop())
            found = self.picked.get(id(v))
            if any(id(each) in self.changed for each in (*views, v)):
                return False
            if isinstance(v.source, External):
                sources[id(v)] = v
            elif found is None:
                return False
            else:
                work += found if type(found) is tuple else (found,)
        for v in sources.values():
            holds = question()
            asked = any(e is v.source and known == holds for e, known in self.demands)
            if not asked and not self.demand(v, holds):
                return False
        return bool(sources)

    def element_of(self, v: Value) -> Number:
        """The integer in an array without dimensions, which the program gets when it comes there.

        What the user's program asks about it, and not an operation that takes it for a place, is not likely to be so.
        """
        self.elements += 1
        name = f"at{self.elements}"
        self.note(Step("element", int, (v,), (), name))

        def check(text: str) -> None:  # asked by `decide`, which an operator of the Number has called
            if sys._getframe(3).f_code.co_filename.startswith(PROGRAM_FILE):
                raise TraceStopped("values are looked at")
            self.note(Step("check", None, (), (), text))

        return Number(self._likely(v), name, Checks(check))

    def _likely(self, a: Any) -> Any:
        """A number that may be there: sums of it are what sums of it would be."""
        if type(a) is not Value:
            return a
        if isinstance(a.source, np.ndarray | External):
            return int(a.source if isinstance(a.source, np.ndarray) else a.source.array)
        made = self.maker(a)
        if made is not None and made.kind == "ufunc" and all(not np.ndim(present(x)) for x in made.args):
            return int(made.function(*map(self._likely, made.args)))
        return self._likely(made.args[0]) if made is not None and made.function is cast_into else 0

    def of_count(self, v: Value) -> tuple[External, Callable[[Any], Any]] | None:
        """The integer from outside that a number is computed of, if it is of one and nothing else, and how."""
        counts: dict[int, External] = {}

        def how(each: Any) -> Callable[[Any], Any]:
            if type(each) is Number:
                raise ValueError
            if type(each) is not Value or isinstance(each.source, np.ndarray):
                constant = source_of(each)
                return lambda count: constant
            if each.ndim or each.dtype.kind not in "iub" or id(each) in self.changed:
                raise ValueError
            if isinstance(each.source, External):
                counts[id(each)] = each.source
                return lambda count: count
            made = self.maker(each)
            if made is None or made.kind != "ufunc":
                raise ValueError
            function, parts = made.function, [how(a) for a in made.args]
            return lambda count: function(*[part(count) for part in parts])

        try:
            found = how(v)
        except ValueError:
            return None
        return (next(iter(counts.values())), found) if len(counts) == 1 else None

    def maker(self, v: Value) -> Step | None:
        """The step that a Value is from."""
        return next((step for step in reversed(self.steps) if any(out is v for out in step.outs)), None)

    def named(self, thing: Any) -> str:
        """A name for an object of the program's scope."""
        for name, known in self.scope.items():
            if known is thing:
                return name
        name = f"o{len(self.scope)}"
        self.scope[name] = thing
        return name

    def ufunc(self, function: Any, *args: Any) -> Value:
        """A call of a NumPy ufunc as a step; of constants it is a constant."""
        less = self.one_hot.less(*args) if function is np.subtract else None
        if less is not None:
            return less
        layout = _layout(function, args)
        if function is not np.matmul:
            args = _uniform(args, layout.shape)
        same = _unchanged(function, args, layout)
        if same is not None:
            self.aliased.add(id(same))
            return same
        if all(map(is_constant, args)):
            found = function(*map(source_of, args))
            return self.constant(np.broadcast_to(np.asarray(found, layout.dtype), layout.shape))
        out = Value(layout)
        self.note(Step("ufunc", function, args, (out,), f"np.{function.__name__}"))
        return out

    def call(
        self, function: Any, args: tuple[Any, ...], shape: tuple[int, ...], dtype: Any, alike: bool = False,
        by_place: bool = False, like: np.ndarray[Any, Any] | None = None,
    ) -> Value:  # fmt: skip
        """A function of ours that takes `out` last, as a step; `alike`: it may be its first argument.

        by_place   each element of the result comes from the elements at its place; so does what is `alike`
        like       how the result lies in memory, if it is neither like what it may be nor in order
        """
        known = self.one_hot.call(function, args)
        if known is not None:
            return known
        if like is None and alike:
            like = args[0].layout
        out = Value(np.empty(shape, dtype) if like is None else np.empty_like(like, dtype=dtype))
        self.note(Step("call", function, args, (out,), function.__name__, (alike, by_place)))
        self.one_hot.made(function, args, out)
        return out

    def by_element(self, kernel: Any, args: tuple[Any, ...], of: Spec, label: str) -> Value:
        """An element-wise kernel that takes `out=`, as a step."""
        out = Value(_by_place(args, of))
        self.note(Step("call", Into(kernel), args, (out,), label, (False, True)))
        return out

    def scan(self, function: Any, x: Value, axis: int = 0) -> Value:
        """`function.accumulate` as a step."""
        out = Value(np.empty(x.shape, x.dtype))
        if is_constant(x):
            return self.constant(function.accumulate(x.source, axis))
        self.note(Step("accumulate", function, (x,), (out,), f"np.{function.__name__}.accumulate", (axis,)))
        self.one_hot.scanned(function, x, axis, out)
        return out

    def reduce(self, function: Any, x: Value, axes: tuple[int, ...] | None, keepdims: bool) -> Value:
        """`function.reduce` as a step."""
        axes = tuple(range(x.ndim)) if axes is None else tuple(axes)
        shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes)
        kind = np.bool_ if function in (np.logical_and, np.logical_or) else x.dtype
        known = self.one_hot.total(x, axes, keepdims) if function is np.add else None
        if known is not None:
            return known
        if is_constant(x):
            return self.constant(np.asarray(function.reduce(x.source, axes, keepdims=keepdims)))
        out = Value(np.empty(shape, kind))
        self.note(Step("reduce", function, (x,), (out,), f"np.{function.__name__}.reduce", (axes, keepdims)))
        return out

    def view(self, function: Callable[..., Any], x: Value, *options: Any, label: str = "view") -> Value:
        """A view of `x` as a step; the function must return one."""
        now = present(options)
        moves = now is not options
        if isinstance(x.source, np.ndarray) and not moves:
            seen = self.constant(function(x.source, *options))
            if seen is not x:
                self.viewed.setdefault(id(seen), x)
            return seen
        layout = function(x.layout, *now)
        if label in ("reshape", "view") and x.flags.c_contiguous and layout.dtype == x.dtype:
            return self._reshaped(x, layout)
        if layout is x.layout or not np.may_share_memory(layout, x.layout):
            layout = np.asarray(layout)
        out = Value(layout)
        self.note(Step("view", function, (x,), (out,), label, options, moves))
        self.viewed[id(out)] = x
        return out

    def _reshaped(self, x: Value, layout: np.ndarray[Any, Any]) -> Value:
        """Contiguous memory under another shape: never a view of a view."""
        base = self.bases.get(id(x), x)
        if base.shape == layout.shape:
            return base
        out = Value(layout)
        self.bases[id(out)] = self.viewed[id(out)] = base
        self.note(Step("view", reshape, (base,), (out,), "reshape", (layout.shape,)))
        return out

    def kernel(
        self,
        function: Any,
        args: tuple[Any, ...],
        specs: tuple[Spec, ...],
        label: str,
        by_place: bool = False,
    ) -> Any:
        """Any function of arrays as a step; `by_place`: its results lie as its arguments do, if not seen elsewhere."""
        outs = []
        for i, s in enumerate(specs):
            key = layout_key(label, i, args)
            outs.append(Value(_by_place(args, s) if by_place and key not in layouts else laid(key, s)))
        self.note(Step("kernel", function, args, tuple(outs), label))
        return tuple(outs)

    def write(self, target: Value, value: Any, made: bool = True) -> None:
        """Put values into memory; a call that has just `made` them for that can put them there itself."""
        last = self.steps[-1] if self.steps and made else None
        self._changed(target)
        if (
            last is not None
            and (last.kind == "ufunc" or (last.kind == "call" and last.options[0] and last.args[0] is target))
            and last.outs[0] is value
            and value.shape == target.shape
            and value.dtype == target.dtype
        ):
            last.outs = (target,)
            last.over = target.again = True
        else:
            self.note(Step("write", np.copyto, (target, value), (), "np.copyto"))

    def ufunc_cast(self, v: Value, target: Any) -> Value:
        """The same numbers in another dtype."""
        return self.call(cast_into, (v,), v.shape, target, alike=True)


@in_machine_code
def cast_into(x: Any, out: Any) -> Any:
    """The same numbers in the dtype of `out`."""
    np.copyto(out, x, casting="unsafe")
    return out


#: how results of kernels lie in memory where it is not in order, as programs have found: key → strides
layouts: dict[Any, tuple[int, ...]] = {}
MOST_LAYOUTS = 1024


def layout_key(label: str, place: int, args: tuple[Any, ...]) -> Any:
    """What the layout of a kernel's result may depend on."""

    def known(a: Any) -> Any:
        if type(a) is Value:
            return a.shape, a.strides
        if type(a) is tuple:
            return tuple([known(each) for each in a])
        return a if type(a) in (bool, int, str) else type(a)

    return label, place, known(args)


def learn_layout(key: Any, strides: tuple[int, ...]) -> None:
    if len(layouts) >= MOST_LAYOUTS:
        layouts.clear()
    layouts[key] = strides


def laid(key: Any, of: Spec) -> np.ndarray[Any, Any]:
    """Memory for a result, as the last one like it had it."""
    strides = layouts.get(key)
    if strides is None:
        return np.empty(of.shape, of.np)
    order = sorted(range(of.ndim), key=lambda i: -strides[i])
    return np.empty([of.shape[i] for i in order], of.np).transpose(np.argsort(order))


def by_place(
    layouts: list[np.ndarray[Any, Any]], shape: tuple[int, ...], dtype: np.dtype[Any]
) -> np.ndarray[Any, Any]:
    """How a result lies in memory that NumPy makes of arrays element by element."""
    if not layouts or not math.prod(shape):
        return np.empty(shape, dtype)
    flags: Any = [["readonly"]] * len(layouts) + [["writeonly", "allocate"]]
    operands: Any = [*layouts, None]
    dtypes = [a.dtype for a in layouts] + [dtype]
    made = np.nditer(operands, ["zerosize_ok"], flags, dtypes, itershape=shape).operands[-1]
    assert made is not None
    return made


def _by_place(args: tuple[Any, ...], of: Spec) -> np.ndarray[Any, Any]:
    return by_place([a.layout for a in args if type(a) is Value], of.shape, of.np)


def _unchanged(function: Any, args: tuple[Any, ...], layout: np.ndarray[Any, Any]) -> Value | None:
    """What a function leaves as it is: the other factor of a product with 1."""
    if function is np.positive:
        return args[0] if args[0].source is None or type(args[0].source) is str else None
    if function is not np.multiply:
        return None
    for x, one in (args, args[::-1]):
        if type(x) is Value and type(one) is Value and isinstance(one.source, np.ndarray) and not one.ndim:
            if one.source == 1 and x.source is None and (x.shape, x.dtype) == (layout.shape, layout.dtype):
                return x
    return None


def _uniform(args: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Constants of one and the same number as 0-d arrays, where others give the result its shape."""

    def flat(a: Any) -> bool:
        constant = type(a) is Value and isinstance(a.source, np.ndarray)
        return constant and a.size > 0 and a.ndim > 0 and not any(a.strides)

    others = [a.shape for a in args if not flat(a) and isinstance(a, Value | np.ndarray)]
    if not all(map(is_constant, args)) and np.broadcast_shapes(*others) != shape:
        return args
    number = [np.asarray(a.source[(0,) * a.ndim]) if flat(a) else None for a in args]
    return tuple([a if n is None else Value(n, n) for a, n in zip(args, number, strict=True)])


def is_constant(a: Any) -> bool:
    return isinstance(a.source, np.ndarray) if type(a) is Value else type(a) is not Number


def source_of(a: Any) -> Any:
    return a.source if type(a) is Value else a


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
