"""docs/coverage.md: which of PyTorch's recorded cases and programs pass, operator by operator."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "coverage.md"


HEAD = """# Coverage

Written by `python tools/generate.py --coverage`, which runs every case again; the tests run them as well.

**Operators.** %(cases)d cases of PyTorch's own operator database (OpInfo samples, recorded with PyTorch's results):
%(operators)d operators in float32, float64, int64, bool and complex64, %(gradients)d of the cases with gradients.
%(passing)d pass: values, dtypes, shapes, and gradients agree.

**Calls that must fail.** %(refused)d of that database's wrong calls, each with PyTorch's message.

**Programs.** %(twins)d whole programs, %(errors)d of which end in an error: %(twins_passing)d print the same
bytes, or end with the same message.

What does not pass is listed [below](#what-differs), each with its reason.
"""


def coverage() -> str:
    """The page: what PyTorch does in the recorded cases, and how much of it tensorsh does."""
    sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / each) for each in ("support", "ops", "programs"))]
    import test_torch_cases
    import test_twins

    import oracle

    cases, twins = test_torch_cases.CASES, test_twins.TWINS
    found = {case["id"]: test_torch_cases.check(case) for case in cases}
    wrong = differences(found, test_torch_cases.KNOWN)
    wrong_twins = differences({twin["id"]: twin_difference(twin) for twin in twins}, test_twins.KNOWN)
    parts = [
        HEAD
        % {
            "cases": len(cases),
            "operators": len(test_torch_cases.BY_OPERATOR),
            "gradients": sum(any(k.endswith(".grad") for k in case["expect"]) for case in cases),
            "passing": len(cases) - len(wrong),
            "refused": len(oracle.read_lines("error_inputs.jsonl.gz")),
            "twins": len(twins),
            "errors": sum("expect_error" in twin for twin in twins),
            "twins_passing": len(twins) - len(wrong_twins),
        },
        "## What differs\n",
        difference_table("case", wrong | wrong_twins),
    ]
    parts += [
        "## Operators\n",
        "A row for each operator: how many of its cases are covered, pass, and compare gradients too.\n",
        "| operator | cases | pass | with gradients | dtypes |\n|---|---|---|---|---|",
    ]
    for operator, group in sorted(test_torch_cases.BY_OPERATOR.items()):
        fine = sum(case["id"] not in wrong for case in group)
        gradients = sum(any(k.endswith(".grad") for k in case["expect"]) for case in group)
        dtypes = sorted({case["id"].split("/")[1] for case in group})
        passing = str(fine) if fine == len(group) else f"**{fine}**"
        parts.append(f"| `{operator}` | {len(group)} | {passing} | {gradients or ''} | {', '.join(dtypes)} |")
    return "\n".join(parts).rstrip() + "\n"


def differences(found: dict[str, str | None], known: dict[str, str]) -> dict[str, str]:
    """id → why, for every case that is known to differ or does."""
    return known | {id: known.get(id, text) for id, text in found.items() if text is not None}


def twin_difference(twin: dict[str, object]) -> str | None:
    """What a program does that its twin in PyTorch does not."""
    import contextlib
    import io

    from tensorsh import Session, TensorshError

    printed, message = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            Session().run(twin["program"])
    except TensorshError as error:
        message = error.message
    if twin.get("expect_error", "") not in message.splitlines() + [""] * (not message):
        return f"the error is {message!r}"
    return None if printed.getvalue() == twin["expect_stdout"] else "the output differs"


def difference_table(what: str, rows: dict[str, str]) -> str:
    if not rows:
        return f"No {what} differs today.\n"
    lines = [f"| {what} | why |", "|---|---|"]
    for id, why in sorted(rows.items()):
        text = " ".join(why.split()).replace("|", "\\|")
        lines.append(f"| `{id}` | {text if len(text) <= 300 else text[:299] + '…'} |")
    return "\n".join(lines) + "\n"
