"""The prompt on a terminal, by prompt_toolkit: history, completion menu, colours, the line at the bottom.

What keys do is in `keys`; what there is to decide (is the input finished, how far is the next line indented,
what is in a paste) are functions of text in `layout` and `pasted`.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application, get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory, ConditionalAutoSuggest
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.cursor_shapes import ModalCursorShapeConfig
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER, EditingMode
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import DynamicStyle, Style

from ..interrupt import heard
from ..io import files
from ..render.paint import PALETTES, use_theme
from ..session import Session
from ..source import regular
from ..streams import for_screen
from .bottom import signature_line, status_line
from .brackets import Brackets
from .complete import complete
from .highlight import highlight
from .keys import Ahead, keys

if TYPE_CHECKING:
    from .loop import Shell

#: in the sixteen colours of every terminal; a theme has its own for some of them
STYLE = {
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
}
#: the names of the colours that a theme has, in the order of `paint.COLORS`
NAMES = ("ansired", "ansigreen", "ansiyellow", "ansiblue", "ansimagenta", "ansicyan", "ansibrightblack")


@cache
def style_of(theme: str) -> Style:
    """The styles in the colours of a theme."""
    colors = dict(zip(NAMES, map(rgb, PALETTES[theme]), strict=False))
    rules = {
        name: " ".join(
            "bg:" * word.startswith("bg:") + colors.get(word.removeprefix("bg:"), word.removeprefix("bg:"))
            for word in rule.split(" ")
        )
        for name, rule in STYLE.items()
    }
    return Style.from_dict(rules)


def rgb(index: int) -> str:
    """One of the 256 colours as `#rrggbb`."""
    if index >= 232:
        return "#" + f"{8 + 10 * (index - 232):02x}" * 3
    levels = (0, 95, 135, 175, 215, 255)
    parts = ((index - 16) // 36, (index - 16) // 6 % 6, (index - 16) % 6)
    return "#" + "".join(f"{levels[part]:02x}" for part in parts)


class Prompt:
    """Reads inputs at a terminal; `input` and `output` are prompt_toolkit's, for tests."""

    typed = True

    def __init__(
        self,
        shell: Shell,
        history: str | None,
        *,
        input: Any = None,
        output: Any = None,
    ):
        self.shell = shell
        self.session = shell.session
        self.style = style_of("auto")
        self.status: StyleAndTextTuples | None = None  # the line at the bottom, as it was when reading began
        self.late = False  # whether the terminal may still answer
        self.background: str | None = None  # `dark` or `light`, where that is known
        self.offer: str | None = None  # what may be meant, if nothing is typed
        self.ahead = Ahead()
        self.prompt: PromptSession[str] = PromptSession(
            lambda: [("class:prompt", self.shell.prompts[0])],
            prompt_continuation=self._continuation,
            multiline=True,
            history=kept(history, shell.look.history),
            auto_suggest=ConditionalAutoSuggest(
                AutoSuggestFromHistory(), Condition(lambda: shell.look.suggest)
            ),
            completer=Names(shell.session),
            complete_while_typing=False,
            lexer=Colours(shell.session),
            style=DynamicStyle(lambda: self.style),
            include_default_pygments_style=False,
            key_bindings=merge_key_bindings([self._keys(), self._taken()]),
            input_processors=[Brackets()],
            enable_history_search=True,
            search_ignore_case=True,
            enable_suspend=True,
            enable_open_in_editor=True,
            tempfile_suffix=".tsh",
            input=input,
            output=output,
        )
        self.prompt.app._handle_exception = self._not_understood  # type: ignore[method-assign]
        processor = self.prompt.app.key_processor
        processor._call_handler = self._understood(processor._call_handler)  # type: ignore[method-assign]
        buffer = self.prompt.default_buffer
        buffer.on_text_changed += self._update_signature
        buffer.on_cursor_position_changed += self._update_signature

    @heard
    def read(self, offer: str | None = None) -> str:
        if self.ahead.inputs:
            return self._next_ahead()
        if self.shell.look.status:
            self.status = guarded(None, status_line, self.shell, self._columns())
        self.prompt.bottom_toolbar = in_signs(self._standing())
        self.offer = offer
        first = "" if offer is None else offer.split("\n")[0]
        self.prompt.placeholder = [("class:auto-suggestion", first)]
        begun, self.ahead.text = self.ahead.text, ""
        self._follow_settings()
        with uninterrupted(self.prompt.app):
            return self.prompt.prompt(default=begun, handle_sigint=False)

    def _understood(self, handle: Callable[..., None]) -> Callable[..., None]:
        """Keys that the prompt stumbles over (half a report of a mouse, pasted): the input goes on without them."""

        def handled(*args: Any, **options: Any) -> None:
            try:
                handle(*args, **options)
            except Exception:
                self.prompt.app.output.bell()

        return handled

    def _not_understood(self, loop: object, context: dict[str, Any]) -> None:
        """What else the prompt stumbles over."""
        app = self.prompt.app
        if isinstance(context.get("exception"), KeyboardInterrupt) and app.is_running and not app.is_done:
            app.exit(exception=KeyboardInterrupt)
        app.output.bell()

    def _follow_settings(self) -> None:
        """Be as the settings say now."""
        look, app = self.shell.look, self.prompt.app
        vi = look.keys == "vi"
        self.prompt.editing_mode = EditingMode.VI if vi else EditingMode.EMACS
        self.prompt.cursor = ModalCursorShapeConfig() if vi else None
        theme = look.theme
        if theme == "auto":
            theme = self.background or "auto"
        if app.output.get_default_color_depth() in (ColorDepth.DEPTH_1_BIT, ColorDepth.DEPTH_4_BIT):
            theme = "sixteen"
        use_theme(theme)
        self.style = style_of(theme)
        self.prompt.color_depth = None if self.shell.report.color else ColorDepth.DEPTH_1_BIT

    def drop(self) -> None:
        """Forget what was typed ahead."""
        self.ahead.clear()

    def _next_ahead(self) -> str:
        """An input that was typed ahead, shown as if it were typed now."""
        text = self.ahead.inputs.popleft()
        line = Colours(self.session).lex_document(Document(text))
        shown: StyleAndTextTuples = []
        for i in range(text.count("\n") + 1):
            shown += [("class:prompt", self.shell.prompts[i > 0]), *line(i), ("", "\n")]
        app = self.prompt.app
        print_formatted_text(app.output, shown, self.style, color_depth=app.color_depth)
        self.prompt.history.append_string(text)
        return text

    def _keys(self) -> KeyBindings:
        return keys(lambda: self.session.pythonic, self.ahead, lambda: self.late)

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

    def _continuation(self, width: int, line: int, wraps: int) -> StyleAndTextTuples:
        return [("class:prompt", self.shell.prompts[1] if not wraps else " " * width)]

    def _update_signature(self, _: object) -> None:
        """The signature of the call the cursor is in, below the screen; nothing there otherwise."""
        before = self.prompt.default_buffer.document.text_before_cursor
        signature = guarded(None, signature_line, self.session, before, self._columns())
        self.prompt.bottom_toolbar = in_signs(signature or self._standing())

    def _standing(self) -> StyleAndTextTuples | None:
        """The line at the bottom where no signature is."""
        return self.status if self.shell.look.status else None

    def _columns(self) -> int:
        return self.prompt.app.output.get_size().columns


def kept(path: str | None, size: int) -> History:
    """The history in a file of the user's own, the last `size` inputs of it; in memory where there can be none."""
    if path is None:
        return InMemoryHistory()
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0), 0o600))
        os.close(regular(path, os.O_RDONLY))
    except OSError:
        return InMemoryHistory()
    history = KeptHistory(path)
    history.shorten(size)
    return history


class KeptHistory(FileHistory):
    """A file of inputs; a full disk is no reason to stop. An input is written at once, so that none is cut."""

    def store_string(self, string: str) -> None:
        lines = "".join(f"+{line}\n" for line in string.split("\n"))
        entry = f"\n# {datetime.datetime.now()}\n{lines}".encode(errors="replace")
        with contextlib.suppress(OSError), open(self.filename, "ab", buffering=0) as file:
            file.write(entry)

    def shorten(self, size: int) -> None:
        """Forget all but the last `size` inputs, once there are a tenth more."""
        with contextlib.suppress(OSError):
            with open(self.filename, "rb", opener=regular) as file:
                entries = file.read().split(b"\n# ")
            if len(entries) - 1 <= size + size // 10:
                return
            left = b"\n# " + b"\n# ".join(entries[len(entries) - size :]) if size else b""
            files.replace(os.fsdecode(self.filename), lambda stream: stream.write(left))


@contextlib.contextmanager
def uninterrupted(app: Application[str]) -> Iterator[None]:
    """While keys are read Ctrl-C is one of them, and a signal gives the input up as that does.

    One that comes before the terminal is ours, or after, is late for what ran and early for what comes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up() -> None:
        if app.is_running and not app.is_done:
            app.exit(exception=KeyboardInterrupt)

    def told(number: int, frame: object) -> None:
        if app.is_running and app.loop is not None:
            app.loop.call_soon_threadsafe(give_up)

    before = signal.signal(signal.SIGINT, told)
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


def in_signs(pieces: StyleAndTextTuples | None) -> StyleAndTextTuples | None:
    """A line of ours with the signs that the screen has."""
    return pieces and [(piece[0], for_screen(piece[1], sys.stdout)) for piece in pieces]


class Names(Completer):
    """`complete` as prompt_toolkit wants it."""

    def __init__(self, session: Session):
        self.session = session

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        for found in guarded([], complete, self.session, document.text_before_cursor):
            about = found.meta if len(found.meta) <= 60 else found.meta[:59] + "…"
            yield Completion(
                found.text, start_position=-found.length, display_meta=for_screen(about, sys.stdout)
            )


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
