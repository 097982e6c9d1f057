"""Slices and numbers of NumPy's that a run finds are constants of its program, as long as they are the same."""

from __future__ import annotations

from compile_compare import difference
from tensorsh import Session

PROGRAM = """
import torch, numpy as np
torch.manual_seed(0)
x, w = torch.randn(40, 5), torch.randn(5, 3, requires_grad=True)
rows, out = [slice(0, 30), slice(30, None)], []
class Model:
    def __init__(self):
        self.cos, self.k, self.low, self.on = np.cos(0.3), np.int64(1), np.float32(0.25), np.bool_(True)
    def __call__(self, x):
        y = (x @ w) * self.cos + self.k - self.low
        return y * 2 if self.on else y
model = Model()
for i in range(40):
    loss = (model(x[rows[0]]) ** 2).mean()
    w.grad = None
    loss.backward()
    w.data -= 0.01 * w.grad
    out.append(model(x[rows[1]]).sum().item())
    if i == 20: rows[0] = slice(5, 20, 2)
    if i == 24: model.cos = np.float64(-0.0)
    if i == 26: model.cos = np.float64(0.0)
    if i == 28: model.cos = np.float64('nan')
    if i == 29: model.cos = 0.7; w.data.fill_(0.5)
    if i == 33: model.k = 3
    if i == 35: model.on = np.bool_(False)
    if i == 37: model.low = np.float32(-1.5)
"""


def test_slices_and_numbers_of_numpys_are_constants() -> None:
    assert difference(PROGRAM, ["print(out, w)"]) is None
    session = Session()
    session.run(PROGRAM)
    assert sum(program.runs for _, program in session._evaluator.loops.programs) > 20
