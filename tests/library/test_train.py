"""Optimisers against torch.optim (recorded), batches and metrics."""

from __future__ import annotations

import pytest

from tensorsh import Session, TensorshError
from tensorsh.engine.core.parallel import LARGE
from tensorsh.engine.numerics import vector_sqrt

STEPS = """
w = tensor([1., -2., .5], dtype=float64, requires_grad=True)
opt = {optimiser}
for i in range(10):
    opt.zero_grad()
    (w ** 4 - w).sum().backward()
    opt.step()
"""

#: the weights after ten steps, as torch.optim leaves them
RECORDED = [
    (
        "adam([w], lr=.1, amsgrad=True, weight_decay=.1)",
        [0.40214764587272145, -1.0826437237469864, 0.5890650792543424],
    ),
    ("adamw([w], lr=.1)", [0.4174592187872593, -1.0695656260731938, 0.5872050815788479]),
    (
        "rmsprop([w], lr=.1, centered=True, momentum=.5)",
        [0.6648612992247295, 0.6200412602965601, 0.659011766507989],
    ),
    (
        "torch.optim.Adam([w], lr=.1, amsgrad=True, weight_decay=.1)",
        [0.40214764587272145, -1.0826437237469864, 0.5890650792543424],
    ),
]


@pytest.mark.parametrize(("optimiser", "expected"), RECORDED, ids=lambda v: str(v)[:24])
def test_steps_as_torch_optim(optimiser: str, expected: list[float]) -> None:
    session = Session()
    session.run(STEPS.format(optimiser=optimiser))
    assert session["w"].tolist() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "optimiser",
    [
        "sgd([w], lr=.1, momentum=.9, nesterov=True, weight_decay=.1)",
        "sgd([w], lr=.1, momentum=.9, dampening=.5, maximize=True)",
        "adam([w], lr=.1, amsgrad=True, weight_decay=.1)",
        "adamw([w], lr=.1, maximize=True)",
        "rmsprop([w], lr=.1, centered=True, momentum=.5)",
        "rmsprop([w], lr=.1)",
    ],
)
def test_large_parameters_step_as_their_parts_do(optimiser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_sqrt, "MOST", 0)  # roots of parts are not rounded otherwise than those of all
    n = LARGE + 3
    session = Session(seed=1, threads=2)
    session.run(f"start = randn({n}); slope = randn({n})")
    step = f"""
w.requires_grad_()
opt = {optimiser}
for i in range(3):
    w.grad = None
    (w * part).sum().backward()
    opt.step()
"""
    session.run("w = start.clone(); part = slope" + step)
    whole = session["w"].array.copy()
    for lo in range(0, n, 100_000):
        session.run(f"w = start[{lo}:{lo + 100_000}].clone(); part = slope[{lo}:{lo + 100_000}]" + step)
        assert (session["w"].array == whole[lo : lo + 100_000]).all()


def test_momentum_follows_its_formula() -> None:
    session = Session()
    session.run("param w = [1.]; opt = sgd([w], lr=0.1, momentum=0.5)")
    weight, velocity = 1.0, 0.0
    for _ in range(5):
        session.run("opt.zero_grad(); backward (w * w).sum(); opt.step()")
        velocity = 0.5 * velocity + 2 * weight
        weight -= 0.1 * velocity
    assert session["w"].item() == pytest.approx(weight, rel=1e-5)


def test_an_optimiser_wants_leaves() -> None:
    with pytest.raises(TensorshError, match="non-leaf"):
        Session().run("param w = [1.]; sgd([w * 2], lr=0.1)")


def test_batches_cover_every_row_once() -> None:
    session = Session(seed=3)
    session.run(
        "X = arange(10); seen = []; sizes = []\n"
        "for x in batches(X, size=4, shuffle=True):\n    seen.append(x); sizes.append(len(x))\n"
        "rows = cat(seen).sort().values"
    )
    assert session["rows"].tolist() == list(range(10))
    assert session["sizes"] == [4, 4, 2]


def test_batches_of_different_lengths_are_refused() -> None:
    with pytest.raises(TensorshError, match="one length"):
        Session().run("for x, y in batches(ones(3), ones(4)): pass")


def test_metrics_want_shapes_and_real_numbers() -> None:
    with pytest.raises(TensorshError, match="do not fit"):
        Session().run("accuracy(ones(3), ones(4))")
    with pytest.raises(TensorshError, match="real numbers"):
        Session().run("r2_score(tensor([1j]), tensor([1.]))")


@pytest.mark.parametrize("n", [3, 40_000])
def test_long_loops_round_as_single_steps_do(n: int) -> None:
    """In machine code, too: small calls once they have run for long, groups over large arrays at once."""
    program = f"""
start = randn({n}); slope = randn({n}) * 0.01
w = start.clone().requires_grad_()
opt = sgd([w], lr=.03)
for i in range({6000 if n < 10 else 60}):
    opt.zero_grad()
    ((w * slope).sum() + ((w + 1) ** 2).sum() * 0.001).backward()
    opt.step()
"""
    weights = []
    for compiled in (True, False):
        session = Session(seed=1, compile=compiled)
        session.run(program)
        weights.append(session["w"].array.copy())
    assert (weights[0] == weights[1]).all()
