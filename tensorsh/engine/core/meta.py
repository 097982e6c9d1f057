"""What PyTorch says about shapes of meta tensors: there Python code infers them, with words of its own.

Where everything is on meta (`tensorsh check`, `--device meta`), the program is meant for values, and the usual
words stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...errors import facts_of
from . import context
from .spec import Spec, broadcast_shapes


def reword(error: BaseException, operands: Sequence[Spec]) -> None:
    """The same error in the words that PyTorch has for meta tensors, where it has others."""
    facts = facts_of(error)
    words = None if facts is None else WORDS.get(facts.code)
    if words is None or context.current().device.is_meta or not any(s.is_meta for s in operands):
        return
    error.args = (words(operands) or error.args[0],)


def broadcast(operands: Sequence[Spec]) -> str | None:
    common = [1] * max(len(s.shape) for s in operands)
    for i, s in enumerate(operands):
        for at in range(-1, -1 - len(s.shape), -1):
            size = s.shape[at]
            if common[at] == 1:
                common[at] = size
            elif size not in (1, common[at]):
                return (
                    f"Attempting to broadcast a dimension of length {size} at {at}! Mismatching argument at "
                    f"index {i} had torch.Size({list(s.shape)}); but expected shape should be broadcastable to "
                    f"{common}"
                )
    return None


def product(operands: Sequence[Spec]) -> str | None:
    a, b = operands[-2:]
    if len(a.shape) != 2 or len(b.shape) != 2:
        return None
    return f"a and b must have same reduction dim, but got {list(a.shape)} X {list(b.shape)}."


def target(operands: Sequence[Spec]) -> str | None:
    shape = broadcast_shapes(*[s.shape for s in operands])
    return (
        f"output with shape torch.Size({list(operands[0].shape)}) doesn't match the broadcast shape {shape}"
    )


#: the code of an error → its words
WORDS: dict[str, Callable[[Sequence[Spec]], str | None]] = {
    "broadcast": broadcast,
    "matmul-shape": product,
    "inplace-shape": target,
}
