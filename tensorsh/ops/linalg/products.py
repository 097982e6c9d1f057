"""Products of tensors written in other operations: outer, inner, kron, tensordot, chains; linear layers."""

from __future__ import annotations

import math

import numpy as np

from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.records.op import composite, op, registry
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, ShapeError, facts_of
from ..rules.families import conj
from ..rules.infer import wrap_dim, wrap_dims
from .add_products import addmm_stored
from .matmul import is_turned, matmul, mm, multiply


@composite(
    "outer(Tensor input, Tensor vec2)",
    names=("torch.outer", "Tensor.outer", "torch.ger", "Tensor.ger"),
    sample=([1.0, 2.0], [3.0, 4.0, -1.0]),
)
def outer(input, vec2):
    """Each element of one vector times each of another, (n), (m) → (n, m).

    >>> outer([1, 2], [3, 4, 5])
    tensor([[ 3,  4,  5],
            [ 6,  8, 10]])
    """
    for name, t in (("self", input), ("vec2", vec2)):
        if t.ndim != 1:
            raise ShapeError(
                f"outer: Expected 1-D argument {name}, but got {t.ndim}-D",
                code="outer-rank",
                help="flatten it: x.flatten()",
                operands=(input, vec2),
            )
    return input.reshape(-1, 1) * vec2


@composite("inner(Tensor input, Tensor other)", sample=([[1.0, 2.0], [0.5, 1.0]], [3.0, 4.0]))
def inner(input, other):
    """The sum of products over the last dimension of both: `out[…i, …j] = Σₖ input[…i, k] other[…j, k]`.

    >>> inner([[1, 2], [3, 4]], [1, 1])
    tensor([3, 7])
    """
    if input.ndim == 0 or other.ndim == 0:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise ShapeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}",
            code="matmul-shape",
            operands=(input, other),
        )
    return contract(input, other, [-1], [-1])


@composite("tensordot(Tensor a, Tensor b, any dims=2)", names=("torch.tensordot",))
def tensordot(a, b, dims):
    """The sum of products over some dimensions of both: the last `dims` of `a` with the first of `b`,
    or those listed in `dims=(of_a, of_b)`.

    >>> tensordot(ones(2, 3), ones(3, 4), dims=1)
    tensor([[3., 3., 3., 3.],
            [3., 3., 3., 3.]])
    """
    if not isinstance(dims, list | tuple | int | Tensor):
        raise BadValue(
            "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] containing two "
            f"lists, but got dims={dims}"
        )
    if isinstance(dims, Tensor):
        dims = dims.tolist() if dims.spec.numel > 1 else int(dims.item())
    if isinstance(dims, list | tuple):
        first, second = ([int(d) for d in (x if isinstance(x, list | tuple) else (x,))] for x in dims)
        return contract(a, b, first, second)
    if dims < 0:
        raise ShapeError(f"tensordot expects dims >= 0, but got dims={dims}", code="tensordot-dims")
    if dims > min(a.ndim, b.ndim):
        raise ShapeError(
            f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}",
            code="tensordot-dims",
            operands=(a, b),
        )
    return contract(a, b, list(range(-dims, 0)), list(range(dims)))


def contract(a: Tensor, b: Tensor, of_a: list[int], of_b: list[int]) -> Tensor:
    """Permute and reshape both to matrices, multiply, reshape back."""
    if len(of_a) != len(of_b):
        raise ShapeError(
            "both dimension lists should have same length", code="tensordot-dims", operands=(a, b)
        )
    if a.dtype is not b.dtype:
        raise DTypeError(
            "both inputs should have same dtype",
            code="dtype-mismatch",
            help=f"convert one operand: a is {a.dtype.name}, b is {b.dtype.name}",
            operands=(a, b),
        )
    sizes = 1
    for i, j in zip(of_a, of_b, strict=True):
        n, m = a.shape[wrap_dim(i, a.ndim)], b.shape[wrap_dim(j, b.ndim)]
        if m == 1:
            a = a.sum(i, keepdim=True)
        elif n == 1:
            b = b.sum(j, keepdim=True)
        elif n != m:
            raise ShapeError(
                f"contracted dimensions need to match, but first has size {n} in dim {i} and second has "
                f"size {m} in dim {j}",
                code="tensordot-shape",
                operands=(a, b),
            )
        else:
            sizes *= n
    of_a, of_b = list(wrap_dims(of_a, a.ndim) if of_a else ()), list(wrap_dims(of_b, b.ndim) if of_b else ())
    rest_a = [i for i in range(a.ndim) if i not in of_a]
    rest_b = [i for i in range(b.ndim) if i not in of_b]
    shape = [a.shape[i] for i in rest_a] + [b.shape[i] for i in rest_b]
    rows = math.prod(a.shape[i] for i in rest_a)
    columns = math.prod(b.shape[i] for i in rest_b)
    if not shape:
        left, right = a.permute(of_a).reshape(sizes), b.permute(of_b).reshape(sizes)
        return multiply(left, right).view(())
    left = a.permute(rest_a + of_a).reshape(rows, sizes)
    right = b.permute(of_b + rest_b).reshape(sizes, columns)
    return mm(left, right).view(shape)


def _kron_shapes(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[list[int], list[int], list[int]]:
    """Both shapes with as many dimensions, interleaved with ones, and the shape of the result."""
    n = max(len(a), len(b))
    a, b = (1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b
    spread_a = [size for x in a for size in (x, 1)]
    spread_b = [size for x in b for size in (1, x)]
    return spread_a, spread_b, [x * y for x, y in zip(a, b, strict=True)]


def _kron_infer(a: Spec, b: Spec) -> Spec:
    return a.with_shape(_kron_shapes(a.shape, b.shape)[2])


@op(
    "kron(Tensor input, Tensor other)",
    infer=_kron_infer,
    promote="types",
    grad_fn="UnsafeViewBackward0",
    sample=([[1.0, 2.0]], [[0.5], [3.0]]),
)
def kron(a, b):
    """The Kronecker product: a block `input[i, j] * other` for each element of `input`.

    >>> kron([1, 10], [1, 2, 3])
    tensor([ 1,  2,  3, 10, 20, 30])
    """
    spread_a, spread_b, shape = _kron_shapes(a.shape, b.shape)
    return (a.reshape(spread_a) * b.reshape(spread_b)).reshape(shape)


@kron.derivative("input", "other")
def _(grad, input, other, needs):
    a, b, _ = _kron_shapes(input.spec.shape, other.spec.shape)
    blocks = grad.reshape([x * y for x, y in zip(a, b, strict=True)])
    return (
        (blocks * conj(other.reshape(b))).sum_to_size(a).reshape(input.spec.shape) if needs[0] else None,
        (blocks * conj(input.reshape(a))).sum_to_size(b).reshape(other.spec.shape) if needs[1] else None,
    )


@composite("chain_matmul(Tensor... matrices)", names=("torch.chain_matmul",))
def chain_matmul(matrices):
    """The product of several matrices, multiplied in the order that takes the fewest operations.

    >>> chain_matmul(ones(2, 3), ones(3, 4), ones(4, 1))
    tensor([[12.],
            [12.]])
    """
    if not matrices:
        raise ShapeError("chain_matmul(): Expected one or more matrices", code="chain-empty")
    for m in matrices:
        if m.ndim != 2:
            raise ShapeError(
                f"Tensor dimension is {m.ndim}, expected 2 instead.", code="matmul-rank", operands=matrices
            )
    warn(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use "
        "torch.linalg.multi_dot instead, which accepts a list of two or more tensors rather than multiple "
        "parameters.",
        once=True,
        internal="aten/src/ATen/native/LinearAlgebra.cpp:1102",
        help="linalg.multi_dot([a, b, c])",
    )
    return matrices[0] if len(matrices) == 1 else registry["linalg.multi_dot"](list(matrices))


# ------------------------------------------------------------------ layers


@composite(
    "nn.functional.linear(Tensor input, Tensor weight, Tensor? bias=None)",
    names=("nn.functional.linear",),
    sample=([[1.0, 2.0], [0.5, -1.0]], [[1.0, -1.0], [2.0, 0.5], [3.0, 1.0]], [0.1, 0.2, 0.3]),
)
def linear(input, weight, bias):
    """`input @ weight.T + bias`: (…, in), (out, in), (out) → (…, out).

    >>> nn.functional.linear([[1., 2.]], [[1., 1.], [0., 1.]], [0., 10.])
    tensor([[ 3., 12.]])
    """
    ndim = len(input.spec.shape)
    if ndim == 0 or not weight.spec.shape:
        raise ShapeError(
            f"both arguments to linear need to be at least 1D, but they are {ndim}D and {weight.ndim}D",
            code="matmul-rank",
            operands=(input, weight),
        )
    try:
        return transformed(input, weight, bias)
    except RuntimeError as error:
        facts = facts_of(error)
        if facts is not None and facts.kind == "shape":
            facts.help = f"a weight is (out, in): its last size is the input's, {input.spec.shape[-1]}"
        raise


def transformed(input, weight, bias):
    """`linear` for operands that have dimensions."""
    ndim = len(input.spec.shape)
    turned = weight.t()
    if bias is None:
        return multiply(input, turned)
    if ndim == 2:
        return _weighted(bias, input, turned)
    if weight.ndim == 1:
        return multiply(input, turned) + bias
    *batch, features = input.spec.shape
    rows = _weighted(bias, input.reshape(math.prod(batch), features), turned)
    return rows.view((*batch, weight.spec.shape[0]))


def _weighted(bias: Tensor, input: Tensor, turned: Tensor) -> Tensor:
    """`input @ turned + bias`, recorded by how input and weight are stored."""
    return addmm_stored[is_turned(input), is_turned(turned)](bias, input, turned)


@op(
    "trilinear(Tensor input1, Tensor weight, Tensor input2)",
    infer=lambda a, w, b: a.with_shape((a.shape[0], w.shape[0])),
    names=(),
    formula="nn.functional.bilinear({0}, {2}, {1})",
)
def trilinear(a, w, b):
    """out[n, o] = Σᵢⱼ input1[n, i] weight[o, i, j] input2[n, j]."""
    o, i, j = w.shape
    half = np.matmul(a, w.transpose(1, 0, 2).reshape(i, o * j)).reshape(a.shape[0], o, j)
    return np.matmul(half, b[:, :, None])[:, :, 0]


@trilinear.derivative("input1", "weight", "input2")
def _(grad, input1, weight, input2, needs):
    n, (o, i, j) = input1.spec.shape[0], weight.spec.shape
    first = second = matrix = None
    if needs[0]:
        first = trilinear(input2, weight.permute(1, 2, 0), grad)
    if needs[1]:
        pairs = (input1.unsqueeze(2) * input2.unsqueeze(1)).reshape(n, i * j)
        matrix = matmul(grad.t(), pairs).reshape(o, i, j)
    if needs[2]:
        second = trilinear(input1, weight.permute(2, 1, 0), grad)
    return first, matrix, second


@composite(
    "nn.functional.bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None)",
    names=("nn.functional.bilinear", "torch.bilinear"),
    sample=([[1.0, 2.0]], [[0.5, -1.0]], [[[1.0, 0.5], [2.0, -1.0]]], [0.1]),
)
def bilinear(input1, input2, weight, bias):
    """`out[o] = input1ᵀ weight[o] input2 + bias[o]` for each row of the inputs.

    >>> nn.functional.bilinear([[1., 2.]], [[1., 1.]], [[[1., 0.], [0., 1.]]])
    tensor([[3.]])
    """
    _check_bilinear(input1, input2, weight, bias)
    batch = input1.spec.shape[:-1]
    rows = math.prod(batch)
    out = trilinear(input1.reshape(rows, input1.shape[-1]), weight, input2.reshape(rows, input2.shape[-1]))
    out = out.reshape((*batch, weight.shape[0]))
    return out if bias is None else out + bias


def _check_bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    operands = (input1, input2, weight) if bias is None else (input1, input2, weight, bias)
    problem = None
    if input1.ndim != input2.ndim:
        problem = f"input dimensions do not match: got {input1.ndim} and {input2.ndim}"
    else:
        for i, (n, m) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
            if n != m and problem is None:
                problem = f"input batch dimensions do not match at dim {i}: got {n} and {m}"
    if problem is None:
        wrap_dim(2, weight.ndim)
        sizes = "{} size does not match weight size: got {} but expected {}"
        if input1.shape[-1] != weight.shape[1]:
            problem = sizes.format("input1", input1.shape[-1], weight.shape[1])
        elif input2.shape[-1] != weight.shape[2]:
            problem = sizes.format("input2", input2.shape[-1], weight.shape[2])
        elif bias is not None and bias.shape[0] != weight.shape[0]:
            problem = sizes.format("bias", bias.shape[0], weight.shape[0])
    if problem is not None:
        raise ShapeError(f"bilinear(): {problem}", code="bilinear-shape", operands=operands)
    if not (input1.dtype is input2.dtype is weight.dtype):
        from ...engine.core.dtype import c_names

        kinds = ", ".join(
            f"{name}: {c_names[t.dtype]}"
            for name, t in (("input1", input1), ("input2", input2), ("weight", weight))
        )
        raise DTypeError(
            f"All tensors must have the same dtype, got {kinds}", code="dtype-mismatch", operands=operands
        )
