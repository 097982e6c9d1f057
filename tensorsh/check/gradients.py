"""Parameters of the program's modules that no loss reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import Warned
from ..lang.run.evaluate import Statement
from ..torch.nn.modules.module import Module
from .names import warning
from .unknown import vague


def unreached(variables: dict[str, Any], statements: list[Statement]) -> Iterator[Warned]:
    """A warning for each parameter without a gradient, in a module others of whose parameters have one."""
    if vague.gradients:  # those of something unknown may be anywhere
        return
    seen: set[int] = set()
    for name, value in variables.items():
        if not isinstance(value, Module) or id(value) in seen:
            continue
        seen.add(id(value))
        try:
            wanting = [(path, p) for path, p in value.named_parameters() if p.requires_grad]
        except Exception:  # it was not made to its end, or its class answers otherwise
            continue
        missing = [path for path, p in wanting if p.grad is None]
        place = next((s.node.span for s in statements if name in s.names), None)
        if place is None or len(missing) == len(wanting):
            continue
        for path in missing:
            yield warning(f"no loss reaches the parameter '{name}.{path}'", place, "unreached")
