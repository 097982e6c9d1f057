"""Kernels are read: what a kernel writes when it is given tracers does what the kernel does, bit for bit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle import read_lines
from tensorsh import Session
from tensorsh.engine.compile.reading import read
from tensorsh.engine.compile.tape import Tape
from tensorsh.engine.compile.values import Number, Value
from tensorsh.engine.core import context
from tensorsh.engine.core.mode import Mode
from tensorsh.engine.records.op import Op
from tensorsh.engine.run.apply import planned
from tensorsh.engine.values.tensor import TENSORS
from tensorsh.ops.reduce.totals import sum_dim

Array = np.ndarray[Any, Any]


#: how the page of opaque kernels goes on with those that are read in some calls
SOMETIMES = "## In some calls"
#: reasons that are the call's, not the kernel's
ACCIDENTS = ("is given no elements", "reduces what has no")


def tape() -> Tape:
    made = Tape()
    made.guards = []
    return made


def perform(tape: Tape, result: Value, inputs: dict[int, Array]) -> Array:
    """The array that a Value stands for, by the steps that were noted."""
    known = dict(inputs)

    def array(a: Any) -> Any:
        if type(a) is not Value:
            return a
        return a.source if isinstance(a.source, np.ndarray) else known[id(a)]

    def place(out: Value) -> Array:
        return known.setdefault(id(out), np.empty_like(out.layout))

    for step in tape.steps:
        if step.kind in ("element", "check"):  # what a program asks of what it has made
            continue
        first, *rest = args = [array(a) for a in step.args]
        match step.kind:
            case "ufunc":
                step.function(*args, out=place(step.outs[0]))
            case "call":
                step.function(*args, place(step.outs[0]))
            case "reduce":
                axes, keepdims = step.options
                step.function.reduce(first, axes, None, place(step.outs[0]), keepdims)
            case "accumulate":
                step.function.accumulate(first, *step.options, None, place(step.outs[0]))
            case "write":
                np.copyto(first, *rest, casting="unsafe")
            case "view":
                known[id(step.outs[0])] = step.function(first, *step.options)
    found: Array = array(result)
    return found


def as_read(kernel: Callable[..., Any], args: list[Any], shape: tuple[int, ...]) -> Array | str:
    """What the steps of a kernel make of arrays among the arguments; or why it cannot be read."""
    notes = tape()
    given = [Value(a) if isinstance(a, np.ndarray) else a for a in args]
    found = read(notes, kernel, given, [shape], False)
    if isinstance(found, str):
        assert not notes.steps
        return found
    arrays = {id(v): a for v, a in zip(given, args, strict=True) if type(v) is Value}
    return perform(notes, found, arrays)


def all_as_read(
    kernel: Callable[..., Any], args: list[Any], shapes: list[tuple[int, ...]]
) -> list[Array] | str:
    """The same of a kernel with several results."""
    notes = tape()
    given = [Value(a) if isinstance(a, np.ndarray) else a for a in args]
    found = read(notes, kernel, given, shapes, True)
    if isinstance(found, str):
        assert not notes.steps
        return found
    arrays = {id(v): a for v, a in zip(given, args, strict=True) if type(v) is Value}
    return [perform(notes, v, dict(arrays)) for v in found]


class Checking(Mode):
    """Compares each kernel with its steps."""

    def __init__(self) -> None:
        self.read: Counter[str] = Counter()
        self.opaque: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.wrong: list[str] = []

    def apply(self, op: Op, args: tuple[Any, ...]) -> Any:
        result = op.straight(*args)
        if op.kernel is not None and not op.view and not op.draws:
            self.compare(op, args)
        return result

    def compare(self, op: Op, args: tuple[Any, ...]) -> None:
        _, plan = planned(op, args, context.current().dtype)
        if plan.meta or plan.out is None or any(type(a) is tuple for a in args):
            return
        casts = plan.casts or (None,) * len(args)
        arrays = [a.array if type(a) in TENSORS else a for a in args]
        arrays = [a if cast is None else cast(a) for a, cast in zip(arrays, casts, strict=True)]
        if any(isinstance(a, np.ndarray) and a.dtype.name in ("float16", "bfloat16") for a in arrays):
            return
        assert op.kernel is not None
        made = op.kernel(*[a.copy("K") if isinstance(a, np.ndarray) else a for a in arrays])
        wants = list(map(np.asarray, made if plan.many else [made]))
        with np.errstate(all="ignore"):
            if plan.many:
                got = all_as_read(op.kernel, arrays, [want.shape for want in wants])
            else:
                one = as_read(op.kernel, arrays, wants[0].shape)
                got = one if isinstance(one, str) else [one]
        if isinstance(got, str):
            self.opaque[op.name][got] += 1
            return
        self.read[op.name] += 1
        if not all(map(equal, got, wants)):
            self.wrong.append(f"{op.name} of {[getattr(a, 'shape', a) for a in arrays]}")


def equal(got: Array, want: Array) -> bool:
    return got.dtype == want.dtype and np.array_equal(got, want, equal_nan=want.dtype.kind in "fc")


def test_kernels_are_read_as_they_compute() -> None:
    checking = Checking()
    for case in read_lines("torch_cases.jsonl.gz")[::30]:
        check(Session(), case["program"], checking)
    assert not checking.wrong
    assert len(checking.read) > 40
    page = (Path(__file__).parents[2] / "docs" / "opaque.md").read_text(encoding="utf-8")
    told = "run: python tools/generate.py --coverage"
    for name, reasons in checking.opaque.items():
        if name not in checking.read and not any(reason.startswith(ACCIDENTS) for reason in reasons):
            assert f"`{name}`" in page, told
    for name in checking.read:
        assert f"`{name}`" not in page.partition(SOMETIMES)[0], told


def test_sums_of_small_arrays_are_read() -> None:
    x = np.random.default_rng(0).standard_normal((6, 9)).astype(np.float32)
    for dim in (0, 1):
        found = as_read(sum_dim.kernel, [x, (dim,), False, None], (9 - 3 * dim,))
        assert not isinstance(found, str), found
        np.testing.assert_array_equal(found, sum_dim.kernel(x, (dim,), False, None))


def check(session: Session, program: str, mode: Mode) -> None:
    with session.active():
        mode.below = context.current().mode
        context.current().mode = mode
    try:
        session.run(program)
    finally:
        with session.active():
            context.current().mode = mode.below


def steps(kernel: Callable[..., Any], *args: Any) -> list[str]:
    notes = tape()
    given = [Value(a) if isinstance(a, np.ndarray) else a for a in args]
    arrays = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
    assert isinstance(read(notes, kernel, given, [np.shape(kernel(*arrays))], False), Value)
    return [step.label for step in notes.steps]


def in_place(x: Any) -> Any:
    y = x - 1
    y *= 2
    np.add(y, x, y)
    return y


def by_part(x: Any) -> Any:
    y = x * 2
    y[:2] += x[1:3]
    y[1:] = x[:-1]
    top = y[:1]
    y[0:2] = 7
    return y + top


def with_numbers(x: Any) -> Any:
    total = np.add.reduce(x)  # a number of NumPy's: what is added to it makes another
    first = total
    total += 1
    return x * first + total


def like(x: Any) -> Any:
    out = np.empty_like(x)
    np.subtract(x, 1, out)
    out *= 2
    return out


def chosen(x: Any) -> Any:
    return np.where(x > 2, x, 0) + np.where(x > 1, 1, x)


def joined(x: Any) -> Any:
    return np.concatenate((x[2:], x[:2] * 2))


def lines(x: Any) -> Any:
    return sum(row * k for k, row in enumerate(x.reshape(2, 3))) + x.reshape(2, 3).T[0, 0]


@pytest.mark.parametrize("kernel", [in_place, by_part, with_numbers, like, chosen, joined, lines])
def test_what_a_kernel_changes_on_its_way(kernel: Callable[..., Any]) -> None:
    x = np.arange(6, dtype=np.float32)
    before, want = x.copy(), kernel(x)
    got = as_read(kernel, [x], want.shape)
    assert not isinstance(got, str), got
    np.testing.assert_array_equal(got, want)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(x, before)


def test_what_is_made_needs_no_memory_of_its_own() -> None:
    assert steps(in_place, np.ones(3)) == ["np.subtract", "np.multiply", "np.add"]
    assert steps(like, np.ones(3)) == ["np.subtract", "np.multiply"]
    assert steps(lambda x: x[:][...].reshape(3), np.ones(3)) == []


def changes(x: Any) -> Any:
    x += 1
    return x


def changes_a_view(x: Any) -> Any:
    x[:1] *= 2
    return x


def plain(x: Any) -> Any:
    out = np.zeros(3)
    np.add(x, 1, out)
    return out


def keeps_a_number(x: Any) -> Any:
    y = x * 2
    top = y[0]
    y[:1] = 7
    return y + top


REASONS: dict[Callable[..., Any], str] = {
    lambda x: x if x[0] > 0 else -x: "asks for a value",
    lambda x: float(x[0]) * x: "asks for a value",
    lambda x: x[x > 0]: "picks elements by an array",
    lambda x: np.asarray(x) + 1: "makes another array of its input",
    lambda x: np.sort(x): "calls np.sort",
    lambda x: x.cumsum(): "asks for .cumsum",
    lambda x: np.add.at(x, [0], 1): "calls np.add.at",
    lambda x: x[::-1]: "returns a view",
    keeps_a_number: "changes what numbers were taken from",
    plain: "fills an array that is not like its input",
    changes: "changes its input",
    changes_a_view: "changes its input",
}


@pytest.mark.parametrize("kernel", REASONS)
def test_what_ends_a_reading(kernel: Callable[..., Any]) -> None:
    assert as_read(kernel, [np.ones(3)], (3,)) == REASONS[kernel]


def test_a_changing_number_is_read_as_such() -> None:
    notes = tape()
    number = Number(2.5, "n", notes.guards)
    found = read(notes, lambda x, a: x * a + 1, [Value(np.ones(3)), number], [(3,)], False)
    assert isinstance(found, Value) and notes.steps[0].args[1] is number and not notes.guards


def test_guards_of_what_cannot_be_read_are_dropped() -> None:
    notes = tape()

    def kernel(x: Any, a: Any) -> Any:
        return x.tolist() if a > 1 else x

    assert (
        read(notes, kernel, [Value(np.ones(3)), Number(2.5, "n", notes.guards)], [(3,)], False)
        == "asks for values"
    )
    assert not notes.guards
