"""Files that are programs in disguise: pickles, and PyTorch's archives of them. They are refused."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import DataError

SUFFIXES = {".pt", ".pth", ".pkl", ".pickle", ".ckpt"}

_HELP = (
    "in Python with PyTorch: safetensors.torch.save_file(torch.load(path), 'weights.safetensors'), "
    "or numpy.save('x.npy', tensor.numpy()); then load that"
)


def refusal(name: str) -> Exception:
    """The error for a pickle, to be raised."""
    return DataError(f"{name}: a pickle, which could run any code when loaded; it is not opened", help=_HELP)


def looks_pickled(head: bytes) -> bool:
    """Whether these first bytes are those of a pickle of protocol 2 or later."""
    return len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= 5


def refuse_torch_archive(members: Iterable[str], name: str) -> None:
    """Raise for a zip archive that `torch.save` wrote."""
    if any(member.endswith(("/data.pkl", "/constants.pkl")) for member in members):
        raise refusal(name)
