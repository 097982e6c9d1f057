"""`IPython.display`: what a notebook shows below a cell goes to standard output."""

from __future__ import annotations

from typing import Any

from ..text.printing import texts


class Shown:
    """A text that `display` prints as it is."""

    def __init__(self, data: Any = None, *args: Any, **options: Any):
        self.data = data

    def __repr__(self) -> str:
        return str(self.data)


class Image(Shown):
    """A picture, which a text shows by its name."""

    def __init__(self, data: Any = None, *args: Any, filename: str | None = None, **options: Any):
        super().__init__(data)
        self.filename = filename

    def __repr__(self) -> str:
        return f"<Image {self.filename}>" if self.filename else "<Image>"


def display(*objects: Any, **options: Any) -> None:
    """Print each as the prompt shows it."""
    for each in objects:
        print(texts.repr(each))


def clear_output(wait: bool = False) -> None:
    """Nothing: what has been printed stays."""


def names() -> dict[str, Any]:
    """What `from IPython.display import …` finds."""
    return {
        "display": display,
        "clear_output": clear_output,
        "HTML": Shown,
        "Markdown": Shown,
        "Latex": Shown,
        "Image": Image,
    }
