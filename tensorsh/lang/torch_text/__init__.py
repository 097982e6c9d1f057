"""A text of tensorsh as a PyTorch program."""
