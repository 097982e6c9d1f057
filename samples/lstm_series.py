"""An LSTM that continues a wave it has seen the start of. Runs under PyTorch and tensorsh."""

import torch
from torch import nn

torch.manual_seed(0)

t = torch.arange(0, 60, 0.25)
series = torch.sin(t) + 0.5 * torch.sin(2.1 * t)
LENGTH = 20
inputs = series.unfold(0, LENGTH, 1)[:-1].unsqueeze(-1)  # (windows, LENGTH, 1)
targets = series[LENGTH:].unsqueeze(-1)
train_x, test_x = inputs[:180], inputs[180:]
train_y, test_y = targets[:180], targets[180:]


class Forecaster(nn.Module):
    def __init__(self, hidden_size=24):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, 1)

    def forward(self, x):
        _, (h, _) = self.lstm(x)
        return self.head(h[-1])


model = Forecaster()
loss_fn = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
print(model)

for epoch in range(1, 41):
    model.train()
    for part in torch.randperm(len(train_x)).split(60):
        optimizer.zero_grad()
        loss = loss_fn(model(train_x[part]), train_y[part])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
    if epoch % 10 == 0:
        model.eval()
        with torch.no_grad():
            print(f"epoch {epoch}: test error {loss_fn(model(test_x), test_y).sqrt():.2f}")

window = test_x[:1].clone()
continued = []
with torch.no_grad():
    for _ in range(8):
        following = model(window)
        continued.append(following.item())
        window = torch.cat([window[:, 1:], following.unsqueeze(1)], dim=1)
print("predicted", " ".join(f"{x:.1f}" for x in continued))
print("true     ", " ".join(f"{x:.1f}" for x in test_y[:8, 0].tolist()))
