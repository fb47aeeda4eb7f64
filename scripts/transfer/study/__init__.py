"""Studies: models, datasets, recipes, and the runs they consist of."""
