"""The random words: an MT19937 stream with a cheap notion of where it stands.

PyTorch's CPU generator is the reference MT19937 seeded with one 32-bit number, which is NumPy's
legacy `RandomState(seed)`: its guarantee never to change is ours. Words are taken from it in blocks
that are never written to, so a snapshot is a reference to the block and a position in it. Only when
the source moves past a block that a snapshot refers to is the source's own state (2.5 kB) copied.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors

Array = np.ndarray[Any, Any]

BLOCK = 4096  # words drawn ahead; a larger request goes to the source directly
WORDS = 624  # of an MT19937 state

#: PyTorch's `get_rng_state()`: seed, left, seeded, next, state, three doubles, valid, float, valid
_PACKED = struct.Struct(f"<QiiQ{WORDS}Q3di4xf?3x")


class _Block:
    """Words drawn from `source`; `after` is the source's state behind them once it has moved on."""

    __slots__ = ("after", "shared", "source", "words")

    def __init__(self, source: np.random.RandomState, words: Array):
        self.source = source
        self.words = words
        self.shared = False
        self.after: dict[str, Any] | None = None

    def state_after(self) -> dict[str, Any]:
        return self.after if self.after is not None else self.source.get_state(legacy=False)


@dataclass(frozen=True, slots=True)
class State:
    """A place in a stream; opaque outside this module."""

    seed: int
    block: _Block | None
    position: int
    next_normal: float | None


class Stream:
    """An MT19937 stream of 32-bit words, the same as PyTorch's after `manual_seed(seed)`.

    Without a seed it takes one from the operating system, at the first use.
    `next_normal` is the standard normal that Box-Muller left over, which PyTorch keeps for the next
    draw of a small normal tensor.
    """

    __slots__ = ("_block", "_position", "_seed", "next_normal")

    def __init__(self, seed: int | None = None):
        self._block: _Block | None = None
        self._position = 0
        self.next_normal: float | None = None
        self._seed = _unsigned(seed) if seed is not None else int.from_bytes(os.urandom(8), "little")

    def manual_seed(self, seed: int) -> Stream:
        """Start again from `seed`, -2**63 … 2**64-1; negative numbers count down from 2**64."""
        self._seed = _unsigned(seed)
        self._leave_block()
        self._block = None
        self._position = 0
        self.next_normal = None
        return self

    def seed(self) -> int:
        """Start again from a 64-bit seed of the operating system's, and return it."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed this stream started from, as an unsigned 64-bit number."""
        return self._seed

    # -- words ---------------------------------------------------------------------------------

    def random_u32(self, n: int) -> Array:
        """The next `n` words, uint32[n]. Read-only: it may be a view of what a snapshot refers to."""
        block = self._block or self._first_block()
        start, end = self._position, self._position + n
        if end <= len(block.words):
            self._position = end
            return block.words[start:end]
        self._leave_block()
        left = block.words[start:]
        missing = n - len(left)
        ahead = missing if missing >= BLOCK else BLOCK
        drawn = block.source.randint(0, 1 << 32, ahead, dtype=np.uint32)
        if ahead == missing:
            self._block, self._position = _Block(block.source, drawn[:0]), 0
        else:
            self._block, self._position = _Block(block.source, drawn), missing
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
        result = (self.random_u32(n) & np.uint32(0xFFFFFF)).view(np.int32).astype(np.float32)
        result *= np.float32(2.0**-24)
        return result

    def random_f64(self, n: int) -> Array:
        """Uniform on [0, 1), float64[n]: the low 53 bits of a 64-bit number."""
        result = (self.random_u64(n) & np.uint64(2**53 - 1)).view(np.int64).astype(np.float64)
        result *= 2.0**-53
        return result

    def next_f64(self) -> float:
        """One number of `random_f64`, as Python's float."""
        high, low = self.random_u32(2).tolist()
        return float((high << 32 | low) & (2**53 - 1)) * 2.0**-53

    def _first_block(self) -> _Block:
        source = np.random.RandomState(self._seed & 0xFFFFFFFF)
        self._block = _Block(source, source.randint(0, 1 << 32, BLOCK, dtype=np.uint32))
        return self._block

    def _leave_block(self) -> None:
        """Before the source moves: keep the way back for those who refer to the current block."""
        block = self._block
        if block is not None and block.shared and block.after is None:
            block.after = block.source.get_state(legacy=False)

    # -- snapshots -----------------------------------------------------------------------------

    def get_state(self) -> State:
        """Where the stream stands; costs nothing until the stream has moved far past it."""
        if self._block is None:
            return State(self._seed, None, 0, self.next_normal)
        self._block.shared = True
        return State(self._seed, self._block, self._position, self.next_normal)

    def set_state(self, state: State) -> None:
        """Go back (or forward) to a snapshot of this stream or of another."""
        if state.block is None:
            if self._block is not None:
                self._leave_block()
                self._block = None
        elif state.block is not self._block:
            after = state.block.state_after()
            self._leave_block()
            source = self._block.source if self._block is not None else np.random.RandomState(0)
            source.set_state(after)
            self._block = _Block(source, state.block.words)
        self._seed = state.seed
        self._position = state.position
        self.next_normal = state.next_normal

    def fork(self) -> Any:
        """A stream of its own that continues from here."""
        other = type(self)(self._seed)
        other.set_state(self.get_state())
        return other

    def pack_state(self) -> Array:
        """The state as PyTorch's `get_rng_state()` lays it out, uint8[5056]."""
        seed, state, position = self._seed, None, 0
        if self._block is not None:
            # The position may lie before the source's: replay up to it on a copy.
            state, position = self._state_here()
        if state is None:
            key = np.random.RandomState(seed & 0xFFFFFFFF).get_state(legacy=False)["state"]["key"]
            left, after = 1, 0
        else:
            key, left, after = state, WORDS + 1 - position, position
        normal = self.next_normal
        packed = _PACKED.pack(
            seed, left, 1, after, *key.tolist(), 0.0, normal or 0.0, 0.0, int(normal is not None), 0.0, False
        )
        return np.frombuffer(packed, dtype=np.uint8).copy()
