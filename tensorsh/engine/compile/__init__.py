"""Compiled straight runs: what a loop does again and again, as a flat list of NumPy calls.

    values    stand-ins for arrays and numbers while a run is traced: they know everything but what they hold
    trace     runs the statements once under `infer` and notes every array call they amount to
    lower     operations as NumPy calls that can write into memory of ours
    program   the notes as one Python function: guards, calls into reused buffers, results
    fuse      element-wise groups over large arrays, block by block on all cores

Eager evaluation defines what a program means. A trace changes nothing (what it touches is undone), a guard
that does not hold leaves the work to eager evaluation, and whatever a trace does not understand stops it.
"""
