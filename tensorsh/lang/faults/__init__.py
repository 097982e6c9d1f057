"""Whatever was raised, with its place in the program."""
