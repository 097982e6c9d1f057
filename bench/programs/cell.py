"""A loop over an LSTM cell of 32 units: 20 steps of 8 sequences, each step's output predicts the next: Adam."""

import sys

import torch
import torch.nn as nn
import torch.nn.functional as F


class Stepper(nn.Module):
    def __init__(self, inputs=8, hidden=32):
        super().__init__()
        self.hidden = hidden
        self.cell = nn.LSTMCell(inputs, hidden)
        self.head = nn.Linear(hidden, inputs)

    def forward(self, x):
        h = torch.zeros(x.size(1), self.hidden)
        c = torch.zeros(x.size(1), self.hidden)
        outputs = []
        for t in range(x.size(0)):
            h, c = self.cell(x[t], (h, c))
            outputs.append(self.head(h))
        return torch.stack(outputs)


torch.manual_seed(0)
model = Stepper()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
X = torch.randn(21, 32, 8).cumsum(0) * 0.2
for step in range(int(sys.argv[1])):
    i = step % 4 * 8
    batch = X[:, i : i + 8]
    optimizer.zero_grad()
    loss = F.mse_loss(model(batch[:-1]), batch[1:])
    loss.backward()
    optimizer.step()
print(f"{loss.item():.4f}")
