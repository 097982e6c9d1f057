"""A small language for kernels as machine code: values with operators, loops, memory.

    def doubled(f: Routine, x: Word, out: Word, n: Word) -> None:
        with f.loop(n) as i:
            out[i] = x[i] * 2.0

Arithmetic is IEEE's, rounded at each step, of numbers and of vectors of them alike; `fused` rounds once. Pointers are
to float32 numbers where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Union

from .code import ATTRIBUTES, Code, literal

#: what an operand may be
Given = Union["Word", int, float]

#: instructions of the operators: for floats, for integers
OPERATORS = {"+": ("fadd", "add"), "-": ("fsub", "sub"), "*": ("fmul", "mul"), "/": ("fdiv", "sdiv")}
ORDERS = {"<": ("olt", "slt"), ">": ("ogt", "sgt"), "<=": ("ole", "sle"), ">=": ("oge", "sge")}


def scalar(kind: str) -> str:
    """The type of one element of a vector."""
    return kind.rpartition(" ")[2].rstrip(">")


def width(kind: str) -> int:
    """How many elements a vector has; 1 of a number."""
    return int(kind[1:].partition(" ")[0]) if kind[0] == "<" else 1


def vector(n: int, kind: str = "float") -> str:
    return f"<{n} x {kind}>" if n > 1 else kind


class Word:
    """A number, a vector or an address in a register."""

    __slots__ = ("kind", "name", "routine")

    def __init__(self, routine: Routine, kind: str, name: str):
        self.routine, self.kind, self.name = routine, kind, name

    def _with(self, symbol: str, other: Given, turned: bool = False) -> Word:
        f = self.routine
        b = f.given(other, self.kind)
        left, right = (b, self) if turned else (self, b)
        instruction = OPERATORS[symbol][scalar(self.kind) not in ("float", "double")]
        return Word(f, self.kind, f.binary(instruction, self.kind, left.name, right.name))

    def __add__(self, other: Given) -> Word:
        return self._with("+", other)

    def __sub__(self, other: Given) -> Word:
        return self._with("-", other)

    def __mul__(self, other: Given) -> Word:
        return self._with("*", other)

    def __truediv__(self, other: Given) -> Word:
        return self._with("/", other)

    def __mod__(self, other: Given) -> Word:
        """What is left over of whole numbers."""
        return self - self / other * other

    def __rsub__(self, other: Given) -> Word:
        return self._with("-", other, turned=True)

    def __rtruediv__(self, other: Given) -> Word:
        return self._with("/", other, turned=True)

    def __neg__(self) -> Word:
        f = self.routine
        return Word(f, self.kind, f.add(f"fneg {self.kind} {self.name}"))

    def _compared(self, symbol: str, other: Given) -> Word:
        f = self.routine
        whole = scalar(self.kind) not in ("float", "double")
        b = f.given(other, self.kind)
        text = f"{'icmp' if whole else 'fcmp'} {ORDERS[symbol][whole]} {self.kind} {self.name}, {b.name}"
        return Word(f, vector(width(self.kind), "i1"), f.add(text))

    def __lt__(self, other: Given) -> Word:
        return self._compared("<", other)

    def __gt__(self, other: Given) -> Word:
        return self._compared(">", other)

    def __le__(self, other: Given) -> Word:
        return self._compared("<=", other)

    def __ge__(self, other: Given) -> Word:
        return self._compared(">=", other)

    def is_nan(self) -> Word:
        f = self.routine
        text = f"fcmp uno {self.kind} {self.name}, {self.name}"
        return Word(f, vector(width(self.kind), "i1"), f.add(text))

    def either(self, other: Word) -> Word:
        """Whether one of two conditions holds."""
        f = self.routine
        return Word(f, self.kind, f.binary("or", self.kind, self.name, other.name))

    def both(self, other: Word) -> Word:
        """Whether both of two conditions hold."""
        f = self.routine
        return Word(f, self.kind, f.binary("and", self.kind, self.name, other.name))

    def __getitem__(self, at: Given) -> Word:
        return self.routine.read("float", self, at)

    def __setitem__(self, at: Given, value: Given) -> None:
        self.routine.write(self.routine.given(value, "float"), self, at)


class Variable:
    """What changes: `value` is read and set."""

    def __init__(self, routine: Routine, kind: str, place: str):
        self.routine, self.kind, self.place = routine, kind, place

    @property
    def value(self) -> Word:
        f = self.routine
        return Word(f, self.kind, f.add(f"load {self.kind}, ptr {self.place}"))

    @value.setter
    def value(self, new: Given) -> None:
        f = self.routine
        f.line(f"store {self.kind} {f.given(new, self.kind).name}, ptr {self.place}")


class Routine(Code):
    """One function, `group`, of parameters of the given kinds."""

    def __init__(self, kinds: list[str]):
        super().__init__()
        self.kinds = kinds
        self.parameters = [Word(self, kind, f"%p{i}") for i, kind in enumerate(kinds)]
        self.variables: list[str] = []
        self.blocks = 0
        self.marks: list[str] = []  # of loops whose rounds do not depend on each other

    # ---------------------------------------------------------------- values

    def given(self, x: Given, kind: str) -> Word:
        """A number or value as one of this kind; a vector has it in every element."""
        if isinstance(x, Word):
            return x if x.kind == kind else self.every(x, width(kind))
        each = scalar(kind)
        text = str(int(x)) if each in ("i64", "i32") else literal(x, each)
        if width(kind) > 1:
            text = f"<{', '.join([f'{each} {text}'] * width(kind))}>"
        return Word(self, kind, text)

    def every(self, x: Word, n: int) -> Word:
        """The vector of n times a number."""
        kind = vector(n, x.kind)
        first = self.add(f"insertelement {kind} poison, {x.kind} {x.name}, i32 0")
        return Word(
            self, kind, self.add(f"shufflevector {kind} {first}, {kind} poison, <{n} x i32> zeroinitializer")
        )

    def variable(self, kind: str, start: Given) -> Variable:
        self.count += 1
        place = f"%m{self.count}"
        self.variables.append(f"  {place} = alloca {kind}")
        found = Variable(self, kind, place)
        found.value = start
        return found

    def call(self, function: str, *args: Word) -> Word:
        """An intrinsic function of values of one kind."""
        kind = args[0].kind
        return Word(self, kind, self.intrinsic(function, kind, *(a.name for a in args)))

    def fused(self, a: Given, b: Given, c: Given) -> Word:
        """a * b + c, rounded once."""
        kind = max((x.kind for x in (a, b, c) if isinstance(x, Word)), key=width)
        return self.call("fma", *(self.given(x, kind) for x in (a, b, c)))

    def choose(self, which: Word, a: Given, b: Given) -> Word:
        kind = next(x.kind for x in (a, b) if isinstance(x, Word))
        left, right = self.given(a, kind), self.given(b, kind)
        text = f"select {which.kind} {which.name}, {kind} {left.name}, {kind} {right.name}"
        return Word(self, kind, self.add(text))

    def least(self, a: Word, b: Word) -> Word:
        return self.choose(a < b, a, b)

    def address_of(self, which: Word, a: Word, b: Word) -> Word:
        """One of two addresses."""
        return Word(self, "ptr", self.add(f"select i1 {which.name}, ptr {a.name}, ptr {b.name}"))

    def of_number(self, function: Any, *args: Word) -> Word:
        """What another file writes for one number."""
        return Word(self, "float", function(self, *(a.name for a in args)))

    def to_float(self, x: Word) -> Word:
        """Whole numbers or doubles as float32."""
        how, kind = "fptrunc" if scalar(x.kind) == "double" else "sitofp", vector(width(x.kind))
        return Word(self, kind, self.add(f"{how} {x.kind} {x.name} to {kind}"))

    def to_double(self, x: Word) -> Word:
        """Whole numbers or float32 as doubles."""
        how, kind = "fpext" if scalar(x.kind) == "float" else "sitofp", vector(width(x.kind), "double")
        return Word(self, kind, self.add(f"{how} {x.kind} {x.name} to {kind}"))

    def element(self, x: Word, i: int) -> Word:
        return Word(self, scalar(x.kind), self.add(f"extractelement {x.kind} {x.name}, i32 {i}"))

    def part(self, x: Word, start: int, n: int) -> Word:
        """Some elements that follow each other; one is a vector of one, which is a number."""
        if n == 1:
            return self.element(x, start)
        places = ", ".join(f"i32 {i}" for i in range(start, start + n))
        text = f"shufflevector {x.kind} {x.name}, {x.kind} poison, <{n} x i32> <{places}>"
        return Word(self, vector(n, scalar(x.kind)), self.add(text))

    def joined(self, numbers: list[Word]) -> Word:
        """The vector of these numbers."""
        kind = vector(len(numbers), numbers[0].kind)
        found = "poison"
        for i, x in enumerate(numbers):
            found = self.add(f"insertelement {kind} {found}, {x.kind} {x.name}, i32 {i}")
        return Word(self, kind, found)

    def side_by_side(self, vectors: list[Word]) -> Word:
        """One vector of the elements of several, two or twice as many, and so on."""
        while len(vectors) > 1:
            pairs = zip(vectors[::2], vectors[1::2], strict=True)
            vectors = [self._pair(left, right) for left, right in pairs]
        return vectors[0]

    def _pair(self, left: Word, right: Word) -> Word:
        n = 2 * width(left.kind)
        places = ", ".join(f"i32 {i}" for i in range(n))
        text = f"shufflevector {left.kind} {left.name}, {left.kind} {right.name}, <{n} x i32> <{places}>"
        return Word(self, vector(n, scalar(left.kind)), self.add(text))

    def transposed(self, rows: list[Word]) -> list[Word]:
        """The columns of n vectors of n numbers, n a power of two: halves change places, halves of these, and so on."""
        n, kind = len(rows), rows[0].kind
        step = n
        while step > 1:
            step //= 2
            turned = list(rows)
            for i in range(n):
                if not i & step:
                    pair = f"{kind} {rows[i].name}, {kind} {rows[i + step].name}"
                    for at, shift in ((i, 0), (i + step, step)):
                        places = [k + shift if not k & step else n + k - step + shift for k in range(n)]
                        text = ", ".join(f"i32 {k}" for k in places)
                        turned[at] = Word(self, kind, self.add(f"shufflevector {pair}, <{n} x i32> <{text}>"))
            rows = turned
        return rows

    def halved(self, x: Word) -> Word:
        """The sum of a vector's elements: halves, halves of these, and so on."""
        n = width(x.kind)
        while n > 1:
            n //= 2
            x = self.part(x, 0, n) + self.part(x, n, n)
        return x

    # ---------------------------------------------------------------- memory

    def at(self, base: Word, index: Given, kind: str = "float") -> Word:
        """The address of an element."""
        i = self.given(index, "i64")
        return Word(self, "ptr", self.add(f"getelementptr {kind}, ptr {base.name}, i64 {i.name}"))

    def read(self, kind: str, base: Word, index: Given) -> Word:
        """Elements from an index on; indices count numbers, of vectors, too."""
        place = self.at(base, index, scalar(kind))
        align = {"double": 8, "i64": 8, "ptr": 8}.get(scalar(kind), 4)
        return Word(self, kind, self.add(f"load {kind}, ptr {place.name}, align {align}{self.group}"))

    def write(self, x: Word, base: Word, index: Given) -> None:
        place = self.at(base, index, scalar(x.kind))
        align = {"double": 8, "i64": 8, "ptr": 8}.get(scalar(x.kind), 4)
        self.line(f"store {x.kind} {x.name}, ptr {place.name}, align {align}{self.group}")

    def first(self, n: int, count: Word) -> Word:
        """Which elements of a vector of n are the first `count`."""
        places = ", ".join(f"i64 {i}" for i in range(n))
        kind = vector(n, "i64")
        each = self.given(count, kind)
        return Word(self, vector(n, "i1"), self.add(f"icmp slt {kind} <{places}>, {each.name}"))

    def read_some(self, n: int, base: Word, index: Given, which: Word) -> Word:
        """Chosen elements of a vector, zeros for others, which are not looked at."""
        kind, place = vector(n), self.at(base, index)
        name = f"@llvm.masked.load.v{n}f32.p0"
        self.declared.add(f"declare {kind} {name}(ptr, i32, {which.kind}, {kind})")
        text = (
            f"call {kind} {name}(ptr {place.name}, i32 4, {which.kind} {which.name}, {kind} zeroinitializer)"
        )
        return Word(self, kind, self.add(text))

    def write_some(self, x: Word, base: Word, index: Given, which: Word) -> None:
        place, name = self.at(base, index), f"@llvm.masked.store.v{width(x.kind)}f32.p0"
        self.declared.add(f"declare void {name}({x.kind}, ptr, i32, {which.kind})")
        self.line(f"call void {name}({x.kind} {x.name}, ptr {place.name}, i32 4, {which.kind} {which.name})")

    # ---------------------------------------------------------------- control

    @contextmanager
    def loop(
        self, stop: Given, start: Given = 0, step: Given = 1, independent: bool = False
    ) -> Iterator[Word]:
        """Indices from start to stop; rounds that are `independent` may be done together as vectors."""
        self.blocks += 1
        number = self.blocks
        end = self.given(stop, "i64")
        index = self.variable("i64", start)
        outer = self.group
        if independent:
            self.group = f", !llvm.access.group !{3 * number}"
            self.marks += [
                f"!{3 * number} = distinct !{{}}",
                f"!{3 * number + 1} = distinct !{{!{3 * number + 1}, !{3 * number + 2}}}",
                f'!{3 * number + 2} = !{{!"llvm.loop.parallel_accesses", !{3 * number}}}',
            ]
        self.line(f"br label %head{number}")
        self.label(f"head{number}")
        i = index.value
        self.line(f"br i1 {(i < end).name}, label %body{number}, label %end{number}")
        self.label(f"body{number}")
        yield i
        index.value = i + step
        again = f", !llvm.loop !{3 * number + 1}" if independent else ""
        self.line(f"br label %head{number}{again}")
        self.label(f"end{number}")
        self.group = outer

    @contextmanager
    def when(self, condition: Word) -> Iterator[None]:
        self.blocks += 1
        number = self.blocks
        self.line(f"br i1 {condition.name}, label %then{number}, label %after{number}")
        self.label(f"then{number}")
        yield
        self.line(f"br label %after{number}")
        self.label(f"after{number}")

    def each_column(self, rows: list[Word], n: Word, step: Callable[[Word, Word], None]) -> None:
        """Call `step` with the number of each column of rows of n numbers, and with the vector of it."""
        wide = len(rows)
        with self.loop(n / wide) as block:
            at = block * wide
            for i, column in enumerate(self.transposed([self.read(vector(wide), row, at) for row in rows])):
                step(at + i, column)
        with self.loop(n, n / wide * wide) as at:
            step(at, self.joined([row[at] for row in rows]))

    def text(self) -> str:
        head = ", ".join(f"{kind} %p{i}" for i, kind in enumerate(self.kinds))
        return "\n".join(
            [
                f"define void @group({head}) #0 {{", "entry:", *self.variables, *self.lines, "  ret void", "}",
                *sorted(self.declared), *self.marks, ATTRIBUTES, "",
            ]
        )  # fmt: skip
