"""A class that has the model, the optimiser and a method for a step."""

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


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        self.steps = 0
        self.history = []

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        self.steps += 1
        return loss.item()

    def fit(self, x, y, epochs, batch_size=64):
        for _ in range(epochs):
            losses = [
                self.step(x[i : i + batch_size], y[i : i + batch_size]) for i in range(0, len(x), batch_size)
            ]
            self.history.append(sum(losses) / len(losses))


trainer = Trainer(nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)), 0.1)
trainer.fit(X, Y, epochs)
print(f"{trainer.history[-1]:.4f}")
