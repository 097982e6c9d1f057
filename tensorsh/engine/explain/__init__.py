"""Computations and their gradients as lines that can be read, and as rows of a graph."""
