# Runs: one job per dataset, model, recipe and point of the recipe's grid.


@functools.cache
def run_plan(dataset: str, model: str, recipe: str) -> tuple[str, str, str, str]:
    """What all runs of a cell share: digest of its settings, weights' record, arguments, canary.

    The digest is of this cell's own settings alone, so that a further model, dataset or point
    of the grid re-runs nothing else.
    """
    settings = RECIPES[recipe].settings(dataset, MODELS[model])
    record = f"resources/weights/{model}.json" if settings.weights == "pinned" else ""
    canary = next(iter(RECIPES[recipe].hyperparameters))
    return (
        settings_digest(settings, MODELS[model]),
        record,
        f"--weights {record}" if record else "",
        canary,
    )


def cell_plan(wildcards) -> tuple[str, str, str, str]:
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
    priority: lambda wildcards: int(cell_plan(wildcards)[3] == wildcards.hp)
    threads: config["training_threads"]
    resources:
        gpu=1,
        mem_mb=lambda wildcards, attempt: 6000 * attempt,
        runtime=lambda wildcards, attempt: 480 * attempt,
    params:
        code=fingerprint("scripts/train.py"),
        settings=lambda wildcards: cell_plan(wildcards)[0],
        weights=lambda wildcards: cell_plan(wildcards)[2],
        short_side=lambda wildcards: DATASETS[wildcards.dataset]["short_side"],
    message:
        "Training {wildcards.model} on {wildcards.dataset}: {wildcards.recipe}, {wildcards.hp}"
    shell:
        "python scripts/train.py --data results/data/{wildcards.dataset}"
        " --short-side {params.short_side} --model {wildcards.model} {params.weights}"
        " --recipe {wildcards.recipe} --hp {wildcards.hp} --threads {threads}"
        " --expect-settings {params.settings} --restart-if-changed"
        " --output {output:q} > {log:q} 2>&1"
