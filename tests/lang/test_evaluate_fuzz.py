"""Random programs, run by tensorsh and by Python: the same values, the same errors, never one of our own making.

`Program` writes what the two languages share: numbers, strings, lists, functions, loops, comprehensions and
small integer tensors, for which NumPy stands in on Python's side.
"""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorsh import Session, TensorshError
from tensorsh.engine.values.tensor import Tensor

SEEDS = st.integers(0, 2**32)

NUMBERS = ["a", "b", "c"]
LISTS = ["xs", "ys"]
TEXTS = ["s", "t"]
TENSORS = ["v", "w"]
START = """a = 3; b = -2; c = 7
xs = [i for i in range(4)]; ys = list(range(2, 5))
s = "word"; t = "a b"
v = tensor([1, 2, 3]); w = tensor([[4, 5, 6], [7, 8, 9]])
def f(x, y=2): return x * y + 1
def g(n): return n if n < 2 else g(n - 1) + n % 5
"""


class Program:
    """A random program; every value stays small, so that both sides can hold it."""

    def __init__(self, seed: int, tensors: bool):
        self.random = Random(seed)
        self.tensors = tensors
        self.loops = 0

    def __str__(self) -> str:
        return START + "".join(self.statement("", 3) for _ in range(self.random.randint(1, 7)))

    def one(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    # ------------------------------------------------------------ expressions

    def number(self, depth: int) -> str:
        if depth <= 0:
            return self.one(*NUMBERS, "0", "1", "4", "-3", "2.5", "True")
        kind = self.random.randrange(16 if self.tensors else 14)
        x, y = (lambda: self.number(depth - 1)), (lambda: self.number(depth - 2))
        match kind:
            case 0 | 1 | 2:
                return f"({x()} {self.one('+', '-', '*')} {y()})"
            case 3:
                return f"({x()} {self.one('/', '//', '%')} {y()})"
            case 4:
                return f"({x()} % 10) ** {self.one('2', '0', '1')}"
            case 5:
                return f"(int({x()}) {self.one('&', '|', '^')} int({y()}))"
            case 6:
                return f"({x()} if {self.truth(depth - 1)} else {y()})"
            case 7:
                return f"{self.one('len', 'sum', 'max', 'min')}({self.list(depth - 1)})"
            case 8:
                return f"{self.list(depth - 1)}[{self.one('0', '1', '-1', y())}]"
            case 9:
                return f"f({x()}{self.one('', ', ' + y(), ', y=' + y(), ', z=1')})"
            case 10:
                return f"g(int({x()}) % 12)"
            case 11:
                return f"{self.one('abs', 'round', 'int', 'float', '-', 'bool')}({x()})"
            case 12:
                return f"(lambda u, k=2: u + k * {self.one(*NUMBERS)})({x()})"
            case 13:
                return f"{self.text(depth - 1)}.{self.one('count', 'find', 'index')}({self.one(repr('a'), repr('o'))})"
        return f"{self.tensor(depth - 1)}.{self.one('sum', 'max', 'min')}().item()"

    def truth(self, depth: int) -> str:
        if depth <= 0:
            return self.one("True", "False", "a", "xs", "s")
        x = lambda: self.number(depth - 1)  # noqa: E731
        match self.random.randrange(7):
            case 0:
                return f"({self.truth(depth - 1)} {self.one('and', 'or')} {self.truth(depth - 1)})"
            case 1:
                return f"(not {self.truth(depth - 1)})"
            case 2:
                return f"({x()} {self.one('<', '>=', '!=')} {x()} {self.one('<=', '==')} {x()})"
            case 3:
                return f"({x()} in {self.list(depth - 1)})"
            case 4:
                return f"({self.text(depth - 1)} {self.one('<', '==')} {self.text(depth - 1)})"
            case 5:
                return f"isinstance({x()}, {self.one('int', 'float', 'str')})"
        return f"({x()} {self.one('<', '>', '==', 'is')} {x()})"

    def list(self, depth: int) -> str:
        if depth <= 0:
            return self.one(*LISTS)
        x = lambda: self.number(depth - 1)  # noqa: E731
        match self.random.randrange(8):
            case 0:
                return f"[i {self.one('+', '*', '-')} {x()} for i in {self.list(depth - 1)}]"
            case 1:
                return f"[i for i in {self.list(depth - 1)} if {self.truth(depth - 1)}]"
            case 2:
                return f"[a, {x()}, b]"
            case 3:
                return f"({self.list(depth - 1)} + {self.list(depth - 1)})"
            case 4:
                return f"sorted({self.list(depth - 1)})"
            case 5:
                return f"{self.list(depth - 1)}[{self.one('1:', ':2', '::-1', ':', '5:')}]"
            case 6:
                return f"[p * q for p, q in zip({self.list(depth - 1)}, {self.list(depth - 1)})]"
        return f"list(range({self.one('3', '0', '2, 6', '5, 0, -2', x() + ' % 9')}))"

    def text(self, depth: int) -> str:
        if depth <= 0:
            return self.one(*TEXTS, '"ab"')
        match self.random.randrange(6):
            case 0:
                return f"({self.text(depth - 1)} + {self.text(depth - 1)})"
            case 1:
                return f"{self.text(depth - 1)}.{self.one('upper()', 'strip()', 'replace(' + repr('a') + ', s)')}"
            case 2:
                return f'f"{{{self.one(*NUMBERS)}{self.one("", ":.2f", "!r", "=", ":>4")}}}|{{s}}"'
            case 3:
                return f"str({self.number(depth - 1)})"
            case 4:
                return f'"-".join([str(i) for i in {self.list(depth - 1)}])'
        return f"{self.text(depth - 1)}[{self.one('0', '-1', '1:', '9')}]"

    def tensor(self, depth: int) -> str:
        if depth <= 0:
            return self.one(*TENSORS)
        match self.random.randrange(7):
            case 0 | 1:
                return f"({self.tensor(depth - 1)} {self.one('+', '-', '*')} {self.one(*TENSORS, '2', '3')})"
            case 2:
                return f"({self.tensor(depth - 1)} {self.one('//', '%')} {self.one('2', '5')})"
            case 3:
                return f"{self.tensor(depth - 1)}.reshape({self.one('-1', '3, 1', '1, 3', '-1, 1', '3, -1')})"
            case 4:
                return (
                    f"{self.tensor(depth - 1)}[{self.one('0', '-1', '1:', ':2', '..., 1', 'None', '1, 2')}]"
                )
            case 5:
                whole = f"int({self.one(*NUMBERS)}) % 5"  # of floats the two make different tensors
                return f"tensor([[{whole}, 1], [2, {self.one('0', '-3')}]])"
        return f"(-{self.tensor(depth - 1)})"

    # ------------------------------------------------------------ statements

    def block(self, indent: str, depth: int) -> str:
        return "".join(self.statement(indent + "    ", depth - 1) for _ in range(self.random.randint(1, 2)))

    def statement(self, indent: str, depth: int) -> str:
        kind = self.random.randrange(13 if self.tensors else 11) if depth > 0 else self.random.randrange(6)
        x = self.number(3)
        match kind:
            case 0:
                return f"{indent}{self.one(*NUMBERS)} = {x}\n"
            case 1:
                return f"{indent}{self.one(*NUMBERS)} {self.one('+=', '-=', '*=')} {self.number(1)}\n"
            case 2:
                # cut, or it doubles in loops until memory is full
                return f"{indent}{self.one(*LISTS)} = {self.list(3)}[:20]\n"
            case 3:
                changes = (
                    f"append({x})",
                    "pop()",
                    "reverse()",
                    f"extend({self.list(1)}[:9])",
                    "sort()",
                    "insert(0, a)",
                )
                return f"{indent}{self.one(*LISTS)}.{self.one(*changes)}\n"
            case 4:
                return f"{indent}{self.one(*TEXTS)} = {self.text(2)}[:20]\n"
            case 5:
                place = self.one("xs[0]", "ys[-1]", "a, b", "b, *ys", "xs[1:]")
                return f"{indent}{place} = {self.one('(a, b)', self.list(2) + '[:20]')}\n"
            case 6:
                other = f"{indent}else:\n{self.block(indent, depth)}" if self.one(True, False) else ""
                return f"{indent}if {self.truth(2)}:\n{self.block(indent, depth)}{other}"
            case 7:
                jump = f"{indent}    if {self.truth(1)}: {self.one('break', 'continue')}\n"
                return f"{indent}for {self.one(*NUMBERS)} in {self.list(2)}[:4]:\n{jump}{self.block(indent, depth)}"
            case 8:
                self.loops += 1
                n = f"_n{self.loops}"
                head = f"{indent}{n} = 0\n{indent}while {n} < 3:\n{indent}    {n} += 1\n"
                return head + self.block(indent, depth)
            case 9:
                name = self.one("f", "h")
                first = f"{indent}    x = x {self.one('+', '*')} {self.one(*NUMBERS, '2')}\n"
                define = f"{indent}def {name}(x, y=1):\n{first}{indent}    return x - y\n"
                return f"{define}{indent}a = {name}({self.number(1)})\n"
            case 10:
                return f"{indent}assert {self.truth(2)}, {self.text(1)}\n"
        return f"{indent}{self.one(*TENSORS)} = {self.tensor(3)}\n"


def plain(value: Any) -> Any:
    """A value as one that both sides have."""
    if isinstance(value, Tensor | np.ndarray | np.generic):
        return "tensor", list(value.shape), value.tolist()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return type(value).__name__, repr(value)


def by_python(program: str) -> tuple[dict[str, Any], str | None]:
    scope: dict[str, Any] = {"tensor": np.array}
    try:
        exec(program, scope)
    except Exception as error:
        return scope, str(error.args[0]) if error.args else ""
    return scope, None


def by_tensorsh(program: str) -> tuple[Session, str | None]:
    session = Session()
    try:
        session.run(program)
    except TensorshError as error:
        assert error.kind not in ("internal", "syntax"), f"{error.message}\n{program}"
        assert error.span is not None, program
        return session, error.message
    return session, None


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@settings(max_examples=250)
@given(SEEDS)
def test_host_values_as_in_python(seed: int) -> None:
    program = str(Program(seed, tensors=False))
    scope, complaint = by_python(program)
    session, ours = by_tensorsh(program)
    assert ours == complaint, program
    if complaint is None:
        for name in [*NUMBERS, *LISTS, *TEXTS]:
            assert plain(session[name]) == plain(scope[name]), f"{name}\n{program}"


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@settings(max_examples=150)
@given(SEEDS)
def test_integer_tensors_as_in_numpy(seed: int) -> None:
    program = str(Program(seed, tensors=True))
    with np.errstate(all="ignore"):
        scope, complaint = by_python(program)
    session, ours = by_tensorsh(program)
    assert (ours is None) == (complaint is None), f"{ours}\n{complaint}\n{program}"
    if complaint is None:
        for name in [*NUMBERS, *LISTS, *TENSORS]:
            assert plain(session[name]) == plain(scope[name]), f"{name}\n{program}"
