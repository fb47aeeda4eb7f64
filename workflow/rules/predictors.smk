# What predicts transfer without fine-tuning: features of frozen networks, and scores of them.


rule extract_features:
    input:
        index="results/data/{dataset}/index.csv",
        weights=features_weights,
    output:
        "results/features/{dataset}/{model}.npz",
    log:
        "results/logs/extract_features/{dataset}/{model}.log",
    conda:
        "../../envs/training.yaml"
    threads: config["training_threads"]
    resources:
        gpu=1,
    params:
        code=fingerprint("scripts/extract_features.py"),
        arguments=features_arguments,
    message:
        "Computing features of {wildcards.model} on {wildcards.dataset}"
    shell:
        f"{PYTHON} {WARM_START}scripts/extract_features.py --model {{wildcards.model}} "
        "--data results/data/{wildcards.dataset} --weights {input.weights:q} {params.arguments} "
        f"--runs-per-gpu {config['runs_per_gpu']} --threads {{threads}} "
        "--output {output:q} > {log:q} 2>&1"


rule predict_transfer:
    input:
        study_features,
    output:
        "results/{study}/predictors.csv",
    log:
        "results/logs/predict_transfer/{study}.log",
    wildcard_constraints:
        study=STUDIES_OF_RUNS,
    conda:
        "../../envs/analysis.yaml"
    threads: 8
    params:
        code=fingerprint("scripts/predict_transfer.py"),
    message:
        "Predicting the transfer of the networks of study {wildcards.study}"
    shell:
        f"{PYTHON} scripts/predict_transfer.py {{input:q}} --workers {{threads}} "
        "--output {output:q} > {log:q} 2>&1"
