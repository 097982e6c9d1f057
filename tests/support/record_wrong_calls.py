"""Record what PyTorch says to wrong calls of its functions: tests/data/wrong_calls.jsonl.gz.

Run where PyTorch is installed: `python tests/support/record_wrong_calls.py CALLS.py... OUT.jsonl.gz`. A file of calls
is a program that makes values and then has a line `t("CALL", lambda: CALL)` for each; the values are its first lines.
"""

from __future__ import annotations

import ast
import gzip
import json
import sys
import warnings
from pathlib import Path
from typing import Any


def recorded(path: str) -> list[dict[str, str]]:
    """The calls of a file that PyTorch refuses, each with the class and the message."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("def t("))
    values = "\n".join(lines[:start])
    scope: dict[str, Any] = {}
    exec(values, scope)
    found = []
    for line in lines:
        if line.startswith("t("):
            call = ast.parse(line).body[0].value.args[0].value  # type: ignore[attr-defined]
            error = refusal(call, scope)
            if error is not None and "0x" not in str(error):
                kind = type(error)
                title = (
                    kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
                )
                found.append({"values": values, "call": call, "class": title, "message": str(error)})
    return found


def refusal(call: str, scope: dict[str, Any]) -> Exception | None:
    try:
        eval(call, scope)
    except Exception as error:
        return error
    return None


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with gzip.open(sys.argv[-1], "wt", encoding="utf-8") as file:
        for path in sys.argv[1:-1]:
            for row in recorded(path):
                file.write(json.dumps(row) + "\n")
