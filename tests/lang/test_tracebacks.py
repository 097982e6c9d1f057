"""Tracebacks that a program prints are those of the Python that runs it, with what they mark of each line."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tensorsh import Session

PLAIN = {**os.environ, "PYTHONUTF8": "1"}
FAILING = (Path(__file__).parents[1] / "data" / "tracebacks.txt").read_text(encoding="utf-8")


def printed(command: list[str], file: Path) -> str:
    done = subprocess.run(
        [sys.executable, *command, str(file)], capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_marked_where_something_fails(tmp_path: Path) -> None:
    file = tmp_path / "failing.py"
    file.write_text(FAILING, encoding="utf-8")
    by_python = printed(["-X", "utf8"], file)
    assert by_python.count("Traceback (most recent call last)") > 100
    assert printed(["-X", "utf8", "-m", "tensorsh"], file).splitlines() == by_python.splitlines()


def test_what_failed_in_a_method_on_another_line(tmp_path: Path) -> None:
    file = tmp_path / "failing.py"
    file.write_text(
        "import traceback, torch, sys\n"
        "try:\n"
        "    (torch.ones(2, 3)\n"
        "          .view(3, 2)\n"
        "          .matmul(torch.ones(3, 3)))\n"
        "except RuntimeError:\n"
        "    traceback.print_exc(file=sys.stdout)\n",
        encoding="utf-8",
    )
    assert printed(["-m", "tensorsh"], file) == (
        "Traceback (most recent call last):\n"
        f'  File "{file}", line 5, in <module>\n'
        "    .matmul(torch.ones(3, 3)))\n"
        "     ^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (3x2 and 3x3)\n"
    )


def test_what_fails_where_nobody_has_called(tmp_path: Path) -> None:
    file = tmp_path / "dropped.py"
    file.write_text(
        "import sys\n"
        "class A:\n"
        "    def __init__(self, x): self.x = x\n"
        "    def __del__(self):\n"
        "        try: self.x.sort()\n"
        "        finally: raise ValueError('late', self.x)\n"
        "a = A([2, 1])\n"
        "del a\n"
        "def each():\n"
        "    try: yield 1\n"
        "    finally: 1 / 0\n"
        "g = each()\n"
        "next(g)\n"
        "del g\n"
        "class B:\n"
        "    def __del__(self): sys.exit(3)\n"
        "    def __call__(self): pass\n"
        "B()\n"
        "print('done')\n",
        encoding="utf-8",
    )
    said = []
    for command in ([], ["-m", "tensorsh"]):
        done = subprocess.run([sys.executable, *command, file], capture_output=True, text=True, env=PLAIN)
        assert (done.returncode, done.stdout) == (0, "done\n")
        said.append(re.sub("0x[0-9a-f]+", "", done.stderr).splitlines())
    assert said[0] == said[1] and said[0].count("Traceback (most recent call last):") == 3


def test_what_the_library_says_of_it_has_no_frames_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "dropped.py"
    text = "import torch\nclass A:\n  def __del__(self): torch.ones(2) @ torch.ones(3)\nA()\n"
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "tensorsh", file]
    said = subprocess.run(command, capture_output=True, text=True).stderr.splitlines()
    assert said[0].startswith("Exception ignored in: <function A.__del__ at ")
    assert said[2] == f'  File "{file}", line 3, in __del__' and said[-1].startswith(
        "RuntimeError: inconsistent tensor"
    )
    assert sum(line.lstrip().startswith("File") for line in said) == 1


def test_whoever_runs_a_session_is_told_of_what_fails_elsewhere() -> None:
    heard: list[object] = []
    before, sys.unraisablehook = sys.unraisablehook, heard.append
    try:
        session = Session()
        session.run("class A:\n  def __del__(self): 1 / 0\nfor i in range(1): A()")
        assert heard == [] and sys.unraisablehook == heard.append
        session["A"]()
        assert len(heard) == 1
    finally:
        sys.unraisablehook = before
