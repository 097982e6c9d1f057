"""Pickles and copies of tensors, and what those of tensors, dtypes, devices and sizes call to make them again."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from ...errors import BadValue, DataError, GradientError
from ..core.addresses import address
from ..core.device import Device, cpu, here, parse
from ..core.dtype import DType, bfloat16, dtypes, int64
from ..core.results import NamedResult, Size, named_result
from ..core.spec import spec
from .arrays import laid_over
from .parameters import Parameter
from .sparse import Sparse, join
from .tensor import TENSORS, Tensor
from .wrapping import as_class

KINDS: dict[str, type[Tensor]] = {"Tensor": Tensor, "Parameter": Parameter}


def tensor(kind: Any, array: Any, dtype: str, device: str, requires_grad: bool, state: Any) -> Tensor:
    """A leaf of that class, or of the engine's own of that name, on an array; on `meta`, of that shape.

    DataError for what does not go together: a pickle may lie, and kernels rely on what a spec says of an array.
    """
    made_as = KINDS.get(kind) if type(kind) is str else kind
    if not (isinstance(made_as, type) and issubclass(made_as, Tensor)):
        raise DataError(f"no class of tensors: {kind!r}")
    if not isinstance(array, tuple | np.ndarray):
        raise DataError(f"no memory of a tensor: a {type(array).__name__}")
    content = array if isinstance(array, tuple) else np.asarray(array)
    of = spec(content if isinstance(content, tuple) else content.shape, _known(dtype), _located(device))
    if isinstance(content, tuple) != of.is_meta:
        raise DataError(f"no memory of a tensor on {of.device}: a {type(array).__name__}")
    if not isinstance(content, tuple) and content.itemsize != of.np.itemsize:
        raise DataError(f"no memory of a tensor of {of.dtype}: an array of {content.dtype}")
    made = as_class(made_as, of.placeholder if isinstance(content, tuple) else content.view(of.np), of)
    made.requires_grad_slot = bool(requires_grad)
    if state:
        made.__dict__.update(state)
    return made


def sparse(places: Any, elements: Any, shape: Any, coalesced: bool, requires_grad: bool) -> Tensor:
    """A leaf that is sparse; DataError for parts that do not go together."""
    parts = isinstance(places, Tensor) and isinstance(elements, Tensor)
    if not parts or places.ndim != 2 or places.dtype is not int64:
        raise DataError("no parts of a sparse tensor")
    sizes = tuple(int(n) for n in shape)
    dims, count = places.spec.shape
    if elements.spec.shape != (count, *sizes[dims:]) or len(sizes) < dims:
        raise DataError(f"no sparse tensor of size {sizes}: elements of size {elements.spec.shape}")
    ends = np.array(sizes[:dims])[:, None]
    if count and ((places.array < 0) | (places.array >= ends)).any():
        raise DataError(f"no sparse tensor of size {sizes}: a place lies outside")
    join()
    elements = elements.alias()
    elements.requires_grad_slot = bool(requires_grad)
    return Sparse(places, elements, spec(sizes, elements.spec.dtype), bool(coalesced))


def _located(device: str) -> Device:
    found = parse(device)
    return here.cpu if found == cpu else found


def reduced(t: Tensor) -> Any:
    """What a pickle holds of a tensor."""
    array: Any = tuple(t.spec.shape) if t.spec.is_meta else t.array
    if array is t.array and t.dtype is bfloat16:
        array = t.array.view(np.uint16)  # which any NumPy reads
    kind: Any = type(t)
    kind = kind.__name__ if kind in KINDS.values() else kind  # for Python, neither is where it says
    return tensor, (kind, array, t.dtype.name, str(t.device), t.requires_grad, dict(t.__dict__))


def copied(t: Tensor, memo: dict[int, Any]) -> Tensor:
    """A leaf of its own, its gradient copied too; what shares memory with it shares the copy's."""
    if id(t) in memo:
        return memo[id(t)]
    if t.grad_fn is not None:
        raise GradientError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
            "moment.  If you were attempting to deepcopy a module, this may be because of a torch.nn.utils."
            "weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001"
        )
    kind = type(t)
    if kind in TENSORS and kind is not Tensor and type(t.new_empty(())) is not kind:
        raise BadValue(
            "The default implementation of __deepcopy__() for non-wrapper subclasses only works for subclass types "
            "that implement new_empty() and for which that function returns another instance of the same subclass. "
            "You should either properly implement new_empty() for your subclass or override __deepcopy__() if it is "
            "intended behavior for new_empty() to return an instance of a different type.",
            help="x.detach().clone() is of the same class",
        )
    copy: Tensor = as_class(kind, copied_memory(t.array, memo), t.spec)
    memo[id(t)] = copy
    copy.requires_grad_slot = t.requires_grad_slot
    if t.grad_slot is not None:
        copy.grad_slot = t.grad_slot.__deepcopy__(memo)
    if t.__dict__:
        copy.__dict__.update(deepcopy(t.__dict__, memo))
    return copy


def copied_memory(array: np.ndarray[Any, Any], memo: dict[int, Any]) -> np.ndarray[Any, Any]:
    """A copy of an array; two views of one memory become views of one copy."""
    base = array
    while isinstance(base.base, np.ndarray):
        base = base.base
    if id(base) not in memo:
        memo[id(base)] = base.copy(order="K")
        memo.setdefault(id(memo), []).append(base)  # alive as long as its id is in use
    copy = memo[id(base)]
    if base is array:
        return copy
    if copy.strides != base.strides:  # memory with holes
        return array.copy()
    offset = address(array) - address(base)
    flat = laid_over(np.ndarray, (copy.nbytes,), np.uint8, copy) if copy.flags.c_contiguous else None
    if flat is None or offset < 0:
        return array.copy()
    return laid_over(np.ndarray, array.shape, array.dtype, flat, offset, array.strides)


def dtype(name: str) -> DType:
    """The dtype of that name."""
    return _known(name)


def _known(name: str) -> DType:
    found = dtypes.get(name) if type(name) is str else None
    if found is None:
        raise DataError(f"no dtype: {name!r}")
    return found


def device(text: str) -> Device:
    """The device that is written so."""
    return parse(text)


def size(lengths: tuple[int, ...]) -> Size:
    """The shape of these lengths."""
    return Size(lengths)


def result(name: str, fields: tuple[str, ...], parts: tuple[Any, ...]) -> NamedResult:
    """The tuple with named parts that the operation `name` returns; the names are letters, as a pickle may lie."""
    if not all(type(each) is str and each.replace("_", "x").isalpha() and each[0] != "_" for each in fields):
        raise DataError(f"no parts of a result: {fields}")
    return named_result(name, fields)(parts)
