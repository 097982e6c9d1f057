"""What is typed as a PyTorch program: it prints what the text shows, here and under PyTorch.

`data/as_torch.json.gz` holds texts (the examples of the documentation, and more), the programs they become, and what
PyTorch 2.13 printed when it ran these. `data/typed.json.gz` holds sessions at the prompt, of both kinds, likewise.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from recorded_shell import RecordedShell
from tensorsh import Session, TensorshError
from tensorsh.engine.explain.explanation import Explanation
from tensorsh.lang.run.queries import Graph
from tensorsh.lang.torch_text.as_torch import Translation
from tensorsh.text.printing import texts

RECORDED = json.loads(gzip.decompress((Path(__file__).parents[1] / "data" / "as_torch.json.gz").read_bytes()))


TYPED = json.loads(gzip.decompress((Path(__file__).parents[1] / "data" / "typed.json.gz").read_bytes()))


def shown(text: str) -> tuple[Session, str]:
    """A session that has run a text, and what the text shows, but for graphs."""
    session = Session(seed=0)
    lines: list[str] = []
    session["emit"] = lines.append
    real, builtins = print, session._evaluator.prelude.bound
    builtins["print"] = lambda *values, **how: lines.append(" ".join(map(texts.str, values)))

    def show(value: object) -> None:
        if not isinstance(value.value, Graph | Explanation):
            with session.active():
                lines.append(texts.repr(value.value))

    session.execute(text, on_display=show)
    builtins["print"] = real
    return session, "".join(f"{line}\n" for line in lines)


def translated(session: Session, text: str, pythonic: bool = False) -> Translation:
    translation = Translation(session)
    translation.add(text, pythonic)
    return translation


@pytest.mark.parametrize("part", range(8))
def test_recorded_texts(part: int, capsys: pytest.CaptureFixture[str]) -> None:
    for row in RECORDED[part::8]:
        session = Session(seed=0)
        session.execute(row["text"])
        program = translated(session, row["text"]).program()
        assert program == row["program"]
        capsys.readouterr()
        Session(seed=0).execute(program, "program.py", script=True)
        assert capsys.readouterr().out == row["printed"]


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("x = [1, 2]  # why", "x = torch.tensor([1, 2])  # why"),
        (
            "param w: float64[n] = [1, inf]",
            "w = torch.tensor([1, torch.inf], dtype=torch.float64, requires_grad=True)",
        ),
        ("param w: float64 = randn(3)", "w = torch.randn(3, dtype=torch.float64).requires_grad_()"),
        ("x: float32[2] on meta = zeros(2)", 'x = torch.zeros(2, dtype=torch.float32, device="meta")'),
        ("y = 3 as float16", "y = torch.tensor(3, dtype=torch.float16)"),
        ("backward y", "y.backward()"),
        ("backward (y * 2) retain", "(y * 2).backward(retain_graph=True)"),
        (
            "backward y, z with [1.], g create",
            "torch.autograd.backward([y, z], [torch.tensor([1.]), g], retain_graph=True, create_graph=True)",
        ),
        ("g = grad w", "g = w.grad"),
        ("g = grad y wrt (w, b)", "g = torch.autograd.grad(y, (w, b), retain_graph=True)"),
        ("w -= 0.1 * grad y wrt w", "w -= 0.1 * torch.autograd.grad(y, (w,), retain_graph=True)[0]"),
        (
            "y = mse_loss(relu(x), [0., 1.])",
            "y = torch.nn.functional.mse_loss(torch.relu(x), torch.tensor([0., 1.]))",
        ),
        ("y = stack([[1, 2], [3, 4]])", "y = torch.stack([torch.tensor(each) for each in [[1, 2], [3, 4]]])"),
        ("y = x.reshape([2, 1]).sum(dim=[0])", "y = x.reshape([2, 1]).sum(dim=[0])"),
        ("y = x[[0, 1]]", "y = x[[0, 1]]"),
        ("y = [x, 1.] * x", "y = torch.stack([torch.as_tensor(value) for value in [x, 1.]]) * x"),
        ("a, b = [1, 2]", "a, b = [1, 2]"),
        ("y = sum([1, 2])", "y = sum([1, 2])"),
        ("y = abs([-1, 2])", "y = torch.abs(torch.tensor([-1, 2]))"),
        (
            "def f(t: float32[n], k=[1.]) -> float32: return tanh(t) + k",
            "def f(t, k=torch.tensor([1.])): return torch.tanh(t) + k",
        ),
        ("y = x if true else none", "y = x if True else None"),
        ("def g(tanh): return tanh(1)", "def g(tanh): return tanh(1)"),
        ("y = f'{tanh(x)} {x:.2f}'", "y = f'{torch.tanh(x)} {x:.2f}'"),
    ],
)
def test_statements(text: str, program: str) -> None:
    lines = translated(Session(), text + "\n").program().split("\n")
    assert lines[-2] == program


@pytest.mark.parametrize("number", range(len(TYPED)))
def test_recorded_sessions(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    """What was typed shows what PyTorch printed, and so does the program."""
    session = TYPED[number]
    shell = RecordedShell()
    shell.show_code = shell.tell  # type: ignore[method-assign]

    def show(value: object) -> None:
        with shell.session.active():
            print(texts.repr(value.value))

    shell.screen.show = show  # type: ignore[method-assign]
    for text in session["inputs"]:
        shell.enter(text)
    assert capsys.readouterr().out == session["printed"]
    shell.enter(":torch")
    (program,) = [told for told in shell.told if "import torch" in told or "from torch" in told]
    assert program == session["program"]
    Session().execute(program, "program.py", script=True)
    assert capsys.readouterr().out == session["printed"]


def test_names_that_the_program_binds_stay() -> None:
    translation = Translation(Session())
    translation.add("tanh = 3\ninf = 2.\n", False)
    translation.add("y = tanh + [1., inf]\n", False)
    assert translation.program().split("\n")[-2] == "y = tanh + torch.tensor([1., inf])"


def test_what_pytorch_lacks_is_named() -> None:
    translation = translated(Session(), 't = 1\nx = load("x.npy")\n')
    assert translation.missing == ["load (line 2)"]
    assert "def load(path, **options):" in translation.program()


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("opt = sgd(w, lr=0.1)", "opt = torch.optim.SGD([w], lr=0.1)"),
        ("opt = adamw([w])", "opt = torch.optim.AdamW([w])"),
        ("opt = rmsprop(ws)", "opt = torch.optim.RMSprop(ws)"),
        ("n = 3 as float64", "n = torch.tensor(3, dtype=torch.float64)"),
        ("n = 3; n = n as int8", "n = 3; n = torch.tensor(n, dtype=torch.int8)"),
        (
            'einsum("i,i", [1, 2], [3, 4])',
            'show(torch.einsum("i,i", torch.tensor([1, 2]), torch.tensor([3, 4])))',
        ),
        ("F.pad([1, 2], [1, 1])", "show(F.pad(torch.tensor([1, 2]), [1, 1]))"),
        ("ys = [t for t in ws]", "ys = [t for t in ws]"),
        ('(1, "a")', 'show((1, "a"))'),
        ('w, "a"', 'show((w, "a"))'),
        ("ws * w", "print(torch.as_tensor(ws) * w)"),
    ],
)
def test_what_is_of_its_own_kind(text: str, program: str) -> None:
    session = Session()
    session.run("param w = [1., 2.]\nparam v = [1., 2.]\nws = [w, v]")
    lines = translated(session, f"param w = [1., 2.]\nparam v = [1., 2.]\nws = [w, v]\n{text}\n").program()
    assert lines.split("\n")[-2] == program


def test_earlier_results_are_kept_where_they_are_asked_for(shell: RecordedShell) -> None:
    for text in ("w.sum()", "w", "Out[6] + _7", "_ * 2"):
        shell.enter(text)
    shell.enter(":torch 6-9")
    body = shell.told[-1].rpartition("return value\n\n")[2]
    assert body == "_6 = show(w.sum())\n_7 = show(w)\nshow(_6 + _7)\nshow(_ * 2)\n"
    shell.enter("opt = adam([p], lr=0.1)")
    shell.enter("opt.step()")
    shell.enter("opt.lr")
    shell.enter(":torch 11-13")
    assert shell.told[-1].endswith('lr=0.1)\nopt.step()\nshow(opt.param_groups[0]["lr"])\n')


# ------------------------------------------------------------------ in the shell


@pytest.fixture
def shell() -> RecordedShell:
    made = RecordedShell()
    made.show_code = made.tell  # type: ignore[method-assign]
    for text in ("w = [1., 2.]", "nothing", "param p = [0.5]", "w * p", ":time v = w + 1"):
        made.enter(text)
    return made


def test_torch(shell: RecordedShell) -> None:
    shell.enter(":torch")
    assert shell.told[-1] == (
        "import torch\n\nw = torch.tensor([1., 2.])\np = torch.tensor([0.5], requires_grad=True)\nprint(w * p)\n"
        "v = w + 1\n"
    )
    for range_, body in (
        ("3", "p = torch.tensor([0.5], requires_grad=True)\n"),
        ("4-5", "print(w * p)\nv = w + 1\n"),
    ):
        shell.enter(f":torch {range_}")
        assert shell.told[-1] == f"import torch\n\n{body}"
    for wrong in ("x", "-", "99", "2"):
        shell.enter(f":torch {wrong}")
    assert [bool(error.help) for error in shell.screen.errors[1:]] == [True] * 4
    shell.enter('q = load("/nowhere") if false else 1')
    shell.enter(":torch")
    assert "load (input 13)" in shell.told[-2]


def test_torch_of_what_begins_with_an_import() -> None:
    translation = Translation(Session())
    translation.add("# mine\nimport torch\n", True)
    translation.add("x = torch.ones(2)\n", True)
    assert translation.program() == "# mine\nimport torch\nx = torch.ones(2)\n"
    translation.add("x\n", True)
    assert translation.program().count("import torch") == 1
    assert translation.program().startswith("# mine\nimport torch\n\ndef show(value):\n")
    assert translation.program().endswith("\n\nx = torch.ones(2)\nshow(x)\n")


def test_torch_of_both_kinds(
    shell: RecordedShell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.enter("import torch")
    shell.enter("xs = [1, 2]")
    shell.enter("torch.tensor(xs) * 2")
    shell.enter("pi")
    shell.enter(":torch")
    program = shell.told[-1]
    assert "\nxs = [1, 2]\n" in program and "show(torch.pi)" in program
    Session().execute(program, "program.py", script=True)
    assert (
        capsys.readouterr().out
        == "tensor([0.5000, 1.0000], grad_fn=<MulBackward0>)\ntensor([2, 4])\n3.141592653589793\n"
    )


def test_what_is_saved_after_an_import_of_torch_runs(shell: RecordedShell, tmp_path: Path) -> None:
    shell.enter("import torch.nn as nn")
    shell.enter("model = nn.Linear(2, 1); sizes = [1, 2]")
    shell.enter("model(w)")
    path = tmp_path / "saved.tsh"
    shell.enter(f":save {path}")
    assert path.read_text().startswith("import torch\n\nw = torch.tensor([1., 2.])\n")
    session = Session()
    session.execute(path.read_text(), str(path), script=True)
    assert session["w"].tolist() == [1.0, 2.0] and session["sizes"] == [1, 2] and session["p"].requires_grad
    assert session["v"].tolist() == [2.0, 3.0]


def test_what_is_saved_of_one_kind_is_as_it_was_typed(tmp_path: Path) -> None:
    shell = RecordedShell()
    for text in ("import torch", "x = torch.ones(2)  # two", "x"):
        shell.enter(text)
    shell.enter(f":save {tmp_path}/a.py")
    assert (tmp_path / "a.py").read_text() == "import torch\nx = torch.ones(2)  # two\nx\n"


def test_random_statements_print_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Expressions put together at random print what they show."""
    import random

    draw = random.Random(0)
    atoms = [
        "x",
        "w",
        "[1., 2.]",
        "[0.5, inf]",
        "2",
        "true",
        "pi",
        "[x, x][0]",
        "x[[1, 0]]",
        "(x as float64)",
    ]

    def expression(depth: int) -> str:
        if not depth:
            return draw.choice(atoms)
        a, b = expression(depth - 1), expression(depth - 1)
        return draw.choice([
            f"({a} + {b})", f"({a} * {b})", f"tanh({a} + w)", f"relu(w * {b})",
            f"({a} if {draw.choice([0, 1])} else {b})",
            f"stack([w, x * {a}]).sum(0)", f"cat([w, x])[[0, 2]] * {b}", f"max(w + {a})", f"sum(x * {b})",
            f"where(w > {a}, x, {b} + w)", f"f({a}, x)", f"(lambda v: v + {a})(w)",
        ])  # fmt: skip

    ran = 0
    while ran < 60:
        text = "x = [3., 4.]\nw = [-1., 1.]\ndef f(a, b=[1., 1.]): return a * b\n"
        text += expression(draw.choice([1, 2, 3])) + "\n"
        try:
            session, wanted = shown(text)
        except TensorshError:
            continue
        ran += 1
        capsys.readouterr()
        program = translated(session, text).program()
        Session(seed=0).execute(program, "program.py", script=True)
        assert capsys.readouterr().out == wanted, program


def test_a_name_that_is_no_operation_imports_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgutil.iter_modules", lambda _: pytest.fail("everything is imported"))
    session = Session()
    session.run("x = [1., 2.]")
    whole = Translation(session)
    whole.add("x.hello()\ntorch.hello(2)\nF.hello(x)\nx.grad_fn.hello(3)", False)
    assert "x.hello()" in whole.program()
