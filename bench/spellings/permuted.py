"""Batches by a permutation of the rows, all names kept until the end."""

import csv
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(0)
with open("samples/data/digits.csv") as file:
    rows = torch.tensor([[float(cell) for cell in row] for row in csv.reader(file)])
X, Y = rows[:1792, :64] / 16, rows[:1792, 64].long()
epochs = int(sys.argv[1]) // 28

w1 = torch.nn.Parameter(torch.randn(64, 32) * 0.1)
b1 = torch.nn.Parameter(torch.zeros(32))
w2 = torch.nn.Parameter(torch.randn(32, 10) * 0.1)
b2 = torch.nn.Parameter(torch.zeros(10))
for _ in range(epochs):
    order = torch.randperm(len(X))
    for i in range(0, len(X), 64):
        index = order[i : i + 64]
        xb, yb = X[index], Y[index]
        z1 = xb @ w1 + b1
        a1 = torch.relu(z1)
        logits = a1 @ w2 + b2
        loss = F.cross_entropy(logits, yb)
        w1.grad = b1.grad = w2.grad = b2.grad = None
        loss.backward()
        with torch.no_grad():
            w1 -= 0.1 * w1.grad
            b1 -= 0.1 * b1.grad
            w2 -= 0.1 * w2.grad
            b2 -= 0.1 * b2.grad
print(f"{loss.item():.4f} {tuple(logits.shape)} {z1.min().item() < 0}")
