# Inputs of the weights rule.


def local_weights(wildcards):
    """The local weights file configured for a model, if any."""
    return config["weights_files"].get(wildcards.model) or []
