"""Reading `einsum` equations: "ij,jk->ik", with `...` for the dimensions that have no letter."""

from __future__ import annotations

from dataclasses import dataclass

from ...engine.values.tensor import Tensor
from ...errors import BadValue, ShapeError

ELLIPSIS = "..."
#: the order in which PyTorch counts subscripts, also that of an output that is not written
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class Equation:
    """What the equation says.

    inputs     for each operand its subscripts: letters and `...`
    place      where a letter's dimension goes in the common order
    ellipsis   where the dimensions covered by `...` begin, and how many they are
    outputs    how many dimensions the output has; those after it are summed over
    dims       how many dimensions there are in all
    counts     for each dimension, in how many operands it is larger than 1
    """

    inputs: list[list[str]]
    place: dict[str, int]
    ellipsis: tuple[int, int]
    outputs: int
    dims: int
    counts: list[int]


def plan(equation: str, operands: list[Tensor]) -> Equation:
    left, arrow, right = equation.partition("->")
    inputs = read_inputs(left, len(operands))
    count: dict[str, int] = {}
    covered = 0
    for i, (labels, operand) in enumerate(zip(inputs, operands, strict=True)):
        named = [s for s in labels if s != ELLIPSIS]
        dotted = len(named) < len(labels)
        ndim = operand.ndim
        if len(named) > ndim or (len(named) < ndim and not dotted):
            how = "is more than" if dotted else "does not match"
            raise ShapeError(
                f"einsum(): the number of subscripts in the equation ({len(named)}) {how} the number of "
                f"dimensions ({ndim}) for operand {i}{'' if dotted else ' and no ellipsis was given'}",
                code="einsum",
                help="write one letter for each dimension, or ... for those you do not name",
                operands=tuple(operands),
            )
        if dotted:
            covered = max(covered, ndim - len(named))
        for label in named:
            count[label] = count.get(label, 0) + 1
    if arrow:
        output = read_output(right, len(left) + 2, count)
    else:
        output = [ELLIPSIS, *(s for s in LETTERS if count.get(s) == 1)]
    order = output if ELLIPSIS in output else [*output, ELLIPSIS]
    order = [*order, *(s for s in LETTERS if s in count and s not in output)]
    place: dict[str, int] = {}
    start = dims = 0
    for label in order:
        if label == ELLIPSIS:
            start = dims
        else:
            place[label] = dims
        dims += covered if label == ELLIPSIS else 1
    outputs = sum(covered if s == ELLIPSIS else 1 for s in output)
    return Equation(inputs, place, (start, covered), outputs, dims, [0] * dims)


def read_inputs(text: str, operands: int) -> list[list[str]]:
    """The subscripts of each operand."""
    found: list[list[str]] = [[]]
    i = 0
    while i < len(text):
        label, which = text[i], len(found) - 1
        if label == ".":
            if ELLIPSIS in found[-1]:
                raise _error(f"found '.' for operand {which} for which an ellipsis was already found")
            if not text.startswith(ELLIPSIS, i):
                raise _error(f"found '.' for operand {which} that is not part of any ellipsis")
            found[-1].append(ELLIPSIS)
            i += 2
        elif label == ",":
            found.append([])
            if len(found) > operands:
                raise _error(
                    "fewer operands were provided than specified in the equation",
                    f"give {text.count(',') + 1} tensors after the equation",
                )
        elif label != " ":
            found[-1].append(_letter(label, i))
        i += 1
    if len(found) < operands:
        raise _error(
            "more operands were provided than specified in the equation",
            "separate the subscripts of the operands by commas",
        )
    return found


def read_output(text: str, offset: int, count: dict[str, int]) -> list[str]:
    """The subscripts of the output; each must appear in an input, and once."""
    found: list[str] = []
    i = 0
    while i < len(text):
        label = text[i]
        if label == ".":
            if ELLIPSIS in found:
                raise _error("found '.' for output but an ellipsis (...) was already found")
            if not text.startswith(ELLIPSIS, i):
                raise _error("found '.' for output that is not part of any ellipsis (...)")
            found.append(ELLIPSIS)
            i += 2
        elif label != " ":
            label = _letter(label, offset + i)
            if label in found:
                raise _error(f"output subscript {label} appears more than once in the output")
            if label not in count:
                raise _error(
                    f"output subscript {label} does not appear in the equation for any input operand"
                )
            found.append(label)
        i += 1
    return found


def _letter(label: str, index: int) -> str:
    if label not in LETTERS:
        raise _error(
            f"invalid subscript given at index {index} in the equation string, subscripts must be in [a-zA-Z]"
        )
    return label


def _error(message: str, help: str | None = None) -> Exception:
    return BadValue(f"einsum(): {message}", code="einsum", help=help)
