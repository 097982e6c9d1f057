"""Attention with several heads: projections, masks, `softmax(q kᵀ / √E + mask) v` in each head, output projection."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from ....engine.values.tensor import Tensor
from ...namespace import F, torch


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """query (L, N, E), key (S, N, E_k), value (S, N, E_v) → output (L, N, E) and weights (N, L, S).

    key_padding_mask   (N, S), True (or -inf) at keys that are not looked at
    attn_mask          (L, S) or (N * heads, L, S), the same for each query
    static_k, static_v keys and values that are projected and split into heads already
    """
    batched = _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = each(lambda t: t.unsqueeze(1), query, key, value)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, batch, embed_dim = query.shape
    head_dim = _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    padding = _canonical_mask(
        key_padding_mask, "key_padding_mask", _none_or_dtype(attn_mask), "attn_mask", query.dtype
    )
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and padding is None and not need_weights:
        mask = None
    else:
        mask = _canonical_mask(attn_mask, "attn_mask", None, "", query.dtype, False)
        is_causal = is_causal and padding is None
    if use_separate_proj_weight:
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
        q, k, v = _projected_apart(query, key, value, weights, in_proj_bias)
    elif in_proj_weight is None:
        raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
    else:
        q, k, v = _projected(query, key, value, in_proj_weight, in_proj_bias)
    mask = _checked_mask(mask, length, key.shape[0], batch * num_heads)
    if (bias_k is None) != (bias_v is None):
        raise AssertionError(
            "bias_v is set but bias_k is None" if bias_k is None else "bias_k is set but bias_v is None"
        )
    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            which = "value" if static_k is None else "key"
            raise AssertionError(f"bias cannot be added to static {which}.")
        k = torch.cat([k, bias_k.repeat(1, batch, 1)])
        v = torch.cat([v, bias_v.repeat(1, batch, 1)])
        mask, padding = _one_more(mask), _one_more(padding)
    heads = batch * num_heads
    q = q.view(length, heads, head_dim).transpose(0, 1)
    k = _split(k, static_k, "k", heads, head_dim)
    v = _split(v, static_v, "v", heads, head_dim)
    if add_zero_attn:
        zeros = torch.zeros((heads, 1, head_dim), dtype=k.dtype, device=k.device)
        k, v = torch.cat([k, zeros], dim=1), torch.cat([v, zeros], dim=1)
        mask, padding = _one_more(mask), _one_more(padding)
    keys = k.size(1)
    if padding is not None:
        for dim, size in enumerate((batch, keys)):
            if padding.shape[dim] != size:
                raise AssertionError(
                    f"Expected key_padded_mask.shape[{dim}] to be {size}, but got {padding.shape[dim]}"
                )
        padding = padding.view(batch, 1, 1, keys).expand(-1, num_heads, -1, -1).reshape(heads, 1, keys)
        mask = padding if mask is None else mask + padding
    dropout_p = dropout_p if training else 0.0
    if need_weights:
        attended, shown = _attend_with_weights(q, k, v, mask, dropout_p)
        output = attended.transpose(0, 1).reshape(length * batch, embed_dim)
        shown = shown.view(batch, num_heads, length, keys)
        if average_attn_weights:
            shown = shown.mean(dim=1)
        shown = shown if batched else shown.squeeze(0)
    else:
        if mask is not None:
            mask = mask.unsqueeze(0) if mask.size(0) == 1 else mask.view(batch, num_heads, -1, keys)
        q = q.view(batch, num_heads, length, head_dim)
        k = k.view(batch, num_heads, keys, head_dim)
        v = v.view(batch, num_heads, keys, head_dim)
        attended = F.scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
        output, shown = attended.permute(2, 0, 1, 3).reshape(batch * length, embed_dim), None
    output = F.linear(output, out_proj_weight, out_proj_bias)
    output = output.view(length, batch, output.size(1))
    return output if batched else output.squeeze(1), shown


def each(function: Callable[[Tensor], Tensor], *tensors: Tensor) -> tuple[Tensor, ...]:
    """A function of each tensor; those that are one object stay one, which saves products later."""
    done: dict[int, Tensor] = {}
    for t in tensors:
        if id(t) not in done:
            done[id(t)] = function(t)
    return tuple(done[id(t)] for t in tensors)


def _attend_with_weights(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropout_p: float
) -> tuple[Tensor, Tensor]:
    q = q * math.sqrt(1.0 / float(q.shape[-1]))
    turned = k.transpose(-2, -1)
    scores = torch.bmm(q, turned) if mask is None else torch.baddbmm(mask, q, turned)
    weights = F.softmax(scores, dim=-1)
    if dropout_p > 0.0:
        weights = F.dropout(weights, p=dropout_p)
    return torch.bmm(weights, v), weights


# ------------------------------------------------------------------ projections


def _projected(q: Tensor, k: Tensor, v: Tensor, w: Tensor, b: Tensor | None) -> Any:
    """One matrix for all three: as few products as there are different inputs."""
    n = q.size(-1)
    if k is v and q is k:
        return _parts(F.linear(q, w, b), 3, n)
    if k is v:
        w_q, w_kv = w.split([n, n * 2])
        b_q, b_kv = (None, None) if b is None else b.split([n, n * 2])
        return (F.linear(q, w_q, b_q), *_parts(F.linear(k, w_kv, b_kv), 2, n))
    biases = (None, None, None) if b is None else b.chunk(3)
    return tuple(F.linear(t, *wb) for t, *wb in zip((q, k, v), w.chunk(3), biases, strict=True))


def _parts(projected: Tensor, count: int, n: int) -> tuple[Tensor, ...]:
    apart = projected.unflatten(-1, (count, n)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
    return tuple(apart[i] for i in range(count))


def _projected_apart(query: Tensor, key: Tensor, value: Tensor, weights: Any, bias: Tensor | None) -> Any:
    """A matrix for each."""
    n = query.size(-1)
    names = ("query", "key", "value")
    for name, w, t in zip(names, weights, (query, key, value), strict=True):
        if w is None:
            raise AssertionError(f"use_separate_proj_weight is True but {name[0]}_proj_weight is None")
        if w.shape != (n, t.size(-1)):
            raise AssertionError(f"expecting {name} weights shape of {(n, t.size(-1))}, but got {w.shape}")
    biases = (None, None, None) if bias is None else bias.chunk(3)
    return tuple(F.linear(t, w, b) for t, w, b in zip((query, key, value), weights, biases, strict=True))


def _split(projected: Tensor, static: Tensor | None, name: str, heads: int, head_dim: int) -> Tensor:
    """(S, N, E) → (N * heads, S, E / heads), unless that is given."""
    if static is None:
        return projected.view(projected.shape[0], heads, head_dim).transpose(0, 1)
    for dim, size in ((0, heads), (2, head_dim)):
        if static.size(dim) != size:
            raise AssertionError(f"expecting static_{name}.size({dim}) of {size}, but got {static.size(dim)}")
    return static


# ------------------------------------------------------------------ masks and checks


def _none_or_dtype(input: Tensor | None) -> Any:
    """The dtype of a mask, if there is one."""
    if input is None:
        return None
    if isinstance(input, Tensor):
        return input.dtype
    raise RuntimeError("input to _none_or_dtype() must be None or torch.Tensor")


def _canonical_mask(
    mask: Tensor | None,
    mask_name: str,
    other_type: Any,
    other_name: str,
    target_type: Any,
    check_other: bool = True,
) -> Tensor | None:
    """A mask to be added: -inf where a bool mask is True."""
    if mask is None:
        return None
    floating = mask.is_floating_point()
    if mask.dtype != torch.bool and not floating:
        raise AssertionError(f"only bool and floating types of {mask_name} are supported")
    if check_other and other_type is not None and mask.dtype != other_type:
        warnings.warn(
            f"Support for mismatched {mask_name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=2,
        )
    if floating:
        return mask
    return torch.zeros_like(mask, dtype=target_type).masked_fill_(mask, float("-inf"))


def _one_more(mask: Tensor | None) -> Tensor | None:
    """A mask for one key more, which all may look at."""
    return None if mask is None else F.pad(mask, (0, 1))


def _checked_mask(mask: Tensor | None, length: int, keys: int, heads: int) -> Tensor | None:
    if mask is None:
        return None
    wanted = {2: (length, keys), 3: (heads, length, keys)}.get(mask.dim())
    if wanted is None:
        raise RuntimeError(f"attn_mask's dimension {mask.dim()} is not supported")
    if mask.shape != wanted:
        raise RuntimeError(
            f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {wanted}."
        )
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


def _check_shapes(
    query: Tensor, key: Tensor, value: Tensor, padding: Tensor | None, mask: Tensor | None, num_heads: int
) -> bool:
    """PyTorch's complaints about numbers of dimensions; whether there is a batch."""
    n = query.dim()
    if n not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {n}-D query tensor"
        )
    which = f"For {'batched' if n == 3 else 'unbatched'} ({n}-D) `query`, expected"
    if key.dim() != n or value.dim() != n:
        raise AssertionError(
            f"{which} `key` and `value` to be {n}-D but found {key.dim()}-D and {value.dim()}-D tensors respectively"
        )
    if padding is not None and padding.dim() != n - 1:
        raise AssertionError(
            f"{which} `key_padding_mask` to be `None` or {n - 1}-D but found {padding.dim()}-D tensor instead"
        )
    if mask is not None:
        if mask.dim() not in (2, 3):
            raise AssertionError(
                f"{which} `attn_mask` to be `None`, 2-D or 3-D but found {mask.dim()}-D tensor instead"
            )
        wanted = (num_heads, query.shape[0], key.shape[0])
        if n == 2 and mask.dim() == 3 and mask.shape != wanted:
            raise AssertionError(f"Expected `attn_mask` shape to be {wanted} but got {mask.shape}")
    return n == 3


def _check_sizes(
    query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int, apart: bool
) -> int:
    """PyTorch's complaints about sizes; the size of a head."""
    embed_dim = query.size(-1)
    if embed_dim != embed_dim_to_check:
        raise AssertionError(
            f"was expecting embedding dimension of {embed_dim_to_check}, but got {embed_dim}"
        )
    head_dim = embed_dim // num_heads
    if head_dim * num_heads != embed_dim:
        raise AssertionError(f"embed_dim {embed_dim} not divisible by num_heads {num_heads}")
    if apart and key.shape[:2] != value.shape[:2]:
        raise AssertionError(
            f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}"
        )
    if not apart and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
    return head_dim
