"""Calls on small arrays, one after the other, as one function: a NumPy call costs more than what it computes.

Each step becomes a nest of loops over its result; what is not one instruction, and sums, whose order of additions is
NumPy's own, are done by NumPy's inner loops (`numpy_loops`). Every bit is what the calls give.

Arrays of the program's own are where they are; those made afresh or fetched in each run are given as objects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...numerics import mkl_functions, mkl_tanh, vector_sqrt
from ...numerics.class_places import PLACED
from . import functions, instructions, mkl, ordered, rows
from .code import TYPES, literal
from .forms import Unknown
from .nest import Nest, broadcast, merged
from .numpy_loops import loop, types_of
from .operands import MOST_PRODUCTS, Bases, Call

#: a loop of NumPy's: the ufunc and its types; or what makes a table of numbers, and no types
Loop = tuple[Any, str]


class Straight(Nest):
    """Writes the function of several calls."""

    def __init__(self, calls: Sequence[Call]):
        super().__init__(Bases(calls))
        self.calls = calls
        self.loops: list[Loop] = []  # whose addresses follow those in `fixed`
        for call in calls:
            self._write(call)

    def _by_element(self, call: Call, value: Callable[[list[str]], str], kinds: list[str]) -> None:
        """`value` of the arguments, as `kinds`, for each element of the result."""
        out = call.out
        aligned = [broadcast(x, out.shape) for x in call.args]

        def body(at: list[str], strides: list[list[int]], group: str) -> None:
            pairs = zip(call.args, strides, kinds, strict=False)
            args = [self._fetch(x, at, s, group, kind) for x, s, kind in pairs]
            self._put(out, value(args), at, strides[-1], group)

        self._nest(out.shape, [*aligned, out.strides], body)

    # ---------------------------------------------------------------- steps

    def _write(self, call: Call) -> None:
        if call.kind == "ufunc" and call.function is np.matmul:
            self._product(call)
        elif call.kind == "ufunc":
            self._ufunc(call)
        elif call.kind == "reduce":
            self._reduce(call)
        elif call.kind == "accumulate":
            self._accumulate(call)
        elif call.kind in ("own", "write"):
            _cast(self, call)
        elif call.function in PLACED:
            self._placed(call)
        elif call.label in WRITERS:
            WRITERS[call.label](self, call)
        else:
            raise Unknown(call.label)

    def _ufunc(self, call: Call) -> None:
        c, function = self.code, call.function
        dtypes = [x.dtype for x in call.args]
        if function.__name__ in EXACT:
            kind = instructions.result(function, dtypes, call.out.dtype)
            self._by_element(
                call, lambda args: instructions.ufunc(c, function, kind, args), [kind] * len(call.args)
            )
            return
        types = None
        if all(x.place is not None and not x.number for x in call.args):
            types = types_of(function, dtypes, call.out.dtype)
        if not types or any(x.dtype.char != t for x, t in zip(call.args, types, strict=False)):
            raise Unknown(f"{function.__name__} of {dtypes}")
        found = self._loop(function, types)
        operands = [*call.args, call.out]
        aligned = [*(broadcast(x, call.out.shape) for x in call.args), call.out.strides]
        shape, strides = merged(call.out.shape, aligned)
        inner = [s[-1] for s in strides] if shape else [0] * len(strides)

        def body(at: list[str], outer: list[list[int]], group: str) -> None:
            places = [self._place(x, at, s) for x, s in zip(operands, outer, strict=True)]
            self._call_loop(found, places, [shape[-1] if shape else 1], inner)

        self._nest(shape[:-1], [s[:-1] for s in strides], body, parallel=False)

    def _loop(self, function: np.ufunc, types: str) -> tuple[str, str]:
        """The registers with the addresses of a loop of NumPy's and of its data."""
        if loop(function, types) is None:
            raise Unknown(f"{function.__name__} of {types}")
        return self._addresses(function, types)

    def _addresses(self, function: Any, types: str = "") -> tuple[str, str]:
        """The registers with the addresses of a loop and its data; of a table, which a function without types makes."""
        if (function, types) not in self.loops:
            self.loops.append((function, types))
            k = len(self.loops) - 1
            for part, name in enumerate((f"%loop_of{k}", f"%data_of{k}")):
                self._from_table(name, len(self.fixed) + 2 * k + part)
        k = self.loops.index((function, types))
        return f"%loop_of{k}", f"%data_of{k}"

    def _call_loop(
        self, found: tuple[str, str], places: list[str], dims: list[int], steps: list[int]
    ) -> None:
        """Call one of NumPy's loops."""
        c = self.code
        for name, kind, values in (("args", "ptr", places), ("dims", "i64", dims), ("steps", "i64", steps)):
            for i, value in enumerate(values):
                c.line(f"store {kind} {value}, ptr {c.address(kind, f'%{name}', str(i))}")
        function, data = found
        c.line(f"call void {function}(ptr %args, ptr %dims, ptr %steps, ptr {data})")

    def _product(self, call: Call) -> None:
        a, b, out = *call.args, call.out
        if not (len(a.shape) == len(b.shape) == 2 and a.dtype == b.dtype == out.dtype):
            raise Unknown("a product of other arrays than matrices")
        if a.shape[0] * a.shape[1] * b.shape[1] > MOST_PRODUCTS or any(
            x.value is not None or x.number for x in call.args
        ):
            raise Unknown("a large product")
        found = self._loop(np.matmul, f"{a.dtype.char}{a.dtype.char}->{a.dtype.char}")
        dims = [1, a.shape[0], a.shape[1], b.shape[1]]
        steps = [0, 0, 0, *a.strides, *b.strides, *out.strides]
        self._call_loop(found, [self.bases[x.place] for x in (a, b, out)], dims, steps)

    def _reduce(self, call: Call) -> None:
        """NumPy's loop along the axis for each result; where the axis is not the last, row upon row."""
        x, out, axis = call.args[0], call.out, call.axis
        if x.dtype != out.dtype or any(n == 0 for n in x.shape):
            raise Unknown("a reduction")
        found = self._loop(call.function, f"{x.dtype.char}{x.dtype.char}->{out.dtype.char}")
        if list(x.strides) != sorted(x.strides, reverse=True) or x.value is not None:
            raise Unknown("a reduction in another order")
        n = x.shape[axis]
        rest = [i for i in range(len(x.shape)) if i != axis]
        shape = [x.shape[i] for i in rest]
        kept = [x.strides[i] for i in rest]
        into = list(out.strides)
        if len(into) == len(x.strides):  # with a dimension of one in the place of the axis
            into = [into[i] for i in rest]
        kind = TYPES[x.dtype.name]
        step = x.strides[axis]
        last = max((i for i, m in enumerate(x.shape) if m > 1), default=axis)
        skipped = 0 if call.function is np.add else 1  # NumPy adds to 0, so that -0.0 becomes 0.0

        def first(at: list[str], strides: list[list[int]], group: str) -> None:
            value = self._fetch(x, at, strides[0], group, kind) if skipped else literal(0, kind)
            self._put(out, value, at, strides[1], group)

        def others(at: list[str], strides: list[list[int]], group: str) -> None:
            """Of one result."""
            source = self.code.add(
                f"getelementptr i8, ptr {self._place(x, at, strides[0])}, i64 {step * skipped}"
            )
            target = self._place(out, at, strides[1])
            self._call_loop(found, [target, source, target], [n - skipped], [0, step, 0])

        self._nest(shape, [kept, into], first)
        if n == skipped:
            return
        if last == axis:
            self._nest(shape, [kept, into], others, parallel=False)
            return
        if call.function is not np.add or kind not in ("float", "double"):
            raise Unknown("an extreme across rows")
        before = [k for k, i in enumerate(rest) if i < axis]
        after = [k for k, i in enumerate(rest) if i > axis]

        def along(at: list[str], strides: list[list[int]], group: str) -> None:
            """One row after the other onto the result."""
            source = self._moved(x, self._place(x, at, strides[0]))
            target = self._moved(out, self._place(out, at, strides[1]))

            def add(at: list[str], strides: list[list[int]], group: str) -> None:
                have = self._fetch(target, at, strides[1], group, kind)
                value = self._fetch(source, at, strides[0], group, kind)
                self._put(target, self.code.binary("fadd", kind, have, value), at, strides[1], group)

            self._nest([shape[k] for k in after], [[kept[k] for k in after], [into[k] for k in after]], add)

        outer = [[*(kept[k] for k in before), step], [*(into[k] for k in before), 0]]
        self._nest([*(shape[k] for k in before), n], outer, along, parallel=False)

    def _accumulate(self, call: Call) -> None:
        x, out, axis = call.args[0], call.out, call.axis
        kind = TYPES[x.dtype.name]
        if call.function is not np.add or kind not in ("float", "double") or x.dtype != out.dtype:
            raise Unknown("an accumulation")
        rest = [i for i in range(len(x.shape)) if i != axis]
        outer = [[s.strides[i] for i in rest] for s in (x, out)]

        def first(at: list[str], strides: list[list[int]], group: str) -> None:
            self._put(out, self._fetch(x, at, strides[0], group, kind), at, strides[1], group)

        def next_one(at: list[str], strides: list[list[int]], group: str) -> None:
            sum_ = self.code.binary(
                "fadd",
                kind,
                self._fetch(out, at, strides[1], group, kind),
                self._fetch(shifted, at, strides[0], group, kind),
            )
            self._put(shifted_out, sum_, at, strides[1], group)

        self._nest([x.shape[i] for i in rest], outer, first)
        if x.shape[axis] == 1:
            return
        shifted, shifted_out = (
            self._moved(
                s, self.code.add(f"getelementptr i8, ptr {self.bases[s.place]}, i64 {s.strides[axis]}")
            )
            for s in (x, out)
        )
        shape = [*(x.shape[i] for i in rest), x.shape[axis] - 1]
        self._nest(
            shape,
            [[*o, s.strides[axis]] for o, s in zip(outer, (x, out), strict=True)],
            next_one,
            parallel=False,
        )

    def _joined(self, call: Call) -> None:
        """One vector after the other."""
        out, place, kind = call.out, self.bases[call.out.place], TYPES[call.out.dtype.name]
        for x in call.args:
            pair = x, self._moved(out, place)

            def copied(at: list[str], strides: list[list[int]], group: str, pair: Any = pair) -> None:
                self._put(pair[1], self._fetch(pair[0], at, strides[0], group, kind), at, strides[1], group)

            self._nest(x.shape, [x.strides, out.strides], copied)
            place = self.code.add(f"getelementptr i8, ptr {place}, i64 {x.shape[0] * out.strides[0]}")

    def _placed(self, call: Call) -> None:
        """What has to do with one element of each row of a matrix, at its flat place."""
        c, out = self.code, call.out
        kind, at_kind = TYPES[out.dtype.name], "i64"
        *_, places = call.args
        if call.label == "pick":
            x = call.args[0]

            def picked(at: list[str], strides: list[list[int]], group: str) -> None:
                place = self._fetch(places, at, strides[0], group, at_kind)
                value = self._fetch(x, [place], [x.dtype.itemsize], group, kind)
                self._put(out, value, at, strides[1], group)

            self._nest(out.shape, [places.strides, out.strides], picked)
            return
        value = call.args[-2]
        source = call.args[0] if call.label == "put_one_less" else None

        def fill(at: list[str], strides: list[list[int]], group: str) -> None:
            zero = literal(0, kind)
            if source is not None:
                zero = c.binary("fsub", kind, zero, self._fetch(source, at, strides[0], group, kind))
            self._put(out, zero, at, strides[1], group)

        def mark(at: list[str], strides: list[list[int]], group: str) -> None:
            place = self._fetch(places, at, strides[0], group, at_kind)
            there = self._fetch(value, [], [], group, kind)
            if source is not None:
                have = self._fetch(out, [place], [out.dtype.itemsize], group, kind)
                there = c.binary("fadd", kind, have, there)
            self._put(out, there, [place], [out.dtype.itemsize], group)

        self._nest(out.shape, [(source or out).strides, out.strides], fill)
        self._nest(places.shape, [places.strides], mark)


def _cast(straight: Straight, call: Call) -> None:
    straight._by_element(call, lambda args: args[0], [TYPES[call.out.dtype.name]])


def _masked(straight: Straight, call: Call) -> None:
    kind = TYPES[call.out.dtype.name]
    code = straight.code
    straight._by_element(call, lambda args: code.select(kind, args[2], args[1], args[0]), [kind, kind, "i1"])


def _passed(straight: Straight, call: Call) -> None:
    kind = TYPES[call.out.dtype.name]
    straight._by_element(
        call, lambda args: functions.passed(straight.code, args[0], args[1], kind), [kind] * 2
    )


def _added(straight: Straight, call: Call) -> None:
    kind = TYPES[call.out.dtype.name]
    straight._by_element(
        call, lambda args: instructions.added(straight.code, [kind] * 2, kind, *args), [kind] * 3
    )


def _function(
    value: Callable[..., str], table: Callable[[], Any] | None = None, kinds: tuple[str, ...] = ("float",)
) -> Callable[[Straight, Call], None]:
    """What writes a function of the elements, which has numbers in a table or not."""

    def write(straight: Straight, call: Call) -> None:
        numbers = () if table is None else straight._addresses(table)[:1]
        straight._by_element(call, lambda args: value(straight.code, *args, *numbers), list(kinds))

    return write


#: what writes the functions that say that they are in machine code (`core.readers.in_machine_code`)
WRITERS: dict[str, Callable[[Straight, Call], None]] = {
    "added": _added,
    "cast_into": _cast,
    "combined": _function(instructions.combined, kinds=("double",) * 3),
    "exp": _function(functions.vector_exp),
    "followed": ordered.write,
    "fused": ordered.write_fused,
    "joined": Straight._joined,
    "log": _function(functions.vector_log),
    "log1p": _function(functions.vector_log1p),
    "masked": _masked,
    "mkl_exp": _function(mkl.exp, mkl_functions.powers),
    "mkl_log": _function(mkl.log),
    "passed": _passed,
    "mkl_tanh": _function(mkl.tanh, mkl_tanh.table),
    "row_products": rows.write,
    "row_totals": rows.write,
    "sqrt": _function(functions.vector_sqrt, vector_sqrt.fractions),
}

#: ufuncs that are one instruction, rounded as NumPy rounds it
EXACT = frozenset(
    {*instructions.ARITHMETIC, *instructions.COMPARISONS, *instructions.LOGICAL, "negative", "absolute", "sqrt",
     "square", "reciprocal", "logical_not"}
)  # fmt: skip
