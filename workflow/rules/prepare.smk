# Prepare datasets: from source files to the store that training reads.


# The large files of the store are undeclared. The script deletes the index first and writes it last,
# and the reader checks the size of the store against the index.
rule prepare:
    input:
        records=downloads,
    output:
        index="results/data/{dataset}/index.csv",
        summary="results/data/{dataset}/summary.json",
    log:
        "results/logs/prepare/{dataset}.log",
    benchmark:
        "results/benchmarks/prepare/{dataset}.tsv"
    wildcard_constraints:
        dataset="|".join(name for name in DATASETS if name not in DERIVED),
    conda:
        "../../envs/training.yaml"
    threads: preparation_threads
    resources:
        mem_mb=lambda wildcards, threads: 2000 + 500 * threads,
    params:
        code=preparation_code,
        settings=settings_of_preparation,
        on_bad_image=config["on_bad_image"],
    message:
        "Preparing {wildcards.dataset}"
    shell:
        f"{PYTHON} "
        "scripts/prepare.py --dataset {wildcards.dataset} "
        "--downloads resources/downloads/{wildcards.dataset} --records {input.records:q} "
        "--on-bad-image {params.on_bad_image} "
        "--workers {threads} --output results/data/{wildcards.dataset} > {log:q} 2>&1"


# Derived datasets: other training images of a prepared dataset, referenced and not copied.
rule derive:
    input:
        unpack(derived_from),
    output:
        index="results/data/{dataset}/index.csv",
        summary="results/data/{dataset}/summary.json",
    log:
        "results/logs/derive/{dataset}.log",
    wildcard_constraints:
        dataset="|".join(DERIVED) or "(?!)",
    conda:
        "../../envs/training.yaml"
    params:
        code=fingerprint("scripts/derive.py"),
        settings=settings_of_derivation,
        like=lambda wildcards: DATASETS[wildcards.dataset].like,
    message:
        "Deriving {wildcards.dataset} from {params.like}"
    shell:
        f"{PYTHON} "
        "scripts/derive.py --dataset {wildcards.dataset} --like results/data/{params.like} "
        "--output results/data/{wildcards.dataset} > {log:q} 2>&1"
