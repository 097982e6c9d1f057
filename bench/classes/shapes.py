"""Abstract classes, enumerations, trees, queues, properties, generators."""

from abc import ABC, abstractmethod
from enum import Enum
from collections import defaultdict, Counter, deque


class Color(Enum):
    RED = 1
    BLUE = 2


class Shape(ABC):
    def __init__(self, name):
        self.name = name

    @abstractmethod
    def area(self): ...
    @property
    def title(self):
        return self.name.title()

    def __lt__(self, other):
        return self.area() < other.area()


class Sq(Shape):
    def __init__(self, a):
        super().__init__("sq")
        self.a = a

    def area(self):
        return self.a**2


class Circle(Shape):
    def __init__(self, r):
        super().__init__("circle")
        self.r = r

    def area(self):
        return 3.14159 * self.r * self.r


total = 0.0
for k in range(12000):
    shapes = [Sq(i) if i % 2 else Circle(i) for i in range(20)]
    shapes.sort()
    total += shapes[-1].area()
    for s in shapes:
        if s.title == "Sq":
            total += 1
        elif isinstance(s, Circle):
            total -= 0.5
print(total)


class Node:
    def __init__(self, key, left=None, right=None):
        self.key, self.left, self.right = key, left, right


def insert(node, key):
    if node is None:
        return Node(key)
    if key < node.key:
        node.left = insert(node.left, key)
    elif key > node.key:
        node.right = insert(node.right, key)
    return node


def walk(node):
    if node:
        yield from walk(node.left)
        yield node.key
        yield from walk(node.right)


root = None
x = 12345
for i in range(20000):
    x = (x * 1103515245 + 12345) % 2**31
    root = insert(root, x)
print(sum(walk(root)) % 1000007)
graph = defaultdict(list)
for i in range(20000):
    graph[i % 1000].append((i * 7) % 1000)
for rep in range(20):
    dist = {0: 0}
    q = deque([0])
    while q:
        u = q.popleft()
        for v in graph[u]:
            if v not in dist:
                dist[v] = dist[u] + 1
                q.append(v)
print(len(dist), max(dist.values()))
print(Counter("mississippi" * 1000).most_common(2))


class Stack:
    def __init__(self):
        self.items = []

    def push(self, x):
        self.items.append(x)

    def pop(self):
        return self.items.pop()

    def __len__(self):
        return len(self.items)


st = Stack()
for i in range(600000):
    st.push(i)
    if len(st) > 10:
        st.pop()
print(len(st))
