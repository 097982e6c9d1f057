"""What keys do: Enter, Tab, Backspace, `:`, a space in an indentation, a paste, lines that come all at once."""

from __future__ import annotations

import re
import select
from collections import deque
from collections.abc import Callable, Iterable

from prompt_toolkit import search
from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import (
    Condition,
    emacs_insert_mode,
    emacs_mode,
    has_completions,
    has_focus,
    has_selection,
    is_searching,
    vi_insert_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.completion import generate_completions
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys

from ..services.layout import INDENT, header_indent, next_indent
from ..services.symbols import symbol_before
from .loop import is_finished
from .pasted import FIRST, Typed, cleaned

ENTER = (Keys.ControlM, Keys.ControlJ)
#: seconds in which more of what was sent at once comes
SOON = 0.02


class Ahead:
    """What was typed ahead: inputs that are complete, and the beginning of the next."""

    def __init__(self) -> None:
        self.inputs: deque[str] = deque()
        self.text = ""

    def clear(self) -> None:
        self.inputs.clear()
        self.text = ""


def keys(pythonic: Callable[[], bool], ahead: Ahead, late: Callable[[], bool]) -> KeyBindings:
    """The bindings.

    What lines sent at once have too much for one input goes to `ahead`. `late`: whether an answer of the terminal
    may come as keys.
    """
    bindings = KeyBindings()
    editing = has_focus(DEFAULT_BUFFER)
    given: list[tuple[int, str]] = []  # the last line that was indented for the user, and how far
    before: list[tuple[int, Document]] = []  # which line of the history, and its text, when a search began

    def untouched(buffer: Buffer, indent: str) -> bool:
        """Whether the cursor's line is one whose indentation the user has not chosen."""
        return bool(indent) and given == [(buffer.document.cursor_position_row, indent)]

    def ends(text: str) -> bool:
        return is_finished(text.rstrip(" \t") + "\n", pythonic())

    @Condition
    def in_indent() -> bool:
        return not get_app().current_buffer.document.current_line_before_cursor.strip()

    @Condition
    def chosen() -> bool:
        state = get_app().current_buffer.complete_state
        return state is not None and state.current_completion is not None

    @Condition
    def sent_at_once() -> bool:
        """Whether whole lines wait, at the end of the input."""
        app = get_app()
        waiting = app.key_processor.input_queue
        return (
            len(waiting) > 1
            and sum(press.key in ENTER for press in waiting) > 1
            and app.current_buffer.document.is_cursor_at_the_end
        )

    @bindings.add("enter", filter=editing & chosen)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @bindings.add("enter", filter=editing & ~chosen)
    def _(event: KeyPressEvent) -> None:
        buffer, document = event.current_buffer, event.current_buffer.document
        buffer.cancel_completion()
        at_end = not document.text_after_cursor.strip() or "\n" not in document.text
        text = cleaned(document.text) if FIRST.match(document.text) else document.text
        if at_end and ends(text):
            buffer.document = Document(text.rstrip())
            buffer.validate_and_handle()
            return
        indent = next_indent(document.text_before_cursor)
        buffer.insert_text("\n" + indent)
        given[:] = [(document.cursor_position_row + 1, indent)]

    @bindings.add("escape", "enter", filter=editing)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @bindings.add(" ", filter=editing & in_indent)
    def _(event: KeyPressEvent) -> None:
        # Somebody who indents by hand begins at the margin.
        buffer = event.current_buffer
        if untouched(buffer, buffer.document.current_line):
            buffer.delete_before_cursor(len(buffer.document.current_line))
        given.clear()
        buffer.insert_text(" ")

    @bindings.add(":", filter=editing & (emacs_insert_mode | vi_insert_mode))
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        before = buffer.document.current_line_before_cursor
        words = before.lstrip()
        if re.match(r"(else|elif .*|except.*|finally)$", words) and untouched(buffer, before[: -len(words)]):
            indent = header_indent(buffer.document.text_before_cursor)
            if indent is not None:
                buffer.delete_before_cursor(len(before))
                buffer.insert_text(indent + words)
        buffer.insert_text(":")

    @bindings.add("tab", filter=editing & in_indent & ~has_completions)
    def _(event: KeyPressEvent) -> None:
        before = event.current_buffer.document.current_line_before_cursor
        event.current_buffer.insert_text(" " * (INDENT - len(before) % INDENT))

    @bindings.add("tab", filter=editing & (~in_indent | has_completions))
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        found = symbol_before(buffer.document.text_before_cursor)
        if found is None:
            generate_completions(event)
            return
        name, symbol = found
        buffer.delete_before_cursor(len(name))
        buffer.insert_text(symbol)

    @bindings.add("s-tab", filter=editing & in_indent & ~has_completions)
    @bindings.add("backspace", filter=editing & in_indent & ~has_selection)
    def _(event: KeyPressEvent) -> None:
        before = event.current_buffer.document.current_line_before_cursor
        step = len(before) % INDENT or min(INDENT, len(before))
        event.current_buffer.delete_before_cursor(max(step, 1))

    @bindings.add(Keys.BracketedPaste, filter=editing)
    def _(event: KeyPressEvent) -> None:
        text = cleaned(event.data, event.current_buffer.document.text_before_cursor)
        event.current_buffer.insert_text(text if "\n" in text.strip() else text.strip("\n"))

    @bindings.add("c-r", filter=editing & emacs_mode)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        before[:] = [(buffer.working_index, buffer.document)]
        search.start_search(direction=search.SearchDirection.BACKWARD)

    @bindings.add("c-g", filter=is_searching & emacs_mode)
    def _(event: KeyPressEvent) -> None:
        # A search that is given up leaves the line as it was.
        search.stop_search()
        buffer = event.app.current_buffer
        if before:
            buffer.working_index, buffer.document = before.pop()

    @bindings.add("escape", "]", filter=editing & Condition(late))
    def _(event: KeyPressEvent) -> None:
        """The terminal's answer to a question of ours, come late: nothing that was typed."""
        waiting = event.key_processor.input_queue
        while waiting and waiting.popleft().key not in (Keys.ControlG, Keys.ControlBackslash, "\\"):
            pass

    plain = editing & sent_at_once & (emacs_insert_mode | vi_insert_mode)

    @bindings.add(Keys.Any, filter=plain)
    @bindings.add(" ", filter=plain)
    @bindings.add(":", filter=plain)
    @bindings.add("tab", filter=plain)
    @bindings.add("enter", filter=plain)
    def _(event: KeyPressEvent) -> None:
        buffer, document = event.current_buffer, event.current_buffer.document
        buffer.cancel_completion()
        line = document.current_line
        typed = Typed(document.text, ends, line if untouched(buffer, line) else "")
        *lines, rest = sent(event).split("\n")
        typed.add(lines, rest)
        given[:] = [(typed.text.count("\n"), typed.indent)]
        if typed.done:
            first, *others = typed.done
            ahead.inputs.extend(others)
            ahead.text = typed.text
            buffer.document = Document(first)
            buffer.validate_and_handle()
        else:
            buffer.document = Document(typed.text)

    return bindings


def sent(event: KeyPressEvent) -> str:
    """The key and all plain text that comes with it, also what is not read yet."""
    waiting = event.key_processor.input_queue
    found = [plain(event.key_sequence[-1]) or ""]
    while True:
        while waiting and (char := plain(waiting[0])) is not None:
            found.append(char)
            waiting.popleft()
        source = event.app.input
        if waiting or not select.select([source.fileno()], [], [], SOON)[0]:
            return "".join(found)
        more: Iterable[KeyPress] = source.read_keys()
        waiting.extend(more)
        if not waiting:
            return "".join(found)


def plain(press: KeyPress) -> str | None:
    """The character of a key; None for one that does something."""
    if press.key in ENTER:
        return "\n"
    if press.key == Keys.ControlI:
        return "\t"
    return press.data if len(press.key) == 1 and press.data.isprintable() else None
