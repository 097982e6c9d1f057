"""Ctrl-C at any moment from the first line of ours to the last: exit code 130, and not a word."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: what the installed command does, told on standard output which handler each import of ours or others finds
COMMAND = """
import sys, _signal
class Told:
    found = False
    def find_spec(self, name, path=None, target=None):
        if not Told.found and _signal.getsignal(_signal.SIGINT) is not _signal.default_int_handler:
            Told.found = True
            sys.__stdout__.write("ready\\n"); sys.__stdout__.flush()
        elif not Told.found:
            sys.__stdout__.write(name + "\\n"); sys.__stdout__.flush()
sys.meta_path.insert(0, Told())
from tensorsh.__main__ import main
sys.exit(main())
"""


def started(*arguments: str) -> subprocess.Popen[str]:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", COMMAND, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=env
    )


def test_nothing_is_imported_before_ctrl_c_is_handled() -> None:
    out, err = started("-c", "1 + 1").communicate(timeout=60)
    assert (out.splitlines(), err) == (
        ["tensorsh", "tensorsh.__main__", "tensorsh.interrupt", "ready", "2"],
        "",
    )


@pytest.fixture(scope="module")
def startup() -> float:
    """Seconds to start, run nothing and end."""
    begin = time.perf_counter()
    started("-c", "1 + 1").communicate(timeout=60)
    return time.perf_counter() - begin


@pytest.mark.parametrize("seed", range(30))
def test_at_a_random_moment(seed: int, startup: float) -> None:
    process = started("-c", "while true: x = 1")
    assert process.stdout is not None
    while process.stdout.readline() != "ready\n":
        pass
    time.sleep(random.Random(seed).uniform(0, 1.3 * startup))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "")


def test_the_command_and_the_module_are_one_entry() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"tensorsh": "tensorsh.__main__:main"}


def test_who_ignores_ctrl_c_keeps_ignoring_it() -> None:
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        "from tensorsh import interrupt; interrupt.exits(); interrupt.raises();"
        "signal.raise_signal(signal.SIGINT); print('alive')"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", program], env=env, capture_output=True).stdout == b"alive\n"
