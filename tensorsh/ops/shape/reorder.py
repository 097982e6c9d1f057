"""The dimensions in another order: transposes, permutations, moves. All of them are views."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.calls.accepts import is_int
from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import Tensor, install, read_only
from ...errors import ArgumentError, ShapeError
from ..rules.infer import bad_call, wrap_dim


def transposed(x: Spec, dim0: int, dim1: int) -> Spec:
    i, j = wrap_dim(dim0, x.ndim), wrap_dim(dim1, x.ndim)
    shape = list(x.shape)
    if shape:
        shape[i], shape[j] = shape[j], shape[i]
    return x.with_shape(shape)


def transpose_formula(x: Any, dim0: int, dim1: int) -> str | None:
    """`x.T` of a matrix, `x.mT` of many."""
    n = len(x.spec.shape)
    if n < 2 or {dim0 % n, dim1 % n} != {n - 2, n - 1}:
        return None
    return "{0}.T" if n == 2 else "{0}.mT"


@op(
    "transpose(Tensor input, int dim0, int dim1)",
    batching="along",
    infer=transposed,
    names=("torch.transpose", "Tensor.transpose"),
    view=True,
    sample=([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 0, 1),
    formula=transpose_formula,
    scattered="{1}.transpose({2}, {3})",
)
def transpose(x, dim0, dim1):
    """Two dimensions exchanged.

    >>> transpose([[1, 2, 3], [4, 5, 6]], 0, 1)
    tensor([[1, 4],
            [2, 5],
            [3, 6]])
    """
    return np.swapaxes(x, dim0, dim1) if x.ndim else x[...]


@transpose.derivative("input")
def _(grad, dim0, dim1):
    return apply(transpose, (grad, dim0, dim1))


for spelling in ("swapaxes", "swapdims"):
    first, second = ("axis0", "axis1") if spelling == "swapaxes" else ("dim0", "dim1")

    @composite(
        f"{spelling}(Tensor input, int {first}, int {second})",
        sample=([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 0, 1),
        doc=f"""`transpose` under NumPy's name.

        >>> {spelling}([[1, 2], [3, 4]], 0, 1)
        tensor([[1, 3],
                [2, 4]])
        """,
    )
    def swap(input, axis0, axis1):
        return apply(transpose, (input, axis0, axis1))


def t_infer(x: Spec) -> Spec:
    if x.ndim > 2:
        raise ShapeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {x.ndim}D",
            help="x.mT transposes the last two dimensions; x.transpose(i, j) any two",
        )
    return x.with_shape(x.shape[::-1])


@op(
    "t(Tensor input)",
    infer=t_infer,
    view=True,
    grad_fn="TBackward0",
    formula=lambda x: "{0}.T" if len(x.spec.shape) == 2 else None,
    scattered="{1}.t()",
    sample=([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],),
)
def t(x):
    """The transpose of a matrix; a vector or a 0-d tensor stays as it is.

    >>> t([[1, 2, 3], [4, 5, 6]])
    tensor([[1, 4],
            [2, 5],
            [3, 6]])
    """
    return x.T if x.ndim == 2 else x[...]


@t.derivative("input")
def _(grad):
    return apply(t, (grad,))


@t.batched
def _(slices, x):
    return x.value.transpose(1, 2) if len(x.spec.shape) == 2 else registry["alias"](x.value)


def permuted(x: Spec, dims: tuple[int, ...]) -> Spec:
    if len(dims) != x.ndim:
        raise ShapeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
            f"desired ordering of dimensions i.e. input.dim() = {x.ndim} is not equal to len(dims) = "
            f"{len(dims)}",
            code="permute",
            help="name every dimension once",
        )
    order = [wrap_dim(d, x.ndim) for d in dims]
    if len(set(order)) < len(order):
        raise ShapeError(
            "permute(): duplicate dims are not allowed.", code="permute", help="name every dimension once"
        )
    return x.with_shape([x.shape[d] for d in order])


@op(
    "permute(Tensor input, int... dims)",
    infer=permuted,
    view=True,
    scattered=lambda base, patch, dims: (
        f"{patch}.permute({tuple(np.argsort([d % len(dims) for d in dims]).tolist())})"
    ),
    sample=([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]], 2, 0, 1),
)
def permute(x, dims):
    """The dimensions in another order.

    >>> permute(ones(2, 3, 4), 2, 0, 1).shape
    torch.Size([4, 2, 3])
    """
    return x.transpose(dims)


@permute.derivative("input")
def _(grad, dims):
    n = len(dims)
    inverse = [0] * n
    for i, d in enumerate(dims):
        inverse[d % n] = i
    return apply(permute, (grad, tuple(inverse)))


@permute.batched
def _(slices, x, dims):
    return slices.run(x.value, (0, *[wrap_dim(d, len(x.spec.shape)) + 1 for d in dims]))


def moved(ndim: int, source: Any, destination: Any) -> tuple[int, ...]:
    """The order of dimensions that puts `source` at `destination` and leaves the rest in order."""
    source = (source,) if isinstance(source, int) else tuple(source)
    destination = (destination,) if isinstance(destination, int) else tuple(destination)
    if len(source) != len(destination):
        raise ShapeError(
            "movedim: Invalid source or destination dims: source "
            f"({list(source)} dims) should contain the same number of dims as destination "
            f"({list(destination)} dims)"
        )
    froms = [wrap_dim(d, ndim) for d in source]
    tos = [wrap_dim(d, ndim) for d in destination]
    for what, given, found in (("source", source, froms), ("destination", destination, tos)):
        if len(set(found)) < len(found):
            raise ShapeError(f"movedim: repeated dim in `{what}` ({list(given)})")
    if not ndim:
        return ()
    rest = iter([d for d in range(ndim) if d not in froms])
    at = dict(zip(tos, froms, strict=True))
    return tuple([at[i] if i in at else next(rest) for i in range(ndim)])


for spelling in ("movedim", "moveaxis"):

    @composite(
        f"{spelling}(Tensor input, any source, any destination)",
        doc=f"""Dimensions moved to other places, the rest kept in order.

        >>> {spelling}(ones(2, 3, 4), 0, 2).shape
        torch.Size([3, 4, 2])
        """,
    )
    def move(input, source, destination, name=spelling):
        if isinstance(source, bool):
            raise bad_call(name, input, source, destination)
        source, destination = (int(dims) if is_int(dims) else dims for dims in (source, destination))
        if isinstance(source, int) != isinstance(destination, int):
            kind = "int" if isinstance(source, int) else "tuple of ints"
            raise ArgumentError(
                f"{name}(): argument 'destination' (position 3) must be {kind}, not {type_name(destination)}",
                code="argument-type",
            )
        order = moved(input.ndim, source, destination)
        return apply(permute, (input, order)) if order else registry["alias"](input)


@composite("adjoint(Tensor input)")
def adjoint(input):
    """The conjugate transpose of the last two dimensions.

    >>> adjoint([[1, 2j]])
    tensor([[1.-0.j],
            [0.-2.j]])
    """
    if input.ndim < 2 and input.ndim:
        raise ShapeError(
            f"tensor.adjoint() is only supported on matrices or batches of matrices. Got {input.ndim}-D "
            "tensor."
        )
    return registry["conj"](apply(transpose, (input, -2, -1)) if input.ndim else input)


def transposed_all(self: Tensor) -> Tensor:
    """All dimensions in reverse order."""
    if self.ndim == 0:
        warn(
            "Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases.",
            once=True,
            internal="aten/src/ATen/native/TensorShape.cpp:4321",
            help="leave .T out",
        )
    elif self.ndim != 2:
        warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it "
            "will throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
            "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.",
            once=True,
            internal="aten/src/ATen/native/TensorShape.cpp:4314",
            help="a vector has no rows or columns: x[:, None] makes it a column"
            if self.ndim == 1
            else "x.mT exchanges the last two dimensions",
            operands=(self,),
        )
    return apply(permute, (self, tuple(range(self.ndim - 1, -1, -1))))


def transposed_matrix(self: Tensor, name: str = "mT") -> Tensor:
    """The last two dimensions exchanged."""
    if not self.ndim:
        return self
    if self.ndim < 2:
        raise ShapeError(
            f"tensor.{name} is only supported on matrices or batches of matrices. Got {self.ndim}-D tensor."
        )
    return apply(transpose, (self, -2, -1))


def conjugate_transposed_matrix(self: Tensor) -> Tensor:
    """The conjugate transpose of the last two dimensions."""
    return registry["conj"](transposed_matrix(self, "mH"))


def conjugate_transposed(self: Tensor) -> Tensor:
    """The conjugate transpose of a matrix."""
    if self.ndim not in (0, 2):
        raise ShapeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {self.ndim}-D tensor."
            + (" For batches of matrices, consider using tensor.mH" if self.ndim > 2 else "")
        )
    return registry["conj"](apply(transpose, (self, 0, 1)) if self.ndim else self)


for attribute, getter in (
    ("T", transposed_all),
    ("mT", transposed_matrix),
    ("mH", conjugate_transposed_matrix),
    ("H", conjugate_transposed),
):
    install(attribute, property(getter, read_only(attribute), read_only(attribute)))
    Tensor.public.add(attribute)
