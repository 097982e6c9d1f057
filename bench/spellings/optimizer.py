"""An optimiser over a list of tensors."""

import csv
import sys

import torch

torch.manual_seed(0)
with open("samples/data/digits.csv") as file:
    rows = torch.tensor([[float(cell) for cell in row] for row in csv.reader(file)])
X, Y = rows[:1792, :64] / 16, rows[:1792, 64].long()
epochs = int(sys.argv[1]) // 28

w1 = (torch.randn(64, 32) * 0.1).requires_grad_()
b1 = torch.zeros(32, requires_grad=True)
w2 = (torch.randn(32, 10) * 0.1).requires_grad_()
b2 = torch.zeros(10, requires_grad=True)
optimizer = torch.optim.SGD([w1, b1, w2, b2], lr=0.1)
loss_fn = torch.nn.CrossEntropyLoss()
for _ in range(epochs):
    for i in range(0, 1792, 64):
        optimizer.zero_grad()
        h = torch.relu(X[i : i + 64] @ w1 + b1)
        loss = loss_fn(h @ w2 + b2, Y[i : i + 64])
        loss.backward()
        optimizer.step()
print(f"{loss.item():.4f}")
