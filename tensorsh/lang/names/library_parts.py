"""Which instances are modules and optimisers of the library, and what these keep where."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ...kinds.ownership import attributes_of, own_class

#: where a module keeps what is registered in it
REGISTERED = ("_parameters", "_buffers", "_modules")


def registered(value: Any) -> list[tuple[str, dict[str, Any]]]:
    """What is registered in a module, by the name of the attribute that has it."""
    own = attributes_of(value)
    return [(part, own[part]) for part in REGISTERED] if is_module(value) else []


def library_root(line: Iterable[type]) -> type | None:
    """The class of the library that what is in a line of classes is all of: a module, an optimiser, a dataset, a
    distribution, what scales losses."""
    roots = tuple(line)
    dataset = loaded("tensorsh.torch.utils.data.dataset", "Dataset")
    scaler = loaded("tensorsh.torch.amp.grad_scaler", "GradScaler")
    for known in (module_class(), optimizer_class(), dataset, distribution_class(), scaler):
        if known is not None and known in roots and all(issubclass(each, known) for each in roots):
            return known
    return None


def loaded(module: str, name: str) -> Any:
    return getattr(sys.modules.get(module), name, None)


def module_class() -> type | None:
    return loaded("tensorsh.torch.nn.modules.module", "Module")


def optimizer_class() -> type | None:
    return loaded("tensorsh.torch.optim.optimizer", "Optimizer")


def distribution_class() -> type | None:
    return loaded("tensorsh.torch.distributions.distribution", "Distribution")


def is_distribution(value: Any) -> bool:
    """Whether a value is a distribution of the library."""
    root = distribution_class()
    return root is not None and issubclass(type(value), root) and not own_class(type(value))


def is_module(value: Any) -> bool:
    kind = module_class()
    return kind is not None and issubclass(type(value), kind)


def is_optimizer(value: Any) -> bool:
    kind = optimizer_class()
    return kind is not None and issubclass(type(value), kind)
