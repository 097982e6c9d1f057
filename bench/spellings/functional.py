"""Parameters are replaced, not changed: gradients from torch.autograd.grad."""

import csv
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(0)
with open("samples/data/digits.csv") as file:
    rows = torch.tensor([[float(cell) for cell in row] for row in csv.reader(file)])
X, Y = rows[:1792, :64] / 16, rows[:1792, 64].long()
epochs = int(sys.argv[1]) // 28


def network(params, x):
    w1, b1, w2, b2 = params
    return torch.relu(x @ w1 + b1) @ w2 + b2


params = [torch.randn(64, 32) * 0.1, torch.zeros(32), torch.randn(32, 10) * 0.1, torch.zeros(10)]
params = [p.requires_grad_() for p in params]
for _ in range(epochs):
    for i in range(0, 1792, 64):
        loss = F.cross_entropy(network(params, X[i : i + 64]), Y[i : i + 64])
        grads = torch.autograd.grad(loss, params)
        params = [(p - 0.1 * g).detach().requires_grad_() for p, g in zip(params, grads, strict=True)]
print(f"{loss.item():.4f}")
