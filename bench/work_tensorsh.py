"""The work as tensorsh programs: what is prepared, and the step, which runs in a loop of the language."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import clock

PROGRAMS = {
    "start": ("", "1 + 1"),
    "digits": (
        """
x = randn(64, 64)
t = randint(0, 10, (64,))
param w1 = randn(64, 32) * 0.1
param b1 = zeros(32)
param w2 = randn(32, 10) * 0.1
param b2 = zeros(10)
opt = sgd([w1, b1, w2, b2], lr=0.1)
""",
        """
loss = cross_entropy(relu(x @ w1 + b1) @ w2 + b2, t)
opt.zero_grad()
backward loss
opt.step()
""",
    ),
    "tanh": (
        """
x = randn(64, 32)
t = randn(64, 1)
param w1 = randn(32, 64) * 0.1
param b1 = zeros(64)
param w2 = randn(64, 1) * 0.1
param b2 = zeros(1)
opt = sgd([w1, b1, w2, b2], lr=0.01)
""",
        """
loss = ((tanh(x @ w1 + b1) @ w2 + b2 - t) ** 2).mean()
opt.zero_grad()
backward loss
opt.step()
""",
    ),
    "chain": (
        """
param a = randn(4000000)
param b = randn(4000000)
""",
        """
a.grad = None
b.grad = None
backward mean(tanh(a * b + a) ** 2)
""",
    ),
    "cross_entropy": (
        """
param x = randn(4000, 1000)
t = randint(0, 1000, (4000,))
""",
        """
x.grad = None
backward cross_entropy(x, t)
""",
    ),
    "layer_norm": (
        """
param x = randn(4000, 1000)
param w = ones(1000)
param b = zeros(1000)
g = randn(4000, 1000)
""",
        """
x.grad = None
w.grad = None
b.grad = None
backward layer_norm(x, (1000,), w, b) with g
""",
    ),
    "gelu": (
        """
param x = randn(4000000)
g = randn(4000000)
""",
        """
x.grad = None
backward gelu(x) with g
""",
    ),
    "adam": (
        """
param x = randn(4000000)
x.grad = randn(4000000)
opt = adam([x], lr=0.001)
""",
        "opt.step()",
    ),
    "matmul": (
        """
param a = randn(1500, 1500)
param b = randn(1500, 1500)
g = randn(1500, 1500)
""",
        """
a.grad = None
b.grad = None
backward a @ b with g
""",
    ),
    "bmm": (
        """
param a = randn(64, 128, 256)
param b = randn(64, 256, 128)
g = randn(64, 128, 128)
""",
        """
a.grad = None
b.grad = None
backward a @ b with g
""",
    ),
    "conv2d": (
        """
param x = randn(64, 3, 32, 32)
param w = randn(64, 3, 3, 3)
param b = zeros(64)
g = randn(64, 64, 32, 32)
""",
        """
x.grad = None
w.grad = None
b.grad = None
backward conv2d(x, w, b, padding=1) with g
""",
    ),
    "scalars": (
        "",
        """
s = 0
for j in range(1000000): s = s + j
""",
    ),
    "graph": (
        "x = tensor(1., requires_grad=True)",
        """
x.grad = None
y = x
for j in range(1000000): y = y + x
backward y
""",
    ),
    "csv": ("", 'load("-").mean(0)'),
}
#: how many steps a loop does; a single one would not be a loop, which is what is compiled
INSIDE = {
    "digits": 500, "tanh": 500, "chain": 10, "cross_entropy": 10, "layer_norm": 10, "gelu": 10, "adam": 10,
    "bmm": 10, "conv2d": 10,
}  # fmt: skip


def loop(name: str, times: int) -> str:
    """The program that does a step so many times."""
    step = PROGRAMS[name][1].strip()
    if times == 1:
        return step
    return "\n    ".join([f"for i in range({times}):", *step.splitlines()])


def program(name: str, times: int) -> str:
    """The whole program, for the command line."""
    return f"{PROGRAMS[name][0].strip()}\n{loop(name, times)}"


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tensorsh import Session

    name = sys.argv[1]
    base = clock.peak_memory()
    session = Session(seed=0)
    session.run(PROGRAMS[name][0])
    inside = INSIDE.get(name, 1)
    text = loop(name, inside)
    if inside > 1:  # a function keeps its programs from call to call
        session.run("def work():\n    " + text.replace("\n", "\n    "))
        text = "work();"
    seconds = clock.turns(lambda: session.run(text), inside)
    print(json.dumps({"seconds": seconds, "base": base, "peak": clock.peak_memory()}))


if __name__ == "__main__":
    main()
