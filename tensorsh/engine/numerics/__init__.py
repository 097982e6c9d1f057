"""Float arithmetic as PyTorch's loops and libraries round it, on NumPy arrays: functions, sums and products."""
