"""The bracket at the cursor and its partner."""

from __future__ import annotations

from prompt_toolkit.application import get_app
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.formatted_text.utils import fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments

from ..services.scan import CLOSING, scan

OPENING = frozenset(CLOSING.values())
#: longer texts are left alone: every key would read them anew
LONGEST = 20_000


def pair(text: str, cursor: int) -> tuple[int, int] | None:
    """Where the bracket under the cursor, else the one before it, and its partner stand.

    What is in strings and comments is none. None where there is no bracket or no partner.
    """
    for at in (cursor, cursor - 1):
        if 0 <= at < len(text) and (text[at] in OPENING or text[at] in CLOSING):
            found = partners(text).get(at)
            if found is not None:
                return at, found
    return None


def partners(text: str) -> dict[int, int]:
    """Each bracket's partner."""
    opened: list[int] = []
    found = {}
    for token in scan(text):
        sign = text[token.start] if token.kind == "sign" else ""
        if sign in OPENING:
            opened.append(token.start)
        elif sign in CLOSING and opened and text[opened[-1]] == CLOSING[sign]:
            at = opened.pop()
            found[at], found[token.start] = token.start, at
    return found


class Brackets(Processor):
    """Marks the two where the input is drawn."""

    def __init__(self) -> None:
        self._seen: tuple[str, int] = ("", 0)
        self._pair: tuple[int, int] | None = None

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        document = transformation_input.document
        fragments = transformation_input.fragments
        marked = self._find(document.text, document.cursor_position) if self._wanted() else None
        if marked is None:
            return Transformation(fragments)
        places = [document.translate_index_to_position(at) for at in marked]
        columns = [column for row, column in places if row == transformation_input.lineno]
        if columns:
            fragments = explode_text_fragments(fragments)
            length = len(fragment_list_to_text(fragments))
            for column in columns:
                column = transformation_input.source_to_display(column)
                if column < length:
                    style, char, *_ = fragments[column]
                    fragments[column] = (f"{style} class:bracket", char)
        return Transformation(fragments)

    @staticmethod
    def _wanted() -> bool:
        app = get_app()
        return not app.is_done and app.layout.has_focus(DEFAULT_BUFFER)

    def _find(self, text: str, cursor: int) -> tuple[int, int] | None:
        if len(text) > LONGEST:
            return None
        if (text, cursor) != self._seen:
            self._seen = (text, cursor)
            self._pair = pair(text, cursor)
        return self._pair
