"""`tensorsh check`: what it finds, all in one run, and that it is silent about programs that run.

`support/check_programs.py` goes through all recorded programs; here is every fortieth.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from check_programs import empty_folder, fails, is_found, problems, text_of
from oracle import read_lines
from tensorsh import interrupt
from tensorsh.check import Checked, budget
from tensorsh.source import Source

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SOME = [
    (name, case)
    for name in ("whole_programs", "python_programs", "programs", "twins", "dense_programs")
    for case in read_lines(f"{name}.jsonl.gz")[::40]
]
HEAD = "import torch\nimport torch.nn as nn\n"


def lines(program: str, name: str = "program.py") -> list[tuple[int, str]]:
    """Where the errors of a program are, and their codes."""
    return [(each.span.position[0] if each.span else 0, each.code) for each in problems(program, name)]


@pytest.mark.parametrize(
    "name", ["char_gpt.py", "cnn_digits.py", "vae_digits.py", "iris.tsh", "tour.tsh", "digits.tsh"]
)
def test_samples(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLES)
    assert problems((SAMPLES / name).read_text(), name) == []


@pytest.mark.parametrize("name, case", SOME, ids=[f"{name}-{case.get('id')}" for name, case in SOME])
def test_recorded(name: str, case: dict[str, Any]) -> None:
    with empty_folder():
        found = problems(*text_of(name, case))
    if not fails(case):
        assert found == []
    elif name == "whole_programs":
        assert is_found(case, found)


def test_goes_on_in_functions_methods_and_forwards() -> None:
    program = HEAD + (
        "class Net(nn.Module):\n"
        "    def __init__(self, n):\n"
        "        super().__init__()\n"
        "        self.a = nn.Linear(4, n)\n"
        "        self.b = nn.Linear(9, 2)\n"
        "    def forward(self, x):\n"
        "        h = torch.relu(self.a(x))\n"
        "        y = self.b(h)\n"
        "        z = h @ torch.ones(3, 3)\n"
        "        return y\n"
        "net = Net(8)\n"
        "for epoch in range(1000):\n"
        "    loss = net(torch.randn(5, 4)).sum()\n"
        "    if loss.item() < 0.1:\n"
        "        q = torch.ones(2) + torch.ones(3)\n"
        "        break\n"
        "    else:\n"
        "        q = torch.ones(2) @ torch.ones(3)\n"
        "    print(f'{epoch} {loss.item():.3f}')\n"
        "(torch.ones(3, requires_grad=True) * 2).backward()\n"
    )
    assert lines(program) == [
        (10, "matmul-shape"), (11, "matmul-shape"), (17, "broadcast"), (20, "matmul-shape"), (22, "implicit-gradient"),
    ]  # fmt: skip


def test_what_nobody_calls() -> None:
    program = HEAD + "def f(x):\n    y = x + 1\n    return torch.ones(2, 3) @ torch.ones(2, 3)\n"
    assert lines(program) == [(5, "matmul-shape")]


def test_values_are_unknown() -> None:
    program = HEAD + (
        "x = torch.rand(4)\n"
        "n = int(x.sum())\n"
        "rows = [torch.ones(n) for _ in range(n)]\n"
        "found = {}\n"
        "while x.mean() > 0.5:\n"
        "    found[x.max().item()] = x\n"
        "    rows.append(x)\n"
        "    x = x / 2\n"
        "assert len(rows) == 7 and len(found) == 3 and f'{x}' == '?'\n"
        "rows[100].nothing, torch.stack(rows) @ torch.ones(3)\n"
        "y = None if n > 2 else torch.ones(3)\n"
        "y + torch.ones(7)\n"
    )
    assert lines(program) == []


def test_both_ways_meet() -> None:
    program = HEAD + (
        "def f(x):\n"
        "    if x.sum() > 0:\n"
        "        h = torch.ones(2, 3)\n"
        "    else:\n"
        "        h = torch.zeros(2, 3)\n"
        "    return h\n"
        "f(torch.ones(2)) @ torch.ones(2)\n"
        "def g(x):\n"
        "    if x.sum() > 0:\n"
        "        return torch.ones(2)\n"
        "    raise ValueError('negative')\n"
        "g(torch.ones(2)) + torch.ones(3)\n"
        "def walk(n):\n"
        "    return n if n < 2 else walk(n - 1) + walk(n - 2)\n"
        "walk(torch.ones(1).item())\n"
    )
    assert lines(program) == [(9, "matmul-shape"), (14, "broadcast")]


def test_a_caught_error_is_none() -> None:
    program = HEAD + "try:\n    torch.ones(2) + torch.ones(3)\nexcept RuntimeError as e:\n    print(e)\n"
    assert lines(program) == []


def test_batches_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program = HEAD + (
        "from torch.utils.data import DataLoader, TensorDataset\n"
        "data = TensorDataset(torch.randn(20, 5), torch.randint(0, 3, (20,)))\n"
        "for x, y in DataLoader(data, batch_size=8, shuffle=True):\n"
        "    nn.Linear(4, 2)(x)\n"
        "torch.save(data, 'kept.pt')\n"
        "open('out.txt', 'w').write('!')\n"
        "torch.load('kept.pt') + 1\n"
    )
    assert lines(program) == [(6, "matmul-shape")]
    assert not list(tmp_path.iterdir())


def test_names() -> None:
    program = (
        "import os\nimport torch\n"
        "def f(k):\n    y = k + 1\n    return nowhere + k\n"
        "def g(k):\n    return later(k)\n"
        "def later(k):\n    return torch.ones(k)\n"
        "if torch.rand(1) > 0.5:\n    print(absent)\n"
    )
    found = Checked(Source(program, "program.py")).problems()
    told = [(each.span.position[0] if each.span else 0, each.code) for each in found]
    assert told == [(1, "unused"), (4, "unused"), (5, "name"), (11, "name")]


def test_what_is_never_reached() -> None:
    program = HEAD + (
        "def f(x):\n"
        "    if x.sum() > 0:\n        return x\n        x = x + 1\n"
        "    while True:\n        break\n        print(1)\n"
        "    raise ValueError\n    return 3\n"
        "def nothing():\n    return\n    yield\n"
        "print(f(torch.ones(2)), nothing(), nn)\n"
    )
    found = Checked(Source(program, "program.py")).problems()
    assert [(each.span.position[0], each.code) for each in found if each.span] == [
        (6, "unreachable"), (9, "unreachable"), (11, "unreachable"),
    ]  # fmt: skip
    assert not any(each.exit_code for each in found)


def test_gradients() -> None:
    program = HEAD + (
        "w = torch.ones(3, requires_grad=True)\n"
        "w.add_(1)\n"
        "y = (w * w).sum()\n"
        "y.backward()\n"
        "y.backward()\n"
        "x = w.exp()\n"
        "x.mul_(2)\n"
        "x.sum().backward()\n"
    )
    assert [line for line, _ in lines(program)] == [4, 7, 10]
    program = HEAD + (
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 2)\n"
        "    def forward(self, x):\n"
        "        return self.a(x)\n"
        "net = Net()\n"
        "net(torch.ones(1, 2)).sum().backward()\n"
    )
    found = Checked(Source(program, "program.py")).problems()
    assert [each.message for each in found] == [
        "no loss reaches the parameter 'net.b.weight'",
        "no loss reaches the parameter 'net.b.bias'",
    ]


def test_a_module_that_was_not_begun() -> None:
    program = (
        HEAD
        + "class N(nn.Module):\n    def __init__(self):\n        self.n = 3\nnet = N()\nnet.parameters()\n"
    )
    assert lines(program) == []


#: statements that come to no end, or whose work no operation counts
ENDLESS = [
    "sum(itertools.repeat(1))",
    "list(map(lambda x: x, itertools.count()))",
    "def f(n): return f(n - 1) + f(n - 1) if n else 0\nf(60)",
    "while True:\n    try: sum(itertools.repeat(1))\n    except BaseException: pass",
    "l = threading.Lock(); l.acquire(); l.acquire()",
    "def g():\n    while True: yield 1\ndef f(): return max(g())",
]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
@pytest.mark.parametrize("endless", ENDLESS)
def test_what_comes_to_no_end_is_left(endless: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "SECONDS", 0.2)
    monkeypatch.setattr(budget, "AGAIN", 0.2)
    program = f"import torch, itertools, threading\n{endless}\ntorch.ones(3) @ torch.ones(4)\n"
    assert [code for _, code in lines(program)] == ["matmul-shape"]


def test_a_file_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "ALL", 0.0)
    assert lines("import torch\ntorch.ones(3) @ torch.ones(4)\n") == []


def test_nobody_waits() -> None:
    program = (
        "import torch, time, threading\n"
        "began = time.monotonic()\n"
        "time.sleep(10**6)\n"
        "t = threading.Thread(target=lambda: time.sleep(10**6)); t.start(); t.join()\n"
        "l = threading.Lock(); l.acquire(); l.acquire(timeout=10**6)\n"
        "threading.Event().wait(10**6); torch.ones(3) @ torch.ones(4)\n"
        "time.sleep(-1)\n"
    )
    began = time.process_time()
    assert lines(program) == [(6, "matmul-shape"), (7, "value")]
    assert time.process_time() - began < 4  # and not after their time


def test_an_interrupt_of_the_programs_own_ends_it() -> None:
    end = "torch.ones(3) @ torch.ones(4)\n"
    assert lines(f"import torch\nraise KeyboardInterrupt\n{end}") == []
    assert lines(f"import torch\ndef f(): raise KeyboardInterrupt\n{end}") == [(3, "matmul-shape")]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
def test_ctrl_c_ends_it() -> None:
    before = signal.signal(signal.SIGALRM, interrupt.interrupts)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            lines("import itertools\nwhile True: sum(itertools.repeat(1))\n")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
