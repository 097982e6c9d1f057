"""Windows that taper a signal."""
