"""A shell without a terminal that keeps what it is told, and what keys make of its prompt."""

from __future__ import annotations

from pathlib import Path

from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from tensorsh import Session
from tensorsh.repl.loop import Shell
from tensorsh.repl.prompt import Prompt


class Screen:
    """What `Output` and `Report` are to the shell, kept."""

    def __init__(self) -> None:
        self.format = "torch"
        self.color = False
        self.shown: list[object] = []
        self.errors: list[object] = []
        self.warnings: list[object] = []
        self.times = 0
        self.profiles: list[object] = []

    def show(self, shown: object) -> None:
        self.shown.append(shown.value)

    def error(self, error: object) -> None:
        self.errors.append(error)

    def warning(self, report: object) -> None:
        self.warnings.append(report)

    def time(self, span: object, seconds: float) -> None:
        self.times += 1

    def profile(self, profile: object) -> None:
        self.profiles.append(profile)


class RecordedShell(Shell):
    def __init__(self, **options: object):
        self.screen = Screen()
        self.told: list[str] = []
        super().__init__(Session(), self.screen, self.screen, **options)

    def tell(self, text: str) -> None:
        self.told.append(text)


def typed(shell: Shell, *keys: str, history: Path | None = None, offer: str | None = None) -> list[str]:
    """The inputs that keys make at a prompt, until Ctrl-D; each of `keys` comes when the last is handled."""
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        prompt = Prompt(shell, str(history) if history else None, input=pipe, output=DummyOutput())
        waiting = [*keys, "\x04"]

        def feed(_: object) -> None:
            if waiting:
                pipe.send_text(waiting.pop(0))

        prompt.prompt.app.after_render += feed
        found = []
        while True:
            try:
                found.append(prompt.read(offer))
            except KeyboardInterrupt:
                found.append("^C")
            except EOFError:
                return found
