"""torch.nn.utils: gradients clipped, sequences packed, parameters as one vector, as functions of others, or pruned."""

from ...namespace import lazily

CONTENTS = {
    "clip_grad": "clip_grad_norm clip_grad_norm_ clip_grad_value_ clip_grads_with_norm_ get_total_norm",
    "convert_parameters": "parameters_to_vector vector_to_parameters",
    "fusion": "fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights",
    "init": "skip_init",
    "memory_format": "convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format",
    "spectral_norm_hook": "remove_spectral_norm spectral_norm",
    "weight_norm_hook": "remove_weight_norm weight_norm",
}
NAMESPACES = (
    "clip_grad", "convert_parameters", "fusion", "init", "memory_format", "parametrizations", "parametrize", "prune",
    "rnn", "stateless",
)  # fmt: skip
UNSTARRED = ("clip_grad", "convert_parameters", "fusion", "init", "memory_format", "prune")

__getattr__, __dir__ = lazily(__name__)
