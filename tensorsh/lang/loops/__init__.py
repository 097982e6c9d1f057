"""Runs of statements in loops: what they can reach, traced and replayed."""
