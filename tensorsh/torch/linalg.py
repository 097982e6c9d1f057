"""torch.linalg: the class of its errors; what computes are operations."""

from ..errors import LinAlgError
from .namespace import lazily

__all__ = ["LinAlgError"]

__getattr__, __dir__ = lazily(__name__)
