"""Random PyTorch programs whose loops go through instances: own classes, modules, losses, optimisers, batches.

`InstanceProgram(seed)` writes one as `loop_writer` writes its own: most statements only compute, and what disturbs
(other attributes, other methods, other modes) mostly comes in late rounds, when a program is replayed. Words in
capitals stand for a piece of the table of that name.
"""

from __future__ import annotations

from table_writer import TableWriter, lines_of, words_of

START = """
import torch, torch.nn as nn, torch.nn.functional as F
from torch import optim
from torch.utils.data import DataLoader, TensorDataset
from dataclasses import dataclass
torch.manual_seed(1)
class Cell:
    gain = 0.5
    offsets = [0.25, 0.5]
    def __init__(self, n, scale=1.0):
        self.w = torch.randn(n, n, requires_grad=True)
        self.b = torch.zeros(n, requires_grad=True)
        self.h = torch.zeros(n)
        self.total = torch.zeros(n)
        self.scale = scale
        self.count = 0
        self.flag = True
        self.kept = None
        self.items = [torch.ones(n), 2.0]
        self.table = {'u': torch.ones(n), 'k': 3}
        self.inner = None
        self.tril = torch.ones(n) * 0.5
    def __call__(self, x):
        return torch.tanh(x @ self.w + self.b) * self.scale
    def parameters(self):
        return [self.w, self.b]
    def step(self, x):
        self.h = torch.tanh(self.h * self.gain + x.mean(0)).detach()
        self.count += 1
        return self.h * self.count
    def decayed(self, x, k=2):
        return x / (1 + self.count * k) if self.flag else x - self.offsets[0]
    def keep(self, x):
        self.kept = x
        return x * 2
    def accumulate(self, x):
        self.total += x.detach().mean(0)
        return self.total
    def store(self, x):
        self.table['u'] = x.mean(0).detach()
        self.items[0] = self.items[0] * 0.5 + self.table['u']
        return self.items[0] * self.table['k']
    def through(self, x):
        return x if self.inner is None else self.inner(x)
    @property
    def norm(self):
        return (self.w ** 2).sum() * self.gain
    @staticmethod
    def double(x):
        return x * 2
    @classmethod
    def gained(cls, x):
        return x * cls.gain
    def __add__(self, x):
        return x + self.b
    def gathered(self, x):
        found, named = [], {}
        for k in range(2):
            found.append(x * (k + 1))
            named[f'n{k}'] = found[-1] + self.h
        found += [named['n0']]; found.reverse()
        self.kept = found[1:]
        return sum(found) + named.pop('n1')
class Deep(Cell):
    def __call__(self, x):
        return super().__call__(x) + self.norm
    def reset(self):
        self.count = 0
        self.h = torch.zeros(3)
class Slim:
    __slots__ = ('a', 'k')
    def __init__(self):
        self.a = torch.ones(3); self.k = 2
    def up(self, x):
        self.k += 1
        self.a = (self.a + x.mean(0).detach()) / self.k
        return x * self.a
@dataclass
class Options:
    lr: float = 0.1
    rounds: int = 3
    name: str = 'sgd'
class Net(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.fc1 = nn.Linear(n, 4)
        self.act = nn.ReLU()
        self.fc2 = nn.Linear(4, n, bias=False)
        self.register_buffer('mean', torch.zeros(n))
        self.alpha = nn.Parameter(torch.tensor(0.5))
        self.calls = 0
        self.last = None
    def forward(self, x, k=1.0):
        z = self.fc2(self.act(self.fc1(x)))
        if self.training:
            z = z * self.alpha
        return z * k
    def tracked(self, x):
        self.mean = 0.9 * self.mean + 0.1 * x.mean(0).detach()
        self.calls += 1
        return self(x) + self.mean
    def seen(self, x):
        self.last = self(x)
        return self.last
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(2)])
        self.norm = nn.LayerNorm(3)
        self.drop = nn.Dropout(0.2)
    def forward(self, x):
        for layer in self.layers:
            x = x + self.drop(torch.tanh(layer(x)))
        return self.norm(x)
cell = Cell(3); deep = Deep(3, 0.5); slim = Slim(); opts = Options(); net = Net(); twin = Net(); block = Block()
seq = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.BatchNorm1d(5), nn.Linear(5, 3))
x = torch.randn(6, 3); y = torch.randn(6, 3); t = torch.randint(0, 3, (6,)); X = torch.randn(12, 3)
T = torch.randint(0, 3, (12,))
mse = nn.MSELoss(); ce = nn.CrossEntropyLoss(); l1 = nn.L1Loss(reduction='sum')
a = x * 1; b = x * 2; loss = x.sum(); total = 0.0; outs = []; losses = []; k = 1; h1 = None; lr = 0.1; pred = x
gen = torch.Generator().manual_seed(4)
loader = DataLoader(TensorDataset(X, T), batch_size=4)
def train(m, v):
    return mse(m(v), y)
def judged(m, v):
    criterion = nn.CrossEntropyLoss(reduction='sum')
    return criterion(m(v), t) + nn.Sequential(nn.Tanh(), nn.Softmax(dim=1))(v).sum()
def follow(m, rate):
    mine, theirs = twin.state_dict(), m.state_dict()
    for key in theirs:
        mine[key] = mine[key] * (1 - rate) + theirs[key] * rate
    return twin.load_state_dict(mine)
def share(p, t):
    return (p.argmax(dim=1) == t).float().mean().item()
def fit(m, v):
    m.train()
    opt.zero_grad()
    e = F.mse_loss(m(v), y)
    e.backward()
    opt.step()
    return e
""".lstrip()

TABLES = {
    "OPTIMIZER": """
optim.SGD(MODULE.parameters(), lr=0.1)
optim.SGD(MODULE.parameters(), lr=0.1)
optim.SGD(MODULE.parameters(), lr=0.05, momentum=0.9)
optim.SGD(MODULE.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)
optim.SGD([{'params': net.fc1.parameters()}, {'params': cell.parameters(), 'lr': 0.2}], lr=0.1)
optim.SGD(cell.parameters(), lr=opts.lr)
optim.Adam(MODULE.parameters(), lr=0.01)
optim.Adam(MODULE.parameters(), lr=0.01)
optim.Adam([*net.parameters(), *cell.parameters()], lr=0.01, amsgrad=True)
optim.AdamW(MODULE.parameters(), lr=0.01)
optim.RMSprop(MODULE.parameters(), lr=0.01, momentum=0.5)
optim.Adagrad(MODULE.parameters(), lr=0.05)
optim.NAdam(MODULE.parameters(), lr=0.01)
optim.Adadelta(MODULE.parameters())
""",
    "SCHEDULER": """
optim.lr_scheduler.StepLR(opt, 3, 0.5)
optim.lr_scheduler.ExponentialLR(opt, 0.9)
optim.lr_scheduler.CosineAnnealingLR(opt, 8)
optim.lr_scheduler.LambdaLR(opt, lambda e: 0.9 ** e)
""",
    "MODULE": "net\nnet\nblock\nseq\ncell\ndeep",
    "MODEL": "net\nnet\nblock\nseq\ncell\ndeep\ncell.through\nCell.double\nnet.forward\nnet.fc1.in_features * net",
    "HEAD": """
for INDEX in range(8):
for INDEX in range(9):
for INDEX in range(11):
for INDEX in [3, 0, 1, 2, 5, 4, 7, 6, 8]:
for INDEX, (x, t) in enumerate([(X[:6], T[:6]), (X[6:], T[6:])] * 4):
""",
    "NUMBER": """
INDEX
k
lr
0.5
2
cell.scale
cell.count
opts.lr
opts.rounds
slim.k
net.calls
Cell.gain
cell.gain
cell.table['k']
cell.items[1]
""",
    "CONDITION": """
INDEX % 2
INDEX == 4
INDEX > 3
cell.flag
net.training
k > 2
cell.count > 3
opts.name == 'sgd'
""",
    "BATCH0": "x\na\nb\ny\npred\nx\nX[:6]",
    "BATCH": """
BATCH
(BATCH + BATCH)
(BATCH * NUMBER)
net(BATCH)
net(BATCH, NUMBER)
net(BATCH, k=0.5)
net.tracked(BATCH)
net.seen(BATCH)
net.act(BATCH)
net.fc2(net.fc1(BATCH))
block(BATCH)
block.norm(BATCH)
seq(BATCH)
seq[0](BATCH)[:, :3]
seq[:2](BATCH)[:, :3]
block.layers[1:][0](BATCH)
cell(BATCH)
deep(BATCH)
cell.step(BATCH) * BATCH
deep.step(BATCH) + BATCH
cell.decayed(BATCH)
cell.decayed(BATCH, k=NUMBER)
cell.keep(BATCH)
cell.accumulate(BATCH) + BATCH
cell.store(BATCH) + BATCH
cell.through(BATCH)
cell.gathered(BATCH)
twin(BATCH)
cell.double(BATCH)
cell.gained(BATCH)
slim.up(BATCH)
(cell + BATCH)
BATCH * cell.tril
BATCH * cell.table[f"{'u'}"]
BATCH + torch.randn_like(BATCH) * 0.1
BATCH + torch.rand(3, generator=gen)
F.dropout(BATCH.t(), 0.5, net.training).t()
BATCH * cell.norm
BATCH + cell.h
BATCH + net.mean
BATCH @ cell.w
torch.tanh(BATCH)
F.relu(BATCH)
F.linear(BATCH, cell.w, cell.b)
F.linear(BATCH, net.fc1.weight)[:, :3]
BATCH.detach()
F.dropout(BATCH, 0.5, net.training)
(BATCH if CONDITION else BATCH)
""",
    "LOSS": """
mse(MODEL(BATCH), y)
mse(MODEL(x), y)
ce(MODEL(x), t)
ce(MODEL(BATCH), t)
l1(MODEL(BATCH), y)
train(MODULE, x)
train(MODULE, BATCH)
judged(MODEL, BATCH)
F.cross_entropy(MODEL(x), t)
((MODEL(x) - y) ** 2).mean()
(BATCH ** 2).mean()
mse(MODEL(x), y) + 0.1 * cell.norm
nn.functional.mse_loss(MODEL(BATCH), y)
""",
    "PLAIN": """
a = BATCH
b = BATCH
pred = BATCH
loss = LOSS
loss = LOSS
a = a.detach() * 0.5
cell.count += 1
cell.scale = NUMBER
cell.scale *= 0.9
cell.h = BATCH.mean(0).detach()
cell.kept = a
a = cell.h * b
cell.count = k
slim.k = 2
slim.a = torch.ones(3)
net.mean = torch.zeros(3)
net.mean.mul_(0.5)
net.last = None
opts.lr = opts.lr * 0.5
opts.lr = 0.1
lr = opts.lr
k += 1
lr *= 0.9
deep.reset()
cell.table['u'] = BATCH.mean(0).detach()
cell.items[0] = cell.h
net.train()
MODULEX.eval()
MODULEX.train()
net.calls += 1
net.zero_grad()
cell.flag = not cell.flag
cell.kept = None
follow(net, 0.1)
kept = net.state_dict()
parts = [BATCH]; parts.append(BATCH); a = torch.stack(parts).mean(0)
with torch.no_grad(): a = BATCH
with torch.no_grad(): cell.w.mul_(0.9)
with torch.no_grad(): cell.w -= 0.01 * cell.w
with torch.no_grad(): net.fc1.weight.mul_(0.95)
net.fc1.weight.data.mul_(0.99)
cell.h.data.mul_(0.9)
cell.w.data += 0.01
model = MODULE
cell.inner = net.act
""",
    "TRAINING": """
opt.zero_grad(); loss = LOSS; loss.backward(); opt.step()
opt.zero_grad(); loss = LOSS; loss.backward(); opt.step()
opt.zero_grad(); pred = MODEL(x); loss = mse(pred, y); loss.backward(); opt.step(); losses.append(loss.item())
loss = LOSS; opt.zero_grad(); loss.backward(); opt.step(); total += loss.item()
loss = LOSS; loss.backward(); nn.utils.clip_grad_norm_(MODULE.parameters(), 1.0); opt.step(); opt.zero_grad()
loss = LOSS; loss.backward(); nn.utils.clip_grad_value_(MODULE.parameters(), 0.1); opt.step(); opt.zero_grad()
net.zero_grad(); loss = LOSS; loss.backward(); opt.step()
loss = fit(net, x)
loss = fit(MODULEX, BATCH)
opt.zero_grad(set_to_none=False); loss = LOSS; loss.backward(); opt.step()
opt.zero_grad(); loss = LOSS; loss.backward(); opt.step(); sched.step()
loss = LOSS; loss.backward(); outs.append(net.alpha.grad)
pred = MODEL(x); loss = ce(pred, t); loss.backward(); opt.step(); _, at = pred.max(1); total += (at == t).sum().item()
pred = MODEL(x); loss = ce(pred, t); opt.zero_grad(); loss.backward(); opt.step(); total += share(pred, t)
loss = LOSS; loss.backward(); total += float(nn.utils.clip_grad_norm_(MODULE.parameters(), 0.5)); opt.step()
try: loss = MODEL(BATCH).reshape(2, 9).sum(); except RuntimeError: total += 1; loss.backward(); opt.step()
loss = cell.norm; loss.backward(); a = cell.w.grad * 1; cell.w.grad = None
loss = LOSS; loss.backward(); opt.step()
""",
    "EACH": """
p.grad = None
a = a + p.sum().detach()
with torch.no_grad(): p.mul_(0.9)
with torch.no_grad(): p -= 0.01 * p
if p.grad is not None: p.data -= lr * p.grad
if p.grad is not None: p.data += -lr * p.grad
if p.grad is not None: p.data.add_(p.grad.data, alpha=-0.05)
if p.grad is not None: p.grad.zero_()
""",
    "HOST": """
print(loss.item())
losses.append(loss.item())
if loss.item() > 0.7: lr = 0.05
if bool((a > 0).all()): k = 2
try: a = BATCH @ cell.tril[INDEX % 4]; except IndexError: outs.append(b)
try: cell.nope(x); except AttributeError as error: total += len(str(error))
if loss.item() < 0.01: break
print(f"{INDEX} {loss.item():.4f}")
outs.append(a)
outs.append(loss.detach())
print(cell.count, cell.scale, cell.h)
print(net.mean, net.calls)
print(opt.param_groups[0]['lr'])
outs.append(cell.h)
print(slim.k)
total += loss.item()
if CONDITION: continue
print(net.fc1.weight.grad is None)
cell.items.append(1); cell.items.pop()
outs.append(cell.kept)
sched.step()
print(seq[2].running_mean)
print(net.training, sum(p.numel() for p in net.parameters()))
""",
    "DISTURBANCE": """
cell.w = torch.randn(3, 3, requires_grad=True)
cell.w = cell.w.detach().requires_grad_()
cell.h = torch.ones(3)
cell.h = None
cell.scale = 3
cell.scale = torch.tensor(2.0)
cell.scale = 'a'
cell.count = 0.5
cell.count = -1
cell.items = [torch.zeros(3), 1]
cell.items[1] = 7.0
cell.items.append(5)
cell.table['k'] = 2.5
cell.table['new'] = 1
del cell.table['k']
cell.inner = net
cell.inner = lambda v: v - 1
cell.tril = x[0]
cell.tril = 0.5
cell.w.data = torch.ones(3, 3)
cell.h = cell.w.data[0]
gen.manual_seed(2)
gen = torch.Generator()
cell.kept = x
cell.h = cell.total
cell.total = cell.h
cell = Cell(3)
cell = deep
deep.w = cell.w
cell.double = lambda v: v * 3
cell.decayed = cell.keep
cell.__class__ = Deep
Cell.gain = 2.0
Cell.gain = torch.ones(3)
Cell.offsets[0] = 9.0
Cell.offsets = [1]
Cell.double = staticmethod(lambda v: v + 1)
Cell.step = lambda self, v: v.mean(0)
Cell.__call__ = lambda self, v: v @ self.w
Cell.norm = property(lambda self: self.b.sum())
Deep.keep = lambda self, v: v
Deep.__call__ = lambda self, v: v * 1
Cell.__add__ = lambda self, v: v
del cell.flag
del Cell.step
net.fc1 = nn.Linear(3, 4)
net.fc2 = nn.Linear(4, 3)
net.act = nn.Tanh()
net.alpha = nn.Parameter(torch.tensor(2.0))
net.alpha.requires_grad_(False)
net.fc1.weight.requires_grad_(False)
net.mean = torch.ones(3)
net.mean = None
net.forward = lambda v, k=1: v * 2
Net.forward = lambda self, v, k=1.0: v * self.alpha
net.act.forward = lambda v: v
net.eval()
net.train()
block.eval()
block.layers.append(nn.Linear(3, 3))
block.layers[0] = nn.Linear(3, 3)
block.drop.p = 0.5
block.norm.eps = 0.1
seq.add_module('more', nn.ReLU())
seq[1] = nn.ReLU()
seq[2].momentum = 0.5
seq[2].reset_running_stats()
h1 = net.register_forward_hook(lambda m, i, o: o * 2)
h1 = net.fc1.register_forward_pre_hook(lambda m, i: (i[0] + 1,))
h1 = net.register_full_backward_hook(lambda m, gi, go: print('back'))
h1 = net.alpha.register_hook(lambda g: g * 2)
h1 = opt.register_step_post_hook(lambda o, i, d: print('stepped'))
net.load_state_dict({k: v * 0.5 for k, v in net.state_dict().items()})
opt.load_state_dict(opt.state_dict())
opt.state.clear()
for g in opt.param_groups: g['lr'] = 0.02
for g in opt.param_groups: g['weight_decay'] = 0.1
opt.param_groups[0]['lr'] *= 0.5
opt.add_param_group({'params': [torch.zeros(2, requires_grad=True)]})
opt.param_groups[0]['params'].pop()
opt = optim.SGD(MODULE.parameters(), lr=0.3)
opt = optim.Adam(MODULE.parameters(), lr=0.1)
mse.reduction = 'sum'
mse = nn.L1Loss()
slim.a = x[0]
slim.k = 0.25
del slim.a
opts = Options(lr=0.7)
opts.name = 'adam'
opts.lr = 1
x = torch.randn(6, 3)
x = torch.randn(4, 3)
x = x.double()
x = x * 2
y = y + 1
t = T[:6]
net = net.double()
net.half()
net = Net()
net.fc1.weight.grad = None
net.fc1.weight = nn.Parameter(torch.ones(4, 3))
with torch.no_grad(): net.fc1.weight.fill_(0.5)
net.last = a
torch.manual_seed(3)
torch.set_grad_enabled(False)
assert False, 'late'
k = 2.5
k = -1
loss.backward()
a = None
def train(m, v): return m(v).sum()
cell.flag = False
cell.flag = 1
x.requires_grad_()
F.relu = 3
a = cell.nope
a = Options(0.5).lr * x
a = Cell(3)(x)
""",
    "AFTER": """
loss.backward()
a.sum().backward()
print(cell.count, cell.scale, cell.h, cell.kept)
print(net.state_dict())
opt.step()
print(opt.state_dict())
print(net(x))
print(cell(x))
print(seq(x))
cell.w.grad
net.alpha.grad
print(pred.grad_fn, loss)
net.zero_grad()
print(vars(slim) if hasattr(slim, '__dict__') else (slim.a, slim.k))
print(losses, total)
print(Cell.gain, cell.step(x))
cell.h.add_(1)
print(torch.rand(2))
print(torch.rand(2, generator=gen))
""",
}
#: what a round does in which everything is used
ROUND = """
a = cell(x) + deep(x)
outs.append(a)
b = cell.step(x) * cell.decayed(x) + cell.norm
outs.append(b)
a = cell.keep(x) + cell.accumulate(x) + cell.through(x)
outs.append(a)
b = cell.store(x) * cell.h + cell.double(x) * cell.scale + cell.gained(x)
outs.append(b)
a = (cell + x) * opts.lr + slim.up(x)
outs.append(a)
opt.zero_grad()
loss = mse(net(x, k), y) + ce(net.tracked(x), t) + 0.1 * (cell(x) ** 2).mean()
loss.backward()
losses.append(loss.item())
opt.step()
b = net.seen(x)
outs.append(b)
a = block(x) + F.relu(seq(x))
outs.append(a)
loss = train(net, x)
outs.append(loss)
loss = fit(seq, x)
outs.append(loss)
""".strip().split("\n")
LINES = lines_of(TABLES)
LINES["MODULEX"] = ["net", "block", "seq"]
WORDS = words_of(LINES)


def disturbed(line: str, optimizer: str) -> str:
    """A loop that goes through everything there is, and is disturbed in its sixth round."""
    body = "".join(f"    {each}\n" for each in ROUND)
    head = f"{START}opt = {optimizer}\nfor i in range(9):\n    if i == 5:\n        {line}\n"
    return f"{head}{body}if h1 is not None: h1.remove()\n"


class InstanceProgram(TableWriter):
    """One program, and the statements to try after it."""

    lines, words = LINES, WORDS

    def __init__(self, seed: int):
        super().__init__(seed)
        text = START + self.text("opt = OPTIMIZER\nsched = SCHEDULER") + "\n"
        for _ in range(self.random.choice((1, 1, 2))):
            text += self.batches() if self.chance(0.15) else self.loop("", self.random.randint(1, 5))
        self.program = text
        self.after = self.random.sample(LINES["AFTER"], 3)

    def loop(self, indent: str, length: int) -> str:
        inner = indent + "    "
        return f"{indent}{self.text('HEAD')}\n" + "".join(self.statement(inner, 2) for _ in range(length))

    def batches(self) -> str:
        """Epochs over a loader, or over slices."""
        head = self.random.choice(
            (
                "for xb, tb in loader:",
                "for j in range(0, 12, 4):\n        xb, tb = X[j:j + 4], T[j:j + 4]",
            )
        )
        body = self.text("opt.zero_grad(); e = F.cross_entropy(MODULEX(xb), tb); e.backward(); opt.step()")
        lines = "".join(f"        {line}\n" for line in body.split("; "))
        if self.chance(0.3):
            lines += "        if e.item() < 0.6:\n            break\n"
        looked = self.text("(MODULEX(xb).argmax(1) == tb).sum().item()")
        shown = f"    with torch.no_grad():\n        for xb, tb in loader:\n            total += {looked}\n"
        disturbed = f"    if i == 4:\n        {self.text('DISTURBANCE')}\n" if self.chance(0.5) else ""
        return (
            f"for i in range(6):\n    {head}\n{lines}        total += e.item()\n"
            f"{shown if self.chance(0.5) else ''}{disturbed}    print(total)\n"
        )

    def block(self, indent: str, depth: int) -> str:
        return "".join(self.statement(indent, depth - 1) for _ in range(self.random.randint(1, 2)))

    def statement(self, indent: str, depth: int) -> str:
        roll, i, inner = self.random.random(), self.index, indent + "    "
        if depth <= 0 or roll < 0.42:
            return f"{indent}{self.text('PLAIN')}\n"
        if roll < 0.62:
            return "".join(f"{indent}{line}\n" for line in self.text("TRAINING").split("; "))
        if roll < 0.70:
            return "".join(f"{indent}{line}\n" for line in self.text("HOST").split("; "))
        if roll < 0.86:
            late = f"{i} == {self.random.randint(3, 7)}"
            when = self.random.choice((late, late, late, f"{i} % 3 == 2", f"{i} > 4"))
            return f"{indent}if {when}:\n{inner}{self.text('DISTURBANCE')}\n"
        if roll < 0.90:
            return f"{indent}if {self.text('CONDITION')}:\n{self.block(inner, depth)}"
        if roll < 0.94:
            return f"{indent}with torch.no_grad():\n{self.block(inner, depth)}"
        return f"{indent}for p in {self.text('MODULE')}.parameters():\n{inner}{self.text('EACH')}\n"
