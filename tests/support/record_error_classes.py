"""Record which exception PyTorch (or Python) raises for every program that must stop: class and whole message.

Run where PyTorch is installed: `python tests/support/record_error_classes.py PROGRAMS.jsonl[.gz]... OUT.jsonl.gz`.
A program is read from the key `program`; only those with `error` or `expect_error` are run.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import signal
import sys
import warnings
from typing import Any

SECONDS = 10  # for one program


class TooLong(BaseException):
    pass


def programs(path: str) -> list[tuple[str, str]]:
    """The programs of a file that are recorded as stopping, and a line of the message."""
    opener: Any = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    known = [(case["program"], case.get("error", case.get("expect_error"))) for case in cases]
    return [(program, error) for program, error in known if error is not None]


TORCH = "import torch, torch.nn as nn, torch.nn.functional as F, numpy as np"
#: what brings the names that a program finds without importing them: functions of torch, or Python's of the same name
SCOPES = (
    f"from torch import *; {TORCH}; from torch import linalg, fft, special, autograd, func, signal, masked\n"
    "from builtins import float, int, bool, complex, range, max, min, sum, abs",
    f"from torch import *; {TORCH}; from torch import linalg, fft, special, autograd, func, signal, masked",
    TORCH,
)


def recorded(program: str, error: str) -> dict[str, str] | None:
    """What a program raises with the names under which its message is the known one."""
    for scope in SCOPES:
        found = raised(program, scope)
        if found is not None and error in found["message"].splitlines():
            return found
    return None


def raised(program: str, scope: str) -> dict[str, str] | None:
    """The class, as Python prints it, and the message of what a program raises."""
    import torch

    torch.manual_seed(0)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device("cpu")
    torch.set_grad_enabled(True)
    signal.alarm(SECONDS)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            names: dict[str, Any] = {"__name__": "__main__"}
            exec(scope, names)
            exec(compile(program, "program.py", "exec"), names)
    except (Exception, SystemExit) as error:
        return {"class": class_name(type(error)), "message": str(error)}
    except TooLong:
        return None
    finally:
        signal.alarm(0)
    return None


def class_name(kind: type) -> str:
    module = kind.__module__
    return kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"


def main(paths: list[str], out: str) -> None:
    def late(*_: Any) -> None:
        raise TooLong

    signal.signal(signal.SIGALRM, late)
    warnings.simplefilter("ignore")
    seen: dict[str, dict[str, str] | None] = {}
    for path in paths:
        for program, error in programs(path):
            if program not in seen:
                seen[program] = recorded(program, error)
    print(
        f"{sum(found is None for found in seen.values())} of {len(seen)} have another message",
        file=sys.stderr,
    )
    with gzip.open(out, "wt", encoding="utf-8") as file:
        for program, found in seen.items():
            if found is not None:
                file.write(json.dumps({"program": program, **found}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:-1], sys.argv[-1])
