"""The benchmark work in PyTorch. Prints {work: seconds} as JSON."""

from __future__ import annotations

import json

import torch
import torch.nn.functional as F

from clock import seconds

torch.manual_seed(0)


def digits_step():
    x, t = torch.randn(64, 64), torch.randint(0, 10, (64,))
    w1 = (torch.randn(64, 32) * 0.1).requires_grad_()
    b1 = torch.zeros(32, requires_grad=True)
    w2 = (torch.randn(32, 10) * 0.1).requires_grad_()
    b2 = torch.zeros(10, requires_grad=True)
    opt = torch.optim.SGD([w1, b1, w2, b2], lr=0.1)

    def step():
        loss = F.cross_entropy(torch.relu(x @ w1 + b1) @ w2 + b2, t)
        opt.zero_grad()
        loss.backward()
        opt.step()

    return step


def chain():
    a = torch.randn(4_000_000, requires_grad=True)
    b = torch.randn(4_000_000, requires_grad=True)

    def work():
        a.grad = b.grad = None
        y = (torch.tanh(a * b + a) ** 2).mean()
        y.backward()

    return work


def small_operation():
    a = torch.randn(8, 8, requires_grad=True)
    b = torch.randn(8, 8)
    return lambda: a * b


WORK = {
    "training step 64-32-10, batch 64, cross entropy, SGD": digits_step,
    "mean(tanh(a*b+a)**2), 4 M float32, forward and backward": chain,
    "a * b on 8×8, gradients recorded": small_operation,
}

if __name__ == "__main__":
    print(json.dumps({name: seconds(make()) for name, make in WORK.items()}))
