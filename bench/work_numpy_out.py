"""The work in NumPy with every buffer made once and written with `out=`: what a patient person writes."""

from __future__ import annotations

import numpy as np

import clock
from work_numpy import f32, randn, rng


def digits():
    x, t, rows = randn(64, 64), rng.integers(0, 10, 64), np.arange(64)
    w1, b1, w2, b2 = randn(64, 32, scale=0.1), np.zeros(32, f32), randn(32, 10, scale=0.1), np.zeros(10, f32)
    z, h, gz = (np.empty((64, 32), f32) for _ in range(3))
    s, p = np.empty((64, 10), f32), np.empty((64, 10), f32)
    most, total, positive = np.empty((64, 1), f32), np.empty((64, 1), f32), np.empty((64, 32), bool)
    g1, g2, gb1, gb2 = (np.empty_like(w) for w in (w1, w2, b1, b2))
    xt, ht, w2t, rate = x.T, h.T, w2.T, f32(0.1)
    chosen, flat = rows * 10 + t, p.reshape(-1)

    def step():
        np.matmul(x, w1, out=z)
        np.add(z, b1, out=z)
        np.maximum(z, 0, out=h)
        np.matmul(h, w2, out=s)
        np.add(s, b2, out=s)
        np.maximum.reduce(s, 1, out=most, keepdims=True)
        np.subtract(s, most, out=s)
        np.exp(s, out=p)
        np.add.reduce(p, 1, out=total, keepdims=True)
        loss = (np.log(total[:, 0]) - s.reshape(-1)[chosen]).mean()
        np.divide(p, total, out=p)
        flat[chosen] -= 1
        np.multiply(p, f32(1 / 64), out=p)
        np.matmul(p, w2t, out=gz)
        np.greater(z, 0, out=positive)
        np.multiply(gz, positive, out=gz)
        for parameter, gradient in ((w2, np.matmul(ht, p, out=g2)), (b2, np.add.reduce(p, 0, out=gb2)),
                                    (w1, np.matmul(xt, gz, out=g1)), (b1, np.add.reduce(gz, 0, out=gb1))):  # fmt: skip
            np.multiply(gradient, rate, out=gradient)
            np.subtract(parameter, gradient, out=parameter)
        return loss

    return step


def tanh():
    x, t = randn(64, 32), randn(64, 1)
    w1, b1, w2, b2 = randn(32, 64, scale=0.1), np.zeros(64, f32), randn(64, 1, scale=0.1), np.zeros(1, f32)
    h, q, d, square = (
        np.empty((64, 64), f32),
        np.empty((64, 64), f32),
        np.empty((64, 1), f32),
        np.empty((64, 1), f32),
    )
    g1, g2, gb1, gb2 = (np.empty_like(w) for w in (w1, w2, b1, b2))
    xt, ht, w2t, rate = x.T, h.T, w2.T, f32(0.01)

    def step():
        np.matmul(x, w1, out=h)
        np.add(h, b1, out=h)
        np.tanh(h, out=h)
        np.matmul(h, w2, out=d)
        np.add(d, b2, out=d)
        np.subtract(d, t, out=d)
        np.multiply(d, d, out=square)
        loss = np.add.reduce(square, None) / 64
        np.multiply(d, f32(2 / 64), out=d)
        np.multiply(h, h, out=q)
        np.subtract(1, q, out=q)
        np.matmul(ht, d, out=g2)
        np.add.reduce(d, 0, out=gb2)
        np.multiply(q, d * w2t, out=q)
        np.matmul(xt, q, out=g1)
        np.add.reduce(q, 0, out=gb1)
        for parameter, gradient in ((w2, g2), (b2, gb2), (w1, g1), (b1, gb1)):
            np.multiply(gradient, rate, out=gradient)
            np.subtract(parameter, gradient, out=parameter)
        return loss

    return step


def chain():
    a, b = randn(4_000_000), randn(4_000_000)
    t, ga, gb = np.empty_like(a), np.empty_like(a), np.empty_like(a)

    def step():
        np.multiply(a, b, out=t)
        np.add(t, a, out=t)
        np.tanh(t, out=t)
        np.multiply(t, t, out=gb)
        y = gb.mean()
        np.subtract(1, gb, out=gb)
        np.multiply(gb, t, out=gb)
        np.multiply(gb, f32(2 / t.size), out=gb)
        np.add(b, 1, out=ga)
        np.multiply(ga, gb, out=ga)
        np.multiply(gb, a, out=gb)
        return y

    return step


def adam():
    x, g = randn(4_000_000), randn(4_000_000)
    m, v, step_size, n = np.zeros_like(x), np.zeros_like(x), np.empty_like(x), 0

    def step():
        nonlocal n
        n += 1
        np.multiply(m, f32(0.9), out=m)
        np.multiply(g, f32(0.1), out=step_size)
        np.add(m, step_size, out=m)
        np.multiply(v, f32(0.999), out=v)
        np.multiply(g, g, out=step_size)
        np.multiply(step_size, f32(0.001), out=step_size)
        np.add(v, step_size, out=v)
        np.divide(v, f32(1 - 0.999**n), out=step_size)
        np.sqrt(step_size, out=step_size)
        np.add(step_size, f32(1e-8), out=step_size)
        np.divide(m, step_size, out=step_size)
        np.multiply(step_size, f32(0.001 / (1 - 0.9**n)), out=step_size)
        np.subtract(x, step_size, out=x)

    return step


WORK = {"digits": digits, "tanh": tanh, "chain": chain, "adam": adam}

if __name__ == "__main__":
    clock.main(WORK)
