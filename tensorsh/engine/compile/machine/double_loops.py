"""NumPy's own loops for functions of doubles, asked by routines where single numbers have to be correctly rounded."""

from __future__ import annotations

from .routines import Routine, Word, vector

#: bytes of a double
STEP = 8


class DoubleLoop:
    """One of them (`numpy_loops.loop`, its two addresses), and room for the numbers of a call."""

    def __init__(self, f: Routine, loop: tuple[Word, Word], room: int):
        self.f, self.loop = f, loop
        self.numbers = Word(f, "ptr", f.variable(vector(room, "double"), 0).place)
        # the addresses of what goes in and comes out, and their steps
        self.table = f.variable(vector(4, "i64"), 0)
        self.count = f.variable("i64", 0)

    def put(self, i: Word, x: Word) -> None:
        """A number of the next call."""
        self.f.write(self.f.to_double(x), self.numbers, i)

    def call(self, n: Word) -> None:
        f = self.f
        place = Word(f, "i64", f.add(f"ptrtoint ptr {self.numbers.name} to i64"))
        step = f.given(STEP, "i64")
        self.table.value = f.joined([place, place, step, step])
        self.count.value = n
        steps = f.at(Word(f, "ptr", self.table.place), 2, "i64")
        function, data = (f.add(f"inttoptr i64 {each.name} to ptr") for each in self.loop)
        given = self.table.place, self.count.place, steps.name, data
        f.line(f"call void {function}({', '.join(f'ptr {each}' for each in given)})")

    def get(self, i: Word) -> Word:
        """What has become of it, rounded once."""
        return self.f.to_float(self.f.read("double", self.numbers, i))
