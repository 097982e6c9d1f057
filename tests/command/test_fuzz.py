"""Some of the inputs of `fuzz.py`: no traceback, no internal error, no crash, nothing that goes on for ever."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

import fuzz_guided
import fuzz_readers
from fuzz import KINDS, is_wrong, tried


@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals of POSIX")
@pytest.mark.parametrize("kind", KINDS)
def test_inputs_that_nobody_would_type(kind: str) -> None:
    inputs = {"call": 400, "mutated": 40, "noise": 100, "grammatical": 8, "file": 150}[kind]
    assert [found for found in tried(0, inputs, [kind]) if is_wrong(found[1])] == []


@pytest.mark.parametrize("kind", fuzz_readers.KINDS)
def test_seeds_are_read(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What our own writers make is read, and what is not read is refused."""
    monkeypatch.chdir(tmp_path)
    became = [found for _, found in fuzz_guided.replayed(kind, limited=False)]
    assert set(became) <= {"", "error"} and "" in became


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed (the extra `fuzz`)")
@pytest.mark.parametrize("kind", ["any", "session.json", "pt pickle", "text"])
def test_guided_by_the_branches_that_are_reached(kind: str, tmp_path: Path) -> None:
    found = fuzz_guided.guided(kind, tmp_path, 60, runs=150, seed=1)
    assert found.wrong == [] and found.inputs >= 150 and found.last > 20
