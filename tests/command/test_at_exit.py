"""`atexit`: what programs register is called when the command ends, in Python's order and with its words on errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tensorsh
from tensorsh import Session, TensorshError

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(tensorsh.__file__).parents[1])}


def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tensorsh", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        env=ENVIRONMENT,
    )


ENDS = """
import atexit, sys, torch
def first(*args, **kwargs): print("first", args, kwargs)
def taken(): print("never")
def takes():
    atexit.unregister(taken)
    atexit.register(print, "too late")
def fails():
    try: 1 / 0
    except ZeroDivisionError as error: raise ValueError("bad") from error
atexit.register(first, torch.ones(2), x=1)
atexit.register(sys.exit, 7)
atexit.register(taken)
atexit.register(fails)
atexit.register(takes)
"""


@pytest.mark.parametrize(
    ("end", "code", "told"),
    [
        ("print('done')", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('left')", 1, "left\n"),
        ("raise KeyError('k')", 1, "error[key]"),
    ],
)
def test_what_is_registered_with_atexit_is_called_last(
    end: str, code: int, told: str, tmp_path: Path
) -> None:
    script = tmp_path / "ends.py"
    script.write_text(ENDS + end, encoding="utf-8")
    done = run(str(script))
    assert done.returncode == code
    assert done.stdout.splitlines()[-1] == "first (tensor([1., 1.]),) {'x': 1}" and "never" not in done.stdout
    assert "too late" not in done.stdout
    before, *ignored = done.stderr.split("Exception ignored in atexit callback")
    assert before.startswith(told) and bool(before) == bool(told)
    assert [each.splitlines()[-1] for each in ignored] == ["ValueError: bad", "SystemExit: 7"]
    place = 'line 10, in fails\n    except ZeroDivisionError as error: raise ValueError("bad") from error'
    assert place in ignored[0] and "ZeroDivisionError: " not in ignored[0]
    assert "cli.py" not in done.stderr and "at_exit.py" not in done.stderr


def test_texts_and_shells_end_once() -> None:
    text = "import atexit, torch; f = atexit.register(print, 'over', [1]); 1"
    assert run("-c", text, "-c", "2").stdout == "1\n2\nover [1]\n"
    done = run("-i", "-q", "--no-config", "--no-history", typed=f"{text}\n3\n:quit\n")
    assert done.stdout.splitlines()[-2:] == ["3", "over [1]"]


def test_a_function_that_does_not_return_ends_with_the_time() -> None:
    done = run("--timeout", "1", "-c", "import atexit\ndef f():\n while True: pass\natexit.register(f)")
    assert done.returncode and "1 second" in done.stderr and "atexit callback" not in done.stderr


def test_a_session_is_finished_by_its_program(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session()
    session.run("import atexit\nseen = {}\natexit.register(seen.update, x=1)")
    with pytest.raises(TensorshError):
        session.run("if True:\n  atexit.register(print, 'undone')\n  1 / 0")
    assert session["seen"] == {}
    session.finish()
    session.finish()
    assert session["seen"] == {"x": 1} and capsys.readouterr() == ("", "")


HOOK = """
import sys, torch, traceback
print(sys.excepthook is sys.__excepthook__)
def told(kind, error, trace):
    print("told", kind.__name__, error, traceback.extract_tb(trace)[-1].name)
    {inside}
sys.excepthook = told
def f(): torch.ones(2) + torch.ones(3)
f()
"""


@pytest.mark.parametrize(
    ("inside", "printed"),
    [
        ("", ""),
        ("sys.__excepthook__(kind, error, trace)", "Traceback (most recent call last):"),
        ("1 / 0", "Error in sys.excepthook:"),
    ],
)
def test_an_error_that_ends_a_program_is_told_to_its_hook(inside: str, printed: str, tmp_path: Path) -> None:
    script = tmp_path / "ends.py"
    script.write_text(HOOK.replace("{inside}", inside), encoding="utf-8")
    done = run(str(script))
    assert done.returncode == 1
    message = "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0"
    assert done.stdout == f"True\ntold RuntimeError {message} f\n"
    assert done.stderr.partition("\n")[0] == printed and "uncaught.py" not in done.stderr
