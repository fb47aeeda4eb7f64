"""What is done, what runs and what is still to come: read from files alone."""
