"""Pieces of `sequence_writer`: rounds that train several networks."""

from __future__ import annotations

#: rounds of several networks, an empty line between them
STEPS = """
fake = net(torch.randn(2, 3))
dl = F.softplus(-judge(X[i % 12])).mean() + F.softplus(judge(fake.detach())).mean()
opt_d.zero_grad()
dl.backward()
opt_d.step()
gl = F.softplus(-judge(fake)).mean()
opt_g.zero_grad()
gl.backward()
opt_g.step()

for j in range(k): fake = net(torch.randn(2, 3)).detach()
dl = judge(fake).mean() - judge(X[(i + j) % 12]).mean()
opt_d.zero_grad()
dl.backward()
opt_d.step()

e = torch.rand(2, 1, generator=gen)
m = (e * X[i % 12] + (1 - e) * net(X[0]).detach()).requires_grad_()
d, = torch.autograd.grad(judge(m).sum(), m, create_graph=True)
gp = ((d.norm(2, dim=1) - 1) ** 2).mean()
opt_d.zero_grad()
(gp * 10 + judge(X[i % 12]).mean()).backward()
opt_d.step()

for j in range(1 + i % 3):
    m = X[j].clone().requires_grad_()
    d, = torch.autograd.grad(judge(m).sum(), m, create_graph=True)
    opt_d.zero_grad()
    (d ** 2).sum().backward()
    opt_d.step()

opt_g.zero_grad()
for j in range(3):
    (F.mse_loss(net(X[j]), X[j + 1]) / 3).backward()
opt_g.step()

for j in range(1 + i % 4):
    gl = F.mse_loss(net(X[j]), X[j + 1]) / (1 + i % 4)
    gl.backward()
    if (j + 1) % 2 == 0:
        opt_g.step()
        opt_g.zero_grad()

q = net(X[i % 12])
with torch.no_grad(): aim = X[i % 12] * 0.1 + 0.9 * twin(X[(i + 1) % 12]).max(1, keepdim=True).values
gl = F.smooth_l1_loss(q, aim.expand(2, 3))
opt_g.zero_grad()
gl.backward()
opt_g.step()
with torch.no_grad():
    for p, r in zip(twin.parameters(), net.parameters()): p.lerp_(r, 0.1)

fast = [p.clone() for p in (W, V)]
for j in range(1 + i % 3):
    gl = ((X[j] @ fast[0]).tanh() @ fast[1]).pow(2).mean()
    fast = [p - 0.1 * g for p, g in zip(fast, torch.autograd.grad(gl, fast, create_graph=True))]
opt.zero_grad()
((X[5] @ fast[0]) @ fast[1]).pow(2).mean().backward()
opt.step()

batch = sorted(((1 + (i * j) % 4, j) for j in range(3)), reverse=True)
m = torch.zeros(3, 4, 3)
for j, (length, at) in enumerate(batch):
    m[j, :length] = X[:length, at % 2]
h = torch.zeros(3, 3)
for t in range(4):
    on = torch.tensor([t < length for length, _ in batch]).unsqueeze(1)
    h = torch.where(on, torch.tanh(m[:, t] @ W + h @ V), h)
opt.zero_grad()
gl = h.pow(2).mean()
gl.backward()
opt.step()

keys = []
h = torch.zeros(2, 3)
for j in range(1 + i % 4):
    h = cell(X[j], h)
    keys.append(h)
gl = 0
y = Y[0]
for t in range(2 + i % 3):
    h = gru(emb(y) + look(h, keys), h)
    gl = gl + F.cross_entropy(head(h), Y[t])
    y = Y[t] if (i + t) % 2 else head(h).argmax(1)
    if y[0] == 4: break
opt.zero_grad()
gl.backward()
opt.step()

outs, h = rnn.unroll(X[:1 + i % 5])
gl = (outs * torch.arange(1.0, 4.0)).mean() + h.sum()
opt.zero_grad()
gl.backward()
opt.step()

rewards = []
logs = []
for t in range(1 + i % 5):
    q = Categorical(logits=head(X[t]))
    y = q.sample()
    logs.append(q.log_prob(y).sum())
    rewards.append(float(y[0]))
gl = -sum(r * v for r, v in zip(rewards, logs))
opt.zero_grad()
gl.backward()
opt.step()

gl = F.mse_loss(net(X[i % 12]), X[0])
dl = judge(net(X[i % 12])).mean()
opt_g.zero_grad()
opt_d.zero_grad()
gl.backward(retain_graph=True)
dl.backward()
opt_g.step()
opt_d.step()

z = net(X[i % 12])
gl = z.sum()
dl = (z ** 2).mean()
opt_g.zero_grad()
gl.backward(retain_graph=True)
m = [p.grad.clone() for p in net.parameters()]
dl.backward()
opt_g.step()
total += sum(v.sum().item() for v in m)

if i % 5 == 4:
    net.eval()
    with torch.no_grad(): total += sum(F.mse_loss(net(v), v).item() for v in X)
    net.train()

try:
    gl = F.mse_loss(net(X[i % 12]), R[:2 + i % 3])
    opt_g.zero_grad()
    gl.backward()
    opt_g.step()
except RuntimeError as e:
    noted.append(str(e)[:30])

m = torch.zeros(2, 6)
m[:, :3] = net(X[i % 12])
m[:, 3:] = X[0] @ W
m.view(2, 2, 3)[:, 0].mul_(0.5)
opt.zero_grad()
m.pow(2).sum().backward()
opt.step()

m = X[i % 12].detach().requires_grad_()
for j in range(2):
    gl = judge(m).sum()
    d, = torch.autograd.grad(gl, m)
    m = (m + 0.1 * d.sign()).detach().requires_grad_()
kept.append(m.detach())

state = {name: p.detach().clone() for name, p in net.named_parameters()}
gl = F.mse_loss(net(X[i % 12]), X[0])
opt_g.zero_grad()
gl.backward()
opt_g.step()
if gl.item() > 1: net.load_state_dict(state)

parts = {'a': net(X[i % 12]), 'b': judge(X[i % 12])}
gl = sum(v.pow(2).mean() for v in parts.values())
opt_g.zero_grad()
opt_d.zero_grad()
gl.backward()
opt_g.step()
opt_d.step()
""".strip("\n").split("\n\n")
#: what happens later
LATER = """
if i == 9: hook = net[0].register_forward_hook(lambda m, a, o: noted.append(o.mean().item()))
if i == 9: hook = net.register_forward_hook(lambda m, a, o: o * 0.5)
if i == 9: hook = judge[0].register_full_backward_hook(lambda m, gi, go: (gi[0],) if gi[0] is not None else None)
if i == 10: hook = net[2].weight.register_hook(lambda g: g * 0.1)
if i == 12 and hook is not None: hook.remove()
if i == 8: opt_g = optim.SGD(net.parameters(), lr=0.01)
if i == 9: net[1] = nn.ReLU()
if i == 9: judge.requires_grad_(False)
if i == 12: judge.requires_grad_(True)
if i == 10: X = X * 2
if i == 10: X = X[:, :1]; Y = Y[:, :1]
k = 1 + i % 3
print(i, total)
print(len(kept), len(noted))
outs = list(outs)[-2:]
torch.manual_seed(i % 3)
if i == 13: raise KeyboardInterrupt() if False else ValueError('end')
"""
