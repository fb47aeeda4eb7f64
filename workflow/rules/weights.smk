# Pre-trained weights: fetched once, by the models whose runs start from them.


rule fetch_weights:
    input:
        # Another file of the user's is read, and what starts from it trained, again.
        local_weights,
    # The weights themselves are not declared, so that they outlive --forceall: they are kept
    # while they are whole and of the pinned tag, and the record is written anew. No fingerprint of
    # the code either: a new record trains its model again, which no edit of a download is worth.
    output:
        "resources/weights/{model}.json",
    log:
        "results/logs/fetch_weights/{model}.log",
    localrule: True
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        weights=lambda wildcards: MODELS[wildcards.model].weights,
        file=lambda wildcards, input: "--file" if input else "",
    message:
        "Fetching the weights of {wildcards.model}"
    shell:
        f"{PYTHON} "
        "scripts/fetch_weights.py --model {wildcards.model} {params.file} {input:q}"
        " --output {output:q} > {log:q} 2>&1"
