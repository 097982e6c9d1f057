"""Loops as compiled programs: what is compiled, what stops it, and that nobody can tell the difference."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest

from compile_compare import difference
from loop_writer import LoopProgram
from tensorsh import Session
from tensorsh.errors import ParseError
from tensorsh.lang.loops.segments import Segment

NETWORK = """
manual_seed(0)
x = randn(16, 8); t = randint(0, 3, (16,)); y = randn(16, 1)
param w1 = randn(8, 5) * 0.3
param b1 = zeros(5)
param w2 = randn(5, 3) * 0.3
param b2 = zeros(3)
"""

#: loops that are compiled whole, with the number of runs
LOOPS = {
    "an optimiser": (
        """
opt = sgd([w1, b1, w2, b2], lr=0.1)
for i in range(8):
    loss = cross_entropy(relu(x @ w1 + b1) @ w2 + b2, t)
    opt.zero_grad()
    loss.backward()
    opt.step()
""",
        1,
    ),
    "a print between forward and backward": (
        """
opt = adam([w1, b1, w2, b2], lr=0.1)
for i in range(8):
    loss = cross_entropy(tanh(x @ w1 + b1) @ w2 + b2, t)
    if i % 2 == 0:
        print(loss.item())
    opt.zero_grad()
    loss.backward()
    opt.step()
""",
        2,
    ),
    "statements that do nothing": (
        """
opt = sgd([w1, b1, w2, b2], lr=0.1)
for i in range(8):
    loss = cross_entropy(relu(x @ w1 + b1) @ w2 + b2, t)
    pass
    opt.zero_grad()
    loss.backward()
    opt.step()
    pass
""",
        1,
    ),
    "updates by hand": (
        """
for i in range(8):
    loss = ((sigmoid(x @ w1 + b1) @ w2 + b2).sum(1, keepdim=True) - y).square().mean()
    loss.backward()
    with no_grad():
        for p in [w1, b1, w2, b2]:
            p -= 0.1 / (1 + i) * p.grad
            p.grad = None
""",
        1,
    ),
    "random numbers": (
        """
opt = sgd([w1, w2], lr=0.1, momentum=0.9)
for i in range(8):
    noise = randn(16, 8) * 0.1 + rand(8)
    out = F.dropout(relu((x + noise) @ w1), 0.3) @ w2
    loss = (out ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
after = rand(3)
""",
        1,
    ),
    "a loop in a loop": (
        """
hidden = randn(5, 5) * 0.2
hidden.requires_grad_()
for i in range(8):
    h = zeros(4, 5)
    for k in range(4):
        h = tanh(x[4 * k : 4 * k + 4] @ w1 + h @ hidden)
    loss = h.square().sum()
    g = torch.autograd.grad(loss, [w1, hidden])
    with no_grad():
        for p, d in zip([w1, hidden], g):
            p -= 0.1 * d
""",
        1,
    ),
    "items of lists": (
        """
params = [w1, b1, w2, b2]
m = [zeros_like(p) for p in params]
for i in range(1, 9):
    loss = cross_entropy(relu(x @ w1 + b1) @ w2 + b2, t)
    for p in params:
        p.grad = None
    loss.backward()
    with no_grad():
        for k, p in enumerate(params):
            m[k] = 0.9 * m[k] + 0.1 * p.grad
            p -= 0.1 * m[k] / (1 - 0.9 ** i)
total = sum(a.sum() for a in m)
""",
        2,
    ),
    "scaled updates": (
        """
v = [zeros_like(p) for p in (w1, w2)]
for i in range(1, 9):
    loss = ((x @ w1 + b1) @ w2).square().mean()
    w1.grad = w2.grad = None
    loss.backward()
    with no_grad():
        for p, m in zip((w1, w2), v):
            m.mul_(0.9).add_(p.grad, alpha=0.1)
            p.add_(m, alpha=-0.1)
            p.sub_(p.grad, alpha=0.01 / i)
            p.addcdiv_(p.grad, m.abs() + 1, value=-0.01)
""",
        1,
    ),
    "minibatches in a nested loop: one program for all offsets and epochs, one for the last batch": (
        """
opt = sgd([w1, b1, w2, b2], lr=0.1, momentum=0.9)
for epoch in range(12):
    perm = randperm(16)
    for i in range(0, 16, 6):
        xb = x[i : i + 6]
        idx = perm[i : i + 6]
        tb = t[idx]
        loss = cross_entropy(relu(xb @ w1 + b1) @ w2 + b2, tb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 4 == 0:
        print(loss.item(), xb._base is x, xb.storage_offset())
""",
        2,
    ),
    "a function that ends with a number and has loops": (
        """
def train_step(x, t, params, lr):
    h = zeros(16, 5)
    for k in range(2):
        h = tanh(x @ params["w1"] + h + b1)
    loss = cross_entropy(h @ params["w2"], t)
    loss.backward()
    with no_grad():
        for name, p in params.items():
            p -= lr * p.grad
            p.grad = None
    return loss.item()
losses = []
for i in range(24):
    losses.append(train_step(x, t, {"w1": w1, "w2": w2}, 0.1 / (i + 1)))
print(losses)
""",
        3,
    ),
    "places that tensors say": (
        """
for i in range(12):
    starts = randint(0, 10, (4,))
    xs = stack([x[k : k + 3] for k in starts])
    ys = stack([y[k + 1 : k + 4] for k in starts])
    loss = ((xs @ w1).mean(2, keepdim=True) - ys).square().mean() + w1[t[i]].sum()
    w1.grad = None
    loss.backward()
    w1.data -= 0.1 * w1.grad
""",
        1,
    ),
    "changes in place that gradients go through": (
        """
opt = sgd([w1, b1, w2], lr=0.1)
for i in range(8):
    h = x @ w1 + b1
    torch.relu_(h)
    h = h * 1
    h *= 2
    total = tensor(0.0)
    parts = zeros(16, 4)
    for k in range(3):
        parts[:, k] = h @ w2[:, k]
        total += (h * h).mean() * k
    loss = parts.square().mean() + total
    opt.zero_grad()
    loss.backward()
    opt.step()
    if i % 3 == 0:
        print(parts.grad_fn, parts[0].tolist())
""",
        1,
    ),
    "gradients through rows that move": (
        """
out = zeros(3, 8)
for i in range(12):
    w1.grad = None
    k = i % 8
    loss = (w1[k] * x[i, :5]).sum() + w1[:, i % 5].sum()
    loss.backward()
    out[i % 3] = w1.grad[:, 1]
""",
        1,
    ),
    "leaves that the loop replaces": (
        """
params = [w1.detach().requires_grad_(), b1.detach().requires_grad_()]
for epoch in range(4):
    for i in range(0, 16, 2):
        loss = (x[i : i + 2] @ params[0] + params[1]).square().mean()
        grads = torch.autograd.grad(loss, params)
        params = [(p - 0.1 * g).detach().requires_grad_() for p, g in zip(params, grads)]
        if i % 4 == 0:
            loss.item()
u, v = params
same = loss.grad_fn.next_functions[0][0].name()
print(loss, u, v, same)
""",
        2,
    ),
    "leaves that the run makes": (
        """
for i in range(12):
    v = randn(3, 16, requires_grad=True)
    h = tanh(v[:, :4] @ w1[:4] + b1)
    (slope,) = torch.autograd.grad(h.sum(), v, create_graph=True)
    loss = (slope ** 2).sum() + h.mean()
    w1.grad = b1.grad = None
    loss.backward()
    z = v * 2
    with no_grad():
        w1 -= 0.1 * w1.grad
z.sum().backward()
same = z.grad_fn.next_functions[0][0].variable is v
""",
        1,
    ),
    "inside a function": (
        """
def train(n, lr=0.1):
    for i in range(n):
        out = softmax(x @ w1 + b1, 1) @ w2 + b2
        loss = -(log_softmax(out, 1)[:, 0]).mean()
        g1, g2 = torch.autograd.grad(loss, (w1, w2))
        with no_grad():
            w1.sub_(lr * g1)
            w2.sub_(lr * g2)
    return loss
loss = train(8)
""",
        1,
    ),
}


def state(session: Session) -> dict[str, object]:
    """What can be seen of a session's tensors."""
    seen: dict[str, object] = {}
    for name in session.names():
        value = session[name]
        if type(value).__name__ == "Tensor":
            grad = None if value.grad is None else value.grad.tolist()
            fn = None if value.grad_fn is None else value.grad_fn.name()
            seen[name] = (value.tolist(), str(value.dtype), value.requires_grad, grad, fn, value.version)
    return seen


def programs(session: Session) -> int:
    return len(session.listings())


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_does_the_same_compiled(name, capsys):
    text, count = LOOPS[name]
    sessions = [Session(compile=flag) for flag in (True, False)]
    printed = []
    for session in sessions:
        session.run(NETWORK + text)
        printed.append(capsys.readouterr().out)
    compiled, eager = sessions
    assert programs(compiled) == count and programs(eager) == 0
    assert state(compiled) == state(eager)
    assert printed[0] == printed[1]


def test_large_arrays_are_done_in_blocks():
    text = """
manual_seed(1)
param a = randn(400000)
param b = randn(400000)
for i in range(5):
    a.grad = None
    b.grad = None
    y = (tanh(a * b + a) ** 2).mean()
    backward y
"""
    compiled, eager = Session(), Session(compile=False)
    for session in (compiled, eager):
        session.run(text)
    assert any("def group" in text for text in compiled.listings())
    for name in ("a", "b"):
        np.testing.assert_array_equal(compiled[name].grad.numpy(), eager[name].grad.numpy())
    assert compiled["y"].item() == pytest.approx(eager["y"].item(), rel=1e-6)


def listing_of_a_large_loop(body: str) -> str:
    """The program of a loop over a large `a`, whose gradient is what evaluation gives, bit for bit."""
    compiled, evaluated = Session(), Session(compile=False)
    for session in (compiled, evaluated):
        session.run(
            f"manual_seed(0)\nparam a = randn(300000)\nfor i in range(5):\n    a.grad = None\n    {body}"
        )
    assert state(compiled)["a"] == state(evaluated)["a"]
    return compiled.listings()[0]


def test_what_a_group_needs_twice_it_computes_once():
    assert listing_of_a_large_loop("backward (tanh(a) ** 2).sum()").count("np.multiply(r0, r0") == 1


def test_what_is_made_of_one_array_is_made_where_it_is_needed():
    """The differences from the mean are computed for the variance and for the gradient; no array keeps them."""
    listing = listing_of_a_large_loop("y = a.std(); backward y")
    assert listing.count("    cast_into(i0, r0)") == 2 and listing.count("spread(group") == 3
    assert "np.empty((300000,), np.float64)" not in listing


def test_what_needs_nothing_of_a_group_is_done_before_it():
    """One pass for the quotient and the zeros where the norm is zero, which a comparison stood between."""
    step = listing_of_a_large_loop("backward a.norm()").partition("def step")[2]
    assert step.count("spread(") == 2 and step.index("np.equal(") < step.index("np.divide(")


def test_equal_results_that_are_kept_have_memory_of_their_own():
    program = "x = rand(300000)\nfor i in range(5):\n    y = x * 2; z = x * 2; w = -0.0 * x; v = 0.0 * x\n"
    session = Session()
    session.run(program + "y[0] = 7")
    y, z, w, v = (session[name].array for name in "yzwv")
    assert y[0] == 7 and np.array_equal(y[1:], z[1:]) and not np.shares_memory(y, z)
    assert np.signbit(w).all() and not np.signbit(v).any()


@pytest.mark.parametrize(
    "row",
    [
        "s = x.sum(1)",
        "s = x.sum(1, keepdim=True); y = x - s",
        "s = (x * x).sum(1)",
        "s = (x * w).sum(-1); y = x * w",
        "s = (x * c).sum(1)",
        "s = (x * 2).mean(1)",
        "s = (x[:, ::2] * x[:, 1::2]).sum(1)",
        "s = (x.double() * x).sum(1)",
        "s = layer_norm(x, (1000,))",
        "s = softmax(x, 1); y = (s * s).sum(1)",
        "s = (x.reshape(600, 10, 100) * 3).sum(2)",
        "s = (x.reshape(600, 10, 100) * x.reshape(600, 10, 100)).sum(-1, keepdim=True)",
        "s = (x * inf).sum(1); y = (x * nan).sum(1)",
    ],
)
def test_sums_along_rows_agree_with_eager_ones(row):
    start = (
        "manual_seed(1); x = randn(600, 1000); w = randn(1000); c = randn(600, 1)\nfor i in range(5):\n    "
    )
    one, other = Session(), Session(compile=False)
    for session in (one, other):
        session.run(start + row)
    assert programs(one) == 1
    for name in "sy":
        if name in one.names():
            a, b = (session[name].array for session in (one, other))
            assert a.dtype == b.dtype and a.shape == b.shape
            assert np.allclose(a, b, rtol=1e-5, atol=1e-4, equal_nan=True)


@pytest.mark.parametrize(
    "program",
    [
        # a tensor that lies in memory column by column
        "m = rand(3, 3); mt = m.T\nfor i in range(6):\n    b = tanh(mt); c = sqrt(mt) * 2; d = tanh(m.T)[0]",
        # the gradient of a sum, times a number that changes
        "w = rand(3, requires_grad=True)\nfor u in [1.5, 2, 0.5, 3, 1]:\n    w.grad = None; l = (w * u).sum()\n"
        "    backward l",
        "w = rand(3, 4, requires_grad=True)\nfor i in range(6):\n    w.grad = None; l = (ones(5, 3) @ w).sum()\n"
        "    backward l",
        # names of a function in a function of one line, also where the session has them
        "i = 9; b = rand(3)\n"
        "def f(b):\n    for i in range(8):\n        y = (lambda x: x * i * 0.1)(b) + b\n    return y\n"
        "r = f(b)",
        # a view of what the run does not change for ever
        "m = rand(3, 3); a = rand(3, 3); xs = [m]; mv = m[1]; u = rand(3)\n"
        "for i in range(9):\n    if i == 5:\n        mv = a[0]\n    mv.copy_(xs[0][0] * 2)",
        # a gradient that a name meant, and means no longer
        "W = rand(3, 3, requires_grad=True); x = rand(3, 3); a = rand(3, 3)\n"
        "for i in range(8):\n    if i == 4:\n        W.grad = x.clone()\n"
        "    l = a.norm() + (x @ W).tanh().mean()\n    backward l retain\n    a = W.grad",
        # a function that sees a name which the run binds
        "a = rand(3); m = rand(3)\ndef run(k):\n    def f(y): return y * 2 - k\n"
        "    for i in range(8):\n        if i == 6: break\n"
        "        k += 1\n        m.copy_(f(a) * 2)\nrun(1)",
        # a learning rate that is read, and changes
        "w = rand(3, requires_grad=True); opt = sgd([w], lr=0.1); b = rand(3); c = rand(3)\n"
        "for i in range(8):\n    b.mul_(opt.lr); c = b * opt.options['lr'] + opt.lr\n    opt.lr = 0.5 / (i + 1)",
        # a node with several outputs
        "x = rand(3, 4, requires_grad=True)\nfor i in range(5):\n    out = var_mean(x, 0)\n"
        "n = out[0].grad_fn.next_functions",
        # a sum of a broadcast gradient, after a reading that was given up
        "x = rand(5, 5, 10); y = rand(5, 5, requires_grad=True)\nfor i in range(6):\n    y.grad = None\n"
        "    o = addcmul(x, y.sum(), y.sum(0)[0], value=0.6); l = o.sum(); l.backward()",
        # complex factors, on which their product does not lie
        "x = tensor([253.18278 + 360.9411j]); y = tensor([20.240055 + 396.51566j])\nfor i in range(5):\n"
        "    out = nn.functional.rms_norm(x, (1,), y)",
        # a name without a value is not the session's name
        "a = rand(3); b = rand(3)\ndef f(a):\n    for i in range(8):\n        b = tanh(a) * 2 + a\n        if i == 6:"
        "\n            del a\nf(a)",
    ],
)
def test_what_a_fuzzer_found(program):
    assert difference(program, []) is None


def test_results_of_earlier_rounds_keep_their_values():
    session = Session()
    session.run(
        "manual_seed(0); x = randn(4); kept = []\n"
        "for i in range(6):\n    h = x * i + sin(x)\n    kept.append(h)\n"
        "same = [bool((k == x * i + sin(x)).all()) for i, k in enumerate(kept)]"
    )
    assert programs(session) == 1
    assert session["same"] == [True] * 6


def test_what_equals_another_tensor_has_memory_of_its_own():
    session = Session()
    session.run(
        "x = ones(4)\nw = ones(4, requires_grad=True)\n"
        "for i in range(5):\n    y = sin(x) * 0 + x ** 1\n    z = x ** 1\n    u = w * 2\n    v = (u + 0) ** 1\n"
        "    w.grad = None\n    (w ** 1).sum().backward()\n"
        "z.add_(1); v.detach().add_(1); w.grad.add_(1)"
    )
    assert programs(session) == 1
    assert session["x"].tolist() == [1.0] * 4
    assert session["u"].tolist() == [2.0] * 4


def test_a_graph_is_there_for_who_looks():
    session = Session()
    session.run(
        "manual_seed(0)\nparam w = randn(3)\n"
        "for i in range(5):\n    y = (w * w).sum() * 2\n"
        "name = y.grad_fn.next_functions[0][0].name()\ny.backward()\ng = w.grad - 4 * w"
    )
    assert programs(session) == 1
    assert session["name"] == "SumBackward0"
    assert session["g"].abs().max().item() == 0


@pytest.mark.parametrize(
    "late", ["pass", "out = x @ w", "out = out.detach()", "out.retain_grad()", "w = w * 1"]
)
def test_what_has_been_used_up_is_looked_at_by_another_run(late: str) -> None:
    program = f"""{NETWORK}
w = ones(8, 5); marks = []
for i in range(14):
    out = tanh(x @ w1 + b1)
    loss = (out @ w2 + b2).sum()
    loss.backward()
    if i == 9:
        {late}
    best, at = out.max(1)
    n = (at == 1).sum(); y = out * 2 + best.sum()
    marks.append(best.grad_fn is None or best.grad_fn.next_functions[0][0] is out.grad_fn)
"""
    after = ["y.sum().backward()", "best.sum().backward()", "print(at.grad_fn, loss.grad_fn)", "y.mul_(2)"]
    assert difference(program, after) is None
    session = Session()
    session.run(program)
    assert session["marks"] == [True] * 14
    assert (
        not [each for each in session.uncompiled() if each.why == "a graph from elsewhere"] or late != "pass"
    )


def test_a_used_up_graph_says_so():
    session = Session()
    session.run(
        "param w = [1., 2.]\nfor i in range(5):\n    y = (w * w).sum()\n    w.grad = None\n    y.backward()"
    )
    with pytest.raises(Exception, match="backward through the graph a second time"):
        session.run("y.backward()")


def test_a_listing_of_groups_runs_on_its_own():
    session = Session()
    session.run(
        "param x = randn(400, 700); t = randint(0, 700, (400,))\n"
        "for i in range(4):\n    x.grad = None\n    loss = cross_entropy(x, t); backward loss"
    )
    (text,) = session.listings()
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "def group" in text and "'x.grad'" in done.stdout


def test_a_listing_runs_on_its_own():
    session = Session()
    session.run(NETWORK + LOOPS["an optimiser"][0])
    (text,) = session.listings()
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "'w1.grad'" in done.stdout and "'loss'" in done.stdout


#: loops whose programs look into memory that is laid out in all ways, draw, cast, and take numbers from outside
LISTED = {
    "a column of a slice": "y = randn(8, 6)[:, :4]; w = zeros(8)\nfor i in range(9): w = w + sin(y[:, 1])",
    "a column of a column slice": "y = randn(8, 6)\nfor i in range(9): z = y[:, 1:4]; w = z[:, 0] * sin(z[:, 1]) + i",
    "columns of a transposed": "x = randn(8, 6).T\nfor i in range(9): z = x[:, ::2].sin() * 2 + x[:, 1:2]",
    "an expanded tensor": "e = randn(3, 1).expand(3, 4)\nfor i in range(9): z = e[:, 1].sin() * 2 + e[0, 1]",
    "overlapping windows": "s = arange(20.).as_strided((3, 3), (2, 1), 5)\n"
    "for i in range(9): z = s[:, 1].sin() * 2 + s[1]",
    "16-bit floats": "h = randn(4, 6).bfloat16()[:, 1:]; q = randn(4, 4).half()\n"
    "for i in range(9): z = sin(h[:, 1]) + h[:, 0]; r = q @ q + q[:, 1]",
    "complex": "c = randn(4, 4, dtype=complex64)\nfor i in range(9): z = sin(c[:, 1]) * c[1] + c.real[:, 0]",
    "random numbers": "x = randn(8, 6)\nfor i in range(9): z = dropout(x, 0.5, True) * 2 + x[:, 1:2] + rand(8, 1)",
    "numbers of the loop": "x = randn(4); lr = [0.5, 0.1]\nfor i in range(9):\n"
    "    for step in range(2): x = x * i + step; y = x * lr[0] + lr[1]",
    "names that the listing has": "add = randn(3); t1 = randn(3); b2 = randn(3); index = tensor([0, 2])\n"
    "for np in range(9): mul = sin(add)[index] * t1[index] + b2[index] * np; add = add + t1",
    "an optimiser": "param w = randn(3, 2)\nopt = adam([w], lr=0.1)\nx = randn(9, 4)[:, 1:]\n"
    "for i in range(9): loss = (x @ w[:, 1:]).square().mean(); opt.zero_grad(); backward loss; opt.step()",
}


@pytest.mark.parametrize("name", LISTED)
def test_a_listing_of_any_loop_runs_on_its_own(name: str) -> None:
    session = Session(seed=0)
    session.run(LISTED[name])
    texts = session.listings()
    assert texts
    for text in texts:
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), text


@pytest.mark.parametrize("seed", range(0, 3000, 100))
def test_every_random_loop_has_a_listing(seed: int) -> None:
    session = Session(seed=0)
    with suppress(ParseError):  # which some of them are
        session.execute(
            LoopProgram(seed).program, on_error=lambda error: None, on_time=lambda *_: session.listings()
        )


@pytest.mark.parametrize("look", ["mean().item()", "sum(0).tolist()", "item()"])
def test_what_a_function_returns_is_computed_before_it_is_looked_at(look: str) -> None:
    """`item()` of several elements is an error as ever."""
    program = f"{NETWORK}\ndef share(v): return (tanh(v) == y).float().{look}\nq = range(20)\n"
    calls = "shares = [share(y * (k % 2)) for k in q]"
    assert difference(program + calls, []) is None
    if look != "item()":
        session = Session()
        session.run(program + calls)
        assert programs(session) == 1


STEP = "loss = cross_entropy(tanh(x @ w1 + b1) @ w2 + b2, t); opt.zero_grad(); loss.backward(); opt.step()"
TRAINING = {
    "in a loop": f"for epoch in range(5):\n    for i in range(6): {STEP}",
    "in a function": f"def train():\n    for i in range(6): {STEP}\nfor epoch in range(5): train()",
    "in a function for a step": f"def step():\n    {STEP}\n    return loss.item()\nlosses = [step() for i in q]",
    "with others around": f"for epoch in range(5):\n    y = tanh(x)\n    for i in range(6): {STEP}\n    z = y + loss",
}


@pytest.mark.parametrize("name", TRAINING)
def test_a_loop_of_training_steps_is_known_by_its_rounds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a program after two rounds, wherever it stands, and no trace of what is around it comes upon it."""
    stops: list[str] = []
    trace = Segment._trace

    def traced(self: Segment, *args: object, **options: object) -> object:
        found = trace(self, *args, **options)
        stops.extend(reason for _, reason in self.stops)
        return found

    monkeypatch.setattr(Segment, "_trace", traced)
    session = Session()
    session.run(f"{NETWORK}\nopt = sgd([w1, b1, w2, b2], lr=0.1); q = range(30)\n{TRAINING[name]}")
    assert session.context.walks == 3, "two that are evaluated, and the trace"
    assert "a loop of its own" not in stops


def test_a_failure_in_a_replay_changes_nothing():
    session = Session()
    session.run("x = ones(4); index = tensor([0, 1]); n = 0.")
    before = session["x"].tolist()
    with pytest.raises(Exception, match="out of bounds"):
        session.run(
            "for i in range(9):\n    x.mul_(2)\n    z = x[index] + sin(x[index]) * 2\n"
            "    index = index + 1\n    n = n + 1"
        )
    assert session["x"].tolist() == before
    assert session["n"] == 0.0


def test_statements_that_look_at_values_are_left_alone():
    session = Session()
    session.run(
        "x = ones(3)\nfor i in range(6):\n    x = x * 2 + sin(x) * cos(x)\n    if x.max() > 50: break"
    )
    eager = Session(compile=False)
    eager.run("x = ones(3)\nfor i in range(6):\n    x = x * 2 + sin(x) * cos(x)\n    if x.max() > 50: break")
    assert session["x"].tolist() == eager["x"].tolist()
    assert session["i"] == eager["i"]


#: loops that nothing can replay, in a PyTorch program
HOPELESS = {
    "numbers": """
t = 0
for i in range(ROUNDS):
    t = t + i % 3
    t = abs(t)
""",
    "a loop in a loop": """
t = 0
for i in range(ROUNDS // 8):
    for j in range(8):
        t = t + j
        t = t - i
    t = abs(t)
""",
    "in a function": """
def f(n):
    t = 0
    for i in range(n):
        t = t + i % 3
        u = abs(t)
    return u
t = f(ROUNDS)
u = f(9)
""",
    "in a function that is called again and again": """
def f(n):
    t = 0
    for i in range(n):
        t = t + i
        t = abs(t)
    return t
t = sum([f(4) for _ in range(ROUNDS // 4)])
""",
    "a branch and an end": """
t = 0
for i in range(ROUNDS * 2):
    t = t + i
    if i == ROUNDS: break
    u = abs(t)
else:
    t = -1
""",
}


@pytest.mark.parametrize("name", HOPELESS)
def test_a_loop_in_which_nothing_can_be_replayed_asks_no_more(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    go = Segment.go
    monkeypatch.setattr(Segment, "go", lambda self, i, names=None: asked.append(i) or go(self, i, names))
    text = f"import torch{HOPELESS[name]}"
    assert difference(text.replace("ROUNDS", "400"), []) is None
    few = len(asked)
    assert few < 60
    assert difference(text.replace("ROUNDS", "1600"), []) is None
    assert len(asked) == 2 * few  # however long it is


def test_a_loop_whose_beginning_cannot_be_replayed_is_from_there_on() -> None:
    session = Session()
    session.execute(
        "import torch\nx = torch.ones(3)\nfor i in range(30):\n    n = x.sum().item()\n    y = torch.tanh(x) * 2\n"
        "    x = y + y.sin()\n"
    )
    assert session._evaluator.loops.programs


EXPRESSIONS = """
x + y; x - y; y - x; x * y; x / y; x ** 2; x ** 3; x ** 1; x ** 0.5; 2 - x; 3 * x; x / 7; -x; abs(x)
exp(x); log(abs(x)); sin(x); cos(x); tanh(x); sqrt(abs(x)); sigmoid(x); relu(x); x > y; maximum(x, y)
x.sum(); x.sum(0); x.sum(-1); x.sum(-1, True); x.mean(); x.mean(0); x.mean(-1, True)
softmax(x, -1); softmax(x, 0); log_softmax(x, -1); log_softmax(x, 0); x @ y.T; x.T @ y; x @ x.T @ y
(x - x.mean(0)) / (x.std(0) + 1); x[:, 0] * 2 + x[:, 1:].sum(1); x.reshape(-1).sum(); x.exp().sum(1).log().mean()
cross_entropy(x, t); cross_entropy(x, t, reduction="sum");
cross_entropy(x, t, ignore_index=1); mse_loss(x, y); (x.T * 2).sum(0); x.double() * 2
"""


FIVE_TIMES = """
for i in range(5):
    x.grad = None
    y.grad = None
    out = f()
    if out.requires_grad:
        (out * out.detach()).sum().backward()
"""


@pytest.mark.parametrize(
    "shape", [(1, 3), (3, 5), (4, 8), (7, 12), (16, 16), (33, 9), (64, 40), (70, 3), (19, 65)]
)
def test_each_call_does_what_its_kernel_does(shape):
    """Bit for bit, gradients included."""
    rows, columns = shape
    for expression in EXPRESSIONS.replace("\n", ";").split(";"):
        if not expression.strip():
            continue
        text = (
            f"manual_seed(3)\nparam x = randn({rows}, {columns})\nparam y = randn({rows}, {columns})\n"
            f"t = randint(0, {columns}, ({rows},))\ndef f(): return {expression.strip()}\n" + FIVE_TIMES
        )
        compiled, eager = Session(), Session(compile=False)
        compiled.run(text)
        eager.run(text)
        assert compiled.listings(), expression
        assert repr(state(compiled)) == repr(state(eager)), expression


def test_a_saved_view_of_what_was_changed_since_is_an_error():
    text = (
        "m = ones(3, 3)\nparam w = ones(3)\n"
        "for i in range(6):\n    loss = (w * m[:, 1] * 2).sum()\n    m[:, 0] += 1\n"
        "    if i == 5:\n        loss.backward()"
    )
    for flag in (True, False):
        with pytest.raises(Exception, match="modified by an inplace operation"):
            Session(compile=flag).run(text)


def test_a_pytorch_loop_shows_every_round() -> None:
    """Calls made for their effect are shown there, and annotations convert nothing, in compiled rounds too."""
    loop = "for i in range(6):\n    y = x * 2 + 1\n    k: int = 2.5\n    y.add_(1)\n    z = y.tanh()\n"
    session = Session()
    shown = session.run("import torch\nx = torch.ones(2)\n" + loop)
    assert [value.tolist() for value in shown] == [[4.0, 4.0]] * 6
    assert session["k"] == 2.5


def test_loops_go_by_modules_whose_functions_only_compute() -> None:
    session = Session()
    session.run(
        "import math, torch\n"
        "def scaled(x): return x * math.sqrt(x.size(-1) / 9)\n"
        "a = torch.ones(4)\n"
        "for i in range(30):\n    a = scaled(a) * math.cos(0.5)\n    a = a + math.pi"
    )
    assert programs(session) == 1
    plain = Session(compile=False)
    plain.run(
        "import math, torch\na = torch.ones(4)\n"
        "for i in range(30): a = a * math.sqrt(4 / 9) * math.cos(0.5); a = a + math.pi"
    )
    assert session["a"].tolist() == plain["a"].tolist()


@pytest.mark.parametrize("module", ["random", "time", "statistics"])
def test_loops_do_not_go_by_other_modules(module: str) -> None:
    session = Session()
    session.run(f"import {module}, torch\ndef f(x): return x * ({module} is not None)\na = torch.ones(4)")
    session.run("for i in range(30): a = f(a)")
    assert programs(session) == 0


def test_a_module_that_a_program_has_assigned_to_is_read_each_time() -> None:
    text = (
        "import math, torch\n"
        "def change(i):\n    if i == 20: setattr(math, 'pi', 3)\n"
        "a = torch.ones(2)\n"
        "for i in range(40):\n    a = a * 0.5\n    a = a + math.pi\n    change(i)\n"
        "print(a)"
    )
    session, plain = Session(), Session(compile=False)
    session.run(text)
    plain.run(text)
    assert session["a"].tolist() == plain["a"].tolist()


HOOKS_IN_FORCE = """
import torch
x = torch.ones(3, requires_grad=True)
packed, seen = [], []
def f(x):
    return x * 2 * x
pack = lambda t: (packed.append(t.detach().clone()), t)[1]
with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
    for i in range(40):
        f(x)
        seen.append((len(packed), packed[-1].sum().item()))
"""


def test_what_is_saved_goes_through_hooks_that_are_in_force() -> None:
    session = Session()
    session.run(HOOKS_IN_FORCE)
    assert session["seen"] == [(2 * i + 2, 6.0) for i in range(40)]


@pytest.mark.parametrize(("lengths", "most"), [(6, 16), (400, 4)])
def test_sequences_of_a_few_lengths_have_a_program_each(lengths: int, most: int) -> None:
    session = Session()
    session.execute(
        "import torch\ntorch.manual_seed(0)\nw = torch.randn(3, 3, requires_grad=True)\n"
        "def train(xs):\n    h = torch.zeros(3)\n    for x in xs:\n        h = torch.tanh(w @ (h + x))\n"
        "    h.sum().backward()\n    w.data -= 0.1 * w.grad\n    w.grad = None\n"
        f"for i in range(400):\n    train(torch.ones(1 + i * 7 % {lengths}, 3))"
    )
    titles = [title for title, _ in session._evaluator.loops.programs if "line" in title]
    count = max(titles.count(title) for title in titles)
    assert count == (lengths if lengths < most else count) and count <= most


def test_a_function_that_is_given_one_model_after_another_has_a_program_for_the_newest() -> None:
    session = Session()
    forms = [f"lambda x: (x * {n}).sum()" for n in range(24)]
    session.execute(
        "import torch\nx = torch.ones(4, requires_grad=True)\n"
        "def rounds(f):\n    for k in range(30):\n        x.grad = None\n        y = f(x)\n        y.backward()\n"
        f"for f in [{', '.join(forms)}]:\n    rounds(f)\n"
    )
    runs = [program.runs for _, program in session._evaluator.loops.programs]
    assert len(runs) == len(forms) and min(runs) > 8


def test_a_search_over_models_replays_nearly_all_rounds_of_each() -> None:
    """Each has an optimiser whose first step no program can do."""
    session = Session()
    session.execute(
        "import torch\nfrom torch import nn\nx, y = torch.ones(5, 3), torch.ones(5, 1)\n"
        "def train(model, optimizer):\n    for k in range(40):\n        loss = ((model(x) - y) ** 2).mean()\n"
        "        optimizer.zero_grad()\n        loss.backward()\n        optimizer.step()\n"
        "for n in range(20):\n    model = nn.Sequential(nn.Linear(3, 2 + n % 4), nn.Tanh(), nn.Linear(2 + n % 4, 1))\n"
        "    train(model, torch.optim.Adam(model.parameters(), lr=0.01))\n"
    )
    runs = [program.runs for _, program in session._evaluator.loops.programs if program.trains]
    assert len(runs) == 20 and min(runs[1:]) >= 36
