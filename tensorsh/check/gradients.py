"""Parameters of the program's modules that no loss reaches, or no optimizer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import Warned
from ..lang.run.evaluate import Statement
from ..torch.nn.modules.module import Module
from ..torch.nn.parameter import Parameter
from ..torch.optim.optimizer import Optimizer
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
            found = warning(f"no loss reaches the parameter '{name}.{path}'", place, "unreached")
            found.help = "is it used in forward, and nothing detached on the way to the loss?"
            yield found


def unregistered(variables: dict[str, Any], statements: list[Statement]) -> Iterator[Warned]:
    """A warning for layers that take part in a loss, but stand in a list: neither module nor optimiser knows them."""
    optimizers = [value for value in variables.values() if isinstance(value, Optimizer)]
    trained = {id(p) for o in optimizers for group in o.param_groups for p in group["params"]}
    if not optimizers or vague.gradients:
        return
    for name, value in variables.items():
        place = next((s.node.span for s in statements if name in s.names), None)
        if not isinstance(value, Module) or "_modules" not in value.__dict__ or place is None:
            continue
        known = trained | {id(p) for p in value.parameters()}
        for path, module in value.named_modules():
            for attribute, held in module.__dict__.items():
                if attribute[0] == "_" or not isinstance(held, list | tuple | dict):
                    continue
                if any(p.grad is not None and id(p) not in known for p in parameters(held)):
                    where = ".".join(part for part in (name, path, attribute) if part)
                    found = warning(
                        f"'{where}' holds parameters that no optimizer is given", place, "unreached"
                    )
                    kind = "nn.ModuleDict" if isinstance(held, dict) else "nn.ModuleList"
                    found.help = f"{kind}(…) makes them parts of the module"
                    yield found


def parameters(held: Any) -> Iterator[Any]:
    """The parameters in a container, and in modules in it."""
    for each in held.values() if isinstance(held, dict) else held:
        if isinstance(each, Module) and "_modules" in each.__dict__:
            yield from each.parameters()
        elif isinstance(each, Parameter):
            yield each
