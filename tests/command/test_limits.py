"""Limits of a program: time, what is there when it is over, and who says so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import tensorsh
from tensorsh.cli import main

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(tensorsh.__file__).parents[1])}
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="nobody else can look at the clock")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tensorsh", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=60,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
    )


def program_of(watcher: subprocess.Popen[str]) -> int:
    """The process that is watched."""
    (child,) = Path(f"/proc/{watcher.pid}/task/{watcher.pid}/children").read_text().split()
    return int(child)


def begun(*arguments: str) -> subprocess.Popen[str]:
    """A program that has printed its first line."""
    process = subprocess.Popen(
        command("--timeout", "50", *arguments),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "3\n"
    return process


linux = pytest.mark.skipif(sys.platform != "linux", reason="where to look for the program is Linux's")


@linux
def test_a_program_ends_when_its_time_is_over() -> None:
    process = begun("-c", "import torch\nfor i in range(3, 10**12):\n    if i == 3: print(i, flush=True)")
    os.kill(program_of(process), signal.SIGALRM)  # what its watcher does
    assert process.communicate()[1].startswith(
        "error[timeout]: TimeoutError: the program may take 50 seconds\n  --> <command>:"
    )
    assert process.returncode == 1


@linux
def test_a_crash_is_told() -> None:
    """A program of ours that crashes is a mistake of ours; here the system is asked to end it."""
    process = begun("-c", "print(3)", "-c", "while true: x = 1")
    os.kill(program_of(process), signal.SIGSEGV)
    assert (
        "error[ended]: SystemError: the system has ended the program: Segmentation"
        in process.communicate()[1]
    )
    assert process.returncode == 1


@forks
@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np; np.broadcast_to(np.ones(1), 2**45).sum()",
        "import torch\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass",
    ],
    ids=["in C", "which catches everything"],
)
def test_what_does_not_hear_is_ended(text: str) -> None:
    done = run("--timeout", "0.3", "-f", "json", "-c", text)
    error = json.loads(done.stderr)["error"]
    assert (done.returncode, error["code"], error["class"]) == (1, "timeout", "TimeoutError")


@forks
@pytest.mark.parametrize("seconds", ["1e-9", "0.01", "0.05", "0.1", "0.2"])
def test_time_may_be_over_before_the_program_begins(seconds: str) -> None:
    done = run("--timeout", seconds, "-c", "while true: x = 1")
    assert done.returncode == 1
    assert "the program may take" in done.stderr and "Traceback" not in done.stderr


def test_who_has_time_ends_as_ever() -> None:
    done = run("--timeout", "50", "-c", "print(3); exit(7)")
    assert (done.returncode, done.stdout, done.stderr) == (7, "3\n", "")


@forks
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_signals_reach_the_program(name: str, code: int) -> None:
    process = begun(
        "-c", "import torch\ntry:\n    print(3, flush=True)\n    while True: pass\nfinally: print(2)"
    )
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (code, "2\n" if name == "SIGINT" else "", "")


@pytest.mark.parametrize("seconds", ["0", "-1", "x", "inf", "nan", "1e300"])
def test_times_that_are_none(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--timeout", seconds, "-c", "1"]) == 2
    assert "--timeout wants" in capsys.readouterr().err
