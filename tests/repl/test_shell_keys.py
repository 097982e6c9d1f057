"""Random keys at the prompt, in a terminal: no traceback, no crash, and afterwards the shell answers.

`python tests/repl/test_shell_keys.py 20000` presses so many.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random

from screens import started
from terminal import Terminal

#: what is typed; nothing that reaches files, processes or the end of the shell
TYPED = """
x = [1., 2.] ( ) [ ] { } " ' # \\ ; : . , @ - + * / % == := lambda for in if else def f(a): return class try: with
:help :set :vars :undo :redo :history :time :format torch 变 é \u200b \U0001f600 e\u0301 import torch print( x. x.su
tensor sofmax grad explain graph backward wrt w y 1e3 10**9 sum(range(10**12)) while true: pass 1/0 ? ?? x? help(
"""
#: keys as terminals send them; neither Ctrl-D, Ctrl-Z nor Ctrl-\, which leave the shell
CONTROL = [chr(n) for n in range(1, 32) if n not in (4, 26, 28)] + ["\x7f"]
BEHIND = (
    "A B C D H F Z 1~ 2~ 3~ 4~ 5~ 6~ 1;5C 1;5D 1;2A 1;3B 15~ 17~ 24~ I O <0;5;5M <0;5;5m <3M 200~ 201~ 99;99R"
)
ESCAPED = [f"\x1b[{each}" for each in (*BEHIND.split(), "", "M abc", "200~a\nb\tc\x1b[201~")]
ESCAPED += [f"\x1b{each}" for each in ("", "OP", "OA", *"bdfuclt.<>\\\x7f\r")]
ENDED = ("Traceback", "nhandled", "Press ENTER", "error[internal]")


def keys(random: Random) -> str:
    """One key, or a word."""
    way = random.random()
    if way < 0.5:
        return random.choice(TYPED.split()) + random.choice(("", " ", " "))
    if way < 0.6:
        return "\r"
    return random.choice(CONTROL if way < 0.8 else ESCAPED)


def pressed(terminal: Terminal, random: Random, count: int) -> list[str]:
    """The keys that were pressed, one after the other, and now and then another size of the window."""
    done = []
    for _ in range(count):
        done.append(keys(random))
        terminal.type(done[-1])
        if random.random() < 0.02:
            terminal.resize(random.randrange(20, 150), random.randrange(4, 50))
        if random.random() < 0.2:
            terminal.feed(seconds=0.02)
    return done


def answers(terminal: Terminal, number: int) -> bool:
    """Whether the shell answers, once what was begun is given up."""
    for _ in range(30):
        terminal.type("\x1b[201~")  # the end of a paste
        terminal.feed(seconds=0.1)
        terminal.type("\x1b\x03")
        terminal.feed(seconds=0.3)
        terminal.type(f"\x15\x0b{number} * 7\r")
        terminal.feed(lambda t: str(number * 7) in "".join(t.lines[-30:]), seconds=2)
        if str(number * 7) in "".join(terminal.lines[-30:]):
            return True
        if terminal.process.poll() is not None:
            return False
    return False


def wrong(keys_of_all: int, seed: int, folder: Path, at_once: int = 60) -> list[str]:
    """What was pressed where the shell ended, said what it should not, or did not answer any more."""
    random, found, left = Random(seed), [], keys_of_all
    while left > 0:
        with started(folder, columns=80, rows=24) as terminal:
            for _ in range(10):
                if left <= 0:
                    break
                done, left = pressed(terminal, random, at_once), left - at_once
                number = random.randrange(10**6, 10**7)
                told = answers(terminal, number)
                said = terminal.written.decode("utf-8", "replace")
                if not told or any(each in said for each in ENDED):
                    found.append(f"{done!r}: {said[-3000:]!r}")
                    break
    return found


def test_random_keys(tmp_path: Path) -> None:
    assert wrong(240, 0, tmp_path) == []


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        count = int(sys.argv[1])
        all_wrong = wrong(count, 1, Path(made))
        print(*all_wrong, f"{count} keys, {len(all_wrong)} times wrong", sep="\n")
