"""Inputs that nobody would type, each made from random numbers: bytes, programs, mutated programs, calls."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]

# ------------------------------------------------------------------ texts


@cache
def texts() -> list[str]:
    """Programs that people wrote, and programs that were recorded."""
    found = [path.read_text("utf-8") for path in sorted((ROOT / "samples").glob("*.*"))]
    for path in sorted((ROOT / "tests" / "data").glob("*programs.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found += [row["program"] for row in map(json.loads, file) if isinstance(row.get("program"), str)]
    return [each for each in found if len(each) < 6000]


TOKEN = re.compile(r"\s+|\w+|\"[^\"\n]*\"|'[^'\n]*'|[^\w\s]")
PUT = """
( ) [ ] { } : , = * ** lambda yield in not is else None ... . -> := @ return break import from as del \\ " ' ; ! $ ?
1e 0x 1_ -1 0 1 2**63 10**400 nan inf -0.0 1j True "" [] () {} [[]] print match case type f" u / finally: try: class def
if rr'' b'e' await async 变 \x00 \x0c \ud800 \u2028 self super() __class__ __dict__ len sum range(3) tensor([]) ones(0)
param grad backward graph explain wrt with retain create on cpu meta float16 int64 bool complex64 requires_grad=True
no_grad() x w y .grad .data .T [None] [...] [::2] [-1] .item() .sum() .backward() .detach() .numpy() += @= //= <<=
"""
WORDS = [*PUT.split(), "\t", "\n", "\n    ", "    ", "\r"]


def mutated(random: Random) -> str:
    """A program with a few tokens taken out, doubled, exchanged, replaced, or lines from another."""
    text = random.choice(texts())
    tokens = TOKEN.findall(text)
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        here, there = random.randrange(len(tokens)), random.randrange(len(tokens))
        match random.randrange(8):
            case 0:
                del tokens[here : here + random.choice((1, 1, 3, 20))]
            case 1:
                tokens.insert(here, tokens[there])
            case 2:
                tokens[here], tokens[there] = tokens[there], tokens[here]
            case 3:
                lines = random.choice(texts()).splitlines()
                at = random.randrange(len(lines) or 1)
                tokens.insert(here, "\n" + "\n".join(lines[at : at + 3]) + "\n")
            case 4:
                del tokens[max(here, 1) :]
            case _:
                tokens[here] = random.choice(WORDS)
        if not tokens:
            break
    return "".join(tokens)


def noise(random: Random) -> str:
    """Bytes, characters or words."""
    size = random.choice((1, 5, 30, 200))
    head = random.choice(("", "", "import torch\n"))
    match random.randrange(3):
        case 0:
            return head + random.randbytes(size).decode("utf-8", "surrogateescape")
        case 1:
            return head + "".join(
                chr(random.choice((random.randrange(128), random.randrange(0x3000)))) for _ in range(size)
            )
    return head + random.choice(("", " ")).join(random.choice(WORDS) for _ in range(size))


def grammatical(random: Random) -> str:
    """A program that a grammar makes: of classes and exceptions, of loops, of instances, or of anything at all."""
    from instance_writer import InstanceProgram
    from loop_writer import LoopProgram
    from program_writer import Writer
    from python_writer import program

    seed = random.randrange(10**9)
    match random.randrange(5):
        case 0:
            return "import torch\n" + program(seed)
        case 1:
            return LoopProgram(seed).program
        case 2:
            return InstanceProgram(seed).program
        case 3:
            return "import torch\n" + Writer(seed).program()
    return "a = x = [1., 2.]; b = 3; on = [4, 5]; load = retain = wrt = ones(2)\n" + Writer(seed).program()


# ------------------------------------------------------------------ calls

#: what calls are made with, in both kinds of program
VALUES = """
0
1
-1
2
3
7
2 ** 31
2 ** 63
-(2 ** 63)
10 ** 40
0.
1.5
-0.5
1e300
float("nan")
float("inf")
2j
True
False
None
...
""
"a"
"mean"
"sum"
"none"
"ij,jk->ik"
"cpu"
"bilinear"
"float32"
b"x"
[]
[0]
[1, 0]
[2, 3]
[-1]
[[1, 2], [3]]
[[0., 1.], [2., 3.]]
[None, None]
["a"]
()
(1,)
(2, 2)
(0, 0, 0)
(-1, 1)
{}
{"a": x}
{1, 2}
range(3)
slice(None)
slice(0, 9, -1)
len
int
lambda *a: a[0] if a else 1
lambda *a, **k: 1 / 0
iter([1, 2])
(i for i in [x, m])
torch.float16
torch.int64
torch.bool
torch.complex64
torch.device("meta")
torch.strided
torch.Size([2])
torch.Generator()
x
w
m
m.T
sq
t3
t4
n
n2
b
c
h
u8
empty
empty2
scalar
nan
wide
meta
w * 2
[x, x]
[x, m]
(m, m)
[w, x]
x.expand(3, 2)
m[:, 0]
torch.zeros(2, 0, 3)
torch.ones(1, 1, 4, 4)
torch.arange(5)
np.ones(2)
np.array(["a"], dtype=object)
module
Boom()
"""
PREPARED = """
import torch, numpy as np
x = torch.tensor([1., 2.])
w = torch.tensor([0.5, -1.], requires_grad=True)
m = torch.arange(6.).reshape(2, 3)
sq = torch.tensor([[2., 1.], [1., 3.]])
t3 = torch.ones(2, 3, 4)
t4 = torch.ones(1, 2, 4, 4)
n = torch.tensor([1, 0])
n2 = torch.tensor([[0, 1], [1, 1]])
b = torch.tensor([True, False])
c = torch.tensor([1 + 2j, 3j])
h = torch.tensor([1., 2.], dtype=torch.float16)
u8 = torch.tensor([1, 255], dtype=torch.uint8)
empty, empty2 = torch.tensor([]), torch.zeros(0, 3)
scalar, nan = torch.tensor(2.), torch.tensor([float("nan"), 1.])
wide = torch.ones(1).expand(1000)
meta = torch.ones(2, 3, device="meta")
module = torch.nn.Linear(2, 3)
class Boom:
    def __getattr__(self, name): raise ValueError(name)
    def __len__(self): raise ValueError("len")
    def __iter__(self): yield 1; raise ValueError("iter")
    def __index__(self): raise ValueError("index")
    def __float__(self): raise ValueError("float")
    def __eq__(self, other): raise ValueError("eq")
    def __hash__(self): raise ValueError("hash")
    def __repr__(self): raise ValueError("repr")
"""
LOOK = [
    "x",
    "w",
    "m",
    "sq",
    "t3",
    "t4",
    "n",
    "n2",
    "b",
    "c",
    "h",
    "u8",
    "empty",
    "empty2",
    "scalar",
    "nan",
    "wide",
    "meta",
    "w.grad",
    "module.weight",
]
OPERATORS = [
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "@",
    "&",
    "|",
    "^",
    "<<",
    ">>",
    "<",
    "==",
    "!=",
    ">=",
    "in",
    "is",
]
STATEMENTS = [
    "{a}[{b}]",
    "{a}[{b}] = {c}",
    "{a} {o}= {b}",
    "-{a}",
    "~{a}",
    "{a} {o} {b}",
    "del {a}[{b}]",
    "{a}, q = {b}",
]
STATEMENTS += ["print({a}, {b})", "f'{{{a}:{f}}}'", "{a}({b}, {c})", "{a} if {b} else {c}", "assert {a}, {b}"]
STATEMENTS += [
    "backward {a} with {b}",
    "grad {a} wrt {b}",
    "explain {a}",
    "graph {a}",
    "raise {a}",
    "with {a}: {b}",
]
STATEMENTS += [
    "for q in {a}: {b}",
    "[q for q in {a} if q == {b}]",
    "{a}.{d} = {b}",
    "class Q({a}): pass",
    "q: {a} = {b}",
]
STATEMENTS += [
    "{a} as float16",
    "param q: float32[2] = {a}",
    "match {a}:\n    case {{'a': q}} | [q, *_]: {b}",
]
MODULES = [
    "math",
    "cmath",
    "itertools",
    "functools",
    "operator",
    "statistics",
    "bisect",
    "heapq",
    "fractions",
    "decimal",
    "string",
    "re",
    "json",
    "copy",
]
MODULES += [
    "struct",
    "array",
    "textwrap",
    "pprint",
    "base64",
    "binascii",
    "codecs",
    "unicodedata",
    "difflib",
    "datetime",
    "random",
    "pickle",
    "colorsys",
]
NAMESPACES = [
    "torch",
    "torch.nn.functional",
    "torch.linalg",
    "torch.fft",
    "torch.special",
    "torch.nn",
    "torch.nn.init",
    "torch.optim",
]
NAMESPACES += [
    "torch.autograd",
    "torch.autograd.functional",
    "torch.func",
    "torch.distributions",
    "torch.utils.data",
]
NAMESPACES += ["torch.nn.utils", "torch.optim.lr_scheduler", "torch.testing", "torch.random"]
NUMPYS = ["numpy", "numpy.linalg", "numpy.fft", "numpy.random"]
HAS = """
def has(value, name):
    try: return callable(getattr(value, name))
    except Exception: return False
"""
#: what waits for a person or for a time that is said
WAITS = frozenset({"sleep", "input", "pause"})


@cache
def callables() -> list[str]:
    """All functions that programs can call, and the methods of tensors, arrays and Python's own values."""
    from tensorsh import Session

    session = Session(seed=0)
    session.run(PREPARED)
    found = []
    for name in (*NAMESPACES, *NUMPYS, *MODULES):
        try:
            session.run(f"import {name}")
            names = session.run(
                f"[n for n in dir({name}) if n[0] != '_' and callable(getattr({name}, n, 0))]"
            )[0]
        except Exception:
            continue
        found += [f"{name}.{each}" for each in names if each not in WAITS]
    session.run(HAS)
    for value in (
        "x",
        "w",
        "m",
        "n",
        "module",
        "np.ones(2)",
        "'ab'",
        "[1, 2]",
        "{1: 2}",
        "{1}",
        "1.5",
        "3",
        "b'x'",
    ):
        names = session.run(f"[n for n in dir({value}) if n[0] != '_' and has({value}, n)]")[0]
        found += [f"{value}.{each}" if value != "3" else f"(3).{each}" for each in names]
    return found + BUILTINS


BUILTINS = [
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "complex",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "hex",
    "id",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "delattr",
]


def call(random: Random) -> str:
    """A call of anything with anything, or an operator, a statement."""
    pool = VALUES.strip().splitlines()
    value = lambda: random.choice(pool)  # noqa: E731
    if random.random() < 0.2:
        text = random.choice(STATEMENTS)
        spec = random.choice(("", ">10", ".3f", "x", "10.2", "{}", "^", "abc", "1000"))
        return text.format(
            a=value(), b=value(), c=value(), o=random.choice(OPERATORS), f=spec,
            d=random.choice(("grad", "data", "requires_grad", "a", "T", "__class__")),
        )  # fmt: skip
    arguments = [value() for _ in range(random.choice((0, 1, 1, 2, 2, 3, 4)))]
    for _ in range(random.choice((0, 0, 0, 1, 2))):
        name = random.choice(
            ("dim", "dtype", "out", "input", "other", "keepdim", "size", "weight", "reduction", "key", "p")
        )
        arguments.append(f"{name}={value()}")
    called = random.choice(callables())
    return f"{called}({', '.join(arguments)})"
