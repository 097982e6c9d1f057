"""Text with styles, before it is decided whether there is colour: segments, lines, and one table of styles.

A `Segment` is (text, style), a `Line` a tuple of them; the style "" is plain. Colours are the sixteen
of every terminal, so they follow its theme; only the tones of numbers, which are many, are of the 256 that most
have, for a dark or a light background.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from ..text.width import columns

Segment = tuple[str, str]
Line = tuple[Segment, ...]

#: (text, style) → text
Paint = Callable[[str, str], str]

STYLES = {
    # errors
    "error": "1;31",
    "warning": "1;33",
    "message": "1",
    "gutter": "34",
    "caret": "1;31",
    "label": "36",
    "note": "2",
    "help": "32",
    "result": "35",  # `Out[3]:`
    # values
    "frame": "2",  # brackets, indices, headers: what surrounds the numbers
    "gradient": "35",
    "zero": "2",
    "odd": "33",  # nan and infinities
    "true": "32",
    "bars": "36",
    "string": "32",
}

#: the tones of numbers, from small to large
TONES = {
    "dark": {"pos": ("38;5;187", "38;5;222", "38;5;215", "1;38;5;208"),
             "neg": ("38;5;152", "38;5;117", "38;5;75", "1;38;5;39")},
    "light": {"pos": ("38;5;94", "38;5;130", "38;5;166", "1;38;5;160"),
              "neg": ("38;5;24", "38;5;25", "38;5;26", "1;38;5;21")},
    "sixteen": {"pos": ("", "", "", "1"), "neg": ("36", "36", "36", "1;36")},
}  # fmt: skip
THEMES = ("dark", "light", "sixteen")

#: the codes of red, green, yellow, blue, magenta, cyan and faint text …
COLORS = ("31", "32", "33", "34", "35", "36", "2")
#: … and the ones of the 256 colours that they are for a background; none: the terminal's own sixteen
PALETTES = {
    "dark": (203, 114, 179, 75, 176, 80, 245),
    "light": (160, 28, 130, 25, 127, 30, 243),
    "sixteen": (),
    "auto": (),
}
PALETTE: dict[str, str] = {}


def use_theme(name: str) -> None:
    """Paint for a dark or light background, or with sixteen colours only; KeyError for another name.

    `auto` is for a background that nobody knows: numbers in tones that are likely right, the rest as the terminal
    has it.
    """
    PALETTE.clear()
    PALETTE.update({code: f"38;5;{color}" for code, color in zip(COLORS, PALETTES[name], strict=False)})
    for sign, tones in TONES[theme_of(os.environ) if name == "auto" else name].items():
        STYLES.update({f"{sign}{number}": tone for number, tone in enumerate(tones, 1)})


def theme_of(environment: Mapping[str, str]) -> str:
    """The theme that a terminal seems to have: what it says of its background and of how many colours it has."""
    many = "256" in environment.get("TERM", "") or environment.get("COLORTERM") in ("truecolor", "24bit")
    if not many:
        return "sixteen"
    return background_of(environment) or "dark"


def background_of(environment: Mapping[str, str]) -> str | None:
    """`dark` or `light` as the variable COLORFGBG says (`15;0`: white on black); None where it says nothing."""
    number = environment.get("COLORFGBG", "").rpartition(";")[2]
    if not number.isdecimal():
        return None
    return "dark" if int(number) in (0, 1, 2, 3, 4, 5, 6, 8) else "light"


use_theme("auto")


def painter(color: bool) -> Paint:
    """What turns a segment into text: with ANSI codes, or as it is."""
    return _ansi if color else _plain


def _ansi(text: str, style: str) -> str:
    code = STYLES[style] if style else ""
    if PALETTE:
        code = ";".join([PALETTE.get(part, part) for part in code.split(";")])
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def _plain(text: str, style: str) -> str:
    return text


def painted(line: Line, paint: Paint) -> str:
    """A line as text, each run of one style painted once."""
    runs: list[list[str]] = []
    for text, style in line:
        if runs and (runs[-1][1] == style or not text.strip()):
            runs[-1][0] += text  # blanks have no colour: they join what is before them
        else:
            runs.append([text, style])
    return "".join(paint(text, style) for text, style in runs)


def line_width(line: Iterable[Segment]) -> int:
    """Columns of the screen a line takes."""
    return sum(columns(text) for text, _ in line)


def folded(start: Line, facts: Iterable[Segment], width: int) -> list[Line]:
    """The facts after `start`, two blanks apart, on further lines where they do not fit."""
    lines = [start] if start else []
    for fact in facts:
        if not lines:
            lines.append((fact,))
        elif line_width(lines[-1]) + 2 + columns(fact[0]) > width:
            lines.append((("  ", ""), fact))
        else:
            lines[-1] = (*lines[-1], ("  ", ""), fact)
    return lines
