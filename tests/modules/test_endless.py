"""Where rounds without end come from: the same values as Python's, and Ctrl-C is heard between them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO

import pytest

from tensorsh import Session, interrupt
from tensorsh.modules import endless, long_range

SAME = """
import copy, itertools, pickle, random
r = range(n)
print(r, type(r), isinstance(r, range), len(r), r[5], r[-1], r[3:10], r[::-2], 5 in r, n in r, 1.5 in r, 2.0 in r)
print(r == range(n), range(n) == r, r != range(1, n), hash(r) == hash(range(0, n)), {r: 1}[range(n)])
print(r.index(7), r.index(7.0), r.count(3), r.count(3.0), r.count("a"), r.start, r.stop, r.step, bool(r))
of_r = [lambda: r.index(-1), lambda: r.index(0.5), lambda: r[n], lambda: r["a"]]
for wrong in (*of_r, lambda: range("a"), lambda: range()):
    try: wrong()
    except Exception as error: print(type(error), error)
print(pickle.loads(pickle.dumps(r)) == r, copy.copy(r) == r, copy.deepcopy([r]) == [r])
print(sum(r), max(r), min(r), list(reversed(r))[:3], sum(range(n, -n, -3)), list(itertools.islice(range(n, -n, -3), 5)))
print(list(r) == [i for i in r], list(map(abs, r))[-1], len(set(r)), sorted(range(n, 0, -1))[:2], tuple(r)[-1])
random.seed(0)
print(random.sample(r, 3), random.choice(r), [*r][:2], list(zip(r, r))[-1], len(list(enumerate(r))))
match r:
    case range(): print("a range")
c = itertools.count(3)
print(next(c), c, copy.copy(c), type(c), isinstance(c, itertools.count), next(c), pickle.loads(pickle.dumps(c)))
print(list(itertools.product("ab", repeat=2)), list(itertools.combinations(range(4), 2)))
print(list(itertools.permutations([1, 2, 3], 2)), itertools.repeat(3, 4), itertools.cycle)
print(list(itertools.combinations_with_replacement("abc", 2)), list(itertools.repeat(3, 4)))
z = itertools.cycle([1, 2])
print([next(z) for _ in range(5)], range, iter)
calls = iter([3, 1, 4])
print(list(iter(lambda: next(calls), 4)), list(iter(calls.__next__, 5)), list(iter(int, 0)))
class Listed(list): pass
print(sum([[1], [2]], []), sum([(1,)], start=()), type(sum([[1]], Listed())), sum([3], 4), sum(*[[[1]], [2]]))
for wrong in (lambda: sum([1], []), lambda: sum(3, []), lambda: sum([], [], []), lambda: sum(["a"], "")):
    try: wrong()
    except Exception as error: print(type(error), error)
class Counted(itertools.count): pass
print(next(Counted(4)), next(iter(itertools.repeat(5))))
def iter(*values): return values
def range(*values): return values
print(iter(1, 2), range(3))
"""


def test_they_are_as_python_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endless, "LONG", 50)
    monkeypatch.setattr(long_range, "PIECE", 7)
    ours, theirs = StringIO(), StringIO()
    with redirect_stdout(ours):
        Session().execute(f"n = 100{SAME}", "program.py", script=True)
    with redirect_stdout(theirs):
        exec(compile(f"n = 100{SAME}", "program.py", "exec"), {"__name__": "__main__"})
    assert ours.getvalue() == theirs.getvalue()


def test_a_failed_statement_takes_their_rounds_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endless, "LONG", 5)
    monkeypatch.setattr(long_range, "PIECE", 3)
    session = Session()
    session.run(
        "import torch, itertools\nn = 20\na, b, c = itertools.count(), itertools.cycle([1, 2]), iter(range(n))"
    )
    session.run("first = next(a), next(b), next(c)")
    with pytest.raises(Exception, match="division"):
        session.run("next(a), next(b), [next(c) for i in [1] * 8], 1 / 0")
    assert session.run("next(a), next(b), next(c)") == [(1, 2, 1)]


@pytest.fixture
def press() -> Iterator[Callable[[], None]]:
    """Ctrl-C comes soon after this is called."""
    before = signal.signal(signal.SIGALRM, interrupt.interrupts)
    yield lambda: signal.setitimer(signal.ITIMER_REAL, 0.05)  # type: ignore[misc]
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("head", ["", "import torch\n"])
@pytest.mark.parametrize(
    "text",
    [
        "sum(range(n))",
        "max(map(abs, r))",
        "min(enumerate(reversed(r)))[0]",
        "1.5 in r",
        "sum([(1,)] * 10 ** 6, ())",
        "sum(*([(1,)] * 10 ** 6, ()))",
    ],
)
def test_an_interrupt_is_heard(head: str, text: str, press: Callable[[], None]) -> None:
    session = Session()
    session.run(f"{head}n = 10 ** 12; r = range(n)")
    press()
    with pytest.raises(KeyboardInterrupt):
        session.run(text)
