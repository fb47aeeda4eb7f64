# Inputs and params of preparation and of derived datasets.

import json

from transfer.data.dataset import preparation_settings


def settings_of_preparation(wildcards):
    settings = preparation_settings(DATASETS[wildcards.dataset])
    return json.dumps(settings, sort_keys=True)


def preparation_code(wildcards):
    """Fingerprint of the preparation of a dataset, with its own layout and split only."""
    block = DATASETS[wildcards.dataset]
    return fingerprint(
        "scripts/prepare.py", (block.layout["kind"], block.split["method"])
    )


def preparation_threads(wildcards):
    """Processes that decode; the demo's tasks are prepared before a second one has started."""
    return 1 if DATASETS[wildcards.dataset].demo else 16


# Derived datasets, and datasets with images of their own.
DERIVED = [name for name, dataset in DATASETS.items() if dataset.like]


def derived_from(wildcards):
    """Index and summary of the dataset that a derived one is based on, and its sample."""
    dataset = DATASETS[wildcards.dataset]
    sample = dataset.sample["rows" if "rows" in dataset.sample else "weights"]
    folder = f"results/data/{dataset.like}"
    return {
        "index": f"{folder}/index.csv",
        "summary": f"{folder}/summary.json",
        "sample": sample,
    }


def settings_of_derivation(wildcards):
    return json.dumps(dict(DATASETS[wildcards.dataset].sample), sort_keys=True)
