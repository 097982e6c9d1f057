"""A program into Python code."""
