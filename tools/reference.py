"""The reference pages of operations, written from their records: docs/operations.md and docs/operations/."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tensorsh.repl.help.families import FAMILIES as PAGES
from tensorsh.repl.help.families import family_of

ROOT = Path(__file__).parents[1]
INDEX = ROOT / "docs" / "operations.md"
FOLDER = ROOT / "docs" / "operations"

INDEX_HEAD = """# Operations

%(count)d operations, each with PyTorch's name and signature. A page for each family; below, every name with a
link to its entry. In the shell `:help NAME` shows the same.

An entry says what the operation does, what it is called in PyTorch (`Tensor.name` is the method `x.name(…)`), how its
derivative is written, and shows an example that the tests run. Where an operation has several names, they are the same
operation. An argument with `=...` may be left out, but nothing stands for it, not None either.

| page | operations |
|---|---|
"""

PAGE_HEAD = """# %(title)s

[All operations](../operations.md) · %(count)d here. Written from the operation records by `python tools/generate.py`;
every example is run by the tests. A derivative is the formula of the gradient of an input, in terms of `grad`, the
gradient of the output; it is read from the engine's own walk at the call that is shown, so sizes and dimensions in it
are those of that call.
"""


def records() -> list[Any]:
    """Every public operation once, by name."""
    import tensorsh.ops
    import tensorsh.train  # noqa: F401
    from tensorsh.engine.records.op import Op, registry
    from tensorsh.engine.run.inplace import InPlace

    found, public = {}, registry.names()
    for name, record in registry.items():
        if name not in public:
            continue
        if isinstance(record, Op) and not isinstance(record, InPlace):
            if name in {n.removeprefix("torch.") for n in record.names}:
                found[id(record)] = record
    return sorted(found.values(), key=lambda r: (title(r).lower(), title(r), str(r.schema)))


def title(record: Any) -> str:
    """The name a reader looks for."""
    plain = [n.removeprefix("torch.") for n in record.names]
    return record.name if record.name in plain else plain[0]


def page_of(record: Any) -> str:
    """The page that has the operation."""
    return family_of(title(record), record.names)


def anchor(record: Any) -> str:
    return title(record).replace(".", "-").lower()


# ------------------------------------------------------------------ one entry


def entry(record: Any) -> str:
    text, example = split_doc(record.doc)
    lines = [f'### <a id="{anchor(record)}"></a>{title(record)}', "", f"`{signature(record)}`", ""]
    lines += [text, ""]
    if example:
        lines += ["```", example, "```", ""]
    lines += [f"- PyTorch: {', '.join(f'`{n}`' for n in counterparts(record))}", *derivative(record), ""]
    return "\n".join(lines)


def signature(record: Any) -> str:
    text = str(record.schema)
    return title(record) + text[text.index("(") :]


def split_doc(doc: str) -> tuple[str, str]:
    """The description and the example."""
    text, example = [], []
    for line in doc.splitlines():
        (example if line.startswith(">>>") or example else text).append(line)
    return "\n".join(text).strip(), "\n".join(example).strip()


def counterparts(record: Any) -> list[str]:
    """The names that PyTorch has it under, the in-place method among them."""
    names = [n if n.startswith(("torch.", "Tensor.")) else f"torch.{n}" for n in record.names]
    if record.inplace:
        methods = [n for n in names if n.startswith("Tensor.")]
        names.append(f"{methods[0] if methods else 'Tensor.' + record.name.rpartition('.')[2]}_")
    return names


def derivative(record: Any) -> list[str]:
    """What is known of its derivative: formulas, or why there are none."""
    from tensorsh.render.derivatives import formulas

    node = f" (`{record.grad_fn}`)" if isinstance(record.grad_fn, str) and record.derivatives else ""
    if record.nondifferentiable:
        return ["- Derivative: none, it is constant or has none"]
    found = formulas(record)
    if found is None:
        if record.derivatives:
            inputs = [record.schema.parameters[i].name for i in sorted(record.derivatives)]
            return [f"- Derivative{node}: by {', '.join(f'`{n}`' for n in inputs)}"]
        through = record.body is not None and not record.factory and (record.tensors or record.lists)
        return ["- Derivative: that of the operations it is written in"] if through else []
    rows = [f"  - by `{name}`: `{formula}`" for name, formula in found.by.items()]
    return [f"- Derivative{node} of `{found.call}`", *rows]


# ------------------------------------------------------------------ pages


def pages() -> dict[Path, str]:
    """The text of each file."""
    grouped: dict[str, list[Any]] = {page: [] for page in PAGES}
    for record in records():
        grouped[page_of(record)].append(record)
    grouped = {page: found for page, found in grouped.items() if found}
    texts = {FOLDER / f"{page}.md": page_text(PAGES[page][0], found) for page, found in grouped.items()}
    texts[INDEX] = index_text(grouped)
    return texts


def page_text(heading: str, found: Iterable[Any]) -> str:
    found = list(found)
    parts = [PAGE_HEAD % {"title": heading, "count": len(found)}]
    seen: set[str] = set()
    for record in found:
        text = entry(record)
        if title(record) in seen:  # a second operation of that name: one anchor is enough
            text = text.replace(f'<a id="{anchor(record)}"></a>', "", 1)
        seen.add(title(record))
        parts.append(text)
    return "\n".join(parts).rstrip() + "\n"


def index_text(grouped: dict[str, list[Any]]) -> str:
    total = sum(map(len, grouped.values()))
    rows = [f"| [{PAGES[page][0]}](operations/{page}.md) | {len(found)} |" for page, found in grouped.items()]
    parts = [INDEX_HEAD % {"count": total} + "\n".join(rows) + "\n"]
    for page, found in grouped.items():
        names: dict[str, str] = {}
        for record in found:
            plain = {n.removeprefix("torch.") for n in record.names} | {title(record)}
            for name in plain:  # the method of a function goes without saying
                if name.removeprefix("Tensor.") not in plain - {name}:
                    names.setdefault(name, anchor(record))
        links = [
            f"[{n}](operations/{page}.md#{a})" for n, a in sorted(names.items(), key=lambda x: x[0].lower())
        ]
        parts.append(f"## {PAGES[page][0]}\n\n{' · '.join(links)}\n")
    return "\n".join(parts).rstrip() + "\n"
