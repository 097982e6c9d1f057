"""The pieces of `sequence_writer`: what stands in a round, how it goes back, what is tried afterwards.

A line is a statement, or several, `; ` between them and `> ` before what is inside. Words in capitals stand for a piece
of the table of that name.
"""

from __future__ import annotations

TABLES = {
    "OPTIMIZER": """
optim.SGD(params, lr=0.05)
optim.SGD(params, lr=0.05, momentum=0.9)
optim.Adam(params, lr=0.01)
optim.RMSprop(params, lr=0.01)
optim.AdamW(params, lr=0.01)
""",
    "LENGTHS": """
[3, 5, 2, 4, 4, 6, 3, 1, 5, 2, 6, 4, 3]
[1 + (5 * j) % 4 for j in range(16)]
[2 + j % 3 for j in range(15)]
[4] * 9 + [3] * 3 + [5] * 4
torch.randint(1, 6, (14,), generator=torch.Generator().manual_seed(2)).tolist()
[0, 3, 1, 4, 2, 2] * 3
[3, 5, 2, 4, 4, 6, 3, 1, 5, 2, 6, 4] * 2
[7, 9, 8, 11, 6, 10, 12]
""",
    "NUMBER": "t\ni\nk\n0.5\n1 / (t + 1)\nn\nlen(kept)\nagent.count\ntable['scale']\n2\nt / n\n-0.5",
    "WHEN": """
t % k == 0
t % 2
t == n - 1
i > 8
t > 2
i % 3 == 1
n > 3
(t + i) % 4 == 0
len(kept) > 2
t == 0
""",
    "ASKED": """
h.detach().sum() > 0
h[0, 0] > 0.1
loss.item() > 1.0 if t and torch.is_tensor(loss) else False
(h.abs() > 0.5).any()
y[0] == 2
bool(torch.isfinite(h).all()) and t > 3
total > 3
h.mean().item() < -0.1
""",
    "INPUT0": "X[t % 12]\nx\nX[t]\nX[0]",
    "INPUT": """
X[t % 12]
X[t]
X[(t + i) % 12]
x
emb(Y[t % 12])
emb(y)
X[t:t + 2].mean(0)
Z[t % 12].t()
R[t:t + 2]
R[2 * t:2 * t + 2]
R[(i + t) % 20:][:2]
R[::12]
X[0, :1].expand(2, 3)
X[t, :, :1].expand(2, 3)
R[t].expand(2, 3)
R[t].unsqueeze(0)
torch.randn(2, 3)
torch.rand(2, 3, generator=gen)
F.dropout(INPUT, 0.5, True)
INPUT * table['scale']
INPUT * NUMBER
torch.randn_like(h)
(kept[-1].detach() if kept else x)
noised(INPUT)
X.transpose(0, 1)[:, t % 12]
X[t].masked_fill(X[t] > 1, 0.0)
""",
    "STATE0": "cell(INPUT, h)\ngru(INPUT, h)\nh * 0.5 + INPUT\nrnn(INPUT, h)",
    "STATE": """
torch.tanh(INPUT @ W + h @ V + b)
cell(INPUT, h)
gru(INPUT, h)
rnn(INPUT, h)
gated(INPUT, h)
gated(INPUT, h, bias=b)
agent.act(INPUT, h)
agent.step(INPUT)
h * 0.9 + INPUT * 0.1
h + net(INPUT)
net(h) + INPUT
torch.where(masks[t].unsqueeze(1), STATE, h)
masks[t, :, None] * STATE + ~masks[t, :, None] * h
masks[t].float().unsqueeze(1) * STATE
torch.cat([h[:, 1:], INPUT[:, :1]], 1)
h[[1, 0]]
h.flip(1) * 0.5
torch.tanh(h.t() @ INPUT @ V).mean(0).expand(2, 3)
F.layer_norm(h + INPUT, (3,))
look(h, kept) + INPUT
h + look(INPUT, kept)
rnn.unroll([INPUT, INPUT], h)[1]
torch.stack([cell(INPUT, h), h]).mean(0)
(STATE if WHEN else h)
h + mem[t % 4]
h.narrow(1, 0, 1) * INPUT
torch.tanh(h * NUMBER)
h.view(3, 2).t() * 0.5
(h + INPUT).relu()
h + emb(y)
h.clone()
h + W[t % 3]
h * INPUT.sum(1, keepdim=True)
h * getattr(h, 'tag', 0.5)
h * W.decay + INPUT
scaled(h) + INPUT
""",
    "TERM": """
F.cross_entropy(head(h), Y[t % 12])
F.cross_entropy(head(h), Y[t % 12], ignore_index=2)
F.mse_loss(h, INPUT)
F.mse_loss(STATE, x)
(h ** 2).mean()
h.sum() * 0.1
-F.log_softmax(head(h), 1)[0, 2]
-F.log_softmax(head(h), 1).gather(1, y.unsqueeze(1)).mean()
judge(h).mean()
h[0, 1]
h.norm()
F.l1_loss(h, X[t])
(h - INPUT).abs().max()
(F.cross_entropy(head(h), Y[t % 12], reduction='none') * masks[t]).sum()
F.smooth_l1_loss(net(h), twin(h).detach())
(h * h.detach()).sum() * NUMBER
c.mean() + h.mean()
""",
    "ROUND": """
h = STATE
h = STATE
h = STATE
h = STATE
loss = loss + TERM
loss = loss + TERM
loss = loss + TERM
loss += TERM
loss = loss + TERM * NUMBER
losses.append(TERM)
losses.append(TERM)
kept.append(h)
kept.append(h)
kept.append(STATE)
kept = kept + [h]
kept = kept[-3:]
if kept: kept[-1] = kept[-1] * 0.5
x = INPUT
h, c = lstm(INPUT, (h, c))
h, c = lstm(INPUT, (h, c)); loss = loss + TERM
out = head(h); y = out.argmax(1); loss = loss + F.cross_entropy(out, Y[t % 12])
x = emb(y)
y = Y[t % 12] if WHEN else head(h).argmax(1)
y = torch.multinomial(F.softmax(head(h), 1), 1).squeeze(1)
y = torch.multinomial(F.softmax(head(h), 1), 1, generator=gen).squeeze(1)
y = torch.multinomial(F.softmax(head(h), 1), 1).squeeze(1); losses.append(-F.log_softmax(head(h), 1)[0, y[0]])
q = Categorical(logits=head(h)); y = q.sample(); losses.append(-q.log_prob(y).sum() * NUMBER)
table['h'] = h
table[t % 3] = h; h = h + table[0]
table['last'] = TERM.detach()
table.setdefault('all', []).append(h)
table['scale'] = 0.5 if WHEN else 0.25
if WHEN: h = h.detach()
if WHEN: h = h.detach()
if t % k == k - 1:; > h = h.detach()
if t % k == k - 1:; > h, c = h.detach(), c.detach()
h = h.detach() if WHEN else h
h = h.detach() * 1
agent.forget(WHEN)
if WHEN: agent.seen.append(agent.h.detach())
mem[t % 4] = h.mean(0)
mem[t % 4] = h[0].detach()
mem[t % 4, 1:] = h[1, 1:] * NUMBER
mem = torch.cat([mem[1:], h[:1]])
mem = mem * 0.5 + h.mean(0)
row = mem[t % 4]; row.mul_(0.5); row += h[0]
mem[:, t % 3] += TERM
mem.t()[t % 3].add_(0.1)
mem[:2] = h.t()[:2, :1] * 0.1
h = h.clone(); h[0, t % 3] = NUMBER
h = h.clone(); h[:, 1:] *= 0.5
h = h * 1; h += INPUT; h.tanh_()
h = h.contiguous(); h.view(-1)[:2].mul_(0.5)
total += TERM.item()
total = total + float(h.detach().sum())
total += (head(h).argmax(1) == Y[t % 12]).sum().item()
if WHEN: break
if WHEN: continue
if ASKED: break
if ASKED: h = STATE
if ASKED: h = -h
if ASKED:; > kept.append(h); > continue
try:; > h = h + (h @ W)[:, :t % 4]; except RuntimeError:; > h = h * 0.5
try:; > if WHEN: raise ValueError('late'); > h = STATE; except ValueError as e:; > total += len(str(e))
try:; > h = h + table['h']; except KeyError:; > table['h'] = INPUT
try:; > x = X[t * 5]; except IndexError as e:; > noted.append(str(e))
try:; > h = STATE; finally:; > k += 1
with torch.no_grad():; > seen = STATE; > total += seen.mean().item()
with torch.no_grad():; > z = cell(INPUT, h); > mem[0] = z[0]
with torch.no_grad(): z = STATE
h.retain_grad(); kept.append(h)
if h.requires_grad: h.register_hook(lambda g: g * 0.5)
if h.requires_grad and WHEN: h.register_hook(lambda g: noted.append(g.sum().item()))
for j in range(t + 1): h = h + X[j] * 0.01
for j in range(t, n): h = cell(X[j], h)
for j in range(k): h = STATE
for v in kept[-2:]: h = h + v * 0.1
for j, v in enumerate(kept): loss = loss + (v * h).mean() * j
d, = torch.autograd.grad(TERM + (W * W).sum(), W, retain_graph=True); total += d.sum().item()
d, = torch.autograd.grad(TERM + (h * W[0]).sum(), W, create_graph=True); loss = loss + d.pow(2).sum() * 0.1
e = h.detach().requires_grad_(); d, = torch.autograd.grad(judge(e).sum(), e, create_graph=True); loss = loss + d.norm()
print(t, h.sum().item())
noted.append(h.detach().mean().item())
k = 2 + t % 2
outs.append(h.detach())
xs = torch.stack(kept) if kept else x; h = h + xs.mean() * 0.1
h = sum(kept[-2:], h) / 2
q, z = h.chunk(2, 0); h = torch.cat([z, q])
h = h + torch.stack([TERM, TERM]).mean()
h = h * 1; h.tag = NUMBER
h = STATE; h.tag = NUMBER; loss = loss + h.mean() * h.tag
W.decay = NUMBER; loss = loss + (W * W).mean() * W.decay
scaled.by = NUMBER
""",
    "PROLOGUE": """
h = torch.zeros(2, 3)
h = torch.zeros(2, 3)
h = torch.zeros(2, 3); c = torch.zeros(2, 3)
h, c = torch.zeros(2, 3), torch.zeros(2, 3)
h = h.detach(); c = c.detach()
h = h.detach(); c = c.detach()
h = b.expand(2, 3)
h = emb(Y[i % 12])
h = torch.randn(2, 3) * 0.1
for v in X[:n]: h = cell(v, h)
h = rnn.unroll(X[:n])[1] if n else h.detach()
h = net(X[0])
""",
    "SETUP": """
loss = 0
loss = 0
loss = 0.0
loss = torch.zeros(())
loss = torch.tensor(0.0)
loss = (W * W).sum() * 0.01
""",
    "LOOP": """
for t in range(n):
for t in range(n):
for t in range(n):
for t, x in enumerate(X[:n]):
for t, (x, y) in enumerate(zip(X[:n], Y[:n])):
for t in range(max(n - 1, 1)):
for t in reversed(range(n)):
""",
    "SUM": """
loss
loss
loss + sum(losses)
loss / max(n, 1)
loss + h.sum()
loss + sum(v.sum() for v in kept) * 0.1
loss + (torch.stack(kept).pow(2).mean() if kept else 0)
loss + (torch.stack(losses).mean() if losses else 0)
loss + (torch.stack([j * v for j, v in enumerate(losses)]).sum() if losses else 0)
loss + mem.sum()
loss + sum(v.sum() for key, v in table.items() if torch.is_tensor(v))
loss + (kept[-1].sum() if kept else 0)
loss + (torch.cat(kept).max() if kept else 0)
loss * 0.5 + h.mean() * c.mean()
losses[-1] if losses else h.sum()
loss + look(h, kept).sum()
""",
    "BACK": """
opt.zero_grad(); l.backward(); opt.step()
opt.zero_grad(); l.backward(); opt.step()
opt.zero_grad(); l.backward(); nn.utils.clip_grad_norm_(params, 1.0); opt.step()
l.backward(); opt.step(); opt.zero_grad()
l.backward(); if i % 3 == 2:; > opt.step(); > opt.zero_grad()
(l / 2).backward(); if (i + 1) % k == 0:; > opt.step(); > opt.zero_grad()
opt.zero_grad(); l.backward(retain_graph=True); (l * 0.5).backward(); opt.step()
opt.zero_grad(); m = SUM + (V * V).sum(); l.backward(retain_graph=True); m.backward(); opt.step()
opt.zero_grad(); l.backward(retain_graph=True); total += W.grad.sum().item(); l.backward(); opt.step()
for p, g in zip(params, torch.autograd.grad(l, params, allow_unused=True)): p.grad = g; opt.step()
opt.zero_grad(); d, = torch.autograd.grad(l, [W], create_graph=True); (l + d.pow(2).sum()).backward(); opt.step()
opt.zero_grad(); l.backward(inputs=[W, V, b]); opt.step()
g = torch.autograd.grad(l, W)[0]; with torch.no_grad(): W -= 0.1 * g
l.backward(); with torch.no_grad():; > for p in params:; > > if p.grad is not None: p -= 0.05 * p.grad; p.grad = None
opt.zero_grad(); l.backward(); opt.step(); noted.append(l.item())
opt.zero_grad(); l.backward(torch.tensor(0.5)); opt.step()
try:; > l.backward(); > opt.step(); except RuntimeError as e:; > print(str(e)[:40]); opt.zero_grad()
opt.zero_grad(); l.backward(); try:; > l.backward(); except RuntimeError as e:; > print(str(e)[:40]); opt.step()
opt.zero_grad(); torch.autograd.backward([l, h.sum() + W.sum()]); opt.step()
""",
    "BESIDES": """
print(i, l.item())
print(f'{total:.4f}', len(kept), [v.shape for v in kept[:2]])
total = 0.0
k = 2 + i % 3
W.decay *= 0.9
scaled.by = 1 / (i + 1)
if i == 9: b.tag = 0.25
table = {'scale': 0.5}
agent.forget(); agent.h = torch.zeros(2, 3)
mem = torch.zeros(4, 3)
mem = mem.detach()
with torch.no_grad():; > z = torch.zeros(2, 3); > for t in range(n): z = cell(X[t], z); > total += z.sum().item()
with torch.no_grad():; > for p, q in zip(twin.parameters(), net.parameters()): p.mul_(0.9).add_(q, alpha=0.1)
for p, q in zip(twin.parameters(), net.parameters()): p.data.copy_(0.9 * p.data + 0.1 * q.data)
twin.load_state_dict(net.state_dict())
if i == 9: hook = net.register_forward_hook(lambda m, i, o: o * 2)
if i == 9: hook = rnn.inner.register_forward_pre_hook(lambda m, i: (i[0] * 0.5,))
if i == 12: hook = gru.register_full_backward_hook(lambda m, gi, go: noted.append(1))
if i == 14 and hook is not None: hook.remove()
if i == 10: W.requires_grad_(False)
if i == 13: W.requires_grad_(True)
if i == 11: X = X * 0.5
if i == 11: X = X.double().float(); Y = Y.flip(0)
if i == 8: opt.param_groups[0]['lr'] = 0.01
for g in opt.param_groups: g['lr'] *= 0.98
if i == 11: V.data.mul_(0.5)
if i % 4 == 3: torch.manual_seed(i)
outs.append(l.detach())
outs.append(h.grad if h.is_leaf else None)
noted.append(h.requires_grad)
agent.count = 0
if i == 15: cell = gated
if i == 12: table = {'scale': 2}
""",
}
#: what is tried afterwards
AFTER = """
print(loss, h)
print([p.grad for p in params[:4]])
h.sum().backward()
loss.backward()
(h.sum() + W.sum()).backward(); print(W.grad)
print(torch.autograd.grad(h.sum() + W.sum(), [W, V], allow_unused=True))
print(h.grad_fn, getattr(loss, 'grad_fn', None))
print(h.grad_fn.next_functions if h.grad_fn else None)
print(kept[0].grad_fn.next_functions if kept and torch.is_tensor(kept[0]) and kept[0].grad_fn else kept)
sum(v.sum() for v in kept).backward()
opt.step()
print(table, total, noted)
mem.sum().backward()
mem.add_(1)
print(torch.rand(2), torch.rand(2, generator=gen))
W.data.mul_(2)
print(agent.h, agent.count)
agent.h.sum().backward()
kept[-1].mul_(2)
print(rnn.last)
"""
