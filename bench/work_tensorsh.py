"""The benchmark work as tensorsh programs. Prints {work: seconds} as JSON.

A program's body is run in a loop inside the language, as a user's training loop is; what is timed is
the loop, not the parsing of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from clock import seconds
from tensorsh import Session

DIGITS = """
x = randn(64, 64); t = randint(0, 10, (64,))
param w1 = randn(64, 32) * 0.1
param b1 = zeros(32)
param w2 = randn(32, 10) * 0.1
param b2 = zeros(10)
opt = sgd([w1, b1, w2, b2], lr=0.1)
def step():
    loss = cross_entropy(relu(x @ w1 + b1) @ w2 + b2, t)
    opt.zero_grad()
    loss.backward()
    opt.step()
"""

CHAIN = """
param a = randn(4000000)
param b = randn(4000000)
def step():
    a.grad = None
    b.grad = None
    y = (tanh(a * b + a) ** 2).mean()
    backward y
"""

SMALL = """
param a = randn(8, 8)
b = randn(8, 8)
def step():
    a * b
"""


def loop(program: str, n: int):
    """Seconds of one step, from a loop of n steps in the language."""
    session = Session(seed=0)
    session.run(program)

    def once() -> None:
        session.run(f"for i in range({n}): step()")

    return once, n


def main() -> None:
    found = {}
    for name, (program, n) in {
        "training step 64-32-10, batch 64, cross entropy, SGD": (DIGITS, 200),
        "mean(tanh(a*b+a)**2), 4 M float32, forward and backward": (CHAIN, 1),
        "a * b on 8×8, gradients recorded": (SMALL, 10_000),
    }.items():
        once, n = loop(program, n)
        found[name] = seconds(once) / n
    print(json.dumps(found))


if __name__ == "__main__":
    main()
