"""Memos, edit distance, sorting, text built piece by piece, exceptions, while loops."""

memo = {}


def collatz(n):
    steps = 0
    while n != 1:
        if n in memo:
            return steps + memo[n]
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


best = 0
for n in range(1, 150000):
    memo[n] = collatz(n)
    if memo[n] > best:
        best = memo[n]
print(best)


def lev(a, b):
    prev = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        cur = [i]
        for j, cb in enumerate(b, 1):
            cur.append(min(prev[j] + 1, cur[-1] + 1, prev[j - 1] + (ca != cb)))
        prev = cur
    return prev[-1]


print(lev("kitten sitting on the mat" * 10, "sitting kitten at the man" * 10))
s = ""
for i in range(100000):
    s += chr(97 + i % 26)
print(len(s), s.count("abc"))


def bubble(xs):
    n = len(xs)
    for i in range(n):
        for j in range(n - 1 - i):
            if xs[j] > xs[j + 1]:
                xs[j], xs[j + 1] = xs[j + 1], xs[j]
    return xs


print(bubble([(i * 7919) % 1000 for i in range(700)])[:5])


def gen(n):
    a, b = 0, 1
    for _ in range(n):
        yield a
        a, b = b, (a + b) % 1000003


print(sum(gen(1000000)))
errors = 0
for i in range(100000):
    try:
        if i % 10 == 0:
            raise ValueError(i)
    except ValueError as e:
        errors += 1
    finally:
        errors += 0
print(errors)
total = 0
i = 0
while i < 1500000:
    total += i & 7
    i += 1
print(total)
words = "a bb ccc dddd".split()
out = []
for i in range(30000):
    out.append("{} {:>5} {}".format(i, words[i % 4], "%03d" % (i % 1000)))
print(len("\n".join(out)))
