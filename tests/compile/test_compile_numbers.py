"""Numbers that a loop changes: a program leaves them as the statements do, whatever they were when it was made."""

from __future__ import annotations

import random

import pytest

from tensorsh import Session

#: where a walk keeps its place: what comes before the loop, and how the place is written
PLACES = {
    "a name": ("pos = 0", "pos"),
    "an attribute": ("class State: pass\nstate = State(); state.pos = 0", "state.pos"),
    "an item of a dictionary": ("state = {'pos': 0}", "state['pos']"),
    "an item of a list": ("state = [0, 0]", "state[1]"),
}
WALK = """
import torch
q, out = torch.zeros(5, 2), []
{start}
for a in {moves}:
    n = min(4, {place} + 1) if a else max(0, {place} - 1)
    q[{place}, a] += 0.5 * (0.9 * q[n].max() * (n != 4) - q[{place}, a]) + 0.1
    {place} = n
    out.append((a, {place}, q.sum().item()))
"""


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kept", PLACES)
def test_a_walk_comes_to_the_same_places(kept: str, seed: int) -> None:
    """At an end it stays where it is, and a program made there must not leave other places as they were."""
    start, place = PLACES[kept]
    drawn = random.Random(seed)
    text = WALK.format(start=start, place=place, moves=[drawn.randrange(2) for _ in range(60)])
    found = []
    for compile in (True, False):
        session = Session(compile=compile)
        session.run(text)
        found.append(session["out"])
    assert found[0] == found[1]
