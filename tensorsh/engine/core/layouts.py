"""How the elements of a tensor are laid out."""

from __future__ import annotations

from .titles import Titled, titled


class Layout(metaclass=Titled):
    """All elements, one stride apart (`strided`), or those that are not zero with their places (`sparse_coo`)."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"


titled(Layout, "torch.layout")
strided, sparse_coo = Layout("strided"), Layout("sparse_coo")
