"""The pages about the language say what the program does: examples, errors, what is covered."""

from __future__ import annotations

import ast
import doctest
import json
import re
from pathlib import Path

import pytest

from doc_examples import ROOT, enter, make_shell, sections, today
from tensorsh import TensorshError, errors
from tensorsh.lang.faults.faults import KINDS, SPECIAL
from tensorsh.repl.help.errors import Code, codes
from tensorsh.repl.help.texts import ENGLISH

DOCS = ROOT / "docs"
DATA = ROOT / "tests" / "data"
PARTS = [
    pytest.param(part, id=f"{page}: {title}")
    for page in ("language.md", "errors.md", "from-pytorch.md")
    for title, part in sections((DOCS / page).read_text(encoding="utf-8"))
    if "```tensorsh" in part or "```console" in part
]


@pytest.mark.parametrize("part", PARTS)
def test_examples_print_what_the_page_shows(part: str, tmp_path: Path) -> None:
    assert today(part, tmp_path) == part, (
        "read it, then: python tests/support/doc_examples.py docs/language.md"
    )


def test_python_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its ```pycon blocks are one session of Python."""
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(DOCS / "python.md"), module_relative=False)
    assert tried > 10 and not failed


def test_docstrings_of_a_session() -> None:
    import tensorsh.session

    failed, tried = doctest.testmod(tensorsh.session)
    assert tried > 5 and not failed


# ------------------------------------------------------------------ errors

#: (kind, code, example), as the page of errors has them
DOCUMENTED = [(code.kind, code.name, code.example) for code in codes(ENGLISH)]


def raised_codes() -> set[str]:
    """Every constant given as `code=` in the package, and what Python's exceptions become."""
    codes = {code for _, _, code in KINDS + SPECIAL} | {"exception"}
    for path in (ROOT / "tensorsh").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code":
                codes |= {
                    value.value
                    for value in ast.walk(node.value)
                    if isinstance(value, ast.Constant) and isinstance(value.value, str)
                }
    return codes


def kinds() -> set[str]:
    """What is raised in a program, and what is reported without one."""
    raised = {each.name for each in vars(errors).values() if isinstance(each, errors.Kind)}
    reported = {each.kind for each in TensorshError.__subclasses__()}
    return raised | reported | {kind for _, kind, _ in KINDS} | {"exception"}


def test_every_code_that_is_raised_is_documented_and_no_other() -> None:
    documented = {code for _, code, _ in DOCUMENTED}
    missing = raised_codes() - documented
    assert not missing, f"add a row to docs/errors.md, with an example: {sorted(missing)}"
    stale = documented - raised_codes() - kinds()
    assert not stale, f"nothing raises these: {sorted(stale)}"


def test_every_kind_has_a_section() -> None:
    assert {kind for kind, _, _ in DOCUMENTED} == kinds()


@pytest.mark.parametrize(
    ("kind", "code", "example"), [row for row in DOCUMENTED if row[2]], ids=lambda value: value[:24]
)
def test_example_of_an_error(
    kind: str, code: str, example: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    shell, seen = make_shell(), []
    shell.report.error = seen.append
    enter(shell, example)
    assert [(error.kind, error.code) for error in seen] == [(kind, code)]


@pytest.mark.parametrize(
    "code", [code for code in codes(ENGLISH) if code.instead], ids=lambda code: code.name
)
def test_what_to_write_instead_of_an_error_runs(
    code: Code, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    shell, seen = make_shell(), []
    shell.report.error = seen.append
    enter(shell, code.instead)
    assert not seen, seen[0].message


# ------------------------------------------------------------------ coverage


def test_known_differences_are_on_the_coverage_page() -> None:
    page = (DOCS / "coverage.md").read_text(encoding="utf-8")
    for name in ("known_differences.json", "known_twin_differences.json"):
        for case in json.loads((DATA / name).read_text()):
            assert f"`{case}`" in page, "run: python tools/generate.py --coverage"


# ------------------------------------------------------------------ links


def test_every_decision_is_in_the_index() -> None:
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    for path in (DOCS / "decisions").glob("0*.md"):
        title = path.read_text(encoding="utf-8").split("\n", 1)[0].partition(". ")[2]
        assert f"[{title}]({path.name})" in index


@pytest.mark.parametrize(
    "path", [*sorted(ROOT.glob("README*.md")), *sorted(DOCS.rglob("*.md"))], ids=lambda p: p.name
)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert target.startswith("http") or (path.parent / target).exists(), target
