"""What the families of operations share: shape rules, numbers, overloads, operations written in operations."""
