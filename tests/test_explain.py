"""What `explain` prints: golden sessions of both kinds of program, and what is known after a backward."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorsh import Session, TensorshError
from tensorsh.display import text

GOLDEN = Path(__file__).parent / "golden" / "explain.txt"


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


def test_what_has_changed_since_is_said() -> None:
    program = (
        "param W = [1., 2.]\nloss = (W * W).sum()\nbackward loss\nwith no_grad():\n    W -= 0.1 * grad W\n"
    )
    (found,) = Session().run(program + "explain loss")
    assert found.notes == ["W changed in place after this was computed: the values are those of now"]


def test_without_a_hint_that_somebody_will_ask_nothing_is_kept() -> None:
    session = Session()
    session.run(LAYER + "backward loss")
    with pytest.raises(TensorshError) as raised:
        session.run("explain loss")
    assert raised.value.code == "graph-freed"
    assert "`backward loss retain`" in (raised.value.help or "")


def test_a_compiled_round_keeps_no_values_of_its_graph() -> None:
    session = Session()
    session.recollect()
    session.run(
        "x = ones(8, 4); param w = ones(4, 1)\nfor i in range(4):\n"
        "    loss = mse_loss(x @ w, zeros(8, 1))\n    backward loss\n"
    )
    with pytest.raises(TensorshError, match="cannot be explained any more") as raised:
        session.run("explain loss")
    assert raised.value.code == "graph-freed"


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
