"""docs/tutorial.md from the text of `:tutorial`, each input with what it prints; one page for each language."""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests" / "support"))

TEXTS = ROOT / "tensorsh" / "repl" / "help"
WANTS = re.compile(r"(?<=```\n)\n- .*?(?=\n## )", re.DOTALL)


def pages() -> dict[Path, str]:
    """The page of each language that has a text of its own; English is in docs itself."""
    found = {}
    for path in sorted(TEXTS.glob("*/tutorial.md")):
        folder = ROOT / "docs" if path.parent.name == "en" else ROOT / "docs" / path.parent.name
        found[folder / "tutorial.md"] = page(path.read_text(encoding="utf-8"))
    return found


def page(text: str) -> str:
    """The text without what its inputs are looked at for, and with what they print: all of it in one shell."""
    import doc_examples as examples

    shell = examples.make_shell()

    def answered(found: re.Match[str]) -> str:
        typed = examples.inputs("tensorsh", found[2])
        body = "".join(examples.shown("tensorsh", each, examples.enter(shell, each)) for each in typed)
        return f"```tensorsh\n{body}```"

    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        return examples.BLOCK.sub(answered, WANTS.sub("", text))
