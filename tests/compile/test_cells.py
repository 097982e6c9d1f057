"""Loops over recurrent cells are parts of compiled steps, and give the bits of evaluation."""

from __future__ import annotations

import pytest

from tensorsh import Session

PROGRAM = """
import torch
import torch.nn as nn
torch.manual_seed(0)
x = torch.randn(5, 4, 3)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.{kind}(3, {units}), nn.Linear({units}, 3)

    def forward(self, x):
        state, out = None, []
        for t in range(x.size(0)):
            state = self.cell(x[t], state)
            out.append(self.head(state[0] if isinstance(state, tuple) else state))
        return torch.stack(out)

net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(12):
    optimizer.zero_grad()
    loss = ((net(x) - x) ** 2).mean()
    loss.backward()
    optimizer.step()
"""


@pytest.mark.parametrize("kind", ["LSTMCell", "GRUCell", "RNNCell"])
@pytest.mark.parametrize("units", [16, 7])
def test_steps_over_cells(kind: str, units: int) -> None:
    found = []
    for compiled in (True, False):
        session = Session(compile=compiled)
        session.execute(PROGRAM.format(kind=kind, units=units), "train.py", lambda shown: None)
        found.append([p.tolist() for p in session["net"].parameters()])
        if compiled:
            assert not any("backward" in each.span.text for each in session.uncompiled())
    assert found[0] == found[1]


def test_pieces_that_may_be_written_to_are_no_views() -> None:
    session = Session()
    session.run(
        "import torch; x = torch.ones(2, 6, requires_grad=True); a, b, c = torch.unsafe_chunk(x * 2, 3, 1); "
        "before = a.grad_fn.name(); a.sigmoid_(); b.mul_(3); (a * b + c).sum().backward()"
    )
    assert session["before"] == "UnsafeSplitBackward0"
    assert not session["a"]._is_view()
    assert session["x"].grad[0, 2].item() == pytest.approx(6 / (1 + 2.718281828**-2))
