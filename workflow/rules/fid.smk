# Distances of datasets to the reference: features, statistics, distances, groups.

INCEPTION_FOLDER = "resources/downloads/inception"


wildcard_constraints:
    fid_dataset="|".join(DATASETS) or "(?!)",


# The output is a record of the file, not the file: Snakemake deletes outputs before a job runs
# again, and a file placed by hand must be kept.
rule fetch_inception:
    output:
        "results/fid/inception.json",
    log:
        "results/logs/fetch_inception.log",
    localrule: True
    conda:
        "../../envs/training.yaml"
    params:
        code=fingerprint("scripts/fetch_inception.py"),
        folder=INCEPTION_FOLDER,
    message:
        "Downloading the weights of pytorch-fid's Inception network"
    shell:
        f"{PYTHON} "
        "scripts/fetch_inception.py --folder {params.folder:q} --record {output:q} "
        "> {log:q} 2>&1"


rule inception_statistics:
    input:
        unpack(fid_images),
        unpack(fid_weights),
    output:
        statistics="results/fid/statistics/{fid_dataset}.npz",
        summary="results/fid/statistics/{fid_dataset}.json",
        folds="results/fid/folds/{fid_dataset}.npz",
    log:
        "results/logs/inception_statistics/{fid_dataset}.log",
    benchmark:
        "results/benchmarks/inception_statistics/{fid_dataset}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: fid_threads
    resources:
        gpu=1,
    params:
        code=fid_code,
        source=fid_source_flags,
        weights=fid_weights_flags,
        maximum=fid_maximum_flag,
        resize=fid_resize,
        workers=lambda wildcards, threads: threads - 1,
        folds=config["fid"]["folds"],
        seed=config["fid"]["seed"],
    message:
        "Computing Inception statistics of {wildcards.fid_dataset}"
    shell:
        f"{PYTHON} {WARM_START}scripts/inception_statistics.py"
        f" --runs-per-gpu {config['runs_per_gpu']}"
        " {params.source} {params.weights} "
        "{params.maximum} --resize {params.resize} --folds {params.folds} "
        "--seed {params.seed} --threads {threads} --workers {params.workers} "
        "--output {output.statistics:q} "
        "--summary {output.summary:q} --folds-output {output.folds:q} > {log:q} 2>&1"


rule fid:
    input:
        unpack(fid_reference),
        statistics="results/fid/statistics/{fid_dataset}.npz",
        summary="results/fid/statistics/{fid_dataset}.json",
        folds="results/fid/folds/{fid_dataset}.npz",
    output:
        "results/fid/{fid_dataset}.json",
    log:
        "results/logs/fid/{fid_dataset}.log",
    conda:
        "../../envs/training.yaml"
    threads: fid_threads
    params:
        code=fingerprint("scripts/fid.py"),
        reference=fid_reference_flags,
    message:
        "Computing the Frechet inception distance of {wildcards.fid_dataset}"
    shell:
        f"{PYTHON} {WARM_START}scripts/fid.py"
        " --statistics {input.statistics:q} --summary {input.summary:q} "
        "--folds {input.folds:q} {params.reference} --output {output:q} > {log:q} 2>&1"


rule study_fid:
    input:
        fid=study_distances,
        datasets="config/datasets.yaml",
    output:
        table="results/{study}/fid.csv",
        groups="results/{study}/fid_groups.json",
    log:
        "results/logs/study_fid/{study}.log",
    wildcard_constraints:
        study=STUDIES_OF_RUNS,
    localrule: True
    conda:
        "../../envs/training.yaml"
    params:
        code=fingerprint("scripts/study_fid.py"),
        published=study_published_flag,
        without=study_without_flags,
    message:
        "Collecting the Frechet inception distances of study {wildcards.study}"
    shell:
        f"{PYTHON} "
        "scripts/study_fid.py --fid {input.fid:q} --datasets {input.datasets:q} "
        "{params.published} {params.without} --output {output.table:q} --groups {output.groups:q} > {log:q} 2>&1"
