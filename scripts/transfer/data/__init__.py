"""From a dataset's source to a store that training reads."""
