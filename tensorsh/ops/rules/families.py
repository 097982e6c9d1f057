"""What the element-wise families share.

An operation here computes every element from the elements at the same place of its inputs: promote,
broadcast, one NumPy call. Families that differ in a formula are tables of `unary` rows; the files are
`arithmetic`, `division`, `powers`, `unary`, `trigonometry`, `rounding`, `magnitude`, `compare`, `logic`,
`bitwise`, `bounds`, `pairs`, `special`, `gamma`, `bessel` and `polynomials`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...engine.core import dtype as dt
from ...engine.core.readers import reader_of
from ...engine.core.spec import Spec
from ...engine.records.op import Op, op, registry
from ...engine.values.tensor import Tensor, np
from ...errors import ArgumentError, DTypeError
from .infer import same


def conj(x: Any) -> Any:
    """The conjugate, which is the tensor (or number) itself where it is real."""
    if isinstance(x, int | float):
        return x
    if isinstance(x, complex):
        return x.conjugate()
    return registry["conj"](x) if x.dtype.is_complex else x


def zeros_like(x: Tensor) -> Tensor:
    """A zero derivative: defined, and 0 everywhere."""
    return registry["zeros_like"](x)


def where(condition: Any, x: Any, y: Any) -> Any:
    """`x` where `condition` holds, else `y`."""
    return registry["where"](condition, x, y)


#: arrays up to this many elements are computed to the last digit
SMALL = dt.EXACT
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def exact(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, which takes small float32 arrays by way of float64 and rounds once.

    NumPy's float32 loops miss the last digit of one value in three, so that log10(100) is not 2. Large
    arrays, of which nobody reads the last digits, take the fast loops.
    """

    def kernel(x: Any, *others: Any, out: Any = None) -> Any:
        if x.dtype == FLOAT32 and x.size <= SMALL and out is None:
            return function(x.astype(FLOAT64), *others).astype(FLOAT32)
        return function(x, *others, out=out)

    return kernel


EXP, EXPM1, LOG, LOG1P, TANH = map(exact, (np.exp, np.expm1, np.log, np.log1p, np.tanh))

#: integers as wide as a number
BITS = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}


def select(condition: Any, x: Any, y: Any) -> Any:
    """`np.where`; of large arrays bit by bit, where `np.where` would guess each element and be wrong often."""
    if reader_of(condition, x, y) is not None:
        return np.where(condition, x, y)
    x, y = np.asarray(x), np.asarray(y)
    bits = BITS.get(x.dtype.itemsize)
    if condition.size <= SMALL or x.dtype != y.dtype or bits is None:
        return np.where(condition, x, y)
    if condition.dtype.kind != "b":
        condition = condition != 0
    mask = condition.view(np.int8).astype(bits)
    np.negative(mask, mask)  # all bits, or none
    a, b = x.view(bits), y.view(bits)
    chosen = mask & a if not (b.ndim or b) else b ^ (mask & (a ^ b))
    return chosen.view(x.dtype)


#: so many 16-bit floats PyTorch's vector loops take at a time
RUN = 32


def in_runs(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`function` of 16-bit floats as PyTorch's loops compute it: whole runs in float32, rounded once, what is
    left over (or all of it, where the memory has gaps) with each step rounded."""

    def kernel(x: Any) -> Any:
        if not is_half(x):
            return function(x)
        whole = x.size - x.size % RUN if x.flags.c_contiguous else 0
        flat = x.reshape(-1)
        vectors = function(flat[:whole].astype(FLOAT32)).astype(x.dtype)
        return np.concatenate([vectors, function(flat[whole:])]).reshape(x.shape)

    return kernel


def is_half(x: Any) -> bool:
    """Whether an array holds 16-bit floats."""
    return x.dtype.itemsize == 2 and x.dtype.kind not in "iu"


def unary(
    name: str,
    kernel: Any,
    doc: str,
    derivative: Any = None,
    *,
    aliases: tuple[str, ...] = (),
    method: bool = True,
    one: str | None = None,
    **options: Any,
) -> Op:
    """One row of a table: `name(input)`, also as a method and under each of `aliases`.

    An alias is one more function and method ("arcsin"), or one qualified name ("special.expit").
    """
    names: list[str] = []
    for known in (name, *aliases):
        names += [known] if "." in known else [f"torch.{known}"] + [f"Tensor.{known}"] * method
    options.setdefault("infer", same)
    options.setdefault("promote", "float")
    options.setdefault("elementwise", True)
    options.setdefault("inplace", method and "." not in name)
    record = op(f"{name}(Tensor input)", names=tuple(names), doc=doc, **options)(kernel)
    if derivative is not None:
        record.derivative("input", one=one)(derivative)
    return record


def numbered(name: str) -> Callable[[tuple[Any, ...]], str]:
    """The name of a node: Backward0 of two tensors, 1 where the first operand is a number, 2 the second."""
    return lambda specs: (
        f"{name}Backward{1 if isinstance(specs[0], type) else 2 * isinstance(specs[1], type)}"
    )


def not_implemented(kernel: str, s: Spec, kind: str = "not-implemented") -> Exception:
    """PyTorch's error for a dtype that a kernel has no code for."""
    return DTypeError(
        f"\"{kernel}\" not implemented for '{s.dtype.title}'",
        raises=NotImplementedError,
        code=kind,
        help=f"convert the tensor first: this operation has no {s.dtype.name} form",
    )


def one_tensor(name: str) -> Callable[..., None]:
    """The check of operations that take a number for either operand, but not for both."""

    def check(first: Any, second: Any) -> None:
        if type(first) is not Spec and type(second) is not Spec:
            raise two_numbers(name, first, second)

    return check


def two_numbers(name: str, first: Any, second: Any) -> Exception:
    return ArgumentError(
        f"{name.replace('.', '_')}() received an invalid combination of arguments - got "
        f"({type(first).__name__}, {type(second).__name__}), but expected one of:",
        help=f"make one of them a tensor: tensor({first!r})",
    )
