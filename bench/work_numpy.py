"""The work in NumPy as one writes it by hand, gradients derived on paper."""

from __future__ import annotations

import sys

import numpy as np

import clock

rng = np.random.default_rng(0)
f32 = np.float32


def randn(*shape: int, scale: float = 1.0):
    return (rng.standard_normal(shape, dtype=f32) * f32(scale)).astype(f32)


def digits():
    x, t, rows = randn(64, 64), rng.integers(0, 10, 64), np.arange(64)
    w1, b1, w2, b2 = randn(64, 32, scale=0.1), np.zeros(32, f32), randn(32, 10, scale=0.1), np.zeros(10, f32)

    def step():
        nonlocal w1, b1, w2, b2
        z = x @ w1 + b1
        h = np.maximum(z, 0)
        s = h @ w2 + b2
        s -= s.max(1, keepdims=True)
        p = np.exp(s)
        total = p.sum(1, keepdims=True)
        loss = (np.log(total[:, 0]) - s[rows, t]).mean()
        p /= total
        p[rows, t] -= 1
        p /= 64
        gz = (p @ w2.T) * (z > 0)
        w2 -= 0.1 * (h.T @ p)
        b2 -= 0.1 * p.sum(0)
        w1 -= 0.1 * (x.T @ gz)
        b1 -= 0.1 * gz.sum(0)
        return loss

    return step


def tanh():
    x, t = randn(64, 32), randn(64, 1)
    w1, b1, w2, b2 = randn(32, 64, scale=0.1), np.zeros(64, f32), randn(64, 1, scale=0.1), np.zeros(1, f32)

    def step():
        nonlocal w1, b1, w2, b2
        h = np.tanh(x @ w1 + b1)
        d = h @ w2 + b2 - t
        loss = (d * d).mean()
        g = d * (2 / 64)
        gh = (g @ w2.T) * (1 - h * h)
        w2 -= 0.01 * (h.T @ g)
        b2 -= 0.01 * g.sum(0)
        w1 -= 0.01 * (x.T @ gh)
        b1 -= 0.01 * gh.sum(0)
        return loss

    return step


def chain():
    a, b = randn(4_000_000), randn(4_000_000)

    def step():
        t = np.tanh(a * b + a)
        y = np.mean(t**2)
        g = (2 / t.size) * t * (1 - t * t)
        return y, g * (b + 1), g * a

    return step


def cross_entropy():
    x, t, rows = randn(4000, 1000), rng.integers(0, 1000, 4000), np.arange(4000)

    def step():
        s = x - x.max(1, keepdims=True)
        p = np.exp(s)
        total = p.sum(1, keepdims=True)
        loss = (np.log(total[:, 0]) - s[rows, t]).mean()
        p /= total
        p[rows, t] -= 1
        p /= len(x)
        return loss, p

    return step


def layer_norm():
    x, w, b, g = randn(4000, 1000), np.ones(1000, f32), np.zeros(1000, f32), randn(4000, 1000)

    def step():
        d = x - x.mean(1, keepdims=True)
        r = 1 / np.sqrt((d * d).mean(1, keepdims=True) + 1e-5)
        n = d * r
        y = n * w + b
        gn = g * w
        gx = (gn - gn.mean(1, keepdims=True) - n * (gn * n).mean(1, keepdims=True)) * r
        return y, gx, (g * n).sum(0), g.sum(0)

    return step


def gelu():
    from scipy.special import erf

    x, g = randn(4_000_000), randn(4_000_000)

    def step():
        c = 0.5 * (1 + erf(x * f32(0.5**0.5)))
        return x * c, g * (c + x * np.exp(-0.5 * x * x) * f32(0.3989422804014327))

    return step


def adam():
    x, g = randn(4_000_000), randn(4_000_000)
    m, v, n = np.zeros_like(x), np.zeros_like(x), 0

    def step():
        nonlocal x, m, v, n
        n += 1
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        x -= 0.001 * (m / (1 - 0.9**n)) / (np.sqrt(v / (1 - 0.999**n)) + 1e-8)

    return step


def matmul(*shapes: tuple[int, ...]):
    a, b, g = (randn(*shape) for shape in shapes or ((1500, 1500),) * 3)

    def step():
        return a @ b, g @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ g

    return step


def conv2d():
    """Every patch a row, so that each of the three products is one of matrices."""
    x, w, b, g = randn(64, 3, 32, 32), randn(64, 3, 3, 3), np.zeros(64, f32), randn(64, 64, 32, 32)

    def step():
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        patches = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
        rows = patches.transpose(0, 2, 3, 1, 4, 5).reshape(-1, 27)
        y = (rows @ w.reshape(64, 27).T + b).reshape(64, 32, 32, 64).transpose(0, 3, 1, 2)
        grows = g.transpose(0, 2, 3, 1).reshape(-1, 64)
        gw, gb = (grows.T @ rows).reshape(w.shape), grows.sum(0)
        gpatches = (grows @ w.reshape(64, 27)).reshape(64, 32, 32, 3, 3, 3)
        gx = np.zeros_like(padded)
        for i in range(3):
            for j in range(3):
                gx[:, :, i : i + 32, j : j + 32] += gpatches[..., i, j].transpose(0, 3, 1, 2)
        return y, gx[:, :, 1:-1, 1:-1], gw, gb

    return step


def csv():
    return lambda: print(np.loadtxt(sys.stdin.buffer, dtype=f32, delimiter=",").mean(0))


WORK = {
    "start": lambda: lambda: print(1 + 1),
    "digits": digits,
    "tanh": tanh,
    "chain": chain,
    "cross_entropy": cross_entropy,
    "layer_norm": layer_norm,
    "gelu": gelu,
    "adam": adam,
    "matmul": matmul,
    "bmm": lambda: matmul((64, 128, 256), (64, 256, 128), (64, 128, 128)),
    "conv2d": conv2d,
    "csv": csv,
}

if __name__ == "__main__":
    clock.main(WORK)
