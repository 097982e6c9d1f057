"""`:program` and `compile --show`: listings of loops of all sorts do on their own what the loops do."""

import contextlib
import gc
import io
import subprocess
import sys

import pytest
from test_compile import LISTED, LOOPS, NETWORK

from group_writer import program as group_program
from instance_writer import InstanceProgram
from listing_check import check
from loop_writer import LoopProgram
from tensorsh import Session, programs
from tensorsh.errors import ParseError

NET = """
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(0)
m = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
x = torch.randn(20, 4); t = torch.randint(0, 3, (20,))
"""
STEPS = """
for i in range(8):
    opt.zero_grad()
    loss = F.cross_entropy(m(x), t)
    loss.backward()
    opt.step()
"""
OPTIMIZERS = [
    "SGD(m.parameters(), lr=0.1, momentum=0.9, nesterov=True)",
    "SGD([{'params': m[0].parameters()}, {'params': m[2].parameters(), 'lr': 0.5}], lr=0.1)",
    "Adam(m.parameters(), lr=0.01)",
    "Adam(m.parameters(), lr=torch.tensor(0.01))",
    "AdamW(m.parameters(), amsgrad=True)",
    "RMSprop(m.parameters(), centered=True, momentum=0.5)",
    "Adagrad(m.parameters())",
    "Adadelta(m.parameters())",
    "Adamax(m.parameters())",
    "NAdam(m.parameters())",
    "RAdam(m.parameters())",
    "Rprop(m.parameters())",
    "ASGD(m.parameters())",
]
INSTANCE = """
import torch
torch.manual_seed(0)
class Cell:
    def __init__(self):
        self.w = torch.randn(3, 3, requires_grad=True)
        self.h = torch.zeros(3)
        self.count = 0
    def step(self, x):
        self.h = torch.tanh(self.h * 0.5 + (x @ self.w.detach()).mean(0))
        self.count += 1
        return self.h * self.count
cell, other = Cell(), Cell()
x = torch.randn(5, 3)
for i in range(9):
    y = cell.step(x) + other.step(x)
"""


def looped(seed: int) -> str:
    start, body = group_program(seed)
    return start + "\nfor i in range(6):\n" + "".join(f"    {line}\n" for line in body.split("\n"))


ALL = {
    **LISTED,
    **{f"loop: {name}": NETWORK + text for name, (text, *_) in LOOPS.items() if "function" not in name},
    **{f"group {seed}": looped(seed) for seed in range(8)},
    **{name: f"{NET}opt = torch.optim.{name}{STEPS}" for name in OPTIMIZERS},
    "instances": INSTANCE,
}


@pytest.mark.parametrize("name", ALL)
def test_a_listing_does_what_its_loop_does(name):
    session = Session(seed=0)
    with contextlib.redirect_stdout(io.StringIO()):
        session.run(ALL[name])
        assert check(session) > 0


@pytest.mark.parametrize("writer", [LoopProgram, InstanceProgram])
def test_listings_of_random_loops_do_what_they_do(writer):
    compared = 0

    def look(*_: object) -> None:
        nonlocal compared
        compared += check(session)

    for seed in range(60):
        session = None
        gc.collect()  # what a program gives the library goes with its session
        session = Session(seed=0)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(ParseError):  # some are none
            session.execute(writer(seed).program, on_error=lambda error: None, on_time=look)
    assert compared > 12


@pytest.mark.parametrize(
    "optimizer", ["Adam(m.parameters(), lr=0.01)", "SGD(m.parameters(), lr=0.1, momentum=0.9)"]
)
def test_what_compile_shows_is_a_program(tmp_path, optimizer, capsys):
    path = tmp_path / "train.py"
    path.write_text(f"{NET}opt = torch.optim.{optimizer}{STEPS}")
    assert programs.show_file(str(path), print) == 0
    text = capsys.readouterr().out
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), text
    for label in ("'parameter.grad'", "'parameter_4.grad'", "'loss'"):
        assert label in done.stdout


def test_inputs_have_names_of_their_own():
    session = Session(seed=0)
    session.run(INSTANCE)
    text = session.listings()[-1]
    assert "Cell object" not in text
    inputs = text[text.index("# inputs") : text.index("def step")].splitlines()
    names = [line.partition(" = ")[0] for line in inputs if " = " in line]
    assert len(names) == len(set(names))
