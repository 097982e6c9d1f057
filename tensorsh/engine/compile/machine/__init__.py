"""Machine code, where LLVM can be had (the `jit` extra): for groups over large arrays, and for small calls in a row.

A block function of NumPy calls passes over its block once for each call. What it does in all is a loop or a few
over the elements of each row; LLVM makes those vector instructions of the processor at hand, which keep in registers
what NumPy stores and loads again.

    forms       what each array of a group is to one row: its elements, one number, the same for every row
    phases      which loops over a row there are, and what each computes, keeps and sums up
    code        instructions of LLVM's assembly
    functions   exp, log, tanh and what is made of them
    writer      the loops as the text of a function
    assembler   the text as machine code, `image` that as bytes which can be kept
    machine     when it is worth while, and the block function that calls it; `exact` where no bit depends on when
    operands    calls on small arrays, as `..warm` describes them, which has their when
    nest        loops over such arrays; `straight` the calls, one after the other, as one function
    numpy_loops NumPy's own inner loops, which that calls

What none of them knows raises `Unknown`, and NumPy does it.
"""
