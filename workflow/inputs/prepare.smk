# What preparation depends on.

import json

from transfer.data.dataset import preparation_settings


def settings_of_preparation(wildcards):
    settings = preparation_settings(DATASETS[wildcards.dataset])
    return json.dumps(settings, sort_keys=True)


def preparation_code(wildcards):
    """The fingerprint of what prepares a dataset: its own layout and split, and not the others."""
    block = DATASETS[wildcards.dataset]
    return fingerprint(
        "scripts/prepare.py", (block.layout["kind"], block.split["method"])
    )


def preparation_threads(wildcards):
    """Processes that decode; the digit tasks are prepared before a second one has started."""
    return 1 if DATASETS[wildcards.dataset].group == "digits" else 16
