"""How values print under the options in force: `torch.set_printoptions` and whoever turns a value into text."""

from __future__ import annotations

from typing import Any

from ..engine.core import context
from ..engine.values import tensor
from ..engine.values.tensor import Tensor

Text = str


class Texts:
    """Values as text, the way PyTorch and Python write them, under the options of the session in force."""

    def options(self) -> Any:
        from .torch_repr import DEFAULT

        state = context.current()
        chosen = state.printing or DEFAULT
        if chosen.default_dtype == state.dtype.name:
            return chosen
        return chosen._replace(default_dtype=state.dtype.name)

    def repr(self, value: Any) -> Text:
        from .host_repr import host_repr

        return host_repr(value, options=self.options())

    def str(self, value: Any) -> Text:
        if type(value) is str:
            return value
        from .host_repr import host_str

        return host_str(value, options=self.options())

    def tensor(self, value: Any, options: Any) -> Text:
        from .host_repr import named_tensor_repr

        return named_tensor_repr(value, options)

    def levels(self, value: Any) -> Text:
        from .levels_repr import layered

        return layered(value, self.options()) or ""

    def format(self, value: Any, spec: Text) -> Text:
        if isinstance(value, Tensor):
            from .host_repr import scalar_format

            return scalar_format(value, spec, options=self.options())
        return format(value, spec) if spec else self.str(value)


texts = Texts()
tensor.formatters.update(repr=texts.repr, format=texts.format, tensor=texts.tensor, levels=texts.levels)


def set_printoptions(*args: Any, **kwargs: Any) -> None:
    """How tensors print: precision, threshold, edgeitems, linewidth, profile, sci_mode."""
    state = context.current()
    state.journal.save_setting(state, "printing")
    state.printing = texts.options().updated(*args, **kwargs)


def get_printoptions() -> dict[Text, Any]:
    """How tensors print now."""
    return texts.options().as_dict()
