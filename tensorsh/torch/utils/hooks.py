"""torch.utils.hooks: the handle that takes a registered hook away again."""

from __future__ import annotations

from ...engine.graph.hooks import RemovableHandle

__all__ = ["RemovableHandle"]
