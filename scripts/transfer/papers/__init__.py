"""Published numbers, and the comparison with recomputed ones."""
