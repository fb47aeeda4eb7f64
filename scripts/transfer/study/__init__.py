"""What a study asks for: its models, datasets, recipes, and the runs it comes to."""
