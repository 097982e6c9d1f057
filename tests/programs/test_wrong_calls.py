"""Wrong calls of PyTorch's functions: exactly its class and message.

`wrong_calls.jsonl.gz` was recorded by `record_wrong_calls.py` from calls with random wrong arguments, too many, too
few and unknown ones. Those marked `differs` are known not to agree; `python tests/programs/test_wrong_calls.py`
marks them anew.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import warnings
from itertools import groupby
from typing import Any

import pytest

from oracle import DATA, read_lines
from tensorsh import Session, TensorshError
from tensorsh.engine.records.op import before_calls
from tensorsh.engine.values.tensor import Tensor

CALLS = read_lines("wrong_calls.jsonl.gz")
#: those of one kind each, which all agree
FAMILIES = [
    "wrong_indices.jsonl.gz",
    "wrong_dims.jsonl.gz",
    "wrong_layers.jsonl.gz",
    "wrong_uncalled.jsonl.gz",
    "wrong_absent.jsonl.gz",  # None or nothing where another signature has the argument
]


def groups(calls: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [list(rows) for _, rows in groupby(calls, key=lambda row: row["values"])]


GROUPS = groups(CALLS)

ANSWER = """
def answer(call):
    try:
        call()
        print("fine")
    except Exception as error:
        kind = type(error)
        title = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        print(repr((title, str(error))))

"""


def agreeing(rows: list[dict[str, Any]]) -> list[bool]:
    """Which calls of a group, which are made one after the other, end as they did in PyTorch."""
    calls = "\n".join(f"answer(lambda: {row['call']})" for row in rows)
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Session().run(rows[0]["values"] + ANSWER + calls)
    found = out.getvalue().splitlines()
    assert len(found) == len(rows)
    return [line == repr((row["class"], row["message"])) for line, row in zip(found, rows, strict=True)]


ALL = GROUPS + [rows for family in FAMILIES for rows in groups(read_lines(family))]


@pytest.mark.parametrize("group", range(len(ALL)))
def test_what_is_said(group: int) -> None:
    rows = ALL[group]
    wrong = [
        row["call"]
        for row, agrees in zip(rows, agreeing(rows), strict=True)
        if not agrees and not row.get("differs")
    ]
    assert wrong == []


def test_few_are_known_to_differ() -> None:
    assert sum(bool(row.get("differs")) for row in CALLS) <= 339


def test_after_a_mode_of_a_program_methods_are_still_functions_in_c() -> None:
    session = Session()
    session.execute(
        "import torch\n"
        "from torch.overrides import TorchFunctionMode\n"
        "class Mode(TorchFunctionMode):\n"
        "    def __torch_function__(self, f, types, args=(), kwargs=None): return f(*args, **(kwargs or {}))\n"
        "x = torch.ones(1)\n"
        "with Mode(): x.item()\n"
    )
    with pytest.raises(TensorshError, match="not 'builtin_function_or_method'"):
        session.execute("int(x.item)")


MODE = """
import torch
from torch.overrides import TorchFunctionMode
class Mode(TorchFunctionMode):
    def __torch_function__(self, f, types, args=(), kwargs=None):
        asked.append(1)
        return f(*args, **(kwargs or {}))
x, asked, mode = torch.ones(1), [], Mode()
"""


def test_operations_ask_while_a_mode_of_a_program_is_in_force() -> None:
    plain = Tensor.__dict__["__add__"], Tensor.__dict__["shape"]
    session = Session()
    session.execute(MODE)
    session.execute("with mode: x + x; x.shape")
    assert not before_calls and (Tensor.__dict__["__add__"], Tensor.__dict__["shape"]) == plain
    session.execute("mode.__enter__()")
    with pytest.raises(TensorshError):
        session.execute("if True:\n    mode.__exit__(None, None, None)\n    1 / 0")
    assert before_calls  # the failed statement has changed nothing
    session.execute("y = x + x; mode.__exit__(None, None, None)")
    assert session["asked"] == [1, 1, 1] and not before_calls


if __name__ == "__main__":
    with gzip.open(DATA / "wrong_calls.jsonl.gz", "wt", encoding="utf-8") as file:
        for rows in GROUPS:
            for row, agrees in zip(rows, agreeing(rows), strict=True):
                row.pop("differs", None)
                file.write(json.dumps(row if agrees else {**row, "differs": True}) + "\n")
