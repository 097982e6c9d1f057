"""Programs that would go on for ever, or want all the memory there is: interrupted, or refused, within a second or two.

Each line of `unbounded.txt` is one (⏎ begins a line of it), run in a process with a limit of memory and a signal that
comes soon. The tests try some of them; all are tried by `python tests/command/test_unbounded.py`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = (ROOT / "tests" / "data" / "unbounded.txt").read_text(encoding="utf-8").splitlines()
WRONG = ("crashed", "unstoppable", "internal")
#: seconds until the signal, bytes that a program has, and seconds after which it counts as unstoppable
SOON, MEMORY, LATE = 0.05, 300 << 20, 60.0


def serve() -> None:
    """Run programs from standard input, each a line.

    Answers how it ended, how long after the signal, and whether a kernel that was left goes on.
    """
    from tensorsh import Session, TensorshError, interrupt, limits
    from tensorsh.engine.run import aside

    signal.signal(signal.SIGALRM, interrupt.interrupts)
    sys.unraisablehook = interrupt._dropped
    limits.memory.limit(MEMORY)
    for line in sys.stdin:
        session = Session(seed=0)
        session.on_warning = lambda report: None
        begun = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, SOON)
        try:
            with redirect_stdout(StringIO()):
                session.run(json.loads(line))
            ended = "done"
        except KeyboardInterrupt:
            ended = "interrupted"
        except TensorshError as error:
            ended = error.code
        except MemoryError:  # of `redirect_stdout` itself
            ended = "out-of-memory"
        signal.setitimer(signal.ITIMER_REAL, 0)
        after = max(0.0, time.perf_counter() - begun - SOON)
        session = None  # type: ignore[assignment]  # what it holds is not the next one's
        print(json.dumps([ended, after, bool(aside.at_work)]), flush=True)


def started() -> subprocess.Popen[str]:
    from tensorsh import limits

    limits.roomy_stack()
    env = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "serve"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)


def tried(programs: list[str]) -> Iterator[tuple[str, str, float]]:
    """(program, how it ended, seconds after the signal); "unstoppable" and "crashed" are ends, too."""
    process = None
    for program in programs:
        if process is None:
            process = started()
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(program.replace("⏎", "\n")) + "\n")
        process.stdin.flush()
        answers, _, _ = select.select([process.stdout], [], [], LATE)
        answer = process.stdout.readline() if answers else ""
        if answer:
            ended, after, left = json.loads(answer)
        else:
            ended, after, left = "crashed" if answers else "unstoppable", LATE, True
        if left:  # it would take the next one's time
            process.kill()
            process.communicate()
            process = None
        yield program, ended, after
    if process is not None:
        process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
def test_programs_without_end_are_ended() -> None:
    assert [each for each in tried(PROGRAMS[::16]) if each[1].startswith(WRONG)] == []


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        sys.path.insert(0, str(ROOT))
        found = list(tried(PROGRAMS))
        for program, ended, after in found:
            if after > 1 or ended.startswith(WRONG):
                print(f"{ended}, {after:.1f} s after the signal: {program}")
        within = sum(after <= 1 and not ended.startswith(WRONG) for _, ended, after in found)
        print(f"{within} of {len(found)} within a second")
