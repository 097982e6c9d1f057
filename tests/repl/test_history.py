"""Inputs of the shell are taken back wholly, and done again."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorded_shell import RecordedShell
from tensorsh.lang.undo.history import History
from undo_programs import Narrow, check_history, own_kind, pytorch_kind


def test_random_statements_of_pytorch_programs() -> None:
    assert check_history(20, 0, pytorch_kind()) == []


def test_random_statements_of_the_language() -> None:
    assert check_history(40, 0, own_kind()) == []


def test_random_statements_noted_by_their_names() -> None:
    assert check_history(20, 1, Narrow()) == []


@pytest.fixture
def shell() -> RecordedShell:
    return RecordedShell()


def enter(shell: RecordedShell, *inputs: str) -> None:
    for text in inputs:
        shell.enter(text)


def value(shell: RecordedShell, text: str) -> object:
    return shell.session.evaluate(text)


@pytest.mark.parametrize(
    ("before", "text", "look"),
    [
        ("x = 1", "x = 2", "x"),
        ("x = 1", "globals().pop('x', 0)", "globals().get('x')"),
        ("x = torch.zeros(2)", "x.add_(1)", "x.tolist()"),
        ("x = torch.zeros(2)", "x[0] = 3", "x.tolist(), x._version"),
        ("w = torch.ones(1, requires_grad=True)\ny = (w * w).sum()", "y.backward(retain_graph=True)", "w.grad"),
        ("w = torch.ones(1, requires_grad=True)", "(w * w).sum().backward(); (w * 3).sum().backward()", "w.grad"),
        ("torch.manual_seed(1)", "torch.rand(3)", "torch.rand(2).tolist()"),
        ("import random; random.seed(1)", "random.random()", "random.random()"),
        ("xs = [1]", "xs.append(2); xs.append(xs[0])", "xs"),
        ("d = {}", "for i in range(3): d[i] = [i]", "d"),
        ("torch.get_default_dtype()", "torch.set_default_dtype(torch.float64)", "torch.ones(1).dtype"),
        ("def f(): return 1", "def f(): return 2", "f()"),
        ("class A: n = 0", "A.n += 1", "A.n"),
        ("g = iter([1, 2, 3])", "next(g)", "list(g)"),
        ("g = (v for v in [1, 2, 3]); next(g)", "next(g)", "list(g)"),
        ("import numpy as np; g = np.arange(6).reshape(2, 3); p = g[0]",
         "g.flags.writeable = False; p.setflags(write=False)",
         "g.flags.writeable, p.flags.writeable"),
        ("def each(xs):\n    for x in xs: yield x\nheld = []\ng = each(each([1, 2, 3]))", "next(g); held.append(g)",
         "list(g), len(held)"),
        ("torch.manual_seed(0); m = torch.nn.Linear(1, 1); o = torch.optim.Adam(m.parameters())",
         "m(torch.ones(1)).sum().backward(); o.step()", "m.weight.item(), o.state_dict()"),
        ("ones = torch.ones(1, 1)", "torch.set_autocast_enabled('cpu', True)", "(ones @ ones).dtype"),
        ("ones = torch.ones(1, 1); torch.set_autocast_enabled('cpu', True)",
         "torch.set_autocast_enabled('cpu', False)", "(ones @ ones).dtype"),
        ("ones = torch.ones(1, 1); torch.set_autocast_enabled('cpu', True)",
         "torch.set_autocast_dtype('cpu', torch.float16)", "(ones @ ones).dtype"),
        ("ones = torch.ones(1, 1); cast = torch.autocast('cpu')", "cast.__enter__()", "(ones @ ones).dtype"),
        ("1", "torch.set_autocast_dtype('cpu', torch.float16)", "torch.get_autocast_dtype('cpu')"),
        ("m = torch.nn.BatchNorm1d(1)", "m(torch.ones(3, 1)); m.eval()", "m.training, m.running_mean.item()"),
    ],
)  # fmt: skip
def test_an_input_is_taken_back_and_done_again(before: str, text: str, look: str) -> None:
    def after(*inputs: str) -> str:
        shell = RecordedShell()
        enter(shell, "import torch", before, *inputs)
        assert shell.screen.errors == []
        return repr(value(shell, look))

    without, with_it = after(), after(text)
    assert after(text, ":undo") == without
    assert after(text, ":undo", ":redo") == with_it
    assert after(text, ":undo", ":redo", ":undo") == without
    assert after(text, text, ":undo 2", ":redo 1") == with_it


def test_inputs_go_back_one_by_one(shell: RecordedShell) -> None:
    enter(shell, *(f"x = {i}" for i in range(5)))
    seen = []
    for _ in range(4):
        enter(shell, ":undo")
        seen.append(value(shell, "x"))
    assert seen == [3, 2, 1, 0]
    enter(shell, ":redo 9")
    assert value(shell, "x") == 4
    enter(shell, ":undo 5")
    assert "x" not in shell.session
    enter(shell, ":undo")
    assert "nothing is left" in shell.told[-1]


def test_what_only_shows_is_no_input_of_its_own(shell: RecordedShell) -> None:
    enter(shell, "x = 1", "x = 2", "x", "x + 1", ":help :undo", ":undo")
    assert value(shell, "x") == 1
    enter(shell, "x", ":redo")
    assert value(shell, "x") == 2


def test_a_new_input_ends_what_can_be_done_again(shell: RecordedShell) -> None:
    enter(shell, "x = 1", "x = 2", ":undo", "y = 3", ":redo")
    assert "nothing was taken back" in shell.told[-1]
    assert value(shell, "x") == 1


def test_an_input_goes_wholly(shell: RecordedShell) -> None:
    enter(shell, "x = list([1])", "x.append(2)\ny = 3\nx.append(4)", ":undo")
    assert value(shell, "x") == [1]
    assert "y" not in shell.session


def test_what_is_told_is_one_line(shell: RecordedShell) -> None:
    enter(shell, "for i in range(3):\n    x = i\n", ":undo")
    assert shell.told[-1] == "taken back: for i in range(3): …"


def test_what_succeeded_of_an_input_that_failed(shell: RecordedShell) -> None:
    enter(shell, "x = 1", "x = 2\nnothing", ":undo")
    assert value(shell, "x") == 1


def test_the_kind_of_program_goes_back(shell: RecordedShell) -> None:
    enter(shell, "import torch")
    assert shell.session.pythonic
    enter(shell, ":undo")
    assert not shell.session.pythonic
    assert "torch" not in shell.session
    enter(shell, ":redo")
    assert shell.session.pythonic
    enter(shell, ":kind own", ":undo")
    assert shell.session.pythonic


def test_commands_that_forget(shell: RecordedShell) -> None:
    enter(shell, "x: [n] = ones(3)", "y = 1", ":del x", ":undo")
    assert value(shell, "x.shape[0]") == 3
    enter(shell, ":reset", ":undo")
    assert shell.session.names() == ["x", "y"]
    enter(shell, "z: [n] = ones(4)")
    assert len(shell.screen.errors) == 1


def test_files_stay(shell: RecordedShell, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    enter(shell, "x = 1", f"save(ones(2), {str(path)!r})", ":undo")
    assert path.exists()
    assert "files stay as they are" in shell.told[-1]
    assert str(path) in shell.told[-1]


def test_saved_inputs_are_those_not_taken_back(shell: RecordedShell, tmp_path: Path) -> None:
    path = tmp_path / "session.tsh"
    enter(shell, "x = 1", "y = 2", "z = 3", ":undo 2", ":redo", f":save {path}")
    assert path.read_text().split("\n") == ["x = 1", "y = 2", ""]


def test_what_only_shows_a_value_goes_and_comes_with_it(shell: RecordedShell, tmp_path: Path) -> None:
    path = tmp_path / "session.tsh"
    enter(shell, "x = 1", "x", "y = 2", "y", "y + x", ":undo 2", f":save -f {path}")
    assert path.read_text() == ""
    enter(shell, ":redo", f":save -f {path}")
    assert path.read_text().split("\n") == ["x = 1", "x", ""]
    enter(shell, "z = 3", "z", ":undo", f":save -f {path}")
    assert path.read_text().split("\n") == ["x = 1", "x", ""]


def test_twenty_inputs(shell: RecordedShell) -> None:
    enter(shell, *(f"x = {i}" for i in range(30)), ":undo 30")
    assert value(shell, "x") == 9


def test_memory_is_bounded() -> None:
    shell = RecordedShell()
    shell.past = shell.session._evaluator.history = History(shell.session._evaluator, size=100_000)
    enter(shell, "x = ones(10, 1000)", *["x = x * 2"] * 6, ":undo 9")
    assert value(shell, "x[0, 0].item()") == 2.0**4
    enter(shell, "y = ones(100, 1000)", "y += 1", ":undo")
    assert "too much memory" in shell.told[-1]
    assert value(shell, "y[0, 0].item()") == 2


def test_what_a_graph_holds_counts() -> None:
    shell = RecordedShell()
    shell.past = shell.session._evaluator.history = History(shell.session._evaluator, size=100_000)
    enter(shell, "w = ones(10, 1000, requires_grad=true)", *["y = (exp(w) * w).sum()"] * 6)
    assert len(shell.past.done) < 4
