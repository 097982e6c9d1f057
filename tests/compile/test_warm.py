"""Calls on small arrays as machine code: whatever a loop computes, not a bit is another.

Here programs become machine code at their first run.
Run `python tests/compile/test_warm.py FIRST COUNT` for more random programs than the suite has time for.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

pytest.importorskip("llvmlite", reason="no llvmlite for this Python or machine")

from compile_compare import campaign, difference, warm_at_once
from group_writer import program
from loop_writer import LoopProgram
from tensorsh import Session
from tensorsh.engine.compile import plan, repeats, warm
from tensorsh.engine.compile.machine import assembler, numpy_loops, straight
from tensorsh.engine.numerics import fused_chains
from tensorsh.engine.numerics.fma import multiply_add


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What became machine code: the label of each call."""
    made: list[str] = []
    outlined = plan.outlined

    def noted(entries: list[plan.Plain]) -> plan.Outline:
        outline = outlined(entries)
        made.extend(entries[i][2] for piece in outline.pieces for i in range(*piece[:2]) if entries[i])
        return outline

    warm_at_once(monkeypatch)
    monkeypatch.setattr(plan, "outlined", noted)
    return made


@pytest.mark.parametrize("seed", range(7, 1500, 37))
def test_a_random_loop_does_the_same(calls: list[str], seed: int) -> None:
    made = LoopProgram(seed)
    found = difference(made.program, made.after)
    assert found is None, f"{found}\n{made.program}"


@pytest.mark.parametrize("seed", range(40))
def test_random_arithmetic_does_the_same(calls: list[str], seed: int) -> None:
    start, loop = program(seed, "float64" if seed % 3 else "float32")
    update = "for p in [a, b, v, w, c]:\n            if p.grad is not None: p -= 0.01 * p.grad"
    source = f"{start}{loop}\n    with no_grad():\n        {update}\n"
    assert difference(source, []) is None


START = """
x, y, u = randn(6, 5), randn(6, 5), randn(5)
t = randint(0, 4, (6,))
param w = randn(5, 4)
param b = randn(4)
opt = sgd([w, b], lr=0.1, momentum=0.9)
h = zeros(3); m = zeros(4, 4); q = randn(64, 10)
"""
#: the body of a loop, what it gives, and calls that must be machine code
BODIES = {
    "a training step": (
        "loss = cross_entropy(tanh(x.double() @ w.double() + b), t); opt.zero_grad(); backward loss; opt.step()",
        "w b loss",
        {"np.matmul", "np.tanh", "pick", "put_one_less", "np.exp", "np.log", "cast_into"},
    ),
    "masks": (
        "z = relu(x @ w + b) * (x @ w > 0); backward z.sum(); s = (x < y).float() * 2 - y; m = where(x < y, x, y)",
        "z s m w.grad",
        {"masked", "passed", "np.greater"},
    ),
    "sums": (
        "s = (q * 2).sum(0); z = (q + 1).sum(1) - q.mean(); r = (q * q).sum() + s.mean()",
        "s z r",
        {"np.add.reduce"},
    ),
    "rows": (
        "s = (x * y).exp() - x; z = softmax(s, 1); r = log_softmax(s, -1) * 2",
        "s z r",
        {"np.maximum.reduce"},
    ),
    "results that are changed": (
        "z = x @ w; z.mul_(u[0]); r = z + b; r.sub_(z)",
        "z r",
        {"np.multiply", "np.subtract"},
    ),
    "numbers that are stacked": (
        "s = stack([x.norm(), (y * 2).norm(), u.norm()]); z = x / s.norm(); r = s * 2",
        "s z r",
        {"joined"},
    ),
    "nothing but zeros": (
        "s = (q.abs() * -0.0).sum(0) * 2; z = -s - s; r = (q * 0).sum(0) - s",
        "s z r",
        set(),
    ),
    "infinity and nan": (
        "s = exp(x * inf) - y; z = maximum(x / 0 * 0, y) + s; r = (z / z).sum(0)",
        "s z r",
        {"np.maximum"},
    ),
    "a number that changes": (
        "s = x * (0.5 * i) + y / (i + 1.0); z = s * s - 1; r = z.tanh() + s",
        "s z r",
        {"np.multiply"},
    ),
    "integers, which wrap around": (
        "n = t * 3 + t; k = n * 4611686018427387904 - t; m = k * k + n",
        "n k m",
        {"np.add", "np.subtract", "np.multiply"},
    ),
    "transposed": (
        "s = x.double().T @ y.double(); z = (s + s.T) * u; r = (z.T - 1) / (z * z + 1)",
        "s z r",
        {"np.matmul"},
    ),
    "memory from outside": ("h += u[:3] * 2; s = h * 3 - 1; z = s.exp() + h; r = z * s", "h s z r", set()),
    "a column of a matrix": (
        "s = u[:4] * 2 + 1; m[0].add_(s); m[:, 0] += -1.5; z = m[:, 0] * 3 + s",
        "m s z",
        set(),
    ),
    "integers": (
        "s = (x * 3).long() + t.sum(); z = s.float() * 2 - x; r = z * (s > 0) + y",
        "s z r",
        {"cast_into"},
    ),
    "double precision": (
        "s = x.double() * 2 + y; z = s.abs().log() + s; r = z.float() * 2 - x",
        "s z r",
        {"cast_into"},
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_bits_are_those_of_evaluation(calls: list[str], name: str) -> None:
    body, names, wanted = BODIES[name]
    loop = f"for i in range(8):\n    w.grad = b.grad = None\n    {body}\n"
    both = []
    for compile in (True, False):
        session = Session(compile=compile, seed=1)
        with np.errstate(all="ignore"):
            session.run(START + loop)
        both.append([session.evaluate(each).array for each in names.split()])
    for each, compiled, eager in zip(names.split(), *both, strict=True):
        assert compiled.dtype == eager.dtype and compiled.tobytes() == eager.tobytes(), each
    assert calls and wanted <= set(calls)


@pytest.mark.parametrize(
    "other",
    [
        "pass",
        "w.grad = w.grad.clone()",
        "w.grad = None",
        "w.grad.requires_grad_()",
        "b.grad = w.grad[0]",
        "w.data = w.grad",
        "w.grad.data = x.T[:, :4].clone()",
    ],
)
def test_gradients_that_stay_where_they_are(calls: list[str], other: str) -> None:
    """Until they are others."""
    body = "loss = (x @ w + b).tanh().sum(); backward loss"
    update = (
        "with no_grad():\n        for p in [w, b]:\n            p -= 0.1 * p.grad\n            p.grad.zero_()"
    )
    after = f"    if i == 9:\n        {other}\n"
    assert (
        difference(f"{START}for i in range(16):\n    {body}\n    {update}\n{after}", ["w.grad += 1"]) is None
    )
    assert "np.copyto" in calls


def test_products_in_the_orders_of_pytorchs_blas(calls: list[str]) -> None:
    """Chains, lanes of rows and of vectors, with heads and with what is left over."""
    random = np.random.default_rng(14)
    lines, names = [], []
    for i in range(120):
        m, k = (int(random.integers(1, most)) for most in (40, 70))
        n = int(random.integers(1, 14))
        a, b = (f"{x}.T" if random.integers(2) else x for x in ("a", "b"))
        shapes = [
            f"{x[0]} = randn({', '.join(map(str, shape if len(x) == 1 else shape[::-1]))})"
            for x, shape in ((a, (m, k)), (b, (k, n)))
        ]
        lines.append(
            f"{'; '.join(shapes)}\nfor i in range(3):\n    p{i} = ({a} * 0.5) @ {b} - {a} @ ({b} + 1)\n"
        )
        names.append(f"p{i}")
    both = []
    for compile in (True, False):
        session = Session(compile=compile, seed=1)
        session.run("".join(lines))
        both.append([session.evaluate(each).array.tobytes() for each in names])
    assert [name for name, *pair in zip(names, *both, strict=True) if pair[0] != pair[1]] == []
    assert calls.count("followed") > 120


def fused_chain(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`a @ b`, one product after the other, rounded with the sum."""
    total = np.zeros((*a.shape[:-1], b.shape[-1]), np.float32)
    for k in range(a.shape[-1]):
        total = multiply_add(a[..., k, None], b[..., k, None, :], total)
    return total


def test_fused_chains(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As machine code writes them where NumPy's BLAS adds up otherwise: rows and columns left over, copies, batches."""
    monkeypatch.setattr(fused_chains, "adds_in_pairs", lambda: True)
    random = np.random.default_rng(15)
    lines, names = [], []
    for i in range(60):
        m, k, n = (int(random.integers(least, most)) for least, most in ((4, 30), (1, 193), (12, 50)))
        batch = (2, 3) if i % 10 == 0 else ()
        a, b = (f"{x}.mT" if random.integers(2) else x for x in ("a", "b"))
        made = [
            f"{x[0]}{i} = randn({', '.join(map(str, (*batch, *(shape if len(x) == 1 else shape[::-1]))))})"
            for x, shape in ((a, (m, k)), (b, (k, n)))
        ]
        factors = f"{a.replace('a', f'a{i}', 1)} * 0.5", f"{b.replace('b', f'b{i}', 1)} * 3"
        loop = f"for j in range(4):\n    p{i} = ({factors[0]}) @ ({factors[1]}); q = p{i} * 2 - 1\n"
        lines.append(f"{'; '.join(made)}\n{loop}")
        names.append((f"p{i}", *factors))
    session = Session(seed=1)
    session.run("".join(lines))
    wrong = []
    for name, *factors in names:
        found, *pair = (session.evaluate(each).array for each in (name, *factors))
        if not np.array_equal(found, fused_chain(*pair)):
            wrong.append((name, *factors))
    assert wrong == []
    assert calls.count("fused") > 50


def test_what_says_that_it_is_in_machine_code_is() -> None:
    """A function of the engine's says so where it is written; `straight` knows how by its name."""
    said = {
        name
        for module in list(sys.modules.values())
        if getattr(module, "__name__", "").startswith("tensorsh.engine")
        for name, function in vars(module).items()
        if hasattr(function, "has_writer") and function.__name__ == name
    }
    assert said == set(straight.WRITERS)


def test_a_program_becomes_machine_code_when_it_has_run_for_long(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    assembled = warm.assembled
    monkeypatch.setattr(warm, "assembled", lambda text: made.append(text) or assembled(text))
    for cost, changes in ((10, False), (1, True)):  # of 4 calls, of which there are 350
        monkeypatch.setattr(warm, "EACH", cost)
        Session().run(START + "for i in range(90):\n    z = tanh(x * y + u) * x - y\n")
        assert bool(made) == changes


def test_without_numpys_loops_only_arithmetic_is_machine_code(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numpy_loops, "legible", lambda: False)
    monkeypatch.setattr(straight, "loop", numpy_loops.loop.__wrapped__)
    Session().run(START + "for i in range(9):\n    z = tan((x * y + u) * x - y) @ w.detach()\n")
    assert set(calls) == {"np.multiply", "np.add", "np.subtract", "cast_into"}


def test_without_llvm_a_program_stays_as_it_is(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def missing(text: str) -> None:
        asked.append(text)
        raise ImportError("no llvmlite")

    monkeypatch.setattr(warm, "assembled", missing)
    assert difference(START + "for i in range(9):\n    z = tanh(x * y + u) * x - y\n", []) is None
    assert len(asked) == 1


NESTED = """
manual_seed(1)
X = randn(96, 12).double(); Y = randint(0, 4, (96,))
param w1 = (randn(12, 9) * 0.4).double()
param b1 = zeros(9).double()
param w2 = (randn(9, 4) * 0.4).double()
param b2 = zeros(4).double()
for epoch in range(ROUNDS):
    for i in range(0, 96, 8):
        x = X[i:i+8]; y = Y[i:i+8]
        loss = cross_entropy(relu(x @ w1 + b1) @ w2 + b2, y)
        backward loss
        with no_grad():
            for p in [w1, b1, w2, b2]: p -= 0.1 * p.grad; p.grad = None
"""


@pytest.mark.parametrize(("rounds", "pays"), [(4, False), (20, True), (40, True)])
def test_a_loop_of_minibatches_is_compiled_once(
    monkeypatch: pytest.MonkeyPatch, rounds: int, pays: bool
) -> None:
    """A minibatch is a program of its own, the same in each epoch; LLVM is given it once, when it pays."""
    made: list[str] = []
    assemble = assembler.assemble

    def noted(text: str, thorough: bool) -> object:
        made.append(text)
        return assemble(text, thorough)

    assembler.assembled.cache_clear()
    monkeypatch.setattr(assembler, "assemble", noted)
    for name, cost in (("LOOK", 1), ("LOADING", 0), ("EACH", 10)):
        monkeypatch.setattr(warm, name, cost)
    assert difference(NESTED.replace("ROUNDS", str(rounds)), []) is None
    assert len(made) <= 6
    assert bool(made) is pays


def test_the_same_calls_on_other_arrays_are_the_same_text(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    assembled = warm.assembled
    warm_at_once(monkeypatch)
    monkeypatch.setattr(warm, "assembled", lambda text: texts.append(text) or assembled(text))
    for _ in range(2):
        Session().run(START + "for i in range(9):\n    z = tanh(x * y + u) * x - y\n")
    assert len(texts) == 2 and texts[0] == texts[1]


@pytest.mark.parametrize(
    ("run", "starts"),
    [
        ("abcd" * 3, [0]),
        ("abcdefghijkl" * 10, [*range(0, 120, 12)]),
        ("xy" + "abcdefghijkl" * 10 + "z", [0, *range(2, 122, 12)]),
        ([*range(100)], [0, 48, 96]),
    ],
)
def test_long_runs_are_cut_where_they_repeat(run: str, starts: list[int]) -> None:
    assert repeats.cuts(run) == starts


if __name__ == "__main__":
    campaign(LoopProgram, [*sys.argv, "--machine-code"])
