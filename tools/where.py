"""Where a name is at home: `python tools/where.py softmax nn.Linear`.

For each name: the line it is written on, its page and entry in docs, the tests that name it, and how many recorded
cases and programs have it.
"""

from __future__ import annotations

import gzip
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import reference  # noqa: E402
from tensorsh import Session  # noqa: E402
from tensorsh.engine.records.op import Op  # noqa: E402


def written(value: Any) -> str | None:
    """`tensorsh/ops/activation/softmax.py:12`: where a record's kernel or body, a class or a function begins."""
    rule = inspect.unwrap((value.kernel or value.body) if isinstance(value, Op) else value)
    inside = vars(rule).values() if isinstance(rule, type) else (rule,)
    codes = [each.__code__ for each in inside if inspect.isfunction(each)]
    if not codes or not codes[0].co_filename.startswith(str(ROOT)):
        return None
    file = Path(codes[0].co_filename)
    line = codes[0].co_firstlineno
    if isinstance(rule, type):  # its module's name is PyTorch's, so `inspect` does not find it
        head = re.compile(rf"class {rule.__name__}\b")
        lines = file.read_text(encoding="utf-8").splitlines()
        line = next((n for n, text in enumerate(lines, 1) if head.match(text)), line)
    return f"{file.relative_to(ROOT)}:{line}"


def found(session: Session, name: str) -> Any:
    """What a program calls by this name, below torch, or of tensors."""
    last = name.rpartition(".")[2]
    for text in (
        name,
        f"torch.{name}",
        f"torch.nn.functional.{name}",
        f"torch.nn.{name}",
        f"torch.Tensor.{last}",
    ):
        try:
            value = session.evaluate(text)
        except Exception:
            continue
        return (
            getattr(value, "__self__", value) if isinstance(getattr(value, "__self__", None), Op) else value
        )
    return None


def mentions(name: str) -> Iterator[tuple[str, int]]:
    """The files of tests that have the word, with how often."""
    word = re.compile(rf"(?<![\w]){re.escape(name)}(?![\w])")
    for path in sorted((ROOT / "tests").rglob("*")):
        if path.suffix == ".gz":
            text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        elif path.suffix in (".py", ".txt", ".json", ".md"):
            text = path.read_text(encoding="utf-8", errors="replace")
        else:
            continue
        count = len(word.findall(text))
        if count:
            yield str(path.relative_to(ROOT)), count


def main(names: list[str]) -> int:
    """Tell of each name; 1 if one of them is nobody's."""
    session, unknown = Session(), 0
    session.run("import torch")
    for name in names:
        value = found(session, name)
        if value is None:
            print(f"{name}: no such name", file=sys.stderr)
            unknown = 1
            continue
        print(f"{name}: {written(value) or 'no source of ours'}")
        if isinstance(value, Op):
            page = reference.page_of(value)
            print(f"  page   docs/operations/{page}.md#{reference.anchor(value)}")
            print(f"  names  {', '.join(value.names or ())}")
        for path, count in sorted(mentions(name.rpartition(".")[2]), key=lambda each: -each[1]):
            print(f"  {count:6d} {path}")
    return unknown


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
