# From a source's files to the store that training reads. `downloads` is in datasets.smk.

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


# The store's big files stand beside the index undeclared. The script moves the index into place
# last, removes it first, and the reader holds the store's size against it.
rule prepare:
    input:
        records=downloads,
        published="resources/published/fang2023/table01.csv",
    output:
        index="results/data/{dataset}/index.csv",
        summary="results/data/{dataset}/summary.json",
    log:
        "results/logs/prepare/{dataset}.log",
    benchmark:
        "results/benchmarks/prepare/{dataset}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: preparation_threads
    resources:
        mem_mb=lambda wildcards, threads: 2000 + 500 * threads,
    params:
        code=preparation_code,
        settings=preparation_settings,
        on_bad_image=config["on_bad_image"],
    message:
        "Preparing {wildcards.dataset}"
    shell:
        f"{PYTHON} "
        "scripts/prepare.py --dataset {wildcards.dataset} "
        "--downloads resources/downloads/{wildcards.dataset} --records {input.records:q} "
        "--published {input.published:q} --on-bad-image {params.on_bad_image} "
        "--workers {threads} --output results/data/{wildcards.dataset} > {log:q} 2>&1"
