"""`tensorsh check` on recorded programs: no false alarm on those that run, and which faults of others it finds.

    PYTHONPATH=tests/support python tests/support/check_programs.py [NAME …]

goes through whole files of `tests/data`, `NAME.jsonl.gz`, and lists each alarm and each fault that is not found.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from oracle import read_lines
from tensorsh.check import Checked
from tensorsh.errors import TensorshError, Warned
from tensorsh.source import Source

FILES = (
    "whole_programs", "reports", "python_programs", "tutorial_programs", "family_programs", "survey_programs",
    "dense_programs", "programs", "twins",
)  # fmt: skip

#: recorded errors that depend on values, and how; and one of a tensor on `meta`, which has none, as all have here
VALUES = {
    "error-py-12-custom-exception": "raised when losses no longer fall",
    "report-ag-anomaly": "NaN in a gradient",
    "report-ag-anomaly-sqrt": "NaN in a gradient",
    "report-so-embedding-pad": "an index",
    "report-so-weights-ce": "probabilities outside [0, 1]",
    "errors-007": "asserts a sum",
    "errors-008": "asserts a sum",
    "errors-094": "standard input is empty",
    "errors-153": "an index",
    "more2-075": "probabilities outside [0, 1]",
    "more2-076": "a class",
    "more2-125": "an index",
    "e-py-assert": "asserts that there is no NaN",
    "e-train-class-range": "a class",
    "error-037-gather-out-of-bounds": "an index",
    "error-102-cross-entropy-target-range": "a class",
    "error-105-bce-out-of-range": "probabilities outside [0, 1]",
    "error-107-embedding-range": "an index",
    "survey-allclose-on-meta": "a value of a tensor on meta",
}  # fmt: skip


@contextlib.contextmanager
def empty_folder() -> Iterator[None]:
    """Programs run in a folder of their own, as they were recorded."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def problems(program: str, name: str = "program.py") -> list[TensorshError]:
    """The errors that `tensorsh check` finds in a text, without its warnings."""
    try:
        found = Checked(Source(program, name)).problems()
    except TensorshError as error:  # it is no program
        return [error]
    return [error for error in found if not isinstance(error, Warned)]


def text_of(name: str, case: dict[str, Any]) -> tuple[str, str]:
    """A recorded program and what to call its file."""
    if name == "programs":
        return case["program"], "program.tsh"
    head = "import torch\nimport torch.nn.functional as F\n" if name == "twins" else ""
    return head + case["program"], "program.py"


def fails(case: dict[str, Any]) -> bool:
    return "expect_error" in case


def is_found(case: dict[str, Any], found: list[TensorshError]) -> bool:
    """Whether the error that a program ends with is among those found."""
    wanted = (case.get("expect_message") or case.get("expect_error") or "").split("\n")[0]
    return any(wanted[:40] in each.message or each.message.split("\n")[0][:40] in wanted for each in found)


def main(names: list[str]) -> None:
    run = alarms = faults = seen = valued = 0
    for name in names or list(FILES):
        for number, case in enumerate(read_lines(f"{name}.jsonl.gz")):
            label = f"{name} {case.get('id', number)}"
            with empty_folder():
                found = problems(*text_of(name, case))
            if not fails(case):
                run += 1
                alarms += bool(found)
                for each in found:
                    print(f"alarm {label}: {each.error_class}: {each.message}")
                continue
            faults += 1
            seen += is_found(case, found)
            if is_found(case, found):
                continue
            if case.get("id") in VALUES:
                valued += 1
            else:
                print(f"not found {label}: {case.get('error_type')}: {case.get('expect_message')}")
    print(f"{run} programs that run, {alarms} with a false alarm")
    print(f"{faults} that fail, {seen} found, {valued} depend on values")


if __name__ == "__main__":
    main(sys.argv[1:])
