# The best run of a cell, and the runs that depend on it: other cells and its final runs.


# The best run of a cell, for its final runs and for cells that start from its weights.
rule choose_best:
    input:
        cell_runs,
    output:
        "results/cells/{dataset}/{model}/{recipe}.best.json",
    log:
        "results/logs/choose_best/{dataset}/{model}/{recipe}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/choose_best.py"),
        metric=lambda wildcards: DATASETS[wildcards.dataset].metric,
        hps=lambda wildcards: list(RECIPES[wildcards.recipe].hyperparameters),
    message:
        "Selecting the best run of {wildcards.model} on {wildcards.dataset}"
    shell:
        f"{PYTHON} "
        "scripts/choose_best.py --dataset {wildcards.dataset} --model {wildcards.model} "
        "--recipe {wildcards.recipe} --metric {params.metric} --hps {params.hps} "
        "--runs results/runs --cells results/cells --output {output:q} > {log:q} 2>&1"


# A run that left no weights stops only the cells that start from it.
rule take_weights:
    input:
        "results/cells/{dataset}/{model}/{recipe}.best.json",
    output:
        "results/cells/{dataset}/{model}/{recipe}.weights.json",
    log:
        "results/logs/take_weights/{dataset}/{model}/{recipe}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/take_weights.py"),
    message:
        "Recording the weights of {wildcards.model} left by {wildcards.recipe}"
    shell:
        f"{PYTHON} scripts/take_weights.py --best {{input:q}} --output {{output:q}} "
        "> {log:q} 2>&1"


# Train the best point of a cell again with other seeds; the input says which point that is.
rule train_final:
    input:
        cell="results/cells/{cell}.txt",
        best="results/cells/{cell}.best.json",
    output:
        "results/runs/{cell}/final-{seed}/metrics.json",
    log:
        "results/logs/train/{cell}/final-{seed}.log",
    benchmark:
        "results/benchmarks/train/{cell}/final-{seed}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["training_threads"]
    resources:
        gpu=1,
    params:
        final=final_digest,
    message:
        "Training the final run of {wildcards.cell} with seed {wildcards.seed}"
    shell:
        f"{PYTHON} {TRAIN} @{{input.cell}} --best {{input.best}} --final-seed {{wildcards.seed}}"
        " --expect-final {params.final} --output {output} >> {log} 2>&1"
