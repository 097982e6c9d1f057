"""A convolutional network on handwritten digits: 8×8 pixels, ten classes. Runs under PyTorch and tensorsh."""

import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "digits.csv")
table = np.loadtxt(path, delimiter=",", dtype=np.float32)
images = torch.from_numpy(table[:, :64] / 16).reshape(-1, 1, 8, 8)
labels = torch.from_numpy(table[:, 64]).long()
train, test = random_split(TensorDataset(images, labels), [1437, 360])
loader = DataLoader(train, batch_size=64, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(24 * 2 * 2, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(self.drop(x.flatten(1)))


def accuracy(model, data):
    model.eval()
    with torch.no_grad():
        x, y = next(iter(DataLoader(data, batch_size=len(data))))
        return (model(x).argmax(dim=1) == y).float().mean().item()


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.3)
print(model)
print("parameters:", sum(p.numel() for p in model.parameters()))

for epoch in range(6):
    model.train()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
    scheduler.step()
    print(f"epoch {epoch + 1}: loss {total / len(train):.2f}, lr {scheduler.get_last_lr()[0]:.1e}")

print(f"test accuracy {accuracy(model, test):.2f}")
