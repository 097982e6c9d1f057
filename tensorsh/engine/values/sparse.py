"""Sparse tensors in coordinate form: the elements that are stored, and the place of each.

A sparse tensor is two dense ones: `places` (sparse dimensions x elements, int64) and `elements` (elements x dense
dimensions). Only `elements` has a graph, so a gradient walks back through what is made of it. An operation that
meets a sparse tensor is looked up in `handled`, as a class of a program's is asked for its `__torch_function__`; the
functions there compute with the two parts (`ops.sparse`). What of the engine reads `array` finds the zeros, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ...errors import Unsupported
from ..core import context
from ..core.layouts import sparse_coo
from ..core.sealed import changing
from ..core.spec import Spec, spec
from ..records.op import Op
from .tensor import TENSORS, Tensor, make_tensor

Handler = Callable[..., Any]

#: what operations do with sparse tensors, by their names
handled: dict[str, Handler] = {}
#: namespaces whose functions have other meanings than those of the same name in `torch`
APART = ("sparse.", "linalg.", "special.")


class Sparse(Tensor, inner=True):
    """A tensor of which `elements` are stored, each at its place; elements of one place count together.

    coalesced   whether places are in order, and each is there once
    """

    __slots__ = ("coalesced", "elements", "places")

    coalesced: bool
    elements: Tensor
    places: Tensor

    public: ClassVar[set[str]] = Tensor.public

    def __new__(cls, places: Tensor, elements: Tensor, of: Spec, coalesced: bool = False) -> Sparse:
        made: Sparse = object.__new__(cls)
        made.spec = of
        made.places, made.elements, made.coalesced = places, elements, coalesced
        made.counter = None
        made.view_of = None
        made.retains = False
        return made

    def __init__(self, *parts: Any) -> None:
        pass

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = key_of(func)
        handler = handled.get(name)
        if handler is None:
            raise Unsupported(
                f"Could not run 'aten::{name}' with arguments from the 'SparseCPU' backend.",
                help="x.to_dense() has all elements, and every operation",
            )
        return handler(*args, **(kwargs or {}))

    # -- the engine's side

    @property
    def array(self) -> np.ndarray[Any, Any]:  # type: ignore[override]
        return dense_array(self)

    @property
    def node(self) -> Any:  # type: ignore[override]
        return self.elements.node

    @property
    def output_index(self) -> int:  # type: ignore[override]
        return self.elements.output_index

    @property
    def requires_grad_slot(self) -> bool:  # type: ignore[override]
        return self.elements.requires_grad_slot

    @property
    def grad_slot(self) -> Tensor | None:  # type: ignore[override]
        return self.grad

    # -- what users read

    shape = Tensor.shape
    dtype = Tensor.dtype
    device = Tensor.device
    ndim = Tensor.ndim

    is_sparse: Any = property(lambda self: True)
    layout: Any = property(lambda self: sparse_coo)

    T: Any = property(lambda self: handled["adjoint"](self))
    mT = H = mH = T

    @property
    def requires_grad(self) -> bool:
        return self.elements.requires_grad

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.elements.requires_grad = flag

    @property
    def is_leaf(self) -> bool:
        return self.elements.is_leaf

    @property
    def grad_fn(self) -> Any:
        return self.elements.grad_fn

    @property
    def grad(self) -> Tensor | None:
        found = self.elements.grad
        return None if found is None else self.like(found, False)

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        self.elements.grad = value.elements if isinstance(value, Sparse) else value

    def __reduce_ex__(self, protocol: Any) -> Any:
        from . import rebuild

        parts = self.places, self.elements.alias(), tuple(self.spec.shape)
        return rebuild.sparse, (*parts, self.coalesced, self.requires_grad)

    # -- others like it

    @property
    def sparse_dims(self) -> int:
        """How many dimensions places have; the others are those of elements."""
        return self.places.spec.shape[0]

    def like(self, elements: Tensor, coalesced: bool | None = None) -> Sparse:
        """Other elements at the same places."""
        return Sparse(
            self.places,
            elements,
            self.spec.with_dtype(elements.spec.dtype),
            self.coalesced if coalesced is None else coalesced,
        )

    def become(self, other: Sparse) -> Sparse:
        """What an in-place operation leaves."""
        context.current().journal.save_attributes(self, "places", "elements", "coalesced", "spec")
        self.places, self.elements, self.coalesced = other.places, other.elements, other.coalesced
        self.spec = other.spec
        return self


Sparse.__module__, Sparse.__name__, Sparse.__qualname__ = (
    "torch",
    "Tensor",
    "Tensor",
)  # as `print(type(x))` shows it


def join() -> None:
    """Make it a class of tensors whose operators and methods ask; once, when the first is made."""
    if Sparse not in TENSORS:
        from ..modes.overrides import adopt

        TENSORS.add(Sparse)
        with changing(Sparse):
            adopt(Sparse)


def key_of(func: Any) -> str:
    """The name in `handled` of an operation, method or operator."""
    if not isinstance(func, Op):
        return str(func.name if hasattr(func, "name") else func.__name__)
    if func.is_method:
        return func.__name__
    name = func.names[0].removeprefix("torch.").removeprefix("nn.functional.")
    return name if name.startswith(APART) else name.rpartition(".")[2]


def on_sparse(*names: str) -> Callable[[Handler], Handler]:
    """Decorate what the operations of these names do with sparse tensors."""

    def declare(handler: Handler) -> Handler:
        handled.update(dict.fromkeys(names, handler))
        return handler

    return declare


def dense_array(t: Sparse) -> np.ndarray[Any, Any]:
    """All elements, zeros included."""
    return filled(t.places.array, t.elements.array, t.spec.shape, t.coalesced)


def filled(
    places: np.ndarray[Any, Any], elements: np.ndarray[Any, Any], shape: tuple[int, ...], once: bool = False
) -> np.ndarray[Any, Any]:
    """Elements at their places, added up one after the other where several have the same."""
    out = np.zeros(shape, elements.dtype)
    at = tuple(places)
    if not at:
        return out + elements.sum(0, dtype=elements.dtype)
    if once:
        out[at] = elements
    else:
        np.add.at(out, at, elements)
    return out


def sparse_gradient(of: Spec, places: Tensor, elements: Tensor) -> Sparse:
    """The gradient of a table of which few rows were read."""
    join()
    return Sparse(places, elements, of)


def accumulated(have: Tensor | None, g: Tensor) -> Tensor:
    """What a leaf's gradient becomes, one of the two being sparse."""
    if have is None:
        assert isinstance(g, Sparse)
        return g.like(g.elements.alias())
    total: Any = added(have, g)
    return total


def added(a: Any, b: Any) -> Any:
    """`a + b` of gradients, dense if one of them is."""
    if isinstance(a, Sparse) and isinstance(b, Sparse):
        return handled["add"](a, b)
    if isinstance(a, Sparse):
        a, b = b, a
    return make_tensor(a.array + b.array, spec(a.spec.shape, a.spec.dtype))
