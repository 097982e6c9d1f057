"""The prompt on a terminal, by prompt_toolkit: keys, history, completion menu, colours, signatures.

What there is to decide (is the input finished, how far is the next line indented, what is in a paste) are
functions of text; the rest of this file only connects them to keys.
"""

from __future__ import annotations

import contextlib
import os
import re
import textwrap
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_completions, has_focus, has_selection
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.key_binding.bindings.completion import generate_completions
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.styles import Style

from ..session import Session
from .commands import last_of, split_command
from .complete import complete
from .highlight import highlight
from .lookup import Signature, signature_of
from .loop import CONTINUED, PROMPT, is_finished
from .scan import place, scan

if TYPE_CHECKING:
    from .loop import Shell

INDENT = 4
PROMPTED = re.compile(r"(?:>>>|\.\.\.)(?: |$)")

#: the sixteen colours of every terminal, so that they follow its theme
STYLE = Style.from_dict({
    "prompt": "ansiblue",
    "keyword": "ansimagenta",
    "constant": "ansicyan",
    "number": "ansicyan",
    "string": "ansigreen",
    "comment": "ansibrightblack italic",
    "type": "ansiyellow",
    "operation": "ansiblue",
    "command": "ansimagenta",
    "bottom-toolbar": "noreverse",
    "bottom-toolbar.text": "ansibrightblack",
    "bottom-toolbar current": "ansidefault bold",
    "completion-menu": "bg:default noreverse",
    "completion-menu.completion": "bg:default ansidefault noreverse",
    "completion-menu.completion.current": "reverse",
    "completion-menu.meta.completion": "bg:default ansibrightblack",
    "completion-menu.meta.completion.current": "bg:default ansidefault",
    "scrollbar.background": "bg:default",
    "scrollbar.button": "bg:ansibrightblack",
    "auto-suggestion": "ansibrightblack",
})  # fmt: skip


class Prompt:
    """Reads inputs at a terminal; `input` and `output` are prompt_toolkit's, for tests."""

    typed = True

    def __init__(self, shell: Shell, history: str | None, *, input: Any = None, output: Any = None):
        self.session = shell.session
        self.offer: str | None = None  # what may be meant, if nothing is typed
        self.prompt: PromptSession[str] = PromptSession(
            [("class:prompt", PROMPT)],
            prompt_continuation=continuation,
            multiline=True,
            history=kept(history),
            auto_suggest=AutoSuggestFromHistory(),
            completer=Names(shell.session),
            complete_while_typing=False,
            lexer=Colours(shell.session),
            style=STYLE,
            include_default_pygments_style=False,
            color_depth=None if shell.report.color else ColorDepth.DEPTH_1_BIT,
            key_bindings=merge_key_bindings([keys(lambda: self.session.pythonic), self._taken()]),
            enable_history_search=True,
            search_ignore_case=True,
            enable_suspend=True,
            enable_open_in_editor=True,
            tempfile_suffix=".tsh",
            input=input,
            output=output,
        )
        buffer = self.prompt.default_buffer
        buffer.on_text_changed += self._update_signature
        buffer.on_cursor_position_changed += self._update_signature

    def read(self, offer: str | None = None) -> str:
        self.prompt.bottom_toolbar = self._kind()
        self.offer = offer
        first = "" if offer is None else offer.split("\n")[0]
        self.prompt.placeholder = [("class:auto-suggestion", first)]
        return self.prompt.prompt()

    def _taken(self) -> KeyBindings:
        """Tab and Enter take what is offered, while nothing is typed."""
        bindings = KeyBindings()
        offered = Condition(lambda: bool(self.offer) and not get_app().current_buffer.text)

        @bindings.add("tab", filter=has_focus(DEFAULT_BUFFER) & offered)
        @bindings.add("right", filter=has_focus(DEFAULT_BUFFER) & offered)
        @bindings.add("enter", filter=has_focus(DEFAULT_BUFFER) & offered)
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text(self.offer or "")

        return bindings

    def _update_signature(self, _: object) -> None:
        """The signature of the call the cursor is in, below the screen; nothing there otherwise."""
        before = self.prompt.default_buffer.document.text_before_cursor
        signature = guarded(None, signature_line, self.session, before, self._columns())
        self.prompt.bottom_toolbar = signature or self._kind()

    def _kind(self) -> StyleAndTextTuples | None:
        """The line at the bottom where no signature is: which kind of program the inputs are, if it is PyTorch's."""
        if not self.session.pythonic:
            return None
        return [("class:bottom-toolbar.text", "PyTorch program   :kind own  brings back tensorsh's brackets")]

    def _columns(self) -> int:
        return self.prompt.app.output.get_size().columns


def continuation(width: int, line: int, wraps: int) -> StyleAndTextTuples:
    return [("class:prompt", CONTINUED if not wraps else " " * width)]


def kept(path: str | None) -> History:
    """The history in a file of the user's own; in memory where there can be none."""
    if path is None:
        return InMemoryHistory()
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    except OSError:
        return InMemoryHistory()
    return KeptHistory(path)


class KeptHistory(FileHistory):
    """A file of inputs; a full disk is no reason to stop."""

    def store_string(self, string: str) -> None:
        with contextlib.suppress(OSError):
            super().store_string(string)


# ------------------------------------------------------------------ what text decides


def next_indent(text: str) -> str:
    """The indentation of the line after `text`: one step more after a colon or an opening bracket,
    one less after a statement that leaves its block."""
    line = text.rpartition("\n")[2]
    indent = line[: len(line) - len(line.lstrip())]
    tokens = [token for token in scan(text) if token.kind not in ("comment", "newline")]
    if not tokens or not line.strip():
        return indent
    if tokens[-1].kind == "open":
        return ""
    last = text[tokens[-1].start : tokens[-1].end]
    brackets = place(text).brackets
    if last in ("(", "[", "{") or (last == ":" and not brackets):
        return indent + " " * INDENT
    if not brackets and re.match(r"\s*(return|break|continue|pass)\b", line):
        return indent[:-INDENT]
    return indent


def header_indent(text: str) -> str | None:
    """The indentation of the statement that an `else` or `elif` at the end of `text` belongs to."""
    *above, line = text.split("\n")
    inside = len(line) - len(line.lstrip())
    for each in reversed(above):
        indent = len(each) - len(each.lstrip())
        if each.strip() and indent < inside:
            inside = indent
            if re.match(r"\s*(if|elif|for|while)\b", each):
                return each[:indent]
    return None


def cleaned(paste: str, before: str = "") -> str:
    """A pasted text as a program; `before` is what the input has up to the cursor.

    The prompts of a shell it was copied from go, and with them what that shell answered. At the start of
    an input common indentation goes; after an indentation every line gets that one.
    """
    text = paste.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"^\t+", lambda tabs: " " * INDENT * len(tabs[0]), text, flags=re.MULTILINE)
    indent = before.rpartition("\n")[2]
    if indent.strip() or (before and not indent):
        return text
    lines = textwrap.dedent(text).split("\n")
    if next((line for line in lines if line.strip()), "").startswith(PROMPT):
        marked = [found for found in (PROMPTED.match(line) for line in lines) if found]
        lines = [found.string[found.end() :] for found in marked]
    return "\n".join([lines[0], *(indent + line if line.strip() else line for line in lines[1:])])


def signature_line(session: Session, text: str, columns: int) -> StyleAndTextTuples | None:
    """The signature of the innermost call around the end of `text`, the current parameter marked."""
    command = split_command(text)
    if command is not None:
        kind, last = last_of(*command[:2])
        text = last if kind == "code" else ""
    if "(" not in text:
        return None
    call = place(text).call
    found = signature_of(session, call.callee) if call is not None else None
    if found is None or call is None:
        return None
    return marked(found, found.at(call.index, call.keyword), columns)


def marked(found: Signature, current: int | None, columns: int) -> StyleAndTextTuples:
    """The pieces of a signature; where it is too long, parameters before the current one are left out."""
    first = 0
    while len(found.name) + sum(len(text) + 2 for _, text in found.parameters[first:]) > columns - 4:
        if first >= (current or 0):
            break
        first += 1
    pieces: StyleAndTextTuples = [("", f"{found.name}(" + "…, " * (first > 0))]
    for i, (_, text) in enumerate(found.parameters[first:], first):
        pieces += [("", ", ")] * (i > first) + [("class:current" if i == current else "", text)]
    return [*pieces, ("", ")")]


# ------------------------------------------------------------------ keys


def keys(pythonic: Callable[[], bool] = lambda: False) -> KeyBindings:
    """What Enter, Tab, Backspace, `:` and a paste do."""
    bindings = KeyBindings()
    editing = has_focus(DEFAULT_BUFFER)
    given: list[tuple[int, str]] = []  # the last line that was indented for the user, and how far

    def untouched(buffer: Buffer, indent: str) -> bool:
        """Whether the cursor's line is one whose indentation the user has not chosen."""
        return bool(indent) and given == [(buffer.document.cursor_position_row, indent)]

    @Condition
    def in_indent() -> bool:
        return not get_app().current_buffer.document.current_line_before_cursor.strip()

    @Condition
    def chosen() -> bool:
        state = get_app().current_buffer.complete_state
        return state is not None and state.current_completion is not None

    @bindings.add("enter", filter=editing & chosen)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @bindings.add("enter", filter=editing & ~chosen)
    def _(event: KeyPressEvent) -> None:
        buffer, document = event.current_buffer, event.current_buffer.document
        buffer.cancel_completion()
        at_end = not document.text_after_cursor.strip() or "\n" not in document.text
        waiting = event.key_processor.input_queue
        ends = lambda text: is_finished(text.rstrip(" \t") + "\n", pythonic())  # noqa: E731
        if at_end and not block_goes_on(waiting) and ends(document.text):
            buffer.document = Document(document.text.rstrip())
            buffer.validate_and_handle()
            return
        indent = next_indent(document.text_before_cursor)
        here = document.leading_whitespace_in_current_line
        if waiting and len(indent) <= len(here) and not untouched(buffer, here):
            indent = ""  # lines that come faster than anybody types, and bring their own indentation
        buffer.insert_text("\n" + indent)
        given[:] = [(document.cursor_position_row + 1, indent)]

    @bindings.add("escape", "enter", filter=editing)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @bindings.add(" ", filter=editing & in_indent)
    def _(event: KeyPressEvent) -> None:
        # Somebody who indents by hand (or a paste that is not announced) begins at the margin.
        buffer = event.current_buffer
        if untouched(buffer, buffer.document.current_line):
            buffer.delete_before_cursor(len(buffer.document.current_line))
        given.clear()
        buffer.insert_text(" ")

    @bindings.add(":", filter=editing)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        before = buffer.document.current_line_before_cursor
        words = before.lstrip()
        if re.match(r"(else|elif .*)$", words) and untouched(buffer, before[: -len(words)]):
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
        generate_completions(event)

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

    return bindings


def block_goes_on(waiting: Iterable[KeyPress]) -> bool:
    """Whether the next line, of those that wait already in a paste that was not announced, is indented:
    an empty line before it ends no block."""
    blank = (Keys.ControlM, Keys.ControlJ)
    return next((press.data in (" ", "\t") for press in waiting if press.key not in blank), False)


# ------------------------------------------------------------------ adapters


def guarded(otherwise: Any, work: Callable[..., Any], *args: Any) -> Any:
    """What helps with typing must never get in its way: a mistake there only means less help."""
    try:
        return work(*args)
    except Exception:
        return otherwise


class Names(Completer):
    """`complete` as prompt_toolkit wants it."""

    def __init__(self, session: Session):
        self.session = session

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        for found in guarded([], complete, self.session, document.text_before_cursor):
            about = found.meta if len(found.meta) <= 60 else found.meta[:59] + "…"
            yield Completion(found.text, start_position=-found.length, display_meta=about)


class Colours(Lexer):
    """`highlight` as prompt_toolkit wants it: a function from the number of a line to its pieces."""

    def __init__(self, session: Session):
        self.session = session

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        lines: list[StyleAndTextTuples] = [[]]

        def add(style: str, text: str) -> None:
            first, *rest = text.split("\n")
            lines[-1].append((style, first))
            lines.extend([(style, line)] for line in rest)

        at = 0
        for start, end, style in guarded([], highlight, self.session, document.text):
            add("", document.text[at:start])
            add(f"class:{style}", document.text[start:end])
            at = end
        add("", document.text[at:])
        return lambda number: lines[number] if number < len(lines) else []
