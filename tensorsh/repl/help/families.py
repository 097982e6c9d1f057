"""Operations by family: the pages of the reference, and what `:help` lists.

An operation belongs to the first family that has its module, or the beginning of its name. Names are enough to
tell: nothing is imported for it.
"""

from __future__ import annotations

from collections.abc import Iterable

#: name → (title, prefixes of names, modules): the first that fits has the operation
FAMILIES: dict[str, tuple[str, str, str]] = {
    "linear-algebra": (
        "Linear algebra", "linalg.",
        "matmul add_products products linalg linalg_lu linalg_ldl linalg_norm linalg_triangular householder decompose "
        "eigenvalues least_squares matrix_functions matrix_rank einsum distance",
    ),
    "fft": ("Fourier transforms", "fft.", "fft spectral"),
    "special": ("Special functions", "special.", "special gamma bessel polynomials"),
    "windows": ("Signal windows", "signal.", "signal_windows"),
    "masked": ("Masked reductions", "masked.", "masked"),
    "losses": ("Losses", "", "loss loss_binary loss_class loss_margin loss_ctc"),
    "neural-networks": (
        "Neural networks", "nn.",
        "conv pooling pool_adaptive pool_fractional norm_channels norm_batch native_norms attention embedding "
        "embedding_bag fold padding interpolate grid activation activation_smooth dropout softmax",
    ),
    "gradients": ("Gradients and transforms", "autograd. func.", "autograd functional func jacobians vmap gradcheck"),
    "training": ("Training, tables and charts", "optim.", "optim metrics holdout tables charts"),
    "random": ("Random numbers", "random.", "random random_fill random_streams gamma_draws"),
    "creation": ("Making tensors", "", "create factories ranges grids storage"),
    "elementwise": (
        "Element by element", "",
        "arithmetic division powers unary trigonometry rounding magnitude compare logic bitwise bounds pairs "
        "complex_parts",
    ),
    "reductions": (
        "Reductions, scans and sorting", "",
        "reduce statistics extremes scan sort quantile norm histogram unique finite_difference",
    ),
    "indexing": ("Indexing", "", "index index_write gather scatter masked_write nonzero diagonals"),
    "shapes": (
        "Shapes, views and joining", "",
        "shape_views broadcast reorder rearrange join split strided views copies reshape_inplace dim_order",
    ),
    "tensors": ("Attributes and conversions", "", "attributes cast dense hooks storages subclasses"),
}  # fmt: skip


def family_of(name: str, names: Iterable[str]) -> str:
    """The family of the operation that has these names, `name` being the one that a reader looks for."""
    from ...engine.records.op import registry

    known = (registry.index.get(n.removeprefix("torch.")) for n in names)
    module = next((m for m in known if m), "").rpartition(".")[2]
    for family, (_, prefixes, modules) in FAMILIES.items():
        if module in modules.split() or any(name.startswith(p) for p in prefixes.split()):
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
