"""Write what is derived from the operation records: `python tools/generate.py`.

docs/operations.md, and for each package of operations its index of names (which module has which), so
that a program imports only the operations it uses. Tests compare these files with the records.

`python tools/generate.py --coverage` runs every recorded case of PyTorch instead, which takes a minute, and
writes docs/coverage.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "operations.md"

HEAD = """# Operations

Generated from the operation records by `python tools/generate.py`; every example is run by the tests.
Where an operation is listed with several names, they are the same operation. `x.name(…)` is the method
form. *In place* means that `x.name_(…)` exists; *gradient* that a derivative is declared, and *through*
that the operation is written in others which have theirs.
"""

#: section title → name prefix
SECTIONS = {
    "Tensors": "",
    "nn.functional": "nn.functional.",
    "linalg": "linalg.",
    "fft": "fft.",
    "special": "special.",
    "signal.windows": "signal.",
    "masked": "masked.",
    "autograd": "autograd.",
    "func": "func.",
    "optim": "optim.",
}


def records():
    """Every public operation once, by name."""
    sys.path.insert(0, str(ROOT))
    import tensorsh.ops
    import tensorsh.train  # noqa: F401
    from tensorsh.engine.inplace import InPlace
    from tensorsh.engine.op import Op, registry

    found = {}
    for name, record in registry.items():
        if isinstance(record, Op) and not isinstance(record, InPlace):
            if name in {n.removeprefix("torch.") for n in record.names}:
                found[id(record)] = record
    return sorted(found.values(), key=lambda r: r.name)


def section(record) -> str:
    first = main_name(record)
    for title, prefix in reversed(SECTIONS.items()):
        if prefix and first.startswith(prefix):
            return title
    return "Tensors"


def main_name(record) -> str:
    """The name a reader looks for."""
    plain = [n.removeprefix("torch.") for n in record.names if n.startswith("torch.")]
    if record.name in plain or not plain:
        return record.name
    return plain[0] if not any(n == record.name for n in record.names) else record.name


def entry(record) -> str:
    signature = str(record.schema)
    traits = []
    if record.derivatives:
        traits.append(f"gradient (`{record.grad_fn}`)" if isinstance(record.grad_fn, str) else "gradient")
    elif record.body is not None:
        traits.append("through")
    if record.inplace:
        traits.append("in place")
    if record.view:
        traits.append("view")
    names = ", ".join(f"`{n}`" for n in record.names)
    lines = [f"### `{signature}`", "", f"{names}" + (f" — {', '.join(traits)}" if traits else ""), ""]
    text, example = [], []
    for line in record.doc.splitlines():
        (example if line.startswith(">>>") or example else text).append(line)
    lines += ["\n".join(text).strip(), ""]
    if example:
        lines += ["```", "\n".join(example).strip(), "```", ""]
    return "\n".join(lines)


def page() -> str:
    grouped: dict[str, list[str]] = {title: [] for title in SECTIONS}
    for record in records():
        grouped[section(record)].append(entry(record))
    parts = [HEAD]
    for title, entries in grouped.items():
        if entries:
            parts.append(f"## {title}\n")
            parts.extend(entries)
    return "\n".join(parts).rstrip() + "\n"


PACKAGES = ("ops", "train")

INDEX = '''"""Which module has which name; written by `python tools/generate.py`."""

NAMES = {
%s}
'''


def indexes() -> dict[Path, str]:
    """The text of each package's index."""
    from tensorsh.engine.op import registry
    from tensorsh.engine.tensor import Tensor

    registry.owners = {}
    registry.load_all()
    owners = dict(registry.owners)
    registry.owners = None
    for name in sorted(Tensor.public):
        value = vars(Tensor).get(name)
        module = getattr(value.fget if isinstance(value, property) else value, "__module__", "")
        if module.startswith("tensorsh.ops."):
            owners.setdefault(f"Tensor.{name}", module)
    found = {}
    for package in PACKAGES:
        prefix = f"tensorsh.{package}."
        lines = [
            f'    "{name}": "{module.removeprefix(prefix)}",\n'
            for name, module in sorted(owners.items())
            if module.startswith(prefix)
        ]
        found[ROOT / "tensorsh" / package / "names.py"] = INDEX % "".join(lines)
    return found


def fresh_indexes() -> dict[Path, str]:
    """The indexes as a new interpreter derives them (in this one, modules are imported already)."""
    code = f"import sys, json; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tools')!r}]; import generate; "
    code += "import tensorsh.ops, tensorsh.train; "
    code += "print(json.dumps({str(k): v for k, v in generate.indexes().items()}))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return {Path(path): text for path, text in json.loads(done.stdout).items()}


# ------------------------------------------------------------------ docs/coverage.md

COVERAGE = ROOT / "docs" / "coverage.md"

COVERAGE_HEAD = """# Coverage

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
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    import oracle
    import test_torch_cases
    import test_twins

    cases, twins = test_torch_cases.CASES, test_twins.TWINS
    found = {case["id"]: test_torch_cases.check(case) for case in cases}
    wrong = differences(found, test_torch_cases.KNOWN)
    wrong_twins = differences({twin["id"]: twin_difference(twin) for twin in twins}, test_twins.KNOWN)
    parts = [
        COVERAGE_HEAD
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
    passed: dict[str, list[str]] = {title: [] for title in SECTIONS}
    for operator, group in sorted(test_torch_cases.BY_OPERATOR.items()):
        fine = sum(case["id"] not in wrong for case in group)
        title = next(t for t, prefix in reversed(SECTIONS.items()) if operator.startswith(prefix))
        count = str(len(group)) if fine == len(group) else f"**{fine} of {len(group)}**"
        passed[title].append(f"`{operator.removeprefix(SECTIONS[title])}` {count}")
    parts.append("## Operators, with the number of cases\n")
    for title, rows in passed.items():
        if rows:
            parts.append(f"**{title}** ({len(rows)}): {', '.join(rows)}\n")
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


def main() -> None:
    if sys.argv[1:] == ["--coverage"]:
        COVERAGE.write_text(coverage(), encoding="utf-8")
        return
    for package in PACKAGES:
        path = ROOT / "tensorsh" / package / "names.py"
        if not path.exists():
            path.write_text(INDEX % "", encoding="utf-8")
    for path, text in fresh_indexes().items():
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {text.count(': ')} names")
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {page().count('### ')} operations")


if __name__ == "__main__":
    main()
