"""Random programs of element-wise operations, sums along rows and sums over all rows, with their gradients."""

from __future__ import annotations

import random

import pytest

from tensorsh.engine.compile import fuse, reading
from tensorsh.engine.numerics import cascade, mkl_functions, mkl_tanh, rowwise
from tensorsh.ops.rules import families

SHAPES = ["7, 33", "40, 5", "3, 4, 17", "2, 3, 64", "100,", "1, 50", "50, 1", "2, 2, 2, 5"]
UNARY = [
    "tanh({})", "exp(-({}).abs())", "log(({}).abs() + 0.5)", "sigmoid({})", "relu({})", "gelu({})", "-{}",
    "{} * {}", "({}).abs().sqrt()", "1 / (({}) ** 2 + 1)", "{} * 0.5 + 2", "rsqrt(({}).abs() + 1)", "erf({})",
    "log1p(({}).abs())", "expm1(-({}).abs())", "gelu({}, approximate='tanh')",
    "clamp({}, -1, 1)", "sign({})", "leaky_relu({}, 0.1)", "abs({})",
    "floor({})", "({}).double().float()", "({} > 0) * 1.5",
]  # fmt: skip
BINARY = [
    "{} + {}", "{} - {}", "{} * {}", "{} / (({}).abs() + 1)", "maximum({}, {})", "minimum({}, {})",
    "where({} > 0, {}, s)", "where({} <= {}, b, c)",
]  # fmt: skip
ROWS = [
    "softmax({}, -1)", "log_softmax({}, -1)", "layer_norm({}, (last,))", "{} - ({}).mean(-1, keepdim=True)",
    "{} / (({}).abs().sum(-1, keepdim=True) + 1)", "{} - ({}).amax(-1, keepdim=True)",
    "layer_norm({}, (last,), v, w)",
]  # fmt: skip
TOTALS = ["({}).sum()", "({}).mean()", "(({}) * g).sum()", "(({}) ** 2).mean()"]
SEEN = ["{}", "{}", "({}).sum(0)", "({}).max()", "({}).amin()", "({}).sum(-1)", "({}).mean(-1, keepdim=True)"]


def take_small_for_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small arrays are computed as large ones are, which are groups."""
    for module in (fuse, reading, cascade, rowwise):
        monkeypatch.setattr(module, "LARGE", 1)
    monkeypatch.setattr(cascade, "way", cascade.way.__wrapped__)  # which remembers what was large
    monkeypatch.setattr(fuse, "FEW", 1)
    for other, name in ((families, "SMALL"), (mkl_functions, "FOLLOWED"), (mkl_tanh, "EXACT")):
        monkeypatch.setattr(other, name, 0)


NAMES = ("r", "loss", "a.grad", "b.grad", "v.grad", "w.grad", "c.grad")


def program(seed: int, dtype: str = "float32") -> tuple[str, str]:
    """What makes the data, and a loop that computes NAMES."""
    rng = random.Random(seed)
    shape = rng.choice(SHAPES)
    sizes = [int(n) for n in shape.split(",") if n.strip()]
    column = ", ".join(["1" if i == len(sizes) - 1 else str(n) for i, n in enumerate(sizes)])
    start = f"""
param a = randn(({shape}), dtype={dtype})
param b = randn(({shape}), dtype={dtype})
g = randn(({shape}), dtype={dtype})
param v = randn({sizes[-1]}, dtype={dtype})
param w = randn({sizes[-1]}, dtype={dtype})
param c = randn(({column},), dtype={dtype})
s = tensor(0.75, dtype={dtype})
last = {sizes[-1]}
"""
    known = ["a", "b", "g", "v + b", "a * c", "a * s", "b"]
    lines = ["for p in [a, b, v, w, c]: p.grad = None"]
    for i in range(rng.randint(2, 7)):
        form = rng.choice([*UNARY, *BINARY, *BINARY, *(ROWS * 2 if len(sizes) > 1 else [])])
        one = rng.choice(known[-6:])
        count = form.count("{}")
        again = form in ROWS or form in UNARY  # the same operand each time
        others = [f"({one if k == 0 or again else rng.choice(known)})" for k in range(count)]
        lines.append(f"t{i} = {form.format(*others)}")
        known.append(f"t{i}")
    lines.append(f"r = {rng.choice(SEEN).format(rng.choice(known[-3:]))}")
    lines.append(
        f"loss = {rng.choice(TOTALS).format(known[-1])} + {rng.choice(TOTALS).format(rng.choice(known))}"
    )
    lines.append("if loss.requires_grad: backward loss")
    return start, "\n    ".join(["for i in range(6):", *lines])
