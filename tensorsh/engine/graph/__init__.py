"""The graph of what was computed, and the ways back through it."""
