"""The prompt on a terminal, by prompt_toolkit: history, completion menu, colours, the line at the bottom.

What keys do is in `keys`; what there is to decide (is the input finished, how far is the next line indented,
what is in a paste) are functions of text in `layout` and `pasted`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style

from ..session import Session
from .bottom import signature_line
from .brackets import Brackets
from .complete import complete
from .highlight import highlight
from .keys import Ahead, keys
from .loop import CONTINUED, PROMPT

if TYPE_CHECKING:
    from .loop import Shell

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
    "bracket": "bold underline",
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
        self.ahead = Ahead()
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
            key_bindings=merge_key_bindings([keys(lambda: self.session.pythonic, self.ahead), self._taken()]),
            input_processors=[Brackets()],
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
        if self.ahead.inputs:
            return self._next_ahead()
        self.prompt.bottom_toolbar = self._kind()
        self.offer = offer
        first = "" if offer is None else offer.split("\n")[0]
        self.prompt.placeholder = [("class:auto-suggestion", first)]
        begun, self.ahead.text = self.ahead.text, ""
        with uninterrupted():
            return self.prompt.prompt(default=begun)

    def drop(self) -> None:
        """Forget what was typed ahead."""
        self.ahead.clear()

    def _next_ahead(self) -> str:
        """An input that was typed ahead, shown as if it were typed now."""
        text = self.ahead.inputs.popleft()
        line = Colours(self.session).lex_document(Document(text))
        shown: StyleAndTextTuples = []
        for i in range(text.count("\n") + 1):
            shown += [("class:prompt", CONTINUED if i else PROMPT), *line(i), ("", "\n")]
        app = self.prompt.app
        print_formatted_text(app.output, shown, STYLE, color_depth=app.color_depth)
        self.prompt.history.append_string(text)
        return text

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


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """While keys are read Ctrl-C is one of them. One that comes before the terminal is ours, or after, is late
    for what ran and early for what comes: nobody can answer it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
