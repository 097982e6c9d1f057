"""Operators at their edges, and what they are called when differentiated twice: what PyTorch prints.

infinities, NaN, the sign of zero, coordinates on a border, writes through memory that is shared. Recorded from
PyTorch 2.13 on a processor with AVX2, whose kernels differ from those of others in some of this.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import warnings
from pathlib import Path

import pytest

from tensorsh import Session, TensorshError

DATA = Path(__file__).parents[1] / "data" / "operator_edges.jsonl.gz"
RECORDED = [json.loads(line) for line in gzip.decompress(DATA.read_bytes()).splitlines()]


@pytest.mark.parametrize("row", RECORDED, ids=[row["name"] for row in RECORDED])
def test_an_edge_prints_what_pytorch_prints(row: dict[str, str]) -> None:
    printed = io.StringIO()
    message = None
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            Session().execute(row["program"], "program.py", script=True)
        except TensorshError as error:
            message = error.message.splitlines()[0]
    assert printed.getvalue() == row["expect"]
    assert (message is None) == (row["error"] is None)
    if message is not None:
        assert message in row["error"]
