"""Programs that stop: exactly PyTorch's (or Python's) class, and the whole message.

`error_classes.jsonl.gz` was recorded by `record_error_classes.py`. `known_error_differences.json` names the
programs that tensorsh answers otherwise, each with its reason; one that it answers as PyTorch does has to leave the
list. `python tests/programs/test_error_classes.py` says of all which do not agree, and which are in the list
for nothing.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any

import pytest

from oracle import DATA, read_lines
from tensorsh import Session, TensorshError

PROGRAMS = read_lines("error_classes.jsonl.gz")
KNOWN: dict[str, str] = json.loads((DATA / "known_error_differences.json").read_text())
PARTS = 12


def difference(case: dict[str, Any]) -> str | None:
    """What is wrong with how a program stops; None if nothing is."""
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            Session().run(case["program"])
        except TensorshError as error:
            assert type(error.__cause__) is not TensorshError
            if error.error_class != case["class"]:
                return "class"
            return "words" if error.message != case["message"] else None
    return "class"


def differences(cases: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What is wrong, and with which program."""
    found = [(difference(case), case["program"]) for case in cases if case["program"] not in KNOWN]
    return [(wrong, program) for wrong, program in found if wrong is not None]


def known_for_nothing() -> list[str]:
    """Programs of the list that are not recorded, or that end as PyTorch's do."""
    differing = {
        case["program"] for case in PROGRAMS if case["program"] in KNOWN and difference(case) is not None
    }
    return [program for program in KNOWN if program not in differing]


@pytest.mark.parametrize("part", range(PARTS))
def test_classes_and_messages(part: int) -> None:
    cases = PROGRAMS[part::PARTS]
    assert len(cases) > 500
    assert differences(cases) == []


def test_what_is_known_to_differ_differs() -> None:
    assert known_for_nothing() == []


CAUGHT = [
    ("torch.ones(2, 3) @ torch.ones(2, 3)", RuntimeError, "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
    ("torch.ones(3)[5]", IndexError, "index 5 is out of bounds for dimension 0 with size 3"),
    ("torch.relu('x')", TypeError, "relu(): argument 'input' (position 1) must be Tensor, not str"),
    ("torch.tensor([[1, 2], [3]])", ValueError, "expected sequence of length 2 at dim 1 (got 1)"),
    ("torch.ones(2).nothing", AttributeError, "'Tensor' object has no attribute 'nothing'"),
    ("import torch\ntorch.ones(2).nothing", AttributeError, "'Tensor' object has no attribute 'nothing'"),
    ("{}['a']", KeyError, "'a'"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "kind", "message"), CAUGHT, ids=[program for program, *_ in CAUGHT])
def test_the_cause_is_the_exception_itself(program: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run(program)
    cause = caught.value.__cause__
    assert type(cause) is kind
    assert str(cause) == caught.value.message == message


def test_a_cause_a_note_and_a_class_of_the_program_s_own() -> None:
    class Missing(Exception):
        pass

    def load() -> None:
        try:
            {}["weights"]
        except KeyError as error:
            wrong = Missing("no weights")
            wrong.add_note("train first")
            raise wrong from error

    session = Session()
    session._evaluator.variables["load"] = load
    with pytest.raises(TensorshError) as caught:
        session.run("load()")
    error = caught.value
    assert (error.kind, error.error_class.rpartition(".")[2], error.message) == (
        "exception",
        "Missing",
        "no weights",
    )
    assert error.notes == ("train first",)
    assert error.causes == (("KeyError", "'weights'"),)


def test_a_misspelt_keyword() -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run("x = ones(2, 3); x.sum(dm=1)")
    error = caught.value
    assert error.span is not None and error.span.text == "dm=1"
    assert error.help == "did you mean 'dim'?"
    assert error.message == (
        "sum() received an invalid combination of arguments - got (dm=int, ), but expected one of:\n"
        " * (*, torch.dtype dtype = None)\n"
        " * (tuple of ints dim, bool keepdim = False, *, torch.dtype dtype = None)\n"
    )


TOO_LARGE = [
    "x[0] = 300",
    "x.fill_(300)",
    "x[:2] = 300",
    "x.masked_fill_(x == 0, 300)",
    "full((2,), 300, dtype=uint8)",
]


@pytest.mark.parametrize("program", TOO_LARGE)
def test_a_number_that_does_not_fit_is_one_error(program: str) -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run(f"x = zeros(3, dtype=uint8); {program}")
    error = caught.value
    assert (error.error_class, error.code) == ("RuntimeError", "number-range")
    assert error.message == "value cannot be converted to type uint8_t without overflow"


ASSIGNED = [
    ("float32", "1e39", "RuntimeError: value cannot be converted to type float without overflow"),
    ("float16", "1e6", None),
    ("float32", "1j", "RuntimeError: value cannot be converted to type float without overflow"),
    ("int64", "2 ** 64", "ValueError: Overflow when unpacking long long"),
    ("uint8", "255.5", "RuntimeError: value cannot be converted to type uint8_t without overflow"),
    ("uint8", "-255", None),
    ("bool", "1j", None),
    (
        "complex64",
        "1e39",
        "RuntimeError: value cannot be converted to type c10::complex<float> without overflow",
    ),
]


@pytest.mark.parametrize(("dtype", "number", "error"), ASSIGNED)
def test_a_number_written_to_an_element(dtype: str, number: str, error: str | None) -> None:
    """As PyTorch does it."""
    program = f"x = zeros(2, dtype={dtype}); x[0] = {number}"
    if error is None:
        Session().run(program)
        return
    with pytest.raises(TensorshError) as caught:
        Session().run(program)
    assert f"{caught.value.error_class}: {caught.value.message}" == error


if __name__ == "__main__":
    wrong_ones, stale = differences(PROGRAMS), known_for_nothing()
    for wrong, program in wrong_ones:
        print(f"--- {wrong}\n{program}")
    for program in stale:
        print(f"--- known for nothing\n{program}")
    sys.exit(bool(wrong_ones or stale))
