"""Values as text, the way PyTorch and Python write them."""
