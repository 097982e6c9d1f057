"""Special functions: error functions, gamma, Bessel, orthogonal polynomials."""
