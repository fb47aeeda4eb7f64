# From each dataset's source to a store that training reads.

from transfer.data.source.files import source_files
from transfer.data.source.records import hand_placed


def accepted_checksums(wildcards):
    """By what a file of a dataset's source is known to be right; its addresses do not matter."""
    files = source_files(DATASETS[wildcards.dataset]["source"])
    return [file.checksums for file in files if file.name == wildcards.file]


def placed_by_hand(wildcards):
    """What tells a file that a person placed from another; None for one that is fetched.

    A file that is exchanged for another is checked, and its dataset prepared, again.
    """
    dataset, file = wildcards.dataset, wildcards.file
    return hand_placed(
        Path("resources/downloads", dataset, file),
        obtained=Path("results/data", dataset, "downloads", f"{file}.json"),
    )


def downloads(wildcards):
    """What is known of each file of a dataset's source, once the files are there."""
    return [
        f"results/data/{wildcards.dataset}/downloads/{file['name']}.json"
        for file in DATASETS[wildcards.dataset]["source"]["files"]
    ]


# The output is what is known of the file, not the file: Snakemake deletes outputs before a job
# runs again, and resources/downloads holds what took days to come or was placed by hand. A job
# that runs again finds the file and, unless it has changed, does not even read it.
rule download:
    output:
        "results/data/{dataset}/downloads/{file}.json",
    log:
        "results/logs/download/{dataset}/{file}.log",
    wildcard_constraints:
        file=r"[A-Za-z0-9_][A-Za-z0-9._-]*",
    localrule: True
    conda:
        "../../envs/training.yaml"
    params:
        checksums=accepted_checksums,
        placed=placed_by_hand,
        verify="" if config["verify_downloads"] else "--no-verify",
    message:
        "Obtaining {wildcards.file} of {wildcards.dataset}"
    shell:
        f"{PYTHON} "
        "scripts/download.py --dataset {wildcards.dataset} --file {wildcards.file:q} "
        "--folder resources/downloads/{wildcards.dataset} --record {output:q} {params.verify} "
        "> {log:q} 2>&1"
