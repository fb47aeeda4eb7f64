# Download the source files of each dataset.


# The output is a record of the file, not the file: Snakemake deletes outputs before a job runs
# again, and resources/downloads contains files that took days to download or were placed by hand. A
# job that runs again finds the file and, unless it has changed, does not even read it.
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
        "Downloading {wildcards.file} of {wildcards.dataset}"
    shell:
        f"{PYTHON} "
        "scripts/download.py --dataset {wildcards.dataset} --file {wildcards.file:q} "
        "--folder resources/downloads/{wildcards.dataset} --record {output:q} {params.verify} "
        "> {log:q} 2>&1"
