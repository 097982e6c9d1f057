"""torch.nn.parameter: tensors that a module takes for its parameters and state, some without a shape yet."""

from ...namespace import lazily

CONTENTS = {
    "tensors": "Buffer Parameter",
    "uninitialized": "UninitializedBuffer UninitializedParameter is_lazy",
}

__getattr__, __dir__ = lazily(__name__)
