"""A shell for tensors: PyTorch's semantics, autograd and output in a small language on NumPy.

from tensorsh import Session, TensorshError
"""

TYPE_CHECKING = False  # typing's, without the time to import it: Ctrl-C is not handled yet
if TYPE_CHECKING:
    from typing import Any

    from .errors import TensorshError
    from .session import Session

__version__ = "0.1.0"
__all__ = ["Session", "TensorshError", "__version__"]


def __getattr__(name: str) -> "Any":
    """`Session` and `TensorshError`, loaded when they are first asked for."""
    if name == "Session":
        from .session import Session

        return Session
    if name == "TensorshError":
        from .errors import TensorshError

        return TensorshError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
