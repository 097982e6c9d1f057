"""Random programs around loops, for the compiler to trip over.

`LoopProgram(seed)` writes a program whose loops run often enough to be compiled, with everything that may
differ from one round to the next: names, numbers, shapes, flags, functions, gradients, memory that is shared.
Most statements succeed; what disturbs mostly comes in late rounds, when a program is replayed.

A table has one piece of text a line. Words in capitals stand for a piece of the table of that name.
"""

from __future__ import annotations

from table_writer import TableWriter, lines_of, words_of

START = """
manual_seed(1)
W = randn(3, 3, requires_grad=True); w = randn(3, requires_grad=True); c = tensor(0.5, requires_grad=True)
x = randn(3, 3); u = randn(3); s = tensor(2.0); X = randn(12, 3); t = randint(0, 3, (12,)); q = arange(6)
m = zeros(3, 3); mv = m[1]; mt = m.T; m2 = m; h = zeros(3); z = x.double()
a = x * 1; b = x * 2; d = u * 1; e = u * 2; loss = s * 1; total = 0.0
pairs = [(X[:6], t[:6]), (X[6:], t[6:])]; xs = [x, m, u]; params = [W, w, c]; outs = []
nums = [j * 0.5 for j in [1, 4, 6]]; k = 1; lr = 0.1; n = 3; flag = True
def f(y, g=0.5): return tanh(y) * g + k
def branch(y, g): return y * 2 if g > 2 else y - 1
def make(g):
    def inner(y): return y * g + s
    return inner
closed = make(3)
def step(y, g=1.0):
    y = y * g
    for j in range(2):
        y = tanh(y) + y * lr
    return y
""".lstrip()
ARGUMENTS = (
    "pairs, z, q, W, w, c, x, u, s, X, t, m, mv, a, b, d, e, h, loss, xs, params, outs, k, lr, n, opt, flag, "
    "nums"
)
LEFT = "a, b, d, e, loss, total"

TABLES = {
    "OPTIMIZER": """
sgd(params, lr=0.1)
sgd(params, lr=0.1, momentum=0.9)
sgd([W, w], lr=0.05, weight_decay=0.1, momentum=0.5, nesterov=True)
sgd([W], lr=0.1, maximize=True)
adam(params, lr=0.01)
adam([W, c], lr=0.01, amsgrad=True)
adamw(params, lr=0.01)
rmsprop(params, lr=0.01)
rmsprop(params, lr=0.01, momentum=0.5, centered=True)
""",
    "HEAD": """
for INDEX in range(7):
for INDEX in range(8):
for INDEX in range(9):
for INDEX in range(11):
for INDEX in [3, 0, 1, 2, 5, 4, 7, 6]:
for INDEX, (X, t) in enumerate(pairs + pairs + pairs + pairs):
for INDEX, lr in enumerate([0.5, 1.5, 0.1, 2, 0.3, 0.7, 1, 4]):
""",
    "NUMBER": """
INDEX
INDEX
k
lr
n
0.5
2
-1.5
len(outs)
x.shape[0]
INDEX * 0.1
1 / (INDEX + 1)
nums[0]
nums[-1]
k % 3
float(INDEX)
len(xs)
total
max(INDEX, 2)
(INDEX if flag else k)
a.shape[-1]
INDEX ** 2
opt.lr
-INDEX
INDEX // 2
sum(nums)
True
min(k, INDEX)
2 ** k
""",
    "WHOLE": """
0
1
-1
INDEX % 3
k % 3
n - 1
INDEX // 3
len(outs) % 3
(INDEX + k) % 3
""",
    "CONDITION": """
INDEX % 2
INDEX == 4
INDEX > 3
flag
k > 2
INDEX % 3 == 1
len(outs) < 3
True
n > 2
""",
    "SIGN": "+\n-\n*",
    "MATRIX0": "x\nW\nm\na\nb\nxs[0]\na\nW\nm2\nmt\nparams[0]\nx\nb",
    "VECTOR0": "u\nw\nd\ne\nh\nmv\nxs[2]\nparams[1]\nd\nw",
    "SCALAR0": "s\nc\nloss.detach()\nu[0]\nw.sum()\nc\na.mean()",
    "MATRIX": """
MATRIX
(MATRIX SIGN MATRIX)
(MATRIX SIGN NUMBER)
(MATRIX / NUMBER)
(NUMBER SIGN MATRIX)
(MATRIX SIGN VECTOR)
(MATRIX @ MATRIX)
tanh(MATRIX)
sigmoid(MATRIX)
relu(MATRIX)
exp(MATRIX)
sin(MATRIX)
sqrt(MATRIX)
MATRIX.T
MATRIX.clone()
MATRIX.detach()
MATRIX.contiguous()
MATRIX.double().float()
MATRIX.half().float()
MATRIX.view(-1).view(3, 3)
MATRIX.reshape(9).reshape(3, 3)
MATRIX[[2, 0, 1]]
MATRIX[:, [1, 1, 0]]
where(MATRIX > NUMBER, MATRIX, MATRIX)
where(MATRIX > 0, MATRIX, 0.5)
f(MATRIX)
f(MATRIX, NUMBER)
f(MATRIX, g=NUMBER)
closed(MATRIX)
branch(MATRIX, NUMBER)
step(MATRIX)
step(MATRIX, NUMBER)
make(NUMBER)(MATRIX)
softmax(MATRIX, 1)
log_softmax(MATRIX, 0)
cumsum(MATRIX, 1)
flip(MATRIX, [0])
X[3 * (WHOLE):3 * (WHOLE) + 3]
X[k:k + 3]
X[INDEX:INDEX + 3]
X[INDEX * 2:INDEX * 2 + 3]
X[INDEX:INDEX + 6][::2]
X[-3 - INDEX:][:3]
X[-INDEX:][:3]
X[q[INDEX:INDEX + 3]]
X[q[WHOLE]:q[WHOLE] + 3]
X[t[WHOLE]:][:3]
stack([X[j] for j in t[:3]])
stack([X[j:j + 3] for j in q[:2]]).mean(0)
X[q[:6]][WHOLE:]
X[3 * (WHOLE):min(3 * (WHOLE) + 3, len(X))]
W[:, WHOLE].unsqueeze(1) * MATRIX
W[INDEX % 2:INDEX % 2 + 1] * MATRIX
X[:3]
X[::4]
X[[0, 4, 2]]
MATRIX.clamp(min=NUMBER)
MATRIX.clamp(-1, 1)
MATRIX.masked_fill(MATRIX > 0, NUMBER)
MATRIX ** 2
MATRIX ** 0.5
MATRIX ** NUMBER
MATRIX * 1
zeros(3, 3)
eye(3)
zeros_like(a)
full((3, 3), NUMBER)
randn(3, 3)
rand_like(x)
dropout(MATRIX, 0.5, True)
maximum(MATRIX, MATRIX)
stack([VECTOR, VECTOR, VECTOR])
cat([MATRIX[:2], MATRIX[2:]])
VECTOR.unsqueeze(0).expand(3, 3)
VECTOR.unsqueeze(1).expand(3, 3)
MATRIX.sum(dim=0, keepdim=True) * MATRIX
(lambda y: y * NUMBER)(MATRIX)
add(MATRIX, MATRIX, alpha=NUMBER)
[MATRIX, MATRIX][INDEX % 2]
(MATRIX if CONDITION else MATRIX)
""",
    "VECTOR": """
VECTOR
(VECTOR SIGN VECTOR)
(VECTOR SIGN NUMBER)
(MATRIX @ VECTOR)
MATRIX.sum(0)
MATRIX.mean(dim=1)
MATRIX[WHOLE]
MATRIX[:, 1]
MATRIX[:, WHOLE]
X[INDEX, :3]
m[t[WHOLE]]
W[t[INDEX % 12]]
eye(3)[t[WHOLE]] * NUMBER
X[INDEX][WHOLE:WHOLE + 1] * VECTOR
W[WHOLE] * NUMBER
w[WHOLE:] * NUMBER
MATRIX.max(dim=0).values
tanh(VECTOR)
exp(VECTOR)
f(VECTOR)
VECTOR.detach()
VECTOR * SCALAR
""",
    "SCALAR": """
MATRIX.sum()
MATRIX.mean()
MATRIX.max()
MATRIX.norm()
MATRIX.std()
mse_loss(MATRIX, MATRIX)
l1_loss(MATRIX, x)
cross_entropy(X @ W, t)
cross_entropy(tanh(X @ W) * c, t)
((MATRIX) ** 2).mean()
(VECTOR * VECTOR).sum()
SCALAR + SCALAR
SCALAR * SCALAR
SCALAR * NUMBER
VECTOR[WHOLE]
nll_loss(log_softmax(X @ W, 1), (t + k) % 3)
""",
    "TRAINED": """
SCALAR + (W * W).sum()
SCALAR + (w * u).sum()
SCALAR + c * c
SCALAR + (x @ W).tanh().mean()
""",
    "PLAIN": """
a = MATRIX
a = MATRIX
b = MATRIX
b = MATRIX
d = VECTOR
e = VECTOR
loss = TRAINED
loss = SCALAR
a += MATRIX
b *= MATRIX
a -= NUMBER
m.add_(MATRIX.detach())
m2.mul_(MATRIX.detach())
mt.copy_(MATRIX.detach())
xs[1].add_(MATRIX.detach())
m.mul_(NUMBER)
mv.add_(NUMBER)
x.sub_(NUMBER)
b.mul_(NUMBER)
mv.copy_(VECTOR.detach())
u.add_(VECTOR.detach())
m[0].add_(VECTOR.detach())
m[:, 1].copy_(VECTOR.detach())
m[WHOLE] = VECTOR.detach()
m[WHOLE] = NUMBER
a[WHOLE] = VECTOR
m[t[WHOLE]] = NUMBER
a[t[0]] = VECTOR
b[:, 1] = VECTOR
a = MATRIX + 0; a *= MATRIX
a = MATRIX * 1; a.relu_()
b = W @ MATRIX; b += MATRIX; b.sigmoid_()
b = zeros(3, 3); b[WHOLE] = VECTOR; b[0] *= NUMBER
d = zeros(3); d[WHOLE] = SCALAR
d = tensor(0.0); d += SCALAR
e = ones_like(u); e[1:].mul_(VECTOR[1:])
m[INDEX % 2:INDEX % 2 + 2] += NUMBER
m[INDEX % 2 + 1:] = m[:2 - INDEX % 2]
X[INDEX:INDEX + 2] *= 0.5
b = a[:, WHOLE:]
d[WHOLE:] -= NUMBER
mv = X[INDEX, :]
xs[1] = X[INDEX:INDEX + 3]
a[WHOLE] = VECTOR.detach()
x[WHOLE] = 0.5
m[:, 0] += NUMBER
m[1:] *= NUMBER
m[m > 0] = NUMBER
m[0, 1] *= NUMBER
m[[0, 2]] += NUMBER
x.zero_()
m.tanh_()
b.relu_()
x.neg_()
h = tanh(h @ W + u)
h = h.detach() @ W
h = h * 0.5 + d
a, b = b, a
m2 = a
b = a
mv = m[2]
mv = a[0]
mt = m.T
d, e = a[0], a[1]
a, b = MATRIX.split([1, 2])[1].T @ u[:2] * 1 + x, MATRIX
with no_grad(): W -= lr * x
with no_grad(): w *= 0.9
with no_grad(): c += NUMBER
with no_grad(): W.copy_(x)
with no_grad(): W[0] = 0
with no_grad(): a = MATRIX
total = total + NUMBER
k += 1
lr *= 0.9
k = INDEX
n = INDEX % 4
flag = not flag
a.add_(MATRIX)
b.mul_(MATRIX)
a = MATRIX.detach().requires_grad_()
d = x.new_zeros(3); d[WHOLE] = NUMBER
param v: float32[3] = VECTOR
z = x as float64
z = z * 2
z = x.to(z.dtype)
z = q / 2
q += INDEX
q *= k
xs[0] = MATRIX
xs[2] = d
""",
    "HOST": """
print(loss.item())
print(f"{loss.item():.3f}")
outs.append(a)
outs.append(loss.detach())
print(INDEX, a.shape)
print(a)
a
print(m)
loss
outs = outs[-2:]
xs[0] = a
total = total + loss.item()
print(k, lr)
outs.append(m)
outs.append(mv)
outs.append(a * 2)
print(a.tolist()[0])
print(a.requires_grad, a.is_leaf)
nums.append(k)
nums[0] = nums[0] + 0.5
print(W.grad)
print(W.grad is None)
outs.append(h)
print(len(outs), a.grad_fn)
if CONDITION: continue
if INDEX == 6: break
outs += [b]
print(int(t[0]), t.sum())
outs.append([a, b])
x.add_(loss.item() * 0.01)
print(a.is_contiguous(), a._version)
""",
    "DISTURBANCE": """
x = randn(3, 3)
x = x.double()
x = x.T
x = randn(4, 3)
X = X[:6]; t = t[:6]
a = 3
u = 2.0
W.requires_grad_(False)
x.requires_grad_()
W.requires_grad = True
W = W.detach().requires_grad_()
W.grad = None
W.grad = x.clone()
W.grad = x
m = zeros(3, 3)
m = x
x = m
m2 = x
xs = [m, x, u]
xs[0] = m
xs.append(a)
params = [W, w]
params.pop()
k = 2.5
k = 7
k = -1
lr = tensor(0.1)
lr = 1
n = 2
s = 3.0
s.add_(1)
s = tensor(1.)
def f(y, g=0.25): return y * g - 1
def branch(y, g): return y
closed = make(2)
closed = make(x)
f = step
tanh = sin
manual_seed(3)
rand(1)
set_default_dtype(float64)
opt.lr = 0.5
opt = sgd([W], lr=0.3)
opt = adam([W, w], lr=0.1)
with no_grad(): W.zero_()
W.data.fill_(0.5)
x.data.add_(1)
print(a.nope)
a = ones(2, 2)
set_grad_enabled(False)
assert False, 'late'
a = x @ ones(2)
x[5]
m[7] = 1
del a
t[0] = 7
t[1] = -100
t.fill_(1)
t = t + 0
a = a.to('meta')
x = x.half()
w = w.double()
loss.backward()
h = h.detach()
h = zeros(3)
outs[-1].add_(1)
outs.clear()
nums[0] = nan
nums[0] = -0.0
nums[0] = 'a'
c = 2.0
mv = m[0]
m.unsqueeze_(0).squeeze_(0)
x.t_()
x = x.as_strided((3, 3), (1, 3))
x = zeros(1, 3).expand(3, 3)
u = u.expand(3, 3)
a = None
outs.append(W)
x = W
W = x
x = x.int()
k = True
loss = None
f(x, 1, 2)
w = w * 2
W.mul_(2)
x.copy_(W)
m.copy_(x @ W)
m.copy_(W.detach())
x = x[:, [0, 1, 2]]
x = X[:3]
X.mul_(2)
del k
opt.zero_grad()
torch = 3
a = randn(3, 3, 3)[0]
a = x.T.contiguous().T
_ = 3
rand(2); _
k = 1 / (INDEX - 5)
a.retain_grad()
""",
    "TRAINING": """
opt.zero_grad(); loss = TRAINED; loss.backward(); opt.step()
loss = TRAINED; loss.backward(); opt.step(); opt.zero_grad()
loss = TRAINED; opt.zero_grad(); loss.backward(); print(loss.item()); opt.step()
loss = TRAINED; backward loss
loss = TRAINED; backward loss retain; loss.backward()
loss = TRAINED; backward loss retain; a = W.grad; loss.backward()
loss = TRAINED; loss.backward(); outs.append(W.grad)
loss = (W * 2).sum() + SCALAR; backward loss; a = W.grad * 2
loss = (W * 2).sum() + SCALAR; backward loss; b = grad W
W.grad = None; loss = (W * 2).sum() + SCALAR; backward loss; with no_grad(): W -= lr * W.grad
W.grad = None; loss = (W * 2).sum() + SCALAR; backward loss; W.grad.mul_(0.5); W.data.sub_(W.grad)
loss = (W * 2).sum() + SCALAR; a = grad(loss, W)[0]
loss = (W * 2).sum() + SCALAR; a, = grad(loss, [W], create_graph=True); loss = loss + (a * a).sum()
loss = (W * 2).sum() + SCALAR; a = grad loss wrt W
loss = TRAINED; backward loss; opt.step(); opt.zero_grad(set_to_none=False)
h = h.detach(); h = tanh(h @ W + w); loss = h.sum() + c * c; backward loss; opt.step()
h = tanh(h @ W + w); outs.append(h); loss = h.sum()
opt.lr = 0.1 / (INDEX + 1); loss = TRAINED; backward loss; opt.step()
a = tanh(x @ W); outs.append(a); loss = (a * a).sum(); backward loss
""",
    "EACH": """
p.grad = None
p.data
total = total + p.shape[-1] if p.dim() else total
d = VECTOR * p.sum()
with no_grad(): p.mul_(0.9)
if p.grad is not None: p.grad.zero_()
if p.grad is not None: p.data -= lr * p.grad
""",
    # minibatches of 5, 5 and 2, or of 4 each
    "BATCH": """
xb = X[j:j + SIZE]; tb = t[j:j + SIZE]
xb, tb = X[j:j + SIZE], t[j:j + SIZE]
idx = perm[j:j + SIZE]; xb = X[idx]; tb = t[idx]
end = min(j + SIZE, 12); xb, tb = X[j:end], t[j:end]
""",
    "UPDATE": """
opt.zero_grad(); loss.backward(); opt.step()
W.grad = None; loss.backward(); with no_grad(): W -= lr * W.grad
loss.backward(); W.data.sub_(W.grad * 0.1); W.grad.zero_()
loss.backward(); with no_grad(): for p in [W, w]: if p.grad is not None: p -= 0.1 * p.grad; p.grad = None
""",
    # what is looked at and tried after the loop
    "AFTER": """
loss.backward()
backward loss retain
a.sum().backward()
outs[-1].sum().backward()
outs[0].sum().backward()
a.add_(1)
m.add_(1)
mv.mul_(2)
outs[0].mul_(2)
x.add_(1)
opt.step()
h.sum().backward()
print(a, loss)
print(grad(loss, [W, w], allow_unused=True))
W.grad.add_(1)
(a * a).sum().backward()
b.requires_grad_()
print(rand(2))
d.add_(1)
print(loss.grad_fn, a.grad_fn, loss.grad_fn.next_functions)
b.backward(ones_like(b))
e[0] = 5.
xs[1].add_(1)
with no_grad(): W.add_(1)
print([o.sum().item() for o in outs])
print(_)
""",
}
LINES = lines_of(TABLES)
WORDS = words_of(LINES)


def lines(statements: str, indent: str) -> str:
    """Statements one a line; what follows a colon is inside."""
    text = ""
    for statement in statements.split("; "):
        inner = indent
        while statement.partition(" ")[0] in ("with", "for", "if") and ": " in statement:
            head, _, statement = statement.partition(": ")
            text += f"{inner}{head}:\n"
            inner += "    "
        text += f"{inner}{statement}\n"
        indent = inner if inner != indent else indent
    return text


class LoopProgram(TableWriter):
    """One program, and the statements to try after it."""

    lines, words = LINES, WORDS

    def __init__(self, seed: int):
        super().__init__(seed)
        text = START + self.text("opt = OPTIMIZER") + "\n"
        for _ in range(self.random.choice((1, 1, 2))):
            text += self.in_function() if self.chance(0.2) else self.loop("", self.random.randint(1, 7))
        self.program = text
        self.after = self.random.sample(LINES["AFTER"], 3)

    def loop(self, indent: str, length: int) -> str:
        inner, i = indent + "    ", self.index
        if self.chance(0.1):
            head = f"{indent}{i} = 0\n{indent}while {i} < 9:\n{inner}{i} += 1\n"
        else:
            head = f"{indent}{self.text('HEAD')}\n"
        return head + "".join(self.statement(inner, 2) for _ in range(length))

    def in_function(self) -> str:
        text = f"def run({ARGUMENTS}, total=0.0):\n    mt = m.T; m2 = m\n"
        if self.chance(0.5):
            text += "    def f(y, g=2): return y * g - k\n"
        text += self.loop("    ", self.random.randint(1, 6)) + f"    return {LEFT}\n"
        call = f"{LEFT} = run({ARGUMENTS})\n"
        return text + (call if self.chance(0.7) else f"for r in range(5):\n    {call}")

    def batches(self, indent: str) -> str:
        """A pass over the data."""
        self.index, around = "j", self.index
        inner, size = indent + "    ", self.random.choice(("4", "5"))
        text = f"{indent}perm = randperm(12)\n{indent}for j in range(0, 12, {size}):\n"
        text += lines(self.text("BATCH").replace("SIZE", size), inner)
        text += f"{inner}loss = cross_entropy(tanh(xb @ W) * c, tb) + (w * {self.text('VECTOR')}).sum()\n"
        text += lines(self.text("UPDATE"), inner)
        if self.chance(0.6):
            text += self.statement(inner, 1)
        self.index = around
        return text

    def block(self, indent: str, depth: int) -> str:
        return "".join(self.statement(indent, depth - 1) for _ in range(self.random.randint(1, 2)))

    def statement(self, indent: str, depth: int) -> str:
        roll, i, inner = self.random.random(), self.index, indent + "    "
        if depth <= 0 or roll < 0.52:
            return f"{indent}{self.text('PLAIN')}\n"
        if roll < 0.62:
            return "".join(f"{indent}{line}\n" for line in self.text("TRAINING").split("; "))
        if roll < 0.64:
            return self.batches(indent)
        if roll < 0.72:
            return f"{indent}{self.text('HOST')}\n"
        if roll < 0.84:
            late = f"{i} == {self.random.randint(3, 7)}"
            when = self.random.choice((late, late, late, f"{i} % 3 == 2", f"{i} > 4", "flag"))
            return f"{indent}if {when}:\n{inner}{self.text('DISTURBANCE')}\n"
        if roll < 0.88:
            return f"{indent}if {self.text('CONDITION')}:\n{self.block(inner, depth)}"
        if roll < 0.91:
            mode = self.random.choice(("no_grad", "no_grad", "enable_grad"))
            return f"{indent}with {mode}():\n{self.block(inner, depth)}"
        if roll < 0.95:
            self.index = "j"
            head = self.random.choice(("range(2)", "range(k)", "range(3)", f"range({i})"))
            text = f"{indent}for j in {head}:\n{self.block(inner, depth)}"
            self.index = i
            return text
        if roll < 0.98:
            items = self.random.choice(("params", "[W, w]", "xs"))
            return f"{indent}for p in {items}:\n{inner}{self.text('EACH')}\n"
        return f"{indent}{self.text('DISTURBANCE')}\n"
