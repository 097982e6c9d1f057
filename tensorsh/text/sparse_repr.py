"""A sparse tensor as PyTorch prints it: its two parts, and its size."""

from __future__ import annotations

from typing import Any

from ..engine.values.sparse import Sparse
from .torch_repr import PrintOptions, attached, contents_of, grad_fn_name


def sparse_repr(t: Sparse, options: PrintOptions, prefix: str = "tensor(") -> str:
    """What `repr` gives in PyTorch: `tensor(indices=tensor(…), values=tensor(…), size=…, nnz=…, …)`."""
    indent = len(prefix)
    parts = [
        f"{name}=tensor({contents(part, options, indent + len(f'{name}=tensor('))})"
        for name, part in (("indices", t.places), ("values", t.elements))
    ]
    text = prefix + (",\n" + " " * indent).join(parts)
    suffixes = [f"size={tuple(t.shape)}", f"nnz={t.elements.spec.shape[0]}"]
    default = options.default_dtype
    if t.dtype.name not in {default, "complex128" if default == "float64" else "complex64", "int64", "bool"}:
        suffixes.append(f"dtype={t.dtype}")
    suffixes.append(f"layout={t.layout}")
    made_by = grad_fn_name(t)
    if made_by is not None:
        suffixes.append(f"grad_fn=<{made_by}>")
    elif t.requires_grad:
        suffixes.append("requires_grad=True")
    return attached(text, suffixes, options, indent, anew=True)


def contents(part: Any, options: PrintOptions, indent: int) -> str:
    """The numbers of a part; the size of one that has none."""
    text = contents_of(part, options, indent)
    return text if part.spec.numel else f"{text}, size={tuple(part.shape)}"
