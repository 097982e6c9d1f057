"""torch.cuda: there is none, and these say so, as in a PyTorch that is built for the CPU."""

from ..namespace import lazily

CONTENTS = {
    "memory": (
        "empty_cache max_memory_allocated max_memory_cached max_memory_reserved memory_allocated memory_cached "
        "memory_reserved memory_stats memory_summary reset_max_memory_allocated reset_max_memory_cached "
        "reset_peak_memory_stats"
    ),
    "streams": "Event OutOfMemoryError Stream StreamContext device device_of stream",
    "questions": (
        "can_device_access_peer current_blas_handle current_device current_stream default_stream device_count "
        "get_arch_list get_device_capability get_device_name get_device_properties get_gencode_flags init "
        "initial_seed ipc_collect is_available is_bf16_supported is_initialized is_tf32_supported manual_seed "
        "manual_seed_all get_rng_state get_rng_state_all mem_get_info seed seed_all set_device set_rng_state "
        "set_rng_state_all set_stream synchronize"
    ),
    "types": (
        "BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor "
        "ShortTensor"
    ),
}
NAMESPACES = ("amp", "random")

__getattr__, __dir__ = lazily(__name__)
