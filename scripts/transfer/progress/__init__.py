"""Progress of the runs: done, running and still to come, read from files alone."""
