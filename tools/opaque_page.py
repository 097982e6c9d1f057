"""docs/opaque.md: the operations whose kernels compiled loops call as they are, each with the reason."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "opaque.md"

HEAD = """# Opaque kernels

Written by `python tools/generate.py --coverage`, which reads the kernels of all recorded cases.

A compiled loop is made of what its kernels ask NumPy for ([decision 27](decisions/0027-kernels-are-read.md)). The
kernels on this page do something that has no step; a loop calls them as they are, which is right, and slower where
arrays are small. `:program` says so of the operations of a loop. Not read by rule are operations that draw random
numbers or compute in 16-bit floats.

## In all recorded calls

"""


def text() -> str:
    """The page."""
    sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / each) for each in ("support", "compile"))]
    import test_reading

    import oracle
    from tensorsh import Session

    checking = test_reading.Checking()
    for case in oracle.read_lines("torch_cases.jsonl.gz") + oracle.read_lines("further_cases.jsonl.gz"):
        test_reading.check(Session(), case["program"], checking)
    never: defaultdict[str, list[str]] = defaultdict(list)
    sometimes: defaultdict[str, list[str]] = defaultdict(list)
    for name, reasons in sorted(checking.opaque.items()):
        for reason, _ in reasons.most_common():
            if reason.startswith(test_reading.ACCIDENTS):
                continue
            (sometimes if name in checking.read else never)[reason].append(name)
            if name not in checking.read:
                break  # the usual reason
    return f"{HEAD}{table(never)}\n{test_reading.SOMETIMES}\n\n{table(sometimes)}"


def table(found: dict[str, list[str]]) -> str:
    rows = [
        f"| {reason} | {', '.join(f'`{name}`' for name in names)} |"
        for reason, names in sorted(found.items())
    ]
    return "\n".join(["| the kernel | of |", "|---|---|", *rows]) + "\n"
