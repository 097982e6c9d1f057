"""Kullback and Leibler's divergence between two distributions, by a table of pairs of classes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import total_ordering
from typing import Any

from ...engine.core.own_tables import about_to_change, of_session
from ...engine.values.tensor import Tensor
from ..namespace import torch

__all__ = ["kl_divergence", "register_kl"]

Rule = Callable[[Any, Any], Tensor]

Rules = dict[tuple[type, type], Rule]

_rules: Rules = {}  # the library's
_own_rules: Rules = of_session({})  # the program's
_found: dict[tuple[type, type], Any] = of_session({})


def library_rule(type_p: type, type_q: type) -> Callable[[Rule], Rule]:
    """`register_kl` for the library itself."""

    def decorator(rule: Rule) -> Rule:
        _rules[type_p, type_q] = rule
        return rule

    return decorator


def register_kl(type_p: type, type_q: type) -> Callable[[Rule], Rule]:
    """Decorator: the function computes the divergence for these classes and their subclasses."""
    from .distribution import Distribution

    for name, kind in (("type_p", type_p), ("type_q", type_q)):
        if not isinstance(kind, type) and issubclass(kind, Distribution):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {kind}")

    def decorator(rule: Rule) -> Rule:
        about_to_change(_own_rules)
        about_to_change(_found)
        _own_rules[type_p, type_q] = rule
        _found.clear()
        return rule

    return decorator


@total_ordering
class Match:
    """A pair of classes; smaller is more specific, the first class deciding."""

    def __init__(self, *types: type):
        self.types = types

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Match) and self.types == other.types

    __hash__ = object.__hash__

    def __le__(self, other: Match) -> bool:
        for x, y in zip(self.types, other.types, strict=True):
            if not issubclass(x, y):
                return False
            if x is not y:
                break
        return True


def dispatch(type_p: type, type_q: type) -> Any:
    """The rule of the most specific pair, NotImplemented if there is none."""
    from . import kl_rules  # noqa: F401  fills the table

    rules = {**_rules, **_own_rules}
    matches = [pair for pair in rules if issubclass(type_p, pair[0]) and issubclass(type_q, pair[1])]
    if not matches:
        return NotImplemented
    left_p, left_q = min(Match(*m) for m in matches).types
    right_q, right_p = min(Match(*reversed(m)) for m in matches).types
    left, right = rules[left_p, left_q], rules[right_p, right_q]
    if left is not right:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). Please "
            f"register_kl({left_p.__name__}, {right_q.__name__})",
            RuntimeWarning,
            stacklevel=3,
        )
    return left


def kl_divergence(p: Any, q: Any) -> Tensor:
    """KL(p ‖ q), of the batch's shape; NotImplementedError for a pair that has no rule."""
    pair = type(p), type(q)
    if pair not in _found:
        _found[pair] = dispatch(*pair)
    rule = _found[pair]
    if rule is NotImplemented:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {p.__class__.__name__} and q type {q.__class__.__name__}"
        )
    return rule(p, q)


def infinite_like(tensor: Tensor) -> Tensor:
    return torch.full_like(tensor, torch.inf)
