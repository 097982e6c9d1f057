"""Tracebacks that a program prints are those of the Python that runs it, with what they mark of each line."""

import subprocess
import sys
from pathlib import Path

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
