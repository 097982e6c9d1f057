"""Attention of long sequences, some queries at a time: the scores of all of them never exist at once.

Forward keeps the logarithm of each query's sum of exponentials; backward makes the weights of a block of
queries again from it. Memory grows with the number of keys, not with its product with the queries.
Arrays are (batch, length, features); `mask` (batch…, queries, keys) or None.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ...engine.core.parallel import spread_products, threads
from ...engine.numerics.rowwise import dots, sums
from ..rules.families import select

Array = np.ndarray[Any, Any]

#: scores that one thread has at a time
SCORES = 1 << 18


class Attention:
    """One attention: how the scores of queries `lo` to `hi` of batch `b` are made."""

    def __init__(
        self, query: Array, key: Array, value: Array, mask: Array | None, causal: bool, scale: float
    ):
        batch = query.shape[:-2]
        self.batch = batch
        self.q, self.k, self.v = (a.reshape(prod(batch), *a.shape[-2:]) for a in (query, key, value))
        self.queries, self.keys = query.shape[-2], key.shape[-2]
        self.mask = None if mask is None else np.broadcast_to(mask, (*batch, self.queries, self.keys))
        self.causal = causal
        self.scale = query.dtype.type(scale)
        self.rows = max(SCORES // max(self.keys, 1), 1)

    def seen(self, hi: int) -> int:
        """How many keys the queries before `hi` look at."""
        return min(hi, self.keys) if self.causal else self.keys

    def scores(self, b: int, lo: int, hi: int) -> Array:
        """(queries, seen keys), -inf where a query may not look."""
        m = self.seen(hi)
        s = np.matmul(self.q[b, lo:hi] * self.scale, self.k[b, :m].T)
        if self.mask is not None:
            place: tuple[Any, ...] = (*np.unravel_index(b, self.batch), slice(lo, hi), slice(m))
            mask = self.mask[place]
            if mask.dtype.kind == "b":
                s = select(mask, s, s.dtype.type(-np.inf))
            else:
                s += mask
        if self.causal and m > lo:
            s[:, lo:m][~np.tri(hi - lo, m - lo, dtype=bool)] = -np.inf
        return s

    def over_queries(self, work: Callable[[int, int, int, int], None]) -> None:
        """Call `work(part, b, lo, hi)` for blocks of queries; those of one part come one after the other."""
        parts = self.parts
        count = len(self.q) * parts

        def run(first: int, last: int) -> None:
            for i in range(first, last):
                b, part = divmod(i, parts)
                end = (part + 1) * self.queries // parts
                for lo in range(part * self.queries // parts, end, self.rows):
                    work(part, b, lo, min(lo + self.rows, end))

        spread_products(run, count, 1)

    @property
    def parts(self) -> int:
        """Into how many parts the queries of one batch are split, so that every core has one."""
        return 1 if len(self.q) >= threads() else threads()


def attend(attention: Attention) -> tuple[Array, Array]:
    """The means of the values, and for each query the logarithm of the sum of its exponentials."""
    q, v = attention.q, attention.v
    out = np.empty((*q.shape[:2], v.shape[2]), q.dtype)
    logs = np.empty((*q.shape[:2], 1), q.dtype)

    def work(part: int, b: int, lo: int, hi: int) -> None:
        s = attention.scores(b, lo, hi)
        top = s.max(1, keepdims=True, initial=-np.inf)
        top[np.isneginf(top)] = 0  # a query that looks at nothing
        s -= top
        np.exp(s, s)
        total = sums(s, 1)
        nothing = total == 0
        logs[b, lo:hi] = np.where(nothing, np.inf, top + np.log(total))
        np.matmul(s, v[b, : s.shape[1]], out=out[b, lo:hi])
        out[b, lo:hi] /= np.where(nothing, 1, total)

    attention.over_queries(work)
    return out, logs


def attend_backward(attention: Attention, grad: Array, out: Array, logs: Array) -> tuple[Array, Array, Array]:
    """The gradients of queries, keys and values."""
    q, k, v = attention.q, attention.k, attention.v
    of_query = np.empty_like(q)
    of_key, of_value = (np.zeros((attention.parts, *a.shape), a.dtype) for a in (k, v))

    def work(part: int, b: int, lo: int, hi: int) -> None:
        weights = attention.scores(b, lo, hi)
        m = weights.shape[1]
        weights -= logs[b, lo:hi]
        np.exp(weights, weights)
        g = grad[b, lo:hi]
        of_value[part, b, :m] += np.matmul(weights.T, g)
        slopes = np.matmul(g, v[b, :m].T)
        slopes -= dots(g, out[b, lo:hi], 1)
        slopes *= weights
        slopes *= attention.scale
        np.matmul(slopes, k[b, :m], out=of_query[b, lo:hi])
        of_key[part, b, :m] += np.matmul(slopes.T, q[b, lo:hi])

    attention.over_queries(work)
    return of_query, *(a[0] if len(a) == 1 else a.sum(0) for a in (of_key, of_value))
