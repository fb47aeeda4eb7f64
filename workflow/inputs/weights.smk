# Where weights come from.


def local_weights(wildcards):
    """The local weights file that the configuration names for a model, if it does."""
    return config["weights_files"].get(wildcards.model) or []
