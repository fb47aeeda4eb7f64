# Runs: one job per dataset, model, recipe and point of the recipe's grid.


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
        # Not limits, but told to the run by a way whose change re-runs nothing.
        runs_per_card=config["runs_per_card"],
        start=WARM_START,
        mem_mb=lambda wildcards, attempt: 6000 * attempt,
        runtime=lambda wildcards, attempt: 480 * attempt,
    params:
        code=fingerprint("scripts/train.py"),
        cell=lambda wildcards: cell_plan(wildcards)[0],
    # No message: it costs such a dry run two seconds, and the job's own lines say the same.
    shell:
        "python {resources.start}scripts/train.py --data results/data/{wildcards.dataset}"
        " --model {wildcards.model}"
        " --recipe {wildcards.recipe} --hp {wildcards.hp} --threads {threads}"
        " --runs-per-card {resources.runs_per_card}"
        " {params.cell} --restart-if-changed"
        " --output {output:q} > {log:q} 2>&1"
