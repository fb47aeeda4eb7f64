"""From the records of runs to the tidy table of results."""
