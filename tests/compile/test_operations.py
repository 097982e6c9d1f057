"""Operations of a program's own (`torch.autograd.Function`) in compiled loops."""

from __future__ import annotations

import re

import pytest

from tensorsh import Session

START = """
import torch
from torch.autograd import Function
torch.manual_seed(0)
seen = []
class Exp(Function):
    @staticmethod
    def forward(ctx, i):
        result = i.exp()
        ctx.save_for_backward(result)
        return result
    @staticmethod
    def backward(ctx, g):
        result, = ctx.saved_tensors
        return g * result
class Round(Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()
    @staticmethod
    def backward(ctx, g):
        return g
class Scale(Function):
    factor = 2.0
    @staticmethod
    def forward(ctx, x, alpha):
        ctx.alpha = alpha
        return x * alpha * Scale.factor
    @staticmethod
    def backward(ctx, g):
        return g * ctx.alpha, None
class Linear(Function):
    @staticmethod
    def forward(x, w, b):
        return x @ w.t() + b
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs[:2])
    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g @ w if ctx.needs_input_grad[0] else None, g.t() @ x, g.sum(0)
class Keeps(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.x = x
        return x * x
    @staticmethod
    def backward(ctx, g):
        return g * 2 * ctx.x
class Listens(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1
    @staticmethod
    def backward(ctx, g):
        seen.append(g.sum().item())
        return g
x, t = torch.randn(6, 4), torch.randn(6, 3)
w, b = torch.randn(3, 4, requires_grad=True), torch.zeros(3, requires_grad=True)
for i in range(24):
    y = Linear.apply(x, w, b)
    y = {call}
    loss = ((y - t) ** 2).mean()
    {between}
    loss.backward()
    with torch.no_grad():
        w -= 0.05 * w.grad
        b -= 0.05 * b.grad
        w.grad = b.grad = None
print(w, b, loss, y, y.grad_fn.name(), seen)
print(loss.grad_fn.next_functions[0][0].name())
try:
    loss.backward()
except RuntimeError as error:
    print(error)
"""
CALLS = {
    "Exp.apply(y)": True,
    "Round.apply(y * 3)": True,
    "Scale.apply(y, 0.5)": True,
    "Exp.apply(Exp.apply(y) * 0.1)": True,
    "Keeps.apply(y)": False,
    "Listens.apply(y)": False,
}


def printed(capsys: pytest.CaptureFixture[str], compile: bool, call: str, between: str) -> tuple[str, int]:
    session = Session(compile=compile)
    session.run(START.replace("{call}", call).replace("{between}", between))
    calls = [int(n) for each in session.listings() for n in re.findall(r"(\d+) calls", str(each))]
    return capsys.readouterr().out, max(calls, default=0)


@pytest.mark.parametrize("call", CALLS)
def test_an_operation_is_part_of_the_program(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    compiled, eager = (printed(capsys, flag, call, "h = loss") for flag in (True, False))
    assert compiled[0] == eager[0]
    assert (compiled[1] > 25) == CALLS[call]


@pytest.mark.parametrize(
    "between",
    [
        "print(loss.item())",
        "if i == 9: Scale.factor = 1.5",
        "if i == 9: Scale.backward = staticmethod(lambda ctx, g: (g * 3, None))",
        "if i == 9: Scale.forward = staticmethod(lambda ctx, x, alpha: (setattr(ctx, 'alpha', 3), x - alpha)[1])",
        "if i == 9: Scale.more = 1",
    ],
)
def test_what_an_operation_is_may_change(between: str, capsys: pytest.CaptureFixture[str]) -> None:
    compiled, eager = (printed(capsys, flag, "Scale.apply(y, 0.5)", between) for flag in (True, False))
    assert compiled[0] == eager[0]
