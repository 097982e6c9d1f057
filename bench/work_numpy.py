"""The benchmark work in hand-written NumPy, gradients by hand. Prints {work: seconds} as JSON."""

from __future__ import annotations

import json

import numpy as np

from clock import seconds

rng = np.random.default_rng(0)


def digits_step():
    x = rng.standard_normal((64, 64)).astype(np.float32)
    t = rng.integers(0, 10, 64)
    w1 = (rng.standard_normal((64, 32)) * 0.1).astype(np.float32)
    b1 = np.zeros(32, np.float32)
    w2 = (rng.standard_normal((32, 10)) * 0.1).astype(np.float32)
    b2 = np.zeros(10, np.float32)
    rows = np.arange(64)

    def step():
        nonlocal w1, b1, w2, b2
        z = x @ w1 + b1
        h = np.maximum(z, 0)
        s = h @ w2 + b2
        s = s - s.max(1, keepdims=True)
        e = np.exp(s)
        p = e / e.sum(1, keepdims=True)
        p[rows, t] -= 1
        p /= 64
        gw2, gb2 = h.T @ p, p.sum(0)
        gz = (p @ w2.T) * (z > 0)
        gw1, gb1 = x.T @ gz, gz.sum(0)
        w1 -= 0.1 * gw1
        b1 -= 0.1 * gb1
        w2 -= 0.1 * gw2
        b2 -= 0.1 * gb2

    return step


def chain():
    a = rng.standard_normal(4_000_000).astype(np.float32)
    b = rng.standard_normal(4_000_000).astype(np.float32)

    def work():
        t = np.tanh(a * b + a)
        y = np.mean(t**2)
        g = (2 / t.size) * t * (1 - t * t)
        return y, g * (b + 1), g * a

    return work


def small_operation():
    a = rng.standard_normal((8, 8)).astype(np.float32)
    b = rng.standard_normal((8, 8)).astype(np.float32)
    return lambda: a * b


WORK = {
    "training step 64-32-10, batch 64, cross entropy, SGD": digits_step,
    "mean(tanh(a*b+a)**2), 4 M float32, forward and backward": chain,
    "a * b on 8×8, gradients recorded": small_operation,
}

if __name__ == "__main__":
    print(json.dumps({name: seconds(make()) for name, make in WORK.items()}))
