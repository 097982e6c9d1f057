"""Loops, lists, dictionaries, strings and recursion: what programs do beside tensors."""

import sys

scale = int(sys.argv[1]) if len(sys.argv) > 1 else 4000


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def sieve(limit):
    prime = [True] * (limit + 1)
    prime[0] = prime[1] = False
    for i in range(2, int(limit**0.5) + 1):
        if prime[i]:
            for j in range(i * i, limit + 1, i):
                prime[j] = False
    return [i for i, p in enumerate(prime) if p]


def queens(n, row=0, columns=(), left=(), right=()):
    if row == n:
        return 1
    count = 0
    for c in range(n):
        if c not in columns and row - c not in left and row + c not in right:
            count += queens(n, row + 1, columns + (c,), left + (row - c,), right + (row + c,))
    return count


print(fib(23))
print(len(sieve(300 * scale)))
print(queens(7))

counts = {}
text = "the quick brown fox jumps over the lazy dog and runs away from the other dog " * 20
for _ in range(scale // 20):
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
print(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:3])

lines = []
for i in range(100 * scale):
    lines.append(f"{i % 7}:{i * 2}")
print(len(",".join(lines)))

total = 0
for i in range(400 * scale):
    if i % 3 == 0:
        total += i * i
    elif i % 5 == 0:
        total -= i
    else:
        total ^= i
print(total)

x, y = 0.5, 0.25
for _ in range(200 * scale):
    x = 3.9 * x * (1.0 - x)
    y = y + 0.01 * (x - y)
print(f"{x:.6f} {y:.6f}")

a = [[(i * j) % 10 for j in range(40)] for i in range(40)]
b = [[(i + j) % 10 for j in range(40)] for i in range(40)]
for _ in range(max(1, scale // 200)):
    c = [[0] * 40 for _ in range(40)]
    for i in range(40):
        for j in range(40):
            s = 0
            for k in range(40):
                s += a[i][k] * b[k][j]
            c[i][j] = s
print(sum(map(sum, c)))
