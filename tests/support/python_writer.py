"""Random Python programs that end, for comparing a PyTorch program's Python with CPython's.

`program(seed)` writes functions, classes and statements from tables. In a table each text is separated from the
next by a line `--` (or is one line, in the tables of expressions); a word in capitals stands for a text of the
table of that name, and a line that is only `BLOCK` for some statements. Most programs fail here and there
on purpose: what is raised is printed, and what nobody catches ends the program.
"""

from __future__ import annotations

import re
from random import Random

START = '''
import collections, functools, itertools, math, re, copy, string, operator, contextlib, dataclasses, enum, typing
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
a = 3; b = -2; c = 7; x = 0.5
s = "word"; t = "a b\\tc"
xs = [3, 1, 2]; ys = [[1, 2], [3], []]; d = {"k": 1, "m": [2]}; z = {1, 2, 5}; p = (1, "q", 2.5)
def note(*args, **kw):
    print("note", args, sorted(kw.items()))
    return args[0] if args else None
def log(f):
    @functools.wraps(f)
    def inner(*args, **kw):
        print("call", f.__name__, args, kw)
        return f(*args, **kw)
    return inner
def count(n):
    got = None
    try:
        while n > 0:
            got = yield n if got is None else (n, got)
            n -= 1
        return "end"
    except ValueError as e:
        yield f"caught {e}"
    finally:
        print("closed", n)
class Odd(ValueError):
    def __init__(self, what, code=7):
        super().__init__(what)
        self.code = code
class Guard:
    def __init__(self, name, quiet=False): self.name, self.quiet = name, quiet
    def __enter__(self):
        print("enter", self.name); return self
    def __exit__(self, kind, value, tb):
        print("exit", self.name, kind and kind.__name__, value); return self.quiet
class Point:
    __match_args__ = ("x", "y")
    def __init__(self, x=0, y=0): self.x, self.y = x, y
    def __repr__(self): return f"Point({self.x!r}, {self.y!r})"
    def __eq__(self, o): return isinstance(o, Point) and (self.x, self.y) == (o.x, o.y)
    def __hash__(self): return hash((self.x, self.y))
    def __add__(self, o): return Point(self.x + o.x, self.y + o.y) if isinstance(o, Point) else NotImplemented
    def __radd__(self, o): return Point(o + self.x, o + self.y)
    def __iadd__(self, o): self.x += o; return self
    def __lt__(self, o): return self.x < o.x
    def __getitem__(self, i): return ("item", i)
    def __setitem__(self, i, v): print("set", i, v)
    def __delitem__(self, i): print("del", i)
    def __contains__(self, v): return v == self.x
    def __len__(self): return 2
    def __iter__(self): yield self.x; yield self.y
    def __call__(self, *a, **k): return (a, k)
    def __bool__(self): return bool(self.x)
    def __format__(self, spec): return f"<{spec}>"
    def __neg__(self): return Point(-self.x, -self.y)
    def __matmul__(self, o): return ("matmul", o)
    def __index__(self): return self.x
    def __getattr__(self, n):
        if n.startswith("no"): raise AttributeError(f"none of {n}")
        return f"attr {n}"
q = Point(1, 2)
'''.lstrip()  # fmt: skip

TABLES = {
    "INT": r"""
a
b
c
0
1
-1
5
len(xs)
(INT + INT)
(INT - INT)
INT * INT
INT // INT
INT % INT
-INT ** 2
(INT & INT | INT ^ INT)
~INT
INT << 2
(INT if TRUTH else INT)
xs[INT]
sum(LIST)
max(LIST, default=INT)
int(TRUTH)
(lambda u, *r, k=INT: u + k)(INT)
0x1F
1_000
0b101
d.get(TEXT, INT)
p[0]
q.x
abs(INT)
hash(INT)
divmod(INT, INT)[1]
functools.reduce(lambda u, v: u + v, LIST, INT)
operator.add(INT, INT)
True
math.gcd(INT, INT)
next(iter(LIST), INT)
(INT).bit_length()
round(NUMBER)
ord(TEXT[:1] or "x")
""",
    "NUMBER": """
INT
INT
x
2.5
INT / INT
-0.0
1e3
float("inf")
1e-7
round(INT / 3, 2)
3j
math.sqrt(4)
x ** 2
.5
1_0.5e-1
""",
    "TRUTH": """
INT < INT
INT <= INT < INT
not TRUTH
TRUTH and TRUTH
TRUTH or TRUTH
INT in LIST
TEXT not in TEXT
LIST
INT == INT != INT
ANY is None
isinstance(ANY, (int, str))
any(LIST)
all(v > 0 for v in LIST)
q
callable(ANY)
hasattr(q, "none")
TEXT < TEXT
{INT} <= z
""",
    "TEXT": r"""
s
t
"ab"
'it\'s'
"\x41\u00e9\N{BULLET}\101\n"
r"\d+"
"x" "y"
str(ANY)
repr(ANY)
TEXT + TEXT
TEXT * 2
TEXT[INT:]
TEXT[::-1]
TEXT.upper()
TEXT.title()
TEXT.strip("a")
TEXT.replace("a", "<a>")
TEXT.center(9, "*")
TEXT.zfill(6)
", ".join(map(str, LIST))
f"{FANY}"
f"{FANY!r:>12}|"
f"{x:.3f}"
f"{FINT:+06d} {FINT:#x} {FINT:,}"
f"{FINT=} {FANY = !s:>6}"
f"{s:^{5 + 6}}{{}}"
f"{x:{'>'}{10}.{3}}" 'tail'
f"{ {'k': FINT}['k'] }{d['k'] if False else 1}"
f"{(lambda u: u + 1)(FINT)} {[i for i in xs]!a}"
rf"\d{FINT}{q:abc}"
"%s and %r" % (ANY, ANY)
"%05.1f|%-4d|%x" % (NUMBER, INT, INT)
"%(k)s" % d
"{} {1!r} {k:>4}".format(ANY, k=INT)
"{} {!r:>8}".format(ANY, INT)
"{0[0]} {1.x}".format(LIST, q)
"{:,.2f}".format(NUMBER)
TEXT.partition("o")[INT % 3]
s.translate(str.maketrans("wo", "WO"))
"".join(sorted(set(TEXT)))
string.Template("$k!").substitute(d)
re.sub(r"(\w)", r"<\1>", TEXT)
chr(65 + INT % 26)
type(ANY).__name__
format(NUMBER, ".2e")
TEXT.removeprefix("w").casefold().swapcase()
""",
    "FINT": """
a
b
len(xs)
xs[0]
(a if b else c)
d['k']
(y := a)
1_0
-2
q.x
(lambda u, *v: u - b)(c)
~a
""",
    "FANY": """
FINT
s
xs[::-1]
f'{a:{b}}'
f'<{s}>'
q
None
(a, s)
[i for i in xs if i]
a < b < c
not a
p[1:]
x
''.join(['1', s])
3 if a else 4
u
""",
    "LIST": """
xs
[INT, INT]
[]
[*LIST, INT]
list(range(INT))
[i * 2 for i in LIST]
[i + j for i in LIST for j in xs if i != j]
[(m := i) for i in LIST if i > INT]
sorted(LIST, key=lambda v: (-v % 3, v), reverse=TRUTH)
LIST[INT:INT]
LIST[::INT]
LIST + LIST
list(map(lambda v: v + 1, LIST))
list(filter(None, LIST))
list(itertools.accumulate(LIST))
list(itertools.islice(itertools.count(INT), 3))
[len(v) for v in ys]
list(itertools.chain.from_iterable(ys))
[y for row in ys for y in row]
list(reversed(LIST))
[[j for j in range(i)] and i for i in range(3)]
list(count(2))
list(z)
[*{INT: 1, INT: 2}]
[i for i, in zip(LIST)]
[-1, 2, -3]
[1, 2, 3][INT % 3:]
""",
    "ANY": """
INT
NUMBER
TEXT
LIST
TRUTH
None
(INT, TEXT)
(INT,)
()
{INT, INT}
{TEXT: INT, **d}
{i: j for i, j in enumerate(LIST)}
{i % 3 for i in LIST}
dict(zip(TEXT, LIST))
set()
...
b"by\\x00te"
bytes(TEXT, "utf8")
Point(INT, INT)
q
Counter(TEXT).most_common(1)
list(zip(LIST, TEXT))
q + INT
q[INT:INT, ...]
q(INT, *LIST, k=TEXT, **d)
q.other
-q
q @ INT
INT in q
list(itertools.groupby(LIST))[:0]
[(k, list(g)) for k, g in itertools.groupby(LIST, lambda v: v % 2)]
list(itertools.product(LIST[:2], "ab"))
list(itertools.zip_longest(LIST, TEXT[:3], fillvalue=INT))
list(itertools.combinations(LIST[:4], 2))
deque(LIST, maxlen=2)
OrderedDict(k=INT)
frozenset({INT})
slice(INT, None)
range(INT)
TRUTH if TRUTH else ANY
note(*LIST, k=INT)
note(ANY, *(INT, TEXT), **{"u": INT})
(lambda *u, k=1, **v: (u, k, v))(INT, *LIST, z=INT)
(lambda u, /, v=2, *, w: (u, v, w))(INT, w=TEXT)
max(TEXT, TEXT, key=len)
divmod(INT, INT)
complex(INT, INT)
getattr(q, "nope", INT)
copy.deepcopy(ys)
d["m"][0]
d[TEXT]
d.keys()
sorted(d.items(), key=str)
next(count(INT))
type(ANY) is type(ANY)
INT and TEXT or LIST
(yield_ := INT)
""",
    "NAME": "a\nb\nc\ns\nu\nv\nw",
    "TARGET": """
NAME
NAME, NAME
NAME, *NAME
(NAME, NAME), *NAME
[NAME, NAME]
xs[INT]
d[TEXT]
q.x
q[INT]
xs[1:INT]
*NAME, NAME
""",
    "ERROR": """
ValueError(TEXT)
KeyError(TEXT)
Odd(TEXT)
Odd
TypeError
IndexError(INT, TEXT)
ZeroDivisionError
StopIteration(INT)
RuntimeError(ANY)
AttributeError("x")
INT
""",
    "CLASS": """
ValueError
(KeyError, IndexError)
Odd
TypeError
Exception
ArithmeticError
LookupError
(ValueError, TypeError, AttributeError)
Exception
""",
    "PATTERN": """
INT_
0
-1
"word"
None
True
[NAME, *_]
[]
(u, v)
[1, [u, *_]]
[int(u), *_] | (_, u)
{"k": u, **w}
{"k": 1}
Point(NAME, y=2)
Point(1, y)
Point()
int(NAME)
int() | str()
str() as NAME
1 | 2 | 3
[int() | str() as NAME, _, *_]
(0 | None) as NAME
math.pi
-2.5
3 + 1j
"a" "b"
""",
}
TABLES["PATTERN"] = TABLES["PATTERN"].replace("INT_\n", "")

STATEMENTS = r"""
print(ANY, ANY, sep=TEXT, end="|\n")
--
print(ANY)
--
TARGET = ANY
--
TARGET = TARGET = LIST
--
NAME: int = INT
--
NAME AUG INT
--
xs[INT] AUG INT
--
d["k"] AUG INT
--
q.x AUG INT
--
q += INT
--
xs += LIST
--
del xs[INT:INT]
--
del d[TEXT]
--
del NAME
--
assert TRUTH, ANY
--
raise ERROR
--
if TRUTH:
    BLOCK
elif TRUTH:
    BLOCK
else:
    BLOCK
--
for NAME in LIST:
    if TRUTH: break
    elif TRUTH: continue
    BLOCK
else:
    BLOCK
--
for i, NAME in enumerate(ANY):
    if i > 3: break
    BLOCK
--
k = 0
while k < 3 and not (w := k > 2):
    k += 1
    if TRUTH: continue
    BLOCK
else:
    print("else", k)
--
try:
    BLOCK
except CLASS as e:
    print(type(e).__name__, e, e.args)
    BLOCK
except CLASS:
    BLOCK
    raise
else:
    BLOCK
finally:
    print("finally")
--
try:
    BLOCK
    raise ERROR
except CLASS as e:
    print(repr(e))
--
try:
    try:
        BLOCK
        raise ERROR
    except CLASS as e:
        raise ERROR from e
    finally:
        BLOCK
except CLASS as e:
    print(repr(e), repr(e.__cause__), repr(e.__context__), e.__suppress_context__)
--
try:
    raise ExceptionGroup(TEXT, [ValueError(INT), KeyError(TEXT), Odd(1)])
except* KeyError as g:
    print(g.exceptions)
except* Odd as g:
    print(g.message, len(g.exceptions))
except* (ValueError, OSError):
    BLOCK
--
def f(u, v=INT, *args, w=TEXT, **kw):
    global s, h
    s = u
    BLOCK
    return u, v, args, w, kw
print(f(ANY, *LIST, w=INT))
--
def f(u, /, v, *, w=ANY):
    nonlocal_ = u
    try:
        return v
    finally:
        print("out", w)
        BLOCK
print(f(INT, INT), f(INT, v=TEXT, w=ANY))
--
def make(n):
    total = n
    def add(m=1):
        nonlocal total
        total += m
        return total
    def see(): return total
    return add, see
add, see = make(INT)
print(add(), add(INT), see())
--
@log
def f(u, *r, k=1):
    "doc"
    return u * k if r else f(u, 1)
print(f(INT, k=INT), f.__name__, f.__doc__)
--
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print([fib(i) for i in range(8)])
--
def gen(n):
    try:
        got = yield from count(n)
        print("got", got)
        BLOCK
        yield ANY
    except CLASS as e:
        print("gen", repr(e))
        yield INT
    finally:
        print("gen over")
print(list(gen(2)))
--
g = count(INT)
print(next(g, "none"))
try:
    print(g.send(TEXT))
    print(g.throw(ERROR))
    g.close()
except StopIteration as e:
    print("stop", e.value)
--
def outer():
    try:
        yield 1
        yield from [2, 3]
        raise ERROR
    finally:
        yield "fin"
try:
    for v in outer(): print(v)
except Exception as e: print(type(e).__name__, e)
--
with Guard(TEXT, TRUTH) as g, Guard("second"):
    BLOCK
--
with (Guard("p", quiet=True) as g, contextlib.suppress(CLASS)):
    BLOCK
    raise ERROR
--
@contextlib.contextmanager
def ctx(n):
    print("in", n)
    try:
        yield n * 2
    except CLASS as e:
        print("ctx", e)
    finally:
        print("out", n)
with ctx(INT) as v:
    print(v)
    BLOCK
--
match ANY:
    case PATTERN if TRUTH:
        BLOCK
    case PATTERN:
        print("second")
    case [Point(x=v), *rest] | {"k": v, "rest": rest}:
        print(rest)
    case _:
        BLOCK
--
match ANY, INT:
    case PATTERN, h:
        print("pair")
    case PATTERN:
        BLOCK
--
class A:
    kind = TEXT
    count = 0
    names = [n for n in "abc"]
    def __init__(self, v=INT):
        self._v = v
        type(self).count += 1
    @property
    def v(self):
        "the v"
        return self._v
    @v.setter
    def v(self, new):
        if TRUTH: raise ERROR
        self._v = new
    @v.deleter
    def v(self): print("deleted")
    @classmethod
    def of(cls, v): return cls(v)
    @staticmethod
    def twice(v): return v * 2
    def __repr__(self): return f"{type(self).__name__}({self._v!r})"
class B(A):
    kind = A.kind + "!"
    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        self.__hidden = ANY
    def show(self): return super().twice(self._v), self.__hidden
o = B.of(ANY)
print(o, o.v, o.kind, B.count, A.count, o.show(), A.names, B.__mro__[1].__name__)
o.v = ANY
del o.v
print(vars(o), isinstance(o, A), B.v.__doc__, sorted(o.__dict__))
--
class Base:
    made = []
    def __init_subclass__(cls, tag=None, **kw):
        super().__init_subclass__(**kw)
        Base.made.append((cls.__name__, tag))
    def hi(self): return ["Base"]
class L(Base, tag=INT):
    def hi(self): return ["L"] + super().hi()
class R(Base):
    def hi(self): return ["R"] + super().hi()
class D(L, R, tag=TEXT):
    def hi(self): return ["D"] + super(D, self).hi()
print(D().hi(), Base.made, [k.__name__ for k in D.__mro__])
--
class Meta(type):
    def __new__(mcs, name, bases, ns, **kw):
        ns["added"] = sorted(k for k in ns if not k.startswith("__"))
        return super().__new__(mcs, name, bases, ns)
    def __init__(cls, name, bases, ns, **kw):
        super().__init__(name, bases, ns)
        print("init", name, kw)
    def __call__(cls, *args):
        print("making", cls.__name__, args)
        return super().__call__(*args)
    def __len__(cls): return INT
    def __getitem__(cls, k): return (cls.__name__, k)
class M(metaclass=Meta, k=INT):
    u = ANY
    def __init__(self, v): self.v = v
print(M(TEXT).v, len(M), M[INT], M.added)
--
class S:
    __slots__ = ("u", "v")
    def __init__(self): self.u = ANY
o = S()
print(o.u)
try: o.w = 1
except AttributeError as e: print(e)
try: print(o.v)
except AttributeError as e: print(e)
--
@dataclass(order=TRUTH)
class P:
    u: int
    v: str = TEXT
    w: list = field(default_factory=list, repr=TRUTH)
    def __post_init__(self): self.w.append(self.u)
o = P(INT); o2 = dataclasses.replace(o, u=INT)
print(o, o == o2, dataclasses.asdict(o2), dataclasses.astuple(o))
print(o < o2)
--
@dataclass(frozen=True, slots=True, kw_only=True)
class F:
    u: int = INT
    v: "list[int]" = dataclasses.field(default_factory=lambda: LIST)
o = F(v=ANY)
print(o)
o.u = 5
--
class Color(enum.Enum):
    RED = 1
    GREEN = TEXT
    BLUE = enum.auto() if TRUTH else 9
    @property
    def low(self): return self.name.lower()
print(Color.RED, repr(Color.GREEN), list(Color), Color["RED"].low, Color(1) is Color.RED)
print(Color(ANY))
--
class Bits(enum.IntFlag):
    A = 1
    B = 2
    C = 4
print(Bits.A | Bits.C, Bits(INT % 8), Bits.A in Bits(3), ~Bits.B)
--
T = namedtuple("T", "u v w", defaults=[INT])
o = T(ANY, INT)
print(o, o.u, o._replace(v=TEXT), o._asdict(), T._fields)
u, *v = o
print(u, v)
--
class N(typing.NamedTuple):
    u: int
    v: str = TEXT
    def both(self): return self.v * 2
print(N(INT), N(INT, TEXT).both(), N(1) == (1, TEXT))
--
dd = defaultdict(list)
for i, v in enumerate(TEXT): dd[v].append(i)
print(dict(dd), Counter(LIST) + Counter(LIST), collections.ChainMap({"k": INT}, d)["k"])
--
dq = deque(LIST)
dq.appendleft(INT); dq.rotate(INT)
print(dq, dq.pop(), list(dq))
--
xs.append(INT); xs.sort(key=lambda v: v % 3); xs.insert(INT, INT)
print(xs, xs.index(INT), xs.pop(INT))
--
z |= {INT}; z -= {INT}
print(sorted(z ^ {INT, INT}), z & {INT}, z.isdisjoint({INT}))
--
@functools.lru_cache(maxsize=None)
def cached(n):
    print("computing", n)
    return n * INT
print(cached(1), cached(1), cached(INT), cached.cache_info())
--
@functools.singledispatch
def sd(v): return "any"
@sd.register
def _(v: int): return "int"
@sd.register(list)
def _(v): return "list"
print(sd(ANY), sd(INT), sd(LIST))
--
part = functools.partial(note, INT, k=TEXT)
print(part(ANY), part.args, part.keywords)
--
class It:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        self.n -= 1
        if self.n < 0: raise StopIteration
        return self.n
print(list(It(3)), sum(It(INT)), [*It(2)], max(It(INT), default=None))
--
class Desc:
    def __set_name__(self, owner, name): self.name = "_" + name; print("named", name)
    def __get__(self, o, kind=None): return self if o is None else o.__dict__.get(self.name, INT)
    def __set__(self, o, v): o.__dict__[self.name] = v * 2
class H:
    u = Desc()
    def __setattr__(self, n, v): print("setattr", n); super().__setattr__(n, v)
    def __delattr__(self, n): print("delattr", n)
o = H(); print(o.u); o.u = ANY; o.w = 1; print(o.u, vars(o)); del o.w
--
fs = [lambda: i for i in range(3)]; gs = [lambda i=i: i for i in range(3)]
print([f() for f in fs], [g() for g in gs])
--
(NAME := INT)
if (m := re.match(r"(\w)(?P<rest>\w*)", TEXT)) is not None: print(m.groups(), m["rest"], m.span())
--
print(*LIST, *TEXT[:3], sep="-"); print(f"{FINT:>{FINT}}"); print(f"{x!r}", f"{s!s:.2}")
--
lines = TEXT.splitlines(); print(lines, TEXT.split(), TEXT.split("o", 1), TEXT.rsplit(None, 1), TEXT.encode())
--
print([NAME for NAME in LIST], NAME)
--
v = w = u = ANY
u, v = v, u
print(u, v, w)
--
async_ = match = case = type = 1 if False else type
print(match is case)
--
try:
    print(undefined_name)
except NameError as e:
    print(e, e.name)
--
def h():
    try:
        for v in LIST:
            try:
                if TRUTH: return v
                if TRUTH: break
                continue
            finally:
                print("f", v)
        else: return "else"
    except CLASS: return "caught"
    return "after"
print(h())
--
def local():
    print(NAME)
    NAME = 1
local()
--
def deep(n): return deep(n + 1) if n < 100 else INT / 0
print(deep(0))
--
class Err(Exception):
    def __str__(self): return f"err {self.args}"
e = Err(ANY); e.add_note("n"); print(repr(e), e, e.__notes__)
raise e from ValueError(INT)
--
pass; print(ANY); NAME = INT;
--
if TRUTH: print(1); NAME = 2
--
print((lambda: (yield))() is None, (lambda *, k=INT: k)(), (lambda **k: k)(k=INT))
--
print(INT if TRUTH else INT if TRUTH else TEXT, not TRUTH is TRUTH, -2 ** -2, 2 ** 3 ** 2, ~-INT)
--
print({**d, "n": INT}, [*xs, *ys], (*xs,), {*z, INT}, d | {"k": ANY})
--
print(sorted(Point(i, -i) for i in LIST), Point(1, 2) in {Point(1, 2): 1}, 3 + Point(1, 1), q is q, [*q])
--
print(list(iter(lambda: xs.pop() if xs else None, None))); xs.extend(range(3))
--
x = yield_from = INT; exec_ = 3
print(x.real, (5).bit_length(), 1.5.is_integer(), 1 .real, "a".join("bc"), 5..hex())
--
print(str(INT).isdigit(), bool(TEXT), int("0b11", 0), int(TEXT, 36) if TRUTH else float(TEXT))
--
print(eval_ if (eval_ := INT) else 0, isinstance(True, int), issubclass(Odd, Exception), id(q) == id(q))
"""


class Program:
    """One program from one seed."""

    def __init__(self, seed: int):
        self.random = Random(seed)
        self.depth = 0

    def __str__(self) -> str:
        return START + "\n".join(self.block(0) for _ in range(self.random.randint(2, 6))) + "\n"

    def block(self, depth: int) -> str:
        """Some statements: fewer and simpler ones further inside."""
        many = 1 if depth > 1 else self.random.randint(1, 2)
        return "\n".join(self.statement(depth) for _ in range(many))

    def statement(self, depth: int) -> str:
        choices = SIMPLE if depth > 2 else FORMS
        lines: list[str] = []
        for line in self.random.choice(choices).split("\n"):
            if line.strip() == "BLOCK":
                indent = line[: -len("BLOCK")]
                lines += [indent + inner if inner else "" for inner in self.block(depth + 1).split("\n")]
            else:
                lines.append(self.filled(line))
        text = "\n".join(lines)
        if depth == 0 and self.random.random() < 0.7:
            inner = "\n".join("    " + line for line in text.split("\n"))
            return f"try:\n{inner}\nexcept Exception as e:\n    print(type(e).__name__, e)"
        return text

    def filled(self, text: str, depth: int = 0) -> str:
        """The text with its words in capitals replaced."""

        def piece(found: re.Match[str]) -> str:
            word = found[0]
            if word == "AUG":
                return self.random.choice(AUGMENTED)
            choices = LINES[word]
            if depth > 2:
                choices = choices[:4]
            chosen = self.random.choice(choices)
            if depth > 4:
                chosen = SHORT.get(word, chosen)
            made = self.filled(chosen, depth + 1)
            return f"({made})" if "(" not in made[:1] and " " in made and word in GROUPED else made

        return WORDS.sub(piece, text)


def program(seed: int) -> str:
    return str(Program(seed))


LINES = {word: text.strip("\n").split("\n") for word, text in TABLES.items()}
LINES["TEXT"] += ['"""two\nlines"""', "f'''{FINT\n}'''"]
GROUPED = frozenset({"INT", "NUMBER", "TRUTH", "TEXT", "LIST", "ANY"})
SHORT = {"INT": "2", "NUMBER": "1.5", "TRUTH": "True", "TEXT": '"o"', "LIST": "xs", "ANY": "None"}
WORDS = re.compile(rf"\b(?:{'|'.join([*LINES, 'AUG'])})\b")
AUGMENTED = ["+=", "-=", "*=", "//=", "%=", "|=", "&=", "^=", "<<=", "**=", "/=", ">>="]
FORMS = STATEMENTS.strip("\n").split("\n--\n")
SIMPLE = [form for form in FORMS if "BLOCK" not in form and "\n" not in form]
