# Runs: one job per dataset, model, recipe and point of the recipe's grid.


@functools.cache
def run_plan(dataset: str, model: str, recipe: str) -> tuple[str, str, str]:
    """What all runs of a cell share: their arguments, the weights' record, the canary's hp.

    The arguments carry a digest of this cell's own settings alone, so that a further model,
    dataset or point of the grid re-runs nothing else. They are one string, because each param
    that is a function costs a dry run of 8,000 jobs a second.
    """
    settings = RECIPES[recipe].settings(dataset, MODELS[model])
    record = f"resources/weights/{model}.json" if settings.weights == "pinned" else ""
    arguments = (
        f"--short-side {DATASETS[dataset]['short_side']}"
        f" --expect-settings {settings_digest(settings, MODELS[model])}"
        + (f" --weights {record}" if record else "")
    )
    return arguments, record, next(iter(RECIPES[recipe].hyperparameters))


def cell_plan(wildcards) -> tuple[str, str, str]:
    """`run_plan` of the cell that a job belongs to."""
    return run_plan(wildcards.dataset, wildcards.model, wildcards.recipe)


rule train:
    input:
        "results/data/{dataset}/index.csv",
        lambda wildcards: cell_plan(wildcards)[1] or [],
    output:
        "results/runs/{dataset}/{model}/{recipe}/{hp}/metrics.json",
    log:
        "results/logs/train/{dataset}/{model}/{recipe}/{hp}.log",
    benchmark:
        "results/benchmarks/train/{dataset}/{model}/{recipe}/{hp}.tsv"
    # The first run of each cell goes before the others: a broken cell shows in minutes.
    priority: lambda wildcards: int(cell_plan(wildcards)[2] == wildcards.hp)
    conda:
        "../../envs/training.yaml"
    threads: config["training_threads"]
    resources:
        # A place on a card: --resources gpu=N with N = cards x runs_per_card.
        gpu=1,
        mem_mb=lambda wildcards, attempt: 6000 * attempt,
        runtime=lambda wildcards, attempt: 480 * attempt,
    params:
        code=fingerprint("scripts/train.py"),
        cell=lambda wildcards: cell_plan(wildcards)[0],
    # No message: it costs such a dry run two seconds, and the job's own lines say the same.
    shell:
        "python scripts/train.py --data results/data/{wildcards.dataset}"
        " --model {wildcards.model}"
        " --recipe {wildcards.recipe} --hp {wildcards.hp} --threads {threads}"
        " --runs-per-card {config[runs_per_card]}"
        " {params.cell} --restart-if-changed"
        " --output {output:q} > {log:q} 2>&1"
