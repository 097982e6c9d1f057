"""Losses and rates of hits collected in lists, a line every tenth epoch, a look at all data in between."""

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
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
losses, history = [], []
for epoch in range(epochs):
    model.train()
    for i in range(0, 1792, 64):
        optimizer.zero_grad()
        output = model(X[i : i + 64])
        loss = loss_fn(output, Y[i : i + 64])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 10 == 0:
        model.eval()
        with torch.no_grad():
            accuracy = (model(X).argmax(dim=1) == Y).float().mean().item()
        history.append(accuracy)
        print(f"epoch {epoch}: loss {sum(losses[-28:]) / 28:.4f}, accuracy {accuracy:.3f}")
print(len(losses), f"{history[-1]:.3f}")
