"""A class of nn.Module."""

import csv
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
with open("samples/data/digits.csv") as file:
    rows = torch.tensor([[float(cell) for cell in row] for row in csv.reader(file)])
X, Y = rows[:1792, :64] / 16, rows[:1792, 64].long()
epochs = int(sys.argv[1]) // 28


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        return self.fc2(x)


net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(epochs):
    for i in range(0, X.size(0), 64):
        inputs, labels = X[i : i + 64], Y[i : i + 64]
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
print(f"{loss.item():.4f}")
