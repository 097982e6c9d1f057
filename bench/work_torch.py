"""The work in PyTorch, eager."""

from __future__ import annotations

import torch
import torch.nn.functional as F

import clock

torch.manual_seed(0)


def leaf(*shape: int, scale: float = 1.0):
    return (torch.randn(*shape) * scale).requires_grad_()


def training(x, t, sizes, rate, loss_of):
    n, hidden, out = sizes
    w1, b1 = leaf(n, hidden, scale=0.1), torch.zeros(hidden, requires_grad=True)
    w2, b2 = leaf(hidden, out, scale=0.1), torch.zeros(out, requires_grad=True)
    opt = torch.optim.SGD([w1, b1, w2, b2], lr=rate)

    def step():
        loss = loss_of(x, t, w1, b1, w2, b2)
        opt.zero_grad()
        loss.backward()
        opt.step()

    return step


def digits():
    def loss(x, t, w1, b1, w2, b2):
        return F.cross_entropy(torch.relu(x @ w1 + b1) @ w2 + b2, t)

    return training(torch.randn(64, 64), torch.randint(0, 10, (64,)), (64, 32, 10), 0.1, loss)


def tanh():
    def loss(x, t, w1, b1, w2, b2):
        return ((torch.tanh(x @ w1 + b1) @ w2 + b2 - t) ** 2).mean()

    return training(torch.randn(64, 32), torch.randn(64, 1), (32, 64, 1), 0.01, loss)


def gradients(leaves, value, weight=None):
    """Forward, and backward with fresh gradients."""

    def step():
        for each in leaves:
            each.grad = None
        value().backward(weight)

    return step


def chain():
    a, b = leaf(4_000_000), leaf(4_000_000)
    return gradients([a, b], lambda: (torch.tanh(a * b + a) ** 2).mean())


def cross_entropy():
    x, t = leaf(4000, 1000), torch.randint(0, 1000, (4000,))
    return gradients([x], lambda: F.cross_entropy(x, t))


def layer_norm():
    x, w, b = leaf(4000, 1000), torch.ones(1000, requires_grad=True), torch.zeros(1000, requires_grad=True)
    return gradients([x, w, b], lambda: F.layer_norm(x, (1000,), w, b), torch.randn(4000, 1000))


def gelu():
    x = leaf(4_000_000)
    return gradients([x], lambda: F.gelu(x), torch.randn(4_000_000))


def adam():
    x = leaf(4_000_000)
    x.grad = torch.randn(4_000_000)
    return torch.optim.Adam([x], lr=0.001).step


def matmul():
    a, b = leaf(1500, 1500), leaf(1500, 1500)
    return gradients([a, b], lambda: a @ b, torch.randn(1500, 1500))


def bmm():
    a, b = leaf(64, 128, 256), leaf(64, 256, 128)
    return gradients([a, b], lambda: a @ b, torch.randn(64, 128, 128))


def conv2d():
    x, w, b = leaf(64, 3, 32, 32), leaf(64, 3, 3, 3), torch.zeros(64, requires_grad=True)
    return gradients([x, w, b], lambda: F.conv2d(x, w, b, padding=1), torch.randn(64, 64, 32, 32))


def graph():
    x = torch.tensor(1.0, requires_grad=True)

    def sums():
        y = x
        for _ in range(1_000_000):
            y = y + x
        return y

    return gradients([x], sums)


WORK = {
    "start": lambda: lambda: print(torch.tensor(1) + 1),
    "digits": digits,
    "tanh": tanh,
    "chain": chain,
    "cross_entropy": cross_entropy,
    "layer_norm": layer_norm,
    "gelu": gelu,
    "adam": adam,
    "matmul": matmul,
    "bmm": bmm,
    "conv2d": conv2d,
    "graph": graph,
}

if __name__ == "__main__":
    clock.main(WORK)
