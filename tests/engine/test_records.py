"""What every operation owes: documentation, an example that runs, one truth about shapes and gradients."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tensorsh.ops  # noqa: F401
from tensorsh import Session
from tensorsh.engine.records.op import Op, registry
from tensorsh.engine.run.inplace import InPlace

RECORDS: list[Op] = sorted(
    {
        id(r): r
        for name, r in registry.items()
        if isinstance(r, Op)
        and not isinstance(r, InPlace)
        and name in {n.removeprefix("torch.") for n in r.names}
    }.values(),
    key=lambda r: r.name,
)
PUBLIC = [r for r in RECORDS if any("." in n and not n.startswith("engine.") for n in r.names)]

EXAMPLE = re.compile(r"((?:^>>> .*\n(?:^\.\.\. .*\n)*)+)((?:^(?!>>>).+\n?)*)", re.M)


def examples(doc: str) -> list[tuple[str, str]]:
    """(code, expected output) pairs of a docstring."""
    return [
        (re.sub(r"^(>>>|\.\.\.) ?", "", code, flags=re.M), out.rstrip())
        for code, out in EXAMPLE.findall(doc + "\n")
    ]


@pytest.mark.parametrize("record", PUBLIC, ids=lambda r: r.name)
def test_documented_with_an_example_that_runs(record: Op, capsys: pytest.CaptureFixture[str]) -> None:
    assert record.doc, "no docstring"
    pairs = examples(record.doc)
    assert pairs, "no example"
    session = Session()
    for code, expected in pairs:
        shown = [str(v) if not isinstance(v, str) else repr(v) for v in session.run(code)]
        printed = capsys.readouterr().out.rstrip()
        have = "\n".join([*([printed] if printed else []), *shown])
        assert have == expected, code


def test_names_are_not_taken_twice() -> None:
    for name, record in registry.items():
        if isinstance(record, Op) and not isinstance(record, InPlace):
            assert name in {n.removeprefix("torch.") for n in record.names} or record.name == name


def test_numpy_stays_quiet() -> None:
    assert set(np.geterr().values()) == {"ignore"}
