"""What `explain` prints: golden sessions of both kinds of program, and what is known after a backward."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorsh import Session, TensorshError
from tensorsh.display import text

GOLDEN = Path(__file__).parents[1] / "golden" / "explain.txt"


def sessions() -> list[tuple[str, str]]:
    """(program, what it prints) of each session of the golden file."""
    parts = GOLDEN.read_text().split("=" * 20 + "\n")
    return [
        (program, shown) for program, shown in (part.split("-" * 20 + "\n") for part in parts if part.strip())
    ]


def printed(program: str) -> str:
    session = Session()
    return "".join(
        text(value, None, "torch", color=False, width=100) + "\n" for value in session.run(program)
    )


@pytest.mark.parametrize("number", range(len(sessions())))
def test_golden(number: int) -> None:
    program, shown = sessions()[number]
    assert printed(program) == shown


LAYER = """
manual_seed(0)
x = randn(4, 2); t = tensor([0, 2, 1, 1])
param W = randn(2, 3)
loss = cross_entropy(tanh(x @ W), t)
"""


def test_explain_after_backward_says_the_same() -> None:
    assert printed(LAYER + "explain loss") == printed(LAYER + "backward loss\nexplain loss")


def test_what_is_explained_after_backward_is_used_up_still() -> None:
    session = Session()
    session.recollect()
    session.run(LAYER + "backward loss\nexplain loss")
    with pytest.raises(TensorshError) as raised:
        session.run("backward loss")
    assert raised.value.code == "graph-freed"
    assert len(session.run("explain loss")) == 1


def test_what_has_changed_since_is_said() -> None:
    program = (
        "param W = [1., 2.]\nloss = (W * W).sum()\nbackward loss\nwith no_grad():\n    W -= 0.1 * grad W\n"
    )
    (found,) = Session().run(program + "explain loss")
    assert found.notes == ["W changed in place after this was computed: the values are those of now"]


def test_what_has_changed_since_is_said_of_results_too() -> None:
    """`exp` keeps its result, not what it was given."""
    program = "param x = [1., 2.]; h = exp(x); y = (h * 3).sum(); backward y\nwith no_grad(): h.mul_(2)\n"
    (found,) = Session().run(program + "explain y")
    assert found.notes == ["h changed in place after this was computed: the values are those of now"]
    (found,) = Session().run(program.replace("h.mul_(2)", "z = h * 2") + "explain y")
    assert found.notes == []


def test_without_a_hint_that_somebody_will_ask_nothing_is_kept() -> None:
    session = Session()
    session.run(LAYER + "backward loss")
    with pytest.raises(TensorshError) as raised:
        session.run("explain loss")
    assert raised.value.code == "graph-freed"
    assert "`backward loss retain`" in (raised.value.help or "")


LOOP = """
manual_seed(0)
x = randn(6, 4); y = randn(6, 1); param w = randn(4, 1); param b = zeros(1)
"""


@pytest.mark.parametrize(
    "rounds",
    [
        "for i in range(5):\n    loss = mse_loss(tanh(x @ w * i + b), y)\n    backward loss\n",
        "for i in range(5):\n    rows = x[i % 3:]\n    h = rows @ w\n    loss = (h - y[i % 3:]).abs().sum()\n"
        "    if i > 9: print(i)\n    backward loss\n",
        "def f(a):\n    for i in range(5):\n        h = (a + i) @ w\n        loss = (h / (i + 1)).pow(2).sum()\n"
        "        backward loss\n    return loss\nloss = f(x)\n",
        "for i in range(5):\n    h = x @ w\n    if i > 9: print(h)\n    loss = (h * b.exp()).logsumexp((0, 1))\n",
        "for i in range(5):\n    h = x @ w\n    loss = (h * h.detach() + y.detach()).sum() + (w * w).sum()\n"
        "    backward loss retain\n    loss = loss.detach() + w.max()\n    backward loss\n",
        "for i in range(5):\n    c = x.clone()\n    c += i\n    c[0] *= 2\n    loss = (c @ w).sigmoid().sum()\n"
        "    backward loss\n",
    ],
)
def test_a_compiled_round_is_computed_again(rounds: str) -> None:
    shown = []
    for compiled in (True, False):
        session = Session(compile=compiled)
        session.recollect()
        session.run(LOOP + rounds)
        (found,) = session.run("explain loss")
        assert not found.notes
        shown.append(text(found, None, "torch", color=False, width=100))
        assert bool(session._evaluator.loops.programs) is compiled
    assert shown[0] == shown[1]


def test_a_compiled_round_is_explained_by_what_its_variables_hold_now() -> None:
    rounds = """
torch.manual_seed(0)
x, t, n = torch.randn(8, 3), torch.tensor([0, 1] * 4), torch.ones(1)
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 2))
opt = torch.optim.Adam(net.parameters(), lr=0.1)
for i in range(6):
    n += 1
    loss = torch.nn.functional.cross_entropy(net(x) * n, t)
    opt.zero_grad()
    loss.backward()
    opt.step()
"""
    session = Session()
    session.recollect()
    session.run("import torch\n" + rounds + "seen = n.item(), torch.initial_seed(), torch.get_rng_state()\n")
    (found,) = session.run("explain loss")
    assert "loss is computed again from what its variables hold now" in found.notes[0]
    assert [name for name, _, _ in found.inputs] == [
        "net[0].weight", "net[0].bias", "net[2].weight", "net[2].bias"
    ]  # fmt: skip
    session.run("assert n.item() == seen[0] == 7 and torch.equal(torch.get_rng_state(), seen[2])")


def test_a_compiled_round_that_goes_on_from_the_one_before() -> None:
    session = Session()
    session.recollect()
    session.run(
        LOOP + "h = zeros(4, 1)\nparam u = randn(4, 4)\nfor i in range(6):\n    h = tanh(u @ h + w)\n"
        "loss = h.sum()\nbackward loss\n"
    )
    (found,) = session.run("explain loss")
    assert sum("tanh" in line.text for line in found.values) == 6


def test_invented_names_mean_nothing_yet() -> None:
    session = Session()
    (found,) = session.run("param w = [1., 2.]\nh1 = dh2 = 3\ny = (sin(w) * cos(w)).sum()\nexplain y")
    names = [line.name for line in (*found.values, *found.gradients)]
    assert len(names) == len(set(names)) and not {"h1", "dh2"} & set(names)


def test_parameters_are_called_by_their_paths() -> None:
    program = "import torch\nnet = torch.nn.Sequential(torch.nn.Linear(2, 1))\n"
    (found,) = Session().run(program + "loss = net(torch.ones(3, 2)).sum()\nexplain loss")
    assert [text for text, _, _ in found.inputs] == ["net[0].weight", "net[0].bias"]
    assert found.gradients[-1].name == "dnet_0_bias"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_is_said_of_a_line_stands_below_it_where_there_is_no_room(width: int) -> None:
    program = "import torch\nnet = torch.nn.Sequential(torch.nn.Linear(20, 5), torch.nn.Tanh())\n"
    (found,) = Session().run(program + "loss = (net(torch.ones(3, 20)) * torch.ones(5)).sum()\nexplain loss")
    rows = text(found, None, "torch", color=False, width=width).split("\n")
    lines = [row for row in rows if " = " in row and "tensor(" not in row]
    assert len(lines) == len(found.values) + len(found.gradients)
    assert max(len(row) for row in rows if "#" in row) <= width
    assert any("|·| " in row for row in rows)


@pytest.mark.parametrize(
    "change", ["x.copy_(w)", "x += w", "x.mul_(w); x += w", "x[0] = w[0]", "x[:] = w; x *= 2"]
)
def test_what_has_become_a_result_in_place_is_no_constant_of_it(change: str) -> None:
    session = Session()
    session.recollect()
    (found,) = session.run(f"x = ones(2); param w = [1., 2.]\n{change}\ny = tanh(x).sum()\nexplain y")
    assert [name for _, name, _ in found.inputs] == ["dw"]


@pytest.mark.parametrize("asked", ["grad w", "w.grad"])
def test_who_asks_for_a_gradient_is_told_what_to_explain(asked: str) -> None:
    session = Session()
    session.recollect()
    session.run("param w = [1., 2.]\nloss = (w * w).sum()\nbackward loss")
    with pytest.raises(TensorshError) as told:
        session.run(f"explain {asked}")
    assert told.value.help is not None
    fix = told.value.help.split("`")[1]
    assert fix == "explain loss wrt w"
    assert session.run(fix)


def test_who_asks_for_a_plain_tensor_is_told_of_parameters() -> None:
    with pytest.raises(TensorshError) as told:
        Session().run("x = ones(2)\nexplain x")
    assert told.value.help == "declare what it is computed from as a parameter: param x = …"
