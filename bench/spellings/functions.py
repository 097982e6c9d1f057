"""Functions, and the parameters in a dictionary."""

import csv
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(0)
with open("samples/data/digits.csv") as file:
    rows = torch.tensor([[float(cell) for cell in row] for row in csv.reader(file)])
X, Y = rows[:1792, :64] / 16, rows[:1792, 64].long()
epochs = int(sys.argv[1]) // 28


def make():
    params = {"w1": torch.randn(64, 32) * 0.1, "b1": torch.zeros(32)}
    params["w2"] = torch.randn(32, 10) * 0.1
    params["b2"] = torch.zeros(10)
    for p in params.values():
        p.requires_grad_()
    return params


def forward(params, x):
    hidden = F.relu(x @ params["w1"] + params["b1"])
    return hidden @ params["w2"] + params["b2"]


def update(params, rate):
    with torch.no_grad():
        for name in params:
            params[name] -= rate * params[name].grad
            params[name].grad.zero_()


def train(params, batch=64):
    for i in range(0, len(X), batch):
        loss = F.cross_entropy(forward(params, X[i : i + batch]), Y[i : i + batch])
        loss.backward()
        update(params, 0.1)
    return loss


params = make()
for _ in range(epochs):
    loss = train(params)
print(f"{loss.item():.4f}")
