"""Element-wise groups, in blocks of NumPy calls and as machine code: both compute what evaluation does.

Small arrays stand for large ones here: everything is a group, of blocks of a few rows.
Run `python tests/compile/test_groups.py FIRST COUNT` for more random programs than the suite has time for.
"""

from __future__ import annotations

import ctypes
import random
import re
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import scipy.special

from group_writer import NAMES, program, take_small_for_large
from tensorsh import Session
from tensorsh.engine.compile import fuse, lines, store
from tensorsh.engine.compile.machine import assembler, exact, functions, machine
from tensorsh.engine.compile.machine.code import Code
from tensorsh.engine.compile.machine.writer import Writer
from tensorsh.engine.numerics import made_later

needs_llvm = pytest.mark.skipif(find_spec("llvmlite") is None, reason="no llvmlite")


@pytest.fixture(params=["numpy", pytest.param("machine", marks=needs_llvm)])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Groups of small arrays, by NumPy or by machine code from the first run on."""
    small_groups(monkeypatch, request.param)
    return request.param


def small_groups(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    take_small_for_large(monkeypatch)
    monkeypatch.setattr(fuse, "BLOCK", 60)
    monkeypatch.setattr(machine, "ENOUGH", 0)
    for bound in ("LOOK", "MAKE"):
        monkeypatch.setattr(made_later, bound, 0)
    monkeypatch.setattr(store, "usable", lambda: False)
    monkeypatch.setattr(lines, "available", lambda: way == "machine")


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of the machine code that was made for groups; whole kernels have theirs, once in a process."""
    texts: list[str] = []
    assemble = machine.assembled

    class Recording(Writer):
        def text(self) -> str:
            texts.append(super().text())
            return texts[-1]

    def assembled(text: str, thorough: bool = False) -> object:
        texts.append(text)
        return assemble(text, thorough)

    monkeypatch.setattr(exact, "Writer", Recording)
    monkeypatch.setattr(machine, "assembled", assembled)
    return texts


def results(
    start: str, loop: str, compile: bool, names: tuple[str, ...] = NAMES
) -> dict[str, np.ndarray | None]:
    session = Session(compile=compile, seed=3)
    session.run(start + loop)
    found = {name: session.evaluate(name) for name in names}
    return {name: None if x is None else x.array for name, x in found.items()}


def same(start: str, loop: str, names: tuple[str, ...] = NAMES) -> None:
    """Compiled as evaluated, to rounding."""
    compiled, eager = (results(start, loop, compile, names) for compile in (True, False))
    for name, want in eager.items():
        got = compiled[name]
        assert (got is None) == (want is None), name
        if got is None or want is None:
            continue
        assert got.dtype == want.dtype and got.shape == want.shape, name
        finite = np.abs(want[np.isfinite(want)])
        loose = want.dtype == np.float32
        atol = (5e-5 if loose else 1e-10) * finite.max(initial=1)
        np.testing.assert_allclose(got, want, rtol=5e-4 if loose else 1e-9, atol=atol, err_msg=name)


@pytest.mark.parametrize("seed", range(60))
def test_a_random_group(way: str, seed: int) -> None:
    same(*program(seed))


@pytest.mark.parametrize("seed", range(200, 210))
def test_a_random_group_in_double_precision(way: str, seed: int) -> None:
    same(*program(seed, "float64"))


DATA = """
param a = randn(20, 33)
param b = randn(20, 33)
param v = randn(33)
param c = randn(20, 1)
t = randint(0, 33, (20,))
q = a > 0
x, y = randn(20, 33), randn(20, 33)
"""
#: what a program does with them → whether there is machine code for all of it
BODIES = {
    "a view that others use too": (
        "t2 = (v + b) - (v + b).mean(-1, keepdim=True); r = t2.sum(-1); "
        "loss = (t2 * a).sum() + (v + b).sum(); backward loss",
        True,
    ),
    "cross entropy and its value": ("loss = cross_entropy(a * c, t); backward loss", True),
    "softmax": ("r = softmax(a + v, 1); backward (r * b).sum()", True),
    "layer norm": ("r = layer_norm(a, (33,), v, v); backward r with b", True),
    "masks": ("r = where(q, a, b) * (b <= c); backward r with b", True),
    "the largest of all": ("r = (a * b).max(); s = (a - b).min()", True),
    "the largest of rows and of columns": ("r = (a * b).amax(1); s = (a * b).amax(0)", True),
    "infinity and nan": (
        "r = exp(x * inf) + exp(y * 100); s = log(x) + log(x * 0) + tanh(y * inf)",
        True,
    ),
    "a number that changes": ("r = x * (1.5 * i) + y / (i + 1.0)", True),
    "a sum over rows of sums": ("r = (x * y).sum(1).exp().sum()", True),
    "gelu": ("r = gelu(a * 3) + gelu(b, approximate='tanh'); backward r with x", True),
    "signs": ("r = sign(x) * sign(y * inf - inf) + a.abs(); backward r with b", True),
    "smooth losses": ("backward smooth_l1_loss(a, b) + huber_loss(a, y, delta=0.5)", True),
    "a choice between numbers": (
        "backward leaky_relu(a * 2 + 1, 0.1).sum(); r = where(x > y, 1.0, 2.0)",
        True,
    ),
    "masks of masks": ("r = (x > y) & (y > c); s = (r.float() * x).mean()", True),
    "double and single": ("r = (x.double() * 2 + y).float() * v", True),
    "an array broadcast within a row": ("r = x.reshape(20, 3, 11) * y.reshape(20, 3, 11)[0, :, :1]", False),
    "integers": ("r = (t + t) * 2", False),
    "in place": ("r = x.clone(); r.mul_(2).add_(y)", True),
    "what a group has made, in place": (
        "r = (x * 2).exp_(); r += y; s = (x * y).mul_(2).add_(r).sum(1)",
        True,
    ),
    "before and after a change": ("u = x * 2; s = u.sum(1); w = u + y; u.mul_(w); r = u - w", True),
    "a part of what a group has made, in place": ("r = x * y; r[2:5].mul_(2); s = (r + 1).sum(0)", True),
    "a change by a view of the same": (
        "r = x * y; u = r[:]; r.mul_(u); s = x.clone(); s.add_(s.t().t())",
        True,
    ),
    "a sum over rows before a change": ("u = x * y; s = u.sum(0); u.mul_(2); r = u + 1", True),
    "the same of what was there": ("u = x.clone(); s = u.sum(0); u.mul_(2); r = u + 1", True),
    "gradients past a change": ("t2 = (x * 2).exp_(); r = tanh(a * t2); backward (r * t2).sum()", True),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_groups_are_made_of(way: str, used: list[str], name: str) -> None:
    body, known = BODIES[name]
    loop = (
        f"for i in range(6):\n    for p in [a, b, v, c]: p.grad = None\n    s = r = loss = None\n    {body}\n"
    )
    same(DATA, loop, ("r", "s", "loss", "a.grad", "b.grad", "v.grad", "c.grad"))
    assert bool(used) == (known and way == "machine")


@needs_llvm
def test_machine_code_waits_until_it_pays(monkeypatch: pytest.MonkeyPatch, used: list[str]) -> None:
    small_groups(monkeypatch, "machine")
    monkeypatch.setattr(machine, "ENOUGH", 20 * 33 * 6 * 10)
    for runs, pieces in ((10, 0), (20, 1)):
        session = Session(seed=0)
        session.run(DATA + f"for i in range({runs}):\n    r = tanh(a * b + v)\n")
        assert len(used) == pieces


EXACTLY = [
    "relu({})", "leaky_relu({}, 0.1)", "-{}", "{} * 0.5 + 2", "1 / (({}) ** 2 + 1)", "hardtanh({})",
    "clamp({}, -1, 1)", "clamp({}, min=0)", "sign({})", "abs({})", "floor({})", "({}).double().float()",
    "({} > 0) * 1.5", "relu6({} * 9)", "{} * z", "{} + {}", "{} - {} * row", "{} * {} + column",
    "maximum({}, {})", "minimum({}, {})", "where({} > 0, {}, b)",
]  # fmt: skip
LOSSES = ["t{}.sum()", "(t{} * b).mean()", "smooth_l1_loss(t{}, y)", "mse_loss(t{}, z)", "l1_loss(t{}, y)"]
SPECIAL = """
z = tensor([0., -0., inf, -inf, nan, 1.]).repeat(110).reshape(20, 33)
row, column = v.detach() * 1, c.detach() * 1
"""


@needs_llvm
@pytest.mark.parametrize("seed", range(40))
def test_what_rounds_once_has_numpys_bits_at_once(
    monkeypatch: pytest.MonkeyPatch, used: list[str], seed: int
) -> None:
    """Sums over rows, zeros of both signs, infinities and nan too; other groups would wait for ever."""
    rng = random.Random(seed)
    body = ["a.grad = b.grad = None"]
    known = ["b", "z", "y", "a"]
    for i in range(rng.randint(2, 6)):
        form = rng.choice(EXACTLY)
        body.append(f"t{i} = {form.format(*(rng.choice(known[-4:]) for _ in range(form.count('{}'))))}")
        known.append(f"t{i}")
    body += [f"r = t{i} + a", f"loss = {rng.choice(LOSSES).format(i)} + r.sum()", "backward loss"]
    loop = "\n    ".join(["for i in range(6):", *body])
    small_groups(monkeypatch, "")
    monkeypatch.setattr(machine, "ENOUGH", 1 << 60)
    found = []
    for available in (False, True):
        monkeypatch.setattr(lines, "available", lambda found=available: found)
        assert not used
        found.append(results(DATA + SPECIAL, loop, True, ("r", "loss", "a.grad", "b.grad")))
    assert used
    plain, code = found
    for name, want in plain.items():
        got = code[name]
        assert (got is None) == (want is None), name
        if got is not None and want is not None:
            alike = (got.view(np.uint32) == want.view(np.uint32)) | (np.isnan(got) & np.isnan(want))
            assert got.dtype == want.dtype and alike.all(), name


def test_without_llvm_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    small_groups(monkeypatch, "machine")

    asked: list[str] = []

    def missing(text: str, thorough: bool) -> None:
        asked.append(text)
        raise ImportError("no llvmlite")

    monkeypatch.setattr(machine, "assembled", missing)
    same(DATA, "for i in range(6):\n    r = tanh(a * b + v)\n", ("r",))
    assert len(asked) == 1


@needs_llvm
def test_overlapping_memory_is_left_to_numpy(monkeypatch: pytest.MonkeyPatch, used: list[str]) -> None:
    small_groups(monkeypatch, "machine")
    session = Session(seed=0)
    session.run(DATA + "for i in range(6):\n    r = tanh(a * b + v)\n")
    ((_, made_of),) = session._evaluator.loops.programs
    (made,) = [each for name, each in made_of.scope.items() if re.fullmatch(r"machine\d+", name)]
    block, a = object(), np.ones((20, 33), np.float32)
    v = np.ones(33, np.float32)
    assert made(block, (a, a, v), (a,), ()) is block
    assert made(block, (a, a.T.copy().T, v), (np.empty_like(a),), ()) is block
    assert made(block, (a, a.copy(), v), (np.empty_like(a),), ()) is not block


# ------------------------------------------------------------------ functions


def applied(name: str, x: np.ndarray) -> np.ndarray:
    """A function of `functions`, as machine code, of float32 numbers."""
    c = Code()
    c.label("loop")
    c.line("%j = phi i64 [ 0, %entry ], [ %next, %loop ]")
    value = c.load(x.dtype, c.address("float", "%x", "%j"))
    c.store(x.dtype, getattr(functions, name)(c, value), c.address("float", "%y", "%j"))
    c.line("%next = add i64 %j, 1")
    c.line("%more = icmp ult i64 %next, %n")
    c.line("br i1 %more, label %loop, label %done")
    head = "define void @group(ptr noalias %x, ptr noalias %y, i64 %n) {\nentry:\n  br label %loop"
    text = "\n".join([head, *c.lines, "done:\n  ret void\n}", *c.declared, ""])
    address = assembler.assembled(text).address
    y = np.empty_like(x)
    run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(address)
    run(x.ctypes.data, y.ctypes.data, x.size)
    return y


@needs_llvm
@pytest.mark.parametrize(
    ("name", "units"), [("exp", 2), ("expm1", 3), ("log", 2), ("log1p", 3), ("tanh", 2), ("erf", 4)]
)
def test_functions_are_right_to_a_few_units(name: str, units: float) -> None:
    every = (
        np.arange(0, 1 << 32, 4099, dtype=np.uint64).astype(np.uint32).view(np.float32)
    )  # of all magnitudes
    usual = np.linspace(-110, 110, 300_001, dtype=np.float32)
    near = np.float32(1) + np.linspace(-0.3, 0.5, 100_001, dtype=np.float32)
    x = np.concatenate([every, usual, usual / 20, near, np.float32([0, -0.0, np.inf, -np.inf, np.nan])])
    got = applied(name, x)
    exact = getattr(np, name, None) or getattr(scipy.special, name)
    with np.errstate(all="ignore"):
        want = exact(x.astype(np.float64))
        rounded = want.astype(np.float32)
        unit = np.maximum(np.spacing(np.abs(rounded)), np.finfo(np.float32).smallest_subnormal)
        off = np.abs(got.astype(np.float64) - want) / unit
    special = ~np.isfinite(rounded)
    np.testing.assert_array_equal(got[special], rounded[special])
    assert off[~special].max() <= units


if __name__ == "__main__":
    first, count = map(int, sys.argv[1:])
    for each in range(first, first + count):
        for one in ("numpy", "machine"):
            with pytest.MonkeyPatch.context() as patch:
                small_groups(patch, one)
                try:
                    same(*program(each))
                except AssertionError as error:
                    print(f"{'=' * 30} {each} {one}\n{error}\n", *program(each), sep="\n")
