"""A queue of jobs on a heap in a list, with counters of objects and of the class: names that everyone gives."""

from __future__ import annotations


class Job:
    count = 0

    def __init__(self, title: str, bits: int):
        Job.count += 1
        self.title = title
        self.bits = bits
        self.saved: list[int] = []

    def run(self) -> int:
        self.saved.append(self.bits)
        return self.bits * 3 % 11


class Heap:
    def __init__(self) -> None:
        self.array: list[Job] = []
        self.version = 0

    def push(self, job: Job) -> None:
        self.array.append(job)
        self.version += 1
        node = len(self.array) - 1
        while node:
            parent = (node - 1) // 2
            if self.array[parent].bits <= self.array[node].bits:
                break
            self.array[parent], self.array[node] = self.array[node], self.array[parent]
            node = parent

    def pop(self) -> Job:
        self.version += 1
        first, last = self.array[0], self.array.pop()
        if self.array:
            self.array[0] = last
            self.sink(0)
        return first

    def sink(self, node: int) -> None:
        while True:
            least = node
            for child in (2 * node + 1, 2 * node + 2):
                if child < len(self.array) and self.array[child].bits < self.array[least].bits:
                    least = child
            if least == node:
                return
            self.array[least], self.array[node] = self.array[node], self.array[least]
            node = least


class Machine:
    def __init__(self, names: list[str]):
        self.names = names
        self.heap = Heap()
        self.counter = 0

    def check(self) -> bool:
        return self.heap.array != []

    def fill(self, seed: int) -> None:
        for name in self.names:
            seed = (seed * 1103515245 + 12345) % 2**31
            self.heap.push(Job(name, seed % 1000))

    def run(self) -> int:
        total = 0
        while self.check():
            total += self.heap.pop().run()
            self.counter += 1
        return total


machine = Machine([f"job {i}" for i in range(200)])
total = 0
for seed in range(400):
    machine.fill(seed)
    total += machine.run()
print(total, machine.counter, machine.heap.version, Job.count)
