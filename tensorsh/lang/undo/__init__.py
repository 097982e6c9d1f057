"""What a statement may change, as it was before."""
