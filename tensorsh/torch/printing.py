"""torch.set_printoptions and torch.get_printoptions."""

from ..text.printing import get_printoptions, set_printoptions

__all__ = ["get_printoptions", "set_printoptions"]
