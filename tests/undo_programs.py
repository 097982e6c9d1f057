"""Programs for "a failed statement changes nothing": what a session holds, changes to it, failures, a look at all.

`check(n, seed)` runs n random statements that change things and then fail, several to a session, and compares
what the session then shows with what one shows in which nothing failed. As a command:

    python tests/undo_programs.py 20000 [seed]
"""

from __future__ import annotations

import random
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from tensorsh import Session, TensorshError

SETUP = """
import torch
import torch.nn as nn
import torch.nn.functional as F
import numpy as np
import array, collections, copy, dataclasses, decimal, functools, heapq, io, itertools, random, types
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque, namedtuple
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(3)
random.seed(3)
np.random.seed(3)
number, text = 1, "text"
xs = [1, 2.5, "c"]
nested = [xs, [xs], (xs, {"k": xs})]
objects = [object() for _ in range(3)]
class Rows(list):
    pass
rows = Rows([3, 1, 2]); rows.title = "rows"
class Names(dict):
    def __missing__(self, key):
        self[key] = len(self)
        return self[key]
names = Names(a=0)
table = {"w": 1, "xs": xs, 5: [5]}
ordered = OrderedDict(b=1, a=2, c=3)
counts = Counter("hello")
groups = defaultdict(list, {"a": [1]})
chain = ChainMap({"a": 1}, {"b": 2})
user_dict, user_list = UserDict(a=1), UserList([1, 2])
some = {3, 1, "m"}
frozen = frozenset({1, (2, 3)})
line = deque([1, 2, 3], maxlen=4)
heap = [1, 4, 2, 8]
Point = namedtuple("Point", "x y")
point = Point([1], xs)
raw = bytearray(b"bytes")
view = memoryview(raw)
numbers = array.array("d", [1.0, 2.0])
written, binary = io.StringIO(), io.BytesIO(b"binary")
written.write("start\\n")
binary.read(2)
dice = random.Random(5)
generator = np.random.default_rng(5)
old_generator = np.random.RandomState(5)
arr = np.arange(6.0)
part = arr[2:5]
grid = np.arange(6).reshape(2, 3)
things = np.array([[1], {"k": 2}, None], dtype=object)
class Base:
    shared = [1]
    count = 0
    def __init__(self, value):
        self.value = value
        self.items = [value]
    @classmethod
    def counted(cls):
        cls.count += 1
    @property
    def double(self):
        return self.value * 2
    @double.setter
    def double(self, new):
        self.value = new / 2
    def bump(self):
        self.value += 1
        self.items.append(self.value)
class Key(Base):
    def __hash__(self):
        return hash(self.value)
    def __eq__(self, other):
        return isinstance(other, Key) and self.value == other.value
class Slotted:
    __slots__ = ("a", "b")
    def __init__(self):
        self.a = [1]
@dataclasses.dataclass
class Config:
    lr: float = 0.1
    tags: list = dataclasses.field(default_factory=list)
base, slotted, config = Base(1), Slotted(), Config()
keys = {Key(1): "one", Key(2): "two"}
first_key = next(iter(keys))
bump = base.bump
space = types.SimpleNamespace(a=1, b=[2])
def counter():
    n = 0
    seen = []
    def step(by=1, box=[]):
        nonlocal n
        n += by
        seen.append(n)
        box.append(n)
        return n, list(seen), list(box)
    return step
step = counter()
step.calls = 0
push = xs.append
add_one = functools.partial(list.append, rows)
@functools.lru_cache
def cached(x):
    return x * 2
cached(1)
error = ValueError("first")
it = iter(xs)
it_tuple = iter((1, 2, 3)); next(it_tuple)
it_dict, it_set, it_line, it_text = iter(table), iter(some), iter(line), iter("text")
next(it_dict); next(it_line)
mapped, zipped = map(str, [1, 2, 3]), zip("abc", [1, 2, 3])
counted, backwards, chosen = enumerate("abc", 1), reversed([1, 2, 3]), filter(None, [0, 1, 2, 0, 3])
over = map(lambda v: v, it)
held = [iter([1, 2, 3]), (iter("ab"), 1), {"in": iter(range(3))}]
called = iter([4, 3, 2, 1].pop, 1)
ticks, cycle, chained = itertools.count(5), itertools.cycle("abc"), itertools.chain([1, 2], "ab")
left, right = itertools.tee([1, 2, 3, 4])
pairs, sliced = itertools.pairwise([1, 2, 3, 4]), itertools.islice(itertools.count(), 2, 9, 2)
summed, product = itertools.accumulate([1, 2, 3]), itertools.product("ab", [1, 2])
perms = itertools.permutations([1, 2, 3])
next(cycle); next(left); next(pairs); next(product)
squares = (v * v for v in [1, 2, 3, 4])
begun = (v + 1 for v in [1, 2, 3, 4]); next(begun)
def squared(n, scale=1):
    own = []
    for i in range(n):
        own.append(i)
        got = yield i * scale + len(own)
        if got:
            scale = got
    return "end"
gen, gen_begun = squared(4), squared(5, scale=2)
next(gen_begun); next(gen_begun)
def inner(items):
    for item in items:
        yield item
outer = inner(inner([1, 2, 3]))
lazy = (v for v in it_text)
w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
w.tag = "w"
x = torch.arange(6.0).reshape(2, 3)
row = x[1]
ints = torch.arange(4)
loss = (w * 2).sum()
loss.backward(retain_graph=True)
seen_grads = []
handle = w.register_hook(lambda g: seen_grads.append(1))
stream = torch.Generator().manual_seed(7)
shared = arr.copy()
from_array = torch.from_numpy(shared)
model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
forward_calls = []
hook = model[0].register_forward_hook(lambda m, i, o: forward_calls.append(1))
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
adam = torch.optim.Adam([w], lr=0.1)
schedule = torch.optim.lr_scheduler.StepLR(opt, step_size=1, gamma=0.5)
data = torch.arange(12.0).reshape(4, 3)
model(data).sum().backward(); opt.step(); adam.step()
loader = DataLoader(TensorDataset(data, torch.arange(4)), batch_size=1, shuffle=True)
batches_left, batches_new = iter(loader), iter(loader)
next(batches_left)
"""

CHANGES = """
number += 1
text += "!"; xs = [text]
del number
xs.append(4); nested[1].append(xs)
xs.clear(); xs.extend("abcd")
xs[0], xs[1] = xs[1], xs[0]
xs += [7]; xs *= 2
del xs[0]; nested[2][1]["k"].insert(0, "i")
nested[2][1].clear()
objects.reverse(); objects[0] = None
rows.sort(); rows.title = 5; rows.more = []
names["zz"]; names["y"]
table["new"] = 1; table[5].append(6); del table["w"]
table["xs"] = 0; table.update(w=3, q=4)
table.setdefault("s", []).append(1); table.pop(5)
ordered.move_to_end("b"); ordered["z"] = 1
ordered.popitem(last=False); ordered.update(b=4)
counts.update("world"); counts.subtract("l"); del counts["h"]
groups["b"].append(2); groups["a"].append(3)
groups.default_factory = set; groups["q"].add(1)
chain["z"] = 1; chain.maps.append({"q": 2})
user_dict["b"] = 2; user_list.append(3); user_list.data.append(4)
some.add(9); some.discard(3); some |= {"n"}
some.clear(); some.update(range(20))
line.append(4); line.append(5); line.rotate(1)
line.popleft(); line.extendleft("ab"); line.clear()
heapq.heappush(heap, 0); heapq.heappop(heap); heapq.heapify(heap)
random.shuffle(heap); random.random()
point.x.append(2); point.y.append(5)
raw[0] = 0; view[1:3] = b"zz"
raw[-1:] = b"q"; view[0] = 65
numbers[0] = 9.0; numbers.reverse()
numbers.append(3.0)
written.write("more"); written.seek(0); written.truncate()
written.close(); binary.close()
binary.write(b"xx"); binary.read(1); binary.getbuffer()[0] = 0
print("x", file=written)
dice.random(); dice.gauss(0, 1); dice.shuffle([1, 2, 3])
dice.seed(1); random.gauss(0, 1)
generator.normal(size=3); generator.shuffle(arr)
old_generator.rand(2); np.random.rand(3); np.random.seed(0)
arr[0] = 9; part += 1; part.sort()
np.copyto(arr, 0); arr.fill(3); np.add(arr, 1, out=arr)
grid.shape = (3, 2); grid[0] = 7
grid.flags.writeable = False
grid.T[1] = 0; np.random.shuffle(grid)
things[0].append(2); things[1]["z"] = 3; things[2] = arr
base.value = 5; base.items.append(2); base.new = 1
base.bump(); bump(); base.double = 10
Base.count += 1; Base.shared.append(2); Base.counted()
Base.extra = 1; Base.bump = lambda self: None
del Base.shared; Key.counted()
base.__dict__ = {"value": 7}
base.__dict__["q"] = 7; del base.value
base.__class__ = Key
setattr(base, "value", 0); delattr(base, "items"); vars(base)["z"] = 1
slotted.a.append(2); slotted.b = 1; slotted.a = 0
config.lr = 1; config.tags.append("t"); config.more = 1
keys[Key(3)] = 3; keys[first_key] = "uno"; del keys[Key(2)]
first_key.value = 50
space.a = 2; space.b.append(3); space.c = 4
step(); step(by=3)
step.calls += 1; step.__defaults__ = (5, [])
step(box=[]); counter()()
push(8); add_one(9); list(map(xs.append, [1, 2]))
[push(v) for v in range(3)]
cached(2); cached(3)
error.args = ("second",); error.add_note("note")
try: raise error
except ValueError: pass
try: raise KeyError(1) from error
except KeyError as caught: error.__cause__ = caught
next(it); list(over)
list(it); xs.append(list(it))
next(it_tuple); list(it_tuple)
next(it_dict); next(it_set); next(it_line); next(it_text)
list(it_dict); list(it_set); list(it_line); list(it_text)
next(mapped); list(zipped)
list(mapped); next(zipped)
list(counted); next(backwards); list(chosen)
next(counted); list(backwards); next(chosen)
next(held[0]); list(held[1][0]); list(held[2]["in"])
held[0] = iter([9]); held[1][0].__next__()
next(called); list(called)
next(ticks); next(cycle); next(chained); next(sliced); next(summed)
[next(cycle) for _ in range(5)]; list(chained); list(sliced); list(summed)
next(left); list(right)
list(left); next(right); left2 = copy.copy(right)
next(pairs); list(product); next(perms)
list(pairs); next(product); list(perms)
next(squares); next(begun)
list(squares); list(begun); list(lazy)
next(gen); gen.send(3); next(gen_begun)
list(gen); list(gen_begun)
gen.close(); next(outer)
list(outer); next(lazy)
for v in gen_begun: xs.append(v)
for k, v in zip(gen, squares): table[k] = v
w.grad = None
w.grad.zero_(); w.tag = "z"; w.other = 1
loss.backward(retain_graph=True)
(w * w).sum().backward(); seen_grads.append(2)
with torch.no_grad(): w.add_(1); x[0] = 5; row.mul_(2)
x += 1; row -= 1; x.t_()
x.requires_grad_(); x.resize_(3, 3) if not x.requires_grad else 0
x.data = torch.zeros(2); ints.fill_(9); ints[1] = 0
handle.remove(); w.register_hook(lambda g: g * 2)
torch.rand(2); torch.randn(3, generator=stream); torch.manual_seed(9)
torch.randperm(5); stream.manual_seed(1)
from_array.add_(1); shared[0] = 7
model(data); opt.zero_grad()
model(data).sum().backward(); opt.step(); schedule.step()
model.train(False); model.extra = nn.Linear(1, 1); model.add_module("m", nn.ReLU())
model[0].weight.data.zero_(); model[0].bias = None
del model[3]; model[1].running_mean.zero_()
hook.remove(); model.register_forward_pre_hook(lambda m, i: None); model(data)
model.double(); model.half() if False else None
for p in model.parameters(): p.requires_grad_(False)
model.load_state_dict({k: v * 0 for k, v in model.state_dict().items()})
opt.param_groups[0]["lr"] = 5; opt.state.clear(); opt.add_param_group({"params": [torch.ones(1)]})
adam.step(); adam.state[w]["exp_avg"].zero_(); adam.zero_grad()
schedule.step(); schedule.gamma = 2
opt.load_state_dict(opt.state_dict())
next(batches_left); next(batches_new)
list(batches_left); list(batches_new)
for b in loader: model(b[0].repeat(2, 1))
torch.set_default_dtype(torch.float64); torch.set_grad_enabled(False)
torch.set_printoptions(precision=2); np.set_printoptions(precision=2)
decimal.getcontext().prec = 5
import json as number
from math import pi as text
class Base: pass
def step(): pass
global_new = 1; del objects
"""

LOOK = """
def told(v, depth=0, seen=None):
    seen = {} if seen is None else seen
    if isinstance(v, (int, float, str, bytes, type(None), complex)):
        return repr(v)
    if id(v) in seen:
        return f"<{seen[id(v)][0]}>"
    seen[id(v)] = (len(seen), v)
    if isinstance(v, torch.Tensor):
        facts = [v.tolist(), v.dtype, tuple(v.shape), v.stride(), v.requires_grad, v.is_leaf, v._version]
        facts += [v.grad_fn is None, getattr(v, "tag", 0), getattr(v, "other", 0)]
        return f"T{facts} {told(v.grad, depth + 1, seen)}"
    if isinstance(v, np.ndarray):
        return f"A{told(v.tolist(), depth + 1, seen)} {v.shape} {v.dtype} {v.strides} {v.flags.writeable}"
    if type(v).__name__ == "RemovableHandle":
        return "handle"
    if isinstance(v, dict) and v and all(isinstance(k, int) and callable(x) for k, x in v.items()):
        return f"hooks {len(v)}"
    if isinstance(v, dict):
        inside = ", ".join(f"{told(k, depth + 1, seen)}: {told(x, depth + 1, seen)}" for k, x in v.items())
        own = told(getattr(v, "__dict__", None), depth + 1, seen)
        return f"{type(v).__name__}{{{inside}}} {getattr(v, 'default_factory', 0)} {own}"
    if isinstance(v, (list, tuple, set, frozenset, deque)):
        own = told(getattr(v, "__dict__", None), depth + 1, seen)
        return f"{type(v).__name__}({', '.join(told(x, depth + 1, seen) for x in v)}) {own}"
    if isinstance(v, (bytearray, memoryview, array.array)):
        return f"{type(v).__name__} {bytes(v)}"
    if isinstance(v, io.StringIO):
        return f"S{v.closed} {v.closed or (v.getvalue(), v.tell())}"
    if isinstance(v, io.BytesIO):
        return f"B{v.closed} {v.closed or (v.getvalue(), v.tell())}"
    if isinstance(v, (random.Random, np.random.RandomState)):
        return f"R{v.random()}"
    if isinstance(v, np.random.Generator):
        return f"G{v.random()}"
    if isinstance(v, BaseException):
        return f"E{v!r} {v.__cause__!r} {v.__context__!r} {getattr(v, '__notes__', 0)} {v.__traceback__ is None}"
    if isinstance(v, torch.Generator):
        return f"{torch.rand(1, generator=v)}"
    if isinstance(v, type) and v.__module__ == "__main__":
        names = sorted(k for k in vars(v) if k[:2] != "__" and not callable(vars(v)[k]))
        return f"class {v.__name__} {[(k, told(vars(v)[k], depth + 1, seen)) for k in names]}"
    if isinstance(v, types.FunctionType):
        defaults = told(v.__defaults__, depth + 1, seen) if v.__module__ == "__main__" else 0
        return f"function {v.__name__} {defaults} {told(getattr(v, '__dict__', None), depth + 1, seen)}"
    if hasattr(v, "__next__") and not isinstance(v, type):
        kind = type(v).__name__.replace("list_iterator", "iterator").replace("tuple_iterator", "iterator")
        out = []
        for _ in range(7):
            try: out.append(told(next(v), depth + 1, seen))
            except StopIteration as stop: out.append(f"stop {stop.value}"); break
        return f"iterator {out}"
    slots = [k for k in ("a", "b") if hasattr(v, k)] if hasattr(v, "__slots__") else []
    inside = [told(getattr(v, k), depth + 1, seen) for k in slots]
    return f"{type(v).__name__} {told(getattr(v, '__dict__', None), depth + 1, seen)} {inside}"
everything = {k: v for k, v in dict(globals()).items() if k[:1] != "_" and k not in ("told", "torch", "nn", "F")}
for k in sorted(everything):
    print(k, told(everything[k]) if not isinstance(everything[k], types.ModuleType) else type(everything[k]))
print(table, sorted(map(str, some)), list(keys.values()), first_key in keys, counts.most_common(3))
print(step(), cached(1), cached(2))
print(torch.rand(2), torch.tensor(1.0), torch.is_grad_enabled(), random.random(), np.random.rand(2))
print(np.array([1 / 3]), decimal.Decimal(1) / 3)
loss.backward(); print(seen_grads, w.grad)
model.train(); print(model(data), forward_calls, [p.requires_grad for p in model.parameters()])
opt.step(); schedule.step(); print(opt.param_groups[0]["lr"], list(model.parameters())[0])
base.bump(); print(base.value, base.double, type(base).__name__, Base.count)
"""

OWN_SETUP = """
manual_seed(3)
number = 1
xs = [1, 2.5, "c"]
nested = [xs, [xs], (xs, {"k": xs})]
table = {"w": 1, "xs": xs, 5: [5]}
some = {3, 1, "m"}
it = iter(xs)
mapped = map(str, [1, 2, 3])
zipped = zip("abc", [1, 2, 3])
counted = enumerate("abc")
backwards = reversed([1, 2, 3])
chosen = filter(none, [0, 1, 2])
squares = (v * v for v in xs[0:2])
begun = (v + 1 for v in range(1, 4))
next(begun)
held = [iter((1, 2, 3)), {"in": zip("ab", "cd")}]
push = xs.append
w = tensor([1., 2., 3.], requires_grad=True)
x = arange(6.).reshape(2, 3)
row = x[1]
y = (w * 2).sum()
y.backward(retain_graph=true)
opt = sgd([w], lr=0.1, momentum=0.9)
opt.step()
ada = adam([w], lr=0.1)
left = batches(arange(6.), size=1, shuffle=true)
next(left)
fresh = batches(arange(6.), size=2, shuffle=true)
def grow(items, extra=list()): items.append(len(extra)); extra.append(1); return len(extra)
"""

OWN_CHANGES = """
number += 1
xs.append(4); nested[1].append(5)
xs += [7]; xs[0] = 9
nested[2][1]["k"] = 3
table["new"] = 1; table[5].append(6)
some.add(9); some.discard(3)
next(it); next(mapped); next(zipped)
list(it); list(mapped); list(zipped)
next(counted); next(backwards); next(chosen)
list(counted); list(backwards); list(chosen)
next(squares); next(begun)
list(squares); list(begun)
next(held[0]); list(held[1]["in"])
push(3); push(4)
w.grad = none; x += 1
w.grad.zero_(); row[0] = 7
y.backward(retain_graph=true); y.backward()
opt.step(); ada.step(); opt.zero_grad()
opt.lr = 5; rand(3)
next(left); next(fresh)
list(left); list(fresh)
for b in left: xs.append(b)
grow(xs); grow(table[5])
manual_seed(5); rand(2)
set_default_dtype(float64)
del number
"""

OWN_LOOK = """
number
xs, nested, table, list(some)
w, w.grad, w._version, x, row, x._version, y
list(it), list(mapped), list(zipped), list(counted), list(backwards), list(chosen)
list(squares), list(begun), list(held[0]), list(held[1]["in"])
list(left), list(fresh)
grow(xs), rand(2), tensor(1.)
y.backward()
w.grad
opt.step()
ada.step()
w, opt.lr
"""

FAILURES = (
    "1 / 0",
    "raise KeyError('k')",
    "[][3]",
    "torch.ones(2) @ torch.ones(3)",
    "assert number == 'never'",
    "undefined_name",
    "next(iter([]))",
    "raise SystemExit(3)",
)
OWN_FAILURES = ("1 / 0", "[9].pop(5)", "ones(2) @ ones(3)", "undefined_name", "int(none)")

#: {c} the changes and {f} what fails, as lines of a block
FORMS = (
    "if True:\n{c}\n{f}",
    "for turn in range(3):\n{c}\n    if turn == 1:\n    {f}",
    "try:\n{c}\nfinally:\n{f}",
    "while True:\n{c}\n{f}",
    "with torch.no_grad():\n{c}\n{f}",
    "try:\n{f}\nexcept BaseException:\n{c}\n    raise",
    "class Failing:\n{c}\n{f}",
    "@(lambda f: f())\ndef work():\n    global {names}\n{c}\n{f}",
    "@list\n@(lambda f: f())\ndef work():\n    global {names}\n    yield 1\n{c}\n    yield 2\n{f}",
)
OWN_FORMS = (
    "if true:\n{c}\n{f}",
    "for turn in range(3):\n{c}\n    if turn == 1:\n    {f}",
    "while true:\n{c}\n{f}",
    "with no_grad():\n{c}\n{f}",
)


class Kind:
    """One of the two kinds of programs."""

    def __init__(self, setup: str, changes: str, look: str, failures: Any, forms: Any):
        self.setup, self.look = setup, look
        self.changes = joined(changes)
        self.failures, self.forms = failures, forms
        self.expected = shown(self.prepared(), look)

    def prepared(self) -> Session:
        session = Session(seed=0)
        session.execute(self.setup, undo=False)
        return session

    def statements(self, chance: random.Random) -> Iterator[str]:
        """Statements that change things and fail."""
        while True:
            chosen = chance.sample(self.changes, chance.choice((1, 1, 2, 3, 5)))
            lines = [line for change in chosen for line in change.split("\n")]
            form = chance.choice(self.forms)
            if "def work" in form or "class " in form:
                lines = [line for line in lines if "caught" not in line]
            bound = {name for line in lines for name in re.findall(r"(?<![.\w])([a-z_]\w*)", line)}
            names = ", ".join(sorted(bound & GLOBALS) or ["number"])
            block = "\n".join("    " + line for line in lines) or "    0"
            yield form.format(c=block, f="    " + chance.choice(self.failures), names=names)


def joined(changes: str) -> list[str]:
    """The changes: one a line, what follows `try:` with it."""
    found: list[str] = []
    for line in changes.strip().split("\n"):
        if line.startswith("except"):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


GLOBALS = {
    "number", "text", "xs", "numbers", "some", "objects", "global_new", "part", "arr", "x", "row", "left2", "step",
}  # fmt: skip


def shown(session: Session, look: str) -> str:
    """Everything that a program can see."""
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = session.run(look)
    text = out.getvalue() + "\n".join(map(repr, values))
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def check(n: int, seed: int, kind: Kind, each: int = 10) -> list[tuple[str, str]]:
    """Run n failing statements, `each` of them to a session; returns what was not as before."""
    chance = random.Random(seed)
    statements = kind.statements(chance)
    wrong: list[tuple[str, str]] = []
    for _ in range(-(-n // each)):
        some = [next(statements) for _ in range(each)]
        if trouble(kind, some):
            wrong += [(one, found) for one in some if (found := trouble(kind, [one]))] or [
                ("\n".join(some), trouble(kind, some))
            ]
    return wrong


def trouble(kind: Kind, statements: list[str]) -> str:
    """What differs after some failed statements; "" if nothing."""
    session = kind.prepared()
    for statement in statements:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                session.run(statement)
            return f"did not fail: {statement}"
        except TensorshError as error:
            if error.kind == "internal":
                return f"internal: {error.__cause__!r}"
        except SystemExit:
            pass
    try:
        found = shown(session, kind.look)
    except TensorshError as error:
        return f"cannot be looked at: {error}"
    if found == kind.expected:
        return ""
    pairs = zip(found.split("\n"), kind.expected.split("\n"), strict=False)
    return "\n".join(differing(a, b) for a, b in pairs if a != b) or "lines are missing"


def differing(a: str, b: str) -> str:
    """Two lines from a little before where they differ."""
    at = next(
        (i for i, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b))
    )
    start = max(at - 60, 0)
    return f"{a[:20]}… {a[start : at + 60]}\n  instead of\n{b[start : at + 60]}"


def pytorch_kind() -> Kind:
    return Kind(SETUP, CHANGES, LOOK, FAILURES, FORMS)


def own_kind() -> Kind:
    return Kind(OWN_SETUP, OWN_CHANGES, OWN_LOOK, OWN_FAILURES, OWN_FORMS)


if __name__ == "__main__":
    count, start = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    bad = 0
    for make, share in ((pytorch_kind, 3), (own_kind, 1)):
        found = check(count * share // 4, start, make())
        bad += len(found)
        for statement, difference in found[:20]:
            print(statement, difference, sep="\n---\n", end="\n=======\n")
    print(f"{count} statements, {bad} left something changed")
    sys.exit(bad > 0)
