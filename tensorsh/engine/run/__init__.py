"""How an operation runs: plan, kernel, record; in place, into an array, block by block."""
