"""What `explain y wrt x` shows: the lines of a computation and of its gradients."""

from __future__ import annotations

from typing import Any

from ..values.tensor import Tensor


class Line:
    """`name = text`.

    spec      of what it computes
    value     what it computes; None where only its Spec is known
    complete  the text can be run; else it has `…` in it, or is empty (`value` is all that is known)
    node      the graph's node that it belongs to, as `grad_fn` calls it
    """

    __slots__ = ("complete", "name", "node", "spec", "text", "value")

    def __init__(self, name: str, text: str, spec: Any, value: Tensor | None, complete: bool, node: str = ""):
        self.name = name
        self.text = text
        self.spec = spec
        self.value = value
        self.complete = complete
        self.node = node


class Explanation:
    """The chain rule from `root` to each of `inputs`.

    values, gradients   the lines, in the order in which they can be run
    inputs              for each input: how it is written, the name of its gradient's line, its gradient
                        (None, None where the root does not depend on it)
    notes               what a reader should know
    """

    __slots__ = ("gradients", "inputs", "notes", "root", "values")

    def __init__(self, root: str):
        self.root = root
        self.values: list[Line] = []
        self.gradients: list[Line] = []
        self.inputs: list[tuple[str, str | None, Tensor | None]] = []
        self.notes: list[str] = []

    @property
    def complete(self) -> bool:
        return all(line.complete for line in (*self.values, *self.gradients))

    def program(self) -> str:
        """All lines as a program; what a container holds is there already."""
        lines = [line for line in (*self.values, *self.gradients) if line.name.isidentifier()]
        return "".join(f"{line.name} = {line.text}\n" for line in lines)
