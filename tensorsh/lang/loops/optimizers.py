"""Optimisers of the library in a trace: which parameters they have, and what they remember of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...engine.compile.values import TraceStopped
from ...engine.values.tensor import TENSORS, Tensor
from ...kinds.ownership import attributes_of

if TYPE_CHECKING:
    from .reach import Reach


class Optimizers:
    """The optimisers of one trace; `known` are the names of instances in the program's scope, by their ids."""

    def __init__(self, reach: Reach, known: dict[int, str]):
        self.reach = reach
        self.known = known
        self.found: dict[int, list[dict[str, Any]]] = {}

    def groups(self, optimizer: Any) -> list[dict[str, Any]]:
        """The parameter groups of an optimiser of the library, with the parameters reached."""
        known = self.found.get(id(optimizer))
        if known is not None:
            return known
        place = self.known.get(id(optimizer))
        if place is None:
            raise TraceStopped("an optimiser that the program cannot find")
        reach, own = self.reach, attributes_of(optimizer)
        groups: list[dict[str, Any]] = own["param_groups"]
        all_of = reach.constant(groups)
        reach.guards.append(f"{place}.param_groups is {all_of} and len({all_of}) == {len(groups)}")
        for i, group in enumerate(groups):
            this, params = reach.constant(group), group["params"]
            listed = reach.constant(params)
            reach.guards.append(
                f"{all_of}[{i}] is {this} and {this}['params'] is {listed} and len({listed}) == {len(params)}"
            )
            for k, p in enumerate(params):
                if type(p) not in TENSORS:
                    raise TraceStopped("a tensor of a class of its own")
                reach.tensor(p, reach.fetched(f"{listed}[{k}]", "parameter"), False)
        self.found[id(optimizer)] = groups
        return groups

    def states(self, optimizer: Any, parameters: Iterable[Tensor]) -> list[dict[str, Tensor]]:
        """What an optimiser remembers of parameters: the very tensors."""
        reach, place = self.reach, self.known[id(optimizer)]
        states: dict[Any, Any] = attributes_of(optimizer)["state"]
        reach.guards.append(f"{place}.state is {reach.constant(states)}")
        found: list[dict[str, Tensor]] = []
        for p in parameters:
            state = states.get(p, {})
            tensors = {key: each for key, each in state.items() if type(each) in TENSORS}
            if tensors:
                this = reach.constant(state)
                reach.guards.append(f"{reach.constant(states)}.get({reach.constant(p)}) is {this}")
                for key, each in tensors.items():
                    one = reach.constant(each)
                    reach.guards.append(
                        f"{this}.get({key!r}) is {one} and {one}.array is {reach.constant(each.array)}"
                    )
            found.append(tensors)
        return found
