"""Questions about CUDA devices; what needs one is an error in PyTorch's words."""

from __future__ import annotations

from typing import Any, NoReturn


def is_available() -> bool:
    """Whether a CUDA device is here."""
    return False


def is_initialized() -> bool:
    """Whether CUDA is in use."""
    return False


def device_count() -> int:
    """How many CUDA devices are here."""
    return 0


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the device computes in bfloat16."""
    return False


def is_tf32_supported() -> bool:
    """Whether the device computes in tf32."""
    return False


def get_arch_list() -> list[str]:
    """The architectures that this was built for."""
    return []


def get_gencode_flags() -> str:
    """The compiler's flags for them."""
    return ""


def manual_seed(seed: int) -> None:
    """Nothing draws on a CUDA device."""
    int(seed)


manual_seed_all = manual_seed


def seed() -> None:
    """Nothing draws on a CUDA device."""


seed_all = seed


def get_rng_state_all() -> list[Any]:
    """The states of all devices' random streams."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Put them back."""
    for _ in new_states:
        _none()


def set_stream(stream: Any) -> None:
    """Nothing runs in a stream."""


def set_device(device: Any) -> None:
    """AttributeError, as PyTorch has it: there is none to be set."""
    if not isinstance(device, int) or device >= 0:
        raise AttributeError("module 'torch._C' has no attribute '_cuda_setDevice'")


def _none(*_: Any, **__: Any) -> NoReturn:
    """AssertionError: there is no CUDA here."""
    raise AssertionError("Torch not compiled with CUDA enabled")


can_device_access_peer = current_blas_handle = current_device = current_stream = default_stream = _none
get_device_capability = get_device_name = get_device_properties = get_rng_state = init = initial_seed = _none
ipc_collect = mem_get_info = set_rng_state = synchronize = _none
