"""A small convolutional network on 8×8 digits, with batch norm and max pooling, batches of 64."""

import sys

import numpy as np
import torch
from torch import nn

torch.manual_seed(0)
rows = torch.from_numpy(np.loadtxt("samples/data/digits.csv", delimiter=",", dtype=np.float32))
images, labels = rows[:, :64].view(-1, 1, 8, 8) / 16, rows[:, 64].long()


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Linear(16 * 2 * 2, 10)

    def forward(self, x):
        x = self.features(x)
        return self.classifier(torch.flatten(x, 1))


model = CNN()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
model.train()
for _ in range(int(sys.argv[1])):
    at = torch.randperm(len(images))[:64]
    optimizer.zero_grad()
    loss = criterion(model(images[at]), labels[at])
    loss.backward()
    optimizer.step()
print(f"{loss.item():.2f}")
