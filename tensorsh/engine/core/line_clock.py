"""Seconds by place: whoever measures says when the work of another place begins.

A place is a number. What a program has compiled into it calls the clock's functions, which are closures because they
are called for every statement: `tick(place)` where a statement begins, `turn(place)` where its work goes on, `enter()`
and `leave(token)` around what it calls. What they cost themselves is taken out of what they measure.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

R = TypeVar("R")

#: what is no work of a line: everything between the statements, making compiled programs, importing modules of ours
OUTSIDE, COMPILING, LOADING = range(3)

#: a tick's cost is found out anew each time that a line has been come to so often (a power of two, less one), by
#: so many ticks
SELDOM, SAMPLE = 1023, 16

#: (the place that has called, when, how many calls of that place were running, the token before)
Token = tuple[int, float, int, Any]


class Cost(NamedTuple):
    """Seconds that a tick costs, and an `enter` with its `leave`."""

    tick: float = 0.0
    call: float = 0.0


class Origin(NamedTuple):
    """Where work of a compiled program is from: a place, and the places that have called for it."""

    place: int
    callers: tuple[int, ...]


class LineClock:
    """The notes of one measurement.

    seconds   of each place itself
    counts    how often each was come to
    within    seconds in what each has called, itself not included
    shares    place that stands for several → the part of its seconds that is each one's
    rounds    for each compiled program: how often one run of it comes to each place
    replays   how often each program has run
    """

    def __init__(
        self, places: int = LOADING + 1, read: Callable[[], float] = perf_counter, cost: Cost = Cost()
    ):
        self.seconds = [0.0] * places
        self.counts = [0] * places
        self.within = [0.0] * places
        self.depth = [0] * places  # how many calls of each are running
        self.shares: dict[int, dict[Origin, float]] = {}
        self.shared: dict[frozenset[tuple[Origin, float]], int] = {}
        self.rounds: list[dict[int, int]] = []
        self.replays: list[int] = []
        self.read = read
        self._work(read, cost)

    def _work(self, read: Callable[[], float], cost: Cost) -> None:
        """The functions that programs call."""
        seconds, counts, within, depth = self.seconds, self.counts, self.within, self.depth
        all_notes: tuple[list[Any], ...] = seconds, counts, within, depth
        of_tick, of_call = cost
        current, last = OUTSIDE, read()
        aside = 0.0  # seconds that are nobody's work
        callers: Token | None = None
        base: Token | None = None  # that of the code which is being traced

        def tick(place: int) -> None:
            """A statement begins."""
            nonlocal current, last, aside
            now = read()
            seconds[current] += now - last
            counts[place] = n = counts[place] + 1
            current, last = place, now + of_tick
            aside += of_tick
            if not n & SELDOM and of_tick:
                weigh()

        def weigh() -> None:
            """Find out what a tick costs at present."""
            nonlocal current, last, aside, of_tick, of_call
            place, until, outside, kept = current, last, seconds[OUTSIDE], aside
            began = read()
            counts[OUTSIDE] = 0
            for _ in range(SAMPLE):
                tick(OUTSIDE)
            lost = read() - began
            found = min(lost / SAMPLE, 4 * of_tick)  # others may have had the processor
            ratio = 1 + (found / of_tick - 1) / 4
            of_tick, of_call = of_tick * ratio, of_call * ratio
            current, last, seconds[OUTSIDE], aside = place, until + lost, outside, kept + lost

        def turn(place: int) -> None:
            """The work of a statement goes on."""
            nonlocal current, last, aside
            now = read()
            seconds[current] += now - last
            current, last = place, now + of_tick
            aside += of_tick

        def enter() -> Token:
            """The statement has called a function."""
            nonlocal callers
            running = depth[current]
            depth[current] = running + 1
            callers = (current, read() - aside, running, callers)
            return callers

        def leave(token: Token | None) -> None:
            """The function is over; without a token there was no room to enter it."""
            nonlocal current, last, aside, callers
            if token is None:
                return
            now = read()
            seconds[current] += now - last
            current, began, running, callers = token
            depth[current] = running
            if not running:
                within[current] += now - aside - began
            last = now + of_call
            aside += of_call

        def begin() -> list[Any]:
            """A generator begins: what it has entered, and the place where it has left."""
            return [enter(), OUTSIDE]

        def yielded(token: list[Any], value: Any) -> Any:
            """It gives a value, and waits."""
            token[1] = current
            leave(token[0])
            token[0] = None
            return value

        def resumed(token: list[Any], value: Any) -> Any:
            """It goes on."""
            token[0] = enter()
            turn(token[1])
            return value

        def end(token: list[Any]) -> None:
            """It is over, or has been ended while it waited."""
            leave(token[0])

        def apart(place: int, work: Callable[..., R], *arguments: Any) -> R:
            """Do what is no work of the statement that it is done in."""
            nonlocal current, last, aside
            now = read()
            seconds[current] += now - last
            before, current, last, mine, lost = current, place, now, now, aside
            try:
                return work(*arguments)
            finally:
                now = read()
                seconds[current] += now - last
                current, last = before, now
                aside = lost + now - mine

        def compiling(work: Callable[[], R]) -> R:
            """Do what makes compiled programs faster."""
            return apart(COMPILING, work)

        def compiled(work: Callable[[], R]) -> R:
            """Make a program: what its statements seem to do meanwhile has not been done."""
            nonlocal base, callers, current, last
            kept = [notes[:] for notes in all_notes]
            around, base, place = base, callers, current
            self.before = kept[1]
            try:
                return apart(COMPILING, work)
            finally:
                gone = sum(seconds) - sum(kept[0])
                for notes, before in zip(all_notes, kept, strict=True):
                    notes[: len(before)] = before
                    notes[len(before) :] = [0] * (len(notes) - len(before))
                seconds[COMPILING] += gone
                base, callers, current = around, base, place

        def here() -> Origin:
            """Where the code that is being traced is."""
            found, token = [], callers
            while token is not None and token is not base:
                place, _, running, token = token
                if not running:
                    found.append(place)
            return Origin(current, tuple(found))

        def begin_now() -> float:
            """What was before is not measured; when that is."""
            nonlocal last
            turn(OUTSIDE)
            seconds[OUTSIDE] = 0.0
            last = read()
            return last

        self.tick, self.turn, self.enter, self.leave = tick, turn, enter, leave
        self.begin, self.yielded, self.resumed, self.end = begin, yielded, resumed, end
        self.apart, self.compiling, self.compiled, self.here, self.begin_now = (
            apart,
            compiling,
            compiled,
            here,
            begin_now,
        )

    # ---------------------------------------------------------------- places

    def place(self) -> int:
        """One more place."""
        self.seconds.append(0.0)
        self.within.append(0.0)
        self.counts.append(0)
        self.depth.append(0)
        return len(self.seconds) - 1

    def share(self, work: dict[Origin, float]) -> int:
        """A place whose seconds belong to several in proportion to their work."""
        total = sum(work.values())
        parts = {each: amount / total if total else 1 / len(work) for each, amount in work.items()}
        key = frozenset(parts.items())
        if key not in self.shared:
            self.shared[key] = found = self.place()
            self.shares[found] = parts
        return self.shared[key]

    def program(self) -> int:
        """One more compiled program, which comes to places as often as its trace did."""
        self.rounds.append(
            {
                place: now - (self.before[place] if place < len(self.before) else 0)
                for place, now in enumerate(self.counts)
                if now > (self.before[place] if place < len(self.before) else 0)
            }
        )
        self.replays.append(0)
        return len(self.replays) - 1

    def settle(self) -> None:
        """Give each place its part of what was measured for several, and what programs have done."""
        for shared, parts in self.shares.items():
            spent, self.seconds[shared] = self.seconds[shared], 0.0
            for origin, part in parts.items():
                self.seconds[origin.place] += spent * part
                for caller in {*origin.callers} - {origin.place}:
                    self.within[caller] += spent * part

    def replayed(self) -> dict[int, int]:
        """How often compiled programs have come to each place."""
        found: dict[int, int] = {}
        for rounds, times in zip(self.rounds, self.replays, strict=True):
            for place, n in rounds.items():
                found[place] = found.get(place, 0) + n * times
        return found


def cost_of(read: Callable[[], float] = perf_counter) -> Cost:
    """What a clock costs on this machine: the least of several rounds."""
    clock = LineClock(read=read)

    def ticks(n: int) -> None:
        for _ in range(n):
            clock.tick(OUTSIDE)

    def calls(n: int) -> None:
        for _ in range(n):
            clock.leave(clock.enter())

    def nothing(n: int) -> None:
        for _ in range(n):
            pass

    def least(work: Callable[[int], None]) -> float:
        found = []
        for _ in range(5):
            began = read()
            work(500)
            found.append((read() - began) / 500)
        return min(found)

    empty = least(nothing)
    return Cost(max(least(ticks) - empty, 0.0), max(least(calls) - empty, 0.0))
