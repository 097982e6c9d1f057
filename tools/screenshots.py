"""Write docs/images: what a terminal shows, as SVG.

python tools/screenshots.py
"""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tensorsh import Session, TensorshError
from tensorsh.display import text
from tensorsh.render.error import error_text

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
WIDTH = 92

#: picture → the inputs of one session
SESSIONS = {
    "session": [
        "manual_seed(0); x = randn(4, 3); t = [0, 1, 1, 0]",
        "param W: float32[3, 2] = randn(3, 2)",
        "x",
        "loss = cross_entropy(x @ W, t)",
        "explain loss",
        "x @ x",
    ],
    "charts": [
        "x = linspace(0, 10, 200)",
        'plot(x, {"sin": sin(x), "damped": sin(x) * exp(-x / 4)}, title="two waves")',
        "r = linspace(-2, 2, 40); z = sin(r[None] * 2) * cos(r[:20, None] * 3)",
        "heatmap(z)",
    ],
}


def shown(inputs: list[str]) -> str:
    """A session as it looks in a terminal: prompts, inputs, and what is shown, in colour."""
    session = Session()
    session.recollect()
    lines: list[str] = []
    for number, each in enumerate(inputs, 1):
        lines.append(f"\x1b[1;34m>>>\x1b[0m {each}")
        try:
            session.execute(
                each,
                f"<shell {number}>",
                lambda one: lines.append(text(one.value, one.name, "pretty", color=True, width=WIDTH)),
            )
        except TensorshError as error:
            lines.append(error_text(error, color=True, width=WIDTH))
    return "\n".join(lines)


def picture(ansi: str) -> str:
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text.from_ansi(ansi))
    return console.export_svg(title="tensorsh")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    for name, inputs in SESSIONS.items():
        (IMAGES / f"{name}.svg").write_text(picture(shown(inputs)))
        print(IMAGES / f"{name}.svg")


if __name__ == "__main__":
    main()
