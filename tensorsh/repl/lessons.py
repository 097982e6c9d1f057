"""`:tutorial`: its steps, what each wants to see, and where a reader of it is.

The text is `help/LANGUAGE/tutorial.md`: a section for each step, with what may be typed and, in the list below it, what
each input is to bring about. That is looked at, and not what was typed (`effects`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import TensorshError
from .effects import WANTED, Check, Seen, asked, shape_error, variable
from .help.texts import language, read

if TYPE_CHECKING:
    from .loop import Shell

INPUT = re.compile(r"^(?:>>>|\.\.\.) ?", re.MULTILINE)


class LessonStep(NamedTuple):
    """A section of the text: its title, what is to be read, what may be typed, and what each input is to do."""

    title: str
    text: str
    inputs: tuple[str, ...]
    wants: tuple[str, ...]


def steps(text: str) -> tuple[str, list[LessonStep], str]:
    """What stands before the steps, the steps, and what stands after them."""
    first, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    *parts, last = parts
    return first.strip(), list(map(step, parts)), "## " + last.strip()


def step(part: str) -> LessonStep:
    title, _, body = part.partition("\n")
    before, block, after = re.split(r"^```\w*\n", body, flags=re.MULTILINE)
    wants = [" ".join(item.split()) for item in re.split(r"^- ", after, flags=re.MULTILINE)[1:]]
    typed = re.split(r"^(?=>>> )", block, flags=re.MULTILINE)[1:]
    inputs = [INPUT.sub("", each).strip("\n") for each in typed]
    return LessonStep(title.strip(), before.strip(), tuple(inputs), tuple(wants))


class Lesson:
    """Where somebody is in the tutorial."""

    def __init__(self) -> None:
        self.opening, self.steps, self.closing = steps(read("tutorial.md", language()))
        self.at = 0  # which step
        self.done = 0  # how many of its inputs
        self.shown: list[Any] = []  # by the input that runs
        self.error: TensorshError | None = None  # before it
        self.before: Any = None  # what `w` was when the step began
        self.running = False  # whether inputs are looked at

    def begin(self, shell: Shell) -> None:
        """Before an input runs."""
        self.shown, self.error = [], shell.error

    def look(self, shell: Shell, text: str) -> None:
        """After an input has run: what it has brought about, and what is next."""
        word = text.strip()
        if not self.running or word.startswith(":tutorial"):
            return
        error = shell.error if shell.error is not self.error else None
        seen = Seen(shell.session, word, self.shown, error, self.before)
        self.shown = []
        wanted, before = WANTED[self.at], self.done
        while self.done < len(wanted) and wanted[self.done](seen):
            self.done += 1
        if self.done == len(wanted):
            self.go(shell, self.at + 1)
        elif self.done > before:
            self.remind(shell, f"✓  {self.done} of {len(wanted)}, next: ")
        elif not asked(seen) and not word.startswith(":"):
            self.remind(shell, f"step {self.at + 1}, {self.done + 1} of {len(wanted)}: ")

    def remind(self, shell: Shell, where: str) -> None:
        """What is wanted next, in a line."""
        line = where + self.steps[self.at].wants[self.done]
        shell.tell(shell.paint(line.replace("`", ""), "note"))

    def go(self, shell: Shell, to: int) -> None:
        """Begin a step; after the last one the tutorial is over."""
        from .commands.helping import page_of

        page = page_of(shell)
        self.at, self.done = to, 0
        if to >= len(self.steps):
            self.running = False
            self.at = 0
            shell.tell("\n".join(["", *page.markdown(self.closing)]))
            return
        w = variable(shell.session, "w")
        self.before = None if w is None else w.tolist()
        here = self.steps[to]
        lines = [
            "",
            *page.heading(f"[{to + 1}/{len(self.steps)}] {here.title.partition('. ')[2] or here.title}"),
            "",
        ]
        lines += [*page.markdown(here.text), ""]
        lines += ["    " + page.code(line) for each in here.inputs for line in each.split("\n")]
        shell.tell("\n".join([*lines, ""]))

    def skip(self, shell: Shell, to: int) -> None:
        """Go on to a later step, and do what those before it wanted, so that it finds its variables."""
        while self.at < to:
            for each, check in zip(self.steps[self.at].inputs, WANTED[self.at], strict=True):
                if check not in (shape_error, asked):
                    self.do(shell, each, check)
            self.at += 1
        self.go(shell, to)

    def do(self, shell: Shell, text: str, check: Check) -> None:
        """Run an input of a step unless what it is for is there already."""
        try:
            if not check(Seen(shell.session, text, [], None, None)):
                shell.session.execute(text, "<tutorial>")
        except TensorshError as error:
            shell.report.error(error)
