"""Settings kept in classes, enumerations, named tuples and namespaces do not keep loops from being compiled."""

from __future__ import annotations

import pytest

from tensorsh import Session

START = """import torch, enum, argparse
from types import SimpleNamespace
from typing import NamedTuple
from collections import namedtuple
class C:
    rate = 0.5
    seen = 0
    @staticmethod
    def twice(t): return t * 2
    @classmethod
    def scaled(cls, t): return t * cls.rate
class Mode(enum.Enum):
    A = "a"; B = "b"
class Act(enum.Enum):
    TANH = "tanh"
    def __call__(self, t): return getattr(torch, self.value)(t) * C.rate
Pair = namedtuple("Pair", "lo hi")
class Out(NamedTuple):
    y: torch.Tensor
    scale: float = 2.0
class Scaled(NamedTuple):
    y: torch.Tensor
    def by(self): return self.y * C.rate
class Made:
    def __init__(self, v): self.v = v
    def squares(self): return self.v.pow(2).sum()
x = torch.arange(12.0).reshape(3, 4)
w = torch.ones(4, requires_grad=True)
ns, args = SimpleNamespace(a=1.5, inner=SimpleNamespace(b=[1.0, 2.0])), argparse.Namespace(lr=0.1, w=w)
mode, s, ys = Mode.A, Scaled(x), []
"""
CHANGES = [
    "C.rate = 2.0",
    "C.twice = staticmethod(lambda t: t * 3)",
    "ns.a = -1.0; mode = Mode.B",
    "args.lr = 0.3",
    "ns.inner.b[0] = 7.0; ns.extra = 1",
    "s = Scaled(x + 1)",
]
BODY = """p = Pair(x * C.rate, hi=x.sum()); o = Out(p.lo, 3.0 if mode is Mode.A else 1.0); lo, hi = p
    l = (args.w * o.y).sum() * o.scale + ns.a * ns.inner.b[0] + C.scaled(x).sum() + C.twice(hi) * args.lr + s.by().sum()
    l.backward()"""


def test_the_loop_is_compiled() -> None:
    session = Session()
    session.execute(f"{START}for i in range(9):\n    {BODY}\n", "train.py", lambda shown: None)
    assert [each.why for each in session.uncompiled()] == []


@pytest.mark.parametrize("change", CHANGES)
def test_settings_are_seen_when_they_change(change: str) -> None:
    found = []
    for compiled in (True, False):
        session = Session(compile=compiled)
        session.run(
            START + f"for i in range(12):\n    {BODY}\n    ys.append(l.item())\n    if i == 7: {change}"
        )
        found.append((session["ys"], session["w"].grad.tolist(), repr(session["p"]), repr(session["o"])))
    assert found[0] == found[1]
    assert len(set(found[0][0][4:8])) == 1 != len(set(found[0][0][4:]))


@pytest.mark.parametrize(
    "body",
    [
        "C.seen += 1; y = x * C.seen",
        "ns.a += 1; y = x * ns.a",
        "args.lr *= 2.0 if i % 2 else 0.5; y = x * args.lr",
        "m = Made(x * i); y = m.squares()",
        "y = Act.TANH(x) + C.rate; C.rate = i * 0.5",
        "s = s._replace(y=x * i); y = s.by()",
        "type(made).n = i; y = x * made.n",
    ],
)
def test_what_a_loop_does_to_settings_is_done(body: str) -> None:
    found = []
    for compiled in (True, False):
        session = Session(compile=compiled)
        session.run(START + "made = Made(x); Made.n = 0")
        session.run(f"for i in range(30):\n    {body}")
        session.run("kept = y.tolist(), C.seen, C.rate, ns.a, args.lr, Made.n, isinstance(s, Scaled)")
        found.append(session["kept"])
    assert found[0] == found[1]
