"""The two training steps in HIPS autograd."""

from __future__ import annotations

import autograd.numpy as np
from autograd import value_and_grad

import clock
from work_numpy import f32, randn, rng


def training(sizes, rate, loss_of):
    n, hidden, out = sizes
    parameters = [
        randn(n, hidden, scale=0.1),
        np.zeros(hidden, f32),
        randn(hidden, out, scale=0.1),
        np.zeros(out, f32),
    ]
    both = value_and_grad(loss_of)

    def step():
        _, gradients = both(parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= rate * gradient

    return step


def digits():
    x, t, rows = randn(64, 64), rng.integers(0, 10, 64), np.arange(64)

    def loss(parameters):
        w1, b1, w2, b2 = parameters
        s = np.maximum(np.dot(x, w1) + b1, 0) @ w2 + b2
        s = s - np.max(s, 1, keepdims=True)
        return np.mean(np.log(np.sum(np.exp(s), 1)) - s[rows, t])

    return training((64, 32, 10), 0.1, loss)


def tanh():
    x, t = randn(64, 32), randn(64, 1)

    def loss(parameters):
        w1, b1, w2, b2 = parameters
        return np.mean((np.dot(np.tanh(np.dot(x, w1) + b1), w2) + b2 - t) ** 2)

    return training((32, 64, 1), 0.01, loss)


if __name__ == "__main__":
    clock.main({"digits": digits, "tanh": tanh})
