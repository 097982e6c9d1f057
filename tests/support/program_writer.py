"""Random programs in the part of the language that is Python's, for comparing the two parsers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

NAMES = [
    "a",
    "b",
    "x",
    "grad",
    "on",
    "wrt",
    "param",
    "backward",
    "graph",
    "explain",
    "retain",
    "load",
    "_",
    "变",
    "µ",
]
INTS = ["0", "7", "1_000", "0x1F", "0b101", "0o17", "00", str(10**30)]
FLOATS = ["1.", ".5", "1e5", "1.e-3", "1E+2", "1_0.5", "1e400", "0.1", "123.456"]
STRINGS = ["'it'", '"\\n\\x41"', "'''a\nb'''", r"R'\d'", "u''", "'a' \"b\"", "'\\\n'", '"é€"']
BINARY = ["+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>"]
COMPARISONS = ["<", "<=", ">", ">=", "==", "!=", "in", "not in", "is", "is not"]
TARGETS = ["a", "a, b", "a, *b", "(a, b), c", "[a, b]", "a.b", "a[1:, None]", "a,"]
FORMATS = ["", "!r", "!s", ":>8", ":{b}", "!r:{b}.3", ":.{b}f", "=", " = ", "=!s", "=:>{b}"]


class Writer:
    """Writes one program from one seed."""

    def __init__(self, seed: int):
        self.random = Random(seed)
        self.one_of = self.random.choice

    def maybe(self, *texts: str) -> str:
        return self.one_of(["", *texts])

    def several(self, write: Callable[..., str], *arguments: int, least: int = 0, most: int = 3) -> str:
        return ", ".join(write(*arguments) for _ in range(self.random.randint(least, most)))

    # -------------------------------------------------------------- expressions

    def expression(self, depth: int) -> str:
        if depth == 0 or self.random.random() < 0.15:
            return self.one_of([self.name, self.number, self.number, lambda: self.one_of(STRINGS)])()
        return self.one_of(
            [
                *(self.binary, self.comparison, self.logical, self.unary, self.conditional, self.bracketed),
                *(self.attribute, self.index, self.call, self.brackets, self.tuple, self.comprehension),
                *(self.dictionary, self.set),
                *(self.generator, self.function, self.fstring, lambda depth: self.literal()),
            ]
        )(depth - 1)

    def name(self) -> str:
        return self.one_of(NAMES)

    def number(self) -> str:
        return self.one_of([*INTS, *FLOATS, "2j", "1.5J", "True", "False", "None", "..."])

    def binary(self, depth: int) -> str:
        space = self.maybe(" ")
        return f"{self.expression(depth)}{space}{self.one_of(BINARY)}{space}{self.expression(depth)}"

    def comparison(self, depth: int) -> str:
        words = [self.expression(depth)]
        for _ in range(self.random.randint(1, 2)):
            words += self.one_of(COMPARISONS), self.expression(depth)
        return " ".join(words)

    def logical(self, depth: int) -> str:
        words = [self.expression(depth)]
        for _ in range(self.random.randint(1, 3)):
            words += self.one_of(["and", "or"]), self.expression(depth)
        return " ".join(words)

    def unary(self, depth: int) -> str:
        return self.one_of(["-", "+", "~", "not ", "- "]) + self.expression(depth)

    def conditional(self, depth: int) -> str:
        return f"{self.expression(depth)} if {self.expression(depth)} else {self.expression(depth)}"

    def bracketed(self, depth: int) -> str:
        return f"({self.maybe(' ', chr(10), '# why' + chr(10))}{self.expression(depth)})"

    def attribute(self, depth: int) -> str:
        return f"{self.bracketed(depth)}.{self.name()}"

    def index(self, depth: int) -> str:
        return f"{self.bracketed(depth)}[{self.several(self.item, depth, least=1)}{self.maybe(',')}]"

    def item(self, depth: int) -> str:
        fixed = [":", "1:", ":-1", "::2", "...", "None", "1:2:", f"a:{self.expression(depth)}"]
        return self.one_of([*fixed, *[self.expression(depth)] * 4])

    def call(self, depth: int) -> str:
        plain = self.several(self.argument, depth)
        names = self.random.sample(NAMES, self.random.randint(0, 2))
        named = ", ".join(f"{name}={self.expression(depth)}" for name in names)
        rest = self.maybe("**a")
        return f"{self.name()}({', '.join(filter(None, [plain, named, rest]))})"

    def argument(self, depth: int) -> str:
        return self.maybe("*") + self.expression(depth)

    def brackets(self, depth: int) -> str:
        return f"[{self.several(self.element, depth)}]"

    def element(self, depth: int) -> str:
        return self.one_of([self.expression(depth), self.expression(depth), f"*({self.expression(depth)})"])

    def tuple(self, depth: int) -> str:
        return f"({self.several(self.element, depth, least=1)},)"

    def comprehension(self, depth: int) -> str:
        clauses = "".join(self.clause(depth) for _ in range(self.random.randint(1, 2)))
        item = self.expression(depth)
        opening, closing = self.one_of(["[]", "[]", "{}"])
        if opening == "{" and self.random.random() < 0.5:
            item = f"{item}: {self.expression(depth)}"
        return f"{opening}{item}{clauses}{closing}"

    def dictionary(self, depth: int) -> str:
        return f"{{{self.several(self.entry, depth)}{self.maybe(' ', chr(10))}}}"

    def entry(self, depth: int) -> str:
        if self.random.random() < 0.2:
            return f"**({self.expression(depth)})"
        return f"{self.expression(depth)}: {self.expression(depth)}"

    def set(self, depth: int) -> str:
        return f"{{{self.several(self.element, depth, least=1)}{self.maybe(',')}}}"

    def generator(self, depth: int) -> str:
        return f"{self.maybe('sum')}({self.expression(depth)}{self.clause(depth)})"

    def clause(self, depth: int) -> str:
        condition = self.maybe(f" if ({self.expression(depth)})")
        return (
            f" for {self.one_of(['a', 'a, b', 'a, *b', '(a, b)'])} in ({self.expression(depth)}){condition}"
        )

    def function(self, depth: int) -> str:
        parameters = self.one_of(["", " a", " a, b=1", " *a", " a, *, b, c=2", " a, *b, c, **d"])
        return f"(lambda{parameters}: {self.expression(depth)})"

    def fstring(self, depth: int) -> str:
        pieces = []
        for _ in range(self.random.randint(0, 4)):
            value = self.expression(min(depth, 1))
            # Python before 3.12 wants other quotes, and no backslashes or comments, inside the braces.
            if self.random.random() < 0.5 or set(value) & set("\"'\\#\n") or "lambda" in value:
                pieces.append(self.one_of(["text ", "{{", "}}", "\\n", "\\x41", "é", "\\N{BULLET}"]))
            else:
                pieces.append(f"{{ {value}{self.one_of(FORMATS)}}}")
        return f'f"{"".join(pieces)}"'

    def literal(self, depth: int = 2) -> str:
        if depth and self.random.random() < 0.5:
            inside = self.several(self.literal, depth - 1, least=1)
        else:
            inside = self.several(self.signed, least=1, most=5)
        return f"[{self.maybe(' ', chr(10))}{inside}{self.maybe(',', ' , ')}]"

    def signed(self) -> str:
        number = (
            self.maybe("-", "+", "- -") + self.one_of([*INTS, *FLOATS, "2j"]) + self.maybe("+2j", " - 1.5j")
        )
        return self.one_of([number, number, f"({number})", f"-({number})", "True"])

    # -------------------------------------------------------------- statements

    def program(self) -> str:
        return "\n".join(self.statement(3) for _ in range(self.random.randint(1, 4)))

    def statement(self, depth: int) -> str:
        if depth == 0 or self.random.random() < 0.6:
            return self.simple(3)
        return self.one_of(
            [self.branches, self.loop, self.repeat, self.within, self.definition, self.inline]
        )(depth - 1)

    def simple(self, depth: int) -> str:
        value = self.expression(depth)
        return self.one_of(
            [
                *[value] * 3,
                *[f"{self.one_of(TARGETS)} = {value}"] * 3,
                f"{self.one_of(TARGETS)} = {self.one_of(TARGETS)} = {value}, *a",
                f"{self.name()} {self.one_of(BINARY)}= {value}",
                f"assert ({value}), 'why'",
                *("pass", "del a, b[0]", "import torch", "from torch import *  # all of it"),
                *("import torch.nn as nn", "from .data import rows as X, columns"),
            ]
        )

    def block(self, header: str, depth: int, *last: str) -> str:
        lines = [line for _ in range(self.random.randint(1, 2)) for line in [self.statement(depth)]]
        body = "\n".join([*lines, *last])
        if any(mark in body for mark in ("'''", "\\\n", "(\n", "[\n", "# why\n")):
            body = "\n".join(["a", *last])  # indenting would change a string that has lines
        indent = self.one_of(["  ", "    ", "\t"])
        return f"{header}:{self.maybe(' # why')}\n" + "\n".join(indent + line for line in body.split("\n"))

    def branches(self, depth: int) -> str:
        middle = self.maybe(self.block(f"elif {self.name()}", depth) + "\n")
        return f"{self.block('if a', depth)}\n{middle}{self.block('else', depth)}"

    def loop(self, depth: int) -> str:
        target = self.one_of(["a", "a, b", "(a, b), c", "a.b, c[0]", "[a, b]"])
        return self.block(f"for {target} in {self.expression(1)}", depth, self.one_of(["break", "continue"]))

    def repeat(self, depth: int) -> str:
        return self.block(f"while {self.expression(1)}", depth) + self.maybe("\n" + self.block("else", depth))

    def within(self, depth: int) -> str:
        return self.block(f"with {self.one_of(['a()', 'a() as b', 'a, b as c', 'a as (b, c)'])}", depth)

    def definition(self, depth: int) -> str:
        parameters = self.one_of(["", "a", "a, b=1", "*a", "a: int, *, b: float = 2", "a, *b, c, **d"])
        return self.block(f"def f({parameters}){self.maybe(' -> int')}", depth, "return a, b")

    def inline(self, depth: int) -> str:
        return f"if a: {self.simple(1)}; {self.simple(1)}"
