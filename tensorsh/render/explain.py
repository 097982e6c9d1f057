"""`explain y wrt x`: the chain rule step by step, then the gradient as one formula to paste back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.explain import Chain


def explain_text(chains: list[Chain], show: Callable[[Any], str]) -> str:
    """All chains; `show` renders a value (PyTorch's repr in pipes)."""
    return "\n\n".join(_chain(chain, show) for chain in chains)


def _chain(chain: Chain, show: Callable[[Any], str]) -> str:
    root = _whole(chain.root)
    derivative = f"d {root} / d {_whole(chain.input)}"
    if chain.value is None:
        return f"{derivative} = 0: {chain.root} does not depend on {chain.input}"
    lines = []
    if chain.steps:
        lines.append(f"g0 = d {root} / d {root} = 1")
    for step in chain.steps:
        lines.append(
            f"{step.name} = d {root} / d {_whole(step.input)} = {step.local}    # through {step.node}"
        )
        lines.extend("     " + line for line in show(step.value).splitlines())
    lines.append(f"{derivative} = {chain.formula}")
    if not chain.complete:
        lines.append("  (… stands for values too long to write; give them names to see them)")
    lines.extend("     " + line for line in show(chain.value).splitlines())
    return "\n".join(lines)


def _whole(text: str) -> str:
    """An expression that reads as one thing behind `d`."""
    return text if text.isidentifier() or (text.endswith(")") and text.count("(") == 1) else f"({text})"
