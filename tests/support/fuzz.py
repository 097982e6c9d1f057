"""Inputs that nobody would type, each made from its number: bytes, programs, mutated programs, calls, damaged files.

`python tests/support/fuzz.py --inputs 200000` runs so many in processes with limits of memory and time (`--first` says
where to begin, `--kinds` which kinds). What is wrong is printed with its number: an exception that is no
`TensorshError`, an internal error, a crash, an input that no interrupt ends, a failed call that has changed something.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random
from typing import Any

from fuzz_files import NAMED, SHELLS, file, whole
from fuzz_inputs import LOOK, PREPARED, call, callables, grammatical, mutated, noise

ROOT = Path(__file__).parents[2]
#: seconds until an input is interrupted, and after which it counts as one that nothing ends; bytes that it has
SOON, LATE, MEMORY = 1.0, 30.0, 1 << 30

MADE = {"call": call, "mutated": mutated, "noise": noise, "grammatical": grammatical, "file": file}
#: kind → how often it is tried, of a hundred
KINDS = {"call": 62, "mutated": 16, "noise": 8, "grammatical": 4, "file": 10}


class Tried:
    """Tries inputs by their numbers in this process; calls share a session, as long as nothing is wrong with it."""

    def __init__(self, kinds: list[str]):
        self.kinds = kinds
        self.weights = [KINDS[kind] for kind in kinds]
        self.session: Any = None
        self.looked = ""

    def text(self, number: int) -> tuple[str, Any]:
        """(kind, text of the input, or what reads a file)."""
        random = Random(number)
        kind = random.choices(self.kinds, self.weights)[0]
        return kind, MADE[kind](random)

    def prepared(self) -> Any:
        """A session in which calls can be made."""
        from tensorsh import Session
        from tensorsh.sandbox import Sandbox

        session = Session(seed=0)
        session.confine(Sandbox(read=["."], write=["."]))
        session.on_warning = lambda report: None
        return session

    def look(self) -> str:
        """What values calls are made with show."""
        return "\n".join(map(str, self.session.run(f"[str(each) for each in ({', '.join(LOOK)})]")[0]))

    def __call__(self, number: int) -> str:
        """ "" if all is well with an input, "error" if it failed as it may; else what is wrong."""
        from tensorsh import TensorshError

        kind, text = self.text(number)
        if kind != "call" or self.session is None:
            self.session = self.prepared()
            if kind == "call":
                self.session.run(PREPARED)
                self.looked = self.look()
        failed = self.run(text)
        if kind != "call":
            self.session = None
        elif failed is None:
            self.session = None  # it may have changed them
        elif isinstance(failed, TensorshError) and failed.code != "internal":
            if self.look() != self.looked:
                self.session = None
                return "a failed call has changed something"
        if failed is None:
            return ""
        if isinstance(failed, KeyboardInterrupt | SystemExit):
            return "ended"
        if isinstance(failed, TensorshError) and failed.code != "internal":
            return "error"
        self.session = None
        return f"{type(failed).__name__}: {failed} {failed.__cause__ or ''}"

    def run(self, text: Any) -> BaseException | None:
        signal.setitimer(signal.ITIMER_REAL, SOON)
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if callable(text):
                    text(self.session)
                else:
                    self.session.run(text)
        except BaseException as error:
            return error
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return None


def serve(kinds: list[str]) -> None:
    """Try the numbers that come on standard input; answer each with what is wrong."""
    from tensorsh import interrupt, limits

    callables()
    for kind in (*NAMED, *SHELLS):
        whole(kind)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.environ["XDG_CACHE_HOME"] = os.path.abspath("cache")
    signal.signal(signal.SIGALRM, interrupt.interrupts)
    limits.memory.limit(MEMORY)
    tried = Tried(kinds)
    numbers = list(sys.stdin.readline().split())
    while numbers:
        answers.write(json.dumps([tried(int(each)) for each in numbers]) + "\n")
        numbers = list(sys.stdin.readline().split())


class Process:
    """A process that serves, in a folder of its own."""

    def __init__(self, kinds: list[str]):
        from tensorsh import limits

        limits.roomy_stack()
        self.folder = tempfile.mkdtemp()
        env = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'support'}", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-X", "faulthandler", __file__, "--serve", "--kinds", *kinds]
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            cwd=self.folder,
            env=env,
        )

    def ask(self, numbers: list[int], seconds: float) -> list[str] | None:
        """What is wrong with each; None if no answer comes."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write((" ".join(map(str, numbers)) + "\n").encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        answer = self.process.stdout.readline() if ready else b""
        return json.loads(answer) if answer else None

    def end(self) -> str:
        """How it has ended, or that it had to be ended."""
        ended = self.process.poll()
        if ended is None:
            try:
                ended = self.process.wait(0.5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.seek(0)
        said = self.errors.read().decode("utf-8", "replace")
        shutil.rmtree(self.folder, ignore_errors=True)
        return "nothing ends it" if ended is None else f"the process has ended with {ended}: {said[-1500:]}"


#: inputs that are asked for at once
BATCH = 20


def tried(first: int, inputs: int, kinds: list[str], seconds: float = 1e9) -> Iterator[tuple[int, str]]:
    """(number, what is wrong or how it ended) of each input."""
    until, process = time.monotonic() + seconds, None
    pending = list(range(first, first + inputs))
    while pending and time.monotonic() < until:
        batch, pending = pending[:BATCH], pending[BATCH:]
        process = process or Process(kinds)
        answers = process.ask(batch, LATE + BATCH * SOON)
        if answers is None:  # one by one
            process.end()
            process = None
            for number in batch:
                process = process or Process(kinds)
                answers = process.ask([number], LATE)
                if answers is None and process.process.poll() is None:  # a busy machine gets another try
                    process.end()
                    process = Process(kinds)
                    answers = process.ask([number], 4 * LATE)
                if answers is None:
                    yield number, process.end()
                    process = None
                else:
                    yield number, answers[0]
        else:
            yield from zip(batch, answers, strict=True)
    if process is not None:
        process.process.stdin.close()  # type: ignore[union-attr]
        process.end()


def is_wrong(found: str) -> bool:
    return found not in ("", "error", "ended")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=KINDS)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--show", type=int, help="print an input")
    options = parser.parse_args()
    if options.serve:
        return serve(options.kinds)
    if options.show is not None:
        sys.path.insert(0, str(ROOT))
        return print(*Tried(options.kinds).text(options.show), sep=": ")
    counts: Counter[str] = Counter()
    for number, found in tried(options.first, options.inputs, options.kinds, options.seconds):
        counts["wrong" if is_wrong(found) else found or "fine"] += 1
        if is_wrong(found):
            print(number, found, flush=True)
    print(dict(counts))
    return None


if __name__ == "__main__":
    main()
