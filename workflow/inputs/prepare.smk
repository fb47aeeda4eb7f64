# What preparation depends on.

import json


# What preparation depends on, in any order of keys: not a dataset's names or addresses.
def preparation_settings(wildcards):
    keys = (
        "metric",
        "multilabel",
        "layout",
        "split",
        "evaluation",
        "short_side",
        "evaluation_sizes",
    )
    block = DATASETS[wildcards.dataset]
    return json.dumps({key: block.get(key) for key in keys}, sort_keys=True)


def preparation_code(wildcards):
    """The fingerprint of what prepares a dataset: its own layout and split, and not the others."""
    block = DATASETS[wildcards.dataset]
    return fingerprint(
        "scripts/prepare.py", (block["layout"]["kind"], block["split"]["method"])
    )


def preparation_threads(wildcards):
    """Processes that decode; the digit tasks are prepared before a second one has started."""
    return 1 if DATASETS[wildcards.dataset]["group"] == "digits" else 16
