"""A classifier of 8×8 digits: nn.Sequential, cross entropy, SGD with momentum, batches of 64 from a DataLoader."""

import csv
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

steps = int(sys.argv[1])
torch.manual_seed(0)
with open("samples/data/digits.csv") as file:
    rows = torch.tensor([[float(cell) for cell in row] for row in csv.reader(file)])
data = TensorDataset(rows[:, :64] / 16, rows[:, 64].long())
loader = DataLoader(data, batch_size=64, shuffle=True)

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
done, running = 0, 0.0
while done < steps:
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
        done += 1
        if done == steps:
            break
print(f"{running / steps:.4f}")
