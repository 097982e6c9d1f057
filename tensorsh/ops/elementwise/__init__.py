"""One element at a time: arithmetic, comparisons, functions, parts of complex numbers."""
