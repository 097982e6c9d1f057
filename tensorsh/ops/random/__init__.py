"""New tensors of random numbers, and tensors filled with them."""
