"""Help lines in the names of the program: `transpose the right operand: w.T`, where a rule can only say `b.T`.

Rules know operands by their places. A help line calls the only one `x` (or `y`, what is differentiated), two
`a` and `b`; where the program has a short spelling that can stand there, that is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...source import Span

#: letters that help lines call the only operand; and single letters that are names, not English
ONE = re.compile(r"(?<![\w.'\"])[xy](?![\w'\"])")
OTHERS = re.compile(r"(?<![\w.'\"])[b-zA-HJ-Z](?![\w'\"-])")
#: what a help line says of the left and the right operand
PAIR = re.compile(r"(?<![\w.])[ab](?=\.m?T\b| @ | gives )|(?<= @ )[ab]\b")
#: several are meant, and which of them is not said
ANY = re.compile(r"\bone\b|\bconvert them\b|\bboth\b|\boperands\b")

NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
SHORT = re.compile(rf"{NAME}(?:\[[\w, :-]*\])?")
LONGEST = 24


def in_own_words(help: str, operands: Sequence[Span]) -> str:
    """The help line with the operands spelled as the program does."""
    match [span.text for span in operands]:
        case [text] if short(text):
            letters = set(ONE.findall(help))
            if len(letters) != 1 or set(OTHERS.findall(help)) != letters or ANY.search(help):
                return help
            if f"{min(letters)} = " in help and not re.fullmatch(NAME, text):
                return help
            return ONE.sub(lambda _: text, help)
        case [left, right]:
            spelled = {"a": left, "b": right}
            used = [spelled[letter] for letter in PAIR.findall(help)]
            return PAIR.sub(lambda found: spelled[found[0]], help) if all(map(short, used)) else help
    return help


def short(text: str) -> bool:
    """Whether it can stand in a help line, before a dot."""
    return len(text) <= LONGEST and SHORT.fullmatch(text) is not None
