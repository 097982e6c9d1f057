"""Reading and writing by position: `x[…]`, gather, scatter, masks."""
