# Runs: one job per dataset, model, recipe and point of the recipe's grid.

# The point of each recipe's grid that is trained first.
CANARIES = {name: next(iter(r.hyperparameters)) for name, r in RECIPES.items()}

# How every run is started. It stands in no param: a change of it trains nothing again.
TRAIN = (
    f"{WARM_START}scripts/train.py --threads {config['training_threads']}"
    f" --runs-per-gpu {config['runs_per_gpu']} --restart-if-changed"
    f" --accepted {ACCEPTED_CODE}"
)


# Once for all runs: on machines with different GPUs they would not compute alike. What was decided
# is kept; `precision: float32` or `bfloat16` in a recipe decides otherwise for its runs.
rule choose_precision:
    output:
        "results/precision.json",
    log:
        "results/logs/choose_precision.log",
    conda:
        "../../envs/training.yaml"
    resources:
        gpu=1,
    message:
        "Choosing the precision of all runs"
    shell:
        f"{PYTHON} " "scripts/choose_precision.py --output {output:q} > {log:q} 2>&1"


# What the runs of a cell share, as arguments in a file. It changes with the training code and the
# cell's own settings, data and weights alone, so that a further model, dataset or point of the grid
# trains nothing else again; and a dry run asks once a cell, not once a run.
rule describe_cell:
    input:
        index="results/data/{dataset}/index.csv",
        weights=cell_weights,
        precision=cell_precision,
    output:
        "results/cells/{dataset}/{model}/{recipe}.txt",
    log:
        "results/logs/describe_cell/{dataset}/{model}/{recipe}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/describe_cell.py"),
        # Also in the file: a run whose end no Snakemake saw has no params to compare.
        training=cell_code,
        weights=lambda wildcards, input: (
            f"--weights {input.weights}" if input.weights else ""
        ),
        precision=lambda wildcards, input: (
            f"--precision {input.precision}" if input.precision else ""
        ),
        arguments=cell_arguments,
    message:
        "Describing the runs of {wildcards.model} on {wildcards.dataset}"
    shell:
        f"{PYTHON} "
        "scripts/describe_cell.py --data results/data/{wildcards.dataset} {params.weights} "
        "{params.precision} --code {params.training} --output {output:q} -- {params.arguments:q} > {log:q} 2>&1"


# Two wildcards and not four: a dry run of 8,000 jobs spends its time filling in paths.
rule train:
    input:
        "results/cells/{cell}.txt",
    output:
        "results/runs/{cell}/{hp}/metrics.json",
    log:
        "results/logs/train/{cell}/{hp}.log",
    benchmark:
        "results/benchmarks/train/{cell}/{hp}.tsv"
    # The first run of each cell goes before the others: a broken cell shows in minutes.
    priority: canary_first
    conda:
        "../../envs/training.yaml"
    threads: config["training_threads"]
    resources:
        # A place on a GPU: --resources gpu=N with N = GPUs x runs_per_gpu.
        # Memory and time stand in the profiles of clusters, which limit them, and grow there with
        # the attempt. Here they would be worked out 8,000 times for nothing.
        gpu=1,
    # No fingerprint of the code: it is in the cell's file, and counts as an older one there if that
    # was shown to compute the same.
    # The log is appended to, so that it still shows why an earlier attempt failed.
    # No message: it costs a dry run of 8,000 jobs two seconds, and a job's own lines say the same.
    shell:
        f"{PYTHON} {TRAIN} @{{input}} --output {{output}} >> {{log}} 2>&1"
