"""The random words: an MT19937 stream with a cheap notion of where it stands.

PyTorch's CPU generator is the reference MT19937 seeded with one 32-bit number. Its words come from Python's own
`random.Random`, which is the same generator and there already (NumPy's takes milliseconds to import), or from machine
code, in whole runs of 624, the length of MT19937's state: 624 successive words determine the state, so a snapshot is a
reference to words already drawn (which are never written to) and a position in them.
"""

from __future__ import annotations

import math
import os
import random
import struct
from _thread import allocate_lock
from typing import Any, NamedTuple, Self

import numpy as np

from ... import errors
from ..numerics.kernel_code import FLOAT32, KernelCode, simple, written
from ..numerics.made_later import CALL

Array = np.ndarray[Any, Any]

RUN = 624  # words in an MT19937 state
BLOCK = 6 * RUN  # words drawn ahead of small requests
CHUNK = 1 << 15  # numbers made at a time: the working arrays stay in the cache

#: as machine code: words, the run to begin with, which numbers of `random_f64` are below one, which of `random_f32`
#: below others; how often NumPy goes over the elements
WORDS, WORDS_PASSES = KernelCode(written("random_routines", "words"), "aaai"), 20
SEEDED, SEEDED_CALLS = KernelCode(written("random_routines", "seeded"), "ai"), 100
BELOW, BELOW_PASSES = KernelCode(written("random_routines", "below"), "aaii"), 8
CHOSEN, CHOSEN_PASSES = KernelCode(written("random_routines", "chosen"), "aaaai"), 8

#: PyTorch's `get_rng_state()`: seed, left, seeded, next, state, normal (x, y, rho, valid), float normal
_PACKED = struct.Struct(f"<QiiQ{RUN}Q3di4xf?3x")


class State(NamedTuple):
    """A place in a stream. `words` is None where none was drawn since seeding."""

    seed: int
    words: Array | None
    position: int
    next_normal: float | None


class WordStream:
    """An MT19937 stream of 32-bit words, the same as PyTorch's after `manual_seed(seed)`.

    Without a seed it takes one from the operating system. `next_normal` is the standard normal that
    Box-Muller left over, which PyTorch keeps for the next draw of a small normal tensor.
    """

    __slots__ = ("_position", "_seed", "_words", "next_normal")

    def __init__(self, seed: int | None = None):
        self._seed = 0
        self._words: Array | None = None
        self._position = 0
        self.next_normal: float | None = None
        self.seed() if seed is None else self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Self:
        """Start again from `seed`, -2**63 … 2**64-1; negative seeds count down from 2**64.

        Only the low 32 bits reach the engine.
        """
        if not -(2**63) <= seed < 2**64:
            raise errors.BadValue(
                "Overflow when unpacking long long",
                help="seeds run from -2**63 to 2**64 - 1",
                raises=ValueError,
            )
        self.set_state(State(seed % 2**64, None, 0, None))
        return self

    def seed(self) -> int:
        """Start again from a 64-bit seed of the operating system's, and return it."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed this stream started from, as an unsigned 64-bit number."""
        return self._seed

    def place(self) -> tuple[Any, ...]:
        """What differs once something has been drawn or seeded."""
        return self._seed, id(self._words), self._position, self.next_normal

    # -- words -------------------------------------------------------------------------------------

    def random_u32(self, n: int) -> Array:
        """The next `n` words, uint32[n]. Not to be written to: snapshots may refer to them."""
        if n == 0:
            return np.empty(0, np.uint32)
        start, end = self._position, self._position + n
        if self._words is not None and end <= len(self._words):
            self._position = end
            return self._words[start:end]
        left = self._words[start:] if self._words is not None else np.empty(0, np.uint32)
        missing = n - len(left)
        drawn = self._draw(max(BLOCK, missing))
        # A large request keeps only the run it ends in.
        self._words = drawn if len(drawn) == BLOCK else drawn[-RUN:].copy()
        self._position = missing - len(drawn) + len(self._words)
        return np.concatenate((left, drawn[:missing])) if len(left) else drawn[:missing]

    def random_u64(self, n: int) -> Array:
        """The next `n` 64-bit numbers, uint64[n]: two words each, the high half first."""
        words = self.random_u32(2 * n)
        result = words[0::2].astype(np.uint64)
        result <<= np.uint64(32)
        result |= words[1::2]
        return result

    def random_f32(self, n: int) -> Array:
        """Uniform on [0, 1), float32[n]: the low 24 bits of a word."""
        result = np.empty(n, np.float32)
        for start in range(0, n, CHUNK):
            part = result[start : start + CHUNK]
            part[...] = (self.random_u32(len(part)) & np.uint32(2**24 - 1)).view(np.int32)
            part *= np.float32(2.0**-24)
        return result

    def random_f64(self, n: int) -> Array:
        """Uniform on [0, 1), float64[n]: the low 53 bits of a 64-bit number."""
        result = np.empty(n, np.float64)
        for start in range(0, n, CHUNK):
            part = result[start : start + CHUNK]
            words = self.random_u32(2 * len(part))  # of each two the first is the high half
            np.multiply(words[0::2] & np.uint32(2**21 - 1), 2.0**32, out=part)
            part += words[1::2]
            part *= 2.0**-53
        return result

    def below(self, n: int, p: float) -> Array:
        """Which of the next n numbers of `random_f64` are below p (at least 0), as float32 ones and zeros."""
        if not BELOW.ready(n * BELOW_PASSES):
            return (self.random_f64(n) < p).astype(np.float32)
        result = np.empty(n, np.float32)
        for start in range(0, n, CHUNK):
            part = result[start : start + CHUNK]
            BELOW(self.random_u32(2 * len(part)), part, len(part), math.ceil(p * 2.0**53))
        return result

    def chosen(self, chances: Array) -> Array | None:
        """Which of the next numbers of `random_f32` are below their chances, as float32 ones and zeros.

        None, and nothing is drawn, where one is no chance, or there is no machine code for them.
        """
        n = chances.size
        if n > CHUNK or not simple(chances) or not CHOSEN.ready(CALL + n * CHOSEN_PASSES):
            return None
        before, result, outside = self.get_state(), np.empty(chances.shape, FLOAT32), np.empty(1, FLOAT32)
        CHOSEN(self.random_u32(n), chances, result, outside, n)
        if outside[0]:
            self.set_state(before)
            return None
        return result

    def next_u64(self) -> int:
        """The next number of `random_u64`, as Python's int."""
        high, low = self.random_u32(2).tolist()
        return high << 32 | low

    def next_f64(self) -> float:
        """The next number of `random_f64`, as Python's float."""
        return float(self.next_u64() & (2**53 - 1)) * 2.0**-53

    def _draw(self, n: int) -> Array:
        """At least `n` words, in whole runs."""
        last = _first(self._seed) if self._words is None else self._words[-RUN:]
        return following(last, -(-n // RUN))

    # -- snapshots ---------------------------------------------------------------------------------

    def get_state(self) -> State:
        """Where the stream stands."""
        return State(self._seed, self._words, self._position, self.next_normal)

    def set_state(self, state: State) -> None:
        """Continue from a snapshot, of this stream or of another."""
        self._seed, self._words, self._position = state.seed, state.words, state.position
        self.next_normal = state.next_normal

    def fork(self) -> Self:
        """A stream of its own that continues from here."""
        other = type(self)(0)
        other.set_state(self.get_state())
        return other

    def pack_state(self) -> Array:
        """The state in the layout of PyTorch's `get_rng_state()`, uint8[5056]."""
        if self._words is None:
            key, left, following = _seeded(self._seed), 1, 0
        else:
            start = max(self._position - 1, 0) // RUN * RUN  # a run is left when the next word is drawn
            key, following = untemper(self._words[start : start + RUN]), self._position - start
            left = RUN + 1 - following
        normal = self.next_normal
        cached = (0.0, normal or 0.0, 0.0, normal is not None)
        packed = _PACKED.pack(self._seed, left, 1, following, *key.tolist(), *cached, 0.0, False)
        return np.frombuffer(packed, np.uint8).copy()

    def unpack_state(self, packed: Array) -> None:
        """Continue from what `pack_state` or PyTorch's `get_rng_state()` gave."""
        if packed.dtype != np.uint8:
            raise errors.ArgumentError("RNG state must be a torch.ByteTensor")
        if packed.size != _PACKED.size:
            raise errors.BadValue(
                f"Expected a CPUGeneratorImplState of size {_PACKED.size} "
                f"but found the input RNG state size to be {packed.size}",
                help="set_rng_state takes what get_rng_state() returned",
            )
        seed, left, seeded, following, *rest = _PACKED.unpack(packed.tobytes())
        if not (seeded and 0 < left <= RUN and following <= RUN):
            raise errors.BadValue(
                "Invalid mt19937 state", help="set_rng_state takes what get_rng_state() returned"
            )
        if left == 1:
            following = RUN  # the run is used up, or, just seeded, never was one
        key = np.array(rest[:RUN], np.uint64).astype(np.uint32)
        _, normal, _, valid = rest[RUN : RUN + 4]
        self.set_state(State(seed, temper(key), following, normal if valid else None))


# -- runs --------------------------------------------------------------------------------------------


class _Source:
    """What makes runs without machine code, for all streams, and the last words that it made."""

    def __init__(self) -> None:
        self._random = random.Random(0)
        self._last = b""
        self._lock = allocate_lock()

    def following(self, last: Array, runs: int) -> Array:
        result = np.empty(runs * RUN, np.uint32)
        with self._lock:
            if last.tobytes() != self._last:
                self._random.setstate((3, (*untemper(last).tolist(), RUN), None))
            for start in range(0, len(result), CHUNK):
                part = result[start : start + CHUNK]
                made = self._random.getrandbits(32 * len(part)).to_bytes(4 * len(part), "little")
                part[:] = np.frombuffer(made, "<u4")
            self._last = result[-RUN:].tobytes()
        return result


_source = _Source()


def following(last: Array, runs: int) -> Array:
    """The words of so many runs after the run `last`, uint32[624·runs]."""
    if not WORDS.ready(CALL + runs * RUN * WORDS_PASSES):
        return _source.following(last, runs)
    result = np.empty(runs * RUN, np.uint32)
    WORDS(last, result, np.empty(2 * RUN, np.uint32), runs)
    return result


def _first(seed: int) -> Array:
    """The run that the state just after seeding would have put out."""
    if not SEEDED.ready(CALL * SEEDED_CALLS):
        return temper(_seeded(seed))
    result = np.empty(RUN, np.uint32)
    SEEDED(result, seed % 2**32)
    return result


def _seeded(seed: int) -> Array:
    """The state just after seeding with the low 32 bits of `seed`, before it has put out anything.

    Knuth's: The Art of Computer Programming, volume 2, 3rd edition, page 106.
    """
    word = seed % 2**32
    state = [word]
    for i in range(1, RUN):
        word = (1812433253 * (word ^ word >> 30) + i) & 0xFFFFFFFF
        state.append(word)
    return np.array(state, np.uint32)


# -- MT19937's output function and its inverse -----------------------------------------------------


def temper(y: Array) -> Array:
    """The words that a state puts out, uint32[n]."""
    y = y ^ (y >> np.uint32(11))
    y ^= (y << np.uint32(7)) & np.uint32(0x9D2C5680)
    y ^= (y << np.uint32(15)) & np.uint32(0xEFC60000)
    return y ^ (y >> np.uint32(18))


def untemper(words: Array) -> Array:
    """The state that puts out these words: the steps of `temper` undone, last first."""
    y = words ^ (words >> np.uint32(18))
    y ^= (y << np.uint32(15)) & np.uint32(0xEFC60000)
    mixed = y
    for _ in range(4):  # each round sets right seven bits more
        y = mixed ^ ((y << np.uint32(7)) & np.uint32(0x9D2C5680))
    return y ^ (y >> np.uint32(11)) ^ (y >> np.uint32(22))
