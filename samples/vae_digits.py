"""A variational autoencoder on handwritten digits. Runs under PyTorch and tensorsh."""

import os

import numpy as np
import torch
from torch import nn, optim
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F
from torch.utils.data import DataLoader

torch.manual_seed(2)

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "digits.csv")
images = torch.tensor(np.loadtxt(path, delimiter=",", dtype=np.float32)[:, :64] / 16)
loader = DataLoader(images, batch_size=128, shuffle=True)


class VAE(nn.Module):
    def __init__(self, latent=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 96), nn.ReLU())
        self.mean, self.log_std = nn.Linear(96, latent), nn.Linear(96, latent)
        self.decoder = nn.Sequential(nn.Linear(latent, 96), nn.ReLU(), nn.Linear(96, 64))

    def encode(self, x):
        h = self.encoder(x)
        return Normal(self.mean(h), self.log_std(h).exp())

    def forward(self, x):
        code = self.encode(x)
        return self.decoder(code.rsample()), code


def elbo(model, x):
    logits, code = model(x)
    likelihood = -F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    prior = Normal(torch.zeros(()), torch.ones(()))
    return (likelihood - kl_divergence(code, prior).sum()) / len(x)


model = VAE()
optimizer = optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(1, 11):
    total = 0.0
    for x in loader:
        loss = -elbo(model, x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total -= loss.item() * len(x)
    if epoch % 2 == 0:
        print(f"epoch {epoch:2d}: elbo {total / len(images):.1f}")

with torch.no_grad():
    restored = torch.sigmoid(model.decoder(model.encode(images[:1]).mean))
for row in range(8):
    both = images[0].view(8, 8)[row], restored[0].view(8, 8)[row]
    print("   ".join("".join(" .:-=+*#@"[int(v * 8.99)] for v in pixels.tolist()) for pixels in both))
