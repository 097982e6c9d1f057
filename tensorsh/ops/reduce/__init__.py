"""Many elements to few, or in order: sums, extremes, statistics, running totals, sorting."""
