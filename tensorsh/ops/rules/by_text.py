"""Operations that are one node of the graph, but written in operations.

A composite leaves the nodes of its parts in the graph; PyTorch has a single node for some of these, and
saves only the inputs. `written` runs the text outside the graph, and differentiates it when asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.graph.backward import grad as differentiate
from ...engine.graph.node import zeros
from ...engine.records.op import Op, op
from ...engine.records.recorded import parameters
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import wrap


def written(
    signature: str, inputs: tuple[str, ...], one: str | None = None, **options: Any
) -> Callable[[Callable[..., Any]], Op]:
    """Declare an operation of one output by a text in operations, differentiable in `inputs`.

    `one`: see `engine.records.recorded.Derivative`.
    """

    def declare(text: Callable[..., Any]) -> Op:
        def kernel(*args: Any) -> Any:
            with context.GradMode(False):
                return text(*[wrap(a) if isinstance(a, np.ndarray) else a for a in args]).array

        record = op(signature, doc=text.__doc__ or "", **options)(kernel)
        places = [record.schema.position(name) for name in inputs]

        def pull(grad: Tensor, args: tuple[Any, ...], needs: tuple[bool, ...]) -> Any:
            return gradients(text, args, places, grad, needs)

        names = ", ".join(parameters(text))
        record.derivative(*inputs, one=one)(
            eval(f"lambda grad, needs, {names}: pull(grad, ({names},), needs)", {"pull": pull})
        )
        if not record.names and record.formula is None:
            record.in_public(text)
        return record

    return declare


def gradients(
    text: Callable[..., Any], args: tuple[Any, ...], places: list[int], grad: Tensor, needs: tuple[bool, ...]
) -> tuple[Tensor | None, ...]:
    """The gradients of the arguments at `places`, None where none is needed."""
    higher = context.current().grad_enabled
    given = list(args)
    asked = []
    with context.GradMode(True):
        for place, need in zip(places, needs, strict=True):
            if not higher and args[place] is not None:
                given[place] = args[place].detach().requires_grad_(need)
            if need:
                asked.append(given[place])
        out = text(*given)
        found: list[Any] = [None] * len(asked)
        if out.requires_grad:
            found = list(differentiate([out], asked, [grad], create_graph=higher, allow_unused=True))
    each = iter([zeros(t.spec) if g is None else g for t, g in zip(asked, found, strict=True)])
    return tuple([next(each) if need else None for need in needs])
