"""The pages about the language say what the program does: examples, errors, what is covered."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from doc_examples import ROOT, sections, today

DOCS = ROOT / "docs"
PARTS = [
    pytest.param(part, id=f"{page}: {title}")
    for page in ("language.md",)
    for title, part in sections((DOCS / page).read_text(encoding="utf-8"))
    if "```tensorsh" in part or "```console" in part
]


@pytest.mark.parametrize("part", PARTS)
def test_examples_print_what_the_page_shows(part: str, tmp_path: Path) -> None:
    assert today(part, tmp_path) == part, "read it, then: python tests/doc_examples.py docs/language.md"


def test_python_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its ```pycon blocks are one session of Python."""
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(DOCS / "python.md"), module_relative=False)
    assert tried > 10 and not failed
