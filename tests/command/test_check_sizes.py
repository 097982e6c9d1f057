"""`tensorsh check` where sizes and numbers are unknown: what holds for all of them is found, nothing else is said.

`data/check_wrong.txt` has programs as learners write them that end with an error under PyTorch (with input "3", "4",
"5"), whatever their input is; `data/check_right.txt` unusual ones that run.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from check_programs import empty_folder, problems

DATA = Path(__file__).parents[1] / "data"


def programs(name: str) -> list[tuple[str, str]]:
    """(what stands in the heading, program)"""
    parts = re.split(r"^#--- (.*)\n", (DATA / name).read_text(), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


WRONG, RIGHT = programs("check_wrong.txt"), programs("check_right.txt")


@pytest.mark.parametrize("heading, program", WRONG, ids=[heading.partition(":")[0] for heading, _ in WRONG])
def test_wrong(heading: str, program: str) -> None:
    """The error is found at its line, with PyTorch's class and words, unknown sizes aside, and no other."""
    _, line, error_class, message = heading.split(": ", 3)
    with empty_folder():
        found = problems(program)
    assert [each.span.position[0] for each in found if each.span] == [int(line.removeprefix("line "))]
    assert found[0].error_class == error_class
    words = re.split(r"[\W\d]+", message)[:4]
    assert re.split(r"[\W\d]+", found[0].message)[:4] == words or "input of size" in message


@pytest.mark.parametrize("name, program", RIGHT, ids=[name for name, _ in RIGHT])
def test_right(name: str, program: str) -> None:
    with empty_folder():
        assert problems(program) == []


def told(program: str, name: str = "program.py") -> list[tuple[int, str]]:
    with empty_folder():
        return [(each.span.position[0] if each.span else 0, each.message) for each in problems(program, name)]


def test_sizes_are_called_as_the_program_calls_them() -> None:
    program = (
        "import torch\n"
        "B, T = map(int, input().split())\n"
        "rows = int(input())\n"
        "torch.zeros(B, T, 3) @ torch.zeros(4, 5)\n"
        "torch.zeros(B * T, 3).view(B, T, 4)\n"
        "torch.zeros(2 * rows, 3) @ torch.zeros(2, rows)\n"
        "x = torch.zeros(B, T + 1, 3)[:, :-1]\n"
        "x[:, :, 5]\n"
    )
    assert told(program) == [
        (4, "mat1 and mat2 shapes cannot be multiplied (B*Tx3 and 4x5)"),
        (5, "shape '[B, T, 4]' is invalid for input of size 3*B*T"),
        (6, "mat1 and mat2 shapes cannot be multiplied (2*rowsx3 and 2xrows)"),
        (8, "index 5 is out of bounds for dimension 2 with size 3"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "torch.zeros(n, 3) + torch.zeros(4, 3)",
        "torch.zeros(3, n) @ torch.zeros(4, 5)",
        "torch.zeros(n, 3).view(-1, 7)",
        "torch.zeros(n, 12).view(6, 8)",
        "torch.zeros(n) + torch.zeros(m)",
        "torch.zeros(n, m) @ torch.zeros(3, 4, 5)",
        "torch.zeros(10, 3)[:n] + torch.zeros(4, 3)",
        "torch.zeros(n, 3)[:10] + torch.zeros(4, 3)",
        "torch.zeros(n)[7]",
        "torch.zeros(min(n, 8), 3) + torch.zeros(5, 3)",
        "torch.zeros(n // 2, 3) + torch.zeros(5, 3)",
        "torch.zeros(n % 4 + 1, 3) + torch.zeros(7, 3)",
        "torch.zeros(n, 3).split([4, 6])",
        "torch.cat([torch.zeros(n, 3), torch.zeros(2, m)], 1)",
        "torch.stack([torch.zeros(k + 1, 2) for k in range(n)])",
        "torch.nn.functional.cross_entropy(torch.zeros(n, 3), torch.zeros(5).long())",
        "torch.nn.Conv1d(1, 1, 3)(torch.zeros(2, 1, n)) + torch.zeros(4)",
        "torch.zeros(3, 4).reshape(n, m) + torch.zeros(6, 2)",
        "torch.nn.Linear(n, 3)(torch.zeros(4))",
        "torch.zeros(2)[n], [1, 2][n], 'abc'[n]",
        "assert torch.zeros(n, 3).shape == (5, 3) and n > m and n == 3",
        "next(row for row in torch.zeros(n, 3)) + torch.zeros(3)",
        "torch.zeros(4)[torch.rand(4) > 0.5] + torch.zeros(3)",
        "torch.zeros(4)[torch.rand(4) > 0.5].view(2, 1)",
        "torch.ones(n, requires_grad=True).backward()",
        "1 / (n - m), (n - m) * [1], torch.zeros(n - m)",
    ],
)
def test_what_depends_on_a_size_is_no_error(line: str) -> None:
    assert told(f"import torch\nn = int(input())\nm = int(input())\n{line}\n") == []


def test_sizes_of_what_nobody_knows() -> None:
    program = (
        "import torch\n"
        "def f(x, y):\n"
        "    B, T, C = x.shape\n"
        "    n = y.size(0)\n"
        "    h = torch.zeros(B, T, 4) @ torch.zeros(5, 3)\n"
        "    if x.shape[1] > 8:\n"
        "        h = torch.zeros(n, 4) @ torch.zeros(5, 3)\n"
        "    return torch.zeros(len(y), 2) + torch.zeros(B, 3)\n"
    )
    assert [line for line, _ in told(program)] == [5, 7, 8]


def test_arguments_are_unknown() -> None:
    program = (
        "import sys\nimport argparse\nimport torch\n"
        "if len(sys.argv) != 2:\n    sys.exit('a number')\n"
        "n = int(sys.argv[1])\n"
        "torch.zeros(n, 3) @ torch.zeros(4, 5)\n"
        "for name in sys.argv[2:]:\n    print(name)\n"
        "a, b = sys.argv\n"
        "parser = argparse.ArgumentParser()\nparser.add_argument('file')\n"
        "args = parser.parse_args()\nopen(args.file)\n"
        "torch.zeros(3) + torch.zeros(4)\n"
    )
    assert [line for line, _ in told(program)] == [7, 15]


def test_one_of_several_functions() -> None:
    program = (
        "import torch\nimport torch.nn as nn\n"
        "act = torch.relu if input() == 'relu' else torch.tanh\n"
        "cell = (nn.GRU if input() else nn.RNN)(3, 4)\n"
        "y, h = cell(act(torch.zeros(5, 2, 3)))\n"
        "y @ torch.zeros(3, 3)\n"
        "cell(torch.zeros(5, 2, 7))\n"
        "head = nn.Linear(4, 2) if input() else nn.Linear(5, 2)\n"
        "head(y)\n"
    )
    assert [line for line, _ in told(program)] == [6, 7]


def test_a_program_that_metrics_were_not_told_of() -> None:
    """What an object of the library keeps is not known once a call was left out."""
    program = (
        "import torch\nfrom ignite.metrics import Precision\n"
        "p = Precision()\n"
        "n = int(input())\n"
        "for _ in range(n):\n    p.update((torch.rand(n).round().tolist(), None))\n"
        "print(p.compute())\n"
    )
    assert told(program) == []


def test_named_sizes() -> None:
    program = (
        "x: float32[n, 3] = load(input())\n"
        "w: float32[d, 2] = zeros(4, 2)\n"
        "x @ w\n"
        "y: float32[n, 5] = zeros(7, 5)\n"
        "B = int(input())\n"
        "z: float32[B, 4] = zeros(B, 5)\n"
        "v: float32[d] = zeros(3)\n"
    )
    found = problems(program, "program.tsh")
    assert [(each.span.position[0] if each.span else 0, each.code) for each in found] == [
        (3, "matmul-shape"), (6, "shape-annotation"), (7, "shape-annotation"),
    ]  # fmt: skip
    assert [(span.position[0], text) for span, text in found[-1].labels] == [(2, "d = 4 was bound here")]


def test_ways_that_differ_in_a_size_meet() -> None:
    program = (
        "import torch\n"
        "h = torch.zeros(2, 3) if input() else torch.zeros(4, 3)\n"
        "h @ torch.zeros(4, 1)\n"
        "h + torch.zeros(4, 3)\n"
        "x = torch.zeros(1, 3)\n"
        "for _ in range(int(input())):\n"
        "    x = torch.cat([x, torch.zeros(2, 3)])\n"
        "x @ torch.zeros(4, 1)\n"
        "x.view(9, 1)\n"
    )
    assert [line for line, _ in told(program)] == [3, 8]
