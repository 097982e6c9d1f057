"""Some of the inputs of `fuzz.py`: no traceback, no internal error, no crash, nothing that goes on for ever."""

from __future__ import annotations

import os

import pytest

from fuzz import KINDS, is_wrong, tried


@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals of POSIX")
@pytest.mark.parametrize("kind", KINDS)
def test_inputs_that_nobody_would_type(kind: str) -> None:
    inputs = {"call": 400, "mutated": 40, "noise": 100, "grammatical": 8, "file": 150}[kind]
    assert [found for found in tried(0, inputs, [kind]) if is_wrong(found[1])] == []
