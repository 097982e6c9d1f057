"""torch.nn.utils: gradients clipped, parameters as one vector, sequences packed."""

from ...namespace import lazily

CONTENTS = {
    "clip_grad": ("clip_grad_norm clip_grad_norm_ clip_grad_value_ clip_grads_with_norm_ get_total_norm"),
    "convert_parameters": "parameters_to_vector vector_to_parameters",
}
NAMESPACES = ("clip_grad", "convert_parameters", "rnn")

__getattr__, __dir__ = lazily(__name__)
