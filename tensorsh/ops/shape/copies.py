"""The copying form of each view operation: `diagonal_copy` is what `diagonal` shows, in memory of its own.

Each row is a view operation's call; the result is the view, which then leaves its base.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import ShapeError
from ..index.getitem import slice_range
from ..rules.infer import wrap_dim
from .complex_views import view_as_real
from .diagonals import diagonal
from .reorder import permute, t, transpose
from .shape_views import squeeze, unsqueeze
from .split import (
    chunk,
    narrow,
    piece_specs,
    pieces,
    present,
    select,
    split,
    split_sizes_infer,
    split_with_sizes,
    unbind_at,
)
from .strided import alias, as_strided, unfold


def own(view: Tensor, title: str | None = None) -> Tensor:
    """The view with memory of its own; its history stays, under PyTorch's name for the copy."""
    if not view.spec.is_meta:
        view.array = view.array.copy()
    view.view_of = view.counter = None
    if view.node is not None and view.node.title is None:
        view.node.title = title or view.node.name() + "_copy"
    return view


def slices(input: Tensor, dim: int, start: int | None, end: int | None, step: int) -> Tensor:
    """`input[start:end:step]` along a dimension."""
    d = wrap_dim(dim, input.ndim)
    first, last, _ = slice(start, end, step).indices(input.shape[d])
    return slice_range(input, d, first, max(first, last), step)


def view_as(input: Tensor, size: Any, dtype: Any) -> Tensor:
    return registry["Tensor.view"](input, size if dtype is None else dtype)


def expanded(input: Tensor, size: tuple[int, ...], implicit: bool) -> Tensor:
    return registry["Tensor.expand"](input, size)


View = Callable[..., Any]

#: name, its parameters after the tensor, the view, an example's arguments and what it shows
ROWS: tuple[tuple[str, str, View, str, str], ...] = (
    ("alias", "", alias, "[1, 2]", "tensor([1, 2])"),
    (
        "as_strided",
        ", ints size, ints stride, int? storage_offset=None",
        as_strided,
        "arange(6), (2, 2), (1, 3)",
        "tensor([[0, 3],\n        [1, 4]])",
    ),
    (
        "diagonal",
        ", int offset=0, int dim1=0, int dim2=1",
        diagonal,
        "[[1, 2], [3, 4]]",
        "tensor([1, 4])",
    ),
    (
        "expand",
        ", int[] size, *, bool implicit=False",
        expanded,
        "[1, 2], (2, 2)",
        "tensor([[1, 2],\n        [1, 2]])",
    ),
    ("permute", ", int[] dims", permute, "[[1, 2]], (1, 0)", "tensor([[1],\n        [2]])"),
    ("select", ", int dim, int index", select, "[[1, 2], [3, 4]], 1, 0", "tensor([1, 3])"),
    (
        "slice",
        ", int dim=0, int? start=None, int? end=None, int step=1",
        slices,
        "arange(6), 0, 1, 5, 2",
        "tensor([1, 3])",
    ),
    (
        "split",
        ", int split_size, int dim=0",
        split,
        "arange(3), 2",
        "(tensor([0, 1]), tensor([2]))",
    ),
    (
        "split_with_sizes",
        ", int[] split_sizes, int dim=0",
        split_with_sizes,
        "arange(3), [1, 2]",
        "(tensor([0]), tensor([1, 2]))",
    ),
    ("squeeze", ", any dim=...", squeeze, "[[1, 2]]", "tensor([1, 2])"),
    ("t", "", t, "[[1, 2]]", "tensor([[1],\n        [2]])"),
    (
        "transpose",
        ", int dim0, int dim1",
        transpose,
        "[[1, 2]], 0, 1",
        "tensor([[1],\n        [2]])",
    ),
    ("unbind", ", int dim=0", unbind_at, "[1, 2]", "(tensor(1), tensor(2))"),
    (
        "unfold",
        ", int dimension, int size, int step",
        unfold,
        "arange(4), 0, 3, 1",
        "tensor([[0, 1, 2],\n        [1, 2, 3]])",
    ),
    ("unsqueeze", ", int dim", unsqueeze, "[1, 2], 0", "tensor([[1, 2]])"),
    (
        "view",
        ", int[]? size=None, dtype? dtype=None",
        view_as,
        "arange(4), (2, 2)",
        "tensor([[0, 1],\n        [2, 3]])",
    ),
    (
        "view_as_real",
        "",
        view_as_real,
        "tensor([1 + 2j])",
        "tensor([[1., 2.]])",
    ),
)


def copying(name: str, parameters: str, view: View, given: str, shown: str) -> None:
    @composite(
        f"{name}_copy(Tensor input{parameters})",
        names=(f"torch.{name}_copy",),
        sample=None if "[]" in parameters else getattr(view, "sample", None),
        doc=f"""What `{name}` shows, with memory of its own.

>>> {name}_copy({given})
{shown}
""",
    )
    def copy(*args):
        found = view(*args)
        return tuple([own(v) for v in found]) if isinstance(found, tuple | list) else own(found)


for row in ROWS:
    copying(*row)


@composite("narrow_copy(Tensor input, int dim, int start, int length)")
def narrow_copy(input, dim, start, length):
    """What `narrow` shows, with memory of its own.

    >>> narrow_copy([1, 2, 3], 0, 1, 2)
    tensor([2, 3])
    """
    if length < 0 and input.ndim:
        n = input.shape[wrap_dim(dim, input.ndim)]
        raise ShapeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).", code="narrow")
    return own(narrow(input, dim, start, length), "NarrowCopyBackward0")


# ------------------------------------------------------------------ pieces that may be written to


def unsafe(name: str, parameters: str, title: str, view: View, given: str) -> None:
    @op(
        f"unsafe_{name}_sizes(Tensor input, int[] split_sizes, int dim)",
        batching="along",
        infer=split_sizes_infer,
        names=(),
        grad_fn=title,
        formula="{0}.split({1}, {2})",
    )
    def copied(x, split_sizes, dim):
        """Pieces of a copy: they lie in memory as the views do."""
        return pieces(x.copy(), split_sizes, dim)

    @copied.derivative("input")
    def _(grads, input_spec, split_sizes, dim):
        return registry["cat"](present(grads, piece_specs(input_spec, split_sizes, dim)), dim)

    @composite(
        f"unsafe_{name}(Tensor input{parameters})",
        names=(f"torch.unsafe_{name}", f"Tensor.unsafe_{name}"),
        doc=f"""`{name}` whose pieces may be changed in place, since they are no views.

>>> unsafe_{name}(arange(3), {given})
(tensor([0, 1]), tensor([2]))
""",
    )
    def whole(input, size, dim):
        sizes = tuple([v.shape[dim] for v in view(input.detach(), size, dim)])
        return apply(copied, (input, sizes, dim))


unsafe("chunk", ", int chunks, int dim=0", "UnsafeSplitBackward0", chunk, "2")
unsafe("split", ", int split_size, int dim=0", "UnsafeSplitBackward0", split, "2")
unsafe(
    "split_with_sizes",
    ", int[] split_sizes, int dim=0",
    "UnsafeSplitWithSizesBackward0",
    split_with_sizes,
    "[2, 1]",
)
