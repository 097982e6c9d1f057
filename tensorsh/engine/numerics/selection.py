"""Which of several equal elements: the order that the C++ standard library leaves them in.

PyTorch sorts and selects on the CPU with `std::sort`, `std::nth_element` and `std::partial_sort`, which
are not stable, and its indices show in which order equal elements came out. Programs print these
indices, so where there are ties the algorithms are run again here, step by step, on ranks. Without
ties (the rule) NumPy's answer is the only one; for more than `LIMIT` elements in rows with ties a stable
order is used, because these steps are slow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .along import taken_along

Array = np.ndarray[Any, Any]

LIMIT = 30_000

#: `std::sort` leaves shorter ranges to a final insertion sort
SHORT = 16


def ranks(x: Array, descending: bool = False) -> Array:
    """Integers in the order of `x` along the last axis, NaN largest; equal elements have equal ranks."""
    order = np.argsort(x, axis=-1, kind="stable")
    ordered = taken_along(x, order, -1)
    new = ordered[..., 1:] != ordered[..., :-1]
    if x.dtype.kind == "f":
        new &= ~(np.isnan(ordered[..., 1:]) & np.isnan(ordered[..., :-1]))
    steps = np.zeros(x.shape, np.int64)
    np.cumsum(new, axis=-1, out=steps[..., 1:])
    found = np.empty_like(steps)
    np.put_along_axis(found, order, steps, -1)
    return -found if descending else found


def each_row(keys: Array, permute: Callable[[list[int]], list[int]], order: Array) -> Array:
    """`order`, an argsort of the rows of `keys`, replaced by `permute` in the rows that have ties."""
    n = keys.shape[-1]
    if n < 2:
        return order
    rows = keys.reshape(-1, n)
    out = order.reshape(-1, order.shape[-1])
    tied = np.flatnonzero(rows.max(1) - rows.min(1) < n - 1)
    if 0 < tied.size * n <= LIMIT:
        out = out.copy()
        for i in tied:
            out[i] = permute(rows[i].tolist())[: out.shape[1]]
    return out.reshape(order.shape)


# ------------------------------------------------------------------ std::sort and relatives


def std_sort(keys: list[int]) -> list[int]:
    """The permutation that `std::sort` applies."""
    p = list(range(len(keys)))
    _introsort(keys, p, 0, len(p), 2 * (len(p).bit_length() - 1))
    return sorted(p, key=keys.__getitem__)  # the final insertion sort keeps equal elements in order


def _introsort(keys: list[int], p: list[int], first: int, last: int, depth: int) -> None:
    while last - first > SHORT:
        if depth == 0:
            _partial_sort(keys, p, first, last, last)
            return
        depth -= 1
        cut = _partition(keys, p, first, last)
        _introsort(keys, p, cut, last, depth)
        last = cut


def nth_element(keys: list[int], nth: int) -> list[int]:
    """The permutation that `std::nth_element` applies."""
    p = list(range(len(keys)))
    first, last, depth = 0, len(p), 2 * (len(p).bit_length() - 1)
    while last - first > 3:
        if depth == 0:
            _heap_select(keys, p, first, nth + 1, last)
            p[first], p[nth] = p[nth], p[first]
            return p
        depth -= 1
        cut = _partition(keys, p, first, last)
        if cut <= nth:
            first = cut
        else:
            last = cut
    p[first:last] = sorted(p[first:last], key=keys.__getitem__)
    return p


def top(keys: list[int], k: int, ordered: bool) -> list[int]:
    """The first `k` positions as PyTorch's topk orders them."""
    if k * 64 <= len(keys):
        p = list(range(len(keys)))
        _partial_sort(keys, p, 0, k, len(p))
        return p[:k]
    p = nth_element(keys, k - 1)
    if ordered:
        head = p[: k - 1]
        p[: k - 1] = [head[i] for i in std_sort([keys[i] for i in head])]
    return p[:k]


def _partition(keys: list[int], p: list[int], first: int, last: int) -> int:
    """Move the median of three to the front, then part the rest around it."""
    a, b, c = first + 1, first + (last - first) // 2, last - 1
    ka, kb, kc = keys[p[a]], keys[p[b]], keys[p[c]]
    if ka < kb:
        middle = b if kb < kc else c if ka < kc else a
    else:
        middle = a if ka < kc else c if kb < kc else b
    p[first], p[middle] = p[middle], p[first]
    pivot = keys[p[first]]
    i, j = first + 1, last
    while True:
        while keys[p[i]] < pivot:
            i += 1
        j -= 1
        while pivot < keys[p[j]]:
            j -= 1
        if i >= j:
            return i
        p[i], p[j] = p[j], p[i]
        i += 1


def _partial_sort(keys: list[int], p: list[int], first: int, middle: int, last: int) -> None:
    _heap_select(keys, p, first, middle, last)
    while middle - first > 1:
        middle -= 1
        value = p[middle]
        p[middle] = p[first]
        _adjust_heap(keys, p, first, 0, middle - first, value)


def _heap_select(keys: list[int], p: list[int], first: int, middle: int, last: int) -> None:
    """The smallest `middle - first` elements, as a heap with the largest of them in front."""
    n = middle - first
    for parent in range((n - 2) // 2, -1, -1):
        _adjust_heap(keys, p, first, parent, n, p[first + parent])
    for i in range(middle, last):
        if keys[p[i]] < keys[p[first]]:
            value = p[i]
            p[i] = p[first]
            _adjust_heap(keys, p, first, 0, n, value)


def _adjust_heap(keys: list[int], p: list[int], first: int, hole: int, n: int, value: int) -> None:
    start = child = hole
    while child < (n - 1) // 2:
        child = 2 * (child + 1)
        if keys[p[first + child]] < keys[p[first + child - 1]]:
            child -= 1
        p[first + hole] = p[first + child]
        hole = child
    if n % 2 == 0 and child == (n - 2) // 2:
        child = 2 * (child + 1)
        p[first + hole] = p[first + child - 1]
        hole = child - 1
    while hole > start:
        parent = (hole - 1) // 2
        if not keys[p[first + parent]] < keys[value]:
            break
        p[first + hole] = p[first + parent]
        hole = parent
    p[first + hole] = value


def quick_select(keys: list[int], k: int) -> list[int]:
    """The permutation of PyTorch's own quickselect (kthvalue), `k` counted from 0."""
    p = list(range(len(keys)))
    left, right = 0, len(p) - 1

    def order(i: int, j: int) -> None:
        if keys[p[i]] > keys[p[j]]:
            p[i], p[j] = p[j], p[i]

    while left < right:
        if right == left + 1:
            order(left, right)
            break
        middle = left + (right - left) // 2
        p[middle], p[left + 1] = p[left + 1], p[middle]
        order(left + 1, right)
        order(left, right)
        order(left + 1, left)
        i, j, pivot = left + 1, right, keys[p[left]]
        while True:
            i += 1
            while keys[p[i]] < pivot:
                i += 1
            j -= 1
            while keys[p[j]] > pivot:
                j -= 1
            if j < i:
                break
            p[i], p[j] = p[j], p[i]
        p[left], p[j] = p[j], p[left]
        if j <= k:
            left = i
        if j >= k:
            right = j - 1
    return p
