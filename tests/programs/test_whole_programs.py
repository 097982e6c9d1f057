"""Whole PyTorch programs as people write them, programs after public reports, and programs of Python's own features
between tensors: the bytes that PyTorch printed.

Each runs as a script does, in an empty folder, under a name that ends in `.py` or, where it imports torch, in `.tsh`.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
from numpy._core._multiarray_umath import __cpu_features__

from oracle import read_lines
from tensorsh import Session, TensorshError

PROGRAMS = [
    case
    for name in (
        "whole_programs",
        "reports",
        "python_programs",
        "tutorial_programs",
        "family_programs",
        "survey_programs",
        "dense_programs",
        "found_programs",
    )
    for case in read_lines(f"{name}.jsonl.gz")
]

#: what still differs, and why
KNOWN: dict[str, str] = {}

#: NumPy's own digits of programs that call it: without AVX-512 it has another `log1p`, where PyTorch's run differs, too
WITHOUT_AVX512 = {"exceptions-000": ("0.1240786  0.494", "0.12407861 0.494")}


def printed(program: str, name: str) -> tuple[str, TensorshError | SystemExit | None]:
    """What a script prints, and what stopped it."""
    session = Session()
    session.on_warning = lambda report: None
    session.set_arguments([name])
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            session.execute(program, name, script=True, leads=True, undo=False)
        except (TensorshError, SystemExit) as error:
            return out.getvalue(), error
    return out.getvalue(), None


def expected(case: dict[str, Any]) -> str:
    """What PyTorch printed, or would on a processor like this one."""
    if case["id"] not in WITHOUT_AVX512 or __cpu_features__.get("AVX512F"):
        return case["expect_stdout"]
    recorded, here = WITHOUT_AVX512[case["id"]]
    assert recorded in case["expect_stdout"]
    return case["expect_stdout"].replace(recorded, here)


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("case", PROGRAMS, ids=lambda case: case["id"])
def test_program(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if case["id"] in KNOWN:
        pytest.xfail(KNOWN[case["id"]])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    name = "program.py" if len(case["id"]) % 2 and "import torch" in case["program"] else "program.tsh"
    out, error = printed(case["program"], name)
    assert out == expected(case), error
    if "expect_error" not in case:
        assert error is None or (isinstance(error, SystemExit) and not error.code)
        return
    assert isinstance(error, TensorshError), error
    assert error.kind != "internal"
    if "error_type" in case:
        assert (error.error_class or "").rpartition(".")[2] == case["error_type"].rpartition(".")[2]
    assert squeezed(case.get("expect_message") or case["expect_error"])[:400] in squeezed(error.message)
