"""The same work under torch.compile: forward and loss one compiled function, a fused optimiser."""

import csv
import sys

import torch
from torch import nn

torch.manual_seed(0)
with open("samples/data/digits.csv") as file:
    rows = torch.tensor([[float(cell) for cell in row] for row in csv.reader(file)])
X, Y = rows[:1792, :64] / 16, rows[:1792, 64].long()
epochs = int(sys.argv[1]) // 28

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)


@torch.compile
def loss_of(x, y):
    return nn.functional.cross_entropy(model(x), y)


for _ in range(epochs):
    for i in range(0, 1792, 64):
        optimizer.zero_grad()
        loss = loss_of(X[i : i + 64], Y[i : i + 64])
        loss.backward()
        optimizer.step()
print(f"{loss.item():.4f}")
