"""Programs that stop: what they print before, and PyTorch's (or Python's) message.

`errors.jsonl.gz` was recorded from PyTorch: programs written one theme after the other, and recorded
operator cases with an argument too many, one missing, of another type, shape or dtype.
`known_error_differences.json` names those that tensorsh answers otherwise, each with its reason.
"""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest

from oracle import DATA, read_lines
from tensorsh import Session, TensorshError
from tensorsh.render.error import error_text

PROGRAMS = read_lines("errors.jsonl.gz")
KNOWN: dict[str, str] = json.loads((DATA / "known_error_differences.json").read_text())
CHUNK = 50


def stopped(program: str) -> tuple[str, TensorshError | None]:
    """What a program prints, and the error that stops it."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            Session().run(program)
        except TensorshError as error:
            return printed.getvalue(), error
    return printed.getvalue(), None


def difference(case: dict[str, Any]) -> str | None:
    """What is wrong with how a program stops; None if nothing is."""
    printed, error = stopped(case["program"])
    if error is None:
        return f"no error, where {case['error']!r} was expected"
    if case["error"] not in error.message.splitlines():
        return f"{error.message!r}, where {case['error']!r} was expected"
    if error.exit_code != 1 or error.kind == "internal":
        return f"exit code {error.exit_code}, kind {error.kind}"
    if printed != case.get("printed", ""):
        return f"printed {printed!r}"
    if error.span is None or not error_text(error, color=False, width=80).startswith(f"error[{error.code}]"):
        return "an error without a place"
    return None


@pytest.mark.parametrize("start", range(0, len(PROGRAMS), CHUNK))
def test_stops_as_pytorch_does(start: int) -> None:
    chunk = [case for case in PROGRAMS[start : start + CHUNK] if case["program"] not in KNOWN]
    wrong = [f"{case['program']}\n    {found}" for case in chunk if (found := difference(case))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("says", ["1 / 0", "return 3"])
def test_an_exception_that_cannot_say_what_it_is(says: str) -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run(f"import torch\nclass E(Exception):\n    def __str__(self): {says}\nraise E from E()")
    told = caught.value
    assert (told.error_class, told.message) == ("E", "<exception str() failed>")
    assert told.causes == (("E", "<exception str() failed>"),)
