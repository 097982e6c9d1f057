"""What is said when a program has closed its streams, or raises what is hard to look at: Python's class and message."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tensorsh import Session, TensorshError

CLOSED = "ValueError: I/O operation on closed file."


def ended(tmp_path: Path, program: str) -> tuple[int, str, str]:
    """Exit code, standard output, and the error without its place."""
    path = tmp_path / "prog.py"
    path.write_text("import sys, torch\n" + program)
    done = subprocess.run(
        [sys.executable, "-m", "tensorsh", path], capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("program", "code", "out", "first"),
    [
        ("sys.stdout.close()\nprint(1)", 1, "", f"error[value]: {CLOSED}"),
        ("sys.stdout.close()", 0, "", ""),
        ("print(1)\nsys.stderr.close()\nraise ValueError", 1, "1\n", ""),
        ("del sys.stdout\nprint(1)", 1, "", "error[exception]: RuntimeError: lost sys.stdout"),
        ("sys.stdout = 5\nprint(1)", 1, "", "error[attribute]: AttributeError: 'int' object has no attribute 'write'"),
        ("sys.stdout = None\nprint(1)\nsys.stdout = sys.__stdout__\nprint(2)", 0, "2\n", ""),
        ("sys.stdout.close()\nsys.exit('gone')", 1, "", "gone"),
    ],
)  # fmt: skip
def test_closed_streams(tmp_path: Path, program: str, code: int, out: str, first: str) -> None:
    returned, printed, said = ended(tmp_path, program)
    assert (returned, printed, said.partition("\n")[0]) == (code, out, first)
    assert "Traceback" not in said


def test_inputs_after_the_streams_are_closed() -> None:
    command = [sys.executable, "-m", "tensorsh", "--no-config", "--no-history"]
    inputs = ["-c", "import sys", "-c", "sys.stdout.close()", "-c", "1 + 1"]
    done = subprocess.run([*command, *inputs], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr.partition("\n")[0]) == (1, f"error[value]: {CLOSED}")
    shell = "import sys\nsys.stdout.close()\n1 + 1\nprint(3)\n"
    done = subprocess.run([*command, "-i"], input=shell, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "Traceback" not in done.stderr


RAISES = "raise RuntimeError('asked for ' + name)"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (f"def __getattribute__(self, name): {RAISES}", "x"),
        (f"def __getattr__(self, name): {RAISES}", "x"),
        ("args = property(lambda self: 1 / 0)", "x"),
        ("__notes__ = __cause__ = __traceback__ = property(lambda self: 1 / 0)", "x"),
        ("__class__ = property(lambda self: 1 / 0)", "x"),
        ("def __str__(self): raise KeyError('no')", "<exception str() failed>"),
    ],
)
@pytest.mark.parametrize("base", ["Exception", "KeyError", "OSError", "UnicodeDecodeError"])
def test_exceptions_that_are_hard_to_look_at(base: str, body: str, says: str) -> None:
    arguments = "'x'" if base != "UnicodeDecodeError" else "'utf-8', b'', 0, 1, 'x'"
    text = f"class E({base}):\n    {body}\nraise E({arguments})"
    with pytest.raises(TensorshError) as told:
        Session().execute(f"import torch\n{text}", "main.py", script=True, leads=True)
    error = told.value
    assert (error.error_class, error.span and error.span.position) == ("E", (4, 1))
    assert says in error.message


def test_metaclasses_and_causes() -> None:
    text = f"class M(type):\n    def __getattribute__(cls, name): {RAISES}\nclass E(Exception, metaclass=M): pass\n"
    text += f"class F(Exception):\n    def __getattribute__(self, name): {RAISES}\n"
    with pytest.raises(TensorshError) as told:
        Session().execute(f"import torch\n{text}raise E('x') from F('y')", "main.py", script=True, leads=True)
    assert (told.value.error_class, told.value.message) == ("E", "x")
    assert told.value.causes == (("F", "y"),)


def test_a_program_that_calls_too_deep_inside_an_operation_is_told_so() -> None:
    text = "import torch\ndef f(t, n=0):\n    return f(t + 1, n + 1)\nf(torch.zeros(1))\n"
    with pytest.raises(TensorshError) as told:
        Session().execute(text, "main.py", script=True, leads=True)
    assert (told.value.error_class, told.value.code) == ("RecursionError", "recursion")
    assert told.value.message.startswith("maximum recursion depth exceeded")
    assert told.value.help == "f() calls itself too often; use a loop"
