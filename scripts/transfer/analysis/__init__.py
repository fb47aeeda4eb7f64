"""The paper's statistics, from one tidy table of results."""
