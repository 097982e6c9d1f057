"""Fuzzes what reads files and texts, guided by the branches that an input reaches (atheris).

`python tests/support/fuzz_guided.py --seconds 600` gives each kind so long, one after the other, each in a process of
its own; it starts from files of our own writers. What is wrong is printed and its input kept in `--corpus`, with all
inputs that reached something new. `--replay` reads what is kept there, or the seeds alone, and needs no atheris.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import inspect
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from fuzz_readers import KINDS, SEEN, read, seeds

ROOT = Path(__file__).parents[2]
#: seconds of the processor until an input is interrupted, and after which nothing ends it; bytes that it has
SOON, LATE, MEMORY = 1.0, 30, 1 << 30
#: inputs that a session reads, after which there is another
SESSION = 500


class Reads:
    """Reads inputs of one kind in this process, and tells what is wrong."""

    def __init__(self, kind: str, limited: bool = True):
        self.kind = kind
        self.limited = limited  # in time, by a signal
        self.session: Any = None
        self.left = 0
        seeds(kind)

    def __call__(self, data: bytes) -> str:
        """ "" if it was read, "error" if it is refused, "ended" if it was interrupted; else what is wrong."""
        from tensorsh.errors import TensorshError, facts_of

        if not self.left:
            self.session, self.left = self.fresh(), SESSION
        self.left -= 1
        failed = self.failure(data)
        if failed is None:
            return ""
        if isinstance(failed, KeyboardInterrupt | SystemExit):
            return "ended"
        facts = failed.facts if isinstance(failed, TensorshError) else facts_of(failed)
        if facts is not None and facts.kind != "internal":
            return "error"
        self.left = 0
        at: Any = (failed.__cause__ or failed).__traceback__
        while at.tb_next is not None:
            at = at.tb_next
        place = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}"
        return f"{place} {type(failed).__name__}: {failed} {failed.__cause__ or ''}"

    def fresh(self) -> Any:
        from tensorsh import Session
        from tensorsh.sandbox import Sandbox

        session = Session(seed=0)
        session.confine(Sandbox(read=["."], write=["."]))
        session.on_warning = lambda report: None
        return session

    def failure(self, data: bytes) -> BaseException | None:
        if self.limited:
            signal.setitimer(signal.ITIMER_VIRTUAL, SOON)
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read(self.session, self.kind, data)
        except BaseException as error:
            return error
        finally:
            if self.limited:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        return None


def ready() -> None:
    """Limits of an input, and a cache of our own."""
    from tensorsh import interrupt, limits
    from tensorsh.lang.syntax.parse import grammar

    os.environ["XDG_CACHE_HOME"] = os.path.abspath("cache")
    grammar()
    signal.signal(signal.SIGVTALRM, interrupt.interrupts)
    limits.memory.limit(MEMORY)


def serve(kind: str, corpus: str, arguments: list[str]) -> None:
    """Fuzz one kind until the arguments of libFuzzer end it."""
    import atheris

    reads = Reads(kind)
    for name in SEEN[kind].split():
        for function in functions(importlib.import_module(f"tensorsh.{name}")):
            atheris.instrument_func(function)
    zipfile.ZipExtFile._update_crc = lambda self, data: None  # type: ignore[method-assign]  # it would stop all
    ready()
    reads.session, reads.left = reads.fresh(), SESSION  # which takes long the first time
    found: set[str] = set()

    def one(data: bytes) -> None:
        wrong = reads(data)
        if wrong not in ("", "error", "ended") and (sort := wrong.split(" ")[0]) not in found:
            found.add(sort)
            Path(corpus, f"wrong-{len(found)}").write_bytes(data)
            print(f"WRONG {wrong!r}", file=sys.stderr, flush=True)
        if wrong == "ended":
            print("ENDED", file=sys.stderr, flush=True)

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


def functions(module: Any) -> Iterator[FunctionType]:
    """The functions and methods that a module defines."""
    for value in [module, *(each for each in vars(module).values() if isinstance(each, type))]:
        if getattr(value, "__module__", module.__name__) != module.__name__:
            continue
        for each in vars(value).values():
            each = inspect.unwrap(getattr(each, "__func__", each))
            each = getattr(each, "fget", None) or getattr(each, "func", None) or each
            if isinstance(each, FunctionType) and each.__module__ == module.__name__:
                yield each


class Outcome(NamedTuple):
    """Of one kind: inputs that were tried, branches that they reached at first and at last, what is wrong."""

    inputs: int
    first: int
    last: int
    ended: int
    wrong: list[str]


def guided(kind: str, corpus: Path, seconds: float, runs: int = -1, seed: int = 0) -> Outcome:
    """Fuzz a kind in processes of its own: one that crashes, or that nothing ends, is followed by another."""
    folder = corpus / kind.replace(" ", "-")
    (folder / "kept").mkdir(parents=True, exist_ok=True)
    for i, each in enumerate(seeds(kind)):
        (folder / "kept" / f"seed-{i}").write_bytes(each)
    until, outcome = time.monotonic() + seconds, Outcome(0, 0, 0, 0, [])
    while (left := until - time.monotonic()) > 1 and (runs < 0 or not outcome.inputs):
        arguments = [f"-max_total_time={int(left)}", f"-runs={runs}", f"-seed={seed or int(left) + 1}"]
        arguments += [f"-timeout={LATE}", "-rss_limit_mb=2500", "-print_final_stats=1", "-max_len=20000"]
        arguments += [f"-artifact_prefix={folder}/crash-", f"{folder}/kept"]
        env = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'support'}", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, __file__, "--serve", kind, str(folder), *arguments]
        with tempfile.TemporaryDirectory() as place, tempfile.TemporaryFile() as errors:
            ended = subprocess.run(command, stdout=errors, stderr=errors, cwd=place, env=env).returncode
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace")
        reached = [int(each) for each in re.findall(r"cov: (\d+)", said)] or [0]
        counts = re.findall(r"number_of_executed_units: *(\d+)", said) or re.findall(r"^#(\d+)", said, re.M)
        wrong = re.findall(r"^WRONG (.*)$", said, re.M)
        if ended:
            wrong.append(f"the process has ended with {ended}: {said[-3000:]}")
        outcome = Outcome(
            outcome.inputs + int(counts[-1] if counts else 0),
            outcome.first or reached[0],
            max(outcome.last, *reached),
            outcome.ended + said.count("\nENDED"),
            outcome.wrong + wrong,
        )
        if ended and not counts:  # it does not even begin
            break
    return outcome


def replayed(kind: str, corpus: Path | None = None, limited: bool = True) -> list[tuple[str, str]]:
    """(name, what becomes of it) of the seeds of a kind and of what is kept in a corpus."""
    reads = Reads(kind, limited)
    inputs = {f"seed-{i}": each for i, each in enumerate(seeds(kind))}
    if corpus is not None:
        folder = corpus / kind.replace(" ", "-")
        inputs |= {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    return [(name, reads(each)) for name, each in inputs.items()]


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        return serve(sys.argv[2], sys.argv[3], sys.argv[4:])
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="of each kind")
    parser.add_argument(
        "--kinds", nargs="*", default=KINDS, choices=KINDS, metavar="KIND", help=", ".join(KINDS)
    )
    parser.add_argument("--corpus", type=Path, help="a folder for what is kept")
    parser.add_argument("--replay", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        corpus = options.corpus and options.corpus.absolute()
        os.chdir(stack.enter_context(tempfile.TemporaryDirectory()))
        if options.replay:
            ready()
            for kind in options.kinds:
                for name, became in replayed(kind, corpus):
                    print(f"{kind} {name}: {became or 'read'}", flush=True)
            return None
        total = 0
        for kind in options.kinds:
            found = guided(kind, corpus or Path.cwd(), options.seconds)
            total += found.inputs
            print(
                f"{kind}: {found.inputs} inputs, {found.first} branches, then {found.last}; "
                f"{found.ended} interrupted, {len(found.wrong)} wrong",
                *found.wrong,
                sep="\n    ",
                flush=True,
            )
        print(f"{total} inputs")
    return None


if __name__ == "__main__":
    main()
