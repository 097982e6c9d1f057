"""By hand: the parameters change through .data."""

import csv
import sys

import torch

torch.manual_seed(0)
with open("samples/data/digits.csv") as file:
    rows = torch.tensor([[float(cell) for cell in row] for row in csv.reader(file)])
X, Y = rows[:1792, :64] / 16, rows[:1792, 64].long()
epochs = int(sys.argv[1]) // 28

w1 = torch.randn(64, 32) * 0.1
b1 = torch.zeros(32)
w2 = torch.randn(32, 10) * 0.1
b2 = torch.zeros(10)
parameters = [w1, b1, w2, b2]
for p in parameters:
    p.requires_grad = True
for _ in range(epochs):
    for i in range(0, len(X), 64):
        h = (X[i : i + 64] @ w1 + b1).relu()
        loss = torch.nn.functional.cross_entropy(h @ w2 + b2, Y[i : i + 64])
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -0.1 * p.grad
print(f"{loss.item():.4f}")
