"""Forward mode: tensors that carry a tangent, within a level.

A dual tensor is one that requires a gradient. The tangent of a result is found from its graph: the product of
its Jacobian by the duals of the level with their tangents.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...engine.values.tensor import Tensor, formatters
from ...ops.transforms.recording import Recording
from .function import forward_levels
from .grad_mode import Decorating

__all__ = [
    "UnpackedDualTensor",
    "dual_level",
    "enter_dual_level",
    "exit_dual_level",
    "make_dual",
    "unpack_dual",
]


class UnpackedDualTensor(NamedTuple):
    """A value and the tangent that it carries, None if it carries none."""

    primal: Tensor
    tangent: Tensor | None


class Level:
    """The duals that were made in a level, with their tangents."""

    def __init__(self) -> None:
        self.duals: list[Tensor] = []
        self.tangents: list[Tensor] = []

    def dual(self, tensor: Tensor, tangent: Tensor) -> Tensor:
        """`tensor` with a tangent."""
        found = Recording([tensor]).inputs[0]
        self.duals.append(found)
        self.tangents.append(tangent)
        return found

    def tangents_of(self, values: tuple[Any, ...]) -> list[Tensor | None]:
        """The tangents that values carry."""
        return [unpack_dual(v).tangent if isinstance(v, Tensor) and v.requires_grad else None for v in values]


_levels: list[Level] = forward_levels


def enter_dual_level() -> int:
    """Start a level; its number, which is 0: they do not nest."""
    if _levels:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    _levels.append(Level())
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """End the level: what was dual carries no tangent any more."""
    if level is None:
        level = len(_levels) - 1
    if level != len(_levels) - 1 or not _levels:
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
        )
    _levels.pop()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """`tensor` with a tangent."""
    if not _levels:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for what, t in (("primal", tensor), ("tangent", tangent)):
        if not (t.dtype.is_floating_point or t.dtype.is_complex):
            raise ValueError(f"Expected {what} to be floating point or complex, but got: {t.dtype}")
    if tensor.spec.shape != tangent.spec.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
            f"supported. Tensor is of size {list(tensor.shape)} while the given forward gradient is of size "
            f"{list(tangent.shape)}."
        )
    return _levels[-1].dual(tensor, tangent)


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """The value of a tensor and its tangent."""
    if not _levels or not _levels[-1].duals:
        return UnpackedDualTensor(tensor, None)
    known = _levels[-1]
    for dual, tangent in zip(known.duals, known.tangents, strict=True):
        if tensor is dual:
            return UnpackedDualTensor(tensor.alias(), tangent)
    tape = Recording.over(known.duals, [tensor])
    found = tape.push(known.tangents)[0]
    return UnpackedDualTensor(tensor if found is None else tape.released(tensor), found)


def seen(tensor: Tensor) -> UnpackedDualTensor | None:
    """What of a tensor prints: its value and its tangent, where it carries one."""
    if not _levels or not tensor.requires_grad:
        return None
    found = unpack_dual(tensor)
    return found if found.tangent is not None else None


formatters["dual"] = seen


class dual_level(Decorating):
    """`with dual_level():` a level of forward mode."""

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *_: object) -> None:
        exit_dual_level()
