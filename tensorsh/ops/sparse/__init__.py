"""Sparse tensors: made, converted, multiplied, added up. Importing any of it lets all operations know them."""
