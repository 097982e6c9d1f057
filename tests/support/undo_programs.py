# ruff: noqa: E501  a change is one line
"""Programs for "a failed statement changes nothing": what a session holds, changes to it, failures, a look at all.

`check(n, seed)` runs n random statements that change things and then fail, several to a session, and compares
what the session then shows with what one shows in which nothing failed. As a command:

    python tests/support/undo_programs.py 20000 [seed]
"""

from __future__ import annotations

import contextlib
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
raw, raw_grown = bytearray(b"bytes"), bytearray(b"alone")
view = memoryview(raw)
numbers, grown = array.array("d", [1.0, 2.0]), array.array("i", [1, 2, 3])
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
import contextlib, logging, warnings, sys, weakref, enum, queue, string
record = np.array([(1, 2.0), (3, 4.0)], dtype=[("a", "i4"), ("b", "f8")])
field, transposed, diagonal, flat_view = record["b"], arr.reshape(2, 3).T, np.eye(3), arr.flat
texts = np.array(["a", "bb"])
numbers_view, array_view = memoryview(numbers), memoryview(np.arange(4))
part_view = view[1:3]
dict_keys, dict_values, dict_items = table.keys(), table.values(), table.items()
counted_list, zipped_list, chained_list = enumerate(heap), zip(heap, line), itertools.chain(heap, xs)
groups_of = itertools.groupby([1, 1, 2, 3, 3])
starred = itertools.starmap(pow, [(2, 1), (2, 2), (2, 3)])
dropped, taken = itertools.dropwhile(lambda v: v < 2, [1, 2, 3]), itertools.takewhile(bool, [1, 2, 0])
repeated, longest = itertools.repeat("r", 3), itertools.zip_longest("ab", [1])
compressed, false_ones = itertools.compress("abc", [1, 0, 1]), itertools.filterfalse(bool, [0, 1, 0])
combined, backward_line = itertools.combinations([1, 2, 3], 2), reversed(line)
next(longest); next(dropped)
class Meta(type):
    made = []
    def __call__(cls, *args):
        made = super().__call__(*args)
        cls.made.append(type(made).__name__)
        return made
class Counted(metaclass=Meta):
    total = 0
    def __init__(self):
        type(self).total += 1
    def __del__(self):
        Counted.total -= 1
counted_one = Counted()
class Colour(enum.Enum):
    RED = [1]
    BLUE = 2
class Checked:
    def __init__(self):
        self._seen = {}
    def __set_name__(self, owner, name):
        self.name = name
    def __get__(self, one, kind):
        return self if one is None else self._seen.get(id(one), 0)
    def __set__(self, one, value):
        self._seen[id(one)] = value
class Field:
    size = Checked()
    @functools.cached_property
    def lazy(self):
        return [1]
    @staticmethod
    def pushed(v, into=[]):
        into.append(v)
        return len(into)
    def __getattr__(self, name):
        if name[:3] != "any":
            raise AttributeError(name)
        self.__dict__[name] = name
        return name
    def __iadd__(self, other):
        self.total = other
        return self
    def __enter__(self):
        self.inside = True
        return self
    def __exit__(self, *_):
        self.left = True
field_one = Field()
field_one.size = 3
class Tree:
    __slots__ = ("left", "right", "value", "__weakref__")
    def __init__(self, value):
        self.value, self.left = value, None
tree = Tree(1); tree.left = Tree([2])
reference, proxy = weakref.ref(tree), weakref.proxy(tree.left)
weak_values, weak_keys = weakref.WeakValueDictionary(t=tree), weakref.WeakKeyDictionary({tree: [1]})
weak_set = weakref.WeakSet([tree])
waiting, stack = queue.Queue(), contextlib.ExitStack()
waiting.put(1); waiting.put([2])
@contextlib.contextmanager
def noting(what, log=[]):
    log.append(what)
    yield log
    log.append("left")
@functools.singledispatch
def single(v):
    return "any"
def outer_function():
    value, calls = [0], 0
    def read():
        return value, calls
    def write(v):
        nonlocal value, calls
        calls += 1
        value = [v]
    return read, write
read, write = outer_function()
def annotated(a: int, *, b=[1]) -> str:
    return b
log_lines, gen_lines = [], []
def logs_its_steps(n):
    for i in range(n):
        gen_lines.append(i)
        yield i
def logger_of(lines):
    while True:
        lines.append((yield len(lines)))
logged, logged_begun, accumulating = logs_its_steps(4), logs_its_steps(4), logger_of([])
next(logged_begun); next(accumulating)
def random_steps():
    for i in range(5):
        yield step_dice.random()
step_dice = random.Random(2)
zz_drawing = random_steps()
def delegating():
    got = yield from squared(3)
    yield got
delegated = delegating(); next(delegated)
log_stream = io.StringIO()
log = logging.getLogger("programs")
handler = logging.StreamHandler(log_stream)
log.addHandler(handler); log.setLevel("WARNING"); log.propagate = False
wrapper = io.TextIOWrapper(io.BytesIO())
error_noted = KeyError("k"); error_noted.add_note("first")
group = ExceptionGroup("all", [ValueError(1), TypeError(2)])
kind_of = type("Made", (Base,), {"extra": [1]})
made_one = kind_of(3)
cell_list = [lambda: cell_list, lambda v=xs: v]
buffered = nn.Module()
buffered.register_buffer("running", torch.zeros(2)); buffered.register_buffer("hidden", torch.ones(2), persistent=False)
buffered.register_parameter("scale", nn.Parameter(torch.ones(2)))
buffered.children_list, buffered.children_dict = nn.ModuleList([nn.Linear(1, 1)]), nn.ModuleDict({"a": nn.ReLU()})
buffered.weights = nn.ParameterList([torch.ones(1)])
class Net(nn.Module):
    calls = 0
    def __init__(self):
        super().__init__()
        self.fc, self.norm, self.log = nn.Linear(3, 2), nn.BatchNorm1d(2), []
    def forward(self, x):
        Net.calls += 1
        self.log.append(tuple(x.shape))
        self.last = self.norm(self.fc(x))
        return self.last
net = Net()
ema = copy.deepcopy(net)
net_opt = torch.optim.AdamW(net.parameters(), lr=0.01, amsgrad=True)
rms = torch.optim.RMSprop([torch.ones(2, requires_grad=True)], lr=0.1, centered=True)
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(net_opt, 10)
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(net_opt, patience=0)
one_cycle = torch.optim.lr_scheduler.OneCycleLR(torch.optim.SGD([w], lr=0.1), max_lr=1, total_steps=10)
net(data).sum().backward(); net_opt.step(); net_opt.zero_grad()
net.last = None
swa = torch.optim.swa_utils.AveragedModel(net)
class Doubled(torch.autograd.Function):
    calls = []
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 2
    @staticmethod
    def backward(ctx, g):
        Doubled.calls.append(1)
        return g * 2
doubled = Doubled.apply(w).sum()
class Items(torch.utils.data.Dataset):
    def __init__(self):
        self.asked = []
    def __len__(self):
        return 3
    def __getitem__(self, i):
        self.asked.append(i)
        return torch.tensor(float(i)), i
items = Items()
item_loader = DataLoader(items, batch_size=2)
later_batches = iter(item_loader); next(later_batches)
from torch.utils.data import random_split, WeightedRandomSampler, Subset
sampler = WeightedRandomSampler([0.1, 0.9], 4)
sampling = iter(sampler); next(sampling)
tensors = [torch.zeros(2), torch.ones(2)]
tensor_dict = {"a": torch.zeros(2), "b": [torch.ones(1)]}
strided_view, expanded = x.t(), torch.ones(1).expand(3)
sub_view = x[:, 1]
half, cplx = torch.ones(2, dtype=torch.float16), torch.tensor([1 + 2j])
cplx_real = torch.view_as_real(cplx)
sparse_like = torch.zeros(3)
named_grad = torch.ones(2, requires_grad=True)
handle_after = named_grad.register_post_accumulate_grad_hook(lambda p: log_lines.append("g"))
"""

CACHES = """
@functools.lru_cache
def cached(x):
    return x * 2
cached(1)
@functools.lru_cache(maxsize=2)
def small_cache(x):
    return [x]
small_cache(1).append(2); small_cache(2)
@functools.cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
fibonacci(5)
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
numbers.frombytes(bytes(0)); numbers[1] = 2.0
grown.append(4); grown.extend(range(100)); grown.insert(0, 7)
grown.pop(); del grown[0]; grown.byteswap()
grown.fromlist([5]); grown *= 3; grown.remove(5)
del grown[:]; grown.frombytes(bytes(8)); grown += grown
raw_grown.extend(b"more"); del raw_grown[:2]; raw_grown += b"!"; raw_grown.clear()
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
record["a"] = 5; field[0] = 9; record[1] = (7, 8.0)
record[0]["b"] = 1; record.sort(order="b"); record["b"][:] += 1
transposed[0, 0] = 8; np.fill_diagonal(diagonal, 7); flat_view[2] = 3
np.put(arr, [0, 1], 9); np.place(arr, arr > 2, 0); np.putmask(arr, arr > 1, 5)
texts[0] = "c"; np.add.at(grid, (0, 0), 5); np.exp(diagonal, diagonal)
arr[::2] *= 2; arr.partition(2); arr.put([0], 3); arr.itemset if False else 0
part.setflags(write=False); grid.dtype = np.int32
np.subtract(arr[1:], 1, out=arr[:-1])
numbers_view[1] = 5.0; array_view[0] = 3; part_view[0] = 66
raw[0:1] = b"y"; numbers[0:1] = numbers[1:2]
heap.append(1); next(counted_list); next(zipped_list); next(chained_list)
list(counted_list); list(zipped_list); list(chained_list); line.append(9)
for a, b in zipped_list: heap.append(a)
table["k"] = dict_keys; table.update(a=list(dict_items)); list(dict_values)[1].append(3)
next(groups_of); next(starred); next(dropped); next(taken); next(repeated); next(longest)
list(groups_of); list(starred); list(dropped); list(taken); list(repeated); list(longest)
next(compressed); next(false_ones); next(combined); next(backward_line)
list(compressed); list(false_ones); list(combined); list(backward_line)
Counted.made.clear(); counted_one.mark = 1; Counted.made.append(2)
counted_one = None
del counted_one
Meta.extra = 1; Counted.total = 9; Counted.__call__ = lambda self: 1
Colour.RED.value.append(2); Colour.BLUE.note = 3
Colour.extra = 5; Colour["RED"].value.clear()
field_one.size = 9; field_one.lazy.append(2); field_one.anything
del Field.size; Field.lazy = 3; Field.pushed(4)
field_one += 5; field_one.total = []
with field_one as inside_one: inside_one.value = 1
Field.size._seen.clear(); Field.__init__ = lambda self: None
tree.left = Tree(tree); tree.right = 5; tree.left.value = 0
tree.left.value.append(3); proxy.value.append(4); reference().value = [5]
del tree.left; reference().right = tree
weak_values["u"] = tree.left; weak_keys[tree].append(2); weak_set.add(tree.left)
weak_values.clear(); weak_keys.clear(); weak_set.clear()
weak_keys[tree.left] = 3; weak_set.discard(tree)
waiting.get_nowait(); waiting.put(3); waiting.queue.clear()
stack.callback(xs.append, 5); stack.enter_context(contextlib.suppress(KeyError))
with stack: xs.append(1)
with noting("a") as noted: noted.append("b")
single.register(int, lambda v: "int"); single(3)
single.register(str)(lambda v: xs.append(v)); single("a")
small_cache(3).append(1); small_cache(1)
small_cache(1).append(7); small_cache.cache_clear()
fibonacci(20); fibonacci.cache_clear()
write(5); read()[0].append(6)
write([7]); write(8); read.own = 1
annotated.__kwdefaults__["b"].append(3); annotated.__annotations__["c"] = 4
annotated.__kwdefaults__ = {"b": 3}; annotated.__doc__ = "doc"; annotated.__name__ = "other"
annotated.__dict__["z"] = 1; annotated.__wrapped__ = step; annotated.__annotations__ = {}
F.gelu(x); read.more = [1]
next(logged); next(logged)
list(logged); gen_lines.clear(); log_lines.append(1)
for v in zz_drawing: xs.append(v)
next(zz_drawing); next(delegated)
list(delegated); xs.append(list(zz_drawing))
delegated.send(4); delegated.close()
try: delegated.throw(ValueError(1))
except ValueError: pass
try: gen_begun.throw(KeyError(1))
except KeyError: pass
log.warning("one"); log.info("two"); handler.setLevel("ERROR")
log.setLevel("DEBUG"); log.debug("x"); log.removeHandler(handler); log.addFilter(lambda r: False)
logging.getLogger("new.one").warning("x"); logging.disable("ERROR"); log.disabled = True
handler.setFormatter(logging.Formatter("%(levelname)s %(message)s")); log.error("e")
warnings.simplefilter("error"); warnings.filterwarnings("ignore")
warnings.warn("w"); warnings.resetwarnings()
sys.setrecursionlimit(5000); sys.argv.append("a"); sys.stdout = log_stream; print("x")
sys.path.append("z"); sys.modules["made"] = types.ModuleType("made")
wrapper.write("t"); wrapper.flush()
wrapper.buffer.write(b"r"); wrapper.seek(0)
error_noted.add_note("second"); error_noted.__notes__.clear(); error_noted.more = 3
error_noted.__cause__ = error; error.with_traceback(None); error_noted.__suppress_context__ = False
group.exceptions[0].args = (5,); group.add_note("n"); group.exceptions[1].x = 1
kind_of.extra.append(2); kind_of.extra = 0; made_one.bump(); made_one.__class__ = Base
kind_of.__bases__ = (Key,); kind_of.__name__ = "Other"; del kind_of.extra
Base.__init__.__defaults__ = (4,); Base.bump.mark = 5; Base.double = 3
Key.__hash__ = lambda self: 5; Key.__eq__ = lambda a, b: True; keys[Key(9)] = 9
cell_list.append(cell_list); cell_list[1]().append(3); cell_list[0]()[0] = None
types.SimpleNamespace.x if False else 0; space.__dict__.clear(); space.__init__(c=3)
buffered.running.add_(1); buffered.hidden = torch.zeros(3); buffered.scale.data.fill_(4)
buffered.running = None; buffered.scale = nn.Parameter(torch.zeros(1)); del buffered.hidden
buffered.register_buffer("late", torch.ones(1)); buffered.children_list.append(nn.ReLU()); buffered.children_dict["b"] = nn.Tanh()
buffered.children_list[0].weight.requires_grad_(False); del buffered.children_dict["a"]; buffered.weights.append(torch.zeros(1))
buffered.weights[0].data.fill_(5); buffered.to(torch.float64); buffered.eval()
buffered.apply(lambda m: setattr(m, "seen", 1)); buffered.requires_grad_(False); buffered.zero_grad()
buffered._buffers["running"][0] = 7; buffered.__dict__["own"] = 1; buffered.share_memory if False else 0
net(data); net(data).sum().backward(); net_opt.step()
net.log.clear(); Net.calls += 1; net.last = None; net.norm.reset_running_stats()
net.fc.weight.grad = torch.ones(2, 3); net.norm.momentum = 0.5; net.norm.num_batches_tracked += 1
net.fc = nn.Linear(3, 1); net.fc(data)
net.load_state_dict(ema.state_dict()); ema.fc.reset_parameters()
ema.load_state_dict(net.state_dict()); ema.eval(); ema(data); Net.forward = lambda self, x: x
nn.init.normal_(net.fc.weight); nn.init.constant_(net.fc.bias, 3); nn.utils.clip_grad_norm_(model.parameters(), 0.01)
net.train(False)(data); net.half(); net.double()
nn.utils.parametrizations.weight_norm(net.fc); net(data)
nn.utils.prune.l1_unstructured(net.fc, "weight", 0.5) if hasattr(nn.utils, "prune") else 0
net.register_full_backward_hook(lambda m, i, o: log_lines.append("b")); net(data).sum().backward()
net.fc.register_forward_hook(lambda m, i, o: o * 2); net.register_state_dict_pre_hook(lambda *a: None) if False else 0
for m in net.modules(): m.touched = [1]
for n, p in net.named_parameters(): p.data *= 0; p.grad = None
for g in net_opt.param_groups: g["lr"] *= 2; g["extra"] = 1
net_opt.state_dict()["param_groups"][0]["lr"] = 3; net_opt.step(lambda: net(data).sum())
net_opt.register_step_post_hook(lambda *a: log_lines.append("s")); net_opt.step()
rms.param_groups[0]["params"][0].sum().backward(); rms.step(); rms.zero_grad()
rms.defaults["lr"] = 4; rms.param_groups.clear(); rms.state = {}
cosine.step(); plateau.step(1.0); plateau.step(2.0); one_cycle.step()
cosine.last_epoch = 7; cosine.base_lrs[0] = 2; plateau.best = 0; one_cycle.load_state_dict(one_cycle.state_dict())
swa.update_parameters(net); swa.n_averaged += 1; swa(data)
doubled.backward(retain_graph=True); Doubled.calls.clear()
Doubled.apply(w).sum().backward(); Doubled.extra = 1
next(later_batches); items.asked.clear()
list(later_batches); list(item_loader); items[2]
next(sampling); list(sampler); sampler.num_samples = 2
random_split(items, [1, 2]); list(sampling)
tensors[0].add_(1); tensors[1] = tensors[0]; tensors.append(3)
tensors[0][1] = 5; tensors.reverse(); tensors[0].zero_()
tensor_dict["a"][0] = 3; tensor_dict["b"][0] *= 2; tensor_dict["b"].append(tensor_dict["a"])
strided_view[0] = 9; sub_view.mul_(3); x.view(-1)[3] = 4; x.unsqueeze_(0)
torch.add(x, 1, out=x); torch.abs(ints, out=ints); ints.clamp_(1, 2); ints.swapaxes_(0, 0)
half.fill_(3); cplx.mul_(2j); cplx_real[0, 0] = 7; cplx.real[0] = 4
x.index_fill_(0, torch.tensor([0]), 5); x.scatter_(0, torch.zeros(1, 3, dtype=torch.int64), 2.0); x.masked_fill_(x > 2, 0)
x.set_(torch.zeros(2)) if hasattr(x, "set_") else 0; ints.sort(out=(ints.clone(), ints.clone())) if False else 0
named_grad.sum().backward(); handle_after.remove(); (named_grad * 2).sum().backward()
named_grad.grad = torch.ones(2); named_grad.grad.add_(1); named_grad.requires_grad = False
loss.grad_fn.register_hook(lambda *a: log_lines.append("n")); loss.backward(retain_graph=True)
y2 = w * 2; y2.retain_grad(); y2.sum().backward(); del y2
w.detach()[0] = 4; w.data = torch.zeros(3); w.detach_()
w.data[1] = 4; w.grad.data.zero_(); w.__dict__["deep"] = [1]; w.backward_hooks = 1
w.register_hook(lambda g: xs.append(g)); (w * 3).sum().backward()
torch.use_deterministic_algorithms(True)
torch.set_default_device("meta"); torch.zeros(1)
torch.set_num_threads(1); torch.set_default_dtype(torch.float16); torch.get_rng_state()[0] = 4
torch.set_rng_state(torch.get_rng_state()); torch.random.fork_rng().__enter__(); torch.seed()
torch.inference_mode(True).__enter__(); torch.autograd.set_detect_anomaly(True)
torch.autocast("cpu", dtype=torch.bfloat16).__enter__(); torch.enable_grad().__enter__(); torch.mm(torch.ones(1, 1), torch.ones(1, 1))
torch.manual_seed(1); torch.bernoulli(torch.ones(2) / 2); torch.nn.functional.dropout(x.float(), 0.5); x.normal_()
x.uniform_(); x.random_(5); torch.multinomial(torch.ones(3), 2); torch.normal(0.0, 1.0, (2,))
np.random.shuffle(arr); np.random.default_rng(); np.seterr(all="raise"); np.random.get_state()[1][0] = 5
decimal.getcontext().rounding = decimal.ROUND_UP; decimal.setcontext(decimal.Context(prec=3)); decimal.getcontext().clear_flags()
with decimal.localcontext() as own_context: own_context.prec = 4
itertools.own = 1; random.seed(1); random.setstate(random.getstate())
copy.deepcopy(base).items.append(1); copy.copy(nested)[0].append(8); copy.copy(tree).left.value = 9
functools.reduce(lambda a, b: a.append(b) or a, [1, 2], xs); list(map(line.append, [1])); sorted([1], key=xs.append)
[xs.append(v) or some.add(v) for v in (7, 8)]; {k: table.update({k: 1}) for k in "pq"}; any(heap.append(v) for v in [1])
(lambda: xs.append(1))(); (lambda v=table: v.clear())(); exec if False else 0
globals()["number"] = 7; vars(base).clear(); locals()["text"] = "n"; setattr(Base, "late", 4)
object.__setattr__(base, "value", 77); type.__setattr__(Base, "count", 44); dict.__setitem__(names, "u", 1); list.append(rows, 5)
xs.append(gen); table["it"] = it; held.append(outer); tree.value = squares; config.tags.append(begun)
next(outer); held[0] = outer; point.x.append(outer)
match point:
    case Point(x=[1], y=matched): matched.append(2)
"""

LOOK = """
APART = ("told", "torch", "nn", "F", "APART", "HIDDEN")
HIDDEN = ("__dict__", "__weakref__", "__slots__", "__doc__", "__abstractmethods__", "_abc_impl")
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
        try: return f"{type(v).__name__} {bytes(v)}"
        except ValueError as released: return f"{type(v).__name__} {released}"
    if isinstance(v, io.TextIOWrapper):
        return f"W{v.closed} {v.closed or (v.flush(), v.tell(), v.buffer.getvalue())}"
    if isinstance(v, (type({}.keys()), type({}.values()), type({}.items()))):
        return f"{type(v).__name__} {told(list(v), depth + 1, seen)}"
    if isinstance(v, weakref.ref):
        return f"weak {told(v(), depth + 1, seen)}"
    if isinstance(v, weakref.ProxyTypes):
        return f"proxy {v.value}"
    if isinstance(v, (weakref.WeakValueDictionary, weakref.WeakKeyDictionary)):
        inside = [(told(k, depth + 1, seen), told(x, depth + 1, seen)) for k, x in v.items()]
        return f"{type(v).__name__} {inside}"
    if isinstance(v, weakref.WeakSet):
        return f"WeakSet {[told(k, depth + 1, seen) for k in v]}"
    if isinstance(v, queue.Queue):
        return f"Q{told(list(v.queue), depth + 1, seen)} {v.unfinished_tasks}"
    if isinstance(v, logging.Handler):
        return f"H{v.level} {v.formatter} {told(getattr(v, 'stream', 0), depth + 1, seen)}"
    if isinstance(v, logging.Logger):
        facts = [v.level, v.disabled, v.propagate, len(v.filters), v.isEnabledFor(20)]
        return f"L{facts} {[told(h, depth + 1, seen) for h in v.handlers]}"
    if isinstance(v, enum.Enum):
        return f"{v!r} {told(v.value, depth + 1, seen)} {getattr(v, 'note', 0)}"
    if isinstance(v, ExceptionGroup):
        inside = [told(e, depth + 1, seen) for e in v.exceptions]
        return f"EG{v!r} {inside} {getattr(v, '__notes__', 0)}"
    if hasattr(v, "cache_info"):
        return f"cache {v.__name__} {v.cache_info()}"
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
        names = sorted(k for k in vars(v) if k not in HIDDEN)
        inside = [(k, told(vars(v)[k], depth + 1, seen)) for k in names]
        return f"class {v.__name__} {[b.__name__ for b in v.__bases__]} {inside}"
    if isinstance(v, types.FunctionType):
        own = v.__module__ == "__main__"
        facts = [getattr(v, "__" + k + "__", 0) for k in ("defaults", "kwdefaults", "annotations", "doc")] if own else []
        inside = told(facts, depth + 1, seen)
        return f"function {v.__name__} {inside} {told(getattr(v, '__dict__', None), depth + 1, seen)}"
    if hasattr(v, "__next__") and not isinstance(v, type):
        kind = type(v).__name__.replace("list_iterator", "iterator").replace("tuple_iterator", "iterator")
        out = []
        for _ in range(7):
            try: out.append(told(next(v), depth + 1, seen))
            except StopIteration as stop: out.append(f"stop {stop.value}"); break
            except RuntimeError as gone: out.append(str(gone)); break
        return f"iterator {out}"
    slots = [k for k in ("a", "b", "left", "right", "value") if hasattr(v, k)] if hasattr(v, "__slots__") else []
    inside = [told(getattr(v, k), depth + 1, seen) for k in slots]
    return f"{type(v).__name__} {told(getattr(v, '__dict__', None), depth + 1, seen)} {inside}"
everything = {k: v for k, v in dict(globals()).items() if k[:1] != "_" and k not in APART}
for k in sorted(everything):
    print(k, told(everything[k]) if not isinstance(everything[k], types.ModuleType) else type(everything[k]))
print(table, sorted(map(str, some)), list(keys.values()), first_key in keys, counts.most_common(3))
print(step(), cached(1), cached(2))
print(torch.rand(2), torch.tensor(1.0), torch.is_grad_enabled(), random.random(), np.random.rand(2))
print(np.array([1 / 3]), decimal.Decimal(1) / 3)
loss.backward(); print(seen_grads, w.grad)
model.train(); print(model(data), forward_calls, [p.requires_grad for p in model.parameters()])
opt.step(); schedule.step(); print(opt.param_groups[0]["lr"], list(model.parameters())[0])
net(data).sum().backward(); net_opt.step(); cosine.step(); plateau.step(3.0); one_cycle.step(); rms.step()
print(net.log, Net.calls, list(net.parameters()), net_opt.param_groups, net.state_dict().keys(), log_lines)
print([b.tolist() for b in buffered.buffers()], [n for n, _ in buffered.named_parameters()], buffered, buffered.training)
doubled.backward(); print(Doubled.calls, swa.n_averaged, [g["lr"] for g in one_cycle.optimizer.param_groups])
log.warning("look"); log.error("at"); print(log_stream.getvalue(), logging.getLogger("new.one").handlers)
print(sys.getrecursionlimit(), sys.argv, sys.path[-1:], "made" in sys.modules, sys.stdout is sys.__stdout__)
print(torch.get_default_dtype(), torch.get_default_device(), torch.is_anomaly_enabled(), torch.is_inference_mode_enabled())
print(torch.is_autocast_enabled("cpu"), torch.are_deterministic_algorithms_enabled(), np.geterr())
print(single("a"), single(3), small_cache(1), fibonacci(9), read(), annotated(3), write(1), read(), waiting.qsize())
print(tree.left, reference() is tree, kind_of(1).value, kind_of.extra, Colour.RED, Counted.total, Counted().total, Meta.made)
print(decimal.getcontext(), [len(v) for v in (items, sampler)], field_one.size, getattr(field_one, "total", 0))
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

    narrow = False

    def __init__(self, setup: str, undone: str, changes: str, look: str, failures: Any, forms: Any):
        self.setup, self.undone, self.look = setup, undone, look
        self.changes = joined(changes)
        self.failures, self.forms = failures, forms
        self.expected = shown(self.prepared(), look)

    def prepared(self) -> Session:
        session = Session(seed=0)
        session.execute(self.setup, undo=False)
        if self.undone:
            session.execute(self.undone)  # caches that can be looked into
        if self.narrow:  # nothing that a program could do behind its names is left in CHANGES
            session.context.journal.listened = False
            session._evaluator.modules.loaded.pop("weakref")
        return session

    def statements(self, chance: random.Random, succeeding: bool = False) -> Iterator[str]:
        """Statements that change things and fail, or succeed."""
        while True:
            chosen = chance.sample(self.changes, chance.choice((1, 1, 2, 3, 5)))
            lines = [line for change in chosen for line in change.split("\n")]
            form = chance.choice(self.forms)
            if succeeding:
                form = chance.choice(("if True:\n{c}", "for turn in range(2):\n{c}"))
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
        if line.startswith(("except", " ")):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


GLOBALS = {
    "number", "text", "xs", "numbers", "grown", "raw_grown", "some", "objects", "global_new", "part", "arr", "x", "row", "left2", "step",
}  # fmt: skip


def shown(session: Session, look: str) -> str:
    """Everything that a program can see."""
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values: list[Any] = []
        session.execute(look, on_display=lambda shown: values.append(shown.value), undo=False)
    text = out.getvalue() + "\n".join(map(repr, values))
    return re.sub(r"0x[0-9a-f]+|\d{14,}(?=: )", "0x", text)


def check(n: int, seed: int, kind: Kind, each: int = 40) -> list[tuple[str, str]]:
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
    return unlike(kind, statements, looked_at(session, kind), kind.expected)


def looked_at(session: Session, kind: Kind) -> str:
    """What a session shows, or why it cannot."""
    try:
        return shown(session, kind.look)
    except TensorshError as error:
        return f"cannot be looked at: {error}"


def unlike(kind: Kind, statements: list[str], found: str, expected: str) -> str:
    """What differs of what was shown; "" if nothing."""
    pairs = list(zip(found.split("\n"), expected.split("\n"), strict=False))
    pairs = [(a, b) for a, b in pairs if not b.endswith(" iterator ?")]
    if kind.narrow:  # an iterator that no name of the statement leads to does not know its deque again
        pairs = [(a, b) for a, b in pairs if "deque mutated during" not in a]
    if any(re.search(rf"\b({CHANGING})\b", statement) for statement in statements):
        pairs = [(a, b) for a, b in pairs if "cannot go on" not in a]  # it says so, which is all it can do
    if all(a == b for a, b in pairs) and found.count("\n") == expected.count("\n"):
        return ""
    return "\n".join(differing(a, b) for a, b in pairs if a != b) or "lines are missing"


def check_history(n: int, seed: int, kind: Kind, each: int = 10) -> list[tuple[str, str]]:
    """Run n statements that succeed, `each` of them to a session; returns what undo or redo did not make as it was."""
    chance = random.Random(seed)
    statements = kind.statements(chance, succeeding=True)
    wrong: list[tuple[str, str]] = []
    for _ in range(-(-n // each)):
        some = [next(statements) for _ in range(each)]
        if history_trouble(kind, some):
            wrong += [(one, found) for one in some if (found := history_trouble(kind, [one]))] or [
                ("\n".join(some), history_trouble(kind, some))
            ]
    return wrong


def history_trouble(kind: Kind, statements: list[str]) -> str:
    """What is not as before statements that were taken back, or as after them when they were done again."""

    def after(*steps: str) -> str:
        session = kind.prepared()
        past = session.remember()
        for statement in statements:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with session.active(), past.input(statement), contextlib.suppress(TensorshError, SystemExit):
                    session.run(statement)
        for step in steps:
            with session.active():
                while getattr(past, step)() is not None:
                    pass
        return looked_at(session, kind)

    for steps in (["undo"], ["undo", "redo"], ["undo", "redo", "undo"]):
        expected = kind.expected if steps[-1] == "undo" else after()
        if "mutated during" in expected:  # an iterator over what has changed is made anew, and is good then
            expected = re.sub(r"\n(\w+) iterator .*mutated during.*", r"\n\1 iterator ?", expected)
        found = unlike(kind, statements, after(*steps), expected)
        if found:
            return f"{steps}\n{found}"
    return ""


#: what ends generators, and the iterators whose bodies change what is outside of them
CHANGING = r"close|throw|logged|logged_begun|accumulating|zz_drawing|later_batches|sampling"


def differing(a: str, b: str) -> str:
    """Two lines from a little before where they differ."""
    at = next(
        (i for i, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b))
    )
    start = max(at - 60, 0)
    return f"{a[:20]}… {a[start : at + 60]}\n  instead of\n{b[start : at + 60]}"


def pytorch_kind() -> Kind:
    return Kind(SETUP, CACHES, CHANGES, LOOK, FAILURES, FORMS)


class Narrow(Kind):
    """Statements of which only what their names lead to is noted."""

    narrow = True

    def __init__(self) -> None:
        super().__init__(SETUP, CACHES, CHANGES, LOOK, FAILURES, FORMS)
        self.changes = [one for one in self.changes if not re.search(BEHIND, one)]


#: what runs hooks, and what refers weakly
BEHIND = "backward|hook|handle|weak|reference|proxy|Doubled|doubled"


def own_kind() -> Kind:
    return Kind(OWN_SETUP, "", OWN_CHANGES, OWN_LOOK, OWN_FAILURES, OWN_FORMS)


if __name__ == "__main__":
    count, start = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    bad = 0
    for make, share in ((pytorch_kind, 2), (Narrow, 1), (own_kind, 1)):
        found = check(count * share // 4, start, make())
        bad += len(found)
        for statement, difference in found[:20]:
            print(statement, difference, sep="\n---\n", end="\n=======\n")
    print(f"{count} statements, {bad} left something changed")
    sys.exit(bad > 0)
