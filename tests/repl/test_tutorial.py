"""`:tutorial`: each step sees its effect, however it was brought about; the page in docs is its text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from doc_examples import ROOT, enter, make_shell
from tensorsh.repl.effects import WANTED
from tensorsh.repl.help.texts import ENGLISH, HERE, read
from tensorsh.repl.lessons import steps

LANGUAGES = sorted(path.parent.name for path in Path(HERE).glob("*/tutorial.md"))
STEPS = steps(read("tutorial.md", ENGLISH))[1]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)  # the data is found from everywhere
    return make_shell()


def at(shell) -> tuple[int, int]:
    """Which step, and how many of its inputs are done; from 1."""
    return shell.lesson.at + 1, shell.lesson.done


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_has_the_steps_and_their_inputs(language: str) -> None:
    opening, found, closing = steps(read("tutorial.md", language))
    assert opening.startswith("# ") and closing.startswith("## ")
    assert [(len(step.inputs), len(step.wants)) for step in found] == [
        (len(each), len(each)) for each in WANTED
    ]


def test_what_the_text_says_leads_to_the_end(shell) -> None:
    told = enter(shell, ":tutorial")
    assert "Ten short steps" in told and "\n    x = [1., 2., 3.]\n    x\n" in told
    for number, step in enumerate(STEPS, 1):
        for done, text in enumerate(step.inputs):
            assert at(shell) == (number, done)
            told = enter(shell, text)
    assert "And now" in told and not shell.lesson.running
    assert "step" not in enter(shell, "x")


@pytest.mark.parametrize(
    ("step", "others"),
    [
        (1, ["x = tensor([0.5, 2]); x"]),
        (1, ["x: float64 = arange(4)", "print(3)", "x"]),
        (2, ["torch.exp(x)", "x.max().item()"]),
        (2, ["-x; (x * x).sum()"]),
        (3, ["m = arange(6.).reshape(2, 3); m.shape", "y = x * m", "y"]),
        (3, ["m = randn(5, 3)", "list(m.shape)", "where(m > 0, m, x)"]),
        (4, ["m + ones(7)", ":help broadcast", "matmul(m.T, m)"]),
        (4, ["mm(m, m)", "matmul?", "m @ m.mT"]),
        (5, ["w = zeros(3, requires_grad=True)", "cost = mse_loss(w, x); cost"]),
        (6, ["loss.backward(); w.grad"]),
        (6, ["backward loss retain", "print(w.grad)", "w.grad"]),
        (7, ["explain loss wrt w"]),
        (8, ["w.data = x + 0.001", "w"]),
        (9, ["d = load('samples/data/iris.csv'); X, Y = d[:, :4], d[:, 4] as int64", "X.shape"]),
        (10, [
            "W = zeros(4, 3, requires_grad=True); b = zeros(3, requires_grad=True)",
            "opt = torch.optim.SGD([W, b], lr=0.1)",
            "for i in range(300):\n    opt.zero_grad(); cross_entropy(X @ W + b, Y).backward(); opt.step()\n",
            "((X @ W + b).argmax(1) == Y).float().mean()",
        ]),
    ],
)  # fmt: skip
def test_whatever_has_the_effect_will_do(shell, step: int, others: list[str]) -> None:
    enter(shell, f":tutorial {step}")
    assert at(shell) == (step, 0)
    for text in others:
        assert at(shell)[0] == step
        told = enter(shell, text)
    assert (at(shell) == (step + 1, 0)) if step < len(STEPS) else "And now" in told


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        (1, ["y = [1., 2.]", "x = [1, 2]", "x = 3."]),
        (2, ["x", "x * m"]),
        (3, ["m = [[1., 2.], [3., 4.]]", "m = x"]),
        (4, ["m @ m.T", "undefined"]),
        (5, ["w = [1., 2., 3.]", "param w = [1., 2.]"]),
        (6, ["loss", "grad loss wrt w"]),
        (8, ["w", "w - x"]),
        (9, ["data = ones(3, 5)"]),
        (10, ["param W = zeros(3, 4)"]),
    ],
)
def test_what_does_something_else_does_not_go_on(shell, step: int, wrong: list[str]) -> None:
    enter(shell, f":tutorial {step}")
    for text in wrong:
        told = enter(shell, text)
        assert at(shell) == (step, 0)
        assert f"step {step}, 1 of" in told


def test_leading_about(shell) -> None:
    enter(shell, ":tutorial")
    enter(shell, ":tutorial next")
    assert at(shell) == (2, 0) and shell.session["x"].tolist() == [1.0, 2.0, 3.0]
    enter(shell, "x = [5., 6.]")
    enter(shell, ":tutorial next")
    assert shell.session["x"].tolist() == [5.0, 6.0]  # what is there already stays
    enter(shell, ":tutorial back")
    assert at(shell) == (2, 0)
    assert "goes on at step 2" in enter(shell, ":tutorial stop")
    assert "step" not in enter(shell, "x * 2")
    assert "[2/10]" in enter(shell, ":tutorial")
    assert "no 'sideways'" in enter(shell, ":tutorial sideways")
    assert "no '11'" in enter(shell, ":tutorial 11")
    assert "step" not in enter(shell, ":vars")


def test_every_step_can_be_skipped(shell) -> None:
    enter(shell, ":tutorial")
    for number in range(2, len(STEPS) + 1):
        told = enter(shell, ":tutorial next")
        assert at(shell) == (number, 0) and "error" not in told.split("\n")[0]
    assert "And now" in enter(shell, ":tutorial next")


def test_it_speaks_tensorshs_own_language(shell) -> None:
    enter(shell, "import torch")
    assert ":kind own" in enter(shell, ":tutorial")
    enter(shell, "x = [1., 2., 3.]")
    assert at(shell) == (1, 1)


def test_the_page_in_docs_is_the_text() -> None:
    sys.path.append(str(ROOT / "tools"))
    import tutorial_page

    for path, text in tutorial_page.pages().items():
        assert path.read_text(encoding="utf-8") == text, "run: python tools/generate.py"


def test_a_session_in_a_terminal() -> None:
    from terminal import Terminal

    terminal = Terminal("-q", "--no-history", "--no-config", columns=80, rows=24, PAGER="cat", LANG="C.UTF-8")
    for typed, answer in (
        (":tutorial", "    x = [1., 2., 3.]"),
        ("x = tensor([4., 5.])", "✓  1 of 2, next: x on the screen"),
        ("x + 0; x", "[2/10] Everything happens to all elements at once"),
        (":tutorial 4", "[4/10] Mistakes are cheap"),
        ("m @ m", "✓  1 of 3, next: a question mark, or :help and the code of the error"),
        ("?", "✓  2 of 3, next: a matrix product that fits"),
        ("nothing @ m", "step 4, 3 of 3: a matrix product that fits"),
        (":tutorial stop", "stopped; `:tutorial` goes on at step 4"),
    ):
        terminal.type(typed + "\r")
        terminal.feed(lambda t, answer=answer: answer in t.lines, seconds=30)
        assert answer in terminal.lines, (typed, terminal.lines[-24:])
    terminal.type("\x04")
    terminal.feed(seconds=5)
    assert "[4/10] Mistakes are cheap" in terminal.lines
