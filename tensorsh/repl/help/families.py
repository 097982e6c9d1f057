"""Operations by family: the pages of the reference, and what `:help` lists.

An operation belongs to the first family that has the folder of its module, or the beginning of its name. Names
are enough to tell: nothing is imported for it.
"""

from __future__ import annotations

from collections.abc import Iterable

#: name → (title, prefixes of names, folders of modules): the first that fits has the operation
FAMILIES: dict[str, tuple[str, str, str]] = {
    "linear-algebra": ("Linear algebra", "linalg.", "linalg"),
    "fft": ("Fourier transforms", "fft.", "fft"),
    "special": ("Special functions", "special.", "special"),
    "windows": ("Signal windows", "signal.", "signal"),
    "masked": ("Masked reductions", "masked.", ""),
    "sparse": ("Sparse tensors", "sparse.", "sparse"),
    "losses": ("Losses", "", "loss"),
    "neural-networks": ("Neural networks", "nn.", "nn activation"),
    "gradients": ("Gradients and transforms", "autograd. func.", "transforms"),
    "training": ("Training, tables and charts", "optim.", "train"),
    "random": ("Random numbers", "random.", "random"),
    "creation": ("Making tensors", "", "create"),
    "elementwise": ("Element by element", "", "elementwise"),
    "reductions": ("Reductions, scans and sorting", "", "reduce"),
    "indexing": ("Indexing", "", "index"),
    "shapes": ("Shapes, views and joining", "", "shape"),
    "tensors": ("Attributes and conversions", "", "tensors"),
}


def family_of(name: str, names: Iterable[str]) -> str:
    """The family of the operation that has these names, `name` being the one that a reader looks for."""
    from ...engine.records.op import registry

    known = (registry.index.get(n.removeprefix("torch.")) for n in names)
    folder = next((m for m in known if m), "").split(".")[-2:-1]
    for family, (_, prefixes, folders) in FAMILIES.items():
        if set(folder) & set(folders.split()) or any(name.startswith(p) for p in prefixes.split()):
            return family
    return "tensors"


def members() -> dict[str, list[str]]:
    """The names of each family. What is a function and a method is there once; in-place methods go without saying."""
    from ...engine.records.op import registry

    names = registry.names()
    found: dict[str, list[str]] = {family: [] for family in FAMILIES}
    for name in sorted(names, key=str.lower):
        of = name.removeprefix("Tensor.")
        again = of != name and (of in names or f"nn.functional.{of}" in names)
        if again or of.startswith("_") or (of.endswith("_") and name != of):
            continue
        found[family_of(of, (name,))].append(name)
    return {family: listed for family, listed in found.items() if listed}
