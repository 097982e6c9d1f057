"""Threads of programs take turns: what waits lets others run. What is expected here, Python prints."""

from __future__ import annotations

import pytest

from tensorsh import Session

START = "import threading, queue, time, torch\nq, out = queue.Queue(), []\nT = threading.Thread\n"
PROGRAMS = {
    "a consumer is started before there is anything": (
        """def work():
    while (item := q.get()) is not None:
        out.append(item * 2)
        q.task_done()
t = T(target=work); t.start()
for i in range(5): q.put(i)
q.join()
print(out, t.is_alive(), threading.active_count())
q.put(None); t.join()
print(t.is_alive(), threading.active_count())""",
        "[0, 2, 4, 6, 8] True 2\nFalse 1\n",
    ),
    "who sleeps less is done sooner": (
        """def work(n, pause):
    time.sleep(pause); out.append(n)
ts = [T(target=work, args=(i, 0.12 - 0.05 * i)) for i in range(3)]
for t in ts: t.start()
out.append("started")
for t in ts: t.join()
print(out)""",
        "['started', 2, 1, 0]\n",
    ),
    "an event": (
        """e = threading.Event()
def work():
    print("waits"); e.wait(); print("goes on")
t = T(target=work); t.start(); print("sets"); e.set(); t.join(); print(e.wait(0))""",
        "waits\nsets\ngoes on\nTrue\n",
    ),
    "a condition": (
        """c = threading.Condition()
def work():
    with c:
        while not out: c.wait()
        print("took", out.pop())
t = T(target=work); t.start()
with c:
    out.append(1); c.notify()
t.join()
with c: print(c.wait(timeout=0.01), c.wait_for(lambda: True))""",
        "took 1\nFalse True\n",
    ),
    "locks": (
        """lock, again = threading.Lock(), threading.RLock()
def work():
    with lock: out.append("child")
lock.acquire()
t = T(target=work); t.start()
out.append("main"); lock.release(); t.join()
print(out, lock.locked(), lock.acquire(timeout=0.01), lock.acquire(False))
with again:
    with again: print(again.acquire(False))""",
        "['main', 'child'] False True False\nTrue\n",
    ),
    "a lock that is taken by another thread can be taken again by that one only": (
        """again = threading.RLock()
def work(): out.append(again.acquire(blocking=False))
with again:
    t = T(target=work); t.start(); t.join()
print(out)""",
        "[False]\n",
    ),
    "barriers and semaphores": (
        """b, s = threading.Barrier(3), threading.Semaphore(2)
def work(i):
    b.wait(); out.append(i)
ts = [T(target=work, args=(i,)) for i in range(3)]
for t in ts: t.start()
for t in ts: t.join()
print(sorted(out), s.acquire(), s.acquire(), s.acquire(blocking=False), s.acquire(timeout=0.01))""",
        "[0, 1, 2] True True False False\n",
    ),
    "queues with room for one, with an order, and none in time": (
        """full, p = queue.Queue(maxsize=1), queue.PriorityQueue()
def work():
    for i in range(3): full.put(i)
t = T(target=work); t.start()
print([full.get() for _ in range(3)])
p.put(3); p.put(1)
print(p.get(), isinstance(p, queue.Queue), queue.SimpleQueue().empty())
for wait in (dict(timeout=0.01), dict(block=False)):
    try: q.get(**wait)
    except queue.Empty: print("empty")""",
        "[0, 1, 2]\n1 True True\nempty\nempty\n",
    ),
    "no_grad is a thread's own": (
        """x = torch.ones(2, requires_grad=True)
def work():
    print((x * 2).requires_grad)
    with torch.no_grad(): q.get()
t = T(target=work)
with torch.no_grad():
    t.start(); print((x * 2).requires_grad)
print((x * 2).requires_grad)
q.put(1); t.join(); print((x * 2).requires_grad)""",
        "True\nFalse\nTrue\nTrue\n",
    ),
    "timers": (
        """a, b = threading.Timer(0.01, print, ("rings",)), threading.Timer(60, print, ("never",))
a.start(); b.start(); b.cancel(); a.join(); b.join()""",
        "rings\n",
    ),
    "who is who": (
        """def work(): out.append(threading.current_thread().name); q.get()
t = T(target=work, name="mine"); t.start()
print(out, threading.current_thread().name, len(threading.enumerate()))
try: threading.current_thread().join()
except RuntimeError as e: print(e)
q.put(1); t.join()""",
        "['mine'] MainThread 2\ncannot join current thread\n",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_threads(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    program, expected = PROGRAMS[name]
    session = Session()
    session.execute(START + program, "threads.py")
    session.finish()
    assert capsys.readouterr().out == expected


def test_a_program_ends_when_its_threads_have(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session()
    session.execute(
        START + "T(target=lambda: (time.sleep(0.02), print('last'))).start()\n"
        "T(target=q.get, daemon=True).start()\nprint('end')",
        "threads.py",
    )
    session.finish()
    assert capsys.readouterr().out == "end\nlast\n"


def test_an_interrupt_reaches_who_waits() -> None:
    session = Session()
    session.run(
        START + "def work():\n    q.get()\n    raise KeyboardInterrupt\nt = T(target=work); t.start()"
    )
    with pytest.raises(KeyboardInterrupt):
        session.run("q.put(1); t.join()")
    session.run("alive = t.is_alive()")
    assert session["alive"] is False
