"""What of a loop is not compiled is told with its place and its reason, in the shell and by `compile --show`."""

from __future__ import annotations

from pathlib import Path

import pytest

from doc_examples import enter, make_shell
from tensorsh import Session, programs

START = """import torch
w = torch.ones(8, 4, requires_grad=True)
x = torch.ones(16, 8)
def looked(v):
    return v * v.sum().item()
seen = []
def update(v):
    return torch.tanh(v) * 2
"""


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("y = torch.tanh(x @ w) * 2", []),
        ("y = update(x @ w)", []),  # which a dictionary's method is called, too
        ("y = looked(x @ w)", [(5, "v.sum().item", "values are looked at")]),
        ("y = x @ w\n    seen.append(y)", []),
        ("y = x @ w\n    seen.extend([y])", [(11, "seen.extend([y])", "`extend` does more than compute")]),
        ("if i == 2: print(i)", [(10, "if i == 2: print(i)", "each round asks which branch it takes")]),
        (
            "y = x @ w\n    if i == 20: break",
            [(11, "if i == 20: break", "each round asks which branch it takes")],
        ),
        ("s = f'{i}'", [(10, "f'{i}'", "text is made of values")]),
        ("for j in range(2): print(j)", [(10, "print(j)", "`print` does more than compute")]),
    ],
)
def test_places_and_reasons(body: str, left: list[tuple[int, str, str]]) -> None:
    session = Session()
    session.execute(f"{START}for i in range(9):\n    {body}\n", "train.py", lambda shown: None)
    found = [(each.span.position[0], each.span.text, each.why) for each in session.uncompiled()]
    assert found == left


def test_it_is_the_newest_loop_that_is_told_of() -> None:
    session = Session()
    session.execute(START + "for i in range(9): y = looked(x @ w)\n", "a.py", lambda shown: None)
    session.execute("z = 1\nfor i in range(9): print(i, end='')\n", "b.py", lambda shown: None)
    assert [each.text for each in session.uncompiled()] == [
        "b.py, line 2: print(i, end=''): `print` does more than compute"
    ]


def test_a_loop_in_a_function_that_is_called_after_another_loop() -> None:
    session = Session()
    train = "def train():\n    for i in range(9):\n        y = looked(x @ w)\n"
    session.execute(
        f"{START}for i in range(3): print(i, end='')\n{train}train()\n", "a.py", lambda shown: None
    )
    assert [each.text for each in session.uncompiled()] == [
        "a.py, line 5: v.sum().item: values are looked at"
    ]


def test_in_the_shell() -> None:
    shell = make_shell()
    enter(shell, "x = ones(3, 3)\nfor i in range(9): y = tanh(x @ x)\n")
    assert enter(shell, ":why-not-compiled") == "nothing in the newest loop is in the way of compiling it\n"
    enter(shell, "for i in range(9):\n    y = tanh(x @ x)\n    print(y.sum().item())\n")
    assert "line 3: print(y.sum().item()): `print` does more" in enter(shell, ":why-not-compiled")


def test_after_the_programs_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "train.py"
    path.write_text(START + "for i in range(9):\n    y = torch.tanh(x @ w)\n    print(i)\n")
    assert programs.show_file(str(path), print) == 0
    out = capsys.readouterr().out
    assert "def step():" in out and out.rstrip().endswith(
        f"# not compiled: {path}, line 11: print(i): `print` does more than compute"
    )
