"""One run: a model fine-tuned on a dataset under one recipe and one point of its grid."""
