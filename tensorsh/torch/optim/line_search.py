"""A step along a line that makes the loss and its slope small enough: Wolfe's strong conditions.

A bracket of two steps, between which a good one lies, is found by going further, then made smaller by the minimum
of a cubic through its ends (Nocedal & Wright, algorithms 3.5 and 3.6).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: the loss falls by this part of what its slope promises; the slope falls to this part
FALL, SLOPE = 1e-4, 0.9
SMALLEST = 1e-9


def strong_wolfe(
    evaluate: Callable[[Any, Any, Any], tuple[float, Any]],
    x: Any,
    t: Any,
    d: Any,
    f: float,
    g: Any,
    gtd: Any,
    most: int,
) -> tuple[float, Any, Any, int]:
    """(loss, gradient, step, evaluations) for a step of about `t` from x along d; `gtd` is the slope at x."""
    largest = d.abs().max()
    g = g.clone()
    f_new, g_new = evaluate(x, t, d)
    evaluations = 1
    gtd_new = g_new.dot(d)
    before: tuple[Any, ...] = (0, f, g, gtd)
    done = False
    tries = 0
    while tries < most:
        if f_new > (f + FALL * t * gtd) or (tries > 1 and f_new >= before[1]):
            ends = [before, (t, f_new, g_new.clone(), gtd_new)]
            break
        if abs(gtd_new) <= -SLOPE * gtd:
            ends = [(t, f_new, g_new, gtd_new)]
            done = True
            break
        if gtd_new >= 0:
            ends = [before, (t, f_new, g_new.clone(), gtd_new)]
            break
        bounds = t + 0.01 * (t - before[0]), t * 10
        here = (t, f_new, g_new.clone(), gtd_new)
        t = _cubic_minimum(before, here, bounds)
        before = here
        f_new, g_new = evaluate(x, t, d)
        evaluations += 1
        gtd_new = g_new.dot(d)
        tries += 1
    if tries == most:
        ends = [(0, f, g, gtd), (t, f_new, g_new, gtd_new)]

    slow = False
    low, high = (0, 1) if ends[0][1] <= ends[-1][1] else (1, 0)
    while not done and tries < most:
        if abs(ends[1][0] - ends[0][0]) * largest < SMALLEST:
            break
        t = _cubic_minimum(ends[0], ends[1])
        t, slow = _inside(t, ends[0][0], ends[1][0], slow)
        f_new, g_new = evaluate(x, t, d)
        evaluations += 1
        gtd_new = g_new.dot(d)
        tries += 1
        here = (t, f_new, g_new.clone(), gtd_new)
        if f_new > (f + FALL * t * gtd) or f_new >= ends[low][1]:
            ends[high] = here
            low, high = (0, 1) if ends[0][1] <= ends[1][1] else (1, 0)
            continue
        if abs(gtd_new) <= -SLOPE * gtd:
            done = True
        elif gtd_new * (ends[high][0] - ends[low][0]) >= 0:
            ends[high] = ends[low]
        ends[low] = here
    t, f_new, g_new, _ = ends[low]
    return f_new, g_new, t, evaluations


def _inside(t: Any, a: Any, b: Any, slow: bool) -> tuple[Any, bool]:
    """A step away from the ends of the bracket, if it was too near for the second time."""
    least, most = min(a, b), max(a, b)
    margin = 0.1 * (most - least)
    if min(most - t, t - least) >= margin:
        return t, False
    if slow or t >= most or t <= least:
        return (most - margin if abs(t - most) < abs(t - least) else least + margin), False
    return t, True


def _cubic_minimum(a: tuple[Any, ...], b: tuple[Any, ...], bounds: tuple[Any, Any] | None = None) -> Any:
    """Where the cubic through two points with their slopes is least, within bounds."""
    (x1, f1, _, g1), (x2, f2, _, g2) = a, b
    lowest, highest = bounds or ((x1, x2) if x1 <= x2 else (x2, x1))
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1**2 - g1 * g2
    if square < 0:
        return (lowest + highest) / 2.0
    d2 = square.sqrt()
    if x1 <= x2:
        least = x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
    else:
        least = x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2))
    return min(max(least, lowest), highest)
