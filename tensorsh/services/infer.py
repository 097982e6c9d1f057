"""`:type` as text: dtype, shape, device and requires_grad of what an expression would give; nothing is computed."""

from __future__ import annotations

import contextlib
import io
from typing import Any

from ..engine.core import context
from ..engine.core.device import hollow
from ..engine.modes.hollow import Inferring
from ..engine.values.tensor import Tensor
from ..errors import TensorshError, UsageError
from ..session import Session
from ..source import Source

#: codes of the errors of tensors without values
VALUES = frozenset(("meta-values",))
MOST = 8


def inferred(session: Session, source: Source) -> str:
    """What an expression is; UsageError where values decide."""

    def work(run: Any) -> str:
        state = context.current()
        before, admit = state.device, state.admit
        state.device, state.admit = hollow, refuse
        try:
            with Inferring(), contextlib.redirect_stdout(io.StringIO()):
                return told(run())
        except RuntimeError as error:
            error.args = tuple(str(each).replace(str(hollow), "cpu") for each in error.args)
            raise
        finally:
            state.device, state.admit = before, admit

    try:
        return session.trial(source, work, value=True)
    except TensorshError as error:
        if error.code in VALUES or "meta tensor" in error.message:
            raise UsageError(
                "that depends on the values, which `:type` does not compute",
                code="command",
                span=error.span,
                help="run it to see",
            ) from None
        error.facts.labels = tuple(
            (span, text.removesuffix(f" on {hollow}")) for span, text in error.facts.labels
        )
        raise


def refuse(path: str, how: str) -> None:
    if how == "write":
        raise UsageError(f"`:type` writes nothing: {path!r}", code="command", help="run it to see")


def told(value: Any) -> str:
    """What a value is, of containers what is in them."""
    if isinstance(value, Tensor):
        s = value.spec
        where = "cpu" if s.device == hollow else str(s.device)
        text = f"{s.dtype.name}[{', '.join(map(str, s.shape))}]  {where}"
        return text + "  requires_grad" * value.requires_grad
    kind = type(value).__name__
    if isinstance(value, list | tuple) and value:
        inside = [told(each).replace("  cpu", "").replace("  ", " ") for each in value[:MOST]]
        more = ", …" * (len(value) > MOST)
        return f"{kind} of {len(value)}: {', '.join(inside)}{more}"
    if isinstance(value, dict) and value:
        items = [
            f"{key!r}: {told(each)}".replace("  cpu", "").replace("  ", " ") for key, each in value.items()
        ]
        return f"{kind} of {len(value)}: " + ", ".join(items[:MOST]) + ", …" * (len(items) > MOST)
    return kind
