"""Small arrays that a loop does not set are constants of its program, as long as they hold the same."""

from __future__ import annotations

import pytest

from tensorsh import Session

START = """
import numpy as np
import torch
from torch import nn
class Fields(nn.Module):
    def __init__(self):
        super().__init__()
        self.offsets = np.array((0, *np.cumsum([3, 4])[:-1])); self.table = nn.Embedding(7, 2)
        self.scale = np.array([0.5, 2.0], np.float32)
    def forward(self, x):
        return self.table(x + x.new_tensor(self.offsets)).sum(1) * torch.tensor(self.scale)
torch.manual_seed(0)
m, buffer, large, out = Fields(), np.zeros(3, np.float32), np.ones(5000, np.float32), []
x = torch.stack([torch.randint(0, 3, (6,)), torch.randint(0, 4, (6,))], 1)
def offset(t): return t + torch.tensor(buffer)
def counted(t):
    buffer[0] += 1
    return t * 2
def added(t):
    np.add(buffer, 1, out=buffer)
    return t * 2
def seen(t): return t * torch.from_numpy(buffer)
def of_large(t): return t * torch.tensor(large)[:3]
def an_item(t): return t * float(buffer[1])
def a_sum(t): return t * float(buffer.sum())
for i in range(40):
"""

STEP = "    y = m(x); m.zero_grad(); y.sum().backward(); out.append(y); out.append(m.table.weight.grad)\n"
USES = {
    "as it is": STEP,
    "an element is set": STEP + "    if i % 13 == 12: m.scale[1] = -i",
    "another in its place": STEP + "    if i % 13 == 12: m.scale = np.array([i, 1], np.float32)",
    "another each time": "    m.scale = np.array([i, 1], np.float32)\n" + STEP,
    "a buffer that changes": "    buffer[i % 3] = i; z = offset(torch.ones(3)); z = z * 2; out.append(z)",
    "in a function that counts": "    z = counted(torch.ones(3)) + 1; z = z * 2; out.append((z, buffer.tolist()))",
    "by NumPy": "    z = added(torch.ones(3)) + 1; z = z * 2; out.append((z, buffer.tolist()))",
    "its memory": "    z = seen(torch.ones(3)) + 1; z = z * 2; buffer[1] = i; out.append(z)",
    "a large one": "    z = of_large(torch.ones(3)) + 1; z = z * 2; large[0] = i; out.append(z)",
    "an item of it": "    z = an_item(torch.ones(3)) + 1; z = z * 2; out.append(z)\n    if i == 20: buffer[1] = 5",
    "a method of it": "    z = a_sum(torch.ones(3)) + 1; z = z * 2; out.append(z)\n    if i == 20: buffer[1] = 5",
}


@pytest.mark.parametrize("use", USES)
def test_a_loop_sees_what_is_in_an_array(use: str) -> None:
    compiled, evaluated = Session(), Session(compile=False)
    for session in (compiled, evaluated):
        session.run(START + USES[use])
        assert session.run("m.scale.flags.writeable and buffer.flags.writeable and large.flags.writeable")
    assert compiled.run("repr(out)") == evaluated.run("repr(out)")


def test_an_array_that_is_a_tensors_memory_is_no_constant() -> None:
    text = (
        "import numpy as np\nimport torch\nout = []\n"
        "given = np.full(3, 2, np.float32); shared = torch.from_numpy(given)\n"
        "def f(t): return t + torch.tensor(given)\n"
        "for i in range(40):\n    _ = shared.zero_()\n    z = f(torch.ones(3)) + 1\n"
        "    _ = shared.add_(2)\n    z = z * 2\n"
        "    out.append(z.sum().item())"
    )
    session = Session()
    session.run(text)
    assert session["out"] == [12.0] * 40


def test_the_step_is_one_program() -> None:
    session = Session()
    session.run(START + STEP)
    assert session._evaluator.loops.programs and not session._evaluator.loops.left


def test_what_is_not_compiled_says_that_an_array_is_changed() -> None:
    session = Session()
    session.run(START + USES["in a function that counts"])
    assert "an array is changed" in {each.why for each in session._evaluator.loops.left}
