"""What the steps of `:tutorial` want to see: the effect of an input, whatever was typed.

`WANTED` has a function for each input of each step; it is given what the input did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..engine.core.results import Size
from ..engine.explain.explanation import Explanation
from ..engine.values.tensor import Tensor
from ..errors import TensorshError
from ..session import Session


class Seen(NamedTuple):
    """What an input did: the session after it, what it showed, the error it ended in, and `w` as the task began."""

    session: Session
    text: str
    shown: list[Any]
    error: TensorshError | None
    before: Any

    def tensor(self, name: str) -> Tensor | None:
        return variable(self.session, name)

    def tensors(self) -> list[Tensor]:
        """What was shown, and is a tensor."""
        return [value for value in self.shown if isinstance(value, Tensor)]


Check = Callable[[Seen], bool]


def variable(session: Session, name: str) -> Tensor | None:
    """The tensor of this name."""
    if name not in session:
        return None
    value = session[name]
    return value if isinstance(value, Tensor) else None


# ------------------------------------------------------------------ what each input of a step is to bring about


def numbers(seen: Seen) -> bool:
    x = seen.tensor("x")
    return x is not None and x.dtype.is_floating_point and len(x.shape) == 1 and x.shape[0] > 1


def shown(name: str) -> Check:
    return lambda seen: any(value is seen.tensor(name) for value in seen.tensors())


def elementwise(seen: Seen) -> bool:
    x = seen.tensor("x")
    return x is not None and any(value.shape == x.shape and value is not x for value in seen.tensors())


def single(seen: Seen) -> bool:
    return any(not isinstance(value, bool) and _size(value) == 1 for value in seen.shown)


def matrix(seen: Seen) -> bool:
    m, x = seen.tensor("m"), seen.tensor("x")
    return m is not None and x is not None and len(m.shape) == 2 and m.shape[1] == _size(x) and m.shape[0] > 1


def shape_of(name: str) -> Check:
    def check(seen: Seen) -> bool:
        value = seen.tensor(name)
        shapes = [tuple(each) for each in seen.shown if isinstance(each, Size | tuple | list)]
        return value is not None and tuple(value.shape) in shapes

    return check


def broadcast(seen: Seen) -> bool:
    m = seen.tensor("m")
    return m is not None and any(value.shape == m.shape and value is not m for value in seen.tensors())


def shape_error(seen: Seen) -> bool:
    return seen.error is not None and seen.error.kind == "shape"


def asked(seen: Seen) -> bool:
    return seen.text.startswith((":h", ":doc", ":why", "?", "help")) or seen.text.endswith("?")


def product(seen: Seen) -> bool:
    return any(len(value.shape) == 2 and value is not seen.tensor("m") for value in seen.tensors())


def parameter(seen: Seen) -> bool:
    w, x = seen.tensor("w"), seen.tensor("x")
    return w is not None and x is not None and _is_parameter(w) and w.shape == x.shape


def loss(seen: Seen) -> bool:
    return any(_is_loss(seen.tensor(name)) for name in seen.session.names())


def loss_shown(seen: Seen) -> bool:
    return any(map(_is_loss, seen.tensors()))


def gradient(seen: Seen) -> bool:
    w = seen.tensor("w")
    return w is not None and w.grad_slot is not None


def gradient_shown(seen: Seen) -> bool:
    w = seen.tensor("w")
    found = None if w is None else w.grad_slot
    return found is not None and any(value.tolist() == found.tolist() for value in seen.tensors())


def explained(seen: Seen) -> bool:
    return any(isinstance(value, Explanation) for value in seen.shown)


def moved(seen: Seen) -> bool:
    w = seen.tensor("w")
    return w is not None and seen.before is not None and w.tolist() != seen.before


def arrived(seen: Seen) -> bool:
    w, x = seen.tensor("w"), seen.tensor("x")
    if w is None or x is None or w.shape != x.shape:
        return False
    return all(abs(a - b) < 0.01 for a, b in zip(w.tolist(), x.tolist(), strict=True))


def loaded(seen: Seen) -> bool:
    return any(_has_shape(seen.tensor(name), 150, 5) for name in seen.session.names())


def parted(seen: Seen) -> bool:
    X, Y = seen.tensor("X"), seen.tensor("Y")
    return _has_shape(X, 150, 4) and _has_shape(Y, 150) and Y is not None and Y.dtype.name == "int64"


def model(seen: Seen) -> bool:
    W, b = seen.tensor("W"), seen.tensor("b")
    return W is not None and b is not None and all(map(_is_parameter, (W, b))) and _fit(W, b)


def optimiser(seen: Seen) -> bool:
    return "opt" in seen.session and hasattr(seen.session["opt"], "step")


def learnt(seen: Seen) -> bool:
    values = [seen.tensor(name) for name in "XYWb"]
    if not all(value is not None for value in values):
        return False
    X, Y, W, b = (value.detach().numpy() for value in values if value is not None)
    if X.shape != (150, 4) or W.shape != (4, 3) or b.shape != (3,) or Y.shape != (150,):
        return False
    return bool(((X @ W + b).argmax(1) == Y).mean() > 0.9)


def accuracy_shown(seen: Seen) -> bool:
    found = [
        value.item() if isinstance(value, Tensor) and _size(value) == 1 else value for value in seen.shown
    ]
    return any(isinstance(value, float | int) and 0.9 < value <= 150 for value in found)


def _size(value: Any) -> int:
    if isinstance(value, Tensor):
        return value.spec.numel
    return 1 if isinstance(value, int | float) else 0


def _has_shape(value: Tensor | None, *shape: int) -> bool:
    return value is not None and tuple(value.shape) == shape


def _is_parameter(value: Tensor) -> bool:
    return bool(value.requires_grad and value.is_leaf)


def _is_loss(value: Tensor | None) -> bool:
    return value is not None and _size(value) == 1 and value.grad_fn is not None


def _fit(W: Tensor, b: Tensor) -> bool:
    return tuple(W.shape) == (4, 3) and tuple(b.shape) == (3,)


#: a step after the other, for each of its inputs what it is to do
WANTED: tuple[tuple[Check, ...], ...] = (
    (numbers, shown("x")),
    (elementwise, single),
    (matrix, shape_of("m"), broadcast),
    (shape_error, asked, product),
    (parameter, loss, loss_shown),
    (gradient, gradient_shown),
    (explained,),
    (moved, arrived, shown("w")),
    (loaded, parted, shape_of("X")),
    (model, optimiser, learnt, accuracy_shown),
)
