"""A line fitted with tensors alone: the parameters change under no_grad."""

import sys

import torch

torch.manual_seed(0)
x = torch.linspace(-1, 1, 100).unsqueeze(1)
y = 3 * x + 2 + 0.1 * torch.randn(100, 1)
w = torch.randn(1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
rate = 0.1
for _ in range(int(sys.argv[1])):
    prediction = x * w + b
    loss = ((prediction - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= rate * w.grad
        b -= rate * b.grad
        w.grad.zero_()
        b.grad.zero_()
print(f"{w.item():.3f} {b.item():.3f} {loss.item():.4f}")
