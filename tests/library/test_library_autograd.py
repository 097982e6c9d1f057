"""torch.autograd: what PyTorch printed for programs with functions, hooks, graphs, modes, classes of tensors."""

from __future__ import annotations

import pytest

import library
from tensorsh import Session

FILES = ("library_autograd.txt", "library_subclasses.txt", "library_func.txt")


@pytest.mark.parametrize("program, expected", [pair for name in FILES for pair in library.blocks(name)])
def test_prints_what_pytorch_prints(program: str, expected: str) -> None:
    assert library.output(program) == expected


def test_a_failed_statement_takes_its_hooks_back() -> None:
    session = Session()
    session.execute("x = ones(2, requires_grad=True)\ny = x * 2\nseen = []")
    for target in ("x", "y"):
        with pytest.raises(Exception, match="index"):
            session.execute(f"({target}.register_hook(lambda g: seen.append(g)), [][0])")
    session.execute("y.sum().backward()")
    assert session["seen"] == []


def test_a_loop_that_was_compiled_sees_hooks_that_come_later() -> None:
    session = Session()
    session.execute(
        "w = ones(2, requires_grad=True)\nseen = []\n"
        "def steps(n):\n    for i in range(n):\n        w.grad = None\n        (w * w).sum().backward()\n"
    )
    session.execute("steps(6)")
    session.execute("h = w.register_hook(lambda g: seen.append(1))\nsteps(3)")
    assert len(session["seen"]) == 3
