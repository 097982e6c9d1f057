"""Compiled straight runs: what a loop does again and again, as a flat list of NumPy calls.

In the order of the work:

    values     stand-ins for arrays and numbers while a run is traced: they know everything but what they hold
    steps      what is noted: tensors from outside, array calls
    tape       noting array calls; `draws` random ones
    trace      the run itself under `infer`; `watch` undoes what it changes
    lower…     operations as NumPy calls that can write into memory of ours
    fuse       element-wise groups over large arrays, block by block on all cores (`group_lines`); `postpone`
               tells what they had better leave to later ones
    machine    such groups as machine code, where LLVM is installed
    builder    the notes as one Python function: `lifetimes` of arrays, their `memory`, a line for each of the
               `calls`, and what the program is `leaving` behind
    program    that function
    warm       its calls on small arrays as machine code, once it has run for long: `plan` says which of them
               together, `plain` what they do, to `store`, the user's cache, and to a process `apart` that makes it
    frame      the graph of its outputs, made where somebody looks
    listing    a program as NumPy code for readers

Eager evaluation defines what a program means. A trace changes nothing (what it touches is undone), a guard
that does not hold leaves the work to eager evaluation, and whatever a trace does not understand stops it.
"""
