"""Write what is derived from the operation records: `python tools/generate.py`.

The pages of operations (`reference`), the tutorial (`tutorial_page`) and the types of tensors' methods (`stubs`):
what people and editors read. Tests compare these files with the records; the program needs none of them.

`python tools/generate.py --coverage` runs every recorded case of PyTorch instead, which takes a minute, and
writes docs/coverage.md and docs/opaque.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import coverage_page  # noqa: E402
import opaque_page  # noqa: E402
import reference  # noqa: E402
import stubs  # noqa: E402
import tutorial_page  # noqa: E402


def main() -> None:
    if sys.argv[1:] == ["--coverage"]:
        coverage_page.PAGE.write_text(coverage_page.coverage(), encoding="utf-8")
        opaque_page.PAGE.write_text(opaque_page.text(), encoding="utf-8")
        return
    texts = reference.pages()
    for path in set(reference.FOLDER.glob("*.md")) - set(texts):
        path.unlink()
    reference.FOLDER.mkdir(exist_ok=True)
    for path, text in (texts | tutorial_page.pages() | {stubs.PATH: stubs.text()}).items():
        path.write_text(text, encoding="utf-8")
    print(
        f"docs/operations: {sum(text.count('### ') for text in texts.values())} entries on {len(texts) - 1} pages"
    )


if __name__ == "__main__":
    main()
