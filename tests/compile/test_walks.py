"""Backward passes that evaluation repeats become programs, and nothing that can be observed tells them apart."""

from __future__ import annotations

import pytest

from compile_compare import difference
from tensorsh import Session
from tensorsh.engine.compile.machine.operands import MOST
from tensorsh.engine.compile.program import Program
from tensorsh.engine.compile.walks import MOST_FAILED, REST, TRIED
from tensorsh.lang.loops import loops

START = """
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(0)
x = torch.randn(5, 4); y = torch.randint(0, 3, (5,)); ids = torch.randint(0, 7, (5,))
w = torch.randn(4, 4, requires_grad=True)
b = torch.zeros(4, requires_grad=True); c = torch.ones(1, requires_grad=True); total = 0.0; seen = []
net = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.2), nn.Linear(6, 3))
embedding = nn.Embedding(7, 4); rnn = nn.GRU(4, 3, batch_first=True)
parameters = [w, b, c, *net.parameters(), *embedding.parameters(), *rnn.parameters()]
optimizer = torch.optim.SGD(parameters, lr=0.01)
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        return v * 2
    @staticmethod
    def backward(ctx, g):
        return g * 2
"""
LOOP = """
for i in range(60):
    if True:
        {}
        optimizer.step(); total += loss.item()
        optimizer.zero_grad()
print(total)
"""


@pytest.fixture(autouse=True)
def evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops have no programs."""
    for name in ("OUTER", "INNER", "CALLED", "METHOD", "TRAINED"):
        monkeypatch.setattr(loops, name, 1 << 30)


WALKED = {
    "a network": "loss = F.cross_entropy(net(x), y); loss.backward()",
    "embeddings and layers over time": "h, _ = rnn(embedding(ids)[None]); "
    "loss = h.tanh().pow(2).mean(); loss.backward()",
    "leaves that are used twice": "h = x @ w + b; loss = ((h @ w + b) * c).mean() + w.sum() + w.t().sum(); "
    "loss.backward()",
    "numbers that change": "loss = ((x @ w) * (0.1 * i) + 0.5 / (i + 1)).tanh().sum(); loss.backward()",
    "numbers that are the same": "loss = (x @ w).clamp(-0.5, 0.5).pow(3.0).sum() * -0.0 + b.sum(); "
    "loss.backward()",
    "a gradient": "loss = torch.tanh(x @ w + b).sum(0); loss.backward(torch.arange(4.0) * i); "
    "loss = loss.sum()",
    "a graph that is kept": "loss = torch.tanh(x @ w + b).sum(); loss.backward(retain_graph=True); "
    "loss.backward()",
    "parts kept in a list": "parts = [torch.tanh(x[k] @ w + b) for k in range(5)]; "
    "seen.append(parts[0].sum().item())\n"
    "        loss = torch.stack(parts).logsumexp(0).sum(); loss.backward()",
    "views and places": "h = x @ w; "
    "loss = h[1:3, ::2].exp().sum() + h[ids % 4].mean() + h.view(-1)[3] + b[i % 2]; loss.backward()",
    "changes in place": "h = x @ w; h *= 2; h.add_(b).tanh_(); loss = h.sum() * c.sum(); loss.backward()",
    "gradients that are added up": "loss = (x @ w).sigmoid().mean() + (b * c).sum(); loss.backward()\n"
    "        loss = (x @ w).tanh().mean() + (b * c).sum(); loss.backward()",
    "a leaf that is its own gradient": "loss = (w + b).sum() + (b + b).sum() + (c * 1).sum() * 3; "
    "loss.backward()",
    "a shape that changes": "loss = torch.tanh(x[: 2 + i // 20] @ w + b).mean(); loss.backward()",
    "a graph of gradients": "loss = (x @ w + b).tanh().sum(); "
    "g, = torch.autograd.grad(loss, w, create_graph=True)\n"
    "        loss = g.pow(2).sum(); loss.backward()",
    "results that are laid out otherwise": "k = (x @ w) @ (x @ w).T + torch.eye(5) * (c.exp() + 1)\n"
    "        root = torch.linalg.cholesky(k); a = torch.cholesky_solve(x[:, :1], root)\n"
    "        loss = (x[:, :1].T @ a).squeeze() + root.diagonal().log().sum(); loss.backward()",
}
EVALUATED = {
    "hooks of tensors": "h = x @ w; h.register_hook(lambda g: g * 2); loss = (h + b).tanh().sum(); "
    "loss.backward()",
    "hooks of leaves": "hook = w.register_hook(lambda g: g * i); loss = (x @ w + b).tanh().sum(); "
    "loss.backward(); hook.remove()",
    "retained gradients": "h = x @ w + b; h.retain_grad(); loss = h.tanh().sum(); loss.backward(); "
    "seen.append(h.grad.sum())",
    "an operation of one's own": "loss = Twice.apply(x @ w + b).tanh().sum(); loss.backward()",
    "a graph that is gone": "loss = (x @ w + b).tanh().sum(); loss.backward()\n"
    "        try: loss.backward()\n"
    "        except RuntimeError as error: seen.append(str(error))",
    "what was changed since": "h = (x @ w + b).sigmoid(); loss = (h * h).sum()\n"
    "        if i > 40: h.detach().mul_(2)\n"
    "        try: loss.backward()\n"
    "        except RuntimeError as error: seen.append(str(error))",
    "a leaf that needs no gradient any longer": "loss = (x @ w + b).tanh().sum()\n"
    "        if i > 20: b.requires_grad_(False)\n"
    "        loss.backward()\n"
    "        b.requires_grad_()",
    "hooks of what is saved": "with torch.autograd.graph.saved_tensors_hooks(lambda t: t + 0, lambda t: t * 2): "
    "loss = (x @ w + b).tanh().sum(); loss.backward()",
    "some inputs": "loss = (x @ w + b).tanh().sum(); loss.backward(inputs=[b])",
    "anomalies looked for": "with torch.autograd.set_detect_anomaly(True): "
    "loss = (x @ w + b).tanh().sum(); loss.backward()",
}


@pytest.mark.parametrize("name", [*WALKED, *EVALUATED])
def test_a_backward_pass_is_the_same_as_a_program(name: str) -> None:
    program = START + LOOP.format({**WALKED, **EVALUATED}[name])
    found = difference(program, ["[p.grad for p in parameters], seen"])
    assert found is None, f"{found}\n{program}"


def hits(body: str) -> int:
    session = Session(seed=0)
    session.execute(START + LOOP.format(body), "<input>", lambda shown: None)
    walks = session._evaluator.walks
    return 0 if walks is None else walks.hits


@pytest.mark.parametrize("name", WALKED)
def test_it_is_done_by_a_program(name: str) -> None:
    assert hits(WALKED[name]) > 2


@pytest.mark.parametrize("name", EVALUATED)
def test_what_else_happens_in_it_is_left_to_evaluation(name: str) -> None:
    if "gone" not in name and "since" not in name and "no gradient" not in name:
        assert hits(EVALUATED[name]) == 0


def ran(*bodies: str) -> Session:
    """A session in which these were the bodies of loops, one after the other."""
    session = Session(seed=0)
    session.execute(START, "<input>", lambda shown: None)
    for body in bodies:
        session.execute(LOOP.format(body), "<input>", lambda shown: None)
    return session


def test_large_outputs_are_left_to_evaluation() -> None:
    rows = MOST // 4
    body = "loss = ((b.expand({}, 4) * 2.0 + 1.0).tanh() * 0.5).sum(); loss.backward()"
    kept = body.replace(".tanh()", "")  # of which nothing is saved
    assert hits(kept.format(rows)) > 2 and hits(kept.format(rows + 1)) == 0


def test_graphs_that_are_others_each_time_are_not_looked_at_for_a_while() -> None:
    new = "loss = torch.tanh(torch.ones(60 * {} + i + 1, 4) @ w + b).mean(); loss.backward()"
    walks = ran(new.format(0), new.format(1))._evaluator.walks
    assert walks is not None and walks.hits == 0 and 0 < walks.rest < REST
    same = "loss = torch.tanh(x @ w + b).mean(); loss.backward()"
    walks = ran(same, same, same, new.format(0))._evaluator.walks
    assert walks is not None and walks.misses < TRIED and walks.rest == 0


def test_a_program_that_fails_is_made_anew_but_not_again_and_again() -> None:
    class Failing:
        def replay(self, names: object) -> bool:
            raise ValueError

    body = WALKED["a gradient"]
    session = ran(body)
    walks = session._evaluator.walks
    assert walks is not None and walks.hits > 0
    (form,) = [form for form in walks.forms.values() if form.program is not None]
    for failed in range(1, MOST_FAILED + 2):
        form.program = Failing()  # type: ignore[assignment]
        session.execute(LOOP.format(body).replace("60", "2"), "<input>", lambda shown: None)
        assert form.failed == failed
        assert (type(form.program) is Program) == (failed <= MOST_FAILED)
