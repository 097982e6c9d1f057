"""The loops of a group as the text of one function in LLVM's assembly.

    void group(i64 lo, i64 hi, inputs..., outputs..., partial sums..., buffers)

does rows `lo` to `hi` of the group. Sums are added up in double precision, sums over all rows row by row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..steps import Step
from ..values import Number, Value
from . import instructions
from .code import ATTRIBUTES, STORED, TYPES, Code, literal
from .forms import COLUMN, FULL, SCALAR, VECTOR, Forms, Unknown, constant, whole_of
from .phases import Phase, Phases

#: a longer text takes LLVM longer than it saves
MOST_STEPS = 300
#: where a sum, a largest or a smallest of nothing begins
STARTS = {"add": 0.0, "maximum": -np.inf, "minimum": np.inf}


class Writer:
    """Writes one group: `ins` and `outs` are the arrays (or changing numbers) that the function is given."""

    def __init__(self, forms: Forms, phases: Phases, ins: list[Any], outs: list[Value]):
        if len(forms.group.inner) > MOST_STEPS:
            raise Unknown("a group of very many steps")
        self.forms = forms
        self.phases = phases
        self.group = forms.group
        self.code = Code()
        self.pointer: dict[int, str] = {}
        self.known: dict[int, str] = {}  # registers that hold for all rows or the whole row
        self.here: dict[int, str] = {}  # those of the element at hand
        self.ins, self.outs = ins, outs
        self.length = "%length" if forms.flat else str(forms.length)

    def text(self) -> str:
        c = self.code
        parameters = ["i64 %lo", "i64 %hi"]
        for prefix, values in (("i", self.ins), ("o", self.outs)):
            for k, v in enumerate(values):
                if type(v) is Number:
                    parameters.append(f"double %{prefix}{k}")
                else:
                    parameters.append(f"ptr noalias %{prefix}{k}")
                self.pointer[id(v)] = f"%{prefix}{k}"
        parameters += [f"ptr noalias %f{k}" for k in range(len(self.group.folds))]
        parameters.append("ptr noalias %buffers")
        self._head()
        for p, phase in enumerate(self.phases.phases):
            self._columns(phase)
            self._loop(p, phase)
        self._column_folds()
        self._tail()
        head = f"define void @group({', '.join(parameters)}) #0 {{"
        return "\n".join([head, *c.lines, "}", *sorted(c.declared), ATTRIBUTES, ""])

    # ---------------------------------------------------------------- around the rows

    def _head(self) -> None:
        c, forms = self.code, self.forms
        c.label("entry")
        for k, fold in enumerate(self.group.folds):
            if forms.folded(fold) == SCALAR:
                kind = self._sum_kind(fold)
                c.line(f"%s{k} = alloca {kind}")
                c.line(f"store {kind} {literal(STARTS[fold.function.__name__], kind)}, ptr %s{k}")
        for v in self.ins:
            self._scalar(v)
        per = forms.size // forms.group.rows
        if forms.flat:
            count = c.binary("sub", "i64", "%hi", "%lo")
            c.line(f"%length = mul i64 {count}, {per}")
            c.line(f"%start = mul i64 %lo, {per}")
            c.line("br label %row")
            c.label("row")
        else:
            c.line(f"%first = mul i64 %lo, {forms.rows // forms.group.rows}")
            c.line(f"%end = mul i64 %hi, {forms.rows // forms.group.rows}")
            c.line("br label %row")
            c.label("row")
            c.line("%row_number = phi i64 [ %first, %entry ], [ %next_row, %latch ]")
            c.line(f"%start = mul i64 %row_number, {self.length}")
        self.block = "row"
        self.row: dict[int, str] = {}  # where a whole array's row begins
        for v in (*self.ins, *self.outs):
            if type(v) is Value and id(v) not in self.known:
                form = self._form(v)
                if form == FULL:
                    self.row[id(v)] = c.address(STORED[v.dtype.name], self.pointer[id(v)], "%start")
                elif form == VECTOR:
                    self.row[id(v)] = self.pointer[id(v)]
                elif v.source is not None or id(v) not in self.phases.made:
                    place = c.address(STORED[v.dtype.name], self.pointer[id(v)], "%row_number")
                    self.known[id(v)] = c.load(v.dtype, place)
        for key, number in self.phases.buffers.items():
            self.row[key] = c.address("i8", "%buffers", str(number * forms.length * 8))

    def _scalar(self, v: Any) -> None:
        """Fetch what is the same for all rows."""
        c = self.code
        if type(v) is Number:
            self.known[id(v)] = self.pointer[id(v)]
        elif self._form(v) == SCALAR:
            self.known[id(v)] = c.load(v.dtype, self.pointer[id(v)])

    def _form(self, v: Value) -> str:
        """The form of a value, by the first step that has to do with it."""
        for step in self.group.inner:
            if any(a is v for a in (*step.args, *step.outs)):
                return self.forms.of(v, whole_of(step))
        return self.forms.of(v, v)

    def _tail(self) -> None:
        c = self.code
        if not self.forms.flat:
            c.line("br label %latch")
            c.label("latch")
            c.line("%next_row = add nuw nsw i64 %row_number, 1")
            c.line("%more_rows = icmp ult i64 %next_row, %end")
            c.line("br i1 %more_rows, label %row, label %done")
            c.label("done")
        for k, fold in enumerate(self.group.folds):
            if self.forms.folded(fold) == SCALAR:
                kind = self._sum_kind(fold)
                c.line(f"store {kind} {c.add(f'load {kind}, ptr %s{k}')}, ptr %f{k}")
        c.line("ret void")

    # ---------------------------------------------------------------- one number for each row

    def _columns(self, phase: Phase) -> None:
        for step in phase.columns:
            out = step.outs[0]
            self.known[id(out)] = self._value(step)
            self._keep_column(out)

    def _keep_column(self, out: Value) -> None:
        if id(out) in self.pointer:
            c = self.code
            place = c.address(STORED[out.dtype.name], self.pointer[id(out)], "%row_number")
            c.store(out.dtype, self.known[id(out)], place)

    def _column_folds(self) -> None:
        for k, fold in enumerate(self.group.folds):
            x = fold.args[0]
            if self.forms.of(x, x) == COLUMN:
                self._add_up(k, self.code.cast(self.known[id(x)], TYPES[x.dtype.name], self._sum_kind(fold)))

    def _add_up(self, k: int, x: str) -> None:
        """Add a row's number to the sum over all rows."""
        c, fold = self.code, self.group.folds[k]
        kind = self._sum_kind(fold)
        found = self._combine(fold, kind, c.add(f"load {kind}, ptr %s{k}"), x)
        c.line(f"store {kind} {found}, ptr %s{k}")

    # ---------------------------------------------------------------- a loop over the row

    def _loop(self, p: int, phase: Phase) -> None:
        c, group = self.code, self.group
        if not (phase.stores or phase.sums or phase.folds):
            return
        name, j = f"loop{p}", f"%j{p}"
        self.index = j
        self.here = {}
        scalars = [k for k in phase.folds if self.forms.folded(group.folds[k]) == SCALAR]
        sums: list[tuple[Step, str, str]] = []  # step, its register, its type
        for i, step in enumerate(phase.sums):
            sums.append((step, f"%sum{p}_{i}", self._sum_kind(step)))
        for k in scalars:
            sums.append((group.folds[k], f"%fold{p}_{k}", self._sum_kind(group.folds[k])))
        c.line(f"br label %{name}")
        c.label(name)
        c.line(f"{j} = phi i64 [ 0, %{self.block} ], [ {j}_next, %{name} ]")
        for step, register, kind in sums:
            start = literal(STARTS[self._operation(step)], kind)
            c.line(f"{register} = phi {kind} [ {start}, %{self.block} ], [ {register}_next, %{name} ]")
        for v in phase.loads:
            self.here[id(v)] = self._load(v)
        for step in phase.steps:
            self.here[id(step.outs[0])] = self._value(step)
        for v in phase.stores:
            place = c.address(STORED[v.dtype.name], self.row[id(v)], j)
            c.store(v.dtype, self._argument(v), place)
        for k in phase.folds:
            if k not in scalars:
                self._fold_row(k, group.folds[k])
        for step, register, kind in sums:
            self._combine(step, kind, register, self._summand(step, kind), f"{register}_next")
        c.line(f"{j}_next = add nuw nsw i64 {j}, 1")
        c.line(f"{j}_more = icmp ult i64 {j}_next, {self.length}")
        c.line(f"br i1 {j}_more, label %{name}, label %after{p}")
        self.block = f"after{p}"
        c.label(self.block)
        for i, (step, register, kind) in enumerate(sums):
            if i < len(phase.sums):
                out = step.outs[0]
                self.known[id(out)] = c.cast(f"{register}_next", kind, TYPES[out.dtype.name])
                self._keep_column(out)
            else:
                self._add_up(scalars[i - len(phase.sums)], f"{register}_next")

    def _fold_row(self, k: int, fold: Step) -> None:
        """Add the row, element by element, to the sum of all rows."""
        c, x = self.code, fold.args[0]
        place = c.address(STORED[x.dtype.name], f"%f{k}", self.index)
        before = c.load(x.dtype, place)
        kind = TYPES[x.dtype.name]
        name = fold.function.__name__
        value = self._argument(x)
        if name == "add":
            c.store(x.dtype, c.binary("fadd", kind, before, value), place)
        else:
            c.store(x.dtype, instructions.extreme(c, name, kind, before, value), place)

    def _summand(self, step: Step, kind: str) -> str:
        """What a step adds up, of the element at hand."""
        c, x = self.code, step.args[0]
        value = self._argument(x)
        if step.kind == "product":
            value = c.binary("fmul", TYPES[x.dtype.name], value, self._argument(step.args[1], x.dtype))
        if step.label == "pick":
            value = self._at_place(step.args[1], value, literal(0, TYPES[x.dtype.name]), TYPES[x.dtype.name])
        return c.cast(value, TYPES[x.dtype.name], kind)

    def _operation(self, step: Step) -> str:
        return step.function.__name__ if step.kind == "reduce" else "add"

    def _sum_kind(self, step: Step) -> str:
        """The type that a sum is added up in."""
        kind = TYPES[step.args[0].dtype.name]
        if kind not in ("float", "double"):
            raise Unknown("a sum of other numbers than floats")
        return "double" if self._operation(step) == "add" else kind

    def _combine(self, step: Step, kind: str, a: str, b: str, name: str = "") -> str:
        """Of two partial results the result, in whatever order."""
        operation = self._operation(step)
        if operation == "add":
            return self.code.binary("fadd reassoc", kind, a, b, name)
        return self.code.intrinsic(operation, kind, a, b, name=name)

    # ---------------------------------------------------------------- one element

    def _value(self, step: Step) -> str:
        """The instructions of a step; the name of its result."""
        c, out = self.code, step.outs[0]
        kind = TYPES[out.dtype.name]
        if step.kind == "view":
            return self._argument(step.args[0])
        if step.kind == "ufunc":
            dtypes = [_dtype(a) for a in step.args]
            inner = instructions.result(step.function, dtypes, out.dtype)
            as_dtype = np.dtype({"float": "f4", "double": "f8", "i1": "?", "i64": "i8", "i8": "i1"}[inner])
            args = [self._argument(a, as_dtype) for a in step.args]
            return instructions.ufunc(c, step.function, inner, args)
        if step.label == "put_one":
            value, at = step.args
            return self._at_place(at, self._argument(value, out.dtype), literal(0, kind), kind)
        if step.label == "put_one_less":
            x, value, at = step.args
            less = c.binary("fsub", kind, literal(0, kind), self._argument(x, out.dtype))
            more = c.binary("fadd", kind, less, self._argument(value, out.dtype))
            return self._at_place(at, more, less, kind)
        emit = instructions.KERNELS.get(step.label)
        if emit is None:
            raise Unknown(step.label)
        kinds = [TYPES[a.dtype.name] if type(a) is Value else "" for a in step.args]
        texts: list[Any] = []
        for i, a in enumerate(step.args):
            if type(a) in (float, int, bool, Number) or isinstance(a, np.generic | np.ndarray):
                kinds[i] = kind
                texts.append(self._argument(a, out.dtype))
            elif type(a) is Value:
                texts.append(self._argument(a))
            elif type(a) is str:
                texts.append(a)
            else:
                raise Unknown(f"an argument of {step.label}")
        return emit(c, kinds, kind, *texts)

    def _at_place(self, at: Value, there: str, elsewhere: str, kind: str) -> str:
        """One number at the place of the row that `at` tells, another elsewhere."""
        c = self.code
        if id(at) not in self.known:
            raise Unknown("places that are computed")
        column = c.add(f"trunc i64 {c.binary('sub', 'i64', self.known[id(at)], '%start')} to i32")
        index = c.add(f"trunc i64 {self.index} to i32")
        return c.select(kind, c.compare("eq", "i32", column, index), there, elsewhere)

    def _argument(self, a: Any, dtype: np.dtype[Any] | None = None) -> str:
        """The register or number of an argument, cast to `dtype`."""
        c = self.code
        fixed = constant(a)
        if fixed is not None:
            have = np.asarray(fixed).dtype if dtype is None else dtype
            return literal(fixed, TYPES[have.name])
        if type(a) is Number:
            assert dtype is not None
            return c.cast(self.known[id(a)], "double", TYPES[dtype.name])
        register = self.here.get(id(a)) or self.known.get(id(a))
        if register is None:
            register = self.here[id(a)] = self._load(a)
        return register if dtype is None else c.cast(register, TYPES[a.dtype.name], TYPES[dtype.name])

    def _load(self, v: Value) -> str:
        """The element at hand of an array in memory."""
        c = self.code
        return c.load(v.dtype, c.address(STORED[v.dtype.name], self.row[id(v)], self.index))


def _dtype(a: Any) -> Any:
    """What `resolve_dtypes` is told of an argument: Python's numbers take on the dtype of the arrays."""
    if type(a) is Number:
        return type(a.value)
    if type(a) is Value or isinstance(a, np.generic | np.ndarray):
        return a.dtype
    return type(a)
