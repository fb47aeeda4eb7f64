# How far each dataset lies from the reference: features, statistics, distances, groups.

INCEPTION_FOLDER = "resources/downloads/inception"
# Stands for ImageNet in the demonstration: photographs that scikit-learn carries.
PHOTOGRAPHS = "photographs"
FID_DATASETS = [*DATASETS, PHOTOGRAPHS]


def is_demonstration(dataset):
    return dataset == PHOTOGRAPHS or DATASETS[dataset]["group"] == "digits"


def fid_option(dataset, key):
    """An option of config `fid`; the demonstration's datasets have some of their own."""
    demo = config["fid"]["demo"] if is_demonstration(dataset) else {}
    return demo.get(key, config["fid"][key])


def fid_image_folder(dataset):
    """The folder of original images to read in place of a prepared dataset, or None."""
    if dataset == PHOTOGRAPHS:
        return "results/fid/photographs"
    return config["fid"]["folders"].get(dataset)


def fid_images(wildcards):
    dataset = wildcards.fid_dataset
    if dataset == PHOTOGRAPHS:
        return {"photographs": fid_image_folder(dataset)}
    # A folder of a million originals is no input: its time says nothing about its files.
    if fid_image_folder(dataset):
        return {}
    return {"index": f"results/data/{dataset}/index.csv"}


def fid_source_flags(wildcards):
    dataset = wildcards.fid_dataset
    folder = fid_image_folder(dataset)
    if folder:
        return f"--image-folder '{folder}'"
    return (
        f"--dataset-folder results/data/{dataset} "
        f"--short-side {DATASETS[dataset]['short_side']} "
        f"--images {fid_option(dataset, 'images')}"
    )


def fid_weights(wildcards):
    if fid_option(wildcards.fid_dataset, "weights") == "random":
        return {}
    return {"weights": "results/fid/inception.json"}


def fid_weights_flags(wildcards):
    if fid_option(wildcards.fid_dataset, "weights") == "random":
        return "--weights random"
    return f"--weights inception --weights-folder {INCEPTION_FOLDER}"


def fid_maximum_flag(wildcards):
    maximum = fid_option(wildcards.fid_dataset, "maximum_images")
    return f"--maximum-images {maximum}" if maximum else ""


def fid_reference(wildcards):
    """The reference's files: made here, or ready statistics in pytorch-fid's format."""
    reference = fid_option(wildcards.fid_dataset, "reference")
    if reference.endswith(".npz"):
        return {"reference_statistics": reference}
    return {
        "reference_statistics": f"results/fid/statistics/{reference}.npz",
        "reference_summary": f"results/fid/statistics/{reference}.json",
    }


def fid_reference_flags(wildcards, input):
    flags = f"--reference-statistics '{input.reference_statistics}'"
    if "reference_summary" in input.keys():
        flags += f" --reference-summary '{input.reference_summary}'"
    return flags


wildcard_constraints:
    fid_dataset="|".join(FID_DATASETS),


# The output is what is known of the file, not the file: Snakemake deletes outputs before a job
# runs again, and a file placed by hand must stay.
rule fetch_inception:
    output:
        "results/fid/inception.json",
    log:
        "results/fid/logs/fetch_inception.log",
    localrule: True
    params:
        code=fingerprint("scripts/fetch_inception.py"),
        folder=INCEPTION_FOLDER,
    message:
        "Obtaining the weights of pytorch-fid's Inception network"
    shell:
        "python scripts/fetch_inception.py --folder {params.folder:q} --record {output:q} "
        "> {log:q} 2>&1"


rule demo_photographs:
    output:
        directory("results/fid/photographs"),
    log:
        "results/fid/logs/demo_photographs.log",
    localrule: True
    params:
        code=fingerprint("scripts/demo_photographs.py"),
    message:
        "Cutting scikit-learn's sample photographs into patches"
    shell:
        "python scripts/demo_photographs.py --output {output:q} > {log:q} 2>&1"


rule inception_statistics:
    input:
        unpack(fid_images),
        unpack(fid_weights),
    output:
        statistics="results/fid/statistics/{fid_dataset}.npz",
        summary="results/fid/statistics/{fid_dataset}.json",
        folds="results/fid/folds/{fid_dataset}.npz",
    log:
        "results/fid/logs/inception_statistics_{fid_dataset}.log",
    benchmark:
        "results/fid/benchmarks/inception_statistics_{fid_dataset}.tsv"
    threads: 2
    params:
        code=fingerprint("scripts/inception_statistics.py"),
        source=fid_source_flags,
        weights=fid_weights_flags,
        maximum=fid_maximum_flag,
        resize=lambda wildcards: fid_option(wildcards.fid_dataset, "resize"),
        folds=config["fid"]["folds"],
        seed=config["fid"]["seed"],
    message:
        "Computing Inception statistics of {wildcards.fid_dataset}"
    shell:
        "python scripts/inception_statistics.py {params.source} {params.weights} "
        "{params.maximum} --resize {params.resize} --folds {params.folds} "
        "--seed {params.seed} --threads {threads} --output {output.statistics:q} "
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
        "results/fid/logs/fid_{fid_dataset}.log",
    threads: 2
    params:
        code=fingerprint("scripts/fid.py"),
        reference=fid_reference_flags,
    message:
        "Computing the Frechet inception distance of {wildcards.fid_dataset}"
    shell:
        "python scripts/fid.py --statistics {input.statistics:q} --summary {input.summary:q} "
        "--folds {input.folds:q} {params.reference} --output {output:q} > {log:q} 2>&1"


# A study of printed values has its distances from the paper.
COMPUTED_STUDIES = [
    name for name, study in STUDIES.items() if study.source != "published"
]


def study_distances(wildcards):
    """The 18 datasets of the paper's Table 11, or the demonstration's tasks."""
    paper = STUDIES[wildcards.study].paper
    groups = ("real_world", "web_scraped") if paper else ("digits",)
    return [
        f"results/fid/{name}.json"
        for name, block in DATASETS.items()
        if block["group"] in groups
    ]


def study_published_flag(wildcards):
    paper = STUDIES[wildcards.study].paper
    return f"--published resources/published/{paper}/table11.csv" if paper else ""


rule study_fid:
    input:
        fid=study_distances,
        datasets="config/datasets.yaml",
    output:
        table="results/{study}/fid.csv",
        groups="results/{study}/fid_groups.json",
    log:
        "results/{study}/logs/study_fid.log",
    wildcard_constraints:
        study="|".join(COMPUTED_STUDIES) or "(?!)",
    params:
        code=fingerprint("scripts/study_fid.py"),
        published=study_published_flag,
    message:
        "Collecting the Frechet inception distances of study {wildcards.study}"
    shell:
        "python scripts/study_fid.py --fid {input.fid:q} --datasets {input.datasets:q} "
        "{params.published} --output {output.table:q} --groups {output.groups:q} > {log:q} 2>&1"
