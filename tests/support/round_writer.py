"""Small random PyTorch programs of loops that carry a state: one to three things that a round may do to it.

`RoundProgram(seed)` writes one: a step goes through a number of rounds that is another one in most steps, adds up a
loss, and goes back. Where `sequence_writer` writes long programs of everything, these run in a tenth of a second.
"""

from __future__ import annotations

from random import Random

START = """
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.checkpoint import checkpoint
torch.manual_seed(0)
W = (torch.randn(3, 3) * 0.5).requires_grad_(); V = (torch.randn(3, 3) * 0.5).requires_grad_()
x = torch.randn(6, 2, 3); lin = nn.Linear(3, 3); gru = nn.GRUCell(3, 3); noted = []; table = {}
g = torch.ones(2, 3); h = big = x[0]; mem = torch.zeros(2, 3); n = 1
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        ctx.save_for_backward(v); return v * 2
    @staticmethod
    def backward(ctx, d):
        return d * 2
def cell(h): return torch.tanh(h @ W)
opt = torch.optim.""".lstrip()
OPTIMIZERS = """
SGD(PARAMETERS, lr=0.1)
SGD(PARAMETERS, lr=0.1)
SGD(PARAMETERS, lr=0.1, momentum=0.9)
SGD(PARAMETERS, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)
Adam(PARAMETERS, lr=0.02)
AdamW(PARAMETERS, lr=0.02)
RMSprop(PARAMETERS, lr=0.01, momentum=0.5)
Adagrad(PARAMETERS, lr=0.05)
"""
#: what a round does besides its step
EVENTS = """
pass
h.retain_grad() if h.requires_grad else None; kept.append(h)
h.register_hook(lambda g: g * 0.5) if h.requires_grad else None
h = h.detach()
h.detach_()
h = h * 1; h += x[t]
h += x[t]
h[0] = 0
h.mul_(0.5)
h.data.mul_(0.5)
h = h.view(-1).view(2, 3)
g = h
kept.append(h)
kept.append(h); h = kept[-1] * 0.5
v = h[0]; v.mul_(2)
v = h[0]
v = h.t(); h = h + v.t()
v = h[t % 2]; kept.append(v)
W.data.mul_(1.001)
with torch.no_grad(): W.mul_(1.0)
h = h.t().contiguous().t()
print(h.grad_fn is None, h.requires_grad)
print(h.grad_fn)
print(h.grad_fn.next_functions if h.grad_fn else 0)
noted.append(h._version)
noted.append(h.is_leaf)
h, g = g, h
loss.backward(retain_graph=True) if torch.is_tensor(loss) and loss.requires_grad else None
d, = torch.autograd.grad((h * W[0]).sum(), W, retain_graph=True); noted.append(d.sum().item())
d, = torch.autograd.grad((h * W[0]).sum(), W, create_graph=True); loss = loss + (d * d).sum()
d, = torch.autograd.grad((h * W[0]).sum(), W, retain_graph=True); h = h + d[:2]
h = Twice.apply(h)
h = checkpoint(cell, h, use_reentrant=False)
h = h.detach().requires_grad_()
h = h.clone().detach_().requires_grad_(); kept.append(h)
with torch.no_grad(): h = h * 0.5
with torch.no_grad(): z = h * 0.5
h = h.double().float()
h = h.half().float()
h = nn.Parameter(h.detach())
loss = loss + h.sum()
loss += h.sum()
loss = loss.detach() if torch.is_tensor(loss) else 0
h = h.masked_fill(h > 0.5, 0.0)
h.masked_fill_(h > 0.5, 0.0)
h.zero_()
h.copy_(x[t])
h = torch.where(h > 0, h, x[t])
mem[t % 2] = h[0]
mem[t % 2] = h[0]; h = h + mem
mem = torch.cat([mem[1:], h[:1]]); h = h + mem.mean()
mem[t % 2].add_(h[0]); loss = loss + mem.sum()
mem.add_(h.detach())
mem = mem * 0.5 + h
noted.append(h.sum().item())
if h.sum() > 0: h = -h
if h[0, 0] > 0: kept.append(h)
if t == 1: continue
if i == 5 and t == 1: break
h = h.expand(2, 3)
h = h[:1].expand(2, 3)
h = h[:, [2, 0, 1]]
h, c = h.chunk(2); h = torch.cat([c, h])
a, c = h.split([1, 2], 1); h = torch.cat([c, a], 1); kept.append(a)
h = h + torch.randn(2, 3) * 0.1
h = F.dropout(h, 0.5)
h = torch.stack(kept[-2:] + [h]).mean(0)
kept = kept[-1:] + [h]
table['h'] = h; h = table['h'] * 0.9
table.setdefault(t, h); h = h + table[0]
state = (h, t); h = state[0] * 1
try: noted.append(int('a' if t == 1 else '2'))
h = h.to(torch.float64).to(torch.float32)
h = h.sum(0, keepdim=True).expand(2, 3) * 0.3
h = h.unsqueeze(0).squeeze(0)
h = h.reshape(3, 2).reshape(2, 3)
x[t].add_(0.1)
x[t] = h.detach()
h = h + V.detach()[:2]
h = F.relu(h, inplace=True)
h = h.relu_()
V.grad = None
W.requires_grad_(i % 4 != 3)
h = h ** 2
h = h + W[t % 3]
h = h + loss * 0.1
h = h * (loss.detach() if torch.is_tensor(loss) else 1)
lin.last = h
h = lin(h)
h = lin(h).detach() + h
h = lin(h); lin.weight.data.mul_(0.999)
h = gru(x[t], h)
torch.manual_seed(t)
k = h.argmax().item(); h = h * (k + 1) * 0.2
h = h.index_fill(1, torch.tensor([t % 3]), 0.0)
h = h.scatter(1, h.argmax(1, keepdim=True), 0.1)
h = h.cumsum(1) * 0.3
h = torch.einsum('ij,jk->ik', h, W)
h = F.softmax(h @ W, 1)
h.requires_grad_()
kept.append(h.detach().requires_grad_())
kept.append((h * 2).sum())
c = h.clone(); c[0] = 1.0; h = c
c = h; h = h + 1; c.mul_(2)
del kept[:]
kept.clear()
kept and kept.pop()
h = kept.pop(0) if len(kept) > 1 else h
h = h if t % 2 else h.detach()
h = h * t
h = h * (1 / (t + 1))
h = h * float(noted[-1] if noted else 1)
h = h.clamp(-0.5, 0.5)
h = h - h.mean()
h = (h - h.mean(1, keepdim=True)) / (h.std(1, keepdim=True) + 0.1)
h = F.layer_norm(h, (3,))
h.sum().backward(retain_graph=True) if h.requires_grad else None
(h * 2).sum().backward() if h.requires_grad and i == 6 else None
h = torch.addmm(h, x[t], W)
h = torch.lerp(h, x[t], 0.3)
h = h.flip(0)
h = h.roll(1, 1)
h = h.T.T
h = h.norm(dim=1, keepdim=True) * x[t]
h = torch.maximum(h, x[t])
h = x[t] if t == 0 else h
rows = torch.zeros(3, 4, 3); rows[t % 3, :2] = x[:2, 0]
rows = torch.zeros(3, 4, 3); rows[0, :n] = x[:n, 0]; h = h + rows[0, :2] * 0.1
e = F.embedding(torch.tensor(t), W); h = h + e
h = h + F.embedding(torch.tensor([t, 0]), W)
y = h.argmax(1); h = h + W[y]
y = torch.multinomial(F.softmax(h, 1), 1); h = h + W[y[:, 0]] * 0.1
h = torch.stack([h[j] * (j + 1) for j in range(2)])
for j in range(n): h = h + x[j] * 0.1
for j in range(t, n): h = torch.tanh(h + x[j])
for p in (W, V): loss = loss + (p * p).mean() * 0.1
pair = {'a': h, 'b': h * 2}; h = pair['a'] + pair['b'] * 0.1
def f(v, k=t): return v * 0.5 + k; h = f(h)
h = (lambda v: v.tanh() * 2)(h)
h = torch.bmm(h.unsqueeze(0), W.unsqueeze(0))[0]
h = F.conv1d(h.unsqueeze(1), W[:1].unsqueeze(0), padding=1)[:, 0]
h = F.linear(h, W, V[0])
h = torch.cat([h, x[t]], 1) @ torch.cat([W, V])
h = h.pow(2).cumsum(0).sqrt()
h = h + mem.sum(0)
s = F.softmax(torch.stack([(h * v).sum() for v in kept] + [h.sum()]), 0); h = h * s[-1]
keys = torch.stack(kept[-3:] + [h], 1); h = (F.softmax((keys * h[:, None]).sum(-1), 1)[..., None] * keys).sum(1)
kept[0] = h if kept else 0
if len(kept) > 2: kept.insert(0, h)
h = kept[t - 1] + h if t and len(kept) >= t else h
big = torch.cat([big[-2:], h]) if t else h; h = h + big.mean(0)
m = (torch.arange(2) < t).unsqueeze(1); h = torch.where(m, h, h.detach())
m = (x[t] > 0).float(); h = m * h + (1 - m) * h.detach()
h = h.masked_fill(torch.arange(3) >= n, -0.5)
h, loss = h * 0.9, loss + h.mean()
h[:, 0] = x[t][:, 1]
h[:, :1].mul_(0.5)
h = h.clone(); h[:, :1].mul_(0.5)
h = h.clone(); h[t % 2, 1:] = x[t][0, :2] * W[0, 0]
h = h.clone(); v = h.view(6); v[::2] += 1
opt.step() if t == 1 and W.grad is not None else None
opt.zero_grad(set_to_none=False)
torch.nn.utils.clip_grad_norm_([W, V], 0.5) if W.grad is not None else None
W.grad.mul_(0.5) if W.grad is not None else None
noted.append(None if W.grad is None else W.grad.sum().item())
"""
STEPS = """
h = torch.tanh(x[t] @ W + h @ V)
h = torch.tanh(x[t] @ W + h @ V)
h = cell(h) + x[t]
h = h * 0.5 + x[t] @ W
h = gru(x[t], h)
z = torch.sigmoid(x[t] @ W); h = z * h + (1 - z) * torch.tanh(h @ V)
"""
LOSSES = """
loss = loss + (h * h).mean()
loss = loss + (h * h).mean()
loss = loss + F.mse_loss(h, x[0])
kept.append((h * h).mean())
"""
#: the loss, the tables and the state at the beginning of a step
BEGIN = "loss = 0", "loss = 0", "loss = torch.zeros(())", "loss = (W * W).sum()"
STATES = """
h = torch.zeros(2, 3)
h = torch.zeros(2, 3)
h = torch.zeros(2, 3)
h = h.detach()
h = V[:2] * 1
h = V[:1].expand(2, 3)
h = x[0] @ W
"""
LOOPS = """
for t in range(1 + i % 4):
for t in range(1 + i % 4):
for t in range(3):
for t, _ in enumerate(x[:1 + (i * 2) % 5]):
"""
SUMS = """
loss
loss + sum([v.sum() for v in kept])
h.sum()
loss * 0.5 + h.mean()
loss + mem.sum()
torch.stack([v.sum() for v in kept] + [h.sum()]).max()
loss + (kept[-1].sum() if kept else 0)
"""
BACKS = """
opt.zero_grad(); l.backward(); opt.step()
opt.zero_grad(); l.backward(); opt.step()
opt.zero_grad(); l.backward(); opt.step()
l.backward(); opt.step() if i % 2 else None; opt.zero_grad() if i % 2 else None
opt.zero_grad(); l.backward(retain_graph=True); (l * 2).backward(); opt.step()
gs = torch.autograd.grad(l, [W, V], allow_unused=True); noted.append([g is None or g.sum().item() for g in gs])
gs = torch.autograd.grad(l, [W, V], create_graph=True); (l + sum((v * v).sum() for v in gs)).backward(); opt.step()
l.backward(retain_graph=True); sum([v.sum() for v in kept] + [h.sum() + W.sum()]).backward(); opt.step()
"""
#: what a step does besides
LATER = """
z = torch.zeros(3, 4, 3); z[i % 3, :n] = x[:n, 0]
z = F.embedding(torch.tensor([i % 3]), W.detach())
try: noted.append(int('a' if i == 6 else '2'))
z = [v.detach() for v in kept]
with torch.no_grad(): z = h * 2; mem = mem + z.mean(0)
noted.append(l.item())
print(l)
for p in (W, V): p.data.clamp_(-2, 2)
z = W.grad * 1 if W.grad is not None else 0
opt.param_groups[0]['lr'] *= 0.95
outs = [h] + (outs if i else [])[:3]
last = loss
h = h.detach()
if l.item() > 50: print('large')
z = torch.linalg.norm(W.detach(), dim=1)
z = x[:, 0].t()[:n] * 2
x[i % 6] = x[(i + 1) % 6] * 0.9
z = torch.randn(2, 3)
z = sorted([(i * j % 4, j) for j in range(3)])
torch.manual_seed(i)
"""
AFTER = """
h.sum().backward()
l.backward()
print(h.grad_fn, h.grad_fn.next_functions if h.grad_fn else 0)
[v.sum().backward(retain_graph=True) for v in kept]
mem.add_(1)
print(torch.autograd.grad(h.sum() + V.sum() + W.sum(), [W, V]))
print(W.grad, V.grad, noted)
"""
#: where the loop over rounds is a function's
NAMES = "h, loss, kept, mem, table, g"


def of(table: str) -> list[str]:
    return table.strip().split("\n")


def lines(statements: str, indent: str) -> str:
    """Statements one a line; `try: …` with its handler, `def` with its body."""
    if statements.startswith("def "):
        return "".join(f"{indent}{each}\n" for each in statements.split("; "))
    text = ""
    for each in statements.split("; "):
        if each.startswith("try: "):
            text += f"{indent}try:\n{indent}    {each[5:]}\n{indent}except ValueError:\n{indent}    noted.append(1)\n"
        else:
            text += f"{indent}{each}\n"
    return text


class RoundProgram:
    """One program, and the statements to try after it."""

    def __init__(self, seed: int):
        self.seed = seed
        self.random = Random(seed)
        optimizer = self.one(OPTIMIZERS).replace("PARAMETERS", "[W, V, *lin.parameters(), *gru.parameters()]")
        begin = (
            f"n = 1 + i % 3; {self.random.choice(BEGIN)}; kept = []; mem = torch.zeros(2, 3); table = {{}}"
        )
        inner = [self.one(EVENTS) for _ in range(self.random.choice((1, 2, 2, 2, 3)))]
        for each in (STEPS, LOSSES):
            inner.insert(self.random.randint(0, len(inner)), self.one(each))
        rounds = f"    {self.one(LOOPS)}\n" + "".join(lines(each, "        ") for each in inner)
        text = f"{START}{optimizer}\n"
        step = lines(f"{begin}; {self.one(STATES)}", "    ")
        if self.random.random() < 0.25:
            text += f"def go(i, n, {NAMES}):\n{rounds}    return {NAMES}\n"
            step += f"    {NAMES} = go(i, n, {NAMES})\n"
        else:
            step += rounds
        step += lines(f"l = {self.one(SUMS)} + (W * W).sum() + (V * V).sum(); {self.one(BACKS)}", "    ")
        for _ in range(self.random.choice((0, 0, 1, 2))):
            step += lines(self.one(LATER), "    ")
        self.program = f"{text}for i in range({self.random.choice((8, 10, 14))}):\n{step}"
        self.after = [self.one(AFTER)] if self.random.random() < 0.8 else []

    def one(self, table: str) -> str:
        return self.random.choice(of(table))
