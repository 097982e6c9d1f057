"""One loop over steps, with a scheduler, and a line every hundred steps."""

import csv
import sys

import torch
import torch.nn as nn

torch.manual_seed(0)
with open("samples/data/digits.csv") as file:
    rows = torch.tensor([[float(cell) for cell in row] for row in csv.reader(file)])
X, Y = rows[:1792, :64] / 16, rows[:1792, 64].long()
epochs = int(sys.argv[1]) // 28

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1000, gamma=0.99)
for step in range(28 * epochs):
    start = step * 64 % 1792
    loss = criterion(model(X[start : start + 64]), Y[start : start + 64])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 100 == 0:
        print(f"step {step}: loss {loss.item():.4f}, lr {scheduler.get_last_lr()[0]:.3g}")
print(f"{loss.item():.4f}")
