"""Tensors of inference mode: their memory has no version that is counted, so no graph may save them."""

from __future__ import annotations

from typing import Any

from ...errors import GradientError
from ..core import context
from ..core.mode import EAGER, Mode
from ..records.op import Op
from ..values.tensor import TENSORS, Tensor


class Uncounted(list[int]):
    """The version counter of memory that inference mode made."""


class Alias(Uncounted):
    """The counter of such memory as `detach` sees it: it may be written anywhere."""


class Marking(Mode):
    """Marks what operations make while inference mode is on."""

    def apply(self, op: Op, args: tuple[Any, ...]) -> Any:
        result = self.below.apply(op, args)
        if context.current().inference:  # and not switched off again inside
            for out in result if type(result) is tuple else (result,):
                if type(out) in TENSORS and out.counter is None:
                    out.counter = Uncounted([0])
        return result


def made(t: Tensor) -> Tensor:
    """A new tensor that no operation made: marked, if the mode is on."""
    state = context.current()
    if state.inference:
        t.counter = Uncounted([0])
    if state.mode is not EAGER:
        state.mode.created(t)
    return t


def is_inference(t: Tensor) -> bool:
    return isinstance(t.counter, Uncounted)


def counted(t: Tensor) -> int:
    """The version of a tensor that has one."""
    if is_inference(t):
        raise GradientError("Inference tensors do not track version counter.")
    context.current().mode.observe("a version is looked at")
    return t.version


def refuse_write(t: Tensor) -> None:
    """In-place changes of such a tensor belong into the mode."""
    if type(t.counter) is Uncounted and not context.current().inference:
        raise GradientError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
            "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
        )


def detached(t: Tensor) -> Tensor:
    """The same memory outside the graph."""
    out = t.alias()
    if type(out.counter) is Uncounted:
        out.counter = Alias(out.counter)
    return out


def refuse_saving(counter: Any) -> None:
    if isinstance(counter, Uncounted):
        raise GradientError(
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
            "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and "
            "use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
        )


def refuse_grad(t: Tensor) -> None:
    if isinstance(t.counter, Uncounted) and not context.current().inference:
        raise GradientError(
            "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
        )
