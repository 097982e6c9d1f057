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
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, has_completions, has_focus, has_selection
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.completion import generate_completions
from prompt_toolkit.keys import Keys
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.styles import Style

from ..session import Session
from .commands import COMMANDS, split_command
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
    "prompt": "ansibrightblack",
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

    def __init__(self, shell: Shell, history: str | None, *, input: Any = None, output: Any = None):
        self.session = shell.session
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
            key_bindings=keys(),
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

    def read(self) -> str:
        return self.prompt.prompt()

    def _update_signature(self, _: object) -> None:
        """The signature of the call the cursor is in, below the screen; nothing there otherwise."""
        self.prompt.bottom_toolbar = signature_line(
            self.session, self.prompt.default_buffer.document.text_before_cursor, self._columns()
        )

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
        text = command[1] if command[0] in COMMANDS and COMMANDS[command[0]].completes == "code" else ""
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


def keys() -> KeyBindings:
    """What Enter, Tab, Backspace and a paste do."""
    bindings = KeyBindings()
    editing = has_focus("DEFAULT_BUFFER")

    @Condition
    def in_indent() -> bool:
        from prompt_toolkit.application import get_app

        before = get_app().current_buffer.document.current_line_before_cursor
        return not before.strip()

    @Condition
    def chosen() -> bool:
        from prompt_toolkit.application import get_app

        state = get_app().current_buffer.complete_state
        return state is not None and state.current_completion is not None

    @bindings.add("enter", filter=editing & has_completions & chosen)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @bindings.add("enter", filter=editing & ~chosen)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        buffer.cancel_completion()
        document = buffer.document
        if not document.text_after_cursor.strip() or "\n" not in document.text:
            if is_finished(document.text.rstrip(" \t") + "\n"):
                buffer.document = Document(document.text.rstrip())
                buffer.validate_and_handle()
                return
        typed_ahead = bool(event.key_processor.input_queue)  # a paste the terminal does not announce
        buffer.insert_text("\n" + ("" if typed_ahead else next_indent(document.text_before_cursor)))

    @bindings.add("tab", filter=editing & in_indent & ~has_completions)
    def _(event: KeyPressEvent) -> None:
        before = event.current_buffer.document.current_line_before_cursor
        event.current_buffer.insert_text(" " * (INDENT - len(before) % INDENT))

    @bindings.add("tab", filter=editing & (~in_indent | has_completions))
    def _(event: KeyPressEvent) -> None:
        generate_completions(event)

    @bindings.add("s-tab", filter=editing & ~has_completions)
    def _(event: KeyPressEvent) -> None:
        remove_indent(event)

    @bindings.add("backspace", filter=editing & in_indent & ~has_selection)
    def _(event: KeyPressEvent) -> None:
        if not remove_indent(event):
            event.current_buffer.delete_before_cursor()

    @bindings.add("escape", "enter", filter=editing)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @bindings.add(Keys.BracketedPaste, filter=editing)
    def _(event: KeyPressEvent) -> None:
        before = event.current_buffer.document.text_before_cursor
        text = cleaned(event.data, before)
        event.current_buffer.insert_text(text if "\n" in text.strip() else text.strip("\n"))

    return bindings


def remove_indent(event: KeyPressEvent) -> bool:
    """Take one step of indentation before the cursor away; whether there was one."""
    before = event.current_buffer.document.current_line_before_cursor
    if not before or before.strip():
        return False
    event.current_buffer.delete_before_cursor(count=len(before) % INDENT or min(INDENT, len(before)))
    return True


# ------------------------------------------------------------------ adapters


class Names(Completer):
    """`complete` as prompt_toolkit wants it."""

    def __init__(self, session: Session):
        self.session = session

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        for found in complete(self.session, document.text_before_cursor):
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
        for start, end, style in highlight(self.session, document.text):
            add("", document.text[at:start])
            add(f"class:{style}", document.text[start:end])
            at = end
        add("", document.text[at:])
        return lambda number: lines[number] if number < len(lines) else []
