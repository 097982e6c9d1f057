"""Ctrl-C in a loop at the prompt: real signals in a shell of its own."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from tensorsh.lang.run.rounds import line_of

CHILD = """
import signal; signal.signal(signal.SIGINT, signal.default_int_handler)
import sys; sys.argv = ["tensorsh", "-i", "-q", "--no-config", "--no-history", "--color", "never"]
from tensorsh.__main__ import *
from tensorsh.cli import main
sys.exit(main())
"""


class Terminal:
    """A shell in a pseudo-terminal."""

    def __init__(self) -> None:
        self.fd, inner = pty.openpty()
        env = dict(os.environ, TERM="dumb", NO_COLOR="1")
        self.child = subprocess.Popen(
            [sys.executable, "-c", CHILD], stdin=inner, stdout=inner, stderr=inner, env=env,
            start_new_session=True, close_fds=True,
        )  # fmt: skip
        os.close(inner)
        self.text = ""
        self.until(">>> ")

    def until(self, what: str, seconds: float = 40) -> str:
        """What comes until a text; AssertionError if it does not."""
        end = time.monotonic() + seconds
        start = len(self.text)
        while what not in self.text[start:]:
            assert time.monotonic() < end, self.text[-2000:]
            if select.select([self.fd], [], [], 0.2)[0]:
                self.text += os.read(self.fd, 65536).decode(errors="replace").replace("\r\n", "\n")
        return self.text[start:]

    def enter(self, text: str) -> str:
        os.write(self.fd, (text + "\n").encode())
        return self.until(">>> ")

    def interrupted(self, text: str, after: str, times: int = 1) -> str:
        """Begin an input, and interrupt it once something is shown."""
        os.write(self.fd, (text + "\n").encode())
        self.until(after)
        for _ in range(times):
            time.sleep(0.4)  # two signals that come before the first is heard are one
            self.child.send_signal(signal.SIGINT)
        return self.until(">>> ")

    def quiet(self) -> None:
        """Read until nothing has come for half a second."""
        while select.select([self.fd], [], [], 0.5)[0]:
            self.text += os.read(self.fd, 65536).decode(errors="replace").replace("\r\n", "\n")

    def close(self) -> None:
        self.child.kill()
        self.child.wait()
        os.close(self.fd)


@pytest.fixture
def terminal() -> Terminal:
    made = Terminal()
    made.enter("import time")
    yield made
    made.close()


LOOP = (
    "for i in range(1000):\n    a += 1\n    if i == 3: print('here', 'now')\n    time.sleep({})\n    b += 1\n"
)


def test_finished_rounds_are_kept(terminal: Terminal) -> None:
    terminal.enter("a = b = 0")
    told = terminal.interrupted(LOOP.format(0.05), "here now")
    assert "interrupted after the round with i = " in told
    assert "kept" in told
    assert "True True" in terminal.enter("print(a == b, a > 3)")
    terminal.enter(":undo 2")
    assert "0 0" in terminal.enter("print(a, b)")


def test_a_loop_that_is_measured(terminal: Terminal) -> None:
    terminal.enter("a = b = 0")
    told = terminal.interrupted(":profile " + LOOP.format(0.05), "here now")
    assert "interrupted after the round with i = " in told and "time.sleep(0.05)" in told
    assert "True True" in terminal.enter("print(a == b, a > 3)")
    terminal.enter(":undo 2")
    assert "0 0" in terminal.enter("print(a, b)")
    terminal.enter("x = y = zeros(3)")
    loop = "for i in range(100000000):\n    x = x * 1 + 1\n    y = y * 1 + 1\n    if i == 3000: print('here', 'now')\n"
    told = terminal.interrupted(":profile " + loop, "here now")
    assert "after the round with i = " in told and "100%" in told
    assert "True" in terminal.enter("print((x == y).all().item() and x[0].item() == i + 1)")


def test_a_compiled_loop(terminal: Terminal) -> None:
    terminal.enter("x = y = zeros(3)")
    loop = "for i in range(100000000):\n    x = x * 1 + 1\n    y = y * 1 + 1\n    if i == 3000: print('here', 'now')\n"
    assert "after the round with i = " in terminal.interrupted(loop, "here now")
    assert "True" in terminal.enter("print((x == y).all().item() and x[0].item() == i + 1)")


@pytest.mark.parametrize("head", ["while True", "while a >= 0", "while a + 1"])
def test_a_loop_of_plain_numbers(terminal: Terminal, head: str) -> None:
    """Python hears of the interrupt where it jumps back to the condition."""
    terminal.enter("a = b = 0")
    loop = f"{head}:\n    a += 1\n    if a == 3: print('here', 'now')\n    b += 1\n"
    told = terminal.interrupted(loop, "here now")
    assert "interrupted after a round" in told
    assert "True True" in terminal.enter("print(a == b, a > 3)")


def test_a_long_round_is_not_waited_for(terminal: Terminal) -> None:
    terminal.enter("a = b = 0")
    told = terminal.interrupted(LOOP.format("30 if i == 3 else 0"), "here now")
    assert "taken back" in told
    assert "0 0" in terminal.enter("print(a, b)")


def test_a_second_interrupt_is_at_once(terminal: Terminal) -> None:
    terminal.enter("a = b = 0")
    assert "taken back" in terminal.interrupted(LOOP.format("9 if i == 3 else 0"), "here now", 2)


def test_a_loop_in_a_function(terminal: Terminal) -> None:
    terminal.enter("n = [0, 0]")
    terminal.enter(
        "def train():\n    while True:\n        n[0] += 1\n        for k in range(3):\n            time.sleep(0.02)\n"
        "        n[1] += 1\n        if n[0] == 3: print('here', 'now')\n"
    )
    assert "kept" in terminal.interrupted("train()", "here now")
    assert "True" in terminal.enter("print(n[0] == n[1] > 2)")


def test_the_programs_own_except(terminal: Terminal) -> None:
    terminal.enter("a = b = 0")
    block = "".join("    " + line + "\n" for line in LOOP.format(0.02).strip().split("\n"))
    told = terminal.interrupted(
        f"try:\n{block}except KeyboardInterrupt:\n    print('my', 'own')\n", "here now"
    )
    assert "my own" in told
    assert "True" in terminal.enter("print(a == b > 3)")


def test_no_loop_is_taken_back(terminal: Terminal) -> None:
    terminal.enter("a = 0")
    told = terminal.interrupted(
        "if True:\n    a = 1\n    print('here', 'now')\n    time.sleep(30)\n", "here now"
    )
    assert "taken back" in told
    assert "0" in terminal.enter("print(a)")


def test_an_instruction_of_no_line_counts_to_the_line_before_it() -> None:
    """Python gives a jump no line at times, and a signal may come just there."""

    def looped(stop: int) -> None:
        for _ in range(stop):
            pass

    code = looped.__code__
    lines = {start: line for start, _, line in code.co_lines() if line}
    for at, line in lines.items():
        assert line_of(SimpleNamespace(f_lineno=None, f_code=code, f_lasti=at)) == line
        assert line_of(SimpleNamespace(f_lineno=7, f_code=code, f_lasti=at)) == 7
    assert line_of(SimpleNamespace(f_lineno=None, f_code=code, f_lasti=-1)) == 0


def test_ctrl_c_held_down(terminal: Terminal) -> None:
    """The shell is still there, whether one comes while a loop runs, while it is taken back or at the prompt."""
    terminal.enter("n = 0")
    os.write(terminal.fd, b"while True:\n    n += 1\n    if n == 3: print('here', 'now')\n\n")
    terminal.until("here now")
    for _ in range(150):
        terminal.child.send_signal(signal.SIGINT)
        time.sleep(0.003)
    terminal.until("interrupted")
    terminal.quiet()  # an interrupt that is heard late takes what was typed with it
    os.write(terminal.fd, b"print('still', 'here')\n")
    terminal.until("still here")
