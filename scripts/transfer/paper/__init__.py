"""The page that a study ends in."""
