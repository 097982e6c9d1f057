"""Tensors: the class, what NumPy shares with it, names that wait for their modules, views, pickles."""
