"""NumPy beside tensors: what becomes a tensor, which memory is shared, what stands for a number.

A tensor of an array looks into the array's memory, as in PyTorch: what is written on one side is seen on
the other. NumPy's numbers are numbers, not tensors, wherever an operation takes one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError, BadValue, GradientError
from ..core import context
from ..core import dtype as dt
from ..core.addresses import address
from ..core.warn import warn
from ..records.op import registry
from .as_argument import type_name
from .tensor import Tensor
from .wrapping import wrap

KINDS = (
    "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, "
    "and bool."
)

#: `np.ndarray(…)` of what the library itself has reckoned: programs get one that looks (`modules.numpy_memory`)
laid_over = np.ndarray.__new__


def shared(array: Any) -> Tensor:
    """A tensor that looks into an array's memory (`torch.from_numpy`).

    TypeError for what is no array or holds what no tensor does, ValueError for negative strides, odd
    strides and foreign byte order.
    """
    if not isinstance(array, np.ndarray):
        raise ArgumentError(
            f"expected np.ndarray (got {type_name(array)})", help="torch.tensor takes lists too"
        )
    check(array)
    if not array.flags.writeable:
        context.current().mode.observe("the memory of an array")
        warn(
            "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means "
            "writing to this tensor will result in undefined behavior. You may want to copy the array to protect "
            "its data or make it writable before converting it to a tensor. This type of warning will be "
            "suppressed for the rest of this program.",
            once=True,
            internal="torch/csrc/utils/tensor_numpy.cpp:213",
            help="torch.from_numpy(array.copy())",
        )
        array = writable(array)
    plain = array.view(np.ndarray) if type(array) is not np.ndarray else array
    return wrap(plain)


def check(array: np.ndarray[Any, Any]) -> None:
    """Refuse the arrays that PyTorch has no tensors of."""
    kind = array.dtype
    if not kind.isnative and kind.newbyteorder("=") in dt.from_np:
        raise BadValue(
            "given numpy array has byte order different from the native byte order. Conversion between byte "
            "orders is currently not supported.",
            raises=ValueError,
            help='array.astype(array.dtype.newbyteorder("="))',
        )
    if any(n % kind.itemsize for n in array.strides) and kind.itemsize and kind in dt.from_np:
        raise BadValue(
            "given numpy array strides not a multiple of the element byte size. Copy the numpy array to "
            "reallocate the memory.",
            raises=ValueError,
            help="array.copy()",
        )
    if any(n < 0 for n in array.strides):
        raise BadValue(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array  with "
            "array.copy().) ",
            raises=ValueError,
            help="array.copy()",
        )
    if kind not in dt.from_np or dt.from_np[kind] is dt.bfloat16:
        raise ArgumentError(
            f"can't convert np.ndarray of type {dotted(kind.type)}. The only supported types are: {KINDS}",
            help="array.astype(float)" if kind.hasobject else None,
        )


def of_tensor(t: Tensor, dtype: Any, copy: bool | None) -> np.ndarray[Any, Any]:
    """What NumPy gets that asks a tensor for an array; ValueError where it may be no copy."""
    if copy is not None:
        warn_numpy(
            "__array__ implementation doesn't accept a copy keyword, so passing copy=False failed. __array__ "
            "must implement 'dtype' and 'copy' keyword arguments. To learn more, see the migration guide "
            "https://numpy.org/devdocs/numpy_2_0_migration_guide.html#adapting-to-changes-in-the-copy-keyword"
        )
    if copy is False:
        raise ValueError(
            "Unable to avoid copy while creating an array as requested.\nIf using `np.array(obj, copy=False)` "
            "replace it with `np.asarray(obj)` to allow a copy when needed (no behavior change in NumPy 1.x).\n"
            "For more details, see https://numpy.org/devdocs/numpy_2_0_migration_guide.html"
            "#adapting-to-changes-in-the-copy-keyword."
        )
    array = t.numpy()
    return array.astype(array.dtype if dtype is None else dtype, copy=bool(copy))


def of_method(t: Tensor, given: tuple[Any, ...], named: dict[str, Any], force: bool) -> np.ndarray[Any, Any]:
    """What `t.numpy()` gives: an array that shares memory with it. `force` takes it out of the graph first."""
    if given:
        n, were = len(given), "was" if len(given) == 1 else "were"
        raise ArgumentError(f"numpy() takes 0 positional arguments but {n} {were} given", code="signature")
    if named:
        raise ArgumentError(
            f"numpy() got an unexpected keyword argument '{next(iter(named))}'", code="signature"
        )
    if t.requires_grad and not force:
        raise GradientError(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
            help="x.detach().numpy()",
        )
    if t.dtype is dt.bfloat16:
        raise ArgumentError("Got unsupported ScalarType BFloat16", help="x.float().numpy()")
    if not force:
        check_resolved(t)
    array = t.values_or_error(
        "",
        "can't convert meta device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory "
        "first.",
        TypeError,
    )
    return array.view()  # a new shape for it is none for the tensor


def check_resolved(t: Tensor) -> None:
    """NumPy gets no conjugate, and no view into one, whose numbers PyTorch has not worked out yet."""
    for bit, title in (("conj", "conjugate"), ("neg", "negative")):
        if registry[f"is_{bit}"](t):
            raise BadValue(
                f"Can't call numpy() on Tensor that has {title} bit set. "
                f"Use tensor.resolve_{bit}().numpy() instead.",
                help=f"x.resolve_{bit}().numpy()",
            )


def of_function(array: Any) -> Tensor:
    """What a function of NumPy made of a tensor, as a tensor."""
    warn_numpy(
        "__array_wrap__ must accept context and return_scalar arguments (positionally) in the future. "
        "(Deprecated NumPy 2.0)"
    )
    return shared(array.astype(np.uint8) if array.dtype == bool else array)


def warn_numpy(message: str) -> None:
    """NumPy warns of what PyTorch's tensors lack; an embedding program has no use for it."""
    if context.current().warnings is not None:
        warn(message, DeprecationWarning)


def dotted(kind: type) -> str:
    """A type as C calls it: with its module."""
    return f"{kind.__module__}.{kind.__name__}"


def writable(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same memory where it may be written, if an array owns it; of memory that is not an array's, a copy."""
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    if not owner.flags.owndata or not owner.flags.forc:
        return array.copy()
    allowed = owner.flags.writeable
    owner.setflags(write=True)
    memory = owner.ravel("K").view(np.uint8) if owner.size else owner
    owner.setflags(write=allowed)
    offset = address(array) - address(owner)
    return laid_over(np.ndarray, array.shape, array.dtype, memory, offset, array.strides)


def number(value: Any) -> Any:
    """A number of NumPy's or of a class of its own as one of Python's; None for anything else.

    Of NumPy's, integers are ints, complex128 complex, all others floats.
    """
    for plain in (int, float):
        # by its own class: a changing number of a trace says that it is an int
        if issubclass(type(value), plain) and type(value) is not bool:
            return plain(value)
    if isinstance(value, np.integer) and value.dtype.kind in "iu":
        return int(value)
    if isinstance(value, np.bool_ | np.floating):
        return float(value)
    if isinstance(value, np.complexfloating):
        return complex(value) if isinstance(value, complex) else float(value.real)
    return None


def element(value: Any) -> Any:
    """A number that may be assigned to an element of a tensor: Python's, and NumPy's that are such too."""
    return number(value) if isinstance(value, int | float | complex | np.integer) else None
