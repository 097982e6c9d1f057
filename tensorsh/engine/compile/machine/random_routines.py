"""Random words as machine code: MT19937 (Matsumoto & Nishimura 1998) by whole runs, what is below a bound or chances,
and permutations."""

from __future__ import annotations

from .routines import Routine, Word

#: words in a state; a word depends on the two of the state before in its place, and on the one SHIFT later
RUN, SHIFT = 624, 397
MATRIX, UPPER, LOWER = 0x9908B0DF, 0x80000000, 0x7FFFFFFF
LEFT = 0x9D2C5680, 0xEFC60000
#: from one word of a state that is seeded to the next
SEEDING = 1812433253


def seeded(f: Routine, out: Word, seed: Word) -> None:
    """The run that a state just seeded would have put out: what `words` goes on from."""
    f.write(_low(f, seed), out, 0)
    with f.loop(RUN, 1) as i:
        before = f.read("i32", out, i - 1)
        mixed = whole(f, "xor", before, whole(f, "lshr", before, 30))
        f.write(whole(f, "mul", mixed, SEEDING) + _low(f, i), out, i)
    with f.loop(RUN, independent=True) as i:
        f.write(_tempered(f, f.read("i32", out, i)), out, i)


def words(f: Routine, last: Word, out: Word, states: Word, runs: Word) -> None:
    """The words after `last`, which are a run; `states` is memory for two."""
    old, new = states, f.at(states, RUN, "i32")
    with f.loop(RUN, independent=True) as i:
        f.write(_untempered(f, f.read("i32", last, i)), old, i)
    with f.loop(runs) as run:
        odd = run - run / 2 * 2 > 0
        a, b = f.address_of(odd, new, old), f.address_of(odd, old, new)
        rest = RUN - SHIFT
        # what is in reach of the first new word is made in a further loop, and so on
        for start, stop, source in ((0, rest, a), (rest, 2 * rest, b), (2 * rest, RUN - 1, b)):
            with f.loop(stop, start, independent=True) as i:
                far = f.read("i32", source, i + SHIFT if source is a else i - rest)
                f.write(_twisted(f, f.read("i32", a, i), f.read("i32", a, i + 1), far), b, i)
        end = _twisted(f, f.read("i32", a, RUN - 1), f.read("i32", b, 0), f.read("i32", b, SHIFT - 1))
        f.write(end, b, RUN - 1)
        into = f.at(out, run * RUN, "i32")
        with f.loop(RUN, independent=True) as i:
            f.write(_tempered(f, f.read("i32", b, i)), into, i)


def below(f: Routine, given: Word, out: Word, n: Word, bound: Word) -> None:
    """1 where the low 53 bits of a pair of words, the high half first, are less than a bound, else 0."""
    with f.loop(n, independent=True) as i:
        place = f.at(given, i, "i64")
        pair = Word(f, "i64", f.add(f"load i64, ptr {place.name}, align 4{f.group}"))
        turned = whole(f, "or", whole(f, "shl", pair, 32), whole(f, "lshr", pair, 32))
        out[i] = f.choose(whole(f, "and", turned, 2**53 - 1) < bound, f.given(1.0, "float"), 0.0)


def chosen(f: Routine, given: Word, chances: Word, out: Word, outside: Word, n: Word) -> None:
    """1 where the low 24 bits of a word are less than its chance, else 0; `outside` is 1 if a chance is no chance."""
    with f.loop(n, independent=True) as i:
        word = whole(f, "and", f.read("i32", given, i), 2**24 - 1)
        out[i] = f.choose(f.to_float(word) * 2.0**-24 < chances[i], f.given(1.0, "float"), 0.0)
    found = f.variable("float", f.given(0.0, "float"))
    with f.loop(n) as i:
        p = chances[i]
        found.value = f.choose((p >= 0.0).both(p <= 1.0), found.value, f.given(1.0, "float"))
    outside[0] = found.value


def permuted(f: Routine, drawn: Word, out: Word, n: Word) -> None:
    """0 … n-1 after swapping place i with itself or one after it, which word i of `drawn` chooses, in turn."""
    with f.loop(n, independent=True) as i:
        f.write(i, out, i)
    with f.loop(n - 1) as i:
        chosen = whole(f, "urem", f.read("i32", drawn, i), _low(f, n - i))
        target = i + Word(f, "i64", f.add(f"zext i32 {chosen.name} to i64"))
        here, there = f.read("i64", out, i), f.read("i64", out, target)
        f.write(there, out, i)
        f.write(here, out, target)


def whole(f: Routine, operation: str, a: Word, b: Word | int) -> Word:
    """An operation of whole numbers, or of their bits."""
    return Word(f, a.kind, f.binary(operation, a.kind, a.name, b.name if isinstance(b, Word) else str(b)))


def _low(f: Routine, x: Word) -> Word:
    """The low half of a whole number."""
    return Word(f, "i32", f.add(f"trunc i64 {x.name} to i32"))


def _twisted(f: Routine, here: Word, after: Word, far: Word) -> Word:
    mixed = whole(f, "or", whole(f, "and", here, UPPER), whole(f, "and", after, LOWER))
    odd = whole(f, "sub", f.given(0, "i32"), whole(f, "and", after, 1))  # all bits, or none
    return whole(f, "xor", whole(f, "xor", far, whole(f, "lshr", mixed, 1)), whole(f, "and", odd, MATRIX))


def _tempered(f: Routine, y: Word) -> Word:
    """`random.generator_stream.temper`."""
    y = whole(f, "xor", y, whole(f, "lshr", y, 11))
    for shift, mask in zip((7, 15), LEFT, strict=True):
        y = whole(f, "xor", y, whole(f, "and", whole(f, "shl", y, shift), mask))
    return whole(f, "xor", y, whole(f, "lshr", y, 18))


def _untempered(f: Routine, y: Word) -> Word:
    """`random.generator_stream.untemper`."""
    y = whole(f, "xor", y, whole(f, "lshr", y, 18))
    y = whole(f, "xor", y, whole(f, "and", whole(f, "shl", y, 15), LEFT[1]))
    mixed = y
    for _ in range(4):
        y = whole(f, "xor", mixed, whole(f, "and", whole(f, "shl", y, 7), LEFT[0]))
    return whole(f, "xor", whole(f, "xor", y, whole(f, "lshr", y, 11)), whole(f, "lshr", y, 22))
