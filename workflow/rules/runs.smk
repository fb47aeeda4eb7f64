# Training runs: one job per dataset, model, recipe and point of the recipe's grid.

# The first point to train of each recipe's grid.
CANARIES = {name: next(iter(r.hyperparameters)) for name, r in RECIPES.items()}

# The command of every run. Not a param: a change of it repeats no training.
TRAIN = (
    f"{WARM_START}scripts/train.py --threads {config['training_threads']}"
    f" --runs-per-gpu {config['runs_per_gpu']} --restart-if-changed"
    f" --accepted {ACCEPTED_CODE}"
)


# Chosen once for all runs, since machines with different GPUs would choose differently. The choice is
# kept; `precision: float32` or `bfloat16` in a recipe overrides it.
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


# The arguments shared by the runs of a cell, in a file. It changes only with the training code and the
# cell's own settings, data and weights, so that adding a model, dataset or grid point repeats no
# other runs; and a dry run evaluates them once per cell, not once per run.
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
        # Also in the file: a run whose end Snakemake did not see has no recorded params.
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


# Two wildcards rather than four: a dry run of 8,000 jobs spends its time filling in paths.
rule train:
    input:
        "results/cells/{cell}.txt",
    output:
        "results/runs/{cell}/{hp}/metrics.json",
    log:
        "results/logs/train/{cell}/{hp}.log",
    benchmark:
        "results/benchmarks/train/{cell}/{hp}.tsv"
    # The first run of each cell has priority, so that a broken cell fails within minutes.
    priority: canary_first
    conda:
        "../../envs/training.yaml"
    threads: config["training_threads"]
    resources:
        # A slot on a GPU: --resources gpu=N with N = GPUs x runs_per_gpu.
        # Memory and time are set in the profiles of clusters, where they grow with the attempt. Here
        # they would be evaluated 8,000 times for nothing.
        gpu=1,
    # No code fingerprint: it is in the cell's file, where it may count as an older one that was
    # accepted as equal.
    # The log is appended to, so that it still shows why an earlier attempt failed.
    # No message: it would add two seconds to a dry run of 8,000 jobs and no information.
    shell:
        f"{PYTHON} {TRAIN} @{{input}} --output {{output}} >> {{log}} 2>&1"
