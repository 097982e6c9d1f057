"""PyTorch's library, in plain Python on the operations: `torch.nn`, `torch.optim`, `torch.utils.data`, ….

    from tensorsh import torch
    model = torch.nn.Linear(2, 1)

Each package says what is in it: `CONTENTS` names, for each of its files, what of it is public, and
`NAMESPACES` what is a namespace of its own. A file is imported when one of its names is first asked for.
Files of the library write operations as programs do: `from ..namespace import F, torch`.
"""

from .namespace import lazily

#: what `_foreach_…` does to each tensor of a list; in place where the name ends in `_`
FOREACH = (
    "abs acos asin atan ceil cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p log2 neg reciprocal round "
    "rsqrt sigmoid sign sin sinh sqrt tan tanh trunc add sub mul div maximum minimum pow clamp_max clamp_min lerp "
    "addcmul addcdiv clone max norm mm "
    "abs_ acos_ asin_ atan_ ceil_ cos_ cosh_ erf_ erfc_ exp_ expm1_ floor_ frac_ lgamma_ log_ log10_ log1p_ log2_ "
    "neg_ reciprocal_ round_ rsqrt_ sigmoid_ sign_ sin_ sinh_ sqrt_ tan_ tanh_ trunc_ add_ sub_ mul_ div_ maximum_ "
    "minimum_ pow_ clamp_max_ clamp_min_ lerp_ addcmul_ addcdiv_ zero_ copy_"
)

CONTENTS = {
    "autograd.anomaly_mode": "is_anomaly_enabled is_anomaly_check_nan_enabled set_anomaly_enabled",
    "autograd.grad_mode": "no_grad enable_grad set_grad_enabled inference_mode",
    "printing": "set_printoptions get_printoptions",
    "settings": (
        "is_grad_enabled is_inference_mode_enabled manual_seed set_default_dtype "
        "get_default_dtype set_default_device get_default_device set_num_threads get_num_threads is_tensor "
        "promote_types broadcast_shapes finfo iinfo Generator default_generator"
    ),
    "warning": "set_warn_always is_warn_always_enabled",
    "constants": (
        "layout memory_format sparse_coo strided newaxis "
        "Tensor Size device dtype inf nan pi e contiguous_format preserve_format channels_last channels_last_3d "
        "float16 half bfloat16 float32 float float64 double int8 int16 short int32 int int64 long uint8 bool "
        "complex64 cfloat complex128 cdouble"
    ),
    "amp.autocast_mode": (
        "autocast clear_autocast_cache get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype "
        "is_autocast_cache_enabled is_autocast_cpu_enabled is_autocast_enabled set_autocast_cpu_dtype "
        "set_autocast_cpu_enabled set_autocast_dtype set_autocast_enabled"
    ),
    "amp.grad_scaler": "GradScaler",
    "_C": "DisableTorchFunction DisableTorchFunctionSubclass",
    "compiling": "compile",
    "control_flow": "cond while_loop",
    "foreach": " ".join(f"_foreach_{name}" for name in FOREACH.split()),
    "lowrank": "pca_lowrank svd_lowrank",
    "namespace": "torch",
    "layer_functions": (
        "affine_grid_generator binary_cross_entropy_with_logits conv_tbc cosine_embedding_loss embedding_bag gru "
        "gru_cell hinge_embedding_loss instance_norm lstm lstm_cell margin_ranking_loss native_channel_shuffle "
        "native_dropout norm_except_dim poisson_nll_loss "
        "rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell triplet_margin_loss"
    ),
    "cuda.streams": "OutOfMemoryError",
    "questions": (
        "_assert _sample_dirichlet _standard_gamma "
        "get_device_module is_storage is_vulkan_available range sym_float sym_int sym_ite sym_max sym_min sym_not "
        "sym_sqrt sym_sum typename"
    ),
    "removed": "eig frobenius_norm lstsq matrix_rank nuclear_norm solve symeig",
    "serialization.saving": "save",
    "serialization.loading": "load",
    "storage": "TypedStorage UntypedStorage",
    "switches": (
        "are_deterministic_algorithms_enabled get_deterministic_debug_mode get_float32_matmul_precision "
        "get_num_interop_threads is_deterministic_algorithms_warn_only_enabled set_deterministic_debug_mode "
        "set_float32_matmul_precision set_flush_denormal set_num_interop_threads use_deterministic_algorithms"
    ),
    "tensor_types": (
        "BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor "
        "ShortTensor set_default_tensor_type"
    ),
    "version": "__version__",
}
NAMESPACES = (
    "_C",
    "__config__",
    "_utils",
    "accelerator",
    "amp",
    "autograd",
    "backends",
    "compiler",
    "cpu",
    "cuda",
    "distributed",
    "distributions",
    "func",
    "functional",
    "hub",
    "jit",
    "linalg",
    "masked",
    "mps",
    "mtia",
    "nn",
    "optim",
    "overrides",
    "profiler",
    "random",
    "return_types",
    "serialization",
    "storage",
    "testing",
    "types",
    "utils",
    "version",
    "xpu",
)
#: what `from torch import *` leaves out: namespaces, what PyTorch does not list, and what is ours
UNSTARRED = (
    *NAMESPACES,
    "BFloat16Tensor HalfTensor broadcast_shapes channels_last channels_last_3d contiguous_format eig fft "
    "from_dlpack get_printoptions lstsq lu matrix_rank pca_lowrank preserve_format set_default_dtype "
    "set_grad_enabled signal solve special strided svd_lowrank symeig torch unique while_loop",
    "accuracy adam adamw alias categories confusion_matrix copy describe f1_score heatmap hist image "
    "mean_absolute_error mean_squared_error plot precision r2_score recall rmsprop sgd train_test_split",
)

__getattr__, __dir__ = lazily(__name__)
