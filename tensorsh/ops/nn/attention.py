"""Scaled dot-product attention: `softmax(query keyᵀ / √E + mask) value`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.parallel import LARGE
from ...engine.core.spec import broadcast_shapes
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import wrap
from ...errors import BadValue, DTypeError, ShapeError
from ..activation.piecewise import where
from ..activation.softmax import softmax_backward, softmax_kernel
from ..linalg.matmul import multiply
from ..rules.by_text import gradients
from ..rules.infer import same
from ..rules.memory_order import laid_out
from . import attention_steps
from .attention_rows import Attention, attend, attend_backward
from .dropout import drop


@op(
    "_safe_softmax(Tensor input, int dim)",
    batching="along",
    infer=same,
    names=(),
    grad_fn="SafeSoftmaxBackward0",
    formula="softmax({0}, {1})",
    half="native",
    wide_gradient=True,
)
def safe_softmax(x, dim):
    """`softmax`, but zeros where all of a row is -inf: a query that may look at nothing."""
    nothing = np.isneginf(x.max(dim, keepdims=True, initial=-np.inf))
    return np.where(nothing, x.dtype.type(0), softmax_kernel.kernel(x, dim))


@safe_softmax.derivative("input")
def _(grad, output, dim):
    return softmax_backward(grad, output, dim)


def _check(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> None:
    operands = (query, key, value)
    if min(t.ndim for t in operands) < 2:
        raise ShapeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{query.ndim} key.dim: {key.ndim} and value.dim: {value.ndim} instead.",
            code="attention-rank",
            operands=operands,
        )
    if not query.dtype is key.dtype is value.dtype:
        q, k, v = (dt.c_names[t.dtype] for t in operands)
        raise DTypeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {q} key.dtype: {k} "
            f"and value.dtype: {v} instead.",
            code="dtype-mismatch",
            operands=operands,
        )
    if mask is not None:
        if mask.dtype not in (dt.bool_, dt.float32, query.dtype):
            raise DTypeError(
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
                "attn_mask.dtype: "
                f"{dt.c_names[mask.dtype]} and  query.dtype: {dt.c_names[query.dtype]} instead.",
                code="dtype-mismatch",
                operands=(*operands, mask),
            )
    if not query.dtype.is_floating_point:
        raise DTypeError(f"expected scalar type Float but found {query.dtype.title}", code="dtype")


def _heads_for_groups(query: Tensor, shared: Tensor) -> Tensor:
    """Each key (value) head serves several query heads."""
    heads, have = query.shape[-3], shared.shape[-3]
    if heads % have:
        raise ShapeError(
            "Number of heads in key and value must divide the number of heads in ",
            code="attention-heads",
            operands=(query, shared),
        )
    return shared.repeat_interleave(heads // have, -3)


# ------------------------------------------------------------------ long sequences


def _is_long(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> bool:
    """Whether to attend some queries at a time."""
    q, k, v = query.spec, key.spec, value.spec
    return (
        q.numel // max(q.shape[-1], 1) * k.shape[-2] >= LARGE
        and q.dtype in (dt.float32, dt.float64)
        and q.shape[:-2] == k.shape[:-2] == v.shape[:-2]
        and q.shape[-1] == k.shape[-1]
        and k.shape[-2] == v.shape[-2]
        and (mask is None or not mask.requires_grad)
    )


def _attention_specs(query, key, value, mask, causal, scale):
    if mask is not None:
        broadcast_shapes((*query.shape[:-1], key.shape[-2]), mask.shape)
    return query.with_shape((*query.shape[:-1], value.shape[-1])), query.with_shape((*query.shape[:-1], 1))


@op(
    "attention(Tensor query, Tensor key, Tensor value, Tensor? mask, bool causal, float scale)",
    infer=_attention_specs,
    names=(),
    grad_fn="ScaledDotProductFlashAttentionForCpuBackward0",
    constants=(1,),
)
def attention(query, key, value, mask, causal, scale):
    """The attention, and the logarithm of each query's sum of exponentials."""
    out, logs = attend(Attention(query, key, value, mask, causal, scale))
    found = out.reshape((*query.shape[:-1], value.shape[-1]))
    return like_query(found, query), logs.reshape((*query.shape[:-1], 1))


def like_query(found: Any, query: Any) -> Any:
    """The attention of heads in batches, laid out as the query is: heads are often those of one vector."""
    return laid_out(found, query) if query.ndim == 4 and found.shape == query.shape else found


def _attention_gradients(grad, query, key, value, mask, output, logs, causal, scale):
    weights = _weights(query, key, mask, causal, scale)
    slopes = multiply(grad, value.transpose(-2, -1))
    slopes = weights * (slopes - (weights * slopes).sum(-1, keepdim=True)) * scale
    return (
        multiply(slopes, key),
        multiply(slopes.transpose(-2, -1), query),
        multiply(weights.transpose(-2, -1), grad),
    )


@fused(
    "attention_backward(Tensor grad, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor output, "
    "Tensor logs, bool causal, float scale)",
    _attention_gradients,
    infer=lambda grad, query, key, value, *_: (query, key, value),
    whole=True,
)
def attention_backward(grad, query, key, value, mask, output, logs, causal, scale):
    made = Attention(query, key, value, mask, causal, scale)
    flat = [a.reshape(len(made.q), *a.shape[-2:]) for a in (grad, output, logs)]
    found = attend_backward(made, *flat)
    return [g.reshape(a.shape) for g, a in zip(found, (query, key, value), strict=True)]


@attention.derivative("query", "key", "value")
def _(grads, query, key, value, mask, causal, scale, outputs):
    return attention_backward(grads[0], query, key, value, mask, *outputs, causal, scale)


# ------------------------------------------------------------------ one node for it


@op(
    "attention(Tensor query, Tensor key, Tensor value, Tensor? mask, bool causal, float scale)",
    infer=lambda query, key, value, *_: query.with_shape((*query.shape[:-1], value.shape[-1])),
    names=(),
    grad_fn="ScaledDotProductFlashAttentionForCpuBackward0",
)
def whole(query, key, value, mask, causal, scale):
    """The attention of short sequences."""
    if attention_steps.takes(query, key):
        return like_query(attention_steps.forward(query, key, value, mask, causal, scale), query)
    with context.GradMode(False):
        tensors = wrap(query), wrap(key), wrap(value), None if mask is None else wrap(mask)
        return like_query(_in_operations(*tensors, causal, scale).array, query)


def _in_operations(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    causal: bool,
    scale: float,
    dropout: float = 0.0,
    grouped: bool = False,
) -> Tensor:
    """The attention step by step, that of 16-bit floats in float32."""
    given = query.dtype
    if given in (dt.float16, dt.bfloat16):
        query, key, value = (t.to(dt.float32) for t in (query, key, value))
    if grouped:
        key, value = _heads_for_groups(query, key), _heads_for_groups(query, value)
    weights = _weights(query, key, mask, causal, scale)
    if dropout > 0:
        weights = drop(weights, dropout, True, False, feature=False, alpha=False, raises=RuntimeError)
    found = multiply(weights, value)
    return found if found.dtype is given else found.to(given)


whole.in_public(_in_operations)


@op(
    "attention_steps_backward(Tensor grad, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor output, "
    "bool causal, float scale)",
    infer=lambda grad, query, key, value, *_: (query, key, value),
    names=(),
    nondifferentiable=True,
)
def whole_backward(grad, query, key, value, mask, output, causal, scale):
    return attention_steps.backward(grad, query, key, value, mask, output, causal, scale)


@whole.derivative("query", "key", "value")
def _(grad, query, key, value, mask, causal, scale, output, needs):
    if attention_steps.takes(query.array, key.array) and not context.current().grad_enabled:
        return tuple(apply(whole_backward, (grad, query, key, value, mask, output, causal, scale)))
    return gradients(_in_operations, (query, key, value, mask, causal, scale), [0, 1, 2], grad, needs)


def _is_one_node(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> bool:
    """Whether PyTorch has one operation for these: heads of one size in batches, their rows in one piece."""
    q, k, v = query.spec, key.spec, value.spec
    if not q.ndim == k.ndim == v.ndim == 4 or 0 in (*q.shape, *k.shape, *v.shape):
        return False
    if not (q.shape[:2] == k.shape[:2] == v.shape[:2] and q.shape[-1] == k.shape[-1] == v.shape[-1]):
        return False
    if k.shape[-2] != v.shape[-2] or any(t.stride(-1) != 1 for t in (query, key, value)):
        return False
    if mask is None:
        return True
    scores = (*q.shape[:-1], k.shape[-2])
    fits = all(n in (1, m) for n, m in zip(mask.shape[::-1], scores[::-1], strict=False))
    return mask.ndim in (2, 4) and fits and not mask.requires_grad


# ------------------------------------------------------------------ what users call


@composite(
    "nn.functional.scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, "
    "Tensor? attn_mask=None, float dropout_p=0.0, bool is_causal=False, *, float? scale=None, "
    "bool enable_gqa=False)",
    names=("nn.functional.scaled_dot_product_attention",),
    sample=([[1.0, 0.5]], [[0.3, -1.0], [0.7, 0.2]], [[1.0, 2.0], [3.0, -4.0]]),
)
def scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa):
    """Means of the values, weighted by how well their keys fit the query, (…, L, E), (…, S, E), (…, S, V).

    A bool `attn_mask` (…, L, S) says which keys a query may look at, a float one is added to the scores;
    `is_causal` hides later keys. `enable_gqa` lets several query heads share a key head.

    >>> nn.functional.scaled_dot_product_attention([[0., 0.]], [[1., 0.], [0., 1.]], [[1.], [3.]])
    tensor([[2.]])
    """
    _check(query, key, value, attn_mask)
    shared, grouped = (key, value), enable_gqa and query.ndim > 2
    if grouped:
        key, value = _heads_for_groups(query, key), _heads_for_groups(query, value)
    if scale is None:
        scale = 1 / math.sqrt(query.shape[-1])
    one_node = dropout_p <= 0 and _is_one_node(query, key, value, attn_mask)
    if is_causal and attn_mask is not None and not one_node:
        raise BadValue(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True",
            code="attention-mask",
        )
    short = one_node and query.dtype is dt.float32 and attention_steps.is_short(query.shape, key.shape)
    if dropout_p <= 0 and not short and _is_long(query, key, value, attn_mask):
        return apply(attention, (query, key, value, attn_mask, is_causal, scale))[0]
    if one_node:
        return apply(whole, (query, key, value, attn_mask, is_causal, scale))
    return _in_operations(query, *shared, attn_mask, is_causal, scale, dropout_p, grouped)


def _weights(query: Tensor, key: Tensor, mask: Tensor | None, causal: bool, scale: float) -> Tensor:
    """How much each query takes of each value."""
    root = math.sqrt(abs(scale))  # shared between both, so that neither grows large
    scores = multiply(query * math.copysign(root, scale), key.transpose(-2, -1) * root)
    if mask is not None:
        scores = scores + _added(mask, query.dtype)
    if causal:
        scores = scores + _added(wrap(np.tri(query.shape[-2], key.shape[-2], dtype=bool)), query.dtype)
    return safe_softmax(scores, -1)


def _added(mask: Tensor, dtype: Any) -> Tensor:
    """The mask as numbers to add to the scores."""
    if mask.dtype is not dt.bool_:
        return mask
    return where(mask, registry["zeros"](1, dtype=dtype), -math.inf)
