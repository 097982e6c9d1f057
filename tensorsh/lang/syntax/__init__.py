"""Text into a program: characters, tokens, the grammar, nodes, and what is wrong with a text."""
