"""Other ways for operations to run: vmap's levels, classes and modes of a program, inferring alone."""
