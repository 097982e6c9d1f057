"""PyTorch's random numbers on the CPU: one MT19937 stream, and every distribution drawn from it."""
