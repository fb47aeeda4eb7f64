"""Where the files of a dataset come from."""
