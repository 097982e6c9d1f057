"""Write what is derived from the operation records: `python tools/generate.py`.

The pages of operations (`reference`), the tutorial (`tutorial_page`), the types of tensors' methods (`stubs`), and
for each package of operations its index of names (which module has which), so that a program imports only the
operations it uses. Tests compare these files with the records.

`python tools/generate.py --coverage` runs every recorded case of PyTorch instead, which takes a minute, and
writes docs/coverage.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import coverage_page  # noqa: E402
import reference  # noqa: E402
import stubs  # noqa: E402
import tutorial_page  # noqa: E402

PACKAGES = ("ops", "train")

INDEX = '''"""Which module has which name; written by `python tools/generate.py`."""

NAMES = {
%s}
'''


def indexes() -> dict[Path, str]:
    """The text of each package's index."""
    from tensorsh.engine.op import registry
    from tensorsh.engine.tensor import Tensor

    if registry.owners is None:
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
    code = f"import sys, json; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tools')!r}]; "
    code += "from tensorsh.engine.op import registry; registry.owners = {}; "  # before anything is entered
    code += "import generate; "
    code += "import tensorsh.ops, tensorsh.train; "
    code += "print(json.dumps({str(k): v for k, v in generate.indexes().items()}))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return {Path(path): text for path, text in json.loads(done.stdout).items()}


def main() -> None:
    if sys.argv[1:] == ["--coverage"]:
        coverage_page.PAGE.write_text(coverage_page.coverage(), encoding="utf-8")
        return
    for package in PACKAGES:
        path = ROOT / "tensorsh" / package / "names.py"
        if not path.exists():
            path.write_text(INDEX % "", encoding="utf-8")
    for path, text in fresh_indexes().items():
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {text.count(': ')} names")
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
